//! The dynamic symbol table and its versions (gABI, "Symbol Table"; LSB, "Symbol Versioning").

use std::borrow::Cow;

use super::{Image, kind, tag};

/// One dynamic symbol.
#[derive(Clone, Debug)]
pub struct Symbol<'a> {
    /// Its name.
    pub name: Cow<'a, str>,
    /// It is defined here; otherwise some library must define it.
    pub is_defined: bool,
    /// The low half of `st_info`, such as [`symbol::TLS`].
    pub kind: u8,
    /// The high half of `st_info`, such as [`symbol::LOCAL`].
    pub binding: u8,
    /// The low two bits of `st_other`: 1 internal and 2 hidden are for this file alone.
    pub visibility: u8,
    /// `st_shndx` is SHN_ABS: the value is no address.
    pub is_absolute: bool,
    /// `st_value`.
    pub value: u64,
    /// Its entry of the version table: 0 local, 1 global without version.
    pub version: u16,
    /// Only who asks for that very version gets it.
    pub is_hidden_version: bool,
}

impl Symbol<'_> {
    /// It may stay undefined.
    pub fn is_weak(&self) -> bool {
        self.binding == symbol::WEAK
    }
}

/// Parts of `st_info`.
pub mod symbol {
    /// Kind: not said.
    pub const NOTYPE: u8 = 0;
    /// Kind: data.
    pub const OBJECT: u8 = 1;
    /// Kind: a function.
    pub const FUNC: u8 = 2;
    /// Kind: data without a place yet.
    pub const COMMON: u8 = 5;
    /// Kind: an offset in thread-local storage.
    pub const TLS: u8 = 6;
    /// Kind: a function that chooses the function (GNU).
    pub const GNU_IFUNC: u8 = 10;
    /// Binding: for this file alone.
    pub const LOCAL: u8 = 0;
    /// Binding: for all.
    pub const GLOBAL: u8 = 1;
    /// Binding: for all, and may stay undefined.
    pub const WEAK: u8 = 2;
    /// Binding: once in the process (GNU).
    pub const GNU_UNIQUE: u8 = 10;
}

/// The versions that a file wants of one library.
#[derive(Clone, Debug)]
pub struct Needs<'a> {
    /// The library, as DT_NEEDED names it.
    pub library: Cow<'a, str>,
    /// What is wanted of it.
    pub versions: Vec<Version<'a>>,
}

/// One symbol version.
#[derive(Clone, Debug)]
pub struct Version<'a> {
    /// Its name, such as `GLIBC_2.34`.
    pub name: Cow<'a, str>,
    /// Its number in the version table.
    pub index: u16,
    /// VER_FLG_WEAK: its absence only gives a warning.
    pub is_weak: bool,
    /// VER_FLG_BASE: the name of the file, not of a version of symbols.
    pub is_base: bool,
}

const SYMBOL: u64 = 24;
const SHT_DYNSYM: u32 = 11;
const SHN_ABS: u16 = 0xfff1;

impl<'a> Image<'a> {
    /// The dynamic symbols, without the empty first one. Entries beyond the end of the file are left out.
    pub fn dynamic_symbols(&self) -> Vec<Symbol<'a>> {
        let Some(table) = self.offset_of_tag(tag::SYMTAB) else { return Vec::new() };
        let names = self.offset_of_tag(tag::STRTAB);
        let versions = self.offset_of_tag(tag::VERSYM);
        let mut budget = self.name_budget();
        (1..self.count_of_symbols(table))
            .map_while(|index| {
                let version = versions.and_then(|v| self.bytes.u16(v.checked_add(2 * index)?)).unwrap_or(1);
                let symbol =
                    self.symbol(table.checked_add(index.checked_mul(SYMBOL)?)?, names?, &mut budget)?;
                // The top bit hides a version from those who ask for none.
                Some(Symbol { version: version & 0x7fff, is_hidden_version: version & 0x8000 != 0, ..symbol })
            })
            .collect()
    }

    /// The symbols of `.symtab`, which stripping removes, without the empty first one.
    pub fn static_symbols(&self) -> Vec<Symbol<'a>> {
        let find = |name| self.sections.iter().find(|s| s.name == name);
        let (Some(table), Some(names)) = (find(".symtab"), find(".strtab")) else { return Vec::new() };
        let mut budget = self.name_budget();
        (1..table.size / SYMBOL)
            .map_while(|index| {
                let at = table.offset.checked_add(index.checked_mul(SYMBOL)?)?;
                self.symbol(at, names.offset, &mut budget)
            })
            .collect()
    }

    /// How many letters the names of one table may have together. Names share bytes at most where one ends like another,
    /// so a real table stays far below; a hostile one, whose names are all the same long text, ends there.
    fn name_budget(&self) -> usize {
        usize::try_from(self.bytes.len()).unwrap_or(usize::MAX).saturating_mul(2)
    }

    /// The symbol at the offset `at`, with a name of the string table at `names`; its version is not looked at.
    fn symbol(&self, at: u64, names: u64, budget: &mut usize) -> Option<Symbol<'a>> {
        let [info, other] = self.bytes.array::<2>(at.checked_add(4)?)?;
        let section = self.bytes.u16(at.checked_add(6)?)?;
        let text = names.checked_add(u64::from(self.bytes.u32(at)?))?;
        let name = self.bytes.c_string(text).unwrap_or_default();
        *budget = budget.checked_sub(name.len())?;
        Some(Symbol {
            name,
            is_defined: section != 0,
            kind: info & 15,
            binding: info >> 4,
            visibility: other & 3,
            is_absolute: section == SHN_ABS,
            value: self.bytes.u64(at.checked_add(8)?)?,
            version: 1,
            is_hidden_version: false,
        })
    }

    /// What the file wants of each library (DT_VERNEED).
    pub fn version_needs(&self) -> Vec<Needs<'a>> {
        let mut found = Vec::new();
        let names = self.offset_of_tag(tag::STRTAB).unwrap_or(u64::MAX);
        let text = |offset: u32| self.bytes.c_string(names.checked_add(u64::from(offset))?);
        self.chain(tag::VERNEED, tag::VERNEEDNUM, 12, |at| {
            let mut versions = Vec::new();
            let count = u64::from(self.bytes.u16(at + 2)?);
            let first = at.checked_add(u64::from(self.bytes.u32(at + 8)?))?;
            self.walk(first, count, 12, |at| {
                versions.push(Version {
                    name: text(self.bytes.u32(at + 8)?).unwrap_or_default(),
                    index: self.bytes.u16(at + 6)? & 0x7fff,
                    is_weak: self.bytes.u16(at + 4)? & 2 != 0,
                    is_base: false,
                });
                Some(())
            });
            found.push(Needs { library: text(self.bytes.u32(at + 4)?).unwrap_or_default(), versions });
            Some(())
        });
        found
    }

    /// The versions that a library provides (DT_VERDEF), its own name as the first.
    pub fn version_definitions(&self) -> Vec<Version<'a>> {
        let mut found = Vec::new();
        let names = self.offset_of_tag(tag::STRTAB).unwrap_or(u64::MAX);
        self.chain(tag::VERDEF, tag::VERDEFNUM, 16, |at| {
            let name = at.checked_add(u64::from(self.bytes.u32(at + 12)?))?;
            let text = names.checked_add(u64::from(self.bytes.u32(name)?))?;
            found.push(Version {
                name: self.bytes.c_string(text).unwrap_or_default(),
                index: self.bytes.u16(at + 4)? & 0x7fff,
                is_weak: self.bytes.u16(at + 2)? & 2 != 0,
                is_base: self.bytes.u16(at + 2)? & 1 != 0,
            });
            Some(())
        });
        found
    }

    /// The address that a dynamic tag holds, as an offset in the file.
    fn offset_of_tag(&self, tag: u64) -> Option<u64> {
        self.offset_of(self.dynamic.as_ref()?.value(tag)?)
    }

    /// Visits the records of a version table: `next` is the offset of the link to the next one inside a record.
    fn chain(&self, table: u64, count: u64, next: u64, visit: impl FnMut(u64) -> Option<()>) {
        let count = self.dynamic.as_ref().and_then(|d| d.value(count));
        if let (Some(at), Some(count)) = (self.offset_of_tag(table), count) {
            self.walk(at, count, next, visit);
        }
    }

    fn walk(&self, mut at: u64, count: u64, next: u64, mut visit: impl FnMut(u64) -> Option<()>) {
        // A hostile count must not make more of the file than it has.
        for _ in 0..count.min(self.bytes.len() / 8) {
            let link = at.checked_add(next).and_then(|at| self.bytes.u32(at));
            if visit(at).is_none() {
                return;
            }
            match link {
                Some(step) if step != 0 => at += u64::from(step),
                _ => return,
            }
        }
    }

    /// No table says how many dynamic symbols there are: the hash tables do, or the section, or the string table that
    /// linkers put right behind.
    fn count_of_symbols(&self, table: u64) -> u64 {
        let most = self.bytes.len().saturating_sub(table) / SYMBOL;
        let by_hash = || self.bytes.u32(self.offset_of_tag(tag::HASH)?.checked_add(4)?).map(u64::from);
        let by_section = || {
            self.sections.iter().find(|s| s.kind == SHT_DYNSYM && s.offset == table).map(|s| s.size / SYMBOL)
        };
        let by_strings =
            || self.offset_of_tag(tag::STRTAB)?.checked_sub(table).map(|distance| distance / SYMBOL);
        by_hash()
            .or_else(by_section)
            .or_else(|| self.count_by_gnu_hash())
            .or_else(by_strings)
            .unwrap_or(0)
            .min(most)
    }

    /// The symbol behind the last one of the last chain (glibc elf/dl-lookup.c reads the table so).
    fn count_by_gnu_hash(&self) -> Option<u64> {
        let at = self.offset_of_tag(tag::GNU_HASH)?;
        let word = |at: u64| self.bytes.u32(at).map(u64::from);
        let (buckets, first, bloom) = (word(at)?, word(at + 4)?, word(at + 8)?);
        let buckets_at = at.checked_add(16)?.checked_add(bloom.checked_mul(8)?)?;
        let chains_at = buckets_at.checked_add(buckets.checked_mul(4)?)?;
        let table = self.bytes.slice(buckets_at, buckets.checked_mul(4)?)?;
        let starts =
            table.chunks_exact(4).filter_map(|b| Some(u64::from(u32::from_le_bytes(b.try_into().ok()?))));
        let mut last = starts.max().unwrap_or(0);
        if last < first {
            return Some(first);
        }
        while word(chains_at.checked_add((last - first).checked_mul(4)?)?)? & 1 == 0 {
            last += 1;
        }
        Some(last + 1)
    }

    /// The loadable segment that brings the code at `address`.
    pub fn segment_at(&self, address: u64) -> Option<&super::Segment> {
        self.segments_of(kind::LOAD).find(|s| address.wrapping_sub(s.address) < s.memory_size)
    }
}

#[cfg(test)]
mod tests {
    use crate::elf::{Image, Section};

    #[test]
    fn names_of_a_hostile_table_end_within_the_budget() {
        // Sections are set by hand: 400 symbols, whose names are all the same 3000 letters.
        let mut bytes = b"\x7fELF\x02\x01\x01".to_vec();
        bytes.resize(64, 0);
        bytes.extend([b'x'; 3000]);
        bytes.resize(bytes.len() + 24 * 400 + 8, 0);
        let mut image = Image::parse(&bytes, "hostile").unwrap();
        let section = |name: &str, offset, size| {
            let name = name.to_owned();
            Section { name, kind: 2, flags: 0, address: 0, offset, size }
        };
        image.sections = vec![section(".symtab", 3064, 24 * 400), section(".strtab", 64, 3001)];
        assert_eq!(image.static_symbols().len(), 2 * bytes.len() / 3000);
    }
}
