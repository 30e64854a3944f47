//! Runs the first instructions of a static-PIE in a small emulator, to see whether it relocates itself.
//!
//! A PIE without an interpreter has to apply its own relative relocations before it uses any pointer they cover: musl's
//! rcrt1.o and glibc's `_dl_relocate_static_pie` do, an ordinary crt1.o does not. No header tells the two apart, and in
//! a stripped file no symbol does. So the code decides: from `e_entry`, with the stack that the kernel would lay out
//! (fs/binfmt_elf.c, `create_elf_tables`), it is executed until it has written the relocated words, or has faulted, made
//! a system call, or met an instruction that is not modelled.

mod a64;
mod memory;
mod stack;

use crate::elf::{Image, Kind, Relative};
use a64::Cpu;
use memory::{Memory, Stop};

/// Where the emulated kernel maps a position-independent file: any 64 KiB boundary that no linked address looks like.
const BIAS: u64 = 0x0055_0000_0000;

/// Instructions after which start code is not waited for any longer. musl's needs about ten for each relocation, and
/// as many as [`crate::elf::Relocations::sample`] holds are enough as proof.
const LIMIT: u64 = 4_000_000;

/// What the start code was seen to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It wrote the relocated value of every sampled relative relocation.
    Relocates {
        /// Instructions executed until then.
        instructions: u64,
        /// How many relocations were sampled.
        sampled: usize,
    },
    /// It ended or did something else first.
    DoesNot {
        /// What it did, as a fragment that starts with a verb.
        instead: String,
        /// How that ends the process, if it does.
        death: Option<Death>,
        /// Instructions executed until then.
        instructions: u64,
    },
    /// The emulator cannot follow it.
    Unclear {
        /// Why, as a fragment.
        why: String,
    },
}

/// How start code ends its process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Death {
    /// It touches memory that is not there or not for that: SIGSEGV.
    Fault,
    /// It executes a breakpoint: SIGTRAP.
    Breakpoint,
    /// It executes an undefined instruction: SIGILL.
    Undefined,
}

/// Executes the start code of an AArch64 image. Its relative relocations are the ones to look for, so there must be one.
pub fn run(image: &Image) -> Outcome {
    let bias = if image.header.kind == Kind::PositionIndependent { BIAS } else { 0 };
    let mut memory = Memory::new(image, bias);
    let entry = bias.wrapping_add(image.header.entry);
    let Some(sp) = stack::build(&mut memory, image, bias, entry) else {
        return Outcome::Unclear { why: "the emulated stack overlaps the image".into() };
    };
    for &Relative { slot, addend } in &image.relocations.sample {
        let addend = addend.or_else(|| image.word_at(slot)).unwrap_or_default();
        memory.watch(bias.wrapping_add(slot), bias.wrapping_add(addend));
    }
    let sampled = memory.awaited();
    let mut cpu = Cpu::new(entry, sp);
    for instructions in 0..LIMIT {
        if memory.awaited() == 0 {
            return Outcome::Relocates { instructions, sampled };
        }
        let pc = cpu.pc;
        if let Err(stop) = cpu.step(&mut memory) {
            return describe(&stop, pc.wrapping_sub(bias), bias, instructions);
        }
    }
    let instead = format!("is still running after {LIMIT} instructions");
    Outcome::DoesNot { instead, death: None, instructions: LIMIT }
}

/// The first instruction on the way from the entry point that is not modelled, with its address as linked: an instruction
/// that Armv8.0 does not have, or one that start code seldom uses. Nothing if the code does something else first, such as
/// a system call, whose result is not known. Until there nothing depends on what only the device knows: the hardware
/// capabilities that the code may ask for are the smallest there are.
pub fn unknown_instruction(image: &Image) -> Option<(u64, u32)> {
    let bias = if image.header.kind == Kind::PositionIndependent { BIAS } else { 0 };
    let mut memory = Memory::new(image, bias);
    let entry = bias.wrapping_add(image.header.entry);
    let mut cpu = Cpu::new(entry, stack::build(&mut memory, image, bias, entry)?);
    for _ in 0..LIMIT {
        let pc = cpu.pc;
        match cpu.step(&mut memory) {
            Ok(()) => {}
            Err(Stop::Unknown { word }) => return Some((pc.wrapping_sub(bias), word)),
            Err(_) => return None,
        }
    }
    None
}

fn describe(stop: &Stop, pc: u64, bias: u64, instructions: u64) -> Outcome {
    // An address inside the image is told as linked, any other as it is.
    let at = |address: u64| if address >= bias && bias != 0 { address - bias } else { address };
    let instead = match *stop {
        Stop::Unmapped { address, writes } => {
            let does = if writes { "writes to" } else { "reads" };
            format!("{does} the unmapped address {:#x} at {pc:#x}", at(address))
        }
        Stop::ReadOnly { address } => format!("writes to read-only memory ({:#x}) at {pc:#x}", at(address)),
        Stop::NotExecutable { address } => format!("jumps to {:#x}, where no code is", at(address)),
        Stop::SystemCall { number } => format!("makes system call {number} at {pc:#x}"),
        Stop::Trap => format!("traps at {pc:#x}"),
        Stop::Undefined => format!("executes an undefined instruction at {pc:#x}"),
        Stop::Unknown { word } => {
            return Outcome::Unclear { why: format!("instruction {word:08x} at {pc:#x} is not modelled") };
        }
        Stop::TooMuchMemory => {
            return Outcome::Unclear { why: "it touches more memory than is modelled".into() };
        }
    };
    let death = match stop {
        Stop::Unmapped { .. } | Stop::ReadOnly { .. } | Stop::NotExecutable { .. } => Some(Death::Fault),
        Stop::Trap => Some(Death::Breakpoint),
        Stop::Undefined => Some(Death::Undefined),
        _ => None,
    };
    Outcome::DoesNot { instead, death, instructions }
}
