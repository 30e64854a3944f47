//! The rules' documentation: on a terminal, as the page docs/rules.md, and as JSON.

use std::io::{self, Write};

use serde::Serialize;

use super::ID_WIDTH;
use crate::profile::Severity;
use crate::rules::{ALL, Rule};

/// The version that JSON documents carry. Fields may be added to it; none is removed or changes its meaning.
pub const SCHEMA: &str = "sarsen.rules/1";

/// The ways to print what is known of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Text for people
    Human,
    /// One JSON document, sarsen.rules/1
    Json,
    /// All rules as the page docs/rules.md
    Markdown,
}

/// The result of `sarsen rules --format json`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Document<'a> {
    /// `sarsen.rules/1`
    schema: &'a str,
    /// The rules, in the order of reports.
    rules: Vec<Entry<'a>>,
}

/// One rule.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Entry<'a> {
    /// The stable name.
    id: &'a str,
    /// What its failure means where a profile does not say otherwise.
    severity: Severity,
    /// The property that must hold, as a sentence fragment.
    summary: &'a str,
    /// What is looked at.
    what: &'a str,
    /// Why it matters on the device.
    why: &'a str,
    /// How to fix it.
    fix: &'a str,
    /// The standard, kernel file or manual that decides.
    source: &'a str,
}

/// Writes what is known of `rule`, or of all rules if there is none.
///
/// # Errors
/// What `out` says.
pub fn write(out: &mut dyn Write, rule: Option<&'static Rule>, format: Format) -> io::Result<()> {
    let rules = rule.as_ref().map_or(ALL, std::slice::from_ref);
    match (format, rule) {
        (Format::Human, None) => list(out),
        (Format::Human, Some(rule)) => one(out, rule),
        (Format::Json, _) => json(out, rules),
        (Format::Markdown, _) => page(out, rules),
    }
}

fn json(out: &mut dyn Write, rules: &[&'static Rule]) -> io::Result<()> {
    let entry = |rule: &&'static Rule| Entry {
        id: rule.id,
        severity: rule.severity,
        summary: rule.summary,
        what: rule.what,
        why: rule.why,
        fix: rule.fix,
        source: rule.source,
    };
    let document = Document { schema: SCHEMA, rules: rules.iter().map(entry).collect() };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

/// A line a rule.
fn list(out: &mut dyn Write) -> io::Result<()> {
    ALL.iter().try_for_each(|rule| writeln!(out, "{:ID_WIDTH$}  {}", rule.id, rule.summary))
}

fn one(out: &mut dyn Write, rule: &Rule) -> io::Result<()> {
    writeln!(out, "{}: {}", rule.id, rule.summary)?;
    for (title, text) in parts(rule) {
        writeln!(out, "\n{title}")?;
        for line in wrapped(text, 96) {
            writeln!(out, "  {line}")?;
        }
    }
    Ok(())
}

/// docs/rules.md, if `rules` are all.
fn page(out: &mut dyn Write, rules: &[&Rule]) -> io::Result<()> {
    writeln!(out, "# Rules\n")?;
    writeln!(
        out,
        "`sarsen check` asks these of every file; `sarsen rules ID` prints one. This page is generated from the"
    )?;
    writeln!(out, "program and compared with it in the tests (`sarsen rules --format markdown`).")?;
    for rule in rules {
        writeln!(out, "\n## `{}`\n\n{}.", rule.id, capitalised(rule.summary))?;
        for (title, text) in parts(rule) {
            writeln!(out, "\n**{title}.** {text}")?;
        }
    }
    Ok(())
}

/// The rule's documentation, each part with its title.
pub(super) fn parts(rule: &Rule) -> [(&'static str, &'static str); 4] {
    [
        ("What is looked at", rule.what),
        ("Why it matters", rule.why),
        ("How to fix it", rule.fix),
        ("Source", rule.source),
    ]
}

/// `text` as the beginning of a sentence.
pub(super) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// `text` in lines of at most `width` characters, broken at spaces.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    /// `SARSEN_REGENERATE=1 cargo test` rewrites the file.
    #[test]
    fn the_schema_file_is_the_types() {
        crate::schema::compare::<super::Document>("rules-1");
    }
}
