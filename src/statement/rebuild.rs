//! The rebuild predicate: one builder's signed word about one attempt to build one derivation (docs/formats/rebuild.md).
//! Dissent has the same form as assent: a build that gave other bytes, or none, is stated and signed as well.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Subject, digests, subjects};
use crate::clock::is_timestamp;

/// The predicate's type. Another version gets another one.
pub const TYPE: &str = "urn:sarsen:rebuild:1";

/// One attempt. A key that is not known is an error: it could restrict what is said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Rebuild {
    /// What was built.
    pub source: Source,
    /// How it was to be built.
    pub recipe: Recipe,
    /// What went into it, and who made that: the build closure, sorted by path.
    pub closure: Vec<Input>,
    /// Where it was built, in the builder's own words.
    pub environment: Environment,
    /// Who built it.
    pub builder: Builder,
    /// When.
    pub run: Run,
    /// What came of it.
    pub verdict: Verdict,
}

/// The source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Source {
    /// Where others find it, such as a repository's address; not where this builder had it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// `gitCommit` and `gitTree` where it is a git checkout.
    pub digest: BTreeMap<String, String>,
    /// SHA-256 of the NAR of the source as Nix copied it, as `sha256-` and base 64.
    pub nar_hash: String,
    /// There were changes that no commit holds: nobody else can build this.
    pub dirty: bool,
    /// `flake.lock`, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flake_lock: Option<BTreeMap<String, String>>,
    /// `Cargo.lock`, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cargo_lock: Option<BTreeMap<String, String>>,
    /// What `flake.lock` pins, sorted by name.
    pub inputs: Vec<Pin>,
}

/// A locked input of a flake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Pin {
    /// Its name in the lock file.
    pub name: String,
    /// Its locked revision, if its kind has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// Its hash as the lock file has it, `sha256-` and base 64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nar_hash: Option<String>,
    /// Seconds since 1970-01-01 UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<u64>,
}

/// The recipe. Statements are about the same thing if these are equal: attribute, derivation and `flake.lock`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Recipe {
    /// Such as `packages.x86_64-linux.arm64`.
    pub attribute: String,
    /// The path of the derivation.
    pub drv_path: String,
    /// SHA-256 of the derivation's text, evaluated from the source by this builder, never copied from a cache. It binds
    /// everything that goes into the build.
    pub drv_digest: BTreeMap<String, String>,
    /// The outputs that were asked for, such as `out`.
    pub outputs: Vec<String>,
    /// The system it is built on, such as `x86_64-linux`.
    pub system: String,
    /// The Nix that evaluated and built it, such as `nix 2.8.0`.
    pub nix: String,
    /// It was evaluated without access to anything but the locked inputs.
    pub pure: bool,
}

/// A path of the build closure.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Input {
    /// The store path.
    pub path: String,
    /// SHA-256 of its NAR, as `sha256-` and base 64.
    pub nar_hash: String,
    /// Where it came from.
    pub origin: Origin,
    /// The names of the keys that signed it, for what was substituted; sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signers: Vec<String>,
}

/// Where a path of the closure came from: the only evidence that K builders are not one builder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// Built on this machine.
    Built,
    /// Its content is fixed by the recipe (a download, a source), so it does not matter who had it.
    FixedOutput,
    /// Copied into the store by evaluation: the source itself, a text.
    Source,
    /// Copied from a cache or another store: somebody else's word.
    Substituted,
}

/// The environment. Nothing of this is proved by a signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Environment {
    /// Release of the kernel, uname(2).
    pub kernel: String,
    /// Machine, uname(2).
    pub machine: String,
    /// The processor's model, as /proc/cpuinfo has it.
    pub cpu: String,
    /// Nix's `sandbox`: `true`, `false` or `relaxed`.
    pub sandbox: String,
    /// Nix's `sandbox-fallback`: it would have built without a sandbox if that had failed.
    pub sandbox_fallback: bool,
    /// Nix's `sandbox-paths` and `extra-sandbox-paths`.
    pub sandbox_paths: Vec<String>,
    /// Nix's `substituters`.
    pub substituters: Vec<String>,
    /// Nix's `trusted-public-keys`.
    pub trusted_public_keys: Vec<String>,
    /// Nix's `max-jobs`.
    pub max_jobs: String,
    /// Nix's `cores`; 0 is all.
    pub cores: u32,
}

/// The builder, as it names itself. The trust store says which organisation a key belongs to, not this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Builder {
    /// A URI.
    pub id: String,
    /// Who answers for it.
    pub organisation: String,
    /// Ids of the keys it signs with, `sha256:` and the digest of the public key's DER.
    pub keys: Vec<String>,
}

/// One run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Run {
    /// Different for every run.
    pub invocation_id: String,
    /// RFC 3339, UTC, whole seconds.
    pub started_on: String,
    /// The same.
    pub finished_on: String,
    /// What these times are worth.
    pub clock: Clock,
    /// Whether it was a build or a build again.
    pub attempt: Attempt,
}

/// Where a machine's time comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Clock {
    /// A time service says that it has set the clock.
    Synchronised,
    /// Nobody says so: what the machine's own clock kept.
    Unknown,
    /// SOURCE_DATE_EPOCH.
    Fixed,
}

/// Which attempt it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Attempt {
    /// The output was taken as this machine had it, whoever built it: `closure` tells.
    Taken,
    /// Built because it was not there.
    First,
    /// Built again although it was there, its dependencies too.
    Rebuild,
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Verdict {
    /// In a word.
    pub result: Outcome,
    /// What the output was compared with, in the form of the subjects: empty if with nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expected: Vec<Subject>,
    /// Where the first difference is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<Difference>,
    /// Why there is no output, in one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A verdict in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// These are the bytes; they were compared with nothing.
    Produced,
    /// These are the bytes, and they are those expected.
    Matches,
    /// These are the bytes, and they are not those expected.
    Differs,
    /// The build gave no output.
    Failed,
    /// The build was not tried.
    NotBuilt,
}

/// The first difference between two outputs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Difference {
    /// The first file, in byte order of their paths, that is not the same or only in one of them.
    pub path: String,
    /// What is different about it, a line each.
    pub summary: Vec<String>,
}

impl Builder {
    /// # Errors
    /// One sentence fragment, if it names no URI or no organisation.
    pub fn validate(&self) -> Result<(), String> {
        let scheme = self.id.split_once(':').map_or("", |(scheme, _)| scheme);
        let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
        if !is_scheme || self.id.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(format!("its builder {:?} is no URI, such as https://builds.example/one", self.id));
        }
        let name = &self.organisation;
        if name.is_empty() || name.trim() != name || name.contains(char::is_control) {
            return Err(format!("its organisation {name:?} is no name, such as builds.example"));
        }
        Ok(())
    }
}

impl Outcome {
    /// As JSON has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Produced => "produced",
            Self::Matches => "matches",
            Self::Differs => "differs",
            Self::Failed => "failed",
            Self::NotBuilt => "not-built",
        }
    }

    /// Whether there are bytes.
    pub const fn has_output(self) -> bool {
        matches!(self, Self::Produced | Self::Matches | Self::Differs)
    }
}

impl Rebuild {
    /// How many paths of the closure have this origin.
    pub fn count(&self, origin: Origin) -> usize {
        self.closure.iter().filter(|input| input.origin == origin).count()
    }

    pub(super) fn validate(&self, subject: &[Subject]) -> Result<(), String> {
        digests("source", &self.source.digest)?;
        digests("derivation", &self.recipe.drv_digest)?;
        if !self.recipe.drv_digest.contains_key("sha256") {
            return Err("its derivation has no sha256: nobody can tell what was built".into());
        }
        for (lock, name) in [(&self.source.flake_lock, "flake.lock"), (&self.source.cargo_lock, "Cargo.lock")]
        {
            lock.as_ref().map_or(Ok(()), |lock| digests(name, lock))?;
        }
        for time in [&self.run.started_on, &self.run.finished_on] {
            if !is_timestamp(time) {
                return Err(format!("its time {time:?} is not of the form 2026-11-25T08:00:00Z"));
            }
        }
        if self.run.invocation_id.is_empty() {
            return Err("its run has no invocationId: the same run may be stated twice".into());
        }
        self.builder.validate()?;
        let Verdict { result, expected, .. } = &self.verdict;
        subjects("expected output", expected)?;
        let files = subject.iter().any(|subject| !subject.name.starts_with("drv:"));
        let says = result.as_str();
        // Order and annotations do not matter; names and digests do.
        let plain = |subjects: &[Subject]| -> BTreeMap<String, BTreeMap<String, String>> {
            subjects.iter().map(|subject| (subject.name.clone(), subject.digest.clone())).collect()
        };
        match result {
            _ if result.has_output() != files => Err(format!(
                "it says {says}, and its subject names {} output",
                if files { "an" } else { "no" }
            )),
            Outcome::Produced if !expected.is_empty() => {
                Err("it says produced, and compares with something".into())
            }
            Outcome::Matches if plain(expected) != plain(subject) => {
                Err("it says matches, and what it expected is not its subject".into())
            }
            Outcome::Differs if expected.is_empty() || plain(expected) == plain(subject) => {
                Err("it says differs, and names nothing else that it expected".into())
            }
            _ => Ok(()),
        }
    }
}
