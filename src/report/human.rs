//! Text for people. It may change in any release; machines read [`super::json`].

use std::io::{self, Write};

use super::Report;
use crate::check::{FileReport, Judgement, Summary};
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

/// All verdicts of each file, what fails first, and a last line that counts them.
#[derive(Debug)]
pub struct Human<'p> {
    /// Whose demands the verdicts are about.
    pub profile: &'p Profile,
    /// Whether words are coloured.
    pub colour: bool,
}

impl Report for Human<'_> {
    fn begin(&mut self, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    /// Files that could not be judged have no verdicts.
    fn file(&mut self, out: &mut dyn Write, report: &FileReport) -> io::Result<()> {
        let Ok(judgements) = &report.outcome else { return Ok(()) };
        writeln!(out, "{} judges {}", self.profile.name, report.path.display())?;
        let (failed, other): (Vec<_>, Vec<_>) = judgements.iter().partition(|j| j.fails());
        failed.into_iter().chain(other).try_for_each(|judgement| self.line(out, judgement))
    }

    fn end(&mut self, out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
        let tally = summary.tally;
        write!(out, "{} passed, {} failed", tally.passed, tally.failed)?;
        for (count, what) in [
            (tally.warned, "warned"),
            (tally.accepted, "accepted"),
            (tally.not_applicable, "not applicable"),
            (tally.unusable, "not judged"),
        ] {
            if count > 0 {
                write!(out, ", {count} {what}")?;
            }
        }
        writeln!(out)
    }
}

impl Human<'_> {
    fn line(&self, out: &mut dyn Write, judgement: &Judgement) -> io::Result<()> {
        let (word, tint, text) = match &judgement.verdict {
            Verdict::Fail { evidence, .. } if judgement.refuses() => ("fail", RED, evidence),
            Verdict::Fail { evidence, .. } if judgement.fails() => ("warn", YELLOW, evidence),
            Verdict::Fail { evidence, .. } => ("ok'd", YELLOW, evidence),
            Verdict::Pass { evidence } => ("pass", GREEN, evidence),
            Verdict::NotApplicable { because } => ("n/a", DIM, because),
        };
        let (tint, end) = if self.colour { (tint, END) } else { ("", "") };
        writeln!(out, "  {tint}{word:WORD$}{end}  {:ID$}  {text}", judgement.rule.id)?;
        let indent = 2 + WORD + 2 + ID + 2;
        match (&judgement.verdict, judgement.accepted) {
            (Verdict::Fail { .. }, Some(accepted)) => {
                writeln!(out, "{:indent$}accepted: {}", "", accepted.reason)
            }
            (Verdict::Fail { effect, next, .. }, None) => {
                writeln!(out, "{:indent$}on the device: {effect}", "")?;
                writeln!(out, "{:indent$}next: {next}; sarsen rules {}", "", judgement.rule.id)
            }
            _ => Ok(()),
        }
    }
}
