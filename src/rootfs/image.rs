//! An archive while it is read: what it is, where its parts are, and what is said of it in errors.

use std::ffi::OsStr;
use std::fmt;
use std::io::{self, BufRead};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use super::archive::LIMIT;
use super::compression::{self, Compression, Failure};
use super::index::Refusal;
use super::resolve::{NAME, PATH};
use super::source::{Source, Stream};
use super::{Sort, tar};
use crate::error::{Code, Error};
use crate::visible::shown;

/// Bytes in which a format is recognised, and zeros before it skipped.
const HEAD: usize = 4096;

/// What errors call the archive: its name, and the compressed part of it that offsets count in, with its own offset.
#[derive(Clone, Copy)]
pub(super) struct Image<'a> {
    pub(super) name: &'a str,
    pub(super) part: Option<(Compression, u64)>,
}

impl Image<'_> {
    pub(super) fn sort(&self, source: &Source) -> Result<Option<Sort>, Error> {
        let head = source.read(0, HEAD).map_err(|error| self.unreadable(&error))?;
        let zeros = head.iter().take_while(|byte| **byte == 0).count();
        if let Some(compression) = Compression::of(&head[zeros..]) {
            if let Compression::Unread(name) = compression {
                // Three bytes somewhere in an ordinary file are no sign of it.
                return if zeros == 0 { Err(self.unread(0, name)) } else { Ok(None) };
            }
            let head = compression::peek(source, zeros as u64, compression, HEAD);
            let inner = head.iter().take_while(|byte| **byte == 0).count();
            return Ok(match plain(&head[inner..]) {
                // Only an initramfs has zeros before.
                Some(Sort::Tar) if zeros + inner > 0 => None,
                sort => sort,
            });
        }
        match plain(&head[zeros..]) {
            Some(Sort::Tar) if zeros > 0 => Ok(None),
            None if head.starts_with(b"070707") => Err(self.old(0, "odc (070707)")),
            sort => Ok(sort),
        }
    }

    /// The refusal of a file that is no archive.
    pub(super) fn unknown(&self, source: &Source) -> Error {
        let head = source.read(0, 6).unwrap_or_default();
        let compression = Compression::of(&head);
        if let Some(Err(error)) = compression.map(|compression| self.unpack(source, 0, compression, LIMIT)) {
            return error;
        }
        match &*head {
            [] => self.truncated(0, "the file is empty: was the copy interrupted?"),
            [0xc7, 0x71, ..] | [0x71, 0xc7, ..] => self.old(0, "old binary"),
            head => self.invalid(
                0,
                &format!(
                    "it starts with {}: neither a newc cpio (070701, 070702) nor a tar, plain or compressed by gzip, xz \
                     or zstd",
                    compression.map_or_else(|| head.escape_ascii().to_string(), |it| format!("{} data", it.name()))
                ),
            ),
        }
    }

    /// The refusal of another cpio format.
    pub(super) fn old(&self, offset: u64, format: &str) -> Error {
        self.unsupported(
            offset,
            &format!("a cpio archive in the {format} format: the kernel reads only newc; make it with cpio -o -H newc"),
        )
    }

    /// Where the next byte that is not zero is.
    pub(super) fn after_zeros(&self, source: &Source, offset: u64) -> Result<Option<u64>, Error> {
        let mut stream = Stream::new(source, offset);
        loop {
            let ahead = stream.fill_buf().map_err(|error| self.unreadable(&error))?;
            let (size, zeros) = (ahead.len(), ahead.iter().take_while(|byte| **byte == 0).count());
            if size == 0 {
                return Ok(None);
            }
            stream.consume(zeros);
            if zeros < size {
                return Ok(Some(stream.position()));
            }
        }
    }

    /// The unpacked bytes of the part at `offset`, and where it ends.
    pub(super) fn unpack(
        &self,
        source: &Source,
        offset: u64,
        compression: Compression,
        limit: u64,
    ) -> Result<(Vec<u8>, u64), Error> {
        let name = compression.name();
        let mut unpacked = Vec::new();
        match compression::unpack(source, offset, compression, limit, &mut unpacked) {
            Ok(end) => Ok((unpacked, end)),
            Err(Failure::Truncated) => Err(self.truncated(
                source.size(),
                &format!("the {name} data that starts at offset {offset} is cut short: was the copy interrupted?"),
            )),
            Err(Failure::TooLarge) => Err(Error::new(
                Code::ImageTooLarge,
                format!(
                    "{self}, offset {offset}: the {name} data unpacks to more than is left of {LIMIT} bytes (4 GiB), which \
                     are kept in memory; unpack it and name the archive inside, or a directory"
                ),
            )),
            Err(Failure::Unread(name)) => Err(self.unread(offset, name)),
            Err(Failure::Damaged(because)) => Err(self.invalid(
                offset,
                &format!("the {name} data that starts here cannot be unpacked ({because}): compare it with its origin"),
            )),
        }
    }

    fn unread(&self, offset: u64, compression: &str) -> Error {
        self.unsupported(
            offset,
            &format!("data compressed by {compression}: gzip, xz and zstd are read; compress it anew with one of them"),
        )
    }

    pub(super) fn unreadable(&self, error: &io::Error) -> Error {
        Error::new(
            Code::InputUnreadable,
            format!("{self} cannot be read ({error}): judging needs its bytes; check owner and mode"),
        )
    }

    fn error(&self, code: Code, offset: u64, text: &str) -> Error {
        Error::new(code, format!("{self}, offset {offset}: {text}"))
    }

    pub(super) fn invalid(&self, offset: u64, text: &str) -> Error {
        self.error(Code::ImageInvalid, offset, text)
    }

    pub(super) fn truncated(&self, offset: u64, text: &str) -> Error {
        self.error(Code::ImageTruncated, offset, text)
    }

    pub(super) fn unsupported(&self, offset: u64, text: &str) -> Error {
        self.error(Code::ImageUnsupported, offset, text)
    }

    /// The path that a member's name means: absolute, without `.`.
    pub(super) fn path(&self, offset: u64, name: &[u8]) -> Result<PathBuf, Error> {
        let mut path = PathBuf::from("/");
        for part in name.split(|byte| *byte == b'/') {
            if part == b".." {
                return Err(self.invalid(
                    offset,
                    &format!(
                        "the name {} has a .. component: it could leave the root; pack the folder itself",
                        text(name)
                    ),
                ));
            }
            if part.len() > NAME {
                return Err(self.invalid(
                    offset,
                    &format!(
                        "a component of {} bytes in the name {}…: no Linux file system has more than {NAME}",
                        part.len(),
                        text(&name[..name.len().min(40)])
                    ),
                ));
            }
            if !part.is_empty() && part != b"." {
                path.push(OsStr::from_bytes(part));
            }
        }
        if path.as_os_str().len() >= PATH {
            return Err(self.invalid(
                offset,
                &format!(
                    "the name {}… has {} bytes: Linux has no paths of {PATH} or more",
                    text(&name[..40.min(name.len())]),
                    name.len()
                ),
            ));
        }
        Ok(path)
    }

    /// Why the member `name` cannot be in the tree.
    pub(super) fn refused(&self, offset: u64, name: &[u8], refusal: &Refusal) -> Error {
        let name = text(name);
        match refusal {
            Refusal::NotDirectory(folder) => self.invalid(
                offset,
                &format!(
                    "{name} is below {folder}, where something is no directory: unpacking would leave it out"
                ),
            ),
            Refusal::Nowhere(folder) => self.invalid(
                offset,
                &format!(
                    "{name} is below {folder}, where a link leads nowhere: unpacking would leave it out"
                ),
            ),
            Refusal::Directory => self.invalid(
                offset,
                &format!(
                    "{name} would take the place of a folder that is not empty: unpacking would leave it out"
                ),
            ),
            Refusal::TooMany => Error::new(
                Code::ImageTooLarge,
                format!(
                    "{self}, offset {offset}: {name} is one file or folder too many to index: no device has millions"
                ),
            ),
        }
    }
}

impl fmt::Display for Image<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        self.part.map_or(Ok(()), |(compression, offset)| {
            write!(f, ", unpacked {} data of offset {offset}", compression.name())
        })
    }
}

/// A name as text.
pub(super) fn text(name: &[u8]) -> String {
    shown(OsStr::from_bytes(name).as_ref())
}

/// What uncompressed bytes are.
fn plain(head: &[u8]) -> Option<Sort> {
    if head.starts_with(b"070701") || head.starts_with(b"070702") {
        Some(Sort::Cpio)
    } else if tar::is_header(head) {
        Some(Sort::Tar)
    } else {
        None
    }
}
