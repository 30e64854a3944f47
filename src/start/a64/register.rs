//! Data processing between registers.

use super::{Cpu, Flags, Step, Stop, bit, bits, mask, signed};

impl Cpu {
    pub(super) fn register(&mut self, word: u32) -> Step {
        let wide = bit(word, 31);
        match (bits(word, 24, 5), bits(word, 21, 3)) {
            (0b01010, _) => self.logical(word, wide),
            (0b01011, op) => self.add_register(word, wide, op & 1 != 0),
            (0b11010, 0) if bits(word, 10, 6) == 0 => self.add_carry(word, wide),
            (0b11010, 2) => self.conditional_compare(word, wide),
            (0b11010, 4) => self.conditional_select(word, wide),
            (0b11010, 6) if bit(word, 30) => self.one_source(word, wide)?,
            (0b11010, 6) => self.two_sources(word, wide)?,
            (0b11011, op) => self.multiply(word, wide, op)?,
            _ => return Err(Stop::Unknown { word }),
        }
        Ok(())
    }

    fn shifted(&self, word: u32, wide: bool) -> u64 {
        let value = self.read(bits(word, 16, 5), wide);
        let amount = bits(word, 10, 6);
        shift(value, bits(word, 22, 2), amount, wide)
    }

    /// Register `n`, extended as the three-bit option says (`ExtendReg` of the manual).
    pub(super) fn extended(&self, n: u32, option: u32) -> u64 {
        let (value, size) = (self.read(n, true), 8 << (option & 3));
        if option & 4 != 0 { signed(value, size) } else { value & mask(size) }
    }

    fn logical(&mut self, word: u32, wide: bool) {
        let x = self.read(bits(word, 5, 5), wide);
        let y = self.shifted(word, wide);
        let y = if bit(word, 21) { !y } else { y };
        let operation = bits(word, 29, 2);
        let result = match operation {
            0 | 3 => x & y,
            1 => x | y,
            _ => x ^ y,
        };
        if operation == 3 {
            self.set_logic_flags(result, wide);
        }
        self.write(bits(word, 0, 5), wide, result);
    }

    fn add_register(&mut self, word: u32, wide: bool, extends: bool) {
        let (x, y) = if extends {
            let y = self.extended(bits(word, 16, 5), bits(word, 13, 3)) << bits(word, 10, 3);
            (self.read_sp(bits(word, 5, 5)), y)
        } else {
            (self.read(bits(word, 5, 5), wide), self.shifted(word, wide))
        };
        let subtract = bit(word, 30);
        let (result, flags) = Self::add(x, if subtract { !y } else { y }, subtract, wide);
        let sets = bit(word, 29);
        if sets {
            self.flags = flags;
        }
        if extends && !sets {
            self.write_sp(bits(word, 0, 5), wide, result);
        } else {
            self.write(bits(word, 0, 5), wide, result);
        }
    }

    fn add_carry(&mut self, word: u32, wide: bool) {
        let y = self.read(bits(word, 16, 5), wide);
        let y = if bit(word, 30) { !y } else { y };
        let (result, flags) = Self::add(self.read(bits(word, 5, 5), wide), y, self.flags.c, wide);
        if bit(word, 29) {
            self.flags = flags;
        }
        self.write(bits(word, 0, 5), wide, result);
    }

    fn conditional_compare(&mut self, word: u32, wide: bool) {
        self.flags = if self.holds(bits(word, 12, 4)) {
            let operand = bits(word, 16, 5);
            let y = if bit(word, 11) { u64::from(operand) } else { self.read(operand, wide) };
            let subtract = bit(word, 30);
            Self::add(self.read(bits(word, 5, 5), wide), if subtract { !y } else { y }, subtract, wide).1
        } else {
            Flags { n: bit(word, 3), z: bit(word, 2), c: bit(word, 1), v: bit(word, 0) }
        };
    }

    fn conditional_select(&mut self, word: u32, wide: bool) {
        let result = if self.holds(bits(word, 12, 4)) {
            self.read(bits(word, 5, 5), wide)
        } else {
            let y = self.read(bits(word, 16, 5), wide);
            let y = if bit(word, 30) { !y } else { y };
            y.wrapping_add(u64::from(bit(word, 10)))
        };
        self.write(bits(word, 0, 5), wide, result);
    }

    fn one_source(&mut self, word: u32, wide: bool) -> Step {
        let x = self.read(bits(word, 5, 5), wide);
        let size = if wide { 64 } else { 32 };
        let result = match bits(word, 10, 6) {
            0 => x.reverse_bits() >> (64 - size),
            1 => (x & 0x00ff_00ff_00ff_00ff) << 8 | x >> 8 & 0x00ff_00ff_00ff_00ff,
            2 if wide => {
                u64::from((x as u32).swap_bytes()) | u64::from(((x >> 32) as u32).swap_bytes()) << 32
            }
            2 | 3 => x.swap_bytes() >> (64 - size),
            4 => u64::from((x << (64 - size)).leading_zeros().min(size)),
            _ => return Err(Stop::Unknown { word }),
        };
        self.write(bits(word, 0, 5), wide, result);
        Ok(())
    }

    fn two_sources(&mut self, word: u32, wide: bool) -> Step {
        let (x, y) = (self.read(bits(word, 5, 5), wide), self.read(bits(word, 16, 5), wide));
        let size = if wide { 64 } else { 32 };
        let operation = bits(word, 10, 6);
        let result = match operation {
            2 => x.checked_div(y).unwrap_or(0),
            3 if y == 0 => 0,
            3 => (signed(x, size) as i64).wrapping_div(signed(y, size) as i64) as u64,
            8..=11 => shift(x, operation & 3, (y % u64::from(size)) as u32, wide),
            _ => return Err(Stop::Unknown { word }),
        };
        self.write(bits(word, 0, 5), wide, result);
        Ok(())
    }

    fn multiply(&mut self, word: u32, wide: bool, op: u32) -> Step {
        let (rn, rm) = (bits(word, 5, 5), bits(word, 16, 5));
        let addend = self.read(bits(word, 10, 5), wide);
        let (x, y) = (self.read(rn, wide), self.read(rm, wide));
        let low = |n| self.read(n, false);
        let product = match op {
            0 => x.wrapping_mul(y),
            1 if wide => signed(low(rn), 32).wrapping_mul(signed(low(rm), 32)),
            5 if wide => low(rn).wrapping_mul(low(rm)),
            2 if wide => {
                let high = (i128::from(x as i64) * i128::from(y as i64)) >> 64;
                self.write(bits(word, 0, 5), true, high as u64);
                return Ok(());
            }
            6 if wide => {
                self.write(bits(word, 0, 5), true, ((u128::from(x) * u128::from(y)) >> 64) as u64);
                return Ok(());
            }
            _ => return Err(Stop::Unknown { word }),
        };
        let result = if bit(word, 15) { addend.wrapping_sub(product) } else { addend.wrapping_add(product) };
        self.write(bits(word, 0, 5), wide, result);
        Ok(())
    }
}

/// LSL, LSR, ASR or ROR by `amount`, taken modulo the size.
fn shift(value: u64, kind: u32, amount: u32, wide: bool) -> u64 {
    let size = if wide { 64 } else { 32 };
    let amount = amount % size;
    let value = value & mask(size);
    let result = match kind {
        0 => value << amount,
        1 => value >> amount,
        2 => (signed(value, size) as i64 >> amount) as u64,
        _ if wide => value.rotate_right(amount),
        _ => u64::from((value as u32).rotate_right(amount)),
    };
    result & mask(size)
}
