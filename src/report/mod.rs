//! Renders what was judged: for people, for machines, and the rules' own documentation.

pub mod human;
pub mod json;
pub mod rules;

use std::io::{self, Write};

use crate::check::{FileReport, Summary};

/// One way to render verdicts. Files are written as they are judged, so that memory does not grow with their number.
pub trait Report {
    /// What comes before the first file.
    ///
    /// # Errors
    /// What `out` says; likewise below.
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()>;
    /// One file.
    ///
    /// # Errors
    /// What `out` says.
    fn file(&mut self, out: &mut dyn Write, report: &FileReport) -> io::Result<()>;
    /// What comes behind the last file.
    ///
    /// # Errors
    /// What `out` says.
    fn end(&mut self, out: &mut dyn Write, summary: &Summary) -> io::Result<()>;
}

/// Whether to colour what goes to standard output: a terminal, `NO_COLOR` unset or empty, `TERM` not `dumb`.
pub fn colour() -> bool {
    use std::io::IsTerminal;
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    std::io::stdout().is_terminal()
        && !set("NO_COLOR")
        && std::env::var_os("TERM").is_some_and(|t| t != "dumb")
}
