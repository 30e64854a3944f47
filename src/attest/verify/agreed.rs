//! The outputs that everything at hand belongs to.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::Count;
use crate::attest::outputs::{complete, demanded};
use crate::attest::policy::Policy;
use crate::attest::testimony::Outputs;
use crate::attest::trust::Trust;
use crate::statement::agreement::difference;

/// The outputs that all files belong to, by the statements of trusted keys about this recipe: of several, which would be a
/// dispute, those that most organisations state. What others state of further outputs belongs to them if nothing in it
/// contradicts, so that the next who states these otherwise dissents.
pub fn outputs(
    report: &Count,
    policy: &Policy,
    trust: &Trust,
    drvs: &BTreeSet<&str>,
    equivocating: &BTreeSet<usize>,
) -> Option<Outputs> {
    let mut groups: BTreeMap<Outputs, Group> = BTreeMap::new();
    for testimony in &report.testimonies {
        let honest: Vec<usize> =
            testimony.signers.iter().copied().filter(|s| !equivocating.contains(s)).collect();
        let holds = testimony.result.has_output()
            && drvs.contains(testimony.drv.as_str())
            && complete(&testimony.outputs, &policy.digests)
            && report.is_stated_whole(testimony);
        if !holds || honest.is_empty() {
            continue;
        }
        let keys = honest.iter().map(|&signer| &trust.keys()[signer]);
        let expected: Vec<&str> = keys
            .filter(|key| policy.builders.contains(&key.name))
            .map(|key| key.organisation.as_str())
            .collect();
        let group = groups.entry(demanded(&testimony.outputs, &policy.digests)).or_default();
        // What builders state goes before what others do.
        let statements = if expected.is_empty() { &mut group.others } else { &mut group.statements };
        statements.push(&testimony.outputs);
        group.organisations.extend(expected);
    }
    let is_expected = |signer: &usize| policy.builders.contains(&trust.keys()[*signer].name);
    let mut about =
        report.testimonies.iter().filter(|t| drvs.contains(t.drv.as_str()) && t.result.has_output());
    let speak = about.any(|t| t.signers.iter().any(|s| is_expected(s) && !equivocating.contains(s)));
    // Others than the builders agree on nothing where a builder speaks.
    let mut groups: Vec<Group> =
        groups.into_values().filter(|group| !speak || !group.organisations.is_empty()).collect();
    // Stable: of as many, the first in the order of names and digests.
    groups.sort_by_key(|group| Reverse(group.organisations.len()));
    let mut statements = groups.iter().flat_map(|group| group.statements.iter().chain(&group.others));
    let mut agreed = (*statements.next()?).clone();
    for other in statements {
        if difference(&agreed, other).is_none() {
            for (name, digests) in *other {
                let known = agreed.entry(name.clone()).or_default();
                known.extend(digests.iter().map(|(algorithm, value)| (algorithm.clone(), value.clone())));
            }
        }
    }
    Some(agreed)
}

/// Statements about the same bytes, by the digests that the policy demands.
#[derive(Default)]
struct Group<'r> {
    /// The policy's organisations that signed them.
    organisations: BTreeSet<&'r str>,
    /// What their statements state.
    statements: Vec<&'r Outputs>,
    /// What statements of others state.
    others: Vec<&'r Outputs>,
}
