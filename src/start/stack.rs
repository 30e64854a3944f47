//! The stack as the kernel leaves it for a new program (fs/binfmt_elf.c, `create_elf_tables`).

use super::memory::{Memory, STACK_END};
use crate::elf::Image;

// Types of the auxiliary vector (getauxval(3)).
const AT_PHDR: u64 = 3;
const AT_PHENT: u64 = 4;
const AT_PHNUM: u64 = 5;
const AT_PAGESZ: u64 = 6;
const AT_BASE: u64 = 7;
const AT_FLAGS: u64 = 8;
const AT_ENTRY: u64 = 9;
const AT_HWCAP: u64 = 16;
const AT_CLKTCK: u64 = 17;
const AT_SECURE: u64 = 23;
const AT_RANDOM: u64 = 25;
const AT_EXECFN: u64 = 31;

/// The smallest hardware capabilities of an arm64 Linux: floating point and Advanced SIMD.
const HWCAP: u64 = 0b11;

/// Lays the stack out and returns the stack pointer, or nothing if memory refuses.
pub fn build(memory: &mut Memory, image: &Image, bias: u64, entry: u64) -> Option<u64> {
    let name = STACK_END - 64;
    let random = STACK_END - 32;
    memory.store(name, 8, u128::from(u64::from_le_bytes(*b"sarsen\0\0"))).ok()?;
    memory.store(random, 16, 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef).ok()?;

    // A segment of program headers need not exist; the kernel computes their address from the first PT_LOAD.
    let table = image.address_of_segment_table().map_or(0, |address| bias.wrapping_add(address));
    #[rustfmt::skip]
    let words = [
        // argc, argv, envp.
        1, name, 0, 0,
        AT_PHDR, table,
        AT_PHENT, 56,
        AT_PHNUM, image.segments.len() as u64,
        AT_PAGESZ, 4096,
        AT_BASE, 0,
        AT_FLAGS, 0,
        AT_ENTRY, entry,
        AT_HWCAP, HWCAP,
        AT_CLKTCK, 100,
        AT_SECURE, 0,
        AT_RANDOM, random,
        AT_EXECFN, name,
        0, 0,
    ];
    let sp = (STACK_END - 128 - 8 * words.len() as u64) & !15;
    for (index, word) in words.into_iter().enumerate() {
        memory.store(sp + 8 * index as u64, 8, u128::from(word)).ok()?;
    }
    Some(sp)
}
