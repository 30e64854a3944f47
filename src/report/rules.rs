//! The rules' documentation: on a terminal, and as the page docs/rules.md.

use std::io::{self, Write};

use super::ID_WIDTH;
use crate::rules::{ALL, Rule};

/// Writes a line a rule.
///
/// # Errors
/// What `out` says.
pub fn list(out: &mut dyn Write) -> io::Result<()> {
    ALL.iter().try_for_each(|rule| writeln!(out, "{:ID_WIDTH$}  {}", rule.id, rule.summary))
}

/// Writes all that is known of one rule.
///
/// # Errors
/// What `out` says.
pub fn one(out: &mut dyn Write, rule: &Rule) -> io::Result<()> {
    writeln!(out, "{}: {}", rule.id, rule.summary)?;
    for (title, text) in parts(rule) {
        writeln!(out, "\n{title}")?;
        for line in wrapped(text, 96) {
            writeln!(out, "  {line}")?;
        }
    }
    Ok(())
}

/// Writes docs/rules.md.
///
/// # Errors
/// What `out` says.
pub fn page(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# Rules\n")?;
    writeln!(
        out,
        "`sarsen check` asks these of every file; `sarsen rules ID` prints one. This page is generated from the"
    )?;
    writeln!(out, "program and compared with it in the tests (`sarsen rules --markdown`).")?;
    for rule in ALL {
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
