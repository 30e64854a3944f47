//! The A64 instructions that start code is made of (Arm Architecture Reference Manual, "A64 Instruction Set Encoding").
//! Whatever is missing stops the emulator: nothing is guessed.

mod branch;
mod immediate;
mod memory;
mod register;
mod vector;

#[cfg(test)]
mod tests;

use super::memory::{Memory, Stop};
use crate::isa;

/// The registers of one CPU.
pub struct Cpu {
    /// The address of the instruction that comes next.
    pub pc: u64,
    x: [u64; 31],
    sp: u64,
    v: [u128; 32],
    flags: Flags,
    thread_pointer: u64,
}

/// The condition flags.
#[expect(clippy::struct_excessive_bools, reason = "they are four bits of a register")]
#[derive(Clone, Copy, Default)]
struct Flags {
    n: bool,
    z: bool,
    c: bool,
    v: bool,
}

type Step = Result<(), Stop>;

impl Cpu {
    /// A CPU about to execute `pc` with the stack pointer `sp`; the kernel clears every other register.
    pub fn new(pc: u64, sp: u64) -> Self {
        Self { pc, x: [0; 31], sp, v: [0; 32], flags: Flags::default(), thread_pointer: 0 }
    }

    /// Executes one instruction.
    pub fn step(&mut self, memory: &mut Memory) -> Step {
        let word = memory.fetch(self.pc)?;
        // What follows knows Armv8.0 and decodes no more bits than that takes.
        if isa::feature_of(word).is_some() {
            return Err(Stop::Unknown { word });
        }
        let next = self.pc.wrapping_add(4);
        let here = std::mem::replace(&mut self.pc, next);
        // The top-level table of the encoding: bits 28 to 25.
        match bits(word, 25, 4) {
            0b1000 | 0b1001 => self.immediate(word, here),
            0b1010 | 0b1011 => self.branch(word, here),
            0b0100 | 0b0110 | 0b1100 | 0b1110 => self.transfer(word, here, memory),
            0b0101 | 0b1101 => self.register(word),
            0b0111 | 0b1111 => self.vector(word),
            _ if word >> 16 == 0 => Err(Stop::Undefined),
            _ => Err(Stop::Unknown { word }),
        }
    }

    /// Register `n`, where 31 is the zero register; the low half if not `wide`.
    fn read(&self, n: u32, wide: bool) -> u64 {
        let value = self.x.get(n as usize).copied().unwrap_or(0);
        if wide { value } else { value & 0xffff_ffff }
    }

    /// Register `n`, where 31 is the stack pointer.
    fn read_sp(&self, n: u32) -> u64 {
        if n == 31 { self.sp } else { self.x[n as usize] }
    }

    fn write(&mut self, n: u32, wide: bool, value: u64) {
        if let Some(register) = self.x.get_mut(n as usize) {
            *register = if wide { value } else { value & 0xffff_ffff };
        }
    }

    fn write_sp(&mut self, n: u32, wide: bool, value: u64) {
        if n == 31 {
            self.sp = if wide { value } else { value & 0xffff_ffff };
        } else {
            self.write(n, wide, value);
        }
    }

    /// Whether the four-bit condition holds.
    fn holds(&self, condition: u32) -> bool {
        let Flags { n, z, c, v } = self.flags;
        let base = match condition >> 1 {
            0 => z,
            1 => c,
            2 => n,
            3 => v,
            4 => c && !z,
            5 => n == v,
            6 => n == v && !z,
            _ => return true,
        };
        base ^ (condition & 1 != 0)
    }

    /// `x + y + carry`, with the flags it sets.
    fn add(x: u64, y: u64, carry: bool, wide: bool) -> (u64, Flags) {
        let size = if wide { 64 } else { 32 };
        let (x, y) = (x & mask(size), y & mask(size));
        let sum = u128::from(x) + u128::from(y) + u128::from(carry);
        let result = sum as u64 & mask(size);
        let sign = |value: u64| value >> (size - 1) & 1 != 0;
        let flags = Flags {
            n: sign(result),
            z: result == 0,
            c: sum >> size != 0,
            v: sign(x) == sign(y) && sign(result) != sign(x),
        };
        (result, flags)
    }

    fn set_logic_flags(&mut self, result: u64, wide: bool) {
        let size = if wide { 64 } else { 32 };
        let result = result & mask(size);
        self.flags = Flags { n: result >> (size - 1) != 0, z: result == 0, c: false, v: false };
    }
}

/// `count` bits of `word` from bit `low`.
const fn bits(word: u32, low: u32, count: u32) -> u32 {
    word >> low & ((1 << count) - 1)
}

/// One bit of `word`.
const fn bit(word: u32, index: u32) -> bool {
    word >> index & 1 != 0
}

/// The low `count` bits set; `count` is at most 64.
const fn mask(count: u32) -> u64 {
    if count == 64 { u64::MAX } else { (1 << count) - 1 }
}

/// `value`'s low `count` bits, sign-extended; `count` is 1 to 64.
const fn signed(value: u64, count: u32) -> u64 {
    ((value << (64 - count)) as i64 >> (64 - count)) as u64
}
