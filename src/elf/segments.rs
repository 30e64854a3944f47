//! Program headers (gABI, "Program Header"; the kernel reads them in fs/binfmt_elf.c, load_elf_phdrs).

use super::{Bytes, header::Header};
use crate::error::{Code, Error};

/// Values of `p_type`.
pub mod kind {
    /// Mapped into memory.
    pub const LOAD: u32 = 1;
    /// The dynamic table.
    pub const DYNAMIC: u32 = 2;
    /// The path of the program interpreter.
    pub const INTERP: u32 = 3;
    /// Notes.
    pub const NOTE: u32 = 4;
    /// The initial image of thread-local variables.
    pub const TLS: u32 = 7;
    /// The search table of unwind information.
    pub const GNU_EH_FRAME: u32 = 0x6474_e550;
    /// The GNU property note.
    pub const GNU_PROPERTY: u32 = 0x6474_e553;
    /// The flags of the stack.
    pub const GNU_STACK: u32 = 0x6474_e551;
    /// Read-only after relocation.
    pub const GNU_RELRO: u32 = 0x6474_e552;
}

/// One program header. Sizes and addresses in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Segment {
    /// `p_type`, see [`kind`].
    pub kind: u32,
    /// `p_flags`: 1 execute, 2 write, 4 read.
    pub flags: u32,
    /// `p_offset`.
    pub offset: u64,
    /// `p_vaddr`.
    pub address: u64,
    /// `p_filesz`.
    pub file_size: u64,
    /// `p_memsz`.
    pub memory_size: u64,
    /// `p_align`.
    pub align: u64,
}

impl Segment {
    /// The program header at `at`.
    pub(crate) fn read(bytes: Bytes, at: u64) -> Option<Self> {
        Some(Self {
            kind: bytes.u32(at)?,
            flags: bytes.u32(at + 4)?,
            offset: bytes.u64(at + 8)?,
            address: bytes.u64(at + 16)?,
            file_size: bytes.u64(at + 32)?,
            memory_size: bytes.u64(at + 40)?,
            align: bytes.u64(at + 48)?,
        })
    }

    /// Instructions may be fetched from it.
    pub fn is_executable(&self) -> bool {
        self.flags & 1 != 0
    }

    /// It may be written.
    pub fn is_writable(&self) -> bool {
        self.flags & 2 != 0
    }

    /// The flags as readelf prints them.
    pub fn flag_letters(&self) -> String {
        [(4, 'R'), (2, 'W'), (1, 'E')]
            .iter()
            .filter(|(bit, _)| self.flags & bit != 0)
            .map(|(_, c)| *c)
            .collect()
    }
}

const ENTRY: u16 = 56;

pub(super) fn parse(
    bytes: Bytes,
    header: &Header,
    name: &str,
    problems: &mut Vec<String>,
) -> Result<Vec<Segment>, Error> {
    let table = header.segment_table;
    if table.count == 0 {
        problems.push("no program headers, so the kernel has nothing to load".into());
        return Ok(Vec::new());
    }
    if table.entry != ENTRY {
        problems.push(format!("e_phentsize is {}, Linux demands {ENTRY}", table.entry));
        return Ok(Vec::new());
    }
    let size = u64::from(table.count) * u64::from(ENTRY);
    if !bytes.holds(table.offset, size) {
        return Err(Error::new(
            Code::InputTruncated,
            format!(
                "{name} ends after {} bytes, inside its {} program headers at {:#x}: copy it again",
                bytes.len(),
                table.count,
                table.offset
            ),
        ));
    }
    let segments: Vec<Segment> = (0..u64::from(table.count))
        .filter_map(|i| Segment::read(bytes, table.offset + i * u64::from(ENTRY)))
        .collect();
    for (index, segment) in segments.iter().enumerate() {
        inspect(index, segment, bytes, problems);
    }
    let mut end = 0;
    for segment in segments.iter().filter(|s| s.kind == kind::LOAD) {
        if segment.address < end {
            problems
                .push(format!("PT_LOAD at {:#x} overlaps or precedes the one before it", segment.address));
        }
        end = segment.address.saturating_add(segment.memory_size);
    }
    Ok(segments)
}

fn inspect(index: usize, segment: &Segment, bytes: Bytes, problems: &mut Vec<String>) {
    if !bytes.holds(segment.offset, segment.file_size) {
        problems.push(format!(
            "segment {index} wants bytes {:#x} to {:#x}, the file has {:#x}",
            segment.offset,
            segment.offset.saturating_add(segment.file_size),
            bytes.len()
        ));
    }
    if segment.kind == kind::LOAD && segment.file_size > segment.memory_size {
        problems.push(format!("segment {index} brings more bytes from the file than it has in memory"));
    }
    if segment.address.checked_add(segment.memory_size).is_none() {
        problems.push(format!("segment {index} wraps around the end of the address space"));
    }
}
