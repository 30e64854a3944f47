//! Compares what this machine has with what others state: identical, differs, or inconclusive where nobody says. No policy
//! is asked, and nothing is proved; it shows where to look.

use std::collections::BTreeSet;

use super::evidence::{self, Ignored};
use super::naming::{Names, Stated};
use super::outputs::{Comparison, compare};
use super::refusal::Refusal;
use super::testimony::Testimony;
use super::trust::Trust;
use super::verify::weight;
use crate::content::{Content, File};
use crate::digest::hex;
use crate::error::{Code, Error};
use crate::exit::Exit;
use crate::statement::agreement::output_of;
use crate::statement::bundle::Bundle;
use crate::statement::is_file;
use crate::statement::rebuild::Outcome;

/// What came of it.
#[derive(Debug)]
pub struct Challenge {
    /// The derivation that the statements are about; none if there are no statements.
    pub drv: Option<String>,
    /// One for each file, and for the whole output.
    pub items: Vec<Item>,
    /// Why this machine got nothing, where it was to build; then nothing was compared.
    pub failed: Option<String>,
    /// Trusted builders that got nothing: key, organisation, line, outcome and why.
    pub unable: Vec<Unable>,
    /// Lines that say nothing here.
    pub ignored: Vec<Ignored>,
    /// Lines that cannot be used, and signatures and digests that are forged.
    pub problems: Vec<Error>,
}

/// One thing that was compared.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its name here.
    pub name: String,
    /// Its SHA-256 here; none if it is not here.
    pub sha256: Option<String>,
    /// What others state of it.
    pub others: Vec<Other>,
    /// Nothing but its digests says which of the stated files it is: no statement names one that is called so.
    pub by_digest_alone: bool,
}

/// What one key states of one thing.
#[derive(Clone, Debug)]
pub struct Other {
    /// The key's name in the trust store.
    pub key: String,
    /// Its organisation there.
    pub organisation: String,
    /// The line of the bundle.
    pub line: usize,
    /// The SHA-256 that is stated, if one is.
    pub sha256: Option<String>,
    /// Another digest that is stated, where no SHA-256 is: its algorithm and value. With neither, the statement has no such
    /// file.
    pub digest: Option<(String, String)>,
    /// All digests that are stated are those found here.
    pub same: bool,
}

/// A builder that got nothing.
#[derive(Clone, Debug)]
pub struct Unable {
    /// The key's name in the trust store.
    pub key: String,
    /// Its organisation there.
    pub organisation: String,
    /// The line of the bundle.
    pub line: usize,
    /// Failed, or not tried.
    pub result: Outcome,
    /// Why.
    pub reason: Option<String>,
}

/// How one thing compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// All who state it state what is here.
    Identical,
    /// Nobody states it.
    Inconclusive,
    /// Somebody states something else.
    Differs,
}

impl Answer {
    /// As reports have it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Identical => "identical",
            Self::Inconclusive => "inconclusive",
            Self::Differs => "differs",
        }
    }
}

impl Item {
    /// How it compares.
    pub fn answer(&self) -> Answer {
        match self.others.as_slice() {
            [] => Answer::Inconclusive,
            others if self.sha256.is_some() && others.iter().all(|other| other.same) => Answer::Identical,
            _ => Answer::Differs,
        }
    }
}

impl Challenge {
    /// How many things have this answer.
    pub fn count(&self, answer: Answer) -> usize {
        self.items.iter().filter(|item| item.answer() == answer).count()
    }

    /// The exit code; with nothing to compare it is not [`Exit::Ok`].
    pub fn exit(&self) -> Exit {
        if self.failed.is_some() {
            return Exit::Helper;
        }
        let answer = self.items.iter().map(Item::answer).max().unwrap_or(Answer::Inconclusive);
        let compared = match answer {
            Answer::Identical => Exit::Ok,
            Answer::Inconclusive => Exit::Nothing,
            Answer::Differs => Exit::Disputed,
        };
        let problems = self.problems.iter().map(|problem| weight(problem.code));
        match problems.max_by_key(|exit| *exit as u8) {
            // Inconclusive is what is said where there is no other reason.
            Some(problem) if compared == Exit::Nothing => problem,
            Some(problem) if problem as u8 > compared as u8 => problem,
            _ => compared,
        }
    }
}

/// Compares `own` with what keys of `trust` state in `bundle` about the derivation `drv`, SHA-256 of its text in
/// hexadecimal; without it, about the only one.
///
/// # Errors
/// `recipe-ambiguous` if there are statements about several, behind whatever is wrong with the bundle.
pub fn challenge(
    trust: &Trust,
    bundle: &Bundle,
    own: &Content,
    drv: Option<&str>,
) -> Result<Challenge, Refusal> {
    let mut evidence = evidence::read(bundle, trust);
    let drvs: BTreeSet<&str> = evidence.testimonies.iter().map(|testimony| testimony.drv.as_str()).collect();
    if drv.is_none() && drvs.len() > 1 {
        let list = drvs.iter().copied().collect::<Vec<_>>().join(", ");
        evidence.problems.push(Error::new(
            Code::RecipeAmbiguous,
            format!(
                "the bundle has statements about {} derivations: choose one with --drv: {list}",
                drvs.len()
            ),
        ));
        return Err(Refusal(evidence.problems));
    }
    let drv = drv.map(str::to_owned).or_else(|| drvs.first().map(|drv| (*drv).to_owned()));
    let (testimonies, mut problems) = (evidence.testimonies, evidence.problems);
    let about = || testimonies.iter().filter(|testimony| Some(&testimony.drv) == drv.as_ref());
    let (mut items, mut unable) = (Vec::new(), Vec::new());
    for testimony in about().filter(|testimony| !testimony.result.has_output()) {
        for (key, organisation) in names(testimony, trust) {
            let (line, result, reason) = (testimony.line, testimony.result, testimony.reason.clone());
            unable.push(Unable { key, organisation, line, result, reason });
        }
    }
    let stated: Vec<&Testimony> = about().filter(|testimony| testimony.result.has_output()).collect();
    let all: Stated = stated.iter().flat_map(|t| t.outputs.keys().map(String::as_str)).collect();
    // Each statement has its own names: what one calls otherwise is no other file to the others.
    let each: Vec<Stated> = stated.iter().map(|t| t.outputs.keys().map(String::as_str).collect()).collect();
    for file in &own.files {
        let names = Names::of(file, &all);
        let mut others = Vec::new();
        for (testimony, stated) in stated.iter().zip(&each) {
            let own_names = Names::of(file, stated);
            let names = if own_names == Names::Any { &names } else { &own_names };
            others.extend(compare_with(file, names, own, testimony, trust, &mut problems));
        }
        let by_digest_alone = names == Names::Any && !others.is_empty();
        let sha256 = Some(hex(&file.digests.sha256));
        items.push(Item { name: file.name.clone(), sha256, others, by_digest_alone });
    }
    let here: BTreeSet<&str> = own.files.iter().map(|file| file.name.as_str()).collect();
    let is_missing = |testimony: &Testimony, name: &str| {
        is_file(name)
            && !here.contains(name)
            && own.archives.contains_key(output_of(name, &testimony.outputs))
    };
    let names = |testimony: &'_ &Testimony| {
        let names = testimony.outputs.keys().filter(|name| is_missing(testimony, name));
        names.cloned().collect::<Vec<_>>()
    };
    let missing: BTreeSet<String> = stated.iter().flat_map(names).collect();
    for name in missing {
        let others = stated.iter().flat_map(|testimony| stating(testimony, &name, None, trust)).collect();
        items.push(Item { name, sha256: None, others, by_digest_alone: false });
    }
    for (output, (nar, _)) in &own.archives {
        let (name, nar) = (format!("nar:{output}"), hex(nar));
        let others = stated.iter().filter(|t| t.outputs.contains_key(&name));
        let others = others.flat_map(|testimony| stating(testimony, &name, Some(&nar), trust)).collect();
        items.push(Item { name, sha256: Some(nar), others, by_digest_alone: false });
    }
    Ok(Challenge { drv, items, failed: None, unable, ignored: evidence.ignored, problems })
}

fn names<'a>(testimony: &'a Testimony, trust: &'a Trust) -> impl Iterator<Item = (String, String)> {
    let keys = testimony.signers.iter().map(|&signer| &trust.keys()[signer]);
    keys.map(|key| (key.name.clone(), key.organisation.clone()))
}

/// What a statement says of the thing called `name`, whose SHA-256 here is `sha256`.
fn stating(testimony: &Testimony, name: &str, sha256: Option<&str>, trust: &Trust) -> Vec<Other> {
    let digests = testimony.outputs.get(name);
    let stated = digests.and_then(|digests| digests.get("sha256").cloned());
    let other = digests.filter(|_| stated.is_none()).and_then(|digests| digests.iter().next());
    let other = other.map(|(algorithm, value)| (algorithm.clone(), value.clone()));
    let same = sha256.is_some() && stated.as_deref() == sha256;
    names(testimony, trust)
        .map(|(key, organisation)| Other {
            key,
            organisation,
            line: testimony.line,
            sha256: stated.clone(),
            digest: other.clone(),
            same,
        })
        .collect()
}

/// What a statement says of a file: of the one of its names that has these bytes, else of any that has its name. Where it
/// lists the files of the output that a name is in, it says of one that it does not name that there is none.
fn compare_with(
    file: &File,
    names: &Names,
    own: &Content,
    testimony: &Testimony,
    trust: &Trust,
    problems: &mut Vec<Error>,
) -> Vec<Other> {
    let verdict =
        |name: &str| compare(&testimony.outputs[name], testimony.sizes.get(name).copied(), &file.digests);
    let stated = || testimony.outputs.keys().map(String::as_str).filter(|name| names.contain(name));
    let same = stated().find(|name| verdict(name) != Comparison::Other);
    let meant = match names {
        Names::These(_) => same.or_else(|| stated().next()),
        Names::Any => same,
    };
    let Some(name) = meant else {
        return match names {
            Names::These(names) => {
                let listed = names.iter().find(|name| lists(testimony, name, own));
                listed.map_or_else(Vec::new, |name| stating(testimony, name, None, trust))
            }
            Names::Any => Vec::new(),
        };
    };
    if verdict(name) == Comparison::Contradictory {
        problems.push(Error::new(
            Code::DigestContradictory,
            format!(
                "line {} states digests of {name} of which one is that of {} and another is not: one of them is forged",
                testimony.line, file.name
            ),
        ));
    }
    let others = stating(testimony, name, None, trust);
    let same = verdict(name) == Comparison::Same;
    others.into_iter().map(|other| Other { same, ..other }).collect()
}

/// Whether a statement is about the output that `name` is a file of, as far as it or what is here says which that is.
fn lists(testimony: &Testimony, name: &str, own: &Content) -> bool {
    let output = match output_of(name, &testimony.outputs) {
        "out" => name
            .split_once(':')
            .map(|(output, _)| output)
            .filter(|output| own.archives.contains_key(*output))
            .unwrap_or("out"),
        output => output,
    };
    let files = testimony.outputs.keys().map(String::as_str).filter(|name| is_file(name));
    testimony.outputs.contains_key(&format!("nar:{output}"))
        || files.into_iter().any(|name| output_of(name, &testimony.outputs) == output)
}
