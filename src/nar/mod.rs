//! Nix archives (NAR): the one form of a file tree that Nix hashes and signs. Owner, times and all permissions but the
//! executable bit are no part of it (Nix manual, "Nix Archive (NAR) format").

pub mod algorithm;
mod archive;
pub mod base32;
pub mod fixed;
pub mod git;
pub mod signature;
pub mod store_path;
#[cfg(test)]
mod tests;

use std::path::Path;

use base64ct::{Base64, Encoding};

use crate::error::Error;

/// What is told of a file tree while its archive is hashed, in the order of the archive: whoever needs more than the
/// archive's hash reads nothing twice, and both are about the same bytes.
pub trait Observer {
    /// A folder begins. Its members follow, in the order of their names' bytes, before it ends.
    fn folder(&mut self, path: &Path) {
        let _ = path;
    }

    /// A symbolic link begins, and ends.
    fn link(&mut self, path: &Path, target: &[u8]) {
        let _ = (path, target);
    }

    /// A regular file of `size` bytes begins. Its bytes follow before it ends.
    ///
    /// # Errors
    /// Why no more of the tree shall be read.
    fn file(&mut self, path: &Path, size: u64, executable: bool) -> Result<(), Error> {
        let _ = (path, size, executable);
        Ok(())
    }

    /// The next bytes of the file.
    fn bytes(&mut self, bytes: &[u8]) {
        let _ = bytes;
    }

    /// What began last, and did not end yet, ends.
    fn end(&mut self) {}

    /// The next bytes of the archive itself.
    fn archive(&mut self, bytes: &[u8]) {
        let _ = bytes;
    }
}

/// Nobody is told.
impl Observer for () {}

/// The SHA-256 and the size in bytes of the archive that the file, symbolic link or folder at `path` makes: what
/// `nix hash path` prints. A link is not followed. The archive itself is never in memory, nor is any file as a whole.
///
/// # Errors
/// One of the `input-…` codes if something cannot be read, is neither file, link nor folder, or is a file that changes
/// while it is read, as far as its size, times and place tell.
pub fn hash(path: &Path) -> Result<([u8; 32], u64), Error> {
    observed(path, &mut ())
}

/// As [`hash`], and `observer` is told everything on the way. What it was told is worth nothing after an error.
///
/// # Errors
/// As there, and those of `observer`.
pub fn observed(path: &Path, observer: &mut dyn Observer) -> Result<([u8; 32], u64), Error> {
    archive::hash(path, observer)
}

/// A SHA-256 digest as Nix writes it, in the form of the W3C's Subresource Integrity: `sha256-` and base64.
pub fn sri(sha256: &[u8; 32]) -> String {
    format!("sha256-{}", Base64::encode_string(sha256))
}

/// The digest that `text` writes as [`sri`] does; `None` if it is anything else.
pub fn from_sri(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    let decoded = Base64::decode(text.strip_prefix("sha256-")?, &mut bytes).ok()?;
    (decoded.len() == bytes.len()).then_some(bytes)
}
