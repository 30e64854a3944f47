//! Sections: which stay, which move behind the segments, which go.

use super::Options;
use super::layout::Layout;
use super::refuse::field;
use crate::elf::Image;
use crate::error::{Code, Error};

/// What becomes of a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is loaded, or a segment covers it: header and bytes stay.
    Stays,
    /// Header and bytes stay, the bytes behind the last segment.
    Moves,
    /// Header and bytes go.
    Goes(What),
    /// The section of names, which is written anew, and headers without a section.
    Renewed,
}

/// Kinds of what goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Symbols,
    Debug,
    Comment,
    Other,
    Payload,
}

/// A section header and what becomes of it.
#[derive(Debug)]
pub(super) struct Section<'a> {
    pub name: &'a [u8],
    pub raw: [u8; HEADER],
    pub kind: u32,
    /// `sh_offset`.
    pub offset: u64,
    /// Bytes in the file.
    pub size: u64,
    pub align: u64,
    pub fate: Fate,
}

/// Bytes of a section header.
pub(super) const HEADER: usize = 64;

const SHT_NULL: u32 = 0;
const SHT_SYMTAB: u32 = 2;
const SHT_STRTAB: u32 = 3;
const SHT_RELA: u32 = 4;
const SHT_NOBITS: u32 = 8;
const SHT_REL: u32 = 9;
const SHT_GROUP: u32 = 17;
const SHT_SYMTAB_SHNDX: u32 = 18;
const SHT_RELR: u32 = 19;
const SHT_GNU_ATTRIBUTES: u32 = 0x6fff_fff5;
/// SHT_ARM_ATTRIBUTES, SHT_AARCH64_ATTRIBUTES and SHT_RISCV_ATTRIBUTES.
const SHT_MACHINE_ATTRIBUTES: u32 = 0x7000_0003;
/// SHT_LLVM_… (LLVM's extensions of ELF): notes between its tools.
const SHT_LLVM: std::ops::Range<u32> = 0x6fff_4c00..0x6fff_4d00;
const ALLOC: u64 = 2;
/// The longest name of a section that is looked at: bounds what a hostile table of names can cost.
const LONGEST_NAME: usize = 1024;
/// The strictest alignment of a section that moves: that of the largest pages.
const LARGEST_ALIGN: u64 = 0x10000;

/// The sections of `image`, with the null section first. Without section headers there are none.
pub(super) fn read<'a>(
    image: &Image<'a>,
    layout: &Layout,
    options: Options,
    name: &str,
) -> Result<Vec<Section<'a>>, Error> {
    let at = image.bytes.u64(field::SECTION_HEADERS).unwrap_or_default();
    let names_index = usize::from(image.bytes.u16(field::SECTION_NAMES).unwrap_or_default());
    let names = match image.sections.get(names_index) {
        Some(section) if names_index != 0 && section.kind == SHT_STRTAB => {
            image.bytes.slice(section.offset, section.size)
        }
        _ => None,
    };
    let damaged = |index: usize, why: String| {
        Error::new(Code::SlimDamaged, format!("section {index} of {name} {why}: link or copy the file again"))
    };
    let mut sections = Vec::with_capacity(image.sections.len());
    let mut moving = 0u64;
    for (index, parsed) in image.sections.iter().enumerate() {
        let raw: [u8; HEADER] = image.bytes.array(at + (index * HEADER) as u64).unwrap_or([0; HEADER]);
        let name_offset = u32::from_le_bytes([raw[0], raw[1], raw[2], raw[3]]) as usize;
        let section_name = match names {
            Some(names) => text(names, name_offset).ok_or_else(|| {
                damaged(
                    index,
                    format!(
                        "has its name at {name_offset:#x}, where no text of less than {LONGEST_NAME} bytes is"
                    ),
                )
            })?,
            None => b"",
        };
        let has_bytes = parsed.kind != SHT_NOBITS && parsed.kind != SHT_NULL;
        let size = if has_bytes { parsed.size } else { 0 };
        if has_bytes && image.bytes.slice(parsed.offset, size).is_none() {
            return Err(damaged(
                index,
                format!(
                    "wants bytes {:#x} to {:#x}, the file has {:#x}",
                    parsed.offset,
                    parsed.offset.saturating_add(size),
                    image.bytes.len()
                ),
            ));
        }
        let mut section = Section {
            name: section_name,
            raw,
            kind: parsed.kind,
            offset: parsed.offset,
            size,
            align: u64::from_le_bytes(raw[48..56].try_into().unwrap_or_default()).max(1),
            fate: Fate::Renewed,
        };
        let is_covered = size == 0 || layout.covers(parsed.offset, size);
        section.fate = if parsed.kind == SHT_NULL {
            Fate::Renewed
        } else if parsed.flags & ALLOC != 0 {
            if !is_covered {
                return Err(damaged(index, "claims to be loaded, but no segment loads it".into()));
            }
            Fate::Stays
        } else if names.is_some() && index == names_index {
            Fate::Renewed
        } else if size != 0 && is_covered {
            Fate::Stays
        } else {
            fate(&section, options, name)?
        };
        if section.fate == Fate::Moves {
            moving = moving.saturating_add(size);
            if !section.align.is_power_of_two() || section.align > LARGEST_ALIGN || moving > image.bytes.len()
            {
                return Err(damaged(index, "has an impossible alignment or overlaps others".into()));
            }
        }
        sections.push(section);
    }
    Ok(sections)
}

/// What becomes of a section that nothing loads.
fn fate(section: &Section, options: Options, name: &str) -> Result<Fate, Error> {
    if section.size == 0 {
        return Ok(Fate::Goes(What::Other));
    }
    // Where tracers find the probes of a program (SystemTap's user-space probe format, version 3).
    if section.name == b".note.stapsdt" {
        return Ok(if options.no_section_headers { Fate::Goes(What::Other) } else { Fate::Moves });
    }
    if let Some(what) = known(section.kind, section.name) {
        return Ok(Fate::Goes(what));
    }
    if options.drop_appended {
        return Ok(Fate::Goes(What::Payload));
    }
    if options.no_section_headers {
        return Err(Error::new(
            Code::SlimPayload,
            format!(
                "{name} has a section {:?} of {} bytes that nothing loads and nobody knows: the program may read it \
                 from its own file, and would not find it without section headers; --drop-appended drops it",
                String::from_utf8_lossy(section.name),
                section.size
            ),
        ));
    }
    Ok(Fate::Moves)
}

/// The kind of a section that no program reads from its own file, by its type or else by its name.
fn known(kind: u32, name: &[u8]) -> Option<What> {
    match kind {
        SHT_SYMTAB | SHT_SYMTAB_SHNDX | SHT_STRTAB => return Some(What::Symbols),
        SHT_REL | SHT_RELA | SHT_RELR | SHT_GROUP | SHT_GNU_ATTRIBUTES | SHT_MACHINE_ATTRIBUTES => {
            return Some(What::Other);
        }
        _ if SHT_LLVM.contains(&kind) => return Some(What::Other),
        _ => {}
    }
    let is = |names: &[&str]| names.iter().any(|n| n.as_bytes() == name);
    let starts = |names: &[&str]| names.iter().any(|n| name.starts_with(n.as_bytes()));
    if starts(&[".debug", ".zdebug", ".stab", ".gnu.build.attributes", ".gnu_debug", ".mdebug"])
        || is(&[".gdb_index", ".line", ".pdr"])
    {
        Some(What::Debug)
    } else if is(&[".comment", ".ident", ".GCC.command.line", ".annobin.notes"]) {
        Some(What::Comment)
    } else if starts(&[".gnu.lto_", ".gnu.debuglto_", ".gnu.warning", ".llvm"])
        || is(&[".note.GNU-stack", ".note.gnu.gold-version", ".ARM.attributes", ".riscv.attributes"])
    {
        Some(What::Other)
    } else {
        None
    }
}

/// The NUL-terminated text at `offset`.
fn text(names: &[u8], offset: usize) -> Option<&[u8]> {
    let rest = names.get(offset..)?;
    let end = rest.iter().take(LONGEST_NAME).position(|&b| b == 0)?;
    Some(&rest[..end])
}

/// Bytes of the section headers and of the section names as they were.
pub(super) fn table_size(image: &Image, sections: &[Section]) -> u64 {
    let index = usize::from(image.bytes.u16(field::SECTION_NAMES).unwrap_or_default());
    let names = sections.get(index).filter(|section| section.fate == Fate::Renewed);
    (sections.len() * HEADER) as u64 + names.map_or(0, |section| section.size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_strip_knows_is_known_and_data_is_not() {
        for (kind, name, what) in [
            (SHT_SYMTAB, ".symtab", Some(What::Symbols)),
            (1, ".debug_info", Some(What::Debug)),
            (1, ".zdebug_line", Some(What::Debug)),
            (1, ".gnu_debuglink", Some(What::Debug)),
            (7, ".gnu.build.attributes.text", Some(What::Debug)),
            (1, ".comment", Some(What::Comment)),
            (SHT_RELA, ".rela.text", Some(What::Other)),
            (0x7000_0003, ".ARM.attributes", Some(What::Other)),
            (0x6fff_4c03, ".llvm_addrsig", Some(What::Other)),
            // A PyInstaller program's archive, a Rust library's metadata, somebody's own note.
            (1, "pydata", None),
            (1, ".rustc", None),
            (7, ".note.mine", None),
        ] {
            assert_eq!(known(kind, name.as_bytes()), what, "{name}");
        }
    }

    #[test]
    fn names_end_inside_their_table() {
        assert_eq!(text(b"\0.text\0", 1), Some(&b".text"[..]));
        assert_eq!(text(b"\0.text", 1), None);
        assert_eq!(text(b"\0", 2), None);
    }
}
