//! The memory of the emulated process: pages of the image, made when they are first touched, and a stack.

use std::collections::HashMap;

use crate::elf::{Image, Segment, kind};

/// Why execution cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Nothing is mapped there: SIGSEGV.
    Unmapped { address: u64, writes: bool },
    /// Mapped, but not writable: SIGSEGV.
    ReadOnly { address: u64 },
    /// Mapped, but not executable, or not mapped: SIGSEGV.
    NotExecutable { address: u64 },
    /// `svc`: the kernel would be entered.
    SystemCall { number: u64 },
    /// `brk`: SIGTRAP.
    Trap,
    /// `udf`, as zeros are: SIGILL.
    Undefined,
    /// An instruction that the emulator does not have.
    Unknown { word: u32 },
    /// More pages than [`PAGES`].
    TooMuchMemory,
}

const PAGE: u64 = 4096;
/// A bound on what hostile start code can make us allocate: 16 MiB.
const PAGES: usize = 4096;

/// The end of the stack, and its size in bytes; far from [`super::BIAS`] and from addresses as linked.
pub const STACK_END: u64 = 0x7fff_0000_0000;
pub const STACK_SIZE: u64 = 256 * 1024;

pub struct Memory<'a> {
    image: &'a Image<'a>,
    bias: u64,
    pages: HashMap<u64, Box<[u8; PAGE as usize]>>,
    watched: HashMap<u64, u64>,
}

impl<'a> Memory<'a> {
    pub fn new(image: &'a Image<'a>, bias: u64) -> Self {
        Self { image, bias, pages: HashMap::new(), watched: HashMap::new() }
    }

    /// Awaits the 64-bit `value` at `address`.
    pub fn watch(&mut self, address: u64, value: u64) {
        self.watched.insert(address, value);
    }

    /// How many awaited values have not been written yet.
    pub fn awaited(&self) -> usize {
        self.watched.len()
    }

    /// The PT_LOAD segment whose pages hold `address`; the kernel maps whole pages.
    fn segment(&self, address: u64) -> Option<&Segment> {
        let linked = address.wrapping_sub(self.bias);
        self.image.segments_of(kind::LOAD).find(|s| {
            let start = s.address & !(PAGE - 1);
            let end = s.address.saturating_add(s.memory_size).checked_next_multiple_of(PAGE);
            linked >= start && end.is_none_or(|end| linked < end)
        })
    }

    fn in_stack(address: u64) -> bool {
        (STACK_END - STACK_SIZE..STACK_END).contains(&address)
    }

    fn page(&mut self, address: u64) -> Result<&mut [u8; PAGE as usize], Stop> {
        let base = address & !(PAGE - 1);
        if !self.pages.contains_key(&base) {
            if self.pages.len() >= PAGES {
                return Err(Stop::TooMuchMemory);
            }
            let page = self.content(base);
            self.pages.insert(base, page);
        }
        self.pages.get_mut(&base).map(|p| &mut **p).ok_or(Stop::TooMuchMemory)
    }

    /// A page as the kernel would map it: bytes of the file, and zeros.
    fn content(&self, base: u64) -> Box<[u8; PAGE as usize]> {
        let mut page = Box::new([0; PAGE as usize]);
        let linked = base.wrapping_sub(self.bias);
        for segment in self.image.segments_of(kind::LOAD) {
            let start = segment.address.max(linked);
            let end = segment.address.saturating_add(segment.file_size).min(linked.saturating_add(PAGE));
            if start >= end {
                continue;
            }
            let offset = segment.offset.checked_add(start - segment.address);
            if let Some(bytes) = offset.and_then(|offset| self.image.bytes.slice(offset, end - start)) {
                let at = (start - linked) as usize;
                page[at..at + bytes.len()].copy_from_slice(bytes);
            }
        }
        page
    }

    /// The instruction at `address`.
    pub fn fetch(&mut self, address: u64) -> Result<u32, Stop> {
        let executable = self.segment(address).is_some_and(Segment::is_executable);
        if !executable || address % 4 != 0 {
            return Err(Stop::NotExecutable { address });
        }
        let at = (address % PAGE) as usize;
        let page = self.page(address)?;
        Ok(u32::from_le_bytes([page[at], page[at + 1], page[at + 2], page[at + 3]]))
    }

    /// `size` bytes at `address` as a little-endian number; `size` is at most 16.
    pub fn load(&mut self, address: u64, size: u64) -> Result<u128, Stop> {
        let mut value = 0;
        for index in 0..size {
            let at = address.wrapping_add(index);
            if (index == 0 || at % PAGE == 0) && !Self::in_stack(at) && self.segment(at).is_none() {
                return Err(Stop::Unmapped { address: at, writes: false });
            }
            let byte = self.page(at)?[(at % PAGE) as usize];
            value |= u128::from(byte) << (8 * index);
        }
        Ok(value)
    }

    /// Writes the low `size` bytes of `value` at `address`; `size` is at most 16.
    pub fn store(&mut self, address: u64, size: u64, value: u128) -> Result<(), Stop> {
        for index in 0..size {
            let at = address.wrapping_add(index);
            if (index == 0 || at % PAGE == 0) && !Self::in_stack(at) {
                let segment = self.segment(at).ok_or(Stop::Unmapped { address: at, writes: true })?;
                if !segment.is_writable() {
                    return Err(Stop::ReadOnly { address: at });
                }
            }
            self.page(at)?[(at % PAGE) as usize] = (value >> (8 * index)) as u8;
        }
        // Words are relocated one at a time or as a pair.
        self.arrived(address, value as u64);
        if size == 16 {
            self.arrived(address.wrapping_add(8), (value >> 64) as u64);
        }
        Ok(())
    }

    fn arrived(&mut self, address: u64, value: u64) {
        if self.watched.get(&address) == Some(&value) {
            self.watched.remove(&address);
        }
    }
}
