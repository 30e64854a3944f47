//! The policy: how many organisations must state the same bytes, about which recipe, and what speaks against it
//! (docs/formats/policy.md). What a policy leaves out has the strict meaning.

mod faults;

use std::path::Path;

use serde::Deserialize;

use super::basis::DrvFrom;
use super::conditions::Conditions;
use super::trust::{Key, Kind, Trust};
use crate::configuration::{self, Reading};
use crate::error::{Code, Error};

/// A policy as written. Unknown keys are errors.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Policy {
    /// The name that reports carry.
    pub name: String,
    /// How many organisations must state the same bytes; at least 1.
    pub threshold: usize,
    /// The keys whose statements count, by their names in the trust store. All their organisations are expected: one that
    /// says nothing is reported as absent.
    pub builders: Vec<String>,
    /// What was to be built.
    pub recipe: Vec<Recipe>,
    /// Whether several recipes, such as one for each build system, count as one. Without it there is one recipe.
    #[serde(default)]
    pub any_system: bool,
    /// The digests of files that must be stated and be right, all of them.
    #[serde(default = "all_digests")]
    pub digests: Vec<Digest>,
    /// The algorithms that an organisation must have signed with, all of them; none named: any one.
    #[serde(default)]
    pub algorithms: Vec<Kind>,
    /// What follows if a trusted builder states other bytes.
    #[serde(default)]
    pub dissent: Effect,
    /// What follows if a trusted builder could not build.
    #[serde(default = "warn")]
    pub failures: Effect,
    /// What is asked of the origin of a builder's inputs.
    #[serde(default)]
    pub independence: Independence,
    /// What is asked of how a builder built.
    #[serde(default)]
    pub conditions: Conditions,
    /// Whether all builders may belong to one organisation: then the policy proves repetition, not independence.
    #[serde(default)]
    pub allow_single_organisation: bool,
}

/// `[[recipe]]`: all that is given must be stated.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Recipe {
    /// Such as `packages.x86_64-linux.arm64`.
    pub attribute: String,
    /// SHA-256 of the derivation's text, which binds everything that goes into the build. Evaluate it from the source.
    pub drv_sha256: String,
    /// Where `drv-sha256` comes from; reports repeat it. Left out, they say that it is as the policy has it.
    #[serde(default)]
    pub drv_from: Option<DrvFrom>,
    /// SHA-256 of `flake.lock`, where the source has one.
    #[serde(default)]
    pub flake_lock_sha256: Option<String>,
}

/// A digest of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Digest {
    /// SHA-256 (FIPS 180-4).
    Sha256,
    /// SM3 (GB/T 32905).
    Sm3,
}

impl Digest {
    /// All that are computed of files.
    pub const ALL: [Self; 2] = [Self::Sha256, Self::Sm3];

    /// Its name in statements.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sm3 => "sm3",
        }
    }
}

/// What follows of something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// The policy is not met, whoever agrees.
    #[default]
    Block,
    /// It is reported.
    Warn,
}

/// `[independence]`
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Independence {
    /// What must be so.
    pub require: Require,
    /// How many paths of a closure may come from elsewhere nevertheless.
    pub max_substituted: usize,
}

/// What is asked of the origin of a builder's inputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Require {
    /// Nothing: it is reported.
    #[default]
    Any,
    /// Organisations that copied the output, or more than `max-substituted` paths, signed by one key, or by nobody, count as
    /// one; so do all whose statements are of the first version, which does not say where the output came from.
    Distinct,
    /// Only statements count whose run built the output itself, from at most `max-substituted` copied paths: not one that
    /// was found, copied, or is stated in the first version.
    Built,
}

fn all_digests() -> Vec<Digest> {
    Digest::ALL.to_vec()
}

fn warn() -> Effect {
    Effect::Warn
}

impl Policy {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// All that [`Self::parse`] finds, or an `input-…` code if the file cannot be read.
    pub fn load(path: &Path, trust: &Trust) -> Result<Self, Vec<Error>> {
        Self::parse(&configuration::text(path, Code::PolicyInvalid)?, &path.to_string_lossy(), trust)
    }

    /// Reads a policy over the keys of `trust`; `origin` is its name in messages.
    ///
    /// # Errors
    /// `policy-invalid`, once for each fault: if it is none, or one that everything or nothing would satisfy.
    pub fn parse(text: &str, origin: &str, trust: &Trust) -> Result<Self, Vec<Error>> {
        Self::judged(text, origin, Some(trust))
    }

    /// What is wrong with the file at `path` under any trust store, for where the store cannot be used.
    pub fn own_faults(path: &Path) -> Vec<Error> {
        let text = configuration::text(path, Code::PolicyInvalid).map_err(Vec::from);
        text.and_then(|text| Self::judged(&text, &path.to_string_lossy(), None)).err().unwrap_or_default()
    }

    fn judged(text: &str, origin: &str, trust: Option<&Trust>) -> Result<Self, Vec<Error>> {
        let Reading { value, faults: mut whys } =
            configuration::read::<Self>(text, |document| faults::threshold(document, text));
        let whole = whys.is_empty();
        whys.extend(value.iter().flat_map(|policy| policy.faults(trust, whole)));
        match value {
            Some(policy) if whys.is_empty() => Ok(policy),
            _ => {
                let invalid = |why| Error::new(Code::PolicyInvalid, format!("policy {origin}: {why}"));
                Err(whys.into_iter().map(invalid).collect())
            }
        }
    }

    /// The keys whose statements count, in the order of the policy.
    pub fn expected<'a>(&'a self, trust: &'a Trust) -> impl Iterator<Item = &'a Key> {
        self.builders.iter().filter_map(|name| trust.find(name))
    }
}

/// `1 organisation`, `2 organisations`.
pub(crate) fn number(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_toml(page: &str) -> String {
        page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap().to_owned()
    }

    fn trust() -> Trust {
        Trust::parse(&first_toml(include_str!("../../docs/formats/trust.md")), "the example").unwrap()
    }

    #[test]
    fn the_schema_file_is_the_types() {
        crate::schema::compare::<Policy>("policy-1");
    }

    #[test]
    fn what_is_not_said_is_strict() {
        let text = first_toml(include_str!("../../docs/formats/policy.md"));
        let policy = Policy::parse(&text, "the example", &trust()).unwrap();
        assert_eq!((policy.threshold, policy.builders.len()), (2, 3));
        let short: String = text
            .lines()
            .filter(|line| {
                ["name", "threshold", "builders", "[[recipe]]", "attribute", "drv-sha256"]
                    .iter()
                    .any(|key| line.starts_with(key))
            })
            .fold(String::new(), |text, line| text + line + "\n");
        let policy = Policy::parse(&short, "short", &trust()).unwrap();
        assert_eq!(policy.digests, Digest::ALL);
        assert_eq!(policy.dissent, Effect::Block);
        assert!(!policy.any_system && !policy.allow_single_organisation);
    }

    /// One edit each, and what is said.
    #[test]
    fn policies_that_everything_or_nothing_satisfies_are_refused() {
        let text = first_toml(include_str!("../../docs/formats/policy.md"));
        let builders = text.lines().find(|line| line.starts_with("builders")).unwrap();
        let drv = text.lines().find(|line| line.starts_with("drv-sha256")).unwrap();
        let recipe = format!("[[recipe]]\nattribute = \"a\"\n{drv}\n[[recipe]]");
        for (from, to, said) in [
            ("threshold = 2", "threshold = 0", "everything would satisfy it"),
            ("threshold = 2", "threshold = 3", "could never be met, and keys of one organisation"),
            ("threshold = 2", "threshold = -1", "threshold is -1: it must be a whole number from 1"),
            ("threshold = 2", "threshold = 1.5", "threshold is 1.5: it must be a whole number from 1"),
            ("threshold = 2", "threshold = \"2\"", "threshold is \"2\": it must be a whole number from 1"),
            ("threshold = 2", "threshold = 18446744073709551616", "must be a whole number from 1"),
            ("threshold = 2\n", "", "missing field `threshold`"),
            ("max-substituted = 0", "max-substituted = -1", "expected a whole number from 0"),
            ("threshold", "treshold", "is threshold meant?"),
            (builders, "builders = []", "nobody could satisfy it"),
            (builders, "builders = [\"utility-1\", \"utility-1\"]", "names utility-1 twice"),
            (
                builders,
                "builders = [\"utility-2\"]",
                "no key called utility-2; is utility-1 meant? If not, add",
            ),
            (
                builders,
                "builders = [\"nobody\"]",
                "no key called nobody: add it with `sarsen trust add`, or take it out",
            ),
            (
                builders,
                "builders = [\"ｕtility-1\"]",
                "is utility-1 meant, which is written otherwise (U+FF55 in one",
            ),
            (
                builders,
                "builders = [\"utility-1\", \"vendor-2025\"]",
                "is revoked in the trust store (2026-03-02: the laptop that held it was lost), so",
            ),
            (
                builders,
                "builders = [\"utility-1\", \"utility-sm2\"]",
                "its builders belong to 1 organisation (utility.example)",
            ),
            ("digests = [\"sha256\", \"sm3\"]", "digests = []", "nothing ties a statement to a file"),
            ("\"sm3\"]", "\"md5\"]", "line 4, digests: unknown value `md5`"),
            (drv, "drv-sha256 = \"9F86\"", "not 64 lower-case hexadecimal digits"),
            ("[[recipe]]", &recipe, "say any-system = true"),
            ("algorithms = []", "algorithms = [\"sm2\"]", "only 1 of its builders' organisations"),
            ("\"block\"", "\"ignore\"", "line 6, dissent: unknown value `ignore`"),
        ] {
            assert!(text.contains(from), "{from}");
            let errors = Policy::parse(&text.replacen(from, to, 1), "p", &trust()).unwrap_err();
            assert!(errors.iter().all(|error| error.code == Code::PolicyInvalid));
            assert!(errors.iter().any(|error| error.message.contains(said)), "{from} to {to}: {errors:#?}");
        }
        let single = text
            .replace(builders, "builders = [\"utility-1\", \"utility-sm2\"]")
            .replace("threshold = 2", "threshold = 1");
        let errors = Policy::parse(&single, "p", &trust()).unwrap_err();
        assert!(errors[0].message.contains("allow-single-organisation"), "{errors:?}");
        let allowed = format!("allow-single-organisation = true\n{single}");
        assert!(Policy::parse(&allowed, "p", &trust()).is_ok());
        let none = text.split("[[recipe]]").next().unwrap().to_owned() + "recipe = []";
        assert!(Policy::parse(&none, "p", &trust()).unwrap_err()[0].message.contains("names no recipe"));
    }

    #[test]
    fn all_mistakes_are_told() {
        let text = first_toml(include_str!("../../docs/formats/policy.md"));
        let builders = text.lines().find(|line| line.starts_with("builders")).unwrap();
        let drv = text.lines().find(|line| line.starts_with("drv-sha256")).unwrap();
        let wrong = text
            .replace("threshold = 2", "threshold = -1")
            .replace(builders, "builders = [\"nobody\", \"vendor-2025\", \"nobody\"]")
            .replace("digests = [\"sha256\", \"sm3\"]", "digests = []")
            .replace("dissent =", "disent =")
            .replace(drv, "drv-sha256 = \"9F86\"");
        let said = |trust: Option<&Trust>| {
            let errors = Policy::judged(&wrong, "p", trust).unwrap_err();
            errors.into_iter().map(|error| error.message).collect::<Vec<_>>()
        };
        let own = [
            "policy p: line 2: threshold is -1",
            "policy p: line 6: unknown field `disent`",
            "policy p: digests is empty",
            "policy p: drv-sha256 of recipe 1 is \"9F86\"",
            "policy p: builders names nobody twice",
        ];
        let others =
            ["policy p: the trust store has no key called nobody", "policy p: key vendor-2025 is revoked"];
        for (trust, expected) in [(None, own.to_vec()), (Some(&trust()), [own.as_slice(), &others].concat())]
        {
            let said = said(trust);
            assert_eq!(said.len(), expected.len(), "{said:#?}");
            for (said, expected) in said.iter().zip(expected) {
                assert!(said.starts_with(expected), "{said} {expected}");
            }
        }
    }
}
