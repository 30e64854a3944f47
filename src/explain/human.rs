//! The answer for people: steps as strace would show them, then what ends them and what helps.

use std::io::{self, Write};

use super::{Attempt, Explanation};
use crate::loader::End;

/// Columns of a step's call before its result.
const CALL: usize = 60;

/// Writes the answer; `colour` for a terminal.
///
/// # Errors
/// What `out` says.
pub fn write(out: &mut dyn Write, explanation: &Explanation, colour: bool) -> io::Result<()> {
    if let Some(copied) = &explanation.copied {
        writeln!(out, "{} as if copied to {}", copied.display(), explanation.path.display())?;
    }
    for attempt in &explanation.attempts {
        one(out, attempt, explanation.attempts.len() > 1, colour)?;
    }
    Ok(())
}

fn one(out: &mut dyn Write, attempt: &Attempt, several: bool, colour: bool) -> io::Result<()> {
    if several {
        let pages: Vec<String> = attempt.pages.iter().map(|page| format!("{} KiB", page / 1024)).collect();
        writeln!(out, "kernels with pages of {}", pages.join(", "))?;
    }
    for step in &attempt.steps {
        match step.result.as_str() {
            "" => write!(out, "  {}", step.call)?,
            result => write!(out, "  {:CALL$} {result}", step.call)?,
        }
        // What ends it is told below.
        let told = attempt.cause.as_ref().map(|cause| &cause.evidence);
        match step.why.as_ref().filter(|why| Some(*why) != told) {
            Some(why) => writeln!(out, "  ({why})")?,
            None => writeln!(out)?,
        }
    }
    let (tint, end) = match (colour, &attempt.cause) {
        (false, _) => ("", ""),
        (true, None) => ("\x1b[32m", "\x1b[0m"),
        (true, Some(_)) => ("\x1b[31m", "\x1b[0m"),
    };
    match &attempt.cause {
        None => writeln!(out, "{tint}starts{end}")?,
        Some(cause) => {
            writeln!(out, "{tint}does not start{end}: {} [{}]", ending(&attempt.end), cause.id)?;
            writeln!(out, "  because: {}", cause.evidence)?;
            writeln!(out, "  decided by: {}", cause.source)?;
            writeln!(out, "  fix: {}", cause.fix)?;
        }
    }
    for fragment in &attempt.depends {
        writeln!(out, "  not known: {fragment}")?;
    }
    Ok(())
}

fn ending(end: &End) -> String {
    match end {
        End::Starts => "starts".into(),
        End::Errno(errno) => format!("execve fails with {errno} ({})", errno.text()),
        End::Signal(signal) => format!("killed by {signal}"),
        End::Exit { status, says } => format!("exit status {status} after {says:?}"),
    }
}
