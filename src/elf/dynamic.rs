//! The dynamic table (gABI, "Dynamic Section").

use super::{Bytes, Segment, kind};

/// Values of `d_tag`.
pub mod tag {
    /// A shared library by name.
    pub const NEEDED: u64 = 1;
    /// Size in bytes of the relocations of the procedure linkage table.
    pub const PLTRELSZ: u64 = 2;
    /// The address of the System V hash table of symbols.
    pub const HASH: u64 = 4;
    /// The address of the string table.
    pub const STRTAB: u64 = 5;
    /// The address of the symbol table.
    pub const SYMTAB: u64 = 6;
    /// The address of the relocations with addends.
    pub const RELA: u64 = 7;
    /// Their size in bytes.
    pub const RELASZ: u64 = 8;
    /// The address of the function that is called at start.
    pub const INIT: u64 = 12;
    /// The address of the function that is called at the end.
    pub const FINI: u64 = 13;
    /// The size of the string table in bytes.
    pub const STRSZ: u64 = 10;
    /// The library's own name.
    pub const SONAME: u64 = 14;
    /// Search path, old form.
    pub const RPATH: u64 = 15;
    /// A word in which loaders tell debuggers about themselves.
    pub const DEBUG: u64 = 21;
    /// Relocations modify read-only segments.
    pub const TEXTREL: u64 = 22;
    /// The address of the relocations of the procedure linkage table, which may wait for the first call.
    pub const JMPREL: u64 = 23;
    /// Bind everything at start, old form.
    pub const BIND_NOW: u64 = 24;
    /// Search path.
    pub const RUNPATH: u64 = 29;
    /// Flags: 4 TEXTREL, 8 BIND_NOW.
    pub const FLAGS: u64 = 30;
    /// Size in bytes of the packed relative relocations.
    pub const RELRSZ: u64 = 35;
    /// Address of the packed relative relocations.
    pub const RELR: u64 = 36;
    /// The address of the GNU hash table of symbols.
    pub const GNU_HASH: u64 = 0x6fff_fef5;
    /// The address of the table that gives each symbol its version.
    pub const VERSYM: u64 = 0x6fff_fff0;
    /// The address of the versions that are provided.
    pub const VERDEF: u64 = 0x6fff_fffc;
    /// How many are.
    pub const VERDEFNUM: u64 = 0x6fff_fffd;
    /// The address of the versions that are needed.
    pub const VERNEED: u64 = 0x6fff_fffe;
    /// Of how many libraries.
    pub const VERNEEDNUM: u64 = 0x6fff_ffff;
    /// More flags: 1 NOW, 0x0800_0000 PIE.
    pub const FLAGS_1: u64 = 0x6fff_fffb;
}

/// The entries before DT_NULL.
#[derive(Clone, Debug)]
pub struct Dynamic {
    entries: Vec<(u64, u64)>,
}

impl Dynamic {
    /// Tags and values, in order.
    pub fn entries(&self) -> &[(u64, u64)] {
        &self.entries
    }

    /// The first value of `tag`.
    pub fn value(&self, tag: u64) -> Option<u64> {
        self.values(tag).next()
    }

    /// Every value of `tag`, in order.
    pub fn values(&self, tag: u64) -> impl Iterator<Item = u64> {
        self.entries.iter().filter(move |e| e.0 == tag).map(|e| e.1)
    }

    /// Whether `tag` is present and has one of the bits of `mask`.
    pub fn has_flag(&self, tag: u64, mask: u64) -> bool {
        self.value(tag).is_some_and(|value| value & mask != 0)
    }
}

pub(super) fn parse(segments: &[Segment], bytes: Bytes, problems: &mut Vec<String>) -> Option<Dynamic> {
    let segment = segments.iter().find(|s| s.kind == kind::DYNAMIC)?;
    let Some(raw) = bytes.slice(segment.offset, segment.file_size) else {
        problems.push("the dynamic table lies outside the file".into());
        return None;
    };
    let word = |b: &[u8]| u64::from_le_bytes(b.try_into().unwrap_or_default());
    let entries: Vec<(u64, u64)> =
        raw.chunks_exact(16).map(|e| (word(&e[..8]), word(&e[8..]))).take_while(|e| e.0 != 0).collect();
    if entries.len() == raw.len() / 16 {
        problems.push("the dynamic table has no DT_NULL, so start code would read on behind it".into());
    }
    Some(Dynamic { entries })
}
