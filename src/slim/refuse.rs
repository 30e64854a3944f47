//! What is not made smaller: files whose meaning is not only what is loaded, and files that contradict themselves.

use crate::elf::{Image, Kind, kind};
use crate::error::{Code, Error};

const SIZE_OF_ELF_HEADER: u64 = 64;
const SIZE_OF_PROGRAM_HEADER: u64 = 56;
const ET_REL: u16 = 1;
const ET_CORE: u16 = 4;
const PN_XNUM: u16 = 0xffff;
const SHN_XINDEX: u16 = 0xffff;
const SHT_NOBITS: u32 = 8;

/// Offsets of fields of the ELF header.
pub(super) mod field {
    /// `e_phoff`, 8 bytes.
    pub const PROGRAM_HEADERS: u64 = 32;
    /// `e_shoff`, 8 bytes.
    pub const SECTION_HEADERS: u64 = 40;
    /// `e_phnum`, 2 bytes.
    pub const PROGRAM_HEADER_COUNT: u64 = 56;
    /// `e_shnum`, 2 bytes.
    pub const SECTION_HEADER_COUNT: u64 = 60;
    /// `e_shstrndx`, 2 bytes.
    pub const SECTION_NAMES: u64 = 62;
}

/// Where the ELF header and the program headers are: start and end in the file.
pub(super) fn headers(image: &Image) -> [(u64, u64); 2] {
    let start = image.bytes.u64(field::PROGRAM_HEADERS).unwrap_or_default();
    let size = image.segments.len() as u64 * SIZE_OF_PROGRAM_HEADER;
    [(0, SIZE_OF_ELF_HEADER), (start, start.saturating_add(size))]
}

/// Refuses what cannot be rewritten with certainty.
pub(super) fn inspect(image: &Image, name: &str) -> Result<(), Error> {
    let refuse = |code, why: String| Err(Error::new(code, format!("{name} {why}")));
    if !image.header.is_64_bit || !image.header.is_little_endian {
        return refuse(
            Code::SlimClass,
            "is not a 64-bit little-endian file: only those are made smaller; use strip(1) of its toolchain"
                .into(),
        );
    }
    match image.header.kind {
        Kind::Executable | Kind::PositionIndependent => {}
        Kind::Other(ET_REL) => {
            return refuse(
                Code::SlimKind,
                "is an object file or a kernel module (ET_REL): linkers and kernels read its sections and symbols; \
                 use strip --strip-debug"
                    .into(),
            );
        }
        Kind::Other(ET_CORE) => {
            return refuse(Code::SlimKind, "is a core file: all of it is for debuggers; compress it".into());
        }
        Kind::Other(other) => {
            return refuse(
                Code::SlimKind,
                format!("has the file type {other}: only programs and shared objects are made smaller"),
            );
        }
    }
    if image.sections.iter().any(|s| s.kind == SHT_NOBITS && s.is_executable() && s.size != 0) {
        return refuse(
            Code::SlimKind,
            "has code without bytes: it is the debug information of another file (objcopy --only-keep-debug); \
             name that file"
                .into(),
        );
    }
    if let Some(problem) = image.problems.first() {
        return refuse(
            Code::SlimDamaged,
            format!("contradicts itself ({problem}): what it needs is uncertain; link or copy it again"),
        );
    }
    if image.segments_of(kind::LOAD).next().is_none() {
        return refuse(Code::SlimDamaged, "has no PT_LOAD segment, so nothing of it is loaded".into());
    }
    inspect_layout(image, name)
}

fn inspect_layout(image: &Image, name: &str) -> Result<(), Error> {
    let refuse = |why: String| Err(Error::new(Code::SlimLayout, format!("{name} {why}")));
    let half = |offset| image.bytes.u16(offset).unwrap_or_default();
    let has_table = image.bytes.u64(field::SECTION_HEADERS).unwrap_or_default() != 0;
    if half(field::PROGRAM_HEADER_COUNT) == PN_XNUM
        || half(field::SECTION_NAMES) == SHN_XINDEX
        || has_table && half(field::SECTION_HEADER_COUNT) == 0
    {
        return refuse(
            "counts its headers outside the ELF header (extended numbering): no program of a device has so many"
                .into(),
        );
    }
    if headers(image)[1].0 < SIZE_OF_ELF_HEADER {
        return refuse(
            "has its program headers inside its ELF header: rewriting one would change the other".into(),
        );
    }
    let mut ranges: Vec<(u64, u64)> = image
        .segments_of(kind::LOAD)
        .filter(|s| s.file_size != 0)
        .map(|s| (s.offset, s.offset.saturating_add(s.file_size)))
        .collect();
    ranges.sort_unstable();
    if let Some(pair) = ranges.windows(2).find(|pair| pair[1].0 < pair[0].1) {
        return refuse(format!(
            "loads the bytes from {:#x} to {:#x} twice, by overlapping segments: link it again",
            pair[1].0,
            pair[0].1.min(pair[1].1)
        ));
    }
    match image.segments.iter().find(|s| s.align > 1 && !s.align.is_power_of_two()) {
        Some(segment) => refuse(format!(
            "has a segment at {:#x} that is aligned to {:#x}, no power of two: link it again",
            segment.address, segment.align
        )),
        None => Ok(()),
    }
}
