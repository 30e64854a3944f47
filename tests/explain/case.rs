//! One case: files, what is started, and how that must end.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use super::archive::{self, Member};
use super::program::{Machine, PROGRAM, Program};

/// What a case puts into the tree.
pub enum Item {
    File(u32, Vec<u8>),
    Link(String),
    Folder(u32),
    Fifo,
}

/// How a case ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Exit(u8),
    Errno(i32),
    Signal(i32),
}

impl End {
    /// As checks/explain says it.
    pub fn text(self) -> String {
        match self {
            Self::Exit(status) => format!("exit={status}"),
            Self::Errno(number) => format!("errno={number}"),
            Self::Signal(number) => format!("signal={number}"),
        }
    }
}

pub const STARTS: End = End::Exit(PROGRAM);
pub const ENOENT: End = End::Errno(2);
pub const EIO: End = End::Errno(5);
pub const ENOEXEC: End = End::Errno(8);
pub const EACCES: End = End::Errno(13);
pub const ENOTDIR: End = End::Errno(20);
pub const EINVAL: End = End::Errno(22);
pub const ENAMETOOLONG: End = End::Errno(36);
pub const ELOOP: End = End::Errno(40);
pub const ELIBBAD: End = End::Errno(80);
pub const SIGILL: End = End::Signal(4);
pub const SIGTRAP: End = End::Signal(5);
pub const SIGBUS: End = End::Signal(7);
pub const SIGSEGV: End = End::Signal(11);

/// The kernel that a case is tried on.
#[derive(Clone, Copy, Debug)]
pub struct On {
    pub machine: Machine,
    pub page: u64,
    pub version: (u32, u32),
}

/// One case. Its files are in a folder of its name.
pub struct Case {
    pub name: String,
    pub user: u32,
    /// The cause that is named, if it does not start.
    pub id: &'static str,
    pub items: Vec<(String, Item)>,
    /// The path that is started; absolute.
    pub start: String,
    pub end: Box<dyn Fn(On) -> End>,
    /// Only root of the machine itself can be told from others here, not root of a user namespace.
    pub real_root: bool,
}

impl Case {
    /// A case that starts the file `app` of its folder.
    pub fn new(name: &str, app: Vec<u8>, id: &'static str, end: End) -> Self {
        Self {
            name: name.into(),
            user: 0,
            id,
            items: vec![("app".into(), Item::File(0o755, app))],
            start: format!("/{name}/app"),
            end: Box::new(move |_| end),
            real_root: false,
        }
    }

    pub fn program(name: &str, program: &Program, id: &'static str, end: End) -> Self {
        Self::new(name, program.build(), id, end)
    }

    pub fn item(mut self, path: &str, item: Item) -> Self {
        self.items.push((path.into(), item));
        self
    }

    pub fn file(self, path: &str, bytes: Vec<u8>) -> Self {
        self.item(path, Item::File(0o755, bytes))
    }

    /// Another mode of the last item.
    pub fn mode(mut self, mode: u32) -> Self {
        if let Some((_, Item::File(seen, _) | Item::Folder(seen))) = self.items.last_mut() {
            *seen = mode;
        }
        self
    }

    /// Another path, below the case's folder.
    pub fn start(mut self, path: &str) -> Self {
        self.start = format!("/{}/{path}", self.name);
        self
    }

    pub fn user(mut self, uid: u32) -> Self {
        (self.user, self.real_root) = (uid, true);
        self
    }

    /// Another end, by kernel.
    pub fn ends(mut self, end: impl Fn(On) -> End + 'static) -> Self {
        self.end = Box::new(end);
        self
    }

    /// The files as members of an initramfs, folders first.
    pub fn members(&self) -> Vec<Member> {
        let mut folders = BTreeMap::from([(self.name.clone(), 0o755)]);
        let mut others = Vec::new();
        for (path, item) in &self.items {
            let path = format!("{}/{path}", self.name);
            for (end, _) in path.match_indices('/') {
                folders.entry(path[..end].to_owned()).or_insert(0o755);
            }
            others.push(match item {
                Item::File(mode, bytes) => archive::member(&path, 0o100000 | mode, bytes),
                Item::Link(target) => archive::link(&path, target),
                Item::Fifo => archive::member(&path, 0o010644, b""),
                Item::Folder(mode) => {
                    folders.insert(path, *mode);
                    continue;
                }
            });
        }
        let folders = folders.iter().map(|(path, mode)| archive::member(path, 0o040000 | mode, b""));
        folders.chain(others).collect()
    }

    /// Makes the files in the root file system at `root`.
    pub fn lay(&self, root: &Path) {
        let folder = root.join(&self.name);
        std::fs::create_dir_all(&folder).unwrap();
        let set = |path: &Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        for (path, item) in &self.items {
            let path = folder.join(path);
            match item {
                Item::File(mode, bytes) => {
                    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                    std::fs::write(&path, bytes).unwrap();
                    set(&path, *mode);
                }
                Item::Link(target) => std::os::unix::fs::symlink(target, &path).unwrap(),
                Item::Folder(mode) => {
                    std::fs::create_dir_all(&path).unwrap();
                    set(&path, *mode);
                }
                Item::Fifo => assert!(Command::new("mkfifo").arg(&path).status().unwrap().success()),
            }
        }
    }
}
