//! Output for machines: one JSON document, versioned, described by docs/schemas/check-1.schema.json.

use std::io::{self, Write};

use serde::Serialize;

use super::Report;
use crate::check::{FileReport, Judgement, RuleTally, Summary};
use crate::clock::{self, Source};
use crate::profile::{Profile, Severity, Suppression};
use crate::rules::Verdict;

/// The version that documents carry. Fields may be added to it; none is removed or changes its meaning.
pub const SCHEMA: &str = "sarsen.check/1";

/// The result of `sarsen check`, as [`Json`] writes it piece by piece.
#[cfg(test)]
#[derive(Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct Document<'a> {
    /// `sarsen.check/1`
    schema: &'a str,
    /// The profile's name.
    profile: &'a str,
    /// One entry for each file, in the order of the arguments; in folders and images by path.
    files: Vec<File<'a>>,
    /// The day that suppressions were compared with; only where one of them has an `until`.
    #[serde(skip_serializing_if = "Option::is_none")]
    today: Option<Today<'a>>,
    /// Suppressions of the profile that no failure needed.
    idle_suppressions: Vec<Idle<'a>>,
    /// Over all files.
    summary: Counts,
}

/// One file.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct File<'a> {
    /// The path as given; bytes that are not UTF-8 are replaced.
    path: String,
    /// The archive that the file is in, if it is in one: `path` is then the archive's path, a colon and the path inside.
    #[serde(skip_serializing_if = "Option::is_none")]
    archive: Option<String>,
    /// What each rule said; empty if the file could not be judged.
    verdicts: Vec<Entry<'a>>,
    /// Why the file could not be judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Failure<'a>>,
}

/// Why a file could not be judged.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Failure<'a> {
    /// The stable code, such as `input-not-elf`.
    code: &'a str,
    /// Text for people.
    message: &'a str,
}

/// What one rule said.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Entry<'a> {
    /// The rule's id.
    rule: &'a str,
    /// What its failure means on this device.
    severity: Severity,
    /// The verdict.
    verdict: Word,
    /// What was seen, or why the rule is not applicable.
    evidence: &'a str,
    /// What a failure means on the device.
    #[serde(skip_serializing_if = "Option::is_none")]
    effect: Option<&'a str>,
    /// What to do about a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<&'a str>,
    /// The profile's reason for accepting a failure; it does not count then.
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted: Option<&'a str>,
}

/// Today, as far as it is known.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Today<'a> {
    /// The day in UTC, as `2027-01-31`; none while it is not known, and then every suppression with an `until` counts
    /// as expired.
    #[serde(skip_serializing_if = "Option::is_none")]
    day: Option<&'a str>,
    /// The clock that shows it.
    from: From,
    /// Why it is not known, as text for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
}

/// A clock: the later of both is asked.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
enum From {
    /// The system clock.
    SystemClock,
    /// The environment variable SOURCE_DATE_EPOCH.
    SourceDateEpoch,
    /// No clock is believed.
    Unknown,
}

/// A suppression that no failure needed.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Idle<'a> {
    /// The rule's id.
    rule: &'a str,
    /// The pattern of paths.
    file: &'a str,
    /// `unused`, or `expired`: its last day is over, or today is not known.
    why: &'a str,
}

/// A verdict.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
enum Word {
    /// The property holds.
    Pass,
    /// It does not.
    Fail,
    /// The question makes no sense for this file or device.
    NotApplicable,
}

/// Counts. `passed`, `failed`, `warned`, `accepted` and `not-applicable` count verdicts and add up to all that were
/// given; `files` and `unusable` count files and add up to all that were looked at.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
struct Counts {
    /// Verdicts: passed.
    passed: usize,
    /// Verdicts: failed, severity deny, not accepted. The exit code is 1 if there are any and nothing is unusable.
    failed: usize,
    /// Verdicts: failed, severity warn, not accepted.
    warned: usize,
    /// Verdicts: failed, accepted by the profile.
    accepted: usize,
    /// Verdicts: not applicable.
    not_applicable: usize,
    /// Files of which anything was said.
    files: usize,
    /// Those of them with a verdict that counts as `failed`.
    files_refused: usize,
    /// Those of them without such, but with one that counts as `warned`.
    files_warned: usize,
    /// Files that could not be judged. The exit code is 2 if there are any.
    unusable: usize,
    /// The rules that failed anywhere, by id.
    rules: Vec<RuleCounts<'static>>,
}

/// How often one rule failed.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct RuleCounts<'a> {
    /// The rule's id.
    rule: &'a str,
    /// Files that it refused.
    failed: usize,
    /// Files that it warned of.
    warned: usize,
    /// Files in which its failure is accepted.
    accepted: usize,
}

/// One document, in the shape of docs/schemas/check-1.schema.json.
#[derive(Debug)]
pub struct Json<'p> {
    profile: &'p Profile,
    first: bool,
}

impl<'p> Json<'p> {
    /// A document on verdicts by `profile`.
    pub fn new(profile: &'p Profile) -> Self {
        Self { profile, first: true }
    }
}

impl Report for Json<'_> {
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        write!(out, "{{\n\"schema\": \"{SCHEMA}\",\n\"profile\": ")?;
        serde_json::to_writer(&mut *out, &self.profile.name)?;
        write!(out, ",\n\"files\": [")
    }

    fn file(&mut self, out: &mut dyn Write, report: &FileReport) -> io::Result<()> {
        writeln!(out, "{}", if std::mem::take(&mut self.first) { "" } else { "," })?;
        Ok(serde_json::to_writer(out, &file(report))?)
    }

    fn end(&mut self, out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
        write!(out, "\n],\n")?;
        if let Some(known) = summary.today() {
            write!(out, "\"today\": ")?;
            serde_json::to_writer(&mut *out, &today(known))?;
            writeln!(out, ",")?;
        }
        write!(out, "\"idle-suppressions\": ")?;
        serde_json::to_writer(
            &mut *out,
            &summary.idle().map(|(suppression, why)| idle(suppression, why)).collect::<Vec<_>>(),
        )?;
        write!(out, ",\n\"summary\": ")?;
        serde_json::to_writer(&mut *out, &counts(summary))?;
        writeln!(out, "\n}}")
    }
}

fn counts(summary: &Summary) -> Counts {
    let tally = summary.tally;
    Counts {
        passed: tally.passed,
        failed: tally.failed,
        warned: tally.warned,
        accepted: tally.accepted,
        not_applicable: tally.not_applicable,
        files: tally.files,
        files_refused: tally.files_refused,
        files_warned: tally.files_warned,
        unusable: tally.unusable,
        rules: summary.rules.iter().map(|(rule, tally)| rule_counts(rule, *tally)).collect(),
    }
}

fn rule_counts(rule: &str, tally: RuleTally) -> RuleCounts<'_> {
    let RuleTally { failed, warned, accepted } = tally;
    RuleCounts { rule, failed, warned, accepted }
}

fn today(today: &clock::Today) -> Today<'_> {
    match today {
        clock::Today::Known { day, from } => {
            let from = match from {
                Source::System => From::SystemClock,
                Source::Epoch => From::SourceDateEpoch,
            };
            Today { day: Some(day), from, why: None }
        }
        clock::Today::Unknown { why } => Today { day: None, from: From::Unknown, why: Some(why) },
    }
}

fn idle<'a>(suppression: &'a Suppression, why: &'a str) -> Idle<'a> {
    Idle { rule: &suppression.rule, file: &suppression.file, why }
}

fn file<'a>(report: &'a FileReport) -> File<'a> {
    let (verdicts, error) = match &report.outcome {
        Ok(judgements) => (judgements.iter().map(entry).collect(), None),
        Err(error) => (Vec::new(), Some(Failure { code: error.code.as_str(), message: &error.message })),
    };
    let archive = report.archive.as_ref().map(|archive| archive.display().to_string());
    File { path: report.path.display().to_string(), archive, verdicts, error }
}

fn entry<'a>(judgement: &'a Judgement) -> Entry<'a> {
    let (verdict, rest) = match &judgement.verdict {
        Verdict::Pass { .. } => (Word::Pass, None),
        Verdict::Fail { effect, next, .. } => (Word::Fail, Some((effect, next))),
        Verdict::NotApplicable { .. } => (Word::NotApplicable, None),
    };
    Entry {
        rule: judgement.rule.id,
        severity: judgement.severity,
        verdict,
        evidence: judgement.verdict.text(),
        effect: rest.map(|(effect, _)| effect.as_str()),
        next: rest.map(|(_, next)| next.as_str()),
        accepted: judgement.accepted.map(|accepted| accepted.reason.as_str()),
    }
}

#[cfg(test)]
mod tests {
    /// `SARSEN_REGENERATE=1 cargo test` rewrites the file.
    #[test]
    fn the_schema_file_is_the_types() {
        crate::schema::compare::<super::Document>("check-1");
    }
}
