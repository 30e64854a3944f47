//! The ELF header and the program headers as the kernel reads them: class, byte order and OS/ABI are not looked at.

use std::borrow::Cow;

use super::Kernel;
use crate::elf::{Bytes, Segment};

pub const ET_EXEC: u16 = 2;
pub const ET_DYN: u16 = 3;
/// Bytes of an ELF header and of a program header (include/uapi/linux/elf.h).
pub const HEADER: u64 = 64;
const SEGMENT: u16 = 56;

/// The fields of a 64-bit ELF header that the kernel uses.
#[derive(Clone, Copy, Debug)]
pub struct Header {
    pub is_elf: bool,
    pub kind: u16,
    pub machine: u16,
    pub entry: u64,
    table: u64,
    entry_size: u16,
    count: u16,
}

impl Header {
    /// The header at the start of `head`: at least [`HEADER`] bytes, filled up with zeros behind the file's end.
    pub fn of(head: &[u8]) -> Self {
        let bytes = Bytes::new(head);
        let half = |at| bytes.u16(at).unwrap_or_default();
        let word = |at| bytes.u64(at).unwrap_or_default();
        Self {
            is_elf: head.starts_with(b"\x7fELF"),
            kind: half(16),
            machine: half(18),
            entry: word(24),
            table: word(32),
            entry_size: half(54),
            count: half(56),
        }
    }

    /// It is of a kind that can be executed.
    pub fn is_program(&self) -> bool {
        self.kind == ET_EXEC || self.kind == ET_DYN
    }

    /// The program headers (fs/binfmt_elf.c, load_elf_phdrs), or what is wrong with them.
    pub fn segments(&self, file: &[u8], kernel: Kernel) -> Result<Vec<Segment>, String> {
        if self.entry_size != SEGMENT {
            return Err(format!("e_phentsize is {}, not {SEGMENT}", self.entry_size));
        }
        let size = u64::from(self.count) * u64::from(SEGMENT);
        if size == 0 {
            return Err("it has no program headers".into());
        }
        let limit = kernel.headers();
        if size > limit {
            return Err(format!(
                "its {} program headers take {size} bytes, kernels with pages of {} KiB read up to {limit}",
                self.count,
                kernel.page / 1024
            ));
        }
        let bytes = Bytes::new(file);
        let inside = || -> Option<Vec<Segment>> {
            let table = Bytes::new(bytes.slice(self.table, size)?);
            (0..u64::from(self.count)).map(|i| Segment::read(table, i * u64::from(SEGMENT))).collect()
        };
        inside().ok_or_else(|| {
            format!(
                "its program headers should be at {:#x} to {:#x}, the file has {:#x} bytes",
                self.table,
                self.table.saturating_add(size),
                file.len()
            )
        })
    }
}

/// An executable's bytes and what its headers say.
#[derive(Debug)]
pub struct Object<'a> {
    pub bytes: Cow<'a, [u8]>,
    pub header: Header,
    pub segments: Vec<Segment>,
}
