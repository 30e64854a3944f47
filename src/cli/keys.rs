//! Keys that are named on the command line, with one `--identity` for those of them that need one.

use std::path::Path;

use crate::error::{Code, Error};
use crate::key::{self, Key, PublicKey};

/// The key at `path`. `identity` is for SM2: an Ed25519 key is read as if it were not given.
pub fn read(path: &Path, identity: Option<&str>) -> Result<Key, Error> {
    match key::file::read(path, None) {
        Ok(key) if key.public().identity().is_none() => Ok(key),
        Err(error) if error.code != Code::KeyIdentity => Err(error),
        _ => key::file::read(path, identity),
    }
}

/// # Errors
/// `key-identity` if an identity is given and no key has one.
pub fn identity_is_used<'a>(
    identity: Option<&str>,
    mut keys: impl Iterator<Item = &'a PublicKey>,
) -> Result<(), Error> {
    match identity {
        Some(identity) if keys.all(|key| key.identity().is_none()) => Err(Error::new(
            Code::KeyIdentity,
            format!(
                "no key is of SM2, and signatures of others cover no identity: {identity:?} would say nothing"
            ),
        )),
        _ => Ok(()),
    }
}
