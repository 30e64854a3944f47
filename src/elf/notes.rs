//! Notes (gABI, "Note Section").

use super::{Image, kind};

/// The oldest kernel that the file's libc accepts, as `(major, minor, patch)`: the NT_GNU_ABI_TAG note, which glibc puts
/// into every program and checks at start ("FATAL: kernel too old").
pub fn abi_kernel(image: &Image) -> Option<(u32, u32, u32)> {
    image.segments_of(kind::NOTE).find_map(|segment| {
        let end = segment.offset.checked_add(segment.file_size)?;
        let mut at = segment.offset;
        while at < end {
            let (name, size, kind) =
                (image.bytes.u32(at)?, image.bytes.u32(at + 4)?, image.bytes.u32(at + 8)?);
            let text = at + 12;
            let content = text.checked_add(padded(name))?;
            if kind == 1 && size >= 16 && image.bytes.slice(text, u64::from(name))? == b"GNU\0" {
                let word = |i: u64| image.bytes.u32(content + 4 * i);
                // The first word is the system: 0 is Linux.
                return (word(0)? == 0).then_some((word(1)?, word(2)?, word(3)?));
            }
            at = content.checked_add(padded(size))?;
        }
        None
    })
}

fn padded(size: u32) -> u64 {
    u64::from(size).next_multiple_of(4)
}
