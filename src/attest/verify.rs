//! Counts who states the bytes of the files at hand. A function of policy, trust store, bundle and digests; nothing is met
//! unless it was counted.

mod agreed;
mod counting;
mod equivocation;
mod stated;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Deref;

use super::basis::Basis;
use super::conditions::Unmet;
use super::evidence::{self, Ignored};
use super::independence::Lack;
use super::naming::Names;
use super::outputs::subject;
use super::policy::{Effect, Policy};
use super::testimony::{Outputs, Testimony};
use super::trust::Trust;
use crate::content::{Content, File};
use crate::digest::hex;
use crate::error::{Code, Error};
use crate::exit::Exit;
use crate::statement::bundle::Bundle;

/// What came of it: a [`Count`] that [`verify`] made and nobody else can make or change, so that none is met by its fields.
#[derive(Debug)]
pub struct Report(Count);

impl Deref for Report {
    type Target = Count;

    fn deref(&self) -> &Count {
        &self.0
    }
}

/// Everything that was counted.
#[derive(Debug, Default)]
pub struct Count {
    /// The policy's name.
    pub policy: String,
    /// What its recipes rest on.
    pub basis: Basis,
    /// How many opinions it wants.
    pub threshold: usize,
    /// The organisations that are expected to speak: the denominator.
    pub expected: Vec<String>,
    /// The files.
    pub files: Vec<Judged>,
    /// The whole outputs at hand: SHA-256 of their NARs in hexadecimal, by their names.
    pub wholes: BTreeMap<String, String>,
    /// The outputs that the files belong to.
    pub agreed: Option<Outputs>,
    /// Who stated what, in the order of the bundle: one for each statement and key.
    pub rows: Vec<Row>,
    /// The statements that the rows speak of.
    pub testimonies: Vec<Testimony>,
    /// Builders of the policy, key and organisation, that say nothing about this recipe.
    pub absent: Vec<(String, String)>,
    /// Lines that say nothing here.
    pub ignored: Vec<Ignored>,
    /// The organisations that count.
    pub counted: Vec<String>,
    /// How many opinions they are.
    pub opinions: usize,
    /// How many they would be if those that copied anything from one hand were one.
    pub distinct: usize,
    /// Runs that more than one key of those that count has signed.
    pub shared: Vec<Shared>,
    /// Whether the policy asks where inputs come from.
    pub independent: bool,
    /// What keeps the policy from being met, or the bundle from being believed.
    pub problems: Vec<Error>,
    /// What is worth knowing and does not.
    pub warnings: Vec<Error>,
}

/// A file at hand.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The file.
    pub file: File,
    /// What statements may call it.
    pub names: Names,
    /// The name by which the agreed statements know it.
    pub subject: Option<String>,
}

impl Judged {
    /// Whether nothing but its digests says which of the stated files it is: no statement names one that is called so.
    pub fn by_digest_alone(&self) -> bool {
        self.subject.is_some() && self.names == Names::Any
    }
}

/// A run that is one opinion, whoever signed statements about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shared {
    /// The run's `invocationId`.
    pub run: String,
    /// The lines of the bundle that have statements about it.
    pub lines: BTreeSet<usize>,
    /// The names of the keys.
    pub keys: BTreeSet<String>,
}

impl fmt::Display for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |texts: Vec<String>| texts.join(", ");
        let (lines, verb) = if self.lines.len() == 1 { ("line", "is") } else { ("lines", "are") };
        write!(
            f,
            "{lines} {} {verb} about one run ({}), which is one opinion, by several keys: {}",
            list(self.lines.iter().map(usize::to_string).collect()),
            self.run,
            list(self.keys.iter().cloned().collect())
        )
    }
}

/// What one key stated.
#[derive(Clone, Debug)]
pub struct Row {
    /// The key's name in the trust store.
    pub key: String,
    /// Its organisation there.
    pub organisation: String,
    /// The position of the statement in [`Count::testimonies`].
    pub testimony: usize,
    /// What it is worth.
    pub standing: Standing,
    /// Why it is none about outputs that its run built, where it counts for nothing for that reason.
    pub lack: Option<Lack>,
    /// The conditions that it does not meet, asked for or not; of statements with an output.
    pub unmet: Vec<Unmet>,
}

/// What a statement is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It counts.
    Counts,
    /// It states other bytes, or that others were expected.
    Differs,
    /// The build gave nothing.
    Failed,
    /// The build was not tried.
    NotBuilt,
    /// It does not state all files at hand, and nothing that contradicts them: it is about other outputs.
    OutputMissing,
    /// It is about something else.
    OtherRecipe,
    /// Its key states two outputs of one derivation.
    Equivocates,
    /// Another key of the same organisation states other bytes.
    Divided,
    /// It lacks a digest that the policy demands.
    DigestMissing,
    /// One of its digests is right and another wrong.
    DigestContradictory,
    /// The policy does not name its key.
    Unlisted,
    /// It is about outputs that its run did not build, or built from more copied inputs than the policy allows.
    Substituted,
    /// It does not meet a condition of the policy.
    Condition,
    /// Its organisation has not signed with every algorithm that the policy demands.
    AlgorithmMissing,
}

impl Standing {
    /// As reports have it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counts => "counts",
            Self::Differs => "differs",
            Self::Failed => "failed",
            Self::NotBuilt => "not-built",
            Self::OutputMissing => "output-missing",
            Self::OtherRecipe => "other-recipe",
            Self::Equivocates => "equivocates",
            Self::Divided => "divided",
            Self::DigestMissing => "digest-missing",
            Self::DigestContradictory => "digest-contradictory",
            Self::Unlisted => "unlisted",
            Self::Substituted => "substituted",
            Self::Condition => "condition",
            Self::AlgorithmMissing => "algorithm-missing",
        }
    }
}

impl Report {
    /// Whether the policy is met: enough opinions were counted, and nothing speaks against it.
    pub fn met(&self) -> bool {
        self.exit() == Exit::Ok
    }

    /// The exit code: [`Exit::Ok`] only if at least one and at least `threshold` opinions agree on these files, and there
    /// is no problem.
    pub fn exit(&self) -> Exit {
        let worst = self.0.problems.iter().map(|problem| weight(problem.code)).max_by_key(|exit| *exit as u8);
        match worst {
            Some(exit) => exit,
            None if self.0.agreed.is_some() && self.0.opinions >= self.0.threshold.max(1) => Exit::Ok,
            None => Exit::Failed,
        }
    }
}

/// What a problem of this kind does to the exit code.
pub(super) fn weight(code: Code) -> Exit {
    match code {
        Code::ThresholdNotMet | Code::BuildFailed => Exit::Failed,
        Code::Dissent | Code::Equivocation => Exit::Disputed,
        Code::SignatureForged | Code::DigestContradictory | Code::FileNotStated => Exit::Forged,
        _ => Exit::Unusable,
    }
}

/// Judges what is `at_hand` by what the lines of `bundle` state under `policy` and `trust`.
pub fn verify(policy: &Policy, trust: &Trust, bundle: &Bundle, at_hand: &Content) -> Report {
    let evidence = evidence::read(bundle, trust);
    let mut expected: Vec<String> = Vec::new();
    for key in policy.expected(trust) {
        if !expected.contains(&key.organisation) {
            expected.push(key.organisation.clone());
        }
    }
    let mut count = Count {
        policy: policy.name.clone(),
        basis: Basis::of(policy),
        threshold: policy.threshold,
        expected,
        wholes: at_hand.archives.iter().map(|(name, (nar, _))| (name.clone(), hex(nar))).collect(),
        testimonies: evidence.testimonies,
        ignored: evidence.ignored,
        independent: policy.independence.require != super::policy::Require::Any,
        problems: evidence.problems,
        ..Count::default()
    };
    counting::count(&mut count, policy, trust, &at_hand.files);
    Report(count)
}

impl Count {
    /// A problem if `effect` blocks, else a warning.
    fn object(&mut self, effect: Effect, error: Error) {
        match effect {
            Effect::Block => self.problems.push(error),
            Effect::Warn => self.warnings.push(error),
        }
    }

    /// The keys that speak about `drvs`.
    fn speakers(&self, drvs: &BTreeSet<&str>) -> BTreeSet<String> {
        let speaks = |row: &&Row| drvs.contains(self.testimonies[row.testimony].drv.as_str());
        self.rows.iter().filter(speaks).map(|row| row.key.clone()).collect()
    }

    /// Whether a statement names everything at hand, with the right bytes.
    fn is_stated_whole(&self, testimony: &Testimony) -> bool {
        let whole = |(name, sha256): (&String, &String)| {
            testimony.outputs.get(&format!("nar:{name}")).and_then(|digests| digests.get("sha256"))
                == Some(sha256)
        };
        !(self.files.is_empty() && self.wholes.is_empty())
            && self.files.iter().all(|judged| subject(testimony, &judged.file, &judged.names).is_some())
            && self.wholes.iter().all(whole)
    }

    /// What is at hand, for people.
    fn at_hand(&self) -> String {
        const SHOWN: usize = 3;
        let names: Vec<&str> = self.files.iter().map(|judged| judged.file.name.as_str()).collect();
        match names.len() {
            0 => self.wholes.keys().map(String::as_str).collect::<Vec<_>>().join(", "),
            count if count > SHOWN => {
                format!("{} and {} more files", names[..SHOWN].join(", "), count - SHOWN)
            }
            _ => names.join(", "),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_met_that_was_not_counted() {
        let mut report = Report(Count::default());
        assert_eq!(report.exit(), Exit::Failed);
        report.0.opinions = 5;
        assert!(!report.met(), "opinions about no file");
        report.0.agreed = Some(Outputs::new());
        assert!(report.met());
        report.0.threshold = 6;
        assert!(!report.met());
        (report.0.threshold, report.0.opinions) = (0, 0);
        assert!(!report.met(), "a threshold of 0 is 1");
        report.0.opinions = 5;
        report.0.problems.push(Error::new(Code::EnvelopeInvalid, ""));
        assert_eq!(report.exit(), Exit::Unusable);
        report.0.problems.insert(0, Error::new(Code::SignatureForged, ""));
        assert_eq!(report.exit(), Exit::Forged, "the worst wins, wherever it stands");
    }
}
