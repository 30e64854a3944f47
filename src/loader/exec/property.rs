//! The GNU property note of PT_GNU_PROPERTY, which arm64 kernels read at exec (fs/binfmt_elf.c, parse_elf_properties).

use crate::elf::{Bytes, Segment, kind};
use crate::rootfs::Errno;

/// Bytes of the largest note (NOTE_DATA_SZ).
const LARGEST: u64 = 1024;
/// Bytes of a note's header and of its name `GNU`.
const NOTE: u64 = 12;
const NAME: u64 = 4;
const ALIGN: u64 = 8;
const NT_GNU_PROPERTY_TYPE_0: u32 = 5;
const FEATURE_1_AND: u32 = 0xc000_0000;

/// What the kernel answers to the last PT_GNU_PROPERTY before the interpreter's segment; all is well without one.
pub fn check(segments: &[Segment], file: &[u8]) -> Result<(), (Errno, &'static str)> {
    let Some(segment) = segments.iter().rfind(|segment| segment.kind == kind::GNU_PROPERTY) else {
        return Ok(());
    };
    if segment.file_size > LARGEST {
        return Err((Errno::ENOEXEC, "it is larger than 1024 bytes"));
    }
    // A read behind the end is short; one at a negative offset fails. Either way there are too few bytes.
    let rest = usize::try_from(segment.offset).ok().and_then(|offset| file.get(offset..)).unwrap_or_default();
    let note = Bytes::new(&rest[..rest.len().min(segment.file_size as usize)]);
    if note.len() < NOTE + NAME {
        return Err((Errno::EIO, "it is cut"));
    }
    let word = |at| note.u32(at).unwrap_or_default();
    if word(8) != NT_GNU_PROPERTY_TYPE_0 || word(0) != NAME as u32 || note.slice(NOTE, NAME) != Some(b"GNU\0")
    {
        return Err((Errno::ENOEXEC, "it is no GNU property note"));
    }
    let start = (NOTE + NAME).next_multiple_of(ALIGN);
    let size = u64::from(word(4));
    if note.len() < start || size > note.len() - start {
        return Err((Errno::ENOEXEC, "it is larger than its segment"));
    }
    properties(note, start, start + size)
}

fn properties(note: Bytes, mut at: u64, end: u64) -> Result<(), (Errno, &'static str)> {
    let mut previous = None;
    while at != end {
        // The kernel warns and gives up where properties are not padded.
        if at % ALIGN != 0 {
            return Err((Errno::EIO, "its properties are not padded to 8 bytes"));
        }
        if end - at < 8 {
            return Err((Errno::ENOEXEC, "a property is cut"));
        }
        let (Some(kind), Some(size)) = (note.u32(at), note.u32(at + 4)) else {
            return Err((Errno::ENOEXEC, "a property is cut"));
        };
        let step = u64::from(size).next_multiple_of(ALIGN);
        if step > end - at - 8 {
            return Err((Errno::ENOEXEC, "a property is larger than the note"));
        }
        if previous.is_some_and(|previous| kind <= previous) {
            return Err((Errno::ENOEXEC, "its properties are not sorted"));
        }
        if kind == FEATURE_1_AND && size != 4 {
            return Err((Errno::ENOEXEC, "its features have another size than 4 bytes"));
        }
        previous = Some(kind);
        at += 8 + step;
    }
    Ok(())
}
