//! Key files: read into memory that is wiped, a private key only where nobody else can read or change it, and written so.

use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use zeroize::Zeroizing;

use super::{Description, Key, PublicKey, SecretKey, pem};
use crate::error::{Code, Error};
use crate::visible::shown;
use crate::{input, output};

/// The bits of a file's mode that let others than its owner do anything with it (inode(7)).
const OTHERS: u32 = 0o077;

/// The key in the PEM file at `path`, private or public, as [`Key::parse`] reads it.
///
/// # Errors
/// One of the `input-…` codes, or those of [`Key::parse`]; `key-exposed` for a private key whose file gives the group or
/// others any permission.
pub fn read(path: &Path, identity: Option<&str>) -> Result<Key, Error> {
    read_with(path, |text, name| Key::parse(text, name, identity), |key| matches!(key, Key::Secret(_)))
}

/// What is said of the key in the PEM file at `path`, as [`Key::describe`] says it.
///
/// # Errors
/// The same, and those of [`Key::describe`].
pub fn describe(path: &Path, identity: Option<&str>) -> Result<Description, Error> {
    read_with(path, |text, name| Key::describe(text, name, identity), |key| key.is_private)
}

fn read_with<T>(
    path: &Path,
    parse: impl FnOnce(&[u8], &str) -> Result<T, Error>,
    is_private: impl FnOnce(&T) -> bool,
) -> Result<T, Error> {
    let file = input::open(path)?;
    let mode = file.metadata().mode() & 0o7777;
    // One allocation of the final size, so that no copy is left behind by growth.
    let mut text = Zeroizing::new(Vec::with_capacity(pem::LIMIT + 2));
    file.take(pem::LIMIT as u64 + 1).read_to_end(&mut text).map_err(|error| input::because(path, &error))?;
    let key = parse(&text, &shown(path))?;
    if mode & OTHERS == 0 || !is_private(&key) {
        return Ok(key);
    }
    Err(Error::new(
        Code::KeyExposed,
        format!(
            "{} holds a private key, and its mode {mode:04o} is not for its owner alone: who else could read it can \
             sign as you; `chmod 600 FILE`, and make a new key if somebody could",
            shown(path)
        ),
    ))
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
