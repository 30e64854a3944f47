//! The hashes by which Nix fixes content (Nix manual, "outputHashAlgo").

use md5::Md5;
use sha1::Sha1;
use sha2::digest::DynDigest;
use sha2::{Digest, Sha256, Sha512};

/// A hash algorithm. Two files of one MD5 or SHA-1 can be made by anybody: those say what Nix asks for, and no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// MD5 (RFC 1321).
    Md5,
    /// SHA-1 (FIPS 180-4).
    Sha1,
    /// SHA-256 (FIPS 180-4).
    Sha256,
    /// SHA-512 (FIPS 180-4).
    Sha512,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Md5, Self::Sha1, Self::Sha256, Self::Sha512];

    /// The name that Nix gives it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    /// The algorithm that Nix calls `name`; `None` if it is another.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == name)
    }

    /// Bytes of a hash.
    pub const fn size(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }

    /// A hash of no bytes so far.
    pub(super) fn start(self) -> Hasher {
        match self {
            Self::Md5 => Hasher(Box::new(Md5::new())),
            Self::Sha1 => Hasher(Box::new(Sha1::new())),
            Self::Sha256 => Hasher(Box::new(Sha256::new())),
            Self::Sha512 => Hasher(Box::new(Sha512::new())),
        }
    }
}

/// A hash of the bytes so far.
pub(super) struct Hasher(Box<dyn DynDigest>);

impl Hasher {
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub fn finish(mut self) -> Vec<u8> {
        let mut hash = vec![0; self.0.output_size()];
        // It fails only if the room is of another size (`InvalidBufferSize`); no hash is better than a wrong one.
        if self.0.finalize_into_reset(&mut hash).is_err() {
            hash.clear();
        }
        hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::hex;

    /// RFC 1321, appendix A.5; FIPS 180-2, appendices A to C.
    #[test]
    fn the_standards_examples_come_out() {
        for (name, expected) in [
            ("md5", "900150983cd24fb0d6963f7d28e17f72"),
            ("sha1", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            ("sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "sha512",
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
                 2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            ),
        ] {
            let algorithm = Algorithm::named(name).unwrap();
            let mut hasher = algorithm.start();
            hasher.update(b"a");
            hasher.update(b"bc");
            assert_eq!((hex(&hasher.finish()).as_str(), algorithm.size() * 2), (expected, expected.len()));
        }
        for name in ["", "blake3", "SHA256", "sha-256", "sha224"] {
            assert_eq!(Algorithm::named(name), None, "{name}");
        }
    }
}
