//! Opening a file for execution: the program, the interpreter of a script, the interpreter of an ELF file
//! (fs/exec.c, do_open_execat; fs/namei.c, may_open and generic_permission).

use crate::visible::shown;
use std::path::{Path, PathBuf};

use super::{Attempt, Stop};
use crate::loader::End;
use crate::rootfs::{Errno, Kind, Node, Obstacle, Tree};

/// What the file is opened as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The path given to execve.
    Program,
    /// The path behind `#!`.
    Script,
    /// The path of PT_INTERP.
    Elf,
}

impl Role {
    fn pick(self, ids: [&'static str; 3]) -> &'static str {
        ids[self as usize]
    }

    fn what(self) -> &'static str {
        self.pick(["the program", "the script's interpreter", "the program's interpreter (PT_INTERP)"])
    }
}

const NAMEI: &str = "Linux fs/namei.c, link_path_walk";
const MAY_OPEN: &str = "Linux fs/namei.c, may_open";
const PERMISSION: &str = "Linux fs/namei.c, generic_permission";

/// Loaders by the C library they belong to.
const LOADERS: [&str; 4] = [
    "/lib/ld-musl-aarch64.so.1",
    "/lib/ld-linux-aarch64.so.1",
    "/lib/ld-musl-x86_64.so.1",
    "/lib64/ld-linux-x86-64.so.2",
];

impl Attempt<'_> {
    /// The regular file at `path` and its path without links.
    pub(super) fn open(&mut self, path: &Path, role: Role) -> Result<(PathBuf, Node), Stop> {
        let call = format!("open {}", shown(path));
        match self.permitted(path, role) {
            Ok((place, node)) => {
                let mut seen = format!("regular file, mode {:04o}, {} bytes", node.mode, node.size);
                if place != path {
                    seen = format!("{}: {seen}", shown(&place));
                }
                self.step(call, "ok", seen);
                Ok((place, node))
            }
            Err(stop) => {
                if let Stop::Cause(cause) = &stop {
                    let (end, evidence) = (cause.end.clone(), cause.evidence.clone());
                    self.step(call, &result(&end), evidence);
                }
                Err(stop)
            }
        }
    }

    fn permitted(&self, path: &Path, role: Role) -> Result<(PathBuf, Node), Stop> {
        // execve itself refuses an empty path (getname); inside the kernel it is the working folder.
        let empty = path.as_os_str().is_empty() && role != Role::Program;
        let path = if empty { Path::new("/") } else { path };
        if !self.user.is_root() {
            self.searchable(path, role, 0)?;
        }
        let (place, node) = self.tree.resolve(path).map_err(|obstacle| self.lost(path, role, &obstacle))?;
        let denied = |id, source, evidence: String, fix: String| {
            Err(Stop::cause(id, End::Errno(Errno::EACCES), source, evidence, fix))
        };
        let name = if empty { "an empty path, the working folder,".into() } else { shown(&place) };
        if !node.is_file() {
            let what = match node.kind {
                Kind::Directory => "a directory",
                Kind::Fifo => "a FIFO",
                Kind::Socket => "a socket",
                _ => "a device",
            };
            let fix = format!("name a regular file as {}", role.what());
            return denied(
                role.pick(["path-not-file", "script-interpreter-not-file", "interpreter-not-file"]),
                MAY_OPEN,
                format!("{name} is {what}"),
                fix,
            );
        }
        if let Some(folder) = self.kernel.noexec.iter().find(|folder| place.starts_with(folder)) {
            return denied(
                "mount-noexec",
                "Linux fs/exec.c, path_noexec",
                format!("{name} is on {folder}, which the profile says is mounted noexec"),
                format!("keep {} on another file system, or mount {folder} without noexec", role.what()),
            );
        }
        if !self.executable(&node) {
            let (mode, whom) = (node.mode, self.whom());
            return denied(
                role.pick([
                    "path-not-executable",
                    "script-interpreter-not-executable",
                    "interpreter-not-executable",
                ]),
                PERMISSION,
                format!("{name} has mode {mode:04o}, owner {}:{}: no x bit for {whom}", node.uid, node.gid),
                format!("chmod 0755 {name}"),
            );
        }
        Ok((place, node))
    }

    fn whom(&self) -> String {
        if self.user.is_root() {
            "anyone".into()
        } else {
            format!("user {}:{}", self.user.uid, self.user.gid)
        }
    }

    /// Execution of a file or search of a directory (fs/namei.c, acl_permission_check).
    fn executable(&self, node: &Node) -> bool {
        let bits = if self.user.is_root() {
            0o111
        } else if node.uid == self.user.uid {
            0o100
        } else if node.gid == self.user.gid {
            0o010
        } else {
            0o001
        };
        node.mode & bits != 0
    }

    /// Every directory on the way may be searched, those behind links included.
    fn searchable(&self, path: &Path, role: Role, links: usize) -> Result<(), Stop> {
        let mut way = PathBuf::from("/");
        for name in path.components() {
            // What is missing, or one link too many, the resolution of the whole path reports.
            let Ok(folder) = self.tree.node(&way) else { return Ok(()) };
            if folder.is_directory() && !self.executable(&folder) {
                return Err(Stop::cause(
                    role.pick([
                        "path-not-searchable",
                        "script-interpreter-not-searchable",
                        "interpreter-not-searchable",
                    ]),
                    End::Errno(Errno::EACCES),
                    PERMISSION,
                    format!(
                        "the folder {} on the way has mode {:04o}, owner {}:{}: {} may not search it",
                        shown(&way),
                        folder.mode,
                        folder.uid,
                        folder.gid,
                        self.whom()
                    ),
                    format!("chmod a+x {}", shown(&way)),
                ));
            }
            let next = way.join(name);
            match self.tree.node(&next).map(|node| node.kind) {
                Ok(Kind::Link(target)) if links < 40 => {
                    let target = way.join(target);
                    self.searchable(&target, role, links + 1)?;
                    let Ok((place, _)) = self.tree.resolve(&target) else { return Ok(()) };
                    way = place;
                }
                _ => way = self.tree.resolve(&next).map_or(next, |(place, _)| place),
            }
        }
        Ok(())
    }

    fn lost(&self, path: &Path, role: Role, obstacle: &Obstacle) -> Stop {
        let name = shown(path);
        let (id, fix) = match obstacle.errno {
            Errno::ENOENT => (
                role.pick(["path-missing", "script-interpreter-missing", "interpreter-missing"]),
                missing(self.tree, path, role, obstacle),
            ),
            Errno::ENOTDIR => (
                role.pick([
                    "path-not-directory",
                    "script-interpreter-not-directory",
                    "interpreter-not-directory",
                ]),
                format!("name the path through directories: {} is none", shown(&obstacle.path)),
            ),
            Errno::ELOOP => (
                role.pick(["path-loop", "script-interpreter-loop", "interpreter-loop"]),
                format!("make the links on the way to {name} end at a file"),
            ),
            Errno::ENAMETOOLONG => (
                role.pick(["path-too-long", "script-interpreter-too-long", "interpreter-too-long"]),
                "use shorter names: 255 bytes each, 4095 the whole path".into(),
            ),
            _ => return Stop::Unusable(obstacle.to_string()),
        };
        let carriage = path.as_os_str().as_encoded_bytes().ends_with(b"\r");
        if role == Role::Script && carriage {
            let evidence = format!(
                "the line ends with CR LF, so the interpreter's name is {:?}, with a carriage return (^M)",
                path.to_string_lossy()
            );
            let fix = "save the script with Unix line ends: sed -i 's/\\r$//'";
            let source = "Linux fs/binfmt_script.c, load_script";
            return Stop::cause("script-carriage-return", End::Errno(obstacle.errno), source, evidence, fix);
        }
        let evidence = match role {
            Role::Program => obstacle.to_string(),
            Role::Script => format!("{obstacle}, which the #! line asks for; the script itself is there"),
            Role::Elf => {
                format!("{obstacle}, which PT_INTERP asks for ({name}); the program itself is there")
            }
        };
        Stop::cause(id, End::Errno(obstacle.errno), NAMEI, evidence, fix)
    }
}

fn missing(tree: &Tree, path: &Path, role: Role, obstacle: &Obstacle) -> String {
    let name = shown(path);
    if let Some((link, target)) = obstacle.links.last() {
        return format!("{} points at {}: put that there, or correct the link", shown(link), shown(target));
    }
    let present = LOADERS.iter().find(|loader| tree.resolve(Path::new(loader)).is_ok());
    match (role, present) {
        (Role::Program, _) => format!("put the program at {name}"),
        (Role::Script, _) => format!("put an interpreter at {name}, or name one that is there behind #!"),
        (Role::Elf, Some(present)) => format!(
            "build it for the C library that is there ({present}), or link it statically (-static-pie); it asks for {name}"
        ),
        (Role::Elf, None) => format!(
            "put the loader at {name} with the libraries that the program needs, or link it statically (-static-pie)"
        ),
    }
}

/// How a step that ends the attempt is written.
pub(super) fn result(end: &End) -> String {
    match end {
        End::Starts => "ok".into(),
        End::Errno(errno) => errno.to_string(),
        End::Signal(signal) => signal.to_string(),
        End::Exit { status, .. } => format!("exit {status}"),
    }
}
