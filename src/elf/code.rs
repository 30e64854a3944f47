//! What A64 code does with an address ("Arm Architecture Reference Manual", C4.1, for the encodings).

use super::{Image, kind};

/// A comparison of a register with a constant, on whose outcome a branch depends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The constant.
    pub value: u64,
    /// The address of the comparing instruction.
    pub at: u64,
}

/// Code that uses an address begins at most so many instructions before it forms the address.
const BLOCK: u64 = 8;

/// More places than these do not form one address, but in hostile code.
const USES: usize = 16;

impl Image<'_> {
    /// The address at which the byte at `offset` of the file is mapped, if a PT_LOAD segment brings it.
    pub fn address_of(&self, offset: u64) -> Option<u64> {
        self.segments_of(kind::LOAD).find_map(|s| {
            let within = offset.checked_sub(s.offset)?;
            (within < s.file_size).then(|| s.address.wrapping_add(within))
        })
    }

    /// The comparison `register > constant`, unsigned, that decides whether code gets to where it forms `address`: the
    /// first that a conditional branch into, or around, that code follows. None if there is no such code.
    pub fn guard_of(&self, address: u64) -> Option<Comparison> {
        let code = || self.loaded().filter(|(segment, _)| segment.is_executable());
        let uses: Vec<u64> =
            code().flat_map(|(s, code)| uses_in(code, s.address, address)).take(USES).collect();
        code().find_map(|(s, code)| guard_in(code, s.address, &uses))
    }
}

fn words(code: &[u8]) -> impl Iterator<Item = (u64, u32)> {
    let word = |b: &[u8]| u32::from_le_bytes(b.try_into().unwrap_or_default());
    code.chunks_exact(4).zip(0u64..).map(move |(b, index)| (4 * index, word(b)))
}

/// The places in the code at `base` that form `address`: ADR, or ADRP and a later ADD to its register.
fn uses_in(code: &[u8], base: u64, address: u64) -> Vec<u64> {
    let mut found = Vec::new();
    let mut pages = [None; 32];
    for (offset, word) in words(code) {
        let pc = base.wrapping_add(offset);
        let (target, source) = ((word & 31) as usize, (word >> 5 & 31) as usize);
        let immediate = signed(u64::from(word >> 5 & 0x7_ffff) << 2 | u64::from(word >> 29 & 3), 21);
        let formed = match word {
            _ if word & 0x9f00_0000 == 0x9000_0000 => {
                pages[target] = Some((pc & !0xfff).wrapping_add(immediate << 12));
                continue;
            }
            _ if word & 0x9f00_0000 == 0x1000_0000 => Some(pc.wrapping_add(immediate)),
            // ADD (immediate), 64-bit, not shifted.
            _ if word & 0xffc0_0000 == 0x9100_0000 => {
                pages[source].map(|page: u64| page.wrapping_add(u64::from(word >> 10 & 0xfff)))
            }
            _ => None,
        };
        if formed == Some(address) {
            found.push(pc);
        }
    }
    found
}

/// The comparison before a B.HI into the block of one of the `uses`, or before a B.LS that skips it.
fn guard_in(code: &[u8], base: u64, uses: &[u64]) -> Option<Comparison> {
    const HI: u32 = 8;
    const LS: u32 = 9;
    let in_block = |start: u64| uses.iter().any(|at| at.wrapping_sub(start) < 4 * BLOCK);
    let mut last: Option<Comparison> = None;
    for (offset, word) in words(code) {
        let at = base.wrapping_add(offset);
        // SUBS (immediate) that keeps only the flags, 64-bit; bit 22 shifts by 12.
        if word & 0xff80_001f == 0xf100_001f {
            let value = u64::from(word >> 10 & 0xfff) << if word >> 22 & 1 == 1 { 12 } else { 0 };
            last = Some(Comparison { value, at });
        } else if word & 0xff00_0010 == 0x5400_0000 {
            let target = at.wrapping_add(signed(u64::from(word >> 5 & 0x7_ffff) << 2, 21));
            let taken = word & 15 == HI && in_block(target);
            let skipped = word & 15 == LS && in_block(at.wrapping_add(4)) && !in_block(target);
            match last.take() {
                // Few instructions fit between a comparison and its branch.
                Some(comparison) if (taken || skipped) && at - comparison.at <= 4 * BLOCK => {
                    return Some(comparison);
                }
                _ => {}
            }
        }
    }
    None
}

/// The `bits` low bits of `value` as a signed number, in two's complement of 64 bits.
fn signed(value: u64, bits: u32) -> u64 {
    ((value << (64 - bits)) as i64 >> (64 - bits)) as u64
}

#[cfg(test)]
mod tests {
    use super::{Comparison, guard_in, uses_in};

    const BASE: u64 = 0x40_0000;
    const TEXT: u64 = 0x52_0220;
    const ADRP_ADD: [u32; 2] = [0x9000_0900, 0x9108_8000];

    fn bytes(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    #[test]
    fn a_comparison_is_found_before_the_block_and_around_it() {
        // cmp x0, #4, lsl #12; b.hi 2f; ret; 2: adrp x0; add x0
        let into = bytes(&[0xf140_101f, 0x5400_0048, 0xd65f_03c0, ADRP_ADD[0], ADRP_ADD[1]]);
        // cmp x0, #1, lsl #12; b.ls 2f; adrp x0; add x0; 2: ret
        let around = bytes(&[0xf140_041f, 0x5400_0069, ADRP_ADD[0], ADRP_ADD[1], 0xd65f_03c0]);
        for (code, value) in [(&into, 16384), (&around, 4096)] {
            let uses = uses_in(code, BASE, TEXT);
            assert_eq!(uses.len(), 1);
            assert_eq!(guard_in(code, BASE, &uses), Some(Comparison { value, at: BASE }));
        }
        assert!(uses_in(&into, BASE, TEXT + 4).is_empty());
    }

    #[test]
    fn another_condition_or_target_guards_nothing() {
        // b.eq instead of b.hi; a branch to elsewhere.
        for branch in [0x5400_0040, 0x5400_0808] {
            let code = bytes(&[0xf140_101f, branch, 0xd65f_03c0, ADRP_ADD[0], ADRP_ADD[1]]);
            assert_eq!(guard_in(&code, BASE, &uses_in(&code, BASE, TEXT)), None);
        }
    }
}
