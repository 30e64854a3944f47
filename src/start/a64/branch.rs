//! Branches, exceptions and system instructions.

use super::{Cpu, Step, Stop, bit, bits, signed};

// System registers by bits 5 to 19 of MRS and MSR.
const TPIDR_EL0: u32 = 0x5e82;
const DCZID_EL0: u32 = 0x5807;

impl Cpu {
    pub(super) fn branch(&mut self, word: u32, here: u64) -> Step {
        let jump = |offset: u32, count: u32| here.wrapping_add(signed(u64::from(offset), count) << 2);
        if bits(word, 26, 5) == 0b00101 {
            if bit(word, 31) {
                self.x[30] = self.pc;
            }
            self.pc = jump(bits(word, 0, 26), 26);
        } else if word >> 24 == 0x54 {
            if self.holds(bits(word, 0, 4)) {
                self.pc = jump(bits(word, 5, 19), 19);
            }
        } else if bits(word, 25, 6) == 0b01_1010 {
            let zero = self.read(bits(word, 0, 5), bit(word, 31)) == 0;
            if zero != bit(word, 24) {
                self.pc = jump(bits(word, 5, 19), 19);
            }
        } else if bits(word, 25, 6) == 0b01_1011 {
            let tested = bits(word, 31, 1) << 5 | bits(word, 19, 5);
            let zero = self.read(bits(word, 0, 5), true) >> tested & 1 == 0;
            if zero != bit(word, 24) {
                self.pc = jump(bits(word, 5, 14), 14);
            }
        } else if word >> 25 == 0b110_1011 {
            self.branch_register(word)?;
        } else if word >> 24 == 0xd4 {
            return Err(match (bits(word, 21, 3), bits(word, 0, 2)) {
                (0, 1) => Stop::SystemCall { number: self.x[8] },
                (1, 0) => Stop::Trap,
                _ => Stop::Unknown { word },
            });
        } else {
            self.system(word)?;
        }
        Ok(())
    }

    /// BR, BLR and RET; their pointer-authenticating forms branch to the same place.
    fn branch_register(&mut self, word: u32) -> Step {
        let plain = bits(word, 10, 6) == 0;
        let (target, links) = match (bits(word, 21, 4), plain) {
            (0 | 8, _) | (2, true) => (bits(word, 5, 5), false),
            (1 | 9, _) => (bits(word, 5, 5), true),
            (2, false) => (30, false),
            _ => return Err(Stop::Unknown { word }),
        };
        let target = self.read(target, true);
        if links {
            self.x[30] = self.pc;
        }
        self.pc = target;
        Ok(())
    }

    fn system(&mut self, word: u32) -> Step {
        let register = bits(word, 5, 15);
        match word >> 12 {
            // Hints (NOP, BTI, PACIASP …) and barriers change nothing that is modelled.
            0xd_5032 | 0xd_5033 => {}
            _ if word >> 20 == 0xd53 => {
                let value = match register {
                    TPIDR_EL0 => self.thread_pointer,
                    // DC ZVA is prohibited, so memset does without it.
                    DCZID_EL0 => 0x10,
                    _ => 0,
                };
                self.write(bits(word, 0, 5), true, value);
            }
            _ if word >> 20 == 0xd51 && register == TPIDR_EL0 => {
                self.thread_pointer = self.read(bits(word, 0, 5), true);
            }
            _ => return Err(Stop::Unknown { word }),
        }
        Ok(())
    }
}
