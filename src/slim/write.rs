//! The new file: blocks at their new places, then sections that moved, section names and section headers.

use super::layout::Layout;
use super::names;
use super::refuse::{field, headers};
use super::sections::{Fate, HEADER, Section};
use super::tail::End;
use crate::elf::Image;
use crate::error::{Code, Error};

pub(super) struct Written {
    pub bytes: Vec<u8>,
    /// Bytes of section headers and section names.
    pub table_size: u64,
}

const SIZE_OF_PROGRAM_HEADER: usize = 56;
const SHT_STRTAB: u32 = 3;
const SHT_RELA: u32 = 4;
const SHT_REL: u32 = 9;
const SHT_DYNSYM: u32 = 11;
const SIZE_OF_SYMBOL: usize = 24;
const SHF_INFO_LINK: u64 = 0x40;
const NAMES: &[u8] = b".shstrtab";
/// SHN_LORESERVE: from here on numbers of sections mean something else.
const MOST_SECTIONS: usize = 0xff00;

/// Where sections that move, section names and section headers are put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Behind the last segment, where tools that append data look for the end of the file.
    End,
    /// Between two segments, in the first hole that is empty and large enough; if there is none, at the end.
    Hole,
}

/// The new file; with section headers if `sections` are given.
pub(super) fn file(
    image: &Image,
    content: &[u8],
    layout: &Layout,
    sections: Option<(&[Section], Place)>,
    end: Option<End>,
    name: &str,
) -> Result<Written, Error> {
    let too_many = || Error::new(Code::SlimLayout, format!("{name} has too many sections to renumber"));
    let mut out: Vec<u8> = Vec::with_capacity(content.len());
    let mut table = None;
    let mut behind = 0;
    for block in &layout.blocks {
        let size = (block.start - block.shift) - out.len() as u64;
        let mut hole = layout.hole(behind, behind + size, content);
        if let (Some((sections, Place::Hole)), None) = (sections, &table) {
            if hole.len() >= least_size(sections) && hole.iter().all(|&b| b == 0) {
                let trailer = Trailer::at(out.len(), content, layout, sections).ok_or_else(too_many)?;
                if trailer.bytes.len() <= hole.len() {
                    put(&mut hole, 0, &trailer.bytes);
                    table = Some(trailer);
                }
            }
        }
        out.extend(hole);
        out.extend_from_slice(&content[block.start as usize..block.end as usize]);
        behind = block.end;
    }
    patch_program_headers(image, layout, end, &mut out);
    if let (Some((sections, _)), None) = (sections, &table) {
        let trailer = Trailer::at(out.len(), content, layout, sections).ok_or_else(too_many)?;
        out.extend_from_slice(&trailer.bytes);
        table = Some(trailer);
    }
    let (offset, count, table_size) = table.map_or((0, 0, 0), |t| (t.headers, t.count, t.table_size));
    put(&mut out, field::SECTION_HEADERS, &offset.to_le_bytes());
    put(&mut out, field::SECTION_HEADER_COUNT, &count.to_le_bytes());
    put(&mut out, field::SECTION_NAMES, &count.saturating_sub(1).to_le_bytes());
    Ok(Written { bytes: out, table_size })
}

/// Sections that move, then section names, then section headers.
struct Trailer {
    bytes: Vec<u8>,
    /// Where the headers are in the file.
    headers: u64,
    /// How many there are.
    count: u16,
    /// Bytes of headers and names.
    table_size: u64,
}

fn patch_program_headers(image: &Image, layout: &Layout, end: Option<End>, out: &mut [u8]) {
    let table = layout.moved(headers(image)[1].0);
    put(out, field::PROGRAM_HEADERS, &table.to_le_bytes());
    for (index, segment) in image.segments.iter().enumerate().filter(|(_, s)| s.kind != 0) {
        let at = table + (index * SIZE_OF_PROGRAM_HEADER) as u64;
        put(out, at + 8, &layout.moved(segment.offset).to_le_bytes());
        if let Some(end) = end.filter(|end| end.segment == index) {
            put(out, at + 32, &end.file_size.to_le_bytes());
        }
    }
}

impl Trailer {
    /// The trailer for the place `base` in the file; none if the headers cannot be numbered.
    fn at(base: usize, content: &[u8], layout: &Layout, sections: &[Section]) -> Option<Self> {
        let mut bytes: Vec<u8> = Vec::new();
        let align = |bytes: &mut Vec<u8>, to: usize| {
            bytes.resize((base + bytes.len()).next_multiple_of(to) - base, 0);
        };
        let end = |bytes: &[u8]| (base + bytes.len()) as u64;
        let fixed = last_named(content, sections).map_or(1, |last| last + 1);
        let mut numbers = vec![0u32; sections.len()];
        let mut headers: Vec<[u8; HEADER]> = Vec::new();
        let mut texts: Vec<&[u8]> = Vec::new();
        for (index, section) in sections.iter().enumerate() {
            if !stays(section) && index >= fixed {
                continue;
            }
            let mut header = [0; HEADER];
            let mut text: &[u8] = b"";
            if stays(section) {
                numbers[index] = headers.len() as u32;
                header = section.raw;
                text = section.name;
                put(&mut header, 24, &layout.moved(section.offset).to_le_bytes());
            }
            if section.fate == Fate::Moves {
                align(&mut bytes, section.align as usize);
                put(&mut header, 24, &end(&bytes).to_le_bytes());
                bytes.extend_from_slice(
                    &content[section.offset as usize..(section.offset + section.size) as usize],
                );
            }
            headers.push(header);
            texts.push(text);
        }
        for header in &mut headers {
            renumber(header, &numbers);
        }

        texts.push(NAMES);
        let (table, offsets) = names::table(&texts);
        let mut own = [0; HEADER];
        put(&mut own, 4, &SHT_STRTAB.to_le_bytes());
        put(&mut own, 24, &end(&bytes).to_le_bytes());
        put(&mut own, 32, &(table.len() as u64).to_le_bytes());
        put(&mut own, 48, &1u64.to_le_bytes());
        headers.push(own);
        bytes.extend_from_slice(&table);
        for (header, offset) in headers.iter_mut().zip(offsets) {
            put(header, 0, &offset.to_le_bytes());
        }

        let count = u16::try_from(headers.len()).ok().filter(|_| headers.len() < MOST_SECTIONS)?;
        align(&mut bytes, 8);
        let offset = end(&bytes);
        bytes.extend(headers.iter().flatten());
        Some(Self {
            bytes,
            headers: offset,
            count,
            table_size: (headers.len() * HEADER + table.len()) as u64,
        })
    }
}

fn stays(section: &Section) -> bool {
    matches!(section.fate, Fate::Stays | Fate::Moves)
}

/// No trailer is smaller than this: holes that are need not be tried.
fn least_size(sections: &[Section]) -> usize {
    let size = |s: &Section| HEADER + if s.fate == Fate::Moves { s.size as usize } else { 0 };
    sections.iter().filter(|s| stays(s)).map(size).sum()
}

/// The last section that a dynamic symbol names by number. Those symbols are loaded, so they cannot change: up to that
/// section a header that goes leaves an empty one in its place. A file has one such table at most (gABI, "Sections").
fn last_named(content: &[u8], sections: &[Section]) -> Option<usize> {
    let table = sections.iter().find(|s| s.kind == SHT_DYNSYM && s.fate == Fate::Stays)?;
    let symbols =
        content[table.offset as usize..(table.offset + table.size) as usize].chunks_exact(SIZE_OF_SYMBOL);
    symbols.map(|s| usize::from(u16::from_le_bytes([s[6], s[7]]))).filter(|&i| i < sections.len()).max()
}

/// Corrects the fields of a section header that hold numbers of other sections (gABI, "Section Header", sh_link and
/// sh_info); a section that went has none.
fn renumber(header: &mut [u8; HEADER], numbers: &[u32]) {
    let word = |header: &[u8; HEADER], at: usize| {
        u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
    };
    let new = |old: u32| numbers.get(old as usize).copied().unwrap_or(0);
    let kind = word(header, 4);
    let flags = u64::from(word(header, 8)) | u64::from(word(header, 12)) << 32;
    let link = new(word(header, 40));
    put(header, 40, &link.to_le_bytes());
    if flags & SHF_INFO_LINK != 0 || kind == SHT_REL || kind == SHT_RELA {
        let info = new(word(header, 44));
        put(header, 44, &info.to_le_bytes());
    }
}

fn put(bytes: &mut [u8], at: u64, value: &[u8]) {
    bytes[at as usize..at as usize + value.len()].copy_from_slice(value);
}
