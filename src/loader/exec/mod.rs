//! The kernel's part: what execve(2) does with a file until the first instruction of user space.
//!
//! Follows fs/exec.c, fs/binfmt_script.c and fs/binfmt_elf.c statement by statement, with C's wrapping arithmetic, so
//! that the order of checks, and with it the error number, is the kernel's. Read in Linux 5.10, 6.1 and 6.12.

mod elf;
mod entry;
mod header;
mod kernel;
mod load;
mod map;
mod open;
mod property;
mod script;

use std::path::{Path, PathBuf};

pub use kernel::{Kernel, User};

use super::{Cause, End, Signal, Step};
use crate::error::{Code, Error};
use crate::rootfs::{Errno, Tree};
use crate::visible::shown;
use open::{Role, result};

/// How often a file may hand over to another (`#!`) before execve fails (fs/exec.c, exec_binprm).
const DEPTH: u32 = 5;

/// What execve does with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
    /// What happens, in order. The call itself stands where it returns, as strace(1) shows it.
    pub steps: Vec<Step>,
    /// The program that runs, or why none does.
    pub outcome: Result<Running, Cause>,
    /// What this prediction cannot know and depends on, one fragment each.
    pub depends: Vec<String>,
}

/// A program that the kernel has started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// The ELF file, as it was named: the path given, or the interpreter of a script.
    pub program: PathBuf,
    /// Its path without links.
    pub place: PathBuf,
    /// The program interpreter that the kernel has loaded beside it and started: the dynamic loader.
    pub interpreter: Option<PathBuf>,
}

/// Why the attempt ends here.
enum Stop {
    /// The kernel ends it.
    Cause(Box<Cause>),
    /// This machine cannot read what the kernel would read.
    Unusable(String),
}

impl Stop {
    fn cause(
        id: &'static str,
        end: End,
        source: &'static str,
        evidence: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self::Cause(Box::new(Cause { id, end, source, evidence: evidence.into(), fix: fix.into() }))
    }

    fn errno(
        id: &'static str,
        errno: Errno,
        source: &'static str,
        evidence: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self::cause(id, End::Errno(errno), source, evidence, fix)
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Unusable(error.message)
    }
}

/// One execve under way.
struct Attempt<'a> {
    tree: &'a Tree,
    kernel: Kernel<'a>,
    user: User,
    /// The call as strace shows it.
    call: String,
    steps: Vec<Step>,
    depends: Vec<String>,
}

impl Attempt<'_> {
    fn step(&mut self, call: impl Into<String>, result: &str, why: impl Into<String>) {
        self.steps.push(Step::new(call, result).because(why));
    }

    /// The call returns.
    fn returns(&mut self, result: &str) {
        self.steps.push(Step::new(self.call.clone(), result));
    }

    /// The process is killed.
    fn dies(&mut self, signal: Signal) {
        self.steps.push(Step::new(format!("+++ killed by {signal} +++"), ""));
    }

    /// Hands from interpreter to interpreter until a file is no script (fs/exec.c, exec_binprm).
    fn execute(&mut self, path: &Path) -> Result<Running, Stop> {
        let mut path = path.to_owned();
        let mut role = Role::Program;
        let mut opened = self.open(&path, role)?;
        for _ in 0..=DEPTH {
            let mut head = self.tree.head(&opened.1, self.kernel.head())?.into_owned();
            let size = head.len();
            head.resize(256, 0);
            let Some(line) = script::parse(&head[..self.kernel.head()], self.kernel) else {
                return self.elf(&path, opened, &head, size);
            };
            path = self.interpreter_of_script(&path, line)?;
            role = Role::Script;
            opened = self.open(&path, role)?;
        }
        Err(Stop::errno(
            "script-nesting",
            Errno::ELOOP,
            "Linux fs/exec.c, exec_binprm",
            format!("more than {DEPTH} scripts name a script as their interpreter, one after the other"),
            "name a program behind #!, not a script",
        ))
    }

    fn interpreter_of_script(
        &mut self,
        path: &Path,
        line: Result<script::Line, script::Refused>,
    ) -> Result<PathBuf, Stop> {
        const SOURCE: &str = "Linux fs/binfmt_script.c, load_script";
        let call = format!("read the #! line of {}", shown(path));
        let (id, evidence, fix) = match line {
            Ok(line) => {
                let argument =
                    line.argument.map_or(String::new(), |text| format!(" with the argument {text:?}"));
                let interpreter = line.interpreter;
                self.step(call, "ok", format!("interpreter {:?}{argument}", interpreter.to_string_lossy()));
                if !interpreter.is_absolute() && !interpreter.as_os_str().is_empty() {
                    self.depends.push(format!(
                        "{} is a relative path: it is looked up from the caller's working folder, here from /",
                        shown(&interpreter)
                    ));
                }
                return Ok(interpreter);
            }
            Err(script::Refused::Empty) => (
                "script-no-interpreter",
                "nothing stands behind #!".to_owned(),
                "name an interpreter: #!/bin/sh",
            ),
            Err(script::Refused::Cut) => (
                "script-line-cut",
                format!(
                    "the interpreter's path reaches beyond the {} bytes that the kernel reads",
                    self.kernel.head()
                ),
                "use a shorter path behind #!",
            ),
        };
        self.step(call, Errno::ENOEXEC.name(), evidence.clone());
        Err(Stop::errno(id, Errno::ENOEXEC, SOURCE, evidence + &shell_runs_it(), fix))
    }
}

fn returned(errno: Errno) -> String {
    format!("= -1 {errno} ({})", errno.text())
}

/// What callers do about ENOEXEC.
fn shell_runs_it() -> String {
    "; execvp(3) and shells then run it as a shell script, /bin/sh FILE".into()
}

/// Executes `path` of `tree` on `kernel` as `user`, on paper.
///
/// # Errors
/// `input-unreadable` if this machine cannot read what the kernel would read.
pub fn execve(tree: &Tree, path: &Path, kernel: Kernel, user: User) -> Result<Execution, Error> {
    let name = format!("{:?}", shown(path));
    let call = format!("execve({name}, [{name}], envp)");
    let mut attempt = Attempt { tree, kernel, user, call, steps: Vec::new(), depends: Vec::new() };
    let outcome = match attempt.execute(path) {
        Ok(running) => Ok(running),
        Err(Stop::Cause(cause)) => {
            if let End::Errno(errno) = cause.end {
                attempt.returns(&returned(errno));
            }
            Err(*cause)
        }
        Err(Stop::Unusable(why)) => {
            let message = format!("what execve would do with {} cannot be said: {why}", shown(path));
            return Err(Error::new(Code::InputUnreadable, message));
        }
    };
    let Attempt { steps, depends, .. } = attempt;
    Ok(Execution { steps, outcome, depends })
}
