//! The parts of an ELF file that its headers lead to, read without the rest: of a large library a few kilobytes.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Bytes, dynamic, header::Header, kind, segments, tag};

/// Bytes at the start that hold the headers of most files.
const HEAD: u64 = 4096;

/// The headers of a file and the tables that they lead to.
///
/// Nothing is guessed about the rest: who asks for a byte of the file that was not read gets nothing, and
/// [`Parts::missed`] says that what was concluded has to be asked again of the whole file.
#[derive(Debug)]
pub struct Parts {
    size: u64,
    read: Vec<(u64, Vec<u8>)>,
    missed: AtomicBool,
}

impl Parts {
    /// Reads them from a file of `size` bytes; `read` fills a buffer from an offset.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn read(size: u64, read: impl Fn(u64, &mut [u8]) -> io::Result<()>) -> io::Result<Self> {
        let mut parts = Self { size, read: Vec::new(), missed: AtomicBool::new(false) };
        parts.add(0, HEAD.min(size), &read)?;
        let Ok(header) = Header::parse(Bytes::parts(&parts), "") else { return Ok(parts) };
        if !header.is_64_bit || !header.is_little_endian {
            return Ok(parts);
        }
        for table in [header.segment_table, header.section_table] {
            parts.add(table.offset, u64::from(table.entry) * u64::from(table.count), &read)?;
        }
        let names = header.section_table.offset.saturating_add(u64::from(header.section_names) * 64);
        let bytes = Bytes::parts(&parts);
        if let (Some(offset), Some(size)) =
            (bytes.u64(names.saturating_add(24)), bytes.u64(names.saturating_add(32)))
        {
            parts.add(offset, size, &read)?;
        }
        let Ok(found) = segments::parse(Bytes::parts(&parts), &header, "", &mut Vec::new()) else {
            return Ok(parts);
        };
        for segment in found.iter().filter(|s| matches!(s.kind, kind::DYNAMIC | kind::INTERP | kind::NOTE)) {
            parts.add(segment.offset, segment.file_size, &read)?;
        }
        if let Some((offset, size)) = dynamic_tables(&found, Bytes::parts(&parts)) {
            parts.add(offset, size, &read)?;
        }
        // What was asked for until here was only to find out what there is.
        parts.missed.store(false, Ordering::Relaxed);
        Ok(parts)
    }

    /// Reads `size` bytes from `offset` unless they are at hand or not all in the file. All parts together are no larger
    /// than the file: hostile headers may ask for the same bytes again and again, and what is left out is a miss.
    fn add(
        &mut self,
        offset: u64,
        size: u64,
        read: &impl Fn(u64, &mut [u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let is_inside = offset.checked_add(size).is_some_and(|end| end <= self.size);
        let left = self.size.saturating_sub(self.read.iter().map(|(_, part)| part.len() as u64).sum());
        if size == 0 || size > left || !is_inside || self.find(offset, size).is_some() {
            return Ok(());
        }
        let mut bytes = vec![0; usize::try_from(size).map_err(io::Error::other)?];
        read(offset, &mut bytes)?;
        self.read.push((offset, bytes));
        Ok(())
    }

    /// Bytes were asked for that are in the file and were not read.
    pub fn missed(&self) -> bool {
        self.missed.load(Ordering::Relaxed)
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// `size` bytes from `offset`.
    pub(super) fn slice(&self, offset: u64, size: u64) -> Option<&[u8]> {
        let found = self.find(offset, size);
        if found.is_none() && offset.checked_add(size).is_some_and(|end| end <= self.size) {
            self.missed.store(true, Ordering::Relaxed);
        }
        found
    }

    /// The bytes from `offset` to the end of the part that reaches furthest, and whether that is the end of the file.
    pub(super) fn from(&self, offset: u64) -> Option<(&[u8], bool)> {
        let reaching = self.read.iter().filter(|(start, part)| within(*start, part, offset, 1).is_some());
        let (start, part) = reaching.max_by_key(|(start, part)| start + part.len() as u64)?;
        Some((part.get((offset - start) as usize..)?, start + part.len() as u64 == self.size))
    }

    pub(super) fn miss(&self) {
        self.missed.store(true, Ordering::Relaxed);
    }

    fn find(&self, offset: u64, size: u64) -> Option<&[u8]> {
        self.read.iter().find_map(|(start, part)| within(*start, part, offset, size))
    }
}

fn within(start: u64, part: &[u8], offset: u64, size: u64) -> Option<&[u8]> {
    let from = usize::try_from(offset.checked_sub(start)?).ok()?;
    part.get(from..from.checked_add(usize::try_from(size).ok()?)?)
}

/// Offset and size of the bytes from the first to the last table that the dynamic table names: linkers put them side by
/// side.
fn dynamic_tables(segments: &[super::Segment], bytes: Bytes) -> Option<(u64, u64)> {
    let dynamic = dynamic::parse(segments, bytes, &mut Vec::new())?;
    // The tables without a size here lie between the others; the last of them is found out by asking for it.
    let tables = [
        (tag::STRTAB, Some(tag::STRSZ)),
        (tag::RELA, Some(tag::RELASZ)),
        (tag::JMPREL, Some(tag::PLTRELSZ)),
        (tag::RELR, Some(tag::RELRSZ)),
        (tag::SYMTAB, None),
        (tag::HASH, None),
        (tag::GNU_HASH, None),
        (tag::VERSYM, None),
        (tag::VERNEED, None),
        (tag::VERDEF, None),
    ];
    let ranges = tables.into_iter().filter_map(|(address, size)| {
        let address = dynamic.value(address)?;
        let segment = segments
            .iter()
            .find(|s| s.kind == kind::LOAD && address.wrapping_sub(s.address) < s.file_size)?;
        let offset = segment.offset.checked_add(address - segment.address)?;
        let size = size.and_then(|tag| dynamic.value(tag)).unwrap_or(0);
        Some((offset, offset.checked_add(size)?.min(bytes.len())))
    });
    let (start, end) = ranges.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))?;
    end.checked_sub(start).map(|size| (start, size))
}
