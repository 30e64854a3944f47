//! The ELF header (gABI, "ELF Header"; elf(5)).

use super::Bytes;
use crate::error::{Code, Error};

/// What `e_type` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// ET_EXEC: loads at the addresses it was linked for.
    Executable,
    /// ET_DYN: a position-independent executable or a shared object.
    PositionIndependent,
    /// Any other value, such as an object file's.
    Other(u16),
}

/// The ELF header's fields that anything here asks for.
#[derive(Clone, Copy, Debug)]
pub struct Header {
    /// EI_CLASS is ELFCLASS64.
    pub is_64_bit: bool,
    /// EI_DATA is ELFDATA2LSB.
    pub is_little_endian: bool,
    /// EI_OSABI: 0 is System V, 3 GNU/Linux.
    pub os_abi: u8,
    /// `e_type`.
    pub kind: Kind,
    /// `e_machine`: 183 is AArch64.
    pub machine: u16,
    /// `e_entry`: the address of the first instruction.
    pub entry: u64,
    pub(super) segment_table: Table,
    pub(super) section_table: Table,
    pub(super) section_names: u16,
}

/// Where a table of headers is: offset in the file, bytes of one entry, number of entries.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table {
    pub offset: u64,
    pub entry: u16,
    pub count: u16,
}

/// The name of an `e_machine` value, as profiles spell it.
pub fn machine_name(machine: u16) -> String {
    match machine {
        3 => "i386".into(),
        40 => "arm".into(),
        62 => "x86_64".into(),
        183 => "aarch64".into(),
        243 => "riscv".into(),
        258 => "loongarch".into(),
        other => format!("machine {other}"),
    }
}

const EI_CLASS: u64 = 4;
const EI_DATA: u64 = 5;
const EI_OSABI: u64 = 7;
const SIZE_64: u64 = 64;

impl Header {
    /// Where the program headers are in the file.
    pub fn segment_table_offset(&self) -> u64 {
        self.segment_table.offset
    }

    pub(super) fn parse(bytes: Bytes, name: &str) -> Result<Self, Error> {
        let magic = bytes.slice(0, bytes.len().min(4)).unwrap_or_default();
        if magic != b"\x7fELF" {
            let seen: Vec<String> = magic.iter().map(|b| format!("{b:02x}")).collect();
            return Err(Error::new(
                Code::InputNotElf,
                format!(
                    "{name} is not an ELF file: it starts with {}, not 7f 45 4c 46; is it a script or an archive?",
                    seen.join(" ")
                ),
            ));
        }
        // The two leading identification bytes are the same for every class; a shorter file has no class to judge.
        Self::fields(bytes).ok_or_else(|| {
            Error::new(
                Code::InputTruncated,
                format!("{name} ends after {} bytes, inside its ELF header: copy it again", bytes.len()),
            )
        })
    }

    fn fields(bytes: Bytes) -> Option<Self> {
        let is_64_bit = bytes.array::<1>(EI_CLASS)?[0] == 2;
        let is_little_endian = bytes.array::<1>(EI_DATA)?[0] == 1;
        // Machine and type stand at the same place in both classes; the byte order decides how they read.
        let half = |offset| {
            bytes
                .array(offset)
                .map(|b| if is_little_endian { u16::from_le_bytes(b) } else { u16::from_be_bytes(b) })
        };
        let kind = match half(16)? {
            2 => Kind::Executable,
            3 => Kind::PositionIndependent,
            other => Kind::Other(other),
        };
        let wide = is_64_bit && is_little_endian;
        if wide && bytes.len() < SIZE_64 {
            return None;
        }
        let table = |offset, entry, count| -> Option<Table> {
            Some(Table { offset: bytes.u64(offset)?, entry: bytes.u16(entry)?, count: bytes.u16(count)? })
        };
        let none = Table { offset: 0, entry: 0, count: 0 };
        Some(Self {
            is_64_bit,
            is_little_endian,
            os_abi: bytes.array::<1>(EI_OSABI)?[0],
            kind,
            machine: half(18)?,
            entry: if wide { bytes.u64(24)? } else { 0 },
            segment_table: if wide { table(32, 54, 56)? } else { none },
            section_table: if wide { table(40, 58, 60)? } else { none },
            section_names: if wide { bytes.u16(62)? } else { 0 },
        })
    }
}
