//! An archive as a tree: its index in memory, its contents where they are.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fs::File;
use std::io::BufRead;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use super::compression::{self, Compression, Failure};
use super::index::{Index, Refusal};
use super::obstacle::shown;
use super::resolve::{NAME, PATH};
use super::source::{Source, Stream};
use super::{Sort, cpio, tar};
use crate::error::{Code, Error};

/// The most bytes to which the compressed parts of an archive may unpack together: 4 GiB, all in memory.
pub const LIMIT: u64 = 4 << 30;

/// Bytes in which a format is recognised, and zeros before it skipped.
const HEAD: usize = 4096;

/// An indexed archive.
#[derive(Debug)]
pub(super) struct Archive {
    pub(super) index: Index,
    /// The archive itself, then each part of it that was unpacked.
    sources: Vec<Source>,
}

/// What the archive in `file` is; `name` stands for it in errors.
pub(super) fn sort_of(file: File, name: &str) -> Result<Option<Sort>, Error> {
    let image = Image { name, part: None };
    let source = Source::file(file).map_err(|error| image.unreadable(&error))?;
    image.sort(&source)
}

impl Archive {
    pub(super) fn from_file(file: File, name: &str) -> Result<Self, Error> {
        let source = Source::file(file).map_err(|error| Image { name, part: None }.unreadable(&error))?;
        Self::new(source, name, LIMIT)
    }

    pub(super) fn from_bytes(bytes: Vec<u8>, name: &str) -> Result<Self, Error> {
        Self::new(Source::Memory(bytes), name, LIMIT)
    }

    /// Indexes the archive, unpacking at most `limit` bytes.
    pub(super) fn new(source: Source, name: &str, limit: u64) -> Result<Self, Error> {
        let image = Image { name, part: None };
        let mut archive = Self { index: Index::new(), sources: vec![source] };
        match image.sort(&archive.sources[0])? {
            Some(Sort::Cpio) => archive.read_initramfs(&image, limit)?,
            Some(_) => archive.read_tar(&image, limit)?,
            None => return Err(image.unknown(&archive.sources[0])),
        }
        Ok(archive)
    }

    pub(super) fn read(&self, source: usize, offset: u64, size: usize) -> Result<Cow<'_, [u8]>, Error> {
        let read = self.sources.get(source).map(|source| source.read(offset, size));
        let because = match read {
            Some(Ok(bytes)) if bytes.len() == size => return Ok(bytes),
            Some(Err(error)) => error.to_string(),
            _ => "it ends too early".to_owned(),
        };
        Err(Error::new(
            Code::InputUnreadable,
            format!(
                "the image cannot be read at offset {offset} ({because}): is something changing the file?"
            ),
        ))
    }

    /// cpio archives, zeros and compressed parts in any mix, as init/initramfs.c unpacks them.
    fn read_initramfs(&mut self, image: &Image, limit: u64) -> Result<(), Error> {
        let mut left = limit;
        let mut at = 0;
        while let Some(start) = image.after_zeros(&self.sources[0], at)? {
            let head = self.sources[0].read(start, 6).map_err(|error| image.unreadable(&error))?;
            let Some(compression) = Compression::of(&head) else {
                at = cpio::read(&self.sources[0], 0, start, &mut self.index, image)?;
                continue;
            };
            let (unpacked, end) = image.unpack(&self.sources[0], start, compression, left)?;
            left -= unpacked.len() as u64;
            at = end;
            let source = Source::Memory(unpacked);
            let part = Image { part: Some((compression, start)), ..*image };
            let mut inner = 0;
            while let Some(start) = part.after_zeros(&source, inner)? {
                inner = cpio::read(&source, self.sources.len(), start, &mut self.index, &part)?;
            }
            self.sources.push(source);
        }
        Ok(())
    }

    /// A tar, or one in any number of gzip members, xz streams or zstd frames.
    fn read_tar(&mut self, image: &Image, limit: u64) -> Result<(), Error> {
        let head = self.sources[0].read(0, HEAD).map_err(|error| image.unreadable(&error))?;
        let Some(compression) = Compression::of(&head) else {
            return tar::read(&self.sources[0], 0, &mut self.index, image);
        };
        let mut unpacked = Vec::new();
        let mut next = Some(0);
        while let Some(start) = next {
            let head = self.sources[0].read(start, 6).map_err(|error| image.unreadable(&error))?;
            if Compression::of(&head) != Some(compression) {
                return Err(image.invalid(
                    start,
                    &format!(
                        "bytes that are no {} data follow compressed ones: was something appended?",
                        compression.name()
                    ),
                ));
            }
            let (more, end) =
                image.unpack(&self.sources[0], start, compression, limit - unpacked.len() as u64)?;
            if unpacked.is_empty() {
                unpacked = more;
            } else {
                unpacked.extend(more);
            }
            next = image.after_zeros(&self.sources[0], end)?;
        }
        let source = Source::Memory(unpacked);
        let part = Image { part: Some((compression, 0)), ..*image };
        tar::read(&source, 1, &mut self.index, &part)?;
        self.sources.push(source);
        Ok(())
    }
}

/// What errors call the archive: its name, and the compressed part of it that offsets count in, with its own offset.
#[derive(Clone, Copy)]
pub(super) struct Image<'a> {
    name: &'a str,
    part: Option<(Compression, u64)>,
}

impl Image<'_> {
    fn sort(&self, source: &Source) -> Result<Option<Sort>, Error> {
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
    fn unknown(&self, source: &Source) -> Error {
        let head = source.read(0, 6).unwrap_or_default();
        match &*head {
            [] => self.truncated(0, "the file is empty: was the copy interrupted?"),
            [0xc7, 0x71, ..] | [0x71, 0xc7, ..] => self.old(0, "old binary"),
            head => self.invalid(
                0,
                &format!(
                    "it starts with {}: neither a newc cpio (070701, 070702) nor a tar, plain or compressed by gzip, xz \
                     or zstd",
                    head.escape_ascii()
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
    fn after_zeros(&self, source: &Source, offset: u64) -> Result<Option<u64>, Error> {
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
    fn unpack(
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

    pub(super) fn unreadable(&self, error: &std::io::Error) -> Error {
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

impl std::fmt::Display for Image<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
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
