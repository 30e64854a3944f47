//! Bytes to facts about one ELF image. Nothing here judges: what is odd is recorded, and rules decide.
//!
//! The format is that of the System V gABI and of the "ELF for the Arm 64-bit Architecture" supplement; names of
//! constants are those of elf(5). Only 64-bit little-endian images are read beyond their header: others are refused by
//! the `machine` rule and carry no further facts.

mod bytes;
mod code;
mod dynamic;
mod go;
mod header;
mod notes;
mod parts;
mod relocations;
mod rust;
mod sections;
mod segments;
mod symbols;

pub use bytes::Bytes;
pub use code::Comparison;
pub use dynamic::{Dynamic, tag};
pub use go::GoBuild;
pub use header::{Header, Kind, machine_name};
pub use notes::{Note, Protections};
pub use parts::Parts;
pub use relocations::{Reference, Relative, Relocations};
pub use sections::Section;
pub use segments::{Segment, kind};
pub use symbols::{Needs, Symbol, Version, symbol};

use crate::error::Error;

/// The facts of one ELF image. Addresses and sizes are in bytes; addresses are as linked, before any load bias.
#[derive(Debug)]
pub struct Image<'a> {
    /// The whole file.
    pub bytes: Bytes<'a>,
    /// The ELF header.
    pub header: Header,
    /// The program headers, in file order; empty if the image is not 64-bit little-endian.
    pub segments: Vec<Segment>,
    /// The dynamic table, if a segment points at one.
    pub dynamic: Option<Dynamic>,
    /// The section headers with their names; empty if there are none.
    pub sections: Vec<Section>,
    /// Relocations that the dynamic table declares.
    pub relocations: Relocations,
    /// What contradicts the specification or lies outside the file, one fragment each.
    pub problems: Vec<String>,
}

impl<'a> Image<'a> {
    /// Reads the facts of `data`.
    ///
    /// # Errors
    /// `input-not-elf` without the ELF magic, `input-truncated` if the file ends inside its ELF header or its program
    /// headers. Everything else that is wrong becomes an entry of [`Image::problems`].
    pub fn parse(data: &'a [u8], name: &str) -> Result<Self, Error> {
        Self::of(Bytes::new(data), name)
    }

    /// Reads the facts of a file of which perhaps only parts are at hand.
    ///
    /// # Errors
    /// As [`Image::parse`].
    pub fn of(bytes: Bytes<'a>, name: &str) -> Result<Self, Error> {
        let header = Header::parse(bytes, name)?;
        let mut image = Self {
            bytes,
            header,
            segments: Vec::new(),
            dynamic: None,
            sections: Vec::new(),
            relocations: Relocations::default(),
            problems: Vec::new(),
        };
        if image.header.is_64_bit && image.header.is_little_endian {
            image.segments = segments::parse(bytes, &image.header, name, &mut image.problems)?;
            image.sections = sections::parse(bytes, &image.header, &mut image.problems);
            image.dynamic = dynamic::parse(&image.segments, bytes, &mut image.problems);
            let relocations = relocations::parse(&image);
            image.relocations = relocations;
        }
        Ok(image)
    }

    /// The segments of one type, see [`kind`].
    pub fn segments_of(&self, kind: u32) -> impl Iterator<Item = &Segment> {
        self.segments.iter().filter(move |s| s.kind == kind)
    }

    /// The PT_LOAD segments with their bytes, as long as they have no more bytes together than the file twice: damaged
    /// headers may show the same bytes again and again.
    fn loaded(&self) -> impl Iterator<Item = (&Segment, &'a [u8])> {
        let mut budget = self.bytes.len().saturating_mul(2);
        self.segments_of(kind::LOAD).map_while(move |segment| {
            budget = budget.checked_sub(segment.file_size)?;
            Some((segment, self.bytes.slice(segment.offset, segment.file_size).unwrap_or_default()))
        })
    }

    /// It is a position-independent program: ET_DYN with DF_1_PIE, by which linkers tell it from a shared object.
    pub fn is_pie(&self) -> bool {
        const DF_1_PIE: u64 = 0x0800_0000;
        let marked = self.dynamic.as_ref().is_some_and(|d| d.has_flag(tag::FLAGS_1, DF_1_PIE));
        marked && self.header.kind == Kind::PositionIndependent
    }

    /// The path that PT_INTERP names, without its NUL.
    pub fn interpreter(&self) -> Option<String> {
        let segment = self.segments_of(kind::INTERP).next()?;
        let raw = self.bytes.slice(segment.offset, segment.file_size).unwrap_or(b"");
        let end = raw.iter().position(|&b| b == 0).unwrap_or(raw.len());
        Some(String::from_utf8_lossy(&raw[..end]).into_owned())
    }

    /// The address at which the program headers are mapped, if a PT_LOAD segment brings them.
    pub fn address_of_segment_table(&self) -> Option<u64> {
        let offset = self.header.segment_table.offset;
        self.segments_of(kind::LOAD).find_map(|s| {
            let within = offset.checked_sub(s.offset)?;
            (within < s.file_size).then(|| s.address.wrapping_add(within))
        })
    }

    /// Where the bytes at `address` are in the file, if a PT_LOAD segment brings them from there.
    pub fn offset_of(&self, address: u64) -> Option<u64> {
        self.segments_of(kind::LOAD).find_map(|s| {
            let within = address.checked_sub(s.address)?;
            (within < s.file_size).then(|| s.offset.checked_add(within)).flatten()
        })
    }

    /// The 64-bit word that the file holds for `address`.
    pub fn word_at(&self, address: u64) -> Option<u64> {
        self.bytes.u64(self.offset_of(address)?)
    }

    /// The bytes of the section called `name`, if it has any in the file.
    pub fn section_bytes(&self, name: &str) -> Option<&'a [u8]> {
        let section = self.sections.iter().find(|s| s.name == name && s.kind != sections::NOBITS)?;
        self.bytes.slice(section.offset, section.size)
    }

    /// The strings of a dynamic tag such as DT_NEEDED, resolved through DT_STRTAB. Together they are no longer than the
    /// file: what a hostile table repeats beyond that is left out.
    pub fn dynamic_strings(&self, tag: u64) -> Vec<String> {
        // Search paths of some distributions have several KiB.
        const LONGEST: usize = 1 << 16;
        let Some(dynamic) = &self.dynamic else { return Vec::new() };
        let table = dynamic.value(self::tag::STRTAB).and_then(|address| self.offset_of(address));
        let mut left = self.bytes.len();
        dynamic
            .values(tag)
            .map_while(|offset| {
                let text = table.and_then(|t| self.bytes.c_string_within(t.checked_add(offset)?, LONGEST));
                let text =
                    text.map_or_else(|| format!("<string {offset:#x} outside the file>"), |t| t.to_string());
                left = left.checked_sub(text.len() as u64)?;
                Some(text)
            })
            .collect()
    }
}
