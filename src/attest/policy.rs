//! The policy: how many organisations must state the same bytes, about which recipe, and what speaks against it
//! (docs/formats/policy.md). What a policy leaves out has the strict meaning.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;

use super::trust::{Key, Kind, Role, Trust};
use crate::configuration::{self, nearest};
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
    /// `policy-invalid`, or an `input-…` code if the file cannot be read.
    pub fn load(path: &Path, trust: &Trust) -> Result<Self, Error> {
        Self::parse(&configuration::text(path, Code::PolicyInvalid)?, &path.to_string_lossy(), trust)
    }

    /// Reads a policy over the keys of `trust`; `origin` is its name in messages.
    ///
    /// # Errors
    /// `policy-invalid` if it is none, or one that everything or nothing would satisfy.
    pub fn parse(text: &str, origin: &str, trust: &Trust) -> Result<Self, Error> {
        let invalid = |why| Error::new(Code::PolicyInvalid, format!("policy {origin}: {why}"));
        let policy: Self = configuration::parse(text).map_err(invalid)?;
        policy.validate(trust).map_err(invalid)?;
        Ok(policy)
    }

    fn validate(&self, trust: &Trust) -> Result<(), String> {
        if self.digests.is_empty() {
            return Err("digests is empty: then nothing ties a statement to a file".into());
        }
        self.validate_recipes()?;
        if self.threshold == 0 {
            return Err("threshold is 0: everything would satisfy it; ask for at least 1".into());
        }
        let organisations = self.organisations(trust)?;
        let able: Vec<&str> = organisations.iter().copied().filter(|name| self.able(name, trust)).collect();
        if self.threshold > organisations.len() {
            return Err(format!(
                "threshold is {}, but its builders belong to {} ({}): it could never be met, and keys of one \
                 organisation are one opinion",
                self.threshold,
                number(organisations.len(), "organisation"),
                organisations.iter().copied().collect::<Vec<_>>().join(", ")
            ));
        }
        if self.threshold > able.len() {
            return Err(format!(
                "threshold is {}, but only {} of its builders' organisations have keys of all the algorithms asked \
                 for: it could never be met",
                self.threshold,
                able.len()
            ));
        }
        if organisations.len() == 1 && !self.allow_single_organisation {
            return Err("all its builders belong to one organisation, which proves repetition, not independence; say \
                        allow-single-organisation = true if that is what is wanted"
                .into());
        }
        Ok(())
    }

    fn validate_recipes(&self) -> Result<(), String> {
        let is_sha256 =
            |text: &str| text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        for recipe in &self.recipe {
            if recipe.attribute.is_empty() {
                return Err("a recipe has no attribute".into());
            }
            for (key, text) in [
                ("drv-sha256", Some(&recipe.drv_sha256)),
                ("flake-lock-sha256", recipe.flake_lock_sha256.as_ref()),
            ] {
                if let Some(text) = text.filter(|text| !is_sha256(text)) {
                    return Err(format!("{key} is {text:?}, not 64 lower-case hexadecimal digits"));
                }
            }
        }
        match self.recipe.len() {
            0 => Err("it names no recipe: a statement about anything would do".into()),
            1 => Ok(()),
            _ if self.any_system => Ok(()),
            many => Err(format!(
                "it names {many} recipes; say any-system = true if the same bytes are expected of each, or write a \
                 policy for each"
            )),
        }
    }

    /// The organisations of the builders: they are all expected to speak.
    fn organisations<'t>(&self, trust: &'t Trust) -> Result<BTreeSet<&'t str>, String> {
        let mut seen = BTreeSet::new();
        let mut organisations = BTreeSet::new();
        for name in &self.builders {
            let Some(key) = trust.find(name) else {
                let hint = nearest(name, trust.keys().iter().map(|key| key.name.as_str()));
                return Err(format!("the trust store has no key called {name}{hint}"));
            };
            if !seen.insert(name) {
                return Err(format!("builders names {name} twice"));
            }
            if !key.roles.contains(&Role::Rebuilder) {
                return Err(format!("key {name} has not the role rebuilder in the trust store"));
            }
            if let Some(why) = &key.revoked {
                return Err(format!("key {name} is revoked in the trust store ({why})"));
            }
            organisations.insert(key.organisation.as_str());
        }
        if organisations.is_empty() {
            return Err("builders is empty: nobody could satisfy it".into());
        }
        Ok(organisations)
    }

    /// Whether an organisation has a builder of every algorithm.
    fn able(&self, organisation: &str, trust: &Trust) -> bool {
        self.algorithms.iter().all(|kind| {
            self.expected(trust)
                .any(|key| key.organisation == organisation && key.public.algorithm() == (*kind).into())
        })
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
            ("threshold = 2", "threshold = -1", "invalid value"),
            ("threshold", "treshold", "is threshold meant?"),
            (builders, "builders = []", "nobody could satisfy it"),
            (builders, "builders = [\"utility-1\", \"utility-1\"]", "names utility-1 twice"),
            (builders, "builders = [\"utility-2\"]", "no key called utility-2; is utility-1 meant?"),
            (builders, "builders = [\"utility-1\", \"vendor-2025\"]", "is revoked"),
            (
                builders,
                "builders = [\"utility-1\", \"utility-sm2\"]",
                "its builders belong to 1 organisation (utility.example)",
            ),
            ("digests = [\"sha256\", \"sm3\"]", "digests = []", "nothing ties a statement to a file"),
            ("\"sm3\"]", "\"md5\"]", "unknown variant `md5`"),
            (drv, "drv-sha256 = \"9F86\"", "not 64 lower-case hexadecimal digits"),
            ("[[recipe]]", &recipe, "say any-system = true"),
            ("algorithms = []", "algorithms = [\"sm2\"]", "only 1 of its builders' organisations"),
            ("\"block\"", "\"ignore\"", "unknown variant `ignore`"),
        ] {
            assert!(text.contains(from), "{from}");
            let error = Policy::parse(&text.replacen(from, to, 1), "p", &trust()).unwrap_err();
            assert_eq!(error.code, Code::PolicyInvalid);
            assert!(error.message.contains(said), "{from} to {to}: {error}");
        }
        let single = text
            .replace(builders, "builders = [\"utility-1\", \"utility-sm2\"]")
            .replace("threshold = 2", "threshold = 1");
        let error = Policy::parse(&single, "p", &trust()).unwrap_err();
        assert!(error.message.contains("allow-single-organisation"), "{error}");
        let allowed = format!("allow-single-organisation = true\n{single}");
        assert!(Policy::parse(&allowed, "p", &trust()).is_ok());
        let none = text.split("[[recipe]]").next().unwrap().to_owned() + "recipe = []";
        assert!(Policy::parse(&none, "p", &trust()).unwrap_err().message.contains("names no recipe"));
    }
}
