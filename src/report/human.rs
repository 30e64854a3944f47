//! Text for people. It may change in any release; machines read [`super::json`].

use std::io::{self, Write};

use crate::check::{FileReport, Judgement, Tally};
use crate::profile::Profile;
use crate::rules::Verdict;

const RED: &str = "\x1b[31m";
const YELLOW: &str = "\x1b[33m";
const GREEN: &str = "\x1b[32m";
const DIM: &str = "\x1b[2m";
const END: &str = "\x1b[0m";

/// Columns before the evidence: the longest word and the longest rule id, with two spaces around each.
const WORD: usize = 4;
const ID: usize = 17;

/// Writes one file's verdicts; files that could not be judged have none.
///
/// # Errors
/// What `out` says.
pub fn file(out: &mut dyn Write, report: &FileReport, profile: &Profile, colour: bool) -> io::Result<()> {
    let Ok(judgements) = &report.outcome else { return Ok(()) };
    writeln!(out, "{} judges {}", profile.name, report.path.display())?;
    // What fails is read first.
    let (failed, other): (Vec<_>, Vec<_>) =
        judgements.iter().partition(|j| matches!(j.verdict, Verdict::Fail { .. }));
    for judgement in failed.into_iter().chain(other) {
        line(out, judgement, colour)?;
    }
    Ok(())
}

fn line(out: &mut dyn Write, judgement: &Judgement, colour: bool) -> io::Result<()> {
    let (word, tint, text) = match &judgement.verdict {
        Verdict::Fail { evidence, .. } if judgement.refuses() => ("fail", RED, evidence),
        Verdict::Fail { evidence, .. } => ("warn", YELLOW, evidence),
        Verdict::Pass { evidence } => ("pass", GREEN, evidence),
        Verdict::NotApplicable { because } => ("n/a", DIM, because),
    };
    let (tint, end) = if colour { (tint, END) } else { ("", "") };
    writeln!(out, "  {tint}{word:WORD$}{end}  {:ID$}  {text}", judgement.rule.id)?;
    if let Verdict::Fail { effect, next, .. } = &judgement.verdict {
        let indent = 2 + WORD + 2 + ID + 2;
        writeln!(out, "{:indent$}on the device: {effect}", "")?;
        writeln!(out, "{:indent$}next: {next}; sarsen rules {}", "", judgement.rule.id)?;
    }
    Ok(())
}

/// Writes the last line: what came of it all.
///
/// # Errors
/// What `out` says.
pub fn summary(out: &mut dyn Write, tally: Tally) -> io::Result<()> {
    write!(out, "{} passed, {} failed", tally.passed, tally.failed)?;
    for (count, what) in
        [(tally.warned, "warned"), (tally.not_applicable, "not applicable"), (tally.unusable, "not judged")]
    {
        if count > 0 {
            write!(out, ", {count} {what}")?;
        }
    }
    writeln!(out)
}
