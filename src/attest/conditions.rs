//! What a policy asks of how a build was done: in a sandbox, from a commit, evaluated from locked inputs alone. All of
//! it is the builder's word; what is not stated is not met.

use serde::Deserialize;

use super::testimony::Testimony;
use crate::statement::Rebuild;
use crate::statement::rebuild::{BuiltBy, Making, Settings};

/// What Nix shows builds by itself where it was made with a shell for them: one of its store, in place of the system's
/// (nix.conf(5), `sandbox-paths`).
const OWN_SHELL: &str = "/bin/sh=/nix/store/";

/// The hook that may show a build more of the machine (nix.conf(5), `pre-build-hook`).
const SHOWING_HOOK: &str = "pre-build-hook=";

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
        .filter(|path| !path.starts_with(OWN_SHELL) || path.contains("/../"))
        .collect();
    if !shown.is_empty() {
        holes.push(format!("builds saw {} of the machine (sandbox-paths)", shown.join(", ")));
    }
    if let Some(hook) = settings.hooks.iter().find_map(|hook| hook.strip_prefix(SHOWING_HOOK)) {
        holes.push(format!("{hook} could show builds more of the machine (pre-build-hook)"));
    }
    (!holes.is_empty()).then(|| holes.join(", and "))
}
