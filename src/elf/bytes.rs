//! Checked little-endian reads: an offset that leaves the file is an answer, never a panic.

use std::borrow::Cow;

/// A file's bytes with reads that cannot go wrong. Offsets and sizes are `u64`, as in the file.
#[derive(Clone, Copy, Debug)]
pub struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    /// Reads of `data`.
    pub fn new(data: &'a [u8]) -> Self {
        Self(data)
    }

    /// The whole file.
    pub fn all(self) -> &'a [u8] {
        self.0
    }

    /// The file's size in bytes.
    pub fn len(self) -> u64 {
        self.0.len() as u64
    }

    /// Whether there is no byte at all.
    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// `size` bytes from `offset`, if all of them are in the file.
    pub fn slice(self, offset: u64, size: u64) -> Option<&'a [u8]> {
        let start = usize::try_from(offset).ok()?;
        let end = usize::try_from(offset.checked_add(size)?).ok()?;
        self.0.get(start..end)
    }

    /// The `N` bytes at `offset`.
    pub fn array<const N: usize>(self, offset: u64) -> Option<[u8; N]> {
        self.slice(offset, N as u64)?.try_into().ok()
    }

    /// The 16-bit word at `offset`.
    pub fn u16(self, offset: u64) -> Option<u16> {
        self.array(offset).map(u16::from_le_bytes)
    }

    /// The 32-bit word at `offset`.
    pub fn u32(self, offset: u64) -> Option<u32> {
        self.array(offset).map(u32::from_le_bytes)
    }

    /// The 64-bit word at `offset`.
    pub fn u64(self, offset: u64) -> Option<u64> {
        self.array(offset).map(u64::from_le_bytes)
    }

    /// The NUL-terminated text at `offset`, at most 4096 bytes of it; bytes that are not UTF-8 are replaced.
    pub fn c_string(self, offset: u64) -> Option<Cow<'a, str>> {
        self.c_string_within(offset, 4096)
    }

    /// The same with another limit in bytes.
    pub fn c_string_within(self, offset: u64, limit: usize) -> Option<Cow<'a, str>> {
        let rest = self.0.get(usize::try_from(offset).ok()?..)?;
        let end = rest.iter().take(limit).position(|&b| b == 0)?;
        Some(String::from_utf8_lossy(&rest[..end]))
    }
}

#[cfg(test)]
mod tests {
    use super::Bytes;

    #[test]
    fn reads_outside_are_none() {
        let bytes = Bytes::new(&[1, 2, 3, 4, 0]);
        assert_eq!(bytes.u32(0), Some(0x0403_0201));
        assert_eq!(bytes.u32(2), None);
        assert_eq!(bytes.u64(u64::MAX), None);
        assert_eq!(bytes.slice(u64::MAX, 2), None);
        assert_eq!(bytes.slice(5, 0), Some(&[][..]));
        assert_eq!(bytes.c_string(3).as_deref(), Some("\u{4}"));
        assert_eq!(bytes.c_string(9), None);
    }
}
