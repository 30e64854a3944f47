//! JUnit XML as Jenkins and GitLab read it: a suite for each file, a case for each rule.
//!
//! There is no standard. The elements and attributes are those that the schema of Jenkins' xUnit plugin (junit-10.xsd)
//! and GitLab's "Unit test reports" have in common.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::Report;
use super::finding::{Finding, date};
use crate::check::{FileReport, Judgement, Summary};
use crate::exit::Exit;
use crate::profile::Profile;
use crate::rules::Verdict;

/// One document; `<testsuites>` carries no totals, since suites are written as files are judged.
#[derive(Debug)]
pub struct Junit<'p> {
    profile: &'p Profile,
}

impl<'p> Junit<'p> {
    /// A document on verdicts by `profile`.
    pub fn new(profile: &'p Profile) -> Self {
        Self { profile }
    }
}

impl Report for Junit<'_> {
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
        writeln!(out, "<testsuites name=\"sarsen check: {}\">", attribute(&self.profile.name))
    }

    fn file(&mut self, out: &mut dyn Write, report: &FileReport) -> io::Result<()> {
        let name = attribute(&report.path.to_string_lossy());
        match &report.outcome {
            Ok(judgements) => {
                let failures = judgements.iter().filter(|j| j.refuses()).count();
                let skipped = judgements.iter().filter(|j| is_skipped(j)).count();
                writeln!(
                    out,
                    "<testsuite name=\"{name}\" tests=\"{}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\">",
                    judgements.len(),
                )?;
                judgements.iter().try_for_each(|judgement| case(out, &name, judgement))?;
                writeln!(out, "</testsuite>")
            }
            Err(error) => failed_suite(out, &name, "input", error.code.as_str(), &error.message),
        }
    }

    /// Nothing judged is an error here too: an empty report would pass for a good one.
    fn end(&mut self, out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
        if summary.exit() == Exit::Nothing {
            let message = "no rule applied to any file, so nothing was judged";
            failed_suite(out, "sarsen check", "judged", "nothing-judged", message)?;
        }
        if let Some(today) = summary.today() {
            dated_suite(out, &content(&date(today)))?;
        }
        writeln!(out, "</testsuites>")
    }
}

fn is_skipped(judgement: &Judgement) -> bool {
    matches!(judgement.verdict, Verdict::NotApplicable { .. }) || judgement.accepted.is_some()
}

/// One rule's verdict. A warning passes, as it does by exit code, and says so in its output; JUnit has no word for it.
fn case(out: &mut dyn Write, class: &str, judgement: &Judgement) -> io::Result<()> {
    let id = judgement.rule.id;
    write!(out, "<testcase classname=\"{class}\" name=\"{id}\">")?;
    match (Finding::of(judgement), &judgement.verdict) {
        (Some(finding), _) => {
            let all = content(&finding.text());
            if let Some(reason) = finding.accepted {
                write!(out, "<skipped message=\"accepted: {}\">{all}</skipped>", attribute(reason))?;
            } else if finding.denies {
                let message = attribute(finding.evidence);
                write!(out, "<failure type=\"{id}\" message=\"{message}\">{all}</failure>")?;
            } else {
                write!(out, "<system-out>warning: {all}</system-out>")?;
            }
        }
        (None, Verdict::NotApplicable { because }) => {
            write!(out, "<skipped message=\"not applicable: {}\"/>", attribute(because))?;
        }
        (None, _) => {}
    }
    writeln!(out, "</testcase>")
}

/// A suite of one case that says why there are no verdicts. `suite` is escaped already.
fn failed_suite(out: &mut dyn Write, suite: &str, case: &str, code: &str, message: &str) -> io::Result<()> {
    let (short, long) = (attribute(message), content(message));
    writeln!(out, "<testsuite name=\"{suite}\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\">")?;
    write!(out, "<testcase classname=\"{suite}\" name=\"{case}\">")?;
    writeln!(out, "<error type=\"{code}\" message=\"{short}\">{long}</error></testcase>")?;
    writeln!(out, "</testsuite>")
}

/// A suite of one case that passes, with the day that suppressions were compared with. `date` is escaped already.
fn dated_suite(out: &mut dyn Write, date: &str) -> io::Result<()> {
    let (suite, case) = ("sarsen check", "suppression-date");
    writeln!(out, "<testsuite name=\"{suite}\" tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"0\">")?;
    write!(out, "<testcase classname=\"{suite}\" name=\"{case}\">")?;
    writeln!(out, "<system-out>{date}</system-out></testcase>")?;
    writeln!(out, "</testsuite>")
}

/// Text between tags.
fn content(text: &str) -> String {
    escaped(text, false)
}

/// Text between the quotes of an attribute, where a parser would turn line breaks and tabs into spaces (XML 1.0,
/// section 3.3.3).
fn attribute(text: &str) -> String {
    escaped(text, true)
}

/// Characters that XML 1.0 (section 2.2) has no way to write, not even as a reference, are spelled as Rust spells them.
fn escaped(text: &str, attribute: bool) -> String {
    let mut xml = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' if attribute => xml.push_str("&quot;"),
            '\t' | '\n' if !attribute => xml.push(letter),
            // A bare carriage return becomes a line feed (section 2.11).
            '\t' | '\n' | '\r' => {
                let _ = write!(xml, "&#{};", u32::from(letter));
            }
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => xml.extend(letter.escape_unicode()),
            _ => xml.push(letter),
        }
    }
    xml
}

#[cfg(test)]
mod tests {
    use super::{attribute, content};

    #[test]
    fn every_text_is_well_formed() {
        let hostile = "a<b>&\"c'\t\n\r\u{0}\u{1b}\u{fffe}]]>\u{4e2d}";
        let text = "a&lt;b&gt;&amp;\"c'\t\n&#13;\\u{0}\\u{1b}\\u{fffe}]]&gt;\u{4e2d}";
        assert_eq!(content(hostile), text);
        let value = "a&lt;b&gt;&amp;&quot;c'&#9;&#10;&#13;\\u{0}\\u{1b}\\u{fffe}]]&gt;\u{4e2d}";
        assert_eq!(attribute(hostile), value);
    }
}
