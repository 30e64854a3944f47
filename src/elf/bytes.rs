//! Checked little-endian reads: an offset that leaves the file is an answer, never a panic.

use std::borrow::Cow;

use super::Parts;

/// A file's bytes with reads that cannot go wrong. Offsets and sizes are `u64`, as in the file.
#[derive(Clone, Copy, Debug)]
pub struct Bytes<'a>(At<'a>);

#[derive(Clone, Copy, Debug)]
enum At<'a> {
    Whole(&'a [u8]),
    Parts(&'a Parts),
}

impl<'a> Bytes<'a> {
    /// Reads of `data`.
    pub fn new(data: &'a [u8]) -> Self {
        Self(At::Whole(data))
    }

    /// Reads of a file of which only parts are at hand.
    pub fn parts(parts: &'a Parts) -> Self {
        Self(At::Parts(parts))
    }

    /// The whole file; nothing if only parts of it are at hand, which is then a miss ([`Parts::missed`]).
    pub fn all(self) -> &'a [u8] {
        match self.0 {
            At::Whole(data) => data,
            At::Parts(parts) => {
                parts.miss();
                &[]
            }
        }
    }

    /// The file's size in bytes.
    pub fn len(self) -> u64 {
        match self.0 {
            At::Whole(data) => data.len() as u64,
            At::Parts(parts) => parts.size(),
        }
    }

    /// Whether there is no byte at all.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Whether `size` bytes from `offset` are all in the file.
    pub fn holds(self, offset: u64, size: u64) -> bool {
        offset.checked_add(size).is_some_and(|end| end <= self.len())
    }

    /// `size` bytes from `offset`, if all of them are in the file.
    pub fn slice(self, offset: u64, size: u64) -> Option<&'a [u8]> {
        match self.0 {
            At::Whole(data) => {
                let start = usize::try_from(offset).ok()?;
                let end = usize::try_from(offset.checked_add(size)?).ok()?;
                data.get(start..end)
            }
            At::Parts(parts) => parts.slice(offset, size),
        }
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
        let (rest, is_all) = match self.0 {
            At::Whole(data) => (data.get(usize::try_from(offset).ok()?..)?, true),
            At::Parts(parts) if offset < parts.size() => parts.from(offset).unwrap_or((&[], false)),
            At::Parts(_) => return None,
        };
        let end = memchr::memchr(0, &rest[..rest.len().min(limit)]);
        if let (At::Parts(parts), None, false) = (self.0, end, is_all || rest.len() >= limit) {
            parts.miss();
        }
        Some(String::from_utf8_lossy(&rest[..end?]))
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
