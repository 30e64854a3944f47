//! The answer for machines: one JSON document, in the shape of docs/schemas/explain-1.schema.json.

use std::io::{self, Write};

use serde::Serialize;

use super::{Attempt, Explanation};
use crate::loader::{End, Step};

/// The version that documents carry. Fields may be added to it; none is removed or changes its meaning.
pub const SCHEMA: &str = "sarsen.explain/1";

/// The result of `sarsen explain`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
struct Document<'a> {
    /// `sarsen.explain/1`
    schema: &'a str,
    /// The profile's name.
    profile: &'a str,
    /// The path in the root file system; bytes that are not UTF-8 are replaced.
    path: String,
    /// The file of this machine that was judged as if it were there.
    #[serde(skip_serializing_if = "Option::is_none")]
    copied: Option<String>,
    /// It starts on kernels of every page size of the profile.
    starts: bool,
    /// What happens, once for all page sizes with the same course.
    attempts: Vec<Course<'a>>,
}

/// One course of events.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
struct Course<'a> {
    /// The page sizes of the kernels, in bytes.
    page_sizes: &'a [u64],
    /// What happens, in order.
    steps: Vec<Event<'a>>,
    /// How it ends.
    end: Ending<'a>,
    /// Why the program does not start.
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<Reason<'a>>,
    /// What the prediction depends on and cannot know.
    depends: &'a [String],
}

/// One step.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Event<'a> {
    /// A system call as strace shows it, or what the kernel does inside execve.
    call: &'a str,
    /// What comes of it.
    result: &'a str,
    /// More about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
}

/// How an attempt ends.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Ending<'a> {
    /// The program's own code runs.
    Starts,
    /// execve fails.
    Errno {
        /// Such as `ENOENT`.
        name: &'a str,
        /// Such as 2.
        number: i32,
    },
    /// The process is killed.
    Signal {
        /// Such as `SIGSEGV`.
        name: &'a str,
        /// Such as 11.
        number: i32,
    },
    /// The loader or the C library gives up.
    Exit {
        /// The exit status.
        status: u8,
        /// What is printed to standard error.
        says: &'a str,
    },
}

/// Why a program does not start.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Reason<'a> {
    /// The stable name of the kind of cause.
    id: &'a str,
    /// File and function that decide.
    source: &'a str,
    /// What was seen.
    evidence: &'a str,
    /// The shortest way out.
    fix: &'a str,
}

/// Writes the answer of the profile called `profile`.
///
/// # Errors
/// What `out` says.
pub fn write(out: &mut dyn Write, explanation: &Explanation, profile: &str) -> io::Result<()> {
    let document = Document {
        schema: SCHEMA,
        profile,
        path: explanation.path.display().to_string(),
        copied: explanation.copied.as_ref().map(|path| path.display().to_string()),
        starts: explanation.starts(),
        attempts: explanation.attempts.iter().map(course).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

fn course(attempt: &Attempt) -> Course<'_> {
    let cause = attempt.cause.as_ref().map(|cause| Reason {
        id: cause.id,
        source: cause.source,
        evidence: &cause.evidence,
        fix: &cause.fix,
    });
    Course {
        page_sizes: &attempt.pages,
        steps: attempt.steps.iter().map(event).collect(),
        end: ending(&attempt.end),
        cause,
        depends: &attempt.depends,
    }
}

fn event(step: &Step) -> Event<'_> {
    Event { call: &step.call, result: &step.result, why: step.why.as_deref() }
}

fn ending(end: &End) -> Ending<'_> {
    match end {
        End::Starts => Ending::Starts,
        End::Errno(errno) => Ending::Errno { name: errno.name(), number: errno.number() },
        End::Signal(signal) => Ending::Signal { name: signal.name(), number: signal.number() },
        End::Exit { status, says } => Ending::Exit { status: *status, says },
    }
}

#[cfg(test)]
mod tests {
    /// `SARSEN_REGENERATE=1 cargo test` rewrites the file.
    #[test]
    fn the_schema_file_is_the_types() {
        crate::schema::compare::<super::Document>("explain-1");
    }
}
