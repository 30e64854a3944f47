//! Everything that makes a policy one that everything or nothing would satisfy, or that names what is not there.

use std::collections::BTreeSet;

use toml::de::{DeTable, DeValue};

use super::{Policy, number};
use crate::attest::spelling::{difference, label, likeness, shown};
use crate::attest::trust::{Role, Trust};
use crate::configuration::{MOST, nearest};

/// The longest value that a message repeats, in bytes.
const SHORT: usize = 40;

/// Whether the threshold is a number. One that is none is told, and stands for 1 from there on, so that the rest is
/// judged too.
pub fn threshold(document: &mut DeTable, text: &str) -> Vec<(usize, String)> {
    let Some((_, value)) = document.iter_mut().find(|(key, _)| key.get_ref() == "threshold") else {
        return Vec::new();
    };
    let number =
        value.get_ref().as_integer().map(|number| usize::from_str_radix(number.as_str(), number.radix()));
    if matches!(number, Some(Ok(_))) {
        return Vec::new();
    }
    let span = value.span();
    let seen = text.get(span.clone()).filter(|seen| seen.len() <= SHORT).unwrap_or("something else");
    let why = format!(
        "threshold is {seen}: it must be a whole number from 1, how many organisations have to agree"
    );
    if let Ok(one) = DeValue::parse("1") {
        *value = one;
    }
    vec![(span.start, why)]
}

impl Policy {
    /// One sentence fragment for each fault. Without a trust store, only what no store would mend; `whole` is whether
    /// nothing was left out of the policy because it cannot be read.
    pub(super) fn faults(&self, trust: Option<&Trust>, whole: bool) -> Vec<String> {
        let mut faults = Vec::new();
        if self.digests.is_empty() {
            faults.push("digests is empty: then nothing ties a statement to a file".into());
        }
        faults.extend(self.recipes(whole));
        if self.threshold == 0 {
            faults.push("threshold is 0: everything would satisfy it; ask for at least 1".into());
        }
        if self.builders.is_empty() {
            faults.push("builders is empty: nobody could satisfy it".into());
        }
        let mut seen = BTreeSet::new();
        for name in self.builders.iter().filter(|name| !seen.insert(*name)).collect::<BTreeSet<_>>() {
            faults.push(format!("builders names {} twice: take one out", label(name)));
        }
        if let Some(trust) = trust {
            let strangers: Vec<String> =
                seen.iter().filter_map(|name| unusable(name, trust)).take(MOST).collect();
            // Whose organisations are not known cannot be counted.
            if strangers.is_empty() && !seen.is_empty() {
                faults.extend(self.unreachable(trust));
            }
            faults.extend(strangers);
        }
        faults
    }

    fn recipes(&self, whole: bool) -> Vec<String> {
        let is_sha256 =
            |text: &str| text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let mut faults = Vec::new();
        for (recipe, at) in self.recipe.iter().zip(1..) {
            if recipe.attribute.is_empty() {
                faults.push(format!("recipe {at} has no attribute: write what was to be built"));
            }
            for (key, text) in [
                ("drv-sha256", Some(&recipe.drv_sha256)),
                ("flake-lock-sha256", recipe.flake_lock_sha256.as_ref()),
            ] {
                if let Some(text) = text.filter(|text| !is_sha256(text)) {
                    faults.push(format!(
                        "{key} of recipe {at} is {}, not 64 lower-case hexadecimal digits",
                        shown(text)
                    ));
                }
            }
        }
        match self.recipe.len() {
            _ if !whole => {}
            0 => faults.push("it names no recipe: a statement about anything would do".into()),
            1 => {}
            _ if self.any_system => {}
            many => faults.push(format!(
                "it names {many} recipes; say any-system = true if the same bytes are expected of each, or write a \
                 policy for each"
            )),
        }
        faults
    }

    /// Why the builders could never meet it, or prove less than they seem to.
    fn unreachable(&self, trust: &Trust) -> Option<String> {
        // All organisations of the builders are expected to speak.
        let organisations: BTreeSet<&str> =
            self.expected(trust).map(|key| key.organisation.as_str()).collect();
        let able = organisations.iter().filter(|name| self.able(name, trust)).count();
        if self.threshold > organisations.len() {
            return Some(format!(
                "threshold is {}, but its builders belong to {} ({}): it could never be met, and keys of one \
                 organisation are one opinion",
                self.threshold,
                number(organisations.len(), "organisation"),
                organisations.iter().copied().collect::<Vec<_>>().join(", ")
            ));
        }
        if self.threshold > able {
            return Some(format!(
                "threshold is {}, but only {able} of its builders' organisations have keys of all the algorithms asked \
                 for: it could never be met",
                self.threshold
            ));
        }
        (organisations.len() == 1 && !self.allow_single_organisation).then(|| {
            "all its builders belong to one organisation, which proves repetition, not independence; say \
             allow-single-organisation = true if that is what is wanted"
                .into()
        })
    }

    /// Whether an organisation has a builder of every algorithm.
    fn able(&self, organisation: &str, trust: &Trust) -> bool {
        self.algorithms.iter().all(|kind| {
            self.expected(trust)
                .any(|key| key.organisation == organisation && key.public.algorithm() == (*kind).into())
        })
    }
}

/// Why statements of the key of this name cannot count.
fn unusable(name: &str, trust: &Trust) -> Option<String> {
    let called = label(name);
    let Some(key) = trust.find(name) else {
        let names = || trust.keys().iter().map(|key| key.name.as_str());
        let meant = match names().find(|other| likeness(name, other).is_some()) {
            Some(other) => {
                format!("; is {other} meant, which is written otherwise ({})?", difference(name, other))
            }
            None => nearest(name, names()),
        };
        let not = if meant.is_empty() { ":" } else { " If not," };
        return Some(format!(
            "the trust store has no key called {called}{meant}{not} add it with `sarsen trust add`, or take it out of \
             builders"
        ));
    };
    if let Some(why) = &key.revoked {
        return Some(format!(
            "key {called} is revoked in the trust store ({why}), so nothing that it signs counts: take it out of \
             builders"
        ));
    }
    (!key.roles.contains(&Role::Rebuilder)).then(|| {
        format!(
            "key {called} has not the role rebuilder in the trust store: take it out of builders, or give it that role if \
             it may sign statements about builds"
        )
    })
}
