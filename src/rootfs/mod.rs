//! A read-only file tree seen as the root of a device: a directory of this machine, an initramfs, or a tar.
//!
//! Paths are those of the device: `/lib/libc.so` is looked up below the tree's root whatever this machine has there.
//! Relative paths start at the root too. Permissions are reported, not enforced: lookups are those of a process with
//! CAP_DAC_OVERRIDE, as the first process of a device is.

use std::borrow::Cow;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::error::{Code, Error};
use crate::input;

mod archive;
mod compression;
mod cpio;
mod directory;
mod image;
mod index;
mod node;
mod obstacle;
mod pax;
mod resolve;
mod source;
mod tar;
mod walk;

#[cfg(test)]
mod tests;

pub use archive::LIMIT;
pub use node::{Kind, Node};
pub use obstacle::{Errno, Obstacle};

use archive::Archive;
use index::Index;
use node::Content;

/// What an input is, besides an ordinary file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// A directory of this machine.
    Directory,
    /// An initramfs: cpio archives in the newc format, each plain or compressed (the kernel's
    /// Documentation/driver-api/early-userspace/buffer-format.rst).
    Cpio,
    /// A tar archive, plain or compressed.
    Tar,
}

/// A read-only file tree. Cheap to look things up in; an archive's index is in memory, a directory's is not.
#[derive(Debug)]
pub struct Tree {
    base: Base,
    /// Files laid over the base by [`Tree::with_file`], and the folders that they imply.
    overlay: Index,
    added: Vec<Vec<u8>>,
}

#[derive(Debug)]
enum Base {
    Directory(PathBuf),
    Archive(Archive),
}

impl Tree {
    /// What `path` on this machine is, by its kind and first bytes, through compression too; links are followed.
    /// `None` is an ordinary file: a program, a script, or something unknown.
    ///
    /// # Errors
    /// One of the `input-…` codes if `path` is missing, unreadable, or a FIFO, socket or device; `image-unsupported`
    /// if it is compressed or archived in a way that is recognised but cannot be read here.
    pub fn sort_of(path: &Path) -> Result<Option<Sort>, Error> {
        if path.is_dir() {
            return Ok(Some(Sort::Directory));
        }
        archive::sort_of(input::open(path)?.into_file(), &path.display().to_string())
    }

    /// The tree at `path` of this machine: a directory, an initramfs or a tar; links are followed.
    ///
    /// # Errors
    /// As [`Tree::sort_of`]; `image-invalid` if it is none of the three or damaged, `image-truncated` if it ends too
    /// early, `image-too-large` if it unpacks to more than [`LIMIT`] bytes.
    pub fn open(path: &Path) -> Result<Tree, Error> {
        let base = if path.is_dir() {
            Base::Directory(path.to_owned())
        } else {
            Base::Archive(Archive::from_file(input::open(path)?.into_file(), &path.display().to_string())?)
        };
        Ok(Self::on(base))
    }

    /// The tree in an archive's `bytes`; `name` stands for it in errors.
    ///
    /// # Errors
    /// As [`Tree::open`].
    pub fn from_bytes(bytes: Vec<u8>, name: &str) -> Result<Tree, Error> {
        Ok(Self::on(Base::Archive(Archive::from_bytes(bytes, name)?)))
    }

    fn on(base: Base) -> Self {
        Self { base, overlay: Index::new(), added: Vec::new() }
    }

    /// The same tree with one more regular file at `at`, owned by root, with the permission bits `mode`. It takes the
    /// place of a file that is there; links in the folders before are followed, folders that are missing are added.
    ///
    /// # Errors
    /// An obstacle if a folder before cannot be reached or a directory is at `at`.
    pub fn with_file(mut self, at: &Path, bytes: Vec<u8>, mode: u32) -> Result<Tree, Obstacle> {
        let place = resolve::place(&self, at)?;
        let node = Node {
            kind: Kind::File,
            mode: mode & 0o7777,
            uid: 0,
            gid: 0,
            size: bytes.len() as u64,
            content: Content::Added(self.added.len()),
        };
        self.overlay.put(&place, node, false).map_err(|_| Obstacle {
            path: place,
            errno: Errno::EIO,
            links: Vec::new(),
            cause: None,
        })?;
        self.added.push(bytes);
        Ok(self)
    }

    /// The node at `path`. A link in the last component is not followed, links in the folders before are; a final `/`
    /// asks for a directory and follows.
    ///
    /// # Errors
    /// The obstacle, with the error number with which lstat(2) would end on the device.
    pub fn node(&self, path: &Path) -> Result<Node, Obstacle> {
        resolve::resolve(self, path, false).map(|(_, node)| node)
    }

    /// The node at `path` and its path without links, following every link as the kernel does (fs/namei.c), inside this
    /// root: absolute targets start at the root, `..` stops there.
    ///
    /// # Errors
    /// The obstacle, with the error number with which stat(2) would end on the device.
    pub fn resolve(&self, path: &Path) -> Result<(PathBuf, Node), Obstacle> {
        resolve::resolve(self, path, true)
    }

    /// The whole content of a regular file of this tree: at most [`input::LIMIT`] bytes.
    ///
    /// # Errors
    /// `input-directory` or `input-special` if `node` is not a regular file, `input-too-large` if it is above the limit,
    /// `input-unreadable` if it cannot be read or is not the file any more that it was.
    pub fn read(&self, node: &Node) -> Result<Cow<'_, [u8]>, Error> {
        if node.size > input::LIMIT {
            return Err(Error::new(
                Code::InputTooLarge,
                format!(
                    "{} has {} bytes: no more than {} (1 GiB) are read, no program of a device is that large",
                    node.name(),
                    node.size,
                    input::LIMIT
                ),
            ));
        }
        self.head(node, node.size as usize)
    }

    /// The first bytes of a regular file of this tree: `size` of them, or all if it has fewer.
    ///
    /// # Errors
    /// As [`Tree::read`], but for the limit.
    pub fn head(&self, node: &Node, size: usize) -> Result<Cow<'_, [u8]>, Error> {
        let size = usize::try_from(node.size).map_or(size, |all| all.min(size));
        match (&node.content, &self.base) {
            (Content::Added(index), _) => {
                let bytes = self.added.get(*index).map(Vec::as_slice).unwrap_or_default();
                Ok(Cow::Borrowed(&bytes[..size.min(bytes.len())]))
            }
            (Content::Host { path, device, inode }, _) => {
                directory::head(path, (*device, *inode), size).map(Cow::Owned)
            }
            (Content::Range { source, offset }, Base::Archive(archive)) => {
                archive.read(*source, *offset, size)
            }
            _ => Err(node.not_regular()),
        }
    }

    /// Every path below `folder`, sorted by bytes within a folder, parents first. Links in `folder` are followed, those
    /// found on the way are not. A folder that cannot be read and a file that vanished are errors among the items.
    /// Memory: the names of one folder a level.
    pub fn walk(&self, folder: &Path) -> impl Iterator<Item = Result<(PathBuf, Node), Error>> + use<'_> {
        walk::Walk::new(self, folder)
    }

    /// Folders that an archive does not list before the files in them, in the order in which they were met; of several
    /// in each other the topmost. tar makes such folders; the kernel does not for an initramfs and silently leaves out what
    /// is in them (init/initramfs.c, do_name). Here they are directories of mode 0755 that root owns.
    pub fn implied(&self) -> &[PathBuf] {
        match &self.base {
            Base::Directory(_) => &[],
            Base::Archive(archive) => archive.index.implied(),
        }
    }

    /// The node at `path`, which has no links, `.` or `..` and whose folder is a directory. `None`: nothing is there.
    fn lookup(&self, path: &Path) -> std::io::Result<Option<Node>> {
        let overlay = self.overlay.get(path);
        if let Some(node) = overlay.filter(|node| node.kind != Kind::Directory) {
            return Ok(Some(node.clone()));
        }
        let base = match &self.base {
            Base::Directory(root) => directory::lookup(root, path)?,
            Base::Archive(archive) => archive.index.get(path).cloned(),
        };
        Ok(base.or_else(|| overlay.cloned()))
    }

    /// The sorted names in the directory at `path`, which has no links.
    fn names(&self, path: &Path) -> std::io::Result<Vec<OsString>> {
        let overlay = self.overlay.names(path);
        let mut names = match &self.base {
            Base::Directory(root) => directory::names(root, path, overlay.is_some())?,
            Base::Archive(archive) => archive.index.names(path).unwrap_or_default(),
        };
        names.extend(overlay.unwrap_or_default());
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }
}
