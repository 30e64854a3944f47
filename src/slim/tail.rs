//! Zeros at the end of the last segment: the kernel makes them itself.
//!
//! Memory behind p_filesz up to p_memsz is zero: loaders map the pages behind and clear the rest of the page in between
//! (fs/binfmt_elf.c, padzero; glibc elf/dl-map-segments.h; musl ldso/dynlink.c, map_library). Clearing needs write
//! access, so that only a writable segment may end earlier: for any other the kernel skips it or refuses the file.

use super::refuse::headers;
use crate::elf::{Image, kind};

/// Where the last PT_LOAD segment ends instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct End {
    /// The segment's index among the program headers.
    pub segment: usize,
    /// Its new `p_filesz`.
    pub file_size: u64,
    /// Zeros less in the file.
    pub removed: u64,
}

/// The new end of the last PT_LOAD segment, if it may end earlier. It keeps at least one byte, so that the loaders take
/// the same way as before, and whatever another program header leads to.
pub(super) fn end_of_last_segment(image: &Image, content: &[u8]) -> Option<End> {
    let (index, last) = image.segments.iter().enumerate().rfind(|(_, s)| s.kind == kind::LOAD)?;
    let end = last.offset.checked_add(last.file_size)?;
    if !last.is_writable() || last.file_size == 0 {
        return None;
    }
    let bytes = content.get(last.offset as usize..end as usize)?;
    let used = bytes.iter().rposition(|&b| b != 0).unwrap_or(0) as u64 + 1;
    let others = image.segments.iter().enumerate().filter(|(i, s)| *i != index && s.kind != 0);
    let needed = others
        .filter_map(|(_, s)| Some((s.offset, s.offset.checked_add(s.file_size)?)))
        .chain(headers(image))
        .filter(|&(start, stop)| start <= end && stop > last.offset)
        .map(|(_, stop)| stop.min(end) - last.offset)
        .max()
        .unwrap_or(0);
    let file_size = used.max(needed);
    let removed = last.file_size.checked_sub(file_size)?;
    (removed != 0).then_some(End { segment: index, file_size, removed })
}
