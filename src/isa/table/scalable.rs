//! Rows of the scalable vector and matrix encodings: Arm ARM C4.1, "SVE encodings" (bits 28 to 25 are 2) and "SME
//! encodings" (bit 31 is 1, bits 28 to 25 are 0).
//!
//! No older processor has any instruction there, so the rows only tell the editions apart. They are as wide as the
//! allocated words of other editions permit, newer editions stand before older ones, and the last row takes the rest: an
//! unallocated word of these spaces matches too.

use super::{Row, row};
#[allow(clippy::enum_glob_use, reason = "a row is a pattern and a name")]
use crate::isa::Feature::*;

/// Parts of SVE that processors may have or lack by themselves.
pub const OPTIONAL: &[Row] = &[
    // PMULLB, PMULLT of doublewords; AESE, AESD, AESMC, AESIMC.
    row("01000101 000xxxxx 01101xxx xxxxxxxx", SveAes),
    row("01000101 00100xx0 11100xxx xxxxxxxx", SveAes),
    // BEXT, BDEP, BGRP.
    row("01000101 xx0xxxxx 1011xxxx xxxxxxxx", SveBitPerm),
    // RAX1; SM4EKEY, SM4E.
    row("01000101 001xxxxx 111101xx xxxxxxxx", SveSha3),
    row("01000101 001xxxxx 111100xx xxxxxxxx", SveSm4),
    row("01000101 00100011 11100xxx xxxxxxxx", SveSm4),
    // SMMLA, UMMLA, USMMLA; USDOT, SUDOT by element; USDOT.
    row("01000101 xx0xxxxx 10011xxx xxxxxxxx", SveI8mm),
    row("01000100 101xxxxx 00011xxx xxxxxxxx", SveI8mm),
    row("01000100 100xxxxx 01111xxx xxxxxxxx", SveI8mm),
    // BFDOT, BFMLALB, BFMLALT, all by element too; BFMMLA; BFCVT, BFCVTNT.
    row("01100100 011xxxxx 100000xx xxxxxxxx", SveBf16),
    row("01100100 011xxxxx 010000xx xxxxxxxx", SveBf16),
    row("01100100 111xxxxx 10000xxx xxxxxxxx", SveBf16),
    row("01100100 111xxxxx 0100xxxx xxxxxxxx", SveBf16),
    row("01100100 011xxxxx 111001xx xxxxxxxx", SveBf16),
    row("0110010x 10001010 101xxxxx xxxxxxxx", SveBf16),
    // FMMLA of single and of double precision; LD1ROB to LD1ROD; ZIP, UZP and TRN of quadwords.
    row("01100100 101xxxxx 111001xx xxxxxxxx", SveF32mm),
    row("01100100 111xxxxx 111001xx xxxxxxxx", SveF64mm),
    row("1010010x x01xxxxx 00xxxxxx xxxxxxxx", SveF64mm),
    row("00000101 101xxxxx 000xxxxx xxxxxxxx", SveF64mm),
];

/// SVE2.1 and what came with it or later: the vector instructions of SME, of 8-bit and of brain floating point.
pub const LATER: &[Row] = &[
    row("00000100 xx0xx1xx 001xxxxx xxxxxxxx", Sve2p1),
    row("00000100 xx1xxxxx 00x01xxx xxxxxxxx", Sve2p1),
    row("00000101 xxxx111x 10xxxxxx xxxxxxxx", Sve2p1),
    row("0000010x xx0001xx 00xxxxxx xxxxxxxx", Sve2p1),
    row("0000010x xx1xxxxx 01x11xxx xxxxxxxx", Sve2p1),
    row("00100101 xx100000 10000x1x xxxxxxxx", Sve2p1),
    row("00100101 xx1xxxxx 01xxxxxx xxxxxxxx", Sve2p1),
    row("00x00101 xx101xxx 0x111xxx xxxxxxxx", Sve2p1),
    row("00x00101 xx1xxxxx 001x01xx xxxxxxxx", Sve2p1),
    row("01000101 x11xxxxx 1x1xxxxx xxxxxxxx", Sve2p1),
    row("01000101 xx1xxxxx 1x11xxxx xxxxxxxx", Sve2p1),
    row("01000101 xx1xxxxx 1x1x1xxx xxxxxxxx", Sve2p1),
    row("01100100 0x1xxxxx 1xxxxxxx xxxxxxxx", Sve2p1),
    row("01100100 x11xxxxx 1xxxxxxx xxxxxxxx", Sve2p1),
    row("01100100 x11xxxxx x1xxxxxx xxxxxxxx", Sve2p1),
    row("01100100 xx01xxxx 1x1xxxxx xxxxxxxx", Sve2p1),
    row("01100100 xx1xxxxx 1xx1xxxx xxxxxxxx", Sve2p1),
    row("01100100 xx1xxxxx x0x01xxx xxxxxxxx", Sve2p1),
    row("01100100 xx1xxxxx x1x1xxxx xxxxxxxx", Sve2p1),
    row("01100100 xxxxxxxx 11xxxxxx xxxxxxxx", Sve2p1),
    row("01100101 00xx0xxx xxxxxxxx xxxxxxxx", Sve2p1),
    row("01100101 00xxxxxx 0xxxxxxx xxxxxxxx", Sve2p1),
    row("0110010x 00xxxxxx x1xxxxxx xxxxxxxx", Sve2p1),
    row("0110010x xx00111x 10xxxxxx xxxxxxxx", Sve2p1),
    row("01x00100 xx0xxxxx 11xxxxxx xxxxxxxx", Sve2p1),
    row("01x00101 001xxxx1 x1xxxxxx xxxxxxxx", Sve2p1),
    row("1010010x xxx1xxxx 001xxxxx xxxxxxxx", Sve2p1),
    row("1010010x xxx1xxxx 111xxxxx xxxxxxxx", Sve2p1),
    row("1010010x xxxxxxxx 100xxxxx xxxxxxxx", Sve2p1),
    row("1100010x x00xxxxx 101xxxxx xxxxxxxx", Sve2p1),
    row("11100100 xxxxxxxx 000xxxxx xxxxxxxx", Sve2p1),
    row("11100101 1100xxxx 11xxxxxx xxxxxxxx", Sve2p1),
    row("11100101 110xxxxx xx0xxxxx xxxxxxxx", Sve2p1),
    row("11100101 x0x0xxxx 111xxxxx xxxxxxxx", Sve2p1),
    row("1x100100 xx1xxxxx 00xxxxxx xxxxxxxx", Sve2p1),
    row("x1000101 1x1xxxxx x0xxxxxx xxxxxxxx", Sve2p1),
    row("x1100100 xx1xxxxx 001xx1xx xxxxxxxx", Sve2p1),
    row("x1100101 00xxxxxx 0x0xxxxx xxxxxxxx", Sve2p1),
];

/// SVE2. The dot products of SVE lie between its multiplications.
pub const SECOND: &[Row] = &[
    row("01000100 1xxxxxxx 00000xxx xxxxxxxx", Sve),
    row("00100101 xx1xxxxx 0x0xx0xx xxxxxxxx", Sve2),
    row("00100101 xx1xxxxx 0x11xxxx xxxxxxxx", Sve2),
    row("01000101 xxxxxxxx xxxxxxxx xxxxxxxx", Sve2),
    row("0100010x xxxxxxxx x1xxxxxx xxxxxxxx", Sve2),
    row("0100010x xxxxxxxx xx1xxxxx xxxxxxxx", Sve2),
    row("0100010x xxxxxxxx xxx1xxxx xxxxxxxx", Sve2),
    row("0100010x xxxxxxxx xxxx1xxx xxxxxxxx", Sve2),
    row("01x00100 xx1xxxxx 1xxxxxxx xxxxxxxx", Sve2),
    row("01x00100 xx1xxxxx x1xxxxxx xxxxxxxx", Sve2),
    row("01x00100 xxx1xxxx 1xxxxxxx xxxxxxxx", Sve2),
    row("01x00100 xxxx1xxx 1xxxxxxx xxxxxxxx", Sve2),
    row("01x00100 xxxxxx1x 1xxxxxxx xxxxxxxx", Sve2),
    row("01x00101 00xxxxxx xxxxxxxx xxxxxxxx", Sve2),
    row("0x000100 xx1xxxxx 011xxxxx xxxxxxxx", Sve2),
    row("0x000100 xx1xxxxx 0x1x1xxx xxxxxxxx", Sve2),
    row("0x000101 x11xxxxx 000xxxxx xxxxxxxx", Sve2),
    row("0x000101 xxxx11x1 10xxxxxx xxxxxxxx", Sve2),
    row("0x00010x xx001xxx 10xxxxxx xxxxxxxx", Sve2),
    row("0x00010x xx00x11x 10xxxxxx xxxxxxxx", Sve2),
    row("0x00010x xx1xxxxx 00101xxx xxxxxxxx", Sve2),
    row("0x00010x xx1xxxxx 001xx1xx xxxxxxxx", Sve2),
    row("1110010x xxxxxxxx 001xxxxx xxxxxxxx", Sve2),
    row("1x00010x x00xxxxx 10xxxxxx xxxxxxxx", Sve2),
    row("x100010x x00xxxxx 1x0xxxxx xxxxxxxx", Sve2),
];

/// The rest.
pub const FIRST: &[Row] = &[row("xxx0010x xxxxxxxx xxxxxxxx xxxxxxxx", Sve)];

/// SME and SME2, in the space of matrices.
pub const MATRICES: &[Row] = &[
    row("11000000 xx00001x xxxxxx1x xxxxxxxx", Sme2),
    row("1000000x x1xxxxxx xxxxxxxx xxxxxxxx", SmeF64),
    row("10x0000x 11xxxxxx xxxxxxxx xxxxxxxx", SmeI64),
    row("1x000000 x1x1xxxx xxxxxxxx xxxxxxxx", SmeI64),
    row("11100000 xxxxxxxx xxxxxxxx xxxxxxxx", Sme),
    row("1x10000x 1xxxxxxx xxxxxxxx xxxx0xxx", Sme),
    row("10000001 xxxxxxxx xxxxxxxx xxxx0xxx", Sme),
    row("1110000x xxxxxxxx xxxxxxxx xxxx1xxx", Sme),
    row("1000000x xx0xxxxx xxxxxxxx xxxx0xxx", Sme),
    row("11x00000 xxxx00xx xxxxxxxx xxxxxxxx", Sme),
    row("1110000x xxx0xxxx xxxxxxxx xxxxxxxx", Sme),
    row("11x00000 00xxx0xx xxxxxxxx xxxxxxxx", Sme),
    row("1xx0000x xxxxxxxx xxxxxxxx xxxxxxxx", Sme2),
];
