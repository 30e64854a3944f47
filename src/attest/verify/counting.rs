//! The steps of the count.

use std::collections::{BTreeMap, BTreeSet};

use super::{Count, Judged, Row, Shared, Standing, agreed, equivocation, stated};
use crate::attest::independence::{lack, opinions};
use crate::attest::naming::{Names, Stated};
use crate::attest::outputs::{Comparison, compared, complete, prefix, what};
use crate::attest::policy::{Effect, Independence, Policy, Require, number};
use crate::attest::testimony::Testimony;
use crate::attest::trust::Trust;
use crate::content::File;
use crate::error::{Code, Error};
use crate::statement::agreement::difference;
use crate::statement::is_file;
use crate::statement::rebuild::Outcome;

/// Fills in everything of `report` that is counted.
pub fn count(report: &mut Count, policy: &Policy, trust: &Trust, files: &[File]) {
    let drvs: BTreeSet<&str> = policy.recipe.iter().map(|recipe| recipe.drv_sha256.as_str()).collect();
    let equivocating = equivocation::find(report, &drvs, policy.dissent, trust);
    report.files = named(report, policy, trust, &equivocating, files);
    report.agreed = agreed::outputs(report, policy, trust, &drvs, &equivocating);
    rows(report, policy, trust, &equivocating);
    objections(report, policy);
    organisations(report, policy, trust);
    let speakers = report.speakers(&drvs);
    let absent = policy.expected(trust).filter(|key| !speakers.contains(&key.name));
    report.absent = absent.map(|key| (key.name.clone(), key.organisation.clone())).collect();
    stated::judge(report);
    if report.opinions < policy.threshold {
        let shared = report.shared.iter().fold(String::new(), |text, shared| format!("{text}; {shared}"));
        let message = format!(
            "{} of {} that are expected count, and policy {} wants {}: the origin of {} is not proved{shared}",
            number(report.opinions, "opinion"),
            number(report.expected.len(), "organisation"),
            policy.name,
            policy.threshold,
            report.at_hand()
        );
        report.problems.push(Error::new(Code::ThresholdNotMet, message));
    }
}

/// The files with their names. They come from the statements that count, and from others only where those name no file:
/// else any key in the store could rename what is at hand.
fn named(
    report: &Count,
    policy: &Policy,
    trust: &Trust,
    equivocating: &BTreeSet<usize>,
    files: &[File],
) -> Vec<Judged> {
    let about = |t: &&Testimony| {
        t.result.has_output() && policy.recipe.iter().any(|recipe| recipe.drv_sha256 == t.drv)
    };
    let is_expected = |t: &&Testimony| {
        t.signers.iter().any(|signer| {
            !equivocating.contains(signer) && policy.builders.contains(&trust.keys()[*signer].name)
        }) && policy.recipe.iter().any(|recipe| recipe.attribute == t.attribute)
    };
    let names = |t: &'_ Testimony| t.outputs.keys().filter(|name| is_file(name)).cloned().collect::<Vec<_>>();
    let mut stated: Vec<String> =
        report.testimonies.iter().filter(about).filter(is_expected).flat_map(names).collect();
    if stated.is_empty() {
        stated = report.testimonies.iter().filter(about).flat_map(names).collect();
    }
    let stated: Stated = stated.iter().map(String::as_str).collect();
    files
        .iter()
        .map(|file| Judged { file: file.clone(), names: Names::of(file, &stated), subject: None })
        .collect()
}

fn rows(report: &mut Count, policy: &Policy, trust: &Trust, equivocating: &BTreeSet<usize>) {
    for (at, testimony) in report.testimonies.iter().enumerate() {
        let common = standing(report, testimony, policy);
        let unmet =
            if testimony.result.has_output() { policy.conditions.unmet(testimony) } else { Vec::new() };
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
            let unmet = unmet.clone();
            report.rows.push(Row { key, organisation, testimony: at, standing, lack, unmet });
        }
    }
}

/// What a statement is worth, whoever signed it.
fn standing(report: &Count, testimony: &Testimony, policy: &Policy) -> Standing {
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
    let compares = |as_: Comparison| {
        let mut files = report.files.iter();
        files.any(|judged| compared(testimony, &judged.file, &judged.names).any(|(_, other)| other == as_))
    };
    if compares(Comparison::Contradictory) {
        return Standing::DigestContradictory;
    }
    let Some(agreed) = &report.agreed else { return Standing::Differs };
    // By whatever digest: the policy's are those that a statement needs, not the only ones that may be wrong.
    let is_other = |judged: &Judged| {
        let mut names = compared(testimony, &judged.file, &judged.names).map(|(_, same)| same).peekable();
        judged.names != Names::Any && names.peek().is_some() && names.all(|same| same == Comparison::Other)
    };
    if testimony.result == Outcome::Differs
        || difference(agreed, &testimony.outputs).is_some()
        || report.files.iter().any(is_other)
    {
        return Standing::Differs;
    }
    if !complete(&testimony.outputs, &policy.digests) {
        return Standing::DigestMissing;
    }
    if !report.is_stated_whole(testimony) {
        return Standing::OutputMissing;
    }
    let whole = fits.iter().any(|recipe| {
        recipe.attribute == testimony.attribute
            && (recipe.flake_lock_sha256.is_none() || recipe.flake_lock_sha256 == testimony.flake_lock)
    });
    if !whole {
        return Standing::OtherRecipe;
    }
    if policy.conditions.unmet(testimony).iter().any(|unmet| unmet.asked) {
        return Standing::Condition;
    }
    let Independence { require, max_substituted } = policy.independence;
    match require {
        Require::Built if lack(testimony, max_substituted).is_some() => Standing::Substituted,
        _ => Standing::Counts,
    }
}

/// What the rows say against the policy being met.
fn objections(report: &mut Count, policy: &Policy) {
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
                        let name = agreed.and_then(|agreed| difference(outputs, agreed)).unwrap_or_default();
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
fn organisations(report: &mut Count, policy: &Policy, trust: &Trust) {
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
    let shared = shared(report);
    (report.counted, report.opinions, report.distinct, report.shared) = (names, opinions, distinct, shared);
}

/// The runs about which statements of more than one key count.
fn shared(report: &Count) -> Vec<Shared> {
    let mut runs: BTreeMap<&str, Shared> = BTreeMap::new();
    for row in report.rows.iter().filter(|row| row.standing == Standing::Counts) {
        let testimony = &report.testimonies[row.testimony];
        let shared = runs.entry(&testimony.run).or_insert_with(|| Shared {
            run: testimony.run.clone(),
            lines: BTreeSet::new(),
            keys: BTreeSet::new(),
        });
        shared.lines.extend(&testimony.lines);
        shared.keys.insert(row.key.clone());
    }
    runs.into_values().filter(|shared| shared.keys.len() > 1).collect()
}
