//! What a processor has: an architecture version and features beyond it.

use std::fmt;

use super::{Feature, feature};
use crate::profile::nearest;

/// A version of the A-profile architecture: 8.0 to 8.9, 9.0 and later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// 8 or 9.
    pub major: u8,
    /// The number behind the point.
    pub minor: u8,
}

/// The newest versions that are known, of Armv8 and of Armv9.
const NEWEST: [Version; 2] = [Version { major: 8, minor: 9 }, Version { major: 9, minor: 6 }];

impl Version {
    /// Every version, with the names of GCC's and LLVM's -march: `armv8-a`, `armv8.1-a` …
    fn all() -> impl Iterator<Item = Self> {
        NEWEST.into_iter().flat_map(|newest| (0..=newest.minor).map(move |minor| Self { minor, ..newest }))
    }

    /// Whether a processor of this version has all that `older` demands. Armv9.0 is built on Armv8.5, and each version
    /// of Armv9 on the Armv8 of its year (Arm ARM A2.1).
    pub fn includes(self, older: Self) -> bool {
        match (self.major, older.major) {
            (9, 8) => self.minor + 5 >= older.minor,
            (own, other) => own == other && self.minor >= older.minor,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.minor {
            0 => write!(f, "armv{}-a", self.major),
            minor => write!(f, "armv{}.{minor}-a", self.major),
        }
    }
}

/// What a processor can execute.
#[derive(Clone, Debug)]
pub struct Baseline {
    version: Version,
    features: Vec<Feature>,
}

impl Baseline {
    /// A processor of the version called `architecture`, such as `armv8.2-a`, that also has `features`, by their names
    /// in /proc/cpuinfo or in the Arm ARM.
    ///
    /// # Errors
    /// What is unknown, with the nearest known name, as a fragment.
    pub fn new(architecture: &str, features: &[impl AsRef<str>]) -> Result<Self, String> {
        let known: Vec<String> = Version::all().map(|version| version.to_string()).collect();
        let version =
            Version::all().find(|version| version.to_string() == architecture).ok_or_else(|| {
                let hint = nearest(architecture, known.iter().map(String::as_str));
                format!("no architecture is called {architecture}{hint}; known are {}", known.join(", "))
            })?;
        Ok(Self { version, features: Self::features(features)? })
    }

    /// The features that `names` name; those that stand for no instruction are left out.
    ///
    /// # Errors
    /// The first unknown name, with the nearest known one, as a fragment.
    pub fn features(names: &[impl AsRef<str>]) -> Result<Vec<Feature>, String> {
        let mut features = Vec::new();
        for name in names.iter().map(AsRef::as_ref) {
            if !feature::names().any(|known| known == name) {
                let hint = nearest(name, feature::names());
                return Err(format!("no processor feature is called {name}{hint}"));
            }
            features.extend(Feature::ALL.iter().filter(|feature| feature.is_called(name)));
        }
        Ok(features)
    }

    /// Whether it has `feature`.
    pub fn has(&self, feature: Feature) -> bool {
        self.features.contains(&feature) || feature.since().is_some_and(|since| self.version.includes(since))
    }
}

#[cfg(test)]
mod tests {
    use super::{Baseline, Feature, Version};

    #[test]
    fn versions_include_what_came_before_them() {
        let rk3588 = Baseline::new("armv8.2-a", &["aes", "asimddp", "fphp", "cpuid"]).unwrap();
        for feature in [Feature::Lse, Feature::Dpb, Feature::Aes, Feature::DotProd, Feature::Fp16] {
            assert!(rk3588.has(feature), "{feature:?}");
        }
        for feature in [Feature::Lrcpc, Feature::Sve, Feature::Sm3, Feature::Pauth] {
            assert!(!rk3588.has(feature), "{feature:?}");
        }
        let newer = Baseline::new("armv9.2-a", &[""; 0]).unwrap();
        assert!(newer.has(Feature::Sve2) && newer.has(Feature::Wfxt) && !newer.has(Feature::Mops));
        let older = Baseline::new("armv8.9-a", &[""; 0]).unwrap();
        assert!(older.has(Feature::Cssc) && !older.has(Feature::Sve));
        assert_eq!(Version { major: 9, minor: 0 }.to_string(), "armv9-a");
    }

    #[test]
    fn unknown_names_are_errors_that_name_the_nearest() {
        let said = Baseline::new("armv8.2a", &[""; 0]).unwrap_err();
        assert!(said.starts_with("no architecture is called armv8.2a; is armv8.2-a meant?"), "{said}");
        let said = Baseline::new("armv8-a", &["atomic"]).unwrap_err();
        assert_eq!(said, "no processor feature is called atomic; is atomics meant?");
    }
}
