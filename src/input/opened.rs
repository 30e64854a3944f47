//! A file that is open, with what the kernel said of it then: what is read of it is one state of it, or an error.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::{because, not_regular, special};
use crate::error::{Code, Error};

/// A regular file that is open for reading. Whoever reads to its end, or beyond the one that it had, gets `input-changed`
/// there, as the cause of an [`io::Error`], if it is not what it was when it was opened; whoever does not asks
/// [`Self::unchanged`].
///
/// What tells is device, inode, mode, size, mtime and ctime of the open file (inode(7)), and device and inode of what its
/// path leads to then. Reading sets only atime, which is not compared. Files below /proc and /sys pass: the kernel makes
/// their bytes anew for whoever reads them, but not their inode while it is open.
///
/// What no time tells is not seen. Before Linux 6.13 and on file systems without fine times, a second write in the same
/// tick of the clock, 10 ms at most (on FAT 2 s), has the time of the first: what is said is then of bytes that were read
/// partly before and partly after it. What a program writes through a mapping may set the times late (mmap(2)), and of
/// what other machines write this one hears late (nfs(5), `ac`). Nor is a writer seen who sets mtime back, if the file gets
/// another name meanwhile: that sets ctime too.
#[derive(Debug)]
pub struct Opened {
    file: File,
    path: PathBuf,
    before: Metadata,
    /// Bytes read by [`Read`].
    read: u64,
    /// Its path must lead to it to the end.
    stays: bool,
}

impl Opened {
    /// See [`super::open`].
    pub(super) fn at(path: &Path) -> Result<Self, Error> {
        let file = open(path, 0).map_err(|error| special(path).unwrap_or_else(|| because(path, &error)))?;
        let before = file.metadata().map_err(|error| because(path, &error))?;
        if !before.is_file() {
            return Err(special(path).unwrap_or_else(|| not_regular(path, "is not a regular file")));
        }
        Ok(Self { file, path: path.to_owned(), before, read: 0, stays: true })
    }

    /// The regular file at `path`, which must be the one that was `found` there (lstat(2)). A link or FIFO that took its
    /// place meanwhile is not followed or waited for.
    ///
    /// Another file may take its place later: Nix puts one with the same bytes there (auto-optimise-store), with no regard
    /// to who reads.
    ///
    /// # Errors
    /// `input-changed` if it is another file, or was changed; one of the other `input-…` codes if it cannot be opened.
    pub fn found(path: &Path, found: &Metadata) -> Result<Self, Error> {
        let file = open(path, libc::O_NOFOLLOW).map_err(|error| because(path, &error))?;
        let opened = Self { file, path: path.to_owned(), before: found.clone(), read: 0, stays: false };
        opened.unchanged()?;
        Ok(opened)
    }

    /// Standard input, if a regular file was redirected there: who reads it sees its changes as those of any other.
    ///
    /// # Errors
    /// Those of the kernel, for a descriptor that is closed.
    pub fn standard_input() -> io::Result<Option<Self>> {
        let file = File::from(io::stdin().as_fd().try_clone_to_owned()?);
        let before = file.metadata()?;
        let path = PathBuf::from("standard input");
        Ok(before.is_file().then_some(Self { file, path, before, read: 0, stays: false }))
    }

    /// How many bytes it said it has when it was opened. Files below /proc say 0 and have some.
    pub fn size(&self) -> u64 {
        self.before.len()
    }

    /// What else the kernel said then.
    pub fn metadata(&self) -> &Metadata {
        &self.before
    }

    /// The file itself, for reading at offsets. Its end tells nothing: ask [`Self::unchanged`].
    pub fn file(&self) -> &File {
        &self.file
    }

    /// The file alone, for whoever does not care if it changes.
    pub fn into_file(self) -> File {
        self.file
    }

    /// That the file is what it was when it was opened, as far as the kernel tells: see [`Opened`]. To be asked after the last
    /// byte was read.
    ///
    /// # Errors
    /// `input-changed`; `input-unreadable` if the kernel says nothing of it any more.
    pub fn unchanged(&self) -> Result<(), Error> {
        // The path first: renaming sets ctime too, and says less.
        if self.stays {
            match fs::metadata(&self.path) {
                Ok(there) if identity(&there) == identity(&self.before) => {}
                Ok(_) => return Err(self.changed("another file took its place")),
                Err(error) => {
                    return Err(self.changed(&format!("its path does not lead to it any more, {error}")));
                }
            }
        }
        let after = self.file.metadata().map_err(|error| because(&self.path, &error))?;
        match difference(&self.before, &after) {
            Some(what) => Err(self.changed(&what)),
            None => Ok(()),
        }
    }

    fn changed(&self, what: &str) -> Error {
        Error::new(
            Code::InputChanged,
            format!(
                "{} was changed or replaced while it was read ({what}): what was read may be no state that it ever had, so \
                 nothing is said of it; stop what writes to it, or copy it and name the copy",
                self.path.display()
            ),
        )
    }
}

impl Read for Opened {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.read += count as u64;
        // A file that grows as fast as it is read has no end.
        if (count == 0 && !buffer.is_empty()) || self.read > self.size() {
            self.unchanged().map_err(io::Error::other)?;
        }
        Ok(count)
    }
}

fn open(path: &Path, flags: libc::c_int) -> io::Result<File> {
    // O_NONBLOCK: opening a FIFO without a writer must not wait for one. It has no effect on regular files (open(2)).
    let flags = flags | libc::O_NONBLOCK | libc::O_NOCTTY;
    File::options().read(true).custom_flags(flags).open(path)
}

fn identity(of: &Metadata) -> (u64, u64) {
    (of.dev(), of.ino())
}

/// What is different between two looks at a file, in words.
fn difference(before: &Metadata, after: &Metadata) -> Option<String> {
    let written = |of: &Metadata| (of.mtime(), of.mtime_nsec());
    let touched = |of: &Metadata| (of.ctime(), of.ctime_nsec());
    // A name more or less sets ctime too, and is what Nix gives to files that are alike (auto-optimise-store).
    let named = before.nlink() != after.nlink();
    if identity(before) != identity(after) {
        Some(format!("another file took its place: inode {}, now {}", before.ino(), after.ino()))
    } else if before.len() != after.len() {
        Some(format!("it had {} bytes and has {}", before.len(), after.len()))
    } else if written(before) != written(after) {
        Some("it was written to: its mtime is another".into())
    } else if before.mode() != after.mode() {
        Some(format!("its mode was {:04o} and is {:04o}", before.mode() & 0o7777, after.mode() & 0o7777))
    } else if !named && touched(before) != touched(after) {
        Some("it was written to, or its times, owner or attributes were set: its ctime is another".into())
    } else {
        None
    }
}
