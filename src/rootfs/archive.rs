//! An archive as a tree: its index in memory, its contents where they are.

use std::borrow::Cow;
use std::fs::File;

use super::compression::Compression;
use super::image::Image;
use super::index::Index;
use super::source::Source;
use super::{Sort, cpio, tar};
use crate::error::{Code, Error};

/// The most bytes to which the compressed parts of an archive may unpack together: 4 GiB, all in memory.
pub const LIMIT: u64 = 4 << 30;

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
        let head = self.sources[0].read(0, 6).map_err(|error| image.unreadable(&error))?;
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
