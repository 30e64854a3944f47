//! Judges files: every rule over every file, by one profile.

use std::path::{Path, PathBuf};

use crate::elf::Image;
use crate::error::Error;
use crate::exit::Exit;
use crate::input;
use crate::profile::{Profile, Severity};
use crate::rules::{self, Rule, Subject, Verdict};

/// What one rule said of one file.
#[derive(Debug)]
pub struct Judgement {
    /// The rule.
    pub rule: &'static Rule,
    /// What its failure means on this device.
    pub severity: Severity,
    /// What it said.
    pub verdict: Verdict,
}

impl Judgement {
    /// The file is refused for this.
    pub fn refuses(&self) -> bool {
        matches!(self.verdict, Verdict::Fail { .. }) && self.severity == Severity::Deny
    }
}

/// Everything said of one file.
#[derive(Debug)]
pub struct FileReport {
    /// The path as it was given.
    pub path: PathBuf,
    /// The judgements in the order of [`rules::ALL`], or why there are none.
    pub outcome: Result<Vec<Judgement>, Error>,
}

/// How many judgements went which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Passed.
    pub passed: usize,
    /// Failed where the profile says deny.
    pub failed: usize,
    /// Failed where the profile says warn.
    pub warned: usize,
    /// Not applicable.
    pub not_applicable: usize,
    /// Files that could not be judged.
    pub unusable: usize,
}

/// Judges the file at `path`.
pub fn file(path: &Path, profile: &Profile) -> FileReport {
    let outcome = input::read(path).and_then(|bytes| image(&bytes, &path.display().to_string(), profile));
    FileReport { path: path.to_owned(), outcome }
}

/// Judges the bytes of a file called `name`.
///
/// # Errors
/// `input-not-elf` or `input-truncated`, see [`Image::parse`].
pub fn image(bytes: &[u8], name: &str, profile: &Profile) -> Result<Vec<Judgement>, Error> {
    let image = Image::parse(bytes, name)?;
    let subject = Subject::new(&image, profile);
    Ok(rules::ALL
        .iter()
        .map(|rule| (*rule, profile.severity(rule.id)))
        .filter(|(_, severity)| *severity != Severity::Allow)
        .map(|(rule, severity)| Judgement { rule, severity, verdict: rule.judge(&subject) })
        .collect())
}

/// Counts judgements over all files.
pub fn tally<'a>(reports: impl IntoIterator<Item = &'a FileReport>) -> Tally {
    let mut tally = Tally::default();
    for report in reports {
        let Ok(judgements) = &report.outcome else {
            tally.unusable += 1;
            continue;
        };
        for judgement in judgements {
            *match &judgement.verdict {
                Verdict::Pass { .. } => &mut tally.passed,
                Verdict::Fail { .. } if judgement.refuses() => &mut tally.failed,
                Verdict::Fail { .. } => &mut tally.warned,
                Verdict::NotApplicable { .. } => &mut tally.not_applicable,
            } += 1;
        }
    }
    tally
}

impl Tally {
    /// The exit code that these numbers mean.
    pub fn exit(self) -> Exit {
        if self.unusable > 0 {
            Exit::Unusable
        } else if self.failed > 0 {
            Exit::Failed
        } else if self.passed + self.warned == 0 {
            Exit::Nothing
        } else {
            Exit::Ok
        }
    }
}
