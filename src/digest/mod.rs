//! Digests of bytes and files: SHA-256 (FIPS 180-4) and SM3 (GB/T 32905-2016), both in one pass.

mod each;
mod hex;
pub mod list;
mod read;

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};
use sm3::Sm3;

use crate::error::Error;
use crate::input;

pub use each::Each;
pub use hex::{hex, unhex};

/// A digest algorithm. Both give 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Algorithm {
    /// SHA-256.
    Sha256,
    /// SM3.
    Sm3,
}

impl Algorithm {
    /// Every algorithm, in the order in which digests are printed.
    pub const ALL: [Algorithm; 2] = [Algorithm::Sha256, Algorithm::Sm3];

    /// The name that in-toto gives it (in-toto/attestation, spec/v1/digest_set.md).
    pub const fn as_str(self) -> &'static str {
        match self {
            Algorithm::Sha256 => "sha256",
            Algorithm::Sm3 => "sm3",
        }
    }
}

/// The size and both digests of the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Digests {
    /// How many bytes there are.
    pub size: u64,
    /// Their SHA-256.
    pub sha256: [u8; 32],
    /// Their SM3.
    pub sm3: [u8; 32],
}

impl Digests {
    /// Those of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self { size: bytes.len() as u64, sha256: sha256(bytes), sm3: sm3(bytes) }
    }

    /// The digest by `algorithm`.
    pub fn by(&self, algorithm: Algorithm) -> &[u8; 32] {
        match algorithm {
            Algorithm::Sha256 => &self.sha256,
            Algorithm::Sm3 => &self.sm3,
        }
    }

    /// Those of everything that `reader` yields, read once and in constant memory, whatever its size. Where there is a
    /// second processor it hashes too.
    ///
    /// # Errors
    /// What `reader` says; an interrupted read is repeated.
    pub fn read(reader: &mut dyn Read) -> io::Result<Self> {
        read::digests(reader)
    }
}

/// The size of some bytes, and those of their digests that somebody wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sums {
    /// How many bytes there are.
    pub size: u64,
    /// The digests.
    pub digests: BTreeMap<Algorithm, [u8; 32]>,
}

impl Sums {
    /// As [`Digests::read`], but only those by the algorithms in `wanted`: SHA-256 alone takes a fraction of the time.
    ///
    /// # Errors
    /// As there.
    pub fn read(reader: &mut dyn Read, wanted: &[Algorithm]) -> io::Result<Self> {
        let (size, digest) = match wanted {
            [Algorithm::Sha256] => read::digest::<Sha256>(reader)?,
            [Algorithm::Sm3] => read::digest::<Sm3>(reader)?,
            _ => {
                let Digests { size, sha256, sm3 } = Digests::read(reader)?;
                return Ok(Self {
                    size,
                    digests: [(Algorithm::Sha256, sha256), (Algorithm::Sm3, sm3)].into(),
                });
            }
        };
        Ok(Self { size, digests: [(wanted[0], digest)].into() })
    }
}

/// Size and digests of the regular file at `path`, of any size; symbolic links are followed.
///
/// # Errors
/// One of the `input-…` codes if there is no regular, readable file, reading it fails, or it changes meanwhile.
pub fn file(path: &Path) -> Result<Digests, Error> {
    let mut file = input::open(path)?;
    Digests::read(&mut file).map_err(|error| input::because(path, &error))
}

/// The SHA-256 of `bytes`.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// The SM3 of `bytes`.
pub fn sm3(bytes: &[u8]) -> [u8; 32] {
    Sm3::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text, its SHA-256 (FIPS 180-2, appendix B) and its SM3 (GB/T 32905-2016, annex A; of the others as OpenSSL 3.0
    /// says).
    const KNOWN: [(&[u8], &str, &str); 3] = [
        (
            b"abc",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
        ),
        (
            b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
            "639b6cc5e64d9e37a390b192df4fa1ea0720ab747ff692b9f38c4e66ad7b8c05",
        ),
        (
            b"",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b",
        ),
    ];

    #[test]
    fn the_standards_examples_come_out() {
        for (text, sha256, sm3) in KNOWN {
            let digests = Digests::of(text);
            assert_eq!((hex(&digests.sha256).as_str(), hex(&digests.sm3).as_str()), (sha256, sm3));
            assert_eq!(digests.size, text.len() as u64);
            assert_eq!(Digests::read(&mut &*text).unwrap(), digests);
        }
        let second = "abcd".repeat(16);
        assert_eq!(
            hex(&sm3(second.as_bytes())),
            "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"
        );
    }

    #[test]
    fn a_million_letters_come_out() {
        let digests = Digests::read(&mut io::repeat(b'a').take(1_000_000)).unwrap();
        assert_eq!(digests.size, 1_000_000);
        assert_eq!(hex(&digests.sha256), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
        assert_eq!(hex(&digests.sm3), "c8aaf89429554029e231941a2acc0ad61ff2a5acd8fadd25847a3a732b3b02c3");
    }
}
