//! A key that is private or public.

use super::{Algorithm, PublicKey, SecretKey, Sign, USUAL_IDENTITY, der, pem};
use crate::error::{Code, Error};

/// What can be said of a key.
#[derive(Debug)]
pub struct Description {
    /// Whether it signs.
    pub is_private: bool,
    /// How it signs or verifies.
    pub algorithm: Algorithm,
    /// The identity that is named; none of Ed25519, nor of an SM2 key which so far has none.
    pub identity: Option<String>,
    /// [`PublicKey::id`].
    pub id: String,
    /// [`PublicKey::bytes`].
    pub public: Vec<u8>,
}

/// A key of either kind.
#[derive(Debug)]
pub enum Key {
    /// It verifies.
    Public(PublicKey),
    /// It signs.
    Secret(SecretKey),
}

impl Key {
    /// Reads the PEM text of a key, private or public, as [`PublicKey::parse`] does.
    ///
    /// # Errors
    /// As there, except `key-kind`.
    pub fn parse(pem: &[u8], name: &str, identity: Option<&str>) -> Result<Self, Error> {
        let block = pem::read(pem, name)?;
        let identity = pem::agreed(name, block.identity, identity)?;
        Self::from_der(&block.der, block.is_private, name, identity)
    }

    /// What `sarsen key show` says of it. Only here an SM2 key may have no identity.
    ///
    /// # Errors
    /// As [`Self::parse`], except `key-identity` for an SM2 key without one.
    pub fn describe(pem: &[u8], name: &str, identity: Option<&str>) -> Result<Description, Error> {
        let block = pem::read(pem, name)?;
        let identity = pem::agreed(name, block.identity, identity)?;
        let read = |identity| Self::from_der(&block.der, block.is_private, name, identity);
        let key = match read(identity) {
            // Nothing of it depends on the identity but what it signs.
            Err(error) if error.code == Code::KeyIdentity && identity.is_none() => {
                read(Some(USUAL_IDENTITY))?
            }
            result => result?,
        };
        let public = key.public();
        Ok(Description {
            is_private: block.is_private,
            algorithm: public.algorithm(),
            identity: identity.map(str::to_owned),
            id: public.id(),
            public: public.bytes(),
        })
    }

    fn from_der(der: &[u8], is_private: bool, name: &str, identity: Option<&str>) -> Result<Self, Error> {
        if !is_private {
            let (algorithm, bytes) = der::read_public(der, name)?;
            return PublicKey::named(algorithm, bytes, name, identity).map(Key::Public);
        }
        let parts = der::read_secret(der, name)?;
        let key = SecretKey::named(parts.algorithm, &parts.secret, name, identity)?;
        match parts.public {
            None => Ok(Key::Secret(key)),
            Some(public) if public == key.public.bytes() => Ok(Key::Secret(key)),
            Some([0x02 | 0x03 | 0x06 | 0x07, ..]) if parts.algorithm == Algorithm::Sm2 => Err(Error::new(
                Code::KeyUnsupported,
                format!(
                    "{name} holds its public key as a compressed or hybrid point: `openssl ec -in FILE -conv_form \
                     uncompressed | openssl pkcs8 -topk8 -nocrypt -out NEW` writes it in full"
                ),
            )),
            Some(_) => Err(Error::new(
                Code::KeyInvalid,
                format!(
                    "{name} holds a public key that does not belong to its private one: it is damaged or forged"
                ),
            )),
        }
    }

    /// The key if it is public.
    ///
    /// # Errors
    /// `key-kind`.
    pub fn into_public(self, name: &str) -> Result<PublicKey, Error> {
        match self {
            Key::Public(key) => Ok(key),
            Key::Secret(_) => Err(Error::new(
                Code::KeyKind,
                format!(
                    "{name} is a private key, where a public one is asked for: `sarsen key public` writes it"
                ),
            )),
        }
    }

    /// The key if it is private.
    ///
    /// # Errors
    /// `key-kind`.
    pub fn into_secret(self, name: &str) -> Result<SecretKey, Error> {
        match self {
            Key::Secret(key) => Ok(key),
            Key::Public(_) => Err(Error::new(
                Code::KeyKind,
                format!("{name} is a public key: it verifies, and only the private key it belongs to signs"),
            )),
        }
    }

    /// The public key, or the one that belongs to the private key.
    pub fn public(&self) -> &PublicKey {
        match self {
            Key::Public(key) => key,
            Key::Secret(key) => key.public(),
        }
    }
}
