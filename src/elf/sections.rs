//! Section headers (gABI, "Sections"). Loading needs none of them; what is left of them says how the file was stripped.

use super::{Bytes, header::Header};

/// One section header.
#[derive(Clone, Debug)]
pub struct Section {
    /// Its name from the section name table; empty if that cannot be read.
    pub name: String,
    /// `sh_type`.
    pub kind: u32,
    /// `sh_flags`: 1 write, 2 loaded, 4 execute.
    pub flags: u64,
    /// `sh_addr`: its address as linked.
    pub address: u64,
    /// `sh_offset`: where it is in the file.
    pub offset: u64,
    /// `sh_size` in bytes.
    pub size: u64,
}

/// SHT_NOBITS: the section has a size but no bytes in the file.
pub(super) const NOBITS: u32 = 8;

impl Section {
    /// Instructions are executed from it.
    pub fn is_executable(&self) -> bool {
        self.flags & 4 != 0
    }
}

const ENTRY: u16 = 64;

pub(super) fn parse(bytes: Bytes, header: &Header, problems: &mut Vec<String>) -> Vec<Section> {
    let table = header.section_table;
    if table.count == 0 || table.offset == 0 {
        return Vec::new();
    }
    let at = |index: u16| table.offset.checked_add(u64::from(index) * u64::from(ENTRY));
    if table.entry != ENTRY || at(table.count).is_none_or(|end| end > bytes.len()) {
        problems.push(format!(
            "{} section headers of {} bytes at {:#x} do not fit the file",
            table.count, table.entry, table.offset
        ));
        return Vec::new();
    }
    let names = at(header.section_names).and_then(|names| bytes.u64(names.checked_add(24)?));
    (0..table.count)
        .filter_map(at)
        .map(|section| {
            let name = bytes
                .u32(section)
                .zip(names)
                .and_then(|(offset, names)| bytes.c_string(names.checked_add(u64::from(offset))?));
            let word = |at: u64| bytes.u64(section + at).unwrap_or_default();
            Section {
                name: name.unwrap_or_default().into_owned(),
                kind: bytes.u32(section + 4).unwrap_or_default(),
                flags: word(8),
                address: word(16),
                offset: word(24),
                size: word(32),
            }
        })
        .collect()
}
