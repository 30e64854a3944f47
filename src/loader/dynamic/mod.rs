//! What a program's dynamic loader does before the program's own code runs: which libraries it finds where, whether
//! their versions and symbols fit, and what it says if not.
//!
//! The orders are those of musl (ldso/dynlink.c) and glibc (elf/dl-load.c, dl-deps.c, dl-version.c, dl-lookup.c). Which
//! one holds is read from the content of the program's interpreter; any other loader is not modelled, and nothing is
//! guessed about it.

mod cache;
mod family;
mod glibc;
mod library;
mod musl;
mod process;
mod symbols;
mod world;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::{Cause, End, Step};

pub use library::{Ident, Library, Need};
pub use symbols::{Definition, Purpose, Symbols, Want};
pub use world::World;

/// What the loader is told by those who start the program.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// The name the program is started by (`argv[0]` and the path given to execve), as messages call it; none: its path.
    pub argv0: Option<String>,
    /// `LD_LIBRARY_PATH`.
    pub library_path: Option<String>,
    /// `LD_PRELOAD`.
    pub preload: Option<String>,
    /// `LD_BIND_NOW` is set and not empty (glibc; musl always binds at start).
    pub bind_now: bool,
    /// The program changes its user or group (AT_SECURE), so that the loader ignores the variables above.
    pub secure: bool,
    /// The subfolders of `glibc-hwcaps` that the processor is good for, best first, such as `x86-64-v3`. None on arm64.
    pub hwcaps: Vec<String>,
}

/// A program with everything that its loader brings into the process.
#[derive(Clone, Debug)]
pub struct Linked {
    /// Which loader.
    pub family: Family,
    /// The program first, then libraries in the order of loading.
    pub objects: Vec<Object>,
    /// Every file that was tried, as strace(1) would show it, with the reason.
    pub steps: Vec<Step>,
    /// What goes wrong, in the order in which the loader notices.
    pub problems: Vec<Problem>,
}

/// Loaders that are modelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// musl's, which is its libc too.
    Musl,
    /// glibc's ld.so.
    Glibc,
}

impl Family {
    /// The name of the C library.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Musl => "musl",
            Self::Glibc => "glibc",
        }
    }
}

/// A file in the process.
#[derive(Clone, Debug)]
pub struct Object {
    /// What is known of it.
    pub facts: Arc<Library>,
    /// Its path without links.
    pub path: PathBuf,
    /// The path by which the loader opened it, as messages name it.
    pub opened: String,
    /// The name that was asked for, as in DT_NEEDED; the program's own path.
    pub name: String,
    /// The index of the object that first asked for it; none for the program and what is preloaded.
    pub needed_by: Option<usize>,
    /// Why it was found there: `RUNPATH of /bin/app`, `a default folder of the loader`.
    pub because: String,
}

/// Which kind of thing goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trouble {
    /// A library is nowhere on the search path.
    LibraryMissing,
    /// A library is found and cannot be loaded.
    LibraryUnusable,
    /// A library lacks a version that is asked of it.
    VersionMissing,
    /// No loaded object defines a symbol.
    SymbolMissing,
}

/// When it goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum When {
    /// The program does not start.
    Start,
    /// The process ends at the first call of the function.
    FirstCall,
    /// The loader says something and goes on.
    Never,
}

/// One thing that goes wrong.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Which kind of thing.
    pub trouble: Trouble,
    /// When.
    pub when: When,
    /// The index of the object that asks for what is not there.
    pub object: usize,
    /// The library, version or symbol.
    pub name: String,
    /// How it ends, by whom it is decided, what was seen and what helps. [`End::Exit`] has the loader's own words.
    pub cause: Cause,
}

impl Linked {
    /// How the start ends as far as the loader decides.
    pub fn end(&self) -> End {
        let mut fatal = self.problems.iter().filter(|problem| problem.when == When::Start);
        match fatal.next_back().map(|problem| &problem.cause.end) {
            None => End::Starts,
            Some(End::Exit { status, .. }) => End::Exit { status: *status, says: self.says() },
            Some(other) => other.clone(),
        }
    }

    /// Everything that the loader prints until the program starts or the loader gives up; lines without the last end.
    pub fn says(&self) -> String {
        let lines = self.problems.iter().filter(|problem| problem.when != When::FirstCall);
        let lines = lines.filter_map(|problem| match &problem.cause.end {
            End::Exit { says, .. } => Some(says.as_str()),
            _ => None,
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// Why nothing is said of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unmodelled {
    /// It names no interpreter, and no other loader of its machine is in the image: nothing links it.
    NoInterpreter,
    /// The interpreter cannot be read; why.
    InterpreterMissing(String),
    /// The interpreter at this path is neither musl's nor glibc's.
    UnknownLoader(PathBuf),
    /// The files lead the loader through more paths than any program has.
    Endless,
}

impl fmt::Display for Unmodelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoInterpreter => write!(f, "no PT_INTERP: no dynamic loader takes part"),
            Self::InterpreterMissing(why) => write!(f, "its interpreter cannot be read: {why}"),
            Self::UnknownLoader(path) => write!(
                f,
                "{} is neither musl's loader nor glibc's: its search order is not modelled",
                path.display()
            ),
            Self::Endless => {
                write!(f, "its libraries are looked for in more than 100000 places: it was not followed")
            }
        }
    }
}
