//! The first version of the predicate, `urn:sarsen:rebuild:1`: read, never written. It says nothing of where the output
//! itself came from, and names the keys of caches that nobody verified.

use serde::{Deserialize, Serialize};

use super::{Builder, Outcome, Recipe, Run, Source};
use crate::statement::{Statement, Subject};

/// The predicate's type.
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

impl Statement<Rebuild> {
    /// The same in the form of the second version, with nothing in what the first did not say.
    pub fn into_second(self) -> Statement<super::Rebuild> {
        let Rebuild { source, recipe, closure, environment, builder, run, verdict } = self.predicate;
        let origin = |origin| match origin {
            Origin::Built => super::Origin::Built,
            Origin::FixedOutput => super::Origin::FixedOutput,
            Origin::Source => super::Origin::Source,
            Origin::Substituted => super::Origin::Substituted,
        };
        let input = |input: Input| super::Input {
            path: input.path,
            nar_hash: input.nar_hash,
            origin: origin(input.origin),
            signers: Vec::new(),
        };
        let difference = |difference: Difference| super::Difference {
            path: difference.path,
            from: super::Other::Unknown,
            summary: difference.summary,
        };
        let Environment { kernel, machine, cpu, .. } = environment;
        let predicate = super::Rebuild {
            source,
            recipe,
            outputs: Vec::new(),
            closure: closure.into_iter().map(input).collect(),
            environment: super::Environment {
                kernel,
                machine,
                cpu,
                built_by: super::BuiltBy::Unknown,
                settings: None,
            },
            builder,
            run,
            verdict: super::Verdict {
                result: verdict.result,
                expected: verdict.expected,
                found: Vec::new(),
                difference: verdict.difference.map(difference),
                reason: verdict.reason,
            },
        };
        Statement { kind: self.kind, subject: self.subject, predicate_type: self.predicate_type, predicate }
    }
}
