//! The table: which words are instructions of which feature.
//!
//! A row is a pattern over the 32 bits of a word, most significant bit first, as the encoding diagrams of the Arm ARM
//! (DDI 0487, C4 and C6 to C9) print them; `x` is any bit. A word that matches no row is an instruction of Armv8.0 or no
//! instruction at all. The first row that matches decides.

mod base;
mod general;
mod scalable;
mod simd;

use super::Feature;
pub use base::ARMV8_0;

/// Bits of a word and the values that they must have.
#[derive(Clone, Copy, Debug)]
pub struct Pattern {
    /// The bits that decide.
    pub mask: u32,
    /// Their values.
    pub value: u32,
}

impl Pattern {
    /// Whether the word has them.
    pub const fn matches(self, word: u32) -> bool {
        word & self.mask == self.value
    }
}

/// One row.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The words.
    pub pattern: Pattern,
    /// What introduces them.
    pub feature: Feature,
    /// A condition that no pattern expresses.
    pub only: Option<fn(u32) -> bool>,
}

impl Row {
    /// Whether the word is one of this row.
    pub fn matches(&self, word: u32) -> bool {
        self.pattern.matches(word) && self.only.is_none_or(|only| only(word))
    }
}

/// All rows, by the group of the encoding index that they are in.
pub const ALL: &[&[Row]] = &[
    general::LOADS_AND_STORES,
    general::BRANCHES_AND_SYSTEM,
    general::DATA_PROCESSING,
    simd::SCALAR_HALF,
    simd::VECTOR_HALF,
    simd::ADVANCED_SIMD,
    simd::CRYPTOGRAPHY,
    scalable::OPTIONAL,
    scalable::LATER,
    scalable::SECOND,
    scalable::FIRST,
    scalable::MATRICES,
];

const fn pattern(text: &str) -> Pattern {
    let text = text.as_bytes();
    let (mut mask, mut value, mut bits, mut at) = (0u32, 0u32, 0, 0);
    while at < text.len() {
        if text[at] != b' ' {
            assert!(matches!(text[at], b'0' | b'1' | b'x'), "a pattern is made of 0, 1 and x");
            mask = mask << 1 | (text[at] != b'x') as u32;
            value = value << 1 | (text[at] == b'1') as u32;
            bits += 1;
        }
        at += 1;
    }
    assert!(bits == 32, "a pattern has 32 bits");
    Pattern { mask, value }
}

const fn row(text: &str, feature: Feature) -> Row {
    Row { pattern: pattern(text), feature, only: None }
}

const fn row_if(text: &str, feature: Feature, only: fn(u32) -> bool) -> Row {
    let mut row = row(text, feature);
    row.only = Some(only);
    row
}

const fn field(word: u32, low: u32, width: u32) -> u32 {
    word >> low & ((1 << width) - 1)
}

/// Rt of a 64-byte load or store is even and names eight registers below X30.
fn streams_data(word: u32) -> bool {
    let rt = field(word, 0, 5);
    rt % 2 == 0 && rt < 24
}

/// A pair is read from and written to registers other than 31.
fn names_registers(word: u32) -> bool {
    field(word, 0, 5) != 31 && field(word, 16, 5) != 31
}

/// The registers of a memory copy or set differ, and 31 is no address.
fn pairs_up(word: u32) -> bool {
    let (d, n, s) = (field(word, 0, 5), field(word, 5, 5), field(word, 16, 5));
    let is_set = field(word, 22, 2) == 3;
    d != n && n != s && d != s && d != 31 && (is_set || s != 31)
}
