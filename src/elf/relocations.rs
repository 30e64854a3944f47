//! Dynamic relocations: RELA entries and packed relative ones (gABI, "Relocation"; RELR as glibc and musl read it).

use super::{Image, tag};

/// One relative relocation: the word at `slot` becomes load bias + `addend`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relative {
    /// The address of the word.
    pub slot: u64,
    /// What is added to the load bias.
    pub addend: u64,
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
}

/// How many relative relocations are kept as examples.
pub const SAMPLE: usize = 64;

const AARCH64: u16 = 183;
const X86_64: u16 = 62;
const R_AARCH64_RELATIVE: u64 = 1027;
const R_X86_64_RELATIVE: u64 = 8;

pub(super) fn parse(image: &Image) -> Relocations {
    let mut found = Relocations::default();
    let Some(dynamic) = &image.dynamic else { return found };
    let table = |address, size| {
        let address = dynamic.value(address)?;
        let offset = image.offset_of(address)?;
        let size = dynamic.value(size)?.min(image.bytes.len().saturating_sub(offset));
        image.bytes.slice(offset, size)
    };
    let relative_type = match image.header.machine {
        AARCH64 => R_AARCH64_RELATIVE,
        X86_64 => R_X86_64_RELATIVE,
        _ => u64::MAX,
    };
    for entry in table(tag::RELA, tag::RELASZ).unwrap_or_default().chunks_exact(24) {
        let (slot, info, addend) = (word(&entry[..8]), word(&entry[8..16]), word(&entry[16..]));
        let kind = info & 0xffff_ffff;
        // R_…_NONE changes nothing; linkers leave some where they reserved too many entries.
        if kind == 0 {
            continue;
        }
        found.note_slot(image, slot);
        if kind == relative_type {
            found.note_relative(Relative { slot, addend });
        } else {
            found.other += 1;
        }
    }
    unpack(image, table(tag::RELR, tag::RELRSZ).unwrap_or_default(), &mut found);
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
            // The addend is what the file holds there.
            found.note_relative(Relative { slot, addend: image.word_at(slot).unwrap_or_default() });
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
        let holds = |s: &&super::Segment| slot.wrapping_sub(s.address) < s.memory_size;
        let segment = image.segments_of(super::kind::LOAD).find(holds);
        if self.in_read_only.is_none() && segment.is_some_and(|s| !s.is_writable()) {
            self.in_read_only = Some(slot);
        }
    }
}

fn word(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(bytes.try_into().unwrap_or_default())
}
