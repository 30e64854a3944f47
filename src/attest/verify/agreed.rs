//! The outputs that everything at hand belongs to.

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
    let mut groups: BTreeMap<Outputs, BTreeSet<&str>> = BTreeMap::new();
    for testimony in &report.testimonies {
        let honest: Vec<usize> =
            testimony.signers.iter().copied().filter(|s| !equivocating.contains(s)).collect();
        let holds = testimony.result.has_output()
            && drvs.contains(testimony.drv.as_str())
            && complete(&testimony.outputs, &policy.digests)
            && report.is_stated_whole(testimony);
        if holds && !honest.is_empty() {
            let keys = honest.iter().map(|&signer| &trust.keys()[signer]);
            let expected =
                keys.filter(|key| policy.builders.contains(&key.name)).map(|key| key.organisation.as_str());
            groups.entry(demanded(&testimony.outputs, &policy.digests)).or_default().extend(expected);
        }
    }
    let mut groups: Vec<(Outputs, usize)> =
        groups.into_iter().map(|(outputs, organisations)| (outputs, organisations.len())).collect();
    // Stable: of as many, the first in the order of names and digests.
    groups.sort_by_key(|(_, organisations)| std::cmp::Reverse(*organisations));
    groups.into_iter().map(|(outputs, _)| outputs).reduce(|mut agreed, other| {
        if difference(&agreed, &other).is_none() {
            for (name, digests) in other {
                agreed.entry(name).or_insert(digests);
            }
        }
        agreed
    })
}
