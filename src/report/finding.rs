//! A failed judgement in the words that several formats share.

use std::path::Path;

use crate::check::{FileReport, Judgement};
use crate::clock::Today;
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

/// What to say of a suppression that no failure needed, `why` it did not, and what day it was.
pub fn idle(suppression: &Suppression, why: &str, today: Option<&Today>) -> String {
    let Suppression { rule, file, .. } = suppression;
    let which = format!("the suppression of {rule} for {file:?}");
    match today {
        Some(Today::Unknown { .. }) if suppression.until.is_some() => {
            format!("{which} counts as {why}, since today is not known")
        }
        _ => format!("{which} is {why}: remove it from the profile"),
    }
}

/// The day that suppressions were compared with, and the clock that shows it.
pub fn date(today: &Today) -> String {
    match today {
        Today::Known { day, from } => format!("suppressions that end: today is {day}, by {}", from.name()),
        Today::Unknown { why } => {
            format!("suppressions that end: today is not known, so all of them count as expired: {why}")
        }
    }
}
