//! Entries of the dynamic table of a static program that nobody reads.
//!
//! Only DT_DEBUG is taken out. A dynamic loader stores there where a debugger finds the list of libraries (gABI, "Dynamic
//! Section"); a program without one has no list. musl's start code reads only relocations (ldso/dlstart.c), glibc's
//! stores the address of an empty list if the entry is there and goes on if not (elf/dl-reloc-static-pie.c). All other
//! entries stay: docs/slim.md says who reads them.

use super::refuse::{field, headers};
use super::sections::HEADER;
use crate::elf::{Image, Kind, kind, tag};

const DT_DEBUG: u64 = 21;
const DF_1_PIE: u64 = 0x0800_0000;
const ENTRY: usize = 16;
/// Where no entry says how far it is from another (DT_MIPS_RLD_MAP_REL is one that does).
const MACHINES: [u16; 2] = [62, 183];

/// Takes unread entries out of the dynamic table in `content`, the bytes of `image`, and returns their names.
pub(super) fn drop_unread(image: &Image, content: &mut [u8]) -> Vec<&'static str> {
    let Some(range) = table_of_a_static_program(image) else { return Vec::new() };
    let Some(table) = content.get_mut(range) else { return Vec::new() };
    let tag = |entry: &[u8]| u64::from_le_bytes(entry[..8].try_into().unwrap_or_default());
    let used = table.chunks_exact(ENTRY).take_while(|entry| tag(entry) != 0).count() * ENTRY;
    let mut kept: Vec<u8> = Vec::with_capacity(used);
    for entry in table[..used].chunks_exact(ENTRY).filter(|entry| tag(entry) != DT_DEBUG) {
        kept.extend_from_slice(entry);
    }
    if kept.len() == used {
        return Vec::new();
    }
    // The freed entries become DT_NULL, of which the first ends the table.
    kept.resize(used, 0);
    table[..used].copy_from_slice(&kept);
    vec!["DT_DEBUG"]
}

/// Where the dynamic table is in the file, if the file is a program that needs no loader and is no library.
fn table_of_a_static_program(image: &Image) -> Option<std::ops::Range<usize>> {
    let dynamic = image.dynamic.as_ref()?;
    let is_program = image.header.kind == Kind::Executable || dynamic.has_flag(tag::FLAGS_1, DF_1_PIE);
    let is_static = image.segments_of(kind::INTERP).next().is_none()
        && dynamic.value(tag::NEEDED).is_none()
        && dynamic.value(tag::SONAME).is_none();
    if !is_program || !is_static || !MACHINES.contains(&image.header.machine) {
        return None;
    }
    let segment = image.segments_of(kind::DYNAMIC).next()?;
    let (start, end) = (segment.offset, segment.offset.checked_add(segment.file_size)?);
    // What is loaded there must be these bytes, and no header may be among them.
    let is_loaded = image.offset_of(segment.address) == Some(start);
    let table = image.bytes.u64(field::SECTION_HEADERS)?;
    let names = image.sections.get(usize::from(image.bytes.u16(field::SECTION_NAMES)?));
    let is_apart = headers(image)
        .into_iter()
        .chain([(table, table.checked_add((image.sections.len() * HEADER) as u64)?)])
        .chain(names.map(|s| (s.offset, s.offset.saturating_add(s.size))))
        .all(|(from, to)| to <= start || end <= from);
    (is_loaded && is_apart).then_some(start as usize..end as usize)
}
