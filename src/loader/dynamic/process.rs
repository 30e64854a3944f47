//! The process that a loader fills: what both loaders share.

use std::path::Path;
use std::sync::Arc;

use super::library::Library;
use super::world::{Opened, World};
use super::{Environment, Family, Linked, Object, Problem, Trouble, Unmodelled, When};
use crate::loader::{Cause, End, Step};
use crate::rootfs::Errno;

/// A program and the loader that it names.
#[derive(Clone)]
pub(super) struct Program<'w> {
    pub world: &'w World,
    pub environment: &'w Environment,
    pub path: &'w Path,
    pub facts: Arc<Library>,
    /// The loader's path as the program names it.
    pub interpreter: &'w str,
    pub loader: Arc<Library>,
    /// The loader's path without links.
    pub loader_path: &'w Path,
}

/// What is in the process so far.
pub(super) struct Process<'w> {
    pub program: Program<'w>,
    pub objects: Vec<Object>,
    pub steps: Vec<Step>,
    pub problems: Vec<Problem>,
    is_endless: bool,
}

/// More paths than any program tries. A file that asks for more is made to keep us busy.
const PATHS: usize = 100_000;
/// More failures than any program meets.
const PROBLEMS: usize = 10_000;

/// No more problems than these are named one by one; the last one says how many there are.
pub(super) const NAMED: usize = 32;

impl<'w> Process<'w> {
    /// A process with the program alone.
    pub fn new(program: &Program<'w>) -> Self {
        let name = program.path.to_string_lossy().into_owned();
        let object = Object {
            path: program.path.to_owned(),
            opened: program.environment.argv0.clone().unwrap_or_else(|| name.clone()),
            name,
            needed_by: None,
            facts: Arc::clone(&program.facts),
            because: "the program itself".into(),
        };
        let objects = vec![object];
        let (steps, problems) = (Vec::new(), Vec::new());
        Self { program: program.clone(), objects, steps, problems, is_endless: false }
    }

    /// Adds a file and returns its index.
    pub fn add(&mut self, object: Object) -> usize {
        self.objects.push(object);
        self.objects.len() - 1
    }

    /// The index of a loaded library, by its path without links.
    pub fn loaded(&self, path: &Path) -> Option<usize> {
        self.objects.iter().skip(1).position(|loaded| loaded.path == path).map(|index| index + 1)
    }

    /// Opens a file as the loader of a machine does and notes the step.
    pub fn open(&mut self, path: &str, flags: &str, why: impl Into<String>) -> Opened {
        if self.steps.len() == PATHS {
            self.is_endless = true;
            return Opened::Failed(Errno::ENOENT);
        }
        let opened = self.program.world.open(path);
        let result = match &opened {
            Opened::File(_) | Opened::Directory => "= 3".to_owned(),
            Opened::Failed(errno) => format!("= -1 {errno}"),
        };
        let call = format!("openat(AT_FDCWD, {path:?}, {flags})");
        self.steps.push(Step::new(call, result).because(why));
        opened
    }

    /// Notes why a file that could be opened is passed over or refused.
    pub fn remark(&mut self, remark: &str) {
        if let Some(step) = self.steps.last_mut() {
            let why = step.why.take().unwrap_or_default();
            step.why = Some(format!("{why}; {remark}"));
        }
    }

    pub fn report(&mut self, trouble: Trouble, when: When, object: usize, name: &str, cause: Cause) {
        if self.problems.len() == PROBLEMS {
            self.is_endless = true;
            return;
        }
        self.problems.push(Problem { trouble, when, object, name: name.to_owned(), cause });
    }

    /// Reports a library that was looked for since `first`, a number of steps.
    pub fn no_library(
        &mut self,
        first: usize,
        object: usize,
        name: &str,
        trouble: Trouble,
        end: End,
        source: &'static str,
    ) {
        const SHOWN: usize = 8;
        let asking = &self.objects[object].path;
        let tried: Vec<String> = self.steps[first..].iter().filter_map(tried).collect();
        let more = tried.len().saturating_sub(SHOWN);
        let more = if more > 0 { format!(" and {more} paths more") } else { String::new() };
        let paths = match &tried[..tried.len().min(SHOWN)] {
            [] => "and no search rule gives a path for it".to_owned(),
            paths => format!("tried {}", paths.join(", ")),
        };
        let evidence = format!("{} needs {name}; {paths}{more}", asking.display());
        let (id, fix) = match trouble {
            Trouble::LibraryUnusable => (
                "library-unusable",
                format!("replace it by a {name} that was built for this loader and machine"),
            ),
            _ => (
                "library-missing",
                format!("install {name} in a folder that this loader searches, or link without it"),
            ),
        };
        self.report(trouble, When::Start, object, name, Cause { id, end, source, evidence, fix });
    }

    pub fn finish(self, family: Family) -> Result<Linked, Unmodelled> {
        if self.is_endless {
            return Err(Unmodelled::Endless);
        }
        Ok(Linked { family, objects: self.objects, steps: self.steps, problems: self.problems })
    }
}

/// A step as evidence: the path and the reason for it.
fn tried(step: &Step) -> Option<String> {
    let path = step.call.split('"').nth(1)?;
    let why = step.why.as_deref().unwrap_or_default();
    Some(if step.result == "= -1 ENOENT" {
        format!("{path} ({why})")
    } else {
        format!("{path} ({why}; {})", step.result.trim_start_matches("= ").trim_start_matches("-1 "))
    })
}
