//! Key files: read into memory that is wiped, written so that nobody else can read a private key.

use std::io::Read;
use std::path::Path;

use zeroize::Zeroizing;

use super::{Key, PublicKey, SecretKey, pem};
use crate::error::{Code, Error};
use crate::visible::shown;
use crate::{input, output};

/// The key in the PEM file at `path`, private or public, as [`Key::parse`] reads it.
///
/// # Errors
/// One of the `input-…` codes, or those of [`Key::parse`].
pub fn read(path: &Path, identity: Option<&str>) -> Result<Key, Error> {
    // One allocation of the final size, so that no copy is left behind by growth.
    let mut text = Zeroizing::new(Vec::with_capacity(pem::LIMIT + 2));
    input::open(path)?.take(pem::LIMIT as u64 + 1).read_to_end(&mut text).map_err(|error| {
        Error::new(Code::InputUnreadable, format!("{} cannot be read ({error})", path.display()))
    })?;
    Key::parse(&text, &shown(path), identity)
}

/// The same, of a public key.
///
/// # Errors
/// The same, and `key-kind`.
pub fn read_public(path: &Path, identity: Option<&str>) -> Result<PublicKey, Error> {
    read(path, identity)?.into_public(&shown(path))
}

/// The same, of a private key.
///
/// # Errors
/// The same, and `key-kind`.
pub fn read_secret(path: &Path, identity: Option<&str>) -> Result<SecretKey, Error> {
    read(path, identity)?.into_secret(&shown(path))
}

/// Writes a private key to a new file that only its owner reads, mode 0600.
///
/// # Errors
/// Those of [`output::create`].
pub fn write_secret(path: &Path, key: &SecretKey) -> Result<(), Error> {
    output::create(path, key.pem().as_bytes(), 0o600)
}
