//! Loads and stores.

use super::{Cpu, Memory, Step, Stop, bit, bits, signed};

/// What a load or store moves.
#[derive(Clone, Copy)]
struct Access {
    /// Bytes in memory.
    size: u64,
    loads: bool,
    /// A vector register takes part.
    vector: bool,
    /// A load is sign-extended, to 64 bits if this is true, to 32 if false.
    sign: Option<bool>,
}

impl Cpu {
    pub(super) fn transfer(&mut self, word: u32, here: u64, memory: &mut Memory) -> Step {
        let vector = bit(word, 26);
        match bits(word, 27, 3) {
            0b001 if bits(word, 24, 6) == 0b00_1000 => self.ordered(word, memory),
            0b011 if bits(word, 24, 2) == 0 => {
                let address = here.wrapping_add(signed(u64::from(bits(word, 5, 19)), 19) << 2);
                let (size, sign) = match (bits(word, 30, 2), vector) {
                    (0, _) => (4, None),
                    (1, _) => (8, None),
                    (2, false) => (4, Some(true)),
                    (2, true) => (16, None),
                    // PRFM
                    (_, false) => return Ok(()),
                    _ => return Err(Stop::Unknown { word }),
                };
                self.access(memory, Access { size, loads: true, vector, sign }, bits(word, 0, 5), address)
            }
            0b101 => self.pair(word, vector, memory),
            0b111 => self.single(word, vector, memory),
            _ => Err(Stop::Unknown { word }),
        }
    }

    fn access(&mut self, memory: &mut Memory, access: Access, register: u32, address: u64) -> Step {
        if access.loads {
            let value = memory.load(address, access.size)?;
            if access.vector {
                self.v[register as usize] = value;
            } else {
                let value = value as u64;
                match access.sign {
                    Some(wide) => self.write(register, wide, signed(value, 8 * access.size as u32)),
                    None => self.write(register, true, value),
                }
            }
            Ok(())
        } else {
            let value =
                if access.vector { self.v[register as usize] } else { self.read(register, true).into() };
            memory.store(address, access.size, value)
        }
    }

    /// Exclusive and ordered accesses: alone on its CPU, start code always succeeds.
    fn ordered(&mut self, word: u32, memory: &mut Memory) -> Step {
        if bit(word, 21) {
            return Err(Stop::Unknown { word });
        }
        let access = Access { size: 1 << bits(word, 30, 2), loads: bit(word, 22), vector: false, sign: None };
        self.access(memory, access, bits(word, 0, 5), self.read_sp(bits(word, 5, 5)))?;
        if !access.loads && !bit(word, 23) {
            self.write(bits(word, 16, 5), false, 0);
        }
        Ok(())
    }

    fn pair(&mut self, word: u32, vector: bool, memory: &mut Memory) -> Step {
        let (size, sign) = match (bits(word, 30, 2), vector) {
            (0, _) => (4, None),
            (1, false) => (4, Some(true)),
            (1, true) | (2, false) => (8, None),
            (2, true) => (16, None),
            _ => return Err(Stop::Unknown { word }),
        };
        let access = Access { size, loads: bit(word, 22), vector, sign };
        let offset = signed(u64::from(bits(word, 15, 7)), 7).wrapping_mul(size);
        let rn = bits(word, 5, 5);
        let base = self.read_sp(rn);
        // Post-index accesses the base itself; pre-index and plain offsets access behind it.
        let mode = bits(word, 23, 2);
        let address = if mode == 1 { base } else { base.wrapping_add(offset) };
        self.access(memory, access, bits(word, 0, 5), address)?;
        self.access(memory, access, bits(word, 10, 5), address.wrapping_add(size))?;
        if mode == 1 || mode == 3 {
            self.write_sp(rn, true, base.wrapping_add(offset));
        }
        Ok(())
    }

    fn single(&mut self, word: u32, vector: bool, memory: &mut Memory) -> Step {
        let (log, operation) = (bits(word, 30, 2), bits(word, 22, 2));
        let access = match (vector, operation, log) {
            (true, 2 | 3, 0) => Access { size: 16, loads: operation == 3, vector, sign: None },
            (_, 0 | 1, _) => Access { size: 1 << log, loads: operation == 1, vector, sign: None },
            (false, 2, 0..=2) => Access { size: 1 << log, loads: true, vector, sign: Some(true) },
            (false, 3, 0..=1) => Access { size: 1 << log, loads: true, vector, sign: Some(false) },
            // PRFM
            (false, 2, 3) => return Ok(()),
            _ => return Err(Stop::Unknown { word }),
        };
        let (rt, rn) = (bits(word, 0, 5), bits(word, 5, 5));
        let base = self.read_sp(rn);
        if bit(word, 24) {
            let offset = u64::from(bits(word, 10, 12)) * access.size;
            return self.access(memory, access, rt, base.wrapping_add(offset));
        }
        if bit(word, 21) {
            if bits(word, 10, 2) != 2 {
                return Err(Stop::Unknown { word });
            }
            let shift = if bit(word, 12) { access.size.ilog2() } else { 0 };
            let offset = self.extended(bits(word, 16, 5), bits(word, 13, 3)) << shift;
            return self.access(memory, access, rt, base.wrapping_add(offset));
        }
        let offset = signed(u64::from(bits(word, 12, 9)), 9);
        let (address, new_base) = match bits(word, 10, 2) {
            0 => (base.wrapping_add(offset), None),
            1 => (base, Some(base.wrapping_add(offset))),
            3 => (base.wrapping_add(offset), Some(base.wrapping_add(offset))),
            _ => return Err(Stop::Unknown { word }),
        };
        self.access(memory, access, rt, address)?;
        if let Some(new_base) = new_base {
            self.write_sp(rn, true, new_base);
        }
        Ok(())
    }
}
