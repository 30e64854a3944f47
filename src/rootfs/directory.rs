//! A directory of this machine as a root. Nothing is remembered: every lookup asks the file system.
//!
//! Callers hand in paths without links, so nothing here leaves the root; the last component is never followed.

use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::node::Content;
use super::{Kind, Node};
use crate::error::{Code, Error};

fn host(root: &Path, path: &Path) -> PathBuf {
    match path.strip_prefix("/") {
        // Joining an empty path would add a `/`, and the root itself may be a link.
        Ok(below) if below.as_os_str().is_empty() => root.join("."),
        Ok(below) => root.join(below),
        Err(_) => root.join(path),
    }
}

/// The node at `path`; `None` if nothing is there.
pub(super) fn lookup(root: &Path, path: &Path) -> io::Result<Option<Node>> {
    let path = host(root, path);
    let found = fs::symlink_metadata(&path).and_then(|metadata| node(&path, &metadata));
    match found {
        Ok(node) => Ok(Some(node)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn node(path: &Path, metadata: &Metadata) -> io::Result<Node> {
    let kind = metadata.file_type();
    let (major, minor) = (libc::major(metadata.rdev()), libc::minor(metadata.rdev()));
    let kind = if kind.is_dir() {
        Kind::Directory
    } else if kind.is_symlink() {
        Kind::Link(fs::read_link(path)?)
    } else if kind.is_char_device() {
        Kind::Character { major, minor }
    } else if kind.is_block_device() {
        Kind::Block { major, minor }
    } else if kind.is_fifo() {
        Kind::Fifo
    } else if kind.is_socket() {
        Kind::Socket
    } else {
        Kind::File
    };
    let (size, content) = match &kind {
        Kind::File => {
            let (device, inode) = (metadata.dev(), metadata.ino());
            (metadata.len(), Content::Host { path: path.to_owned(), device, inode })
        }
        Kind::Link(target) => (target.as_os_str().len() as u64, Content::Nothing),
        _ => (0, Content::Nothing),
    };
    Ok(Node { kind, mode: metadata.mode() & 0o7777, uid: metadata.uid(), gid: metadata.gid(), size, content })
}

/// The names in the directory at `path`, unsorted; none if it is absent and `absent` allows that.
pub(super) fn names(root: &Path, path: &Path, absent: bool) -> io::Result<Vec<OsString>> {
    match fs::read_dir(host(root, path)) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| entry.file_name())).collect(),
        Err(error) if absent && error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// The regular file at `path` of this machine, opened, if it still has that `identity` (device and inode number).
pub(super) fn open(path: &Path, identity: (u64, u64)) -> Result<File, Error> {
    // A FIFO or link that took the file's place since the lookup must neither block nor lead out of the root.
    let file = fs::OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY | libc::O_NOFOLLOW)
        .open(path)
        .map_err(|error| unreadable(path, &error))?;
    let metadata = file.metadata().map_err(|error| unreadable(path, &error))?;
    if !metadata.is_file() || (metadata.dev(), metadata.ino()) != identity {
        return Err(Error::new(
            Code::InputUnreadable,
            format!(
                "{} was replaced by another file while it was looked at: is something changing the tree?",
                path.display()
            ),
        ));
    }
    Ok(file)
}

/// At most `size` first bytes of that file.
pub(super) fn head(path: &Path, identity: (u64, u64), size: usize) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::with_capacity(size);
    let file = open(path, identity)?;
    file.take(size as u64).read_to_end(&mut bytes).map_err(|error| unreadable(path, &error))?;
    Ok(bytes)
}

fn unreadable(path: &Path, error: &io::Error) -> Error {
    Error::new(
        Code::InputUnreadable,
        format!("{} cannot be read ({error}): judging needs its bytes; check owner and mode", path.display()),
    )
}
