//! Dynamic relocations: RELA entries and packed relative ones (gABI, "Relocation"; RELR as glibc and musl read it).

use super::{Image, tag};

/// One relative relocation: the word at `slot` becomes load bias + `addend`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relative {
    /// The address of the word.
    pub slot: u64,
    /// What is added to the load bias; `None`: what the file holds at the slot (RELR).
    pub addend: Option<u64>,
}

/// What the dynamic table declares.
#[derive(Clone, Debug, Default)]
pub struct Relocations {
    /// Relative relocations, RELA and RELR together.
    pub relative: u64,
    /// RELA entries of any other type.
    pub other: u64,
    /// The first few relative relocations, at most 64.
    pub sample: Vec<Relative>,
    /// The first slot that lies in a segment which is not writable.
    pub in_read_only: Option<u64>,
    /// Address and size of the writable segment in which the last slot was.
    writable: (u64, u64),
}

/// How many relative relocations are kept as examples.
pub const SAMPLE: usize = 64;

const AARCH64: u16 = 183;
const X86_64: u16 = 62;
const R_AARCH64_RELATIVE: u64 = 1027;
const R_X86_64_RELATIVE: u64 = 8;

/// One relocation that asks for a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The number of the symbol; 1 is the first of [`Image::dynamic_symbols`].
    pub symbol: u32,
    /// The type, whose numbers are the machine's own.
    pub kind: u32,
    /// It is in the table of function calls (DT_JMPREL).
    pub is_call: bool,
}

impl Image<'_> {
    /// The relocations with addends that ask for a symbol, in the order of the file: those of DT_RELA, then those of
    /// DT_JMPREL.
    pub fn references(&self) -> Vec<Reference> {
        let tables = [(tag::RELA, tag::RELASZ, false), (tag::JMPREL, tag::PLTRELSZ, true)];
        let table = |address, size| self.relocation_table(address, size).unwrap_or_default().chunks_exact(24);
        tables
            .into_iter()
            .flat_map(|(address, size, is_call)| table(address, size).map(move |entry| (entry, is_call)))
            .map(|(entry, is_call)| (word(&entry[8..16]), is_call))
            .map(|(info, is_call)| Reference { symbol: (info >> 32) as u32, kind: info as u32, is_call })
            .filter(|reference| reference.symbol != 0)
            .collect()
    }

    /// The types of the relocations with addends, each once, in the order of DT_JMPREL, then DT_RELA.
    pub fn relocation_kinds(&self) -> Vec<u32> {
        let mut kinds = Vec::new();
        for (address, size) in [(tag::JMPREL, tag::PLTRELSZ), (tag::RELA, tag::RELASZ)] {
            for entry in self.relocation_table(address, size).unwrap_or_default().chunks_exact(24) {
                let kind = word(&entry[8..16]) as u32;
                // Entries of one type follow each other; of types there are a dozen.
                if kinds.last() != Some(&kind) && kinds.len() < 64 && !kinds.contains(&kind) {
                    kinds.push(kind);
                }
            }
        }
        kinds
    }

    fn relocation_table(&self, address: u64, size: u64) -> Option<&[u8]> {
        let dynamic = self.dynamic.as_ref()?;
        let offset = self.offset_of(dynamic.value(address)?)?;
        let size = dynamic.value(size)?.min(self.bytes.len().saturating_sub(offset));
        self.bytes.slice(offset, size)
    }
}

pub(super) fn parse(image: &Image) -> Relocations {
    let mut found = Relocations::default();
    let relative_type = match image.header.machine {
        AARCH64 => R_AARCH64_RELATIVE,
        X86_64 => R_X86_64_RELATIVE,
        _ => u64::MAX,
    };
    for entry in image.relocation_table(tag::RELA, tag::RELASZ).unwrap_or_default().chunks_exact(24) {
        let (slot, info, addend) = (word(&entry[..8]), word(&entry[8..16]), word(&entry[16..]));
        let kind = info & 0xffff_ffff;
        // R_…_NONE changes nothing; linkers leave some where they reserved too many entries.
        if kind == 0 {
            continue;
        }
        found.note_slot(image, slot);
        if kind == relative_type {
            found.note_relative(Relative { slot, addend: Some(addend) });
        } else {
            found.other += 1;
        }
    }
    unpack(image, image.relocation_table(tag::RELR, tag::RELRSZ).unwrap_or_default(), &mut found);
    found
}

/// An even word is a slot; an odd one is a bitmap of the 63 words behind the last.
fn unpack(image: &Image, table: &[u8], found: &mut Relocations) {
    let mut next = 0u64;
    for entry in table.chunks_exact(8).map(word) {
        let slots: Vec<u64> = if entry & 1 == 0 {
            next = entry.wrapping_add(8);
            vec![entry]
        } else {
            let base = next;
            next = base.wrapping_add(63 * 8);
            (0..63).filter(|bit| entry >> (bit + 1) & 1 != 0).map(|bit| base.wrapping_add(bit * 8)).collect()
        };
        for slot in slots {
            found.note_slot(image, slot);
            found.note_relative(Relative { slot, addend: None });
        }
    }
}

impl Relocations {
    fn note_relative(&mut self, relative: Relative) {
        self.relative += 1;
        if self.sample.len() < SAMPLE {
            self.sample.push(relative);
        }
    }

    fn note_slot(&mut self, image: &Image, slot: u64) {
        // Slots of one segment follow each other, in most files by the million.
        if self.in_read_only.is_some() || slot.wrapping_sub(self.writable.0) < self.writable.1 {
            return;
        }
        let holds = |s: &&super::Segment| slot.wrapping_sub(s.address) < s.memory_size;
        match image.segments_of(super::kind::LOAD).find(holds) {
            Some(segment) if segment.is_writable() => self.writable = (segment.address, segment.memory_size),
            Some(_) => self.in_read_only = Some(slot),
            None => {}
        }
    }
}

fn word(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(bytes.try_into().unwrap_or_default())
}
