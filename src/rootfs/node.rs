//! One file, directory, link or special file of a tree.

use std::path::PathBuf;

use crate::error::{Code, Error};

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A directory.
    Directory,
    /// A regular file.
    File,
    /// A symbolic link; its target as it is written.
    Link(PathBuf),
    /// A character device.
    Character {
        /// Which driver.
        major: u32,
        /// Which of its devices.
        minor: u32,
    },
    /// A block device.
    Block {
        /// Which driver.
        major: u32,
        /// Which of its devices.
        minor: u32,
    },
    /// A FIFO.
    Fifo,
    /// A socket.
    Socket,
}

/// One file, directory, link or special file: what lstat(2) tells of it, and a handle for [`super::Tree::read`] of the
/// tree that it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Permission bits and the set-user-id, set-group-id and sticky bits: 0 to 0o7777.
    pub mode: u32,
    /// The owner.
    pub uid: u32,
    /// The group.
    pub gid: u32,
    /// Bytes of a regular file or of a link's target; 0 for everything else.
    pub size: u64,
    pub(super) content: Content,
}

/// Where the bytes of a regular file are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Nowhere: it is no regular file.
    Nothing,
    /// In a file of this machine, which is still the one meant if it has this device and inode number.
    Host { path: PathBuf, device: u64, inode: u64 },
    /// In an archive, in one of its sources, from this offset.
    Range { source: usize, offset: u64 },
    /// Among the files that were laid over the tree.
    Added(usize),
}

impl Node {
    /// A directory that nothing describes: 0755, of root.
    pub(super) fn implied_directory() -> Self {
        Self { kind: Kind::Directory, mode: 0o755, uid: 0, gid: 0, size: 0, content: Content::Nothing }
    }

    /// Whether it is a directory.
    pub fn is_directory(&self) -> bool {
        self.kind == Kind::Directory
    }

    /// Whether it is a regular file.
    pub fn is_file(&self) -> bool {
        self.kind == Kind::File
    }

    /// Whether root may execute it: a regular file with any of the three x bits (fs/namei.c, generic_permission: not even
    /// CAP_DAC_OVERRIDE executes a file without).
    pub fn is_executable(&self) -> bool {
        self.is_file() && self.mode & 0o111 != 0
    }

    /// Whether executing it changes the user: a regular file with the set-user-id bit and an x bit.
    pub fn is_setuid(&self) -> bool {
        self.is_executable() && self.mode & 0o4000 != 0
    }

    /// Whether executing it changes the group: the set-group-id bit together with the group's x bit (inode(7); without
    /// that x bit it means mandatory locking).
    pub fn is_setgid(&self) -> bool {
        self.is_file() && self.mode & 0o2010 == 0o2010
    }

    /// What to call it in an error: its path on this machine, if it has one.
    pub(super) fn name(&self) -> String {
        match &self.content {
            Content::Host { path, .. } => path.display().to_string(),
            _ => "a file of the image".to_owned(),
        }
    }

    pub(super) fn not_regular(&self) -> Error {
        let (code, what) = match self.kind {
            Kind::Directory => (Code::InputDirectory, "a directory"),
            Kind::File => (Code::InputUnreadable, "a file of another tree"),
            Kind::Link(_) => (Code::InputSpecial, "a symbolic link"),
            Kind::Character { .. } | Kind::Block { .. } => (Code::InputSpecial, "a device"),
            Kind::Fifo => (Code::InputSpecial, "a FIFO"),
            Kind::Socket => (Code::InputSpecial, "a socket"),
        };
        Error::new(
            code,
            format!("{what} of the image has no bytes to read: resolve the path to a regular file first"),
        )
    }
}
