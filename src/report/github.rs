//! Workflow commands of GitHub Actions: what is printed into a job's log becomes annotations.
//!
//! The runner takes every line that begins with `::` for a command (actions/runner, ActionCommand.cs), so text of
//! hostile files must not be able to begin one: it only ever stands escaped inside our own commands.

use std::io::{self, Write};

use super::finding::{Finding, artifact, date, idle};
use super::{Report, human};
use crate::check::{FileReport, Summary};
use crate::clock::Today;

/// An annotation for each failure, and a last line that counts verdicts.
#[derive(Debug)]
pub struct Github;

impl Report for Github {
    fn begin(&mut self, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    fn file(&mut self, out: &mut dyn Write, report: &FileReport) -> io::Result<()> {
        let (file, inside) = artifact(report);
        let file = property(&file.to_string_lossy());
        let inside = inside.map_or_else(String::new, |inside| format!("{}: ", inside.display()));
        let judgements = match &report.outcome {
            Ok(judgements) => judgements,
            Err(error) => {
                let (code, message) = (error.code.as_str(), data(&error.message));
                return writeln!(out, "::error file={file},title={code}::{message}");
            }
        };
        for finding in judgements.iter().filter_map(Finding::of) {
            let (command, why) = match finding.accepted {
                Some(reason) => ("notice", format!(" Accepted: {reason}")),
                None if finding.denies => ("error", String::new()),
                None => ("warning", String::new()),
            };
            let message = data(&format!("{inside}{}{why}", finding.text()));
            writeln!(out, "::{command} file={file},title={}::{message}", finding.rule.id)?;
        }
        Ok(())
    }

    fn end(&mut self, out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
        let today = summary.today();
        if let Some(today) = today {
            let command = if matches!(today, Today::Unknown { .. }) { "warning" } else { "notice" };
            writeln!(out, "::{command} title=suppression-date::{}", data(&date(today)))?;
        }
        for (suppression, why) in summary.idle() {
            let message = data(&idle(suppression, why, today));
            writeln!(out, "::warning title=suppression-idle::{message}")?;
        }
        human::totals(out, summary)
    }
}

/// A command's message.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property's value; it ends at a comma, and the properties end at two colons.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{data, property};

    #[test]
    fn no_text_ends_its_command_or_begins_another() {
        assert_eq!(data("50%\r\n::add-mask::x"), "50%25%0D%0A::add-mask::x");
        assert_eq!(property("a,b::c\n%0A"), "a%2Cb%3A%3Ac%0A%250A");
    }
}
