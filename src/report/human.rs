//! Text for people. It may change in any release; machines read [`super::json`].

use std::io::{self, Write};

use super::finding::date;
use super::{ID_WIDTH, Palette, Report};
use crate::check::{FileReport, Judgement, Summary};
use crate::profile::Profile;
use crate::rules::Verdict;
use crate::visible::visible;

/// Columns of the first word.
const WORD: usize = 4;

/// All verdicts of each file, what fails first, and a last line that counts them.
#[derive(Debug)]
pub struct Human<'p> {
    profile: &'p Profile,
    palette: Palette,
}

impl<'p> Human<'p> {
    /// Verdicts by `profile`, with or without colour.
    pub fn new(profile: &'p Profile, colour: bool) -> Self {
        Self { profile, palette: Palette::new(colour) }
    }
}

impl Report for Human<'_> {
    fn begin(&mut self, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    /// Files that could not be judged have no verdicts.
    fn file(&mut self, out: &mut dyn Write, report: &FileReport) -> io::Result<()> {
        let Ok(judgements) = &report.outcome else { return Ok(()) };
        let name = report.path.display().to_string();
        writeln!(out, "{} judges {}", visible(&self.profile.name), visible(&name))?;
        let (failed, other): (Vec<_>, Vec<_>) = judgements.iter().partition(|j| j.fails());
        failed.into_iter().chain(other).try_for_each(|judgement| self.line(out, judgement))
    }

    fn end(&mut self, out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
        calendar(out, summary)?;
        totals(out, summary)
    }
}

/// A line on the day that suppressions were compared with; none where no suppression ends.
pub(super) fn calendar(out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
    summary.today().map_or(Ok(()), |today| writeln!(out, "{}", visible(&date(today))))
}

/// A line that counts verdicts.
pub(super) fn totals(out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
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

impl Human<'_> {
    fn line(&self, out: &mut dyn Write, judgement: &Judgement) -> io::Result<()> {
        let Palette { red, yellow, green, dim, end } = self.palette;
        let (word, tint) = match &judgement.verdict {
            Verdict::Fail { .. } if judgement.refuses() => ("fail", red),
            Verdict::Fail { .. } if judgement.fails() => ("warn", yellow),
            Verdict::Fail { .. } => ("ok'd", yellow),
            Verdict::Pass { .. } => ("pass", green),
            Verdict::NotApplicable { .. } => ("n/a", dim),
        };
        let text = visible(judgement.verdict.text());
        writeln!(out, "  {tint}{word:WORD$}{end}  {:ID_WIDTH$}  {text}", judgement.rule.id)?;
        let indent = 2 + WORD + 2 + ID_WIDTH + 2;
        match (&judgement.verdict, judgement.accepted) {
            (Verdict::Fail { .. }, Some(accepted)) => {
                writeln!(out, "{:indent$}accepted: {}", "", visible(&accepted.reason))
            }
            (Verdict::Fail { effect, next, .. }, None) => {
                writeln!(out, "{:indent$}on the device: {}", "", visible(effect))?;
                writeln!(out, "{:indent$}next: {}; sarsen rules {}", "", visible(next), judgement.rule.id)
            }
            _ => Ok(()),
        }
    }
}
