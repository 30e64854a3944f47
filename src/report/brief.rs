//! Text for people about many files: a line for each that fails, and a last line that counts files.

use std::io::{self, Write};

use super::{Palette, Report, human};
use crate::check::{FileReport, Judgement, Summary};
use crate::visible::visible;

/// One line for each file that is refused or warned of; files that pass are only counted.
#[derive(Debug)]
pub struct Brief {
    palette: Palette,
}

impl Brief {
    /// Whether words are coloured.
    pub fn new(colour: bool) -> Self {
        Self { palette: Palette::new(colour) }
    }
}

impl Report for Brief {
    fn begin(&mut self, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    /// Files that could not be judged have no verdicts.
    fn file(&mut self, out: &mut dyn Write, report: &FileReport) -> io::Result<()> {
        let Ok(judgements) = &report.outcome else { return Ok(()) };
        let failed = judgements.iter().filter(|j| j.fails());
        let (refused, warned): (Vec<_>, Vec<_>) = failed.partition(|j| j.refuses());
        let Some(first) = refused.first().or(warned.first()) else { return Ok(()) };
        let (word, tint) =
            if first.refuses() { ("fail", self.palette.red) } else { ("warn", self.palette.yellow) };
        let name = report.path.display().to_string();
        let evidence = visible(first.verdict.text());
        write!(out, "{tint}{word}{}  {}: {} {evidence}", self.palette.end, visible(&name), first.rule.id)?;
        let others = |list: &[&Judgement], skip| -> String {
            list.iter().skip(skip).map(|j| j.rule.id).collect::<Vec<_>>().join(", ")
        };
        if first.refuses() {
            if refused.len() > 1 {
                write!(out, " (+{} more: {})", refused.len() - 1, others(&refused, 1))?;
            }
            if !warned.is_empty() {
                write!(out, " (warns: {})", others(&warned, 0))?;
            }
        } else if warned.len() > 1 {
            write!(out, " (+{} more: {})", warned.len() - 1, others(&warned, 1))?;
        }
        writeln!(out)
    }

    fn end(&mut self, out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
        human::calendar(out, summary)?;
        let tally = summary.tally;
        let clean = tally.files - tally.files_refused - tally.files_warned;
        let noun = if tally.files == 1 { "file" } else { "files" };
        write!(out, "{} {noun}: {clean} clean, {} refused", tally.files, tally.files_refused)?;
        if tally.files_warned > 0 {
            write!(out, ", {} with warnings", tally.files_warned)?;
        }
        if tally.unusable > 0 {
            write!(out, "; {} not judged", tally.unusable)?;
        }
        for (what, counts) in [
            ("rules that refused", summary.by_rule(|counts| counts.failed)),
            ("rules that warned", summary.by_rule(|counts| counts.warned)),
            ("failures accepted", summary.by_rule(|counts| counts.accepted)),
        ] {
            if !counts.is_empty() {
                let list: Vec<String> =
                    counts.iter().map(|(rule, count)| format!("{rule} {count}")).collect();
                write!(out, "; {what}: {}", list.join(", "))?;
            }
        }
        writeln!(out)
    }
}
