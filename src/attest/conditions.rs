//! What a policy asks of how a build was done: in a sandbox, from a commit, evaluated from locked inputs alone. All of
//! it is the builder's word; what is not stated is not met.

use serde::Deserialize;

use super::testimony::Testimony;
use crate::nar::base32;
use crate::statement::Rebuild;
use crate::statement::rebuild::{BuiltBy, Making, Settings};

/// What Nix shows builds by itself where it was made with a shell for them: one of its store, in place of the system's
/// (nix.conf(5), `sandbox-paths`).
const OWN_SHELL: &str = "/bin/sh=/nix/store/";

/// The hooks that run when a build is over (nix.conf(5)). Of others, `pre-build-hook` may show a build more of the machine,
/// and `build-hook` builds by itself, in a sandbox or not.
const LATER_HOOKS: [&str; 2] = ["post-build-hook", "diff-hook"];

/// `[conditions]`: a statement counts if it meets all that are asked for.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Conditions {
    /// Whether its run must have built the outputs in a sandbox, by settings that it states.
    pub sandbox: bool,
    /// Whether its source must be a git commit without other changes.
    pub clean_source: bool,
    /// Whether the recipe must have been evaluated without access to anything but locked inputs.
    pub pure: bool,
}

/// A condition that a statement does not meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmet {
    /// Its name in policies.
    pub condition: &'static str,
    /// Whether the policy asks for it.
    pub asked: bool,
    /// Why it is not met.
    pub why: String,
}

/// What a statement says of how its build was done.
#[derive(Clone, Debug)]
pub struct Circumstances {
    built_by: BuiltBy,
    settings: Option<Settings>,
    commit: bool,
    dirty: bool,
    pure: bool,
}

impl Circumstances {
    /// Those of a statement.
    pub fn of(rebuild: &Rebuild) -> Self {
        Self {
            built_by: rebuild.environment.built_by,
            settings: rebuild.environment.settings.clone(),
            commit: rebuild.source.digest.contains_key("gitCommit"),
            dirty: rebuild.source.dirty,
            pure: rebuild.recipe.pure,
        }
    }
}

impl Conditions {
    /// All conditions that a statement with an output does not meet, asked for or not.
    pub fn unmet(self, testimony: &Testimony) -> Vec<Unmet> {
        let Circumstances { commit, dirty, pure, .. } = testimony.circumstances;
        let source = match (dirty, commit) {
            (true, _) => Some("its source had changes that no commit holds".to_owned()),
            (false, false) => Some(
                "it states no git commit of its source: whether that had changes is not known".to_owned(),
            ),
            (false, true) => None,
        };
        let impure = "its recipe was evaluated with access to more than locked inputs".to_owned();
        [
            ("sandbox", self.sandbox, open(testimony)),
            ("clean-source", self.clean_source, source),
            ("pure", self.pure, (!pure).then_some(impure)),
        ]
        .into_iter()
        .filter_map(|(condition, asked, why)| Some(Unmet { condition, asked, why: why? }))
        .collect()
    }
}

/// Why a build was done in no sandbox, or in one of which that is not known.
fn open(testimony: &Testimony) -> Option<String> {
    let Circumstances { built_by, settings, .. } = &testimony.circumstances;
    let unknown = |what: &str| Some(format!("{what}: ask for a statement by sarsen attest --rebuild"));
    if testimony.first_version {
        return unknown("version 1 does not state by which settings it was built");
    }
    if testimony.made() != Some(Making::Built) {
        return unknown("its run did not build the output");
    }
    let Some(settings) = settings else {
        return unknown(match built_by {
            BuiltBy::Daemon => "Nix's daemon built it, by settings that are not stated",
            BuiltBy::Remote => "other machines built some of it, by settings that are not stated",
            _ => "it does not state by which settings it was built",
        });
    };
    let mut holes = Vec::new();
    if settings.sandbox != "true" {
        holes.push(format!("its sandbox was {:?}, not \"true\"", settings.sandbox));
    }
    if settings.sandbox_fallback {
        holes.push("it would have built without a sandbox where none can be had (sandbox-fallback)".into());
    }
    let shown: Vec<&str> = settings
        .sandbox_paths
        .iter()
        .map(String::as_str)
        .filter(|path| !path.strip_prefix(OWN_SHELL).is_some_and(is_in_store_path))
        .collect();
    if !shown.is_empty() {
        holes.push(format!("builds saw {} of the machine (sandbox-paths)", shown.join(", ")));
    }
    for hook in &settings.hooks {
        let (name, program) = hook.split_once('=').unwrap_or((hook, "a program"));
        match (name.trim(), program.trim()) {
            (name, _) if LATER_HOOKS.contains(&name) => {}
            (name @ "build-hook", program) => {
                holes.push(format!("{program} could build without a sandbox ({name})"));
            }
            (name, program) => {
                holes.push(format!("{program} could show builds more of the machine ({name})"));
            }
        }
    }
    (!holes.is_empty()).then(|| holes.join(", and "))
}

/// Whether this, behind the store's folder, is a store path or lies in one: a hash of 32 digits and a name (Nix manual,
/// "Store Path"), then names of files alone, so that it leads nowhere else.
fn is_in_store_path(path: &str) -> bool {
    let mut names = path.split('/');
    let allowed = |letter: u8| letter.is_ascii_alphanumeric() || b"+-._?=".contains(&letter);
    let stored = |(hash, name): (&str, &str)| {
        hash.len() == 32 && base32::decode(hash).is_some() && !is_folder(name) && name.bytes().all(allowed)
    };
    names.next().and_then(|first| first.split_once('-')).is_some_and(stored)
        && names.all(|name| !is_folder(name) && !name.contains(char::is_whitespace))
}

/// Whether this part of a path stands for a folder before it, and not for a file of its own.
fn is_folder(name: &str) -> bool {
    matches!(name, "" | "." | "..")
}
