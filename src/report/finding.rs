//! A failed judgement in the words that several formats share.

use std::path::Path;

use crate::check::{FileReport, Judgement};
use crate::profile::{Severity, Suppression};
use crate::rules::{Rule, Verdict};

/// One failed judgement.
pub(super) struct Finding<'a> {
    /// The rule.
    pub rule: &'static Rule,
    /// Whether the file is refused for it, were it not accepted.
    pub denies: bool,
    /// What was seen.
    pub evidence: &'a str,
    /// What that means on the device.
    pub effect: &'a str,
    /// What to do about it.
    pub next: &'a str,
    /// The profile's reason for accepting it.
    pub accepted: Option<&'a str>,
}

impl<'a> Finding<'a> {
    /// What `judgement` found; nothing if it is no failure.
    pub fn of(judgement: &'a Judgement) -> Option<Self> {
        let Verdict::Fail { evidence, effect, next } = &judgement.verdict else { return None };
        let accepted = judgement.accepted.map(|accepted| accepted.reason.as_str());
        let denies = judgement.severity == Severity::Deny;
        Some(Self { rule: judgement.rule, denies, evidence, effect, next, accepted })
    }

    /// All of it, as sentences. The evidence is the first: where space is short, GitHub shows only that.
    pub fn text(&self) -> String {
        format!("{}. On the device: {}. Next: {}.", self.evidence, self.effect, self.next)
    }
}

/// The file that a report is about, as something to point at: the file itself, or the archive and the path inside.
pub(super) fn artifact<'a>(report: &'a FileReport) -> (&'a Path, Option<&'a Path>) {
    use std::os::unix::ffi::OsStrExt;
    let Some(archive) = &report.archive else { return (&report.path, None) };
    let bytes = report.path.as_os_str().as_bytes();
    let inside = bytes.strip_prefix(archive.as_os_str().as_bytes()).and_then(|rest| rest.strip_prefix(b":"));
    let inside = inside.unwrap_or(bytes);
    (archive, Some(Path::new(std::ffi::OsStr::from_bytes(inside))))
}

/// What to say of a suppression that no failure needed, and `why` it did not.
pub fn idle(suppression: &Suppression, why: &str) -> String {
    let Suppression { rule, file, .. } = suppression;
    format!("the suppression of {rule} for {file:?} is {why}: remove it from the profile")
}
