//! The few vector instructions with which compilers clear and copy memory.

use super::{Cpu, Step, Stop, bit, bits};

const LOW: u128 = u64::MAX as u128;

impl Cpu {
    pub(super) fn vector(&mut self, word: u32) -> Step {
        let (rd, rn, rm) = (bits(word, 0, 5) as usize, bits(word, 5, 5), bits(word, 16, 5) as usize);
        let whole = bit(word, 30);
        let fit = |value: u128| if whole { value } else { value & LOW };
        let n = self.v[rn as usize];
        if word & 0x9ff8_0400 == 0x0f00_0400 {
            self.v[rd] = fit(modified_immediate(word).ok_or(Stop::Unknown { word })?);
            return Ok(());
        }
        match word & 0xbfe0_fc00 {
            0x0e20_1c00 => self.v[rd] = fit(n & self.v[rm]),
            0x0ea0_1c00 => self.v[rd] = fit(n | self.v[rm]),
            0x2e20_1c00 => self.v[rd] = fit(n ^ self.v[rm]),
            // DUP from a general register.
            0x0e00_0c00 => {
                let lane = lane(word).ok_or(Stop::Unknown { word })?;
                let value = u128::from(self.read(rn, true)) & lane.mask();
                self.v[rd] = fit((0..128 / lane.size).fold(0, |all, i| all | value << (i * lane.size)));
            }
            // UMOV to a general register.
            0x0e00_3c00 => {
                let lane = lane(word).ok_or(Stop::Unknown { word })?;
                self.write(rd as u32, true, (n >> lane.low & lane.mask()) as u64);
            }
            // INS from a general register.
            0x0e00_1c00 if whole => {
                let lane = lane(word).ok_or(Stop::Unknown { word })?;
                let value = u128::from(self.read(rn, true)) & lane.mask();
                self.v[rd] = self.v[rd] & !(lane.mask() << lane.low) | value << lane.low;
            }
            _ => return self.move_general(word, rd, rn),
        }
        Ok(())
    }

    /// FMOV between general and vector registers.
    fn move_general(&mut self, word: u32, rd: usize, rn: u32) -> Step {
        let n = self.v[rn as usize];
        match word & 0xffff_fc00 {
            0x1e27_0000 => self.v[rd] = self.read(rn, false).into(),
            0x1e26_0000 => self.write(rd as u32, false, n as u64),
            0x9e67_0000 => self.v[rd] = self.read(rn, true).into(),
            0x9e66_0000 => self.write(rd as u32, true, n as u64),
            0x9eaf_0000 => self.v[rd] = self.v[rd] & LOW | u128::from(self.read(rn, true)) << 64,
            0x9eae_0000 => self.write(rd as u32, true, (n >> 64) as u64),
            _ => return Err(Stop::Unknown { word }),
        }
        Ok(())
    }
}

/// One lane of a vector: its size in bits and its lowest bit.
struct Lane {
    size: u32,
    low: u32,
}

impl Lane {
    fn mask(&self) -> u128 {
        (1 << self.size) - 1
    }
}

/// Field imm5: the lowest set bit gives the size, the bits above it the index.
fn lane(word: u32) -> Option<Lane> {
    let field = bits(word, 16, 5);
    let log = field.trailing_zeros();
    (log < 4).then(|| Lane { size: 8 << log, low: (field >> (log + 1)) * (8 << log) })
}

/// MOVI and MVNI (`AdvSIMDExpandImm` of the manual); ORR, BIC and FMOV of the same group are not modelled.
fn modified_immediate(word: u32) -> Option<u128> {
    let (inverts, mode) = (bit(word, 29), bits(word, 12, 4));
    let byte = u64::from(bits(word, 16, 3) << 5 | bits(word, 5, 5));
    let twice = |half: u64| half << 32 | half;
    let four = |quarter: u64| twice(quarter << 16 | quarter);
    let pattern = match mode {
        0 | 2 | 4 | 6 => twice(byte << (8 * (mode / 2))),
        8 | 10 => four(byte << (8 * ((mode - 8) / 2))),
        12 => twice(byte << 8 | 0xff),
        13 => twice(byte << 16 | 0xffff),
        14 if inverts => (0..8).filter(|i| byte >> i & 1 != 0).fold(0, |all, i| all | 0xff << (8 * i)),
        14 => four(byte << 8 | byte),
        _ => return None,
    };
    let pattern = if inverts && mode != 14 { !pattern } else { pattern };
    Some(u128::from(pattern) << 64 | u128::from(pattern))
}
