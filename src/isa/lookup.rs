//! The table, compiled for speed.

use std::sync::LazyLock;

use super::Feature;
use super::table::{self, Row};

/// Bits 31 to 21 and 11 to 10 of a word: those that most rows decide by, and that keep the frequent instructions of
/// Armv8.0 (register offsets, arithmetic, branches) apart from what later extensions put between them.
const INDEX: usize = 1 << 13;

const fn index(word: u32) -> usize {
    (word >> 21 << 2 | word >> 10 & 3) as usize
}

struct Lookup {
    /// Per index, whether any row may match: all that the common word asks.
    may_match: [bool; INDEX],
    /// Per index, where its candidates begin in `rows`; those of the next index end them.
    first: Vec<u16>,
    rows: Vec<&'static Row>,
}

static LOOKUP: LazyLock<Lookup> = LazyLock::new(|| {
    let all: Vec<&'static Row> = table::ALL.iter().flat_map(|group| group.iter()).collect();
    let mut lookup =
        Lookup { may_match: [false; INDEX], first: Vec::with_capacity(INDEX + 1), rows: Vec::new() };
    for slot in 0..INDEX {
        lookup.first.push(lookup.rows.len() as u16);
        let word = (slot as u32 >> 2) << 21 | (slot as u32 & 3) << 10;
        let decided = 0xffe0_0c00;
        lookup
            .rows
            .extend(all.iter().filter(|row| (word ^ row.pattern.value) & row.pattern.mask & decided == 0));
        lookup.may_match[slot] = lookup.rows.len() > usize::from(lookup.first[slot]);
    }
    lookup.first.push(lookup.rows.len() as u16);
    lookup
});

impl Lookup {
    fn find(&self, word: u32) -> Option<Feature> {
        let slot = index(word);
        let candidates = usize::from(self.first[slot])..usize::from(self.first[slot + 1]);
        self.rows[candidates].iter().find(|row| row.matches(word)).map(|row| row.feature)
    }
}

/// The feature that introduces the instruction `word`; nothing if it is part of Armv8.0 or no instruction.
pub fn feature_of(word: u32) -> Option<Feature> {
    LOOKUP.find(word)
}

/// Calls `found` with the offset in bytes of each word of `code` that is beyond Armv8.0, the word and its feature. Words
/// are little-endian and aligned to the start of `code`; a rest of less than four bytes is no word.
pub fn scan(code: &[u8], mut found: impl FnMut(usize, u32, Feature)) {
    let lookup = &*LOOKUP;
    for (number, bytes) in code.chunks_exact(4).enumerate() {
        let word = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        if lookup.may_match[index(word)] {
            if let Some(feature) = lookup.find(word) {
                found(4 * number, word, feature);
            }
        }
    }
}
