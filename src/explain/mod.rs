//! `sarsen explain`: would this file start on that device, and if not, at which step does what end it?
//!
//! [`crate::loader`] predicts; here its parts are put together: the kernel, once for each page size of the profile, then
//! the C library, then the dynamic loader; and what none of them can know is named.

mod depends;
pub mod human;
mod instruction;
pub mod json;
mod libc;

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::elf::Image;
use crate::error::{Code, Error};
use crate::input;
use crate::loader::dynamic::{Environment, Unmodelled, When, World};
use crate::loader::exec::{self, Kernel, Running, User};
use crate::loader::{Cause, End, Step};
use crate::profile::Profile;
use crate::rootfs::{Errno, Obstacle, Tree};

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// The device.
    pub profile: &'a Profile,
    /// Who starts the program.
    pub user: User,
    /// The variables that the dynamic loader reads.
    pub environment: Environment,
}

/// The answer for one file.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The path in the root file system.
    pub path: PathBuf,
    /// The file of this machine that was laid there, because the root file system has no such path.
    pub copied: Option<PathBuf>,
    /// What happens, on kernels of each page size; page sizes with the same course are one attempt.
    pub attempts: Vec<Attempt>,
}

impl Explanation {
    /// It starts, whatever the page size.
    pub fn starts(&self) -> bool {
        self.attempts.iter().all(|attempt| attempt.cause.is_none())
    }
}

/// One course of events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The page sizes, in bytes.
    pub pages: Vec<u64>,
    /// What happens, in order.
    pub steps: Vec<Step>,
    /// How it ends.
    pub end: End,
    /// Why the program does not start.
    pub cause: Option<Cause>,
    /// What the prediction depends on and cannot know, one fragment each.
    pub depends: Vec<String>,
}

/// A root file system in which `path` can be judged: the one at `rootfs` of this machine, with the file `path` of this
/// machine laid at `/NAME` if the root file system has nothing at `path`. Returns the path in it, and the copied file.
///
/// # Errors
/// What [`Tree::open`] and [`input::read`] say.
pub fn world(rootfs: &Path, path: &Path) -> Result<(World, PathBuf, Option<PathBuf>), Error> {
    let tree = Tree::open(rootfs)?;
    let absent = tree.node(path).is_err_and(|obstacle| obstacle.errno == Errno::ENOENT);
    let (Some(name), true) = (path.file_name(), absent && path.is_file()) else {
        let path = if path.is_absolute() { path.to_owned() } else { Path::new("/").join(path) };
        return Ok((World::new(tree), path, None));
    };
    let place = Path::new("/").join(name);
    // An empty file is an answer here, not a mistake.
    let bytes = if fs::metadata(path).is_ok_and(|metadata| metadata.len() == 0) {
        Vec::new()
    } else {
        input::read(path)?
    };
    let mode = fs::metadata(path).map_or(0o755, |metadata| metadata.permissions().mode());
    match tree.with_file(&place, bytes, mode) {
        Ok(tree) => Ok((World::new(tree), place, Some(path.to_owned()))),
        Err(obstacle) => {
            let message = format!("{} cannot be laid into the root file system: {obstacle}", path.display());
            Err(Error::new(Code::InputUnreadable, message))
        }
    }
}

/// Predicts how starting `path` of `world` ends.
///
/// # Errors
/// What [`exec::execve`] says.
pub fn explain(world: &World, path: &Path, question: &Question) -> Result<Vec<Attempt>, Error> {
    let mut attempts: Vec<Attempt> = Vec::new();
    for &page in &question.profile.kernel.page_sizes {
        let attempt = attempt(world, path, question, page)?;
        let same = attempts.iter_mut().find(|other| {
            (&other.steps, &other.end, &other.cause, &other.depends)
                == (&attempt.steps, &attempt.end, &attempt.cause, &attempt.depends)
        });
        match same {
            Some(other) => other.pages.push(page),
            None => attempts.push(attempt),
        }
    }
    Ok(attempts)
}

fn attempt(world: &World, path: &Path, question: &Question, page: u64) -> Result<Attempt, Error> {
    let kernel = Kernel::of(question.profile, page);
    let execution = exec::execve(world.tree(), path, kernel, question.user)?;
    let mut attempt = Attempt {
        pages: vec![page],
        steps: execution.steps,
        end: End::Starts,
        cause: None,
        depends: execution.depends,
    };
    let cause = match execution.outcome {
        Ok(running) => user_space(world, &running, question, &mut attempt)?,
        Err(cause) => Some(cause),
    };
    if let Some(cause) = &cause {
        attempt.end = cause.end.clone();
    }
    attempt.cause = cause;
    Ok(attempt)
}

/// What happens from the first instruction to the program's own code.
fn user_space(
    world: &World,
    running: &Running,
    question: &Question,
    attempt: &mut Attempt,
) -> Result<Option<Cause>, Error> {
    let tree = world.tree();
    let lost = |obstacle: Obstacle| {
        Error::new(Code::InputUnreadable, format!("{obstacle}: it was there a moment ago"))
    };
    let read = |path: &Path| {
        let (_, node) = tree.resolve(path).map_err(lost)?;
        tree.read(&node)
    };
    let (_, node) = tree.resolve(&running.place).map_err(lost)?;
    let bytes = tree.read(&node)?;
    // The kernel starts files that are no sound ELF files; then no more can be said.
    let Ok(image) = Image::parse(&bytes, &running.place.display().to_string()) else {
        attempt
            .depends
            .push("its headers contradict each other: what its own code does is not looked at".into());
        return Ok(None);
    };
    attempt.depends.extend(depends::of(tree, running, &image, question));
    let interpreter = running.interpreter.as_deref().map(read).transpose()?;
    let loader = interpreter.as_deref().and_then(|bytes| Image::parse(bytes, "the interpreter").ok());
    if let Some(cause) = libc::refuses_kernel(&image, loader.as_ref(), question.profile) {
        attempt
            .steps
            .push(Step::new("compare the kernel's version", "too old").because(cause.evidence.clone()));
        return Ok(Some(cause));
    }
    let Some(path) = &running.interpreter else {
        return Ok(instruction::undefined(&image, question.profile));
    };
    let user = question.user;
    let environment = Environment {
        argv0: Some(running.program.to_string_lossy().into_owned()),
        // AT_SECURE (security/commoncap.c, cap_bprm_creds_from_file).
        secure: node.is_setuid() && node.uid != user.uid || node.is_setgid() && node.gid != user.gid,
        ..question.environment.clone()
    };
    match world.link(&running.place, &image, &environment) {
        Ok(linked) => {
            attempt.steps.extend(linked.steps.iter().cloned());
            for problem in linked.problems.iter().filter(|problem| problem.when == When::FirstCall) {
                attempt.depends.push(format!("{} (at the first call)", problem.cause.evidence));
            }
            let end = linked.end();
            let first = linked.problems.into_iter().find(|problem| problem.when == When::Start);
            Ok(first.map(|problem| Cause { end, ..problem.cause }))
        }
        Err(why) => {
            let path = String::from_utf8_lossy(path.as_os_str().as_bytes());
            attempt.depends.push(match why {
                Unmodelled::NoInterpreter => {
                    format!("what {path} does is not looked at: no loader is known for it")
                }
                Unmodelled::InterpreterMissing(why) => format!("what {path} does is not looked at: {why}"),
                Unmodelled::UnknownLoader(_) => {
                    format!("what {path} does is not looked at: it is neither musl's loader nor glibc's")
                }
                why @ Unmodelled::Endless => format!("what {path} does is not looked at: {why}"),
            });
            Ok(None)
        }
    }
}
