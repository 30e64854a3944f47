//! The rebuild predicate: one builder's signed word about one attempt to build one derivation (docs/formats/rebuild.md).
//! Dissent has the same form as assent: a build that gave other bytes, or none, is stated and signed as well.

pub mod v1;
mod validity;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Subject;

/// The predicate's type. Another version gets another one.
pub const TYPE: &str = "urn:sarsen:rebuild:2";

/// One attempt. A key that is not known is an error: it could restrict what is said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Rebuild {
    /// What was built.
    pub source: Source,
    /// How it was to be built.
    pub recipe: Recipe,
    /// What came out, and who made that, sorted by name; empty if nothing came out.
    pub outputs: Vec<Output>,
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
    /// There were changes that no commit holds: no one else can build this.
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

/// An output of the derivation, as a whole.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Output {
    /// Such as `out`.
    pub name: String,
    /// The store path.
    pub path: String,
    /// SHA-256 of its NAR as this builder computed it, as `sha256-` and base 64: that of the subject `nar:` and the name.
    pub nar_hash: String,
    /// Who made it.
    pub origin: Making,
    /// The keys that signed it, for what was substituted: as for [`Input::signers`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signers: Vec<String>,
}

/// Who made an output; in the order of what each proves, most first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Making {
    /// This run built it.
    Built,
    /// It was there, and Nix's records say that this machine built it: when and from what is not known.
    Found,
    /// Copied from a cache, another store or another machine: the word of others.
    Substituted,
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
    /// The keys that signed it, for what was substituted: those that this builder's Nix trusts and whose signature over
    /// Nix's fingerprint of the path verifies, as `NAME:BASE64` (Nix manual, `trusted-public-keys`); sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signers: Vec<String>,
}

/// Where a path of the closure came from: the only evidence that K builders are not one builder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// Built on this machine, now or earlier, by the records of its Nix.
    Built,
    /// Its content is fixed by the recipe (a download) and was hashed for this statement, so it does not matter who had it.
    FixedOutput,
    /// Copied into the store by evaluation (the source itself, a text): its content was hashed for this statement, and gives
    /// its store path.
    Source,
    /// Copied from a cache or another store: the word of others.
    Substituted,
}

/// The environment. Nothing of this is proved by a signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Environment {
    /// Release of the kernel of the machine that states this, uname(2).
    pub kernel: String,
    /// Its machine, uname(2).
    pub machine: String,
    /// Its processor's model, as /proc/cpuinfo has it.
    pub cpu: String,
    /// What did the building in this run.
    pub built_by: BuiltBy,
    /// The settings that held there; absent where they are not known, or nothing was built.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<Settings>,
}

/// What did the building.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum BuiltBy {
    /// Nix in a store of its own, under settings that `sarsen attest --rebuild` gave it.
    Rebuild,
    /// The Nix that was called, by itself, as it is set up.
    Nix,
    /// Nix's daemon, whose settings are not those of who calls it.
    Daemon,
    /// Other machines, some of it or all.
    Remote,
    /// Nothing was built in this run.
    Nobody,
    /// Not known.
    Unknown,
}

/// Nix's settings (nix.conf(5)).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Settings {
    /// `sandbox`: `true`, `false` or `relaxed`.
    pub sandbox: String,
    /// `sandbox-fallback`: it would have built without a sandbox if that had failed.
    pub sandbox_fallback: bool,
    /// `sandbox-paths`: what builds see of the machine.
    pub sandbox_paths: Vec<String>,
    /// `pre-build-hook`, `post-build-hook`, `diff-hook` and a `build-hook` that is not Nix's own, those that are set, as
    /// `NAME=PROGRAM`.
    pub hooks: Vec<String>,
    /// `builders`: addresses of other machines that could have built.
    pub builders: Vec<String>,
    /// `substituters`.
    pub substituters: Vec<String>,
    /// `trusted-public-keys`.
    pub trusted_public_keys: Vec<String>,
    /// `max-jobs`.
    pub max_jobs: String,
    /// `cores`; 0 is all.
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
    /// Nothing tells, or the clock shows a time before the program's release: what the machine's own clock kept.
    Unknown,
    /// SOURCE_DATE_EPOCH: read in statements of earlier builds of this program, written no more.
    Fixed,
}

/// Which attempt it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Attempt {
    /// The outputs were there and were taken as they were, whoever made them.
    Taken,
    /// The outputs were not there; Nix built or copied them, as it is set up.
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
    /// What the output was compared with, in the form of the subjects: empty if with nothing. Where it has fewer digests
    /// or leaves outputs out, those were not compared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expected: Vec<Subject>,
    /// What this machine had of the output before it was built again, where that is neither what was built nor what was
    /// expected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub found: Vec<Subject>,
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
    /// What it is a difference to.
    pub from: Other,
    /// What is different about it, a line each.
    pub summary: Vec<String>,
}

/// The other side of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Other {
    /// What was expected of the output.
    Expected,
    /// What this machine had of the output before it was built again.
    Found,
    /// What this machine had of a dependency before that was built again: the path begins with it.
    Dependency,
    /// Not known: a statement of the first version does not say.
    Unknown,
}

impl Making {
    /// As JSON has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Built => "built",
            Self::Found => "found",
            Self::Substituted => "substituted",
        }
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
}
