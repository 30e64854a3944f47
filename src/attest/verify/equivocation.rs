//! Keys that state two outputs of one derivation.

use std::collections::{BTreeMap, BTreeSet};

use super::Count;
use crate::attest::outputs::{prefix, what};
use crate::attest::policy::Effect;
use crate::attest::testimony::Testimony;
use crate::attest::trust::Trust;
use crate::error::{Code, Error};
use crate::statement::agreement::difference;
use crate::statement::rebuild::Outcome;

/// Positions of the keys that assent to two outputs of one derivation, whichever it is. They count nowhere. Who says
/// `differs` of one output after stating another was honest about a build that cannot be repeated: that is dissent.
pub fn find(report: &mut Count, drvs: &BTreeSet<&str>, effect: Effect, trust: &Trust) -> BTreeSet<usize> {
    let mut earlier: BTreeMap<(usize, &str), Vec<&Testimony>> = BTreeMap::new();
    let mut found: BTreeMap<usize, Error> = BTreeMap::new();
    let mut relevant = BTreeSet::new();
    let assents = |result| matches!(result, Outcome::Produced | Outcome::Matches);
    for testimony in report.testimonies.iter().filter(|t| assents(t.result)) {
        for &signer in &testimony.signers {
            let known = earlier.entry((signer, &testimony.drv)).or_default();
            let other = known
                .iter()
                .find_map(|other| Some((*other, difference(&other.outputs, &testimony.outputs)?)));
            if let Some((other, name)) = other {
                if drvs.contains(testimony.drv.as_str()) {
                    relevant.insert(signer);
                }
                found.entry(signer).or_insert_with(|| error(signer, trust, (other, testimony), name));
            }
            // One that says nothing new contradicts nothing that the others do not.
            if !known.iter().any(|other| covers(other, testimony)) {
                known.push(testimony);
            }
        }
    }
    let keys = found.keys().copied().collect();
    for (signer, error) in found {
        report.object(if relevant.contains(&signer) { effect } else { Effect::Warn }, error);
    }
    keys
}

/// Whether `one` states something of everything that `other` does.
fn covers(one: &Testimony, other: &Testimony) -> bool {
    let algorithms = |name| one.outputs.get(name);
    other.outputs.iter().all(|(name, digests)| {
        algorithms(name).is_some_and(|known| digests.keys().all(|algorithm| known.contains_key(algorithm)))
    })
}

fn error(signer: usize, trust: &Trust, (one, other): (&Testimony, &Testimony), name: &str) -> Error {
    let key = &trust.keys()[signer];
    let message = format!(
        "key {} of {} states two outputs of derivation {}: {} on line {}, {} on line {}; nothing that it says counts",
        key.name,
        key.organisation,
        prefix(&other.drv),
        what(&one.outputs, name),
        one.line,
        what(&other.outputs, name),
        other.line
    );
    Error::new(Code::Equivocation, message)
}
