//! The steps of the count.

use std::collections::{BTreeMap, BTreeSet};

use super::{Report, Row, Standing};
use crate::attest::independence::{lack, opinions};
use crate::attest::outputs::{
    Comparison, compare, complete, contradict, contradiction, demanded, prefix, subject, what,
};
use crate::attest::policy::{Effect, Independence, Policy, Require, number};
use crate::attest::testimony::{Outputs, Testimony};
use crate::attest::trust::Trust;
use crate::content::File;
use crate::digest::hex;
use crate::error::{Code, Error};
use crate::statement::agreement::difference;
use crate::statement::is_file;
use crate::statement::rebuild::Outcome;

/// Fills in everything of `report` that is counted.
pub fn count(report: &mut Report, policy: &Policy, trust: &Trust) {
    let drvs: BTreeSet<&str> = policy.recipe.iter().map(|recipe| recipe.drv_sha256.as_str()).collect();
    let equivocating = equivocating(report, &drvs, policy.dissent, trust);
    report.agreed = candidate(report, policy, trust, &drvs, &equivocating);
    rows(report, policy, trust, &equivocating);
    objections(report, policy);
    organisations(report, policy, trust);
    let speakers = report.speakers(&drvs);
    let absent = policy.expected(trust).filter(|key| !speakers.contains(&key.name));
    report.absent = absent.map(|key| (key.name.clone(), key.organisation.clone())).collect();
    files(report);
    if report.opinions < policy.threshold {
        let message = format!(
            "{} of {} that are expected count, and policy {} wants {}: the origin of {} is not proved",
            number(report.opinions, "opinion"),
            number(report.expected.len(), "organisation"),
            policy.name,
            policy.threshold,
            report.files.iter().map(|(file, _)| file.name.as_str()).collect::<Vec<_>>().join(", ")
        );
        report.problems.push(Error::new(Code::ThresholdNotMet, message));
    }
}

/// Positions of the keys that assent to two outputs of one derivation, whichever it is. They count nowhere. Who says
/// `differs` of one output after stating another was honest about a build that cannot be repeated: that is dissent.
fn equivocating(
    report: &mut Report,
    drvs: &BTreeSet<&str>,
    effect: Effect,
    trust: &Trust,
) -> BTreeSet<usize> {
    let mut first: BTreeMap<(usize, String), usize> = BTreeMap::new();
    let mut found: BTreeMap<usize, Error> = BTreeMap::new();
    let mut relevant = BTreeSet::new();
    let assents = |result| matches!(result, Outcome::Produced | Outcome::Matches);
    for (at, testimony) in report.testimonies.iter().enumerate().filter(|(_, t)| assents(t.result)) {
        for &signer in &testimony.signers {
            let earlier = *first.entry((signer, testimony.drv.clone())).or_insert(at);
            let other = &report.testimonies[earlier];
            if let Some(name) = contradiction(&other.outputs, &testimony.outputs) {
                if drvs.contains(testimony.drv.as_str()) {
                    relevant.insert(signer);
                }
                let key = &trust.keys()[signer];
                found.entry(signer).or_insert_with(|| {
                    let message = format!(
                        "key {} of {} states two outputs of derivation {}: {} on line {}, {} on line {}; nothing that it \
                         says counts",
                        key.name,
                        key.organisation,
                        prefix(&testimony.drv),
                        what(&other.outputs, name),
                        other.line,
                        what(&testimony.outputs, name),
                        testimony.line
                    );
                    Error::new(Code::Equivocation, message)
                });
            }
        }
    }
    let keys = found.keys().copied().collect();
    for (signer, error) in found {
        report.object(if relevant.contains(&signer) { effect } else { Effect::Warn }, error);
    }
    keys
}

/// The outputs that all files belong to, by the statements of trusted keys about this recipe: of several, which would be a
/// dispute, those that most organisations state.
fn candidate(
    report: &Report,
    policy: &Policy,
    trust: &Trust,
    drvs: &BTreeSet<&str>,
    equivocating: &BTreeSet<usize>,
) -> Option<Outputs> {
    let mut groups: BTreeMap<Outputs, BTreeSet<&str>> = BTreeMap::new();
    for testimony in &report.testimonies {
        let honest: Vec<usize> =
            testimony.signers.iter().copied().filter(|s| !equivocating.contains(s)).collect();
        let holds = !report.files.is_empty()
            && testimony.result.has_output()
            && drvs.contains(testimony.drv.as_str())
            && complete(&testimony.outputs, &policy.digests)
            && report.files.iter().all(|(file, _)| subject(testimony, file).is_some());
        if holds && !honest.is_empty() {
            let keys = honest.iter().map(|&signer| &trust.keys()[signer]);
            let expected =
                keys.filter(|key| policy.builders.contains(&key.name)).map(|key| key.organisation.as_str());
            groups.entry(demanded(&testimony.outputs, &policy.digests)).or_default().extend(expected);
        }
    }
    let most = groups.values().map(BTreeSet::len).max()?;
    groups.into_iter().find(|(_, organisations)| organisations.len() == most).map(|(outputs, _)| outputs)
}

fn rows(report: &mut Report, policy: &Policy, trust: &Trust, equivocating: &BTreeSet<usize>) {
    for (at, testimony) in report.testimonies.iter().enumerate() {
        let common = standing(report, testimony, policy);
        for &signer in &testimony.signers {
            let key = &trust.keys()[signer];
            let standing = match common {
                Standing::OtherRecipe => common,
                _ if equivocating.contains(&signer) => Standing::Equivocates,
                Standing::Counts if !policy.builders.contains(&key.name) => Standing::Unlisted,
                _ => common,
            };
            let (key, organisation) = (key.name.clone(), key.organisation.clone());
            let lack = (standing == Standing::Substituted)
                .then(|| lack(testimony, policy.independence.max_substituted))
                .flatten();
            report.rows.push(Row { key, organisation, testimony: at, standing, lack });
        }
    }
}

/// What a statement is worth, whoever signed it.
fn standing(report: &Report, testimony: &Testimony, policy: &Policy) -> Standing {
    // What contradicts the policy's derivation is dissent under whatever name it was built; what agrees must fit in all.
    let fits: Vec<_> = policy.recipe.iter().filter(|recipe| recipe.drv_sha256 == testimony.drv).collect();
    if fits.is_empty() {
        return Standing::OtherRecipe;
    }
    match testimony.result {
        Outcome::Failed => return Standing::Failed,
        Outcome::NotBuilt => return Standing::NotBuilt,
        _ => {}
    }
    let contradictory = |(file, _): &(File, Option<String>)| {
        let files = testimony.outputs.iter().filter(|(name, _)| is_file(name));
        files.into_iter().any(|(name, stated)| {
            compare(stated, testimony.sizes.get(name).copied(), &file.digests) == Comparison::Contradictory
        })
    };
    if report.files.iter().any(contradictory) {
        return Standing::DigestContradictory;
    }
    let Some(agreed) = &report.agreed else { return Standing::Differs };
    if testimony.result == Outcome::Differs
        || contradict(agreed, &demanded(&testimony.outputs, &policy.digests))
    {
        return Standing::Differs;
    }
    if !complete(&testimony.outputs, &policy.digests) {
        return Standing::DigestMissing;
    }
    let whole = fits.iter().any(|recipe| {
        recipe.attribute == testimony.attribute
            && (recipe.flake_lock_sha256.is_none() || recipe.flake_lock_sha256 == testimony.flake_lock)
    });
    if !whole {
        return Standing::OtherRecipe;
    }
    let Independence { require, max_substituted } = policy.independence;
    match require {
        Require::Built if lack(testimony, max_substituted).is_some() => Standing::Substituted,
        _ => Standing::Counts,
    }
}

/// What the rows say against the policy being met.
fn objections(report: &mut Report, policy: &Policy) {
    let mut said = Vec::new();
    for row in &report.rows {
        let testimony = &report.testimonies[row.testimony];
        let Row { key, organisation, .. } = row;
        let line = testimony.line;
        let who = format!("key {key} of {organisation}, line {line},");
        match row.standing {
            Standing::Differs if report.agreed.is_some() => {
                let first = testimony.difference.as_ref().map_or_else(String::new, |difference| {
                    let summary =
                        difference.summary.first().map_or_else(String::new, |line| format!(" ({line})"));
                    format!("; the first difference is in {}{summary}", difference.path)
                });
                let (outputs, expected) = (&testimony.outputs, &testimony.expected);
                let stated = match difference(outputs, expected) {
                    Some(name) if testimony.result == Outcome::Differs => {
                        format!("got {} where {} was expected", what(outputs, name), what(expected, name))
                    }
                    _ => {
                        let agreed = report.agreed.as_ref();
                        let name =
                            agreed.and_then(|agreed| contradiction(outputs, agreed)).unwrap_or_default();
                        format!("states {}", what(outputs, name))
                    }
                };
                let drv = prefix(&testimony.drv);
                let message = format!(
                    "{who} {stated} for derivation {drv}{first}: the same recipe does not give the same bytes"
                );
                said.push((policy.dissent, Error::new(Code::Dissent, message)));
            }
            Standing::Failed => {
                let reason =
                    testimony.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
                let message = format!("{who} could not build derivation {}{reason}", prefix(&testimony.drv));
                said.push((policy.failures, Error::new(Code::BuildFailed, message)));
            }
            Standing::DigestMissing => {
                let message = format!(
                    "{who} states a file without a digest that policy {} demands: it does not count",
                    policy.name
                );
                said.push((Effect::Warn, Error::new(Code::DigestMissing, message)));
            }
            Standing::DigestContradictory => {
                let message = format!(
                    "{who} states digests of one file of which one is that of the file at hand and another is not: one of \
                     them is forged; the statement does not count, and the file must not be used before this is explained"
                );
                said.push((Effect::Block, Error::new(Code::DigestContradictory, message)));
            }
            _ => {}
        }
    }
    for (effect, error) in said {
        report.object(effect, error);
    }
}

/// Which organisations count, and how many opinions they are.
fn organisations(report: &mut Report, policy: &Policy, trust: &Trust) {
    let mut demoted = Vec::new();
    for organisation in &report.expected {
        let own = || report.rows.iter().enumerate().filter(|(_, row)| row.organisation == *organisation);
        let divided =
            own().any(|(_, row)| matches!(row.standing, Standing::Differs | Standing::DigestContradictory));
        let signed = |kind: crate::key::Algorithm| {
            own().any(|(_, row)| {
                row.standing == Standing::Counts
                    && trust.find(&row.key).is_some_and(|key| key.public.algorithm() == kind)
            })
        };
        let instead = if divided {
            Standing::Divided
        } else if !policy.algorithms.iter().all(|kind| signed((*kind).into())) {
            Standing::AlgorithmMissing
        } else {
            continue;
        };
        demoted
            .extend(own().filter(|(_, row)| row.standing == Standing::Counts).map(|(at, _)| (at, instead)));
    }
    for (at, standing) in demoted {
        report.rows[at].standing = standing;
    }
    let counted = |organisation: &String| -> Vec<&Testimony> {
        let rows = report.rows.iter().filter(|row| row.organisation == *organisation);
        rows.filter(|row| row.standing == Standing::Counts)
            .map(|row| &report.testimonies[row.testimony])
            .collect()
    };
    let (names, statements): (Vec<String>, Vec<Vec<&Testimony>>) = report
        .expected
        .iter()
        .map(|organisation| (organisation.clone(), counted(organisation)))
        .filter(|(_, statements)| !statements.is_empty())
        .unzip();
    let independence = &policy.independence;
    let (opinions, distinct) = (
        opinions(&statements, independence.require, independence.max_substituted),
        opinions(&statements, Require::Distinct, 0),
    );
    (report.counted, report.opinions, report.distinct) = (names, opinions, distinct);
}

/// By which names the statements know the files; a problem for each that they do not, where there are statements.
fn files(report: &mut Report) {
    let Report { files, testimonies, rows, agreed, problems, .. } = report;
    let about: Vec<&Testimony> = rows
        .iter()
        .filter(|row| row.standing != Standing::OtherRecipe)
        .map(|row| &testimonies[row.testimony])
        .filter(|testimony| testimony.result.has_output())
        .collect();
    // Files that are stated together, but by those alone who do not count, are no forgery: that nobody counts is said anyway.
    let whole = about.iter().any(|t| files.iter().all(|(file, _)| subject(t, file).is_some()));
    for (file, name) in files.iter_mut() {
        if let Some(agreed) = agreed {
            let mut among = about.iter().filter(|testimony| !contradict(agreed, &testimony.outputs));
            *name = among.find_map(|testimony| subject(testimony, file)).map(str::to_owned);
            continue;
        }
        if about.is_empty() || whole {
            continue;
        }
        let known = about.iter().find_map(|testimony| subject(testimony, file));
        let stated = about.iter().flat_map(|t| t.outputs.iter()).find(|(name, _)| is_file(name));
        let message = match (known, stated) {
            (Some(name), _) => format!(
                "{} is stated as {name}, but no statement names it together with the other files",
                file.name
            ),
            (None, Some((other, stated))) => format!(
                "{} is no file that anybody states for this recipe: its sha256 is {}, that of {other} is stated as {}",
                file.name,
                prefix(&hex(&file.digests.sha256)),
                stated.get("sha256").map_or("nothing", |digest| prefix(digest)),
            ),
            (None, None) => format!(
                "{} is no file that anybody states for this recipe: no statement names a file",
                file.name
            ),
        };
        problems.push(Error::new(Code::FileNotStated, message));
    }
}
