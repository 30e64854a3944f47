//! Ed25519 (RFC 8032).

use ed25519_dalek::{Signature, Signer, SigningKey, StreamVerifier, VerifyingKey};
use zeroize::Zeroizing;

use crate::error::{Code, Error};

/// A key that verifies.
#[derive(Clone)]
pub struct Public(VerifyingKey);

impl Public {
    /// # Errors
    /// `key-invalid` if `bytes` are no point in its only spelling, or one of small order.
    pub fn new(bytes: &[u8], name: &str) -> Result<Self, Error> {
        let invalid = |why: &str| Error::new(Code::KeyInvalid, format!("{name} {why}"));
        let Ok(bytes) = <&[u8; 32]>::try_from(bytes) else {
            return Err(invalid(&format!("has {} bytes, and an Ed25519 key has 32", bytes.len())));
        };
        let key = VerifyingKey::from_bytes(bytes)
            .map_err(|_| invalid("is no point of the curve of Ed25519: no signature verifies with it"))?;
        if key.is_weak() {
            return Err(invalid("is an Ed25519 key of small order: anybody can make signatures that fit it"));
        }
        if key.to_edwards().compress().as_bytes() != bytes {
            return Err(invalid("spells its point in another way than RFC 8032 (y is not below 2^255 - 19)"));
        }
        Ok(Self(key))
    }

    pub fn bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// What judges `signature` when it has seen the message; none if no message fits.
    ///
    /// # Errors
    /// `signature-malformed`.
    pub fn verifier(&self, signature: &[u8]) -> Result<Option<StreamVerifier>, Error> {
        let Ok(signature) = Signature::from_slice(signature) else {
            return Err(Error::new(
                Code::SignatureMalformed,
                format!("the signature has {} bytes, and one of Ed25519 has 64", signature.len()),
            ));
        };
        // As `verify_strict` does: points of small order fit many messages.
        let is_weak = VerifyingKey::from_bytes(signature.r_bytes()).map_or(true, |point| point.is_weak());
        Ok(if is_weak { None } else { self.0.verify_stream(&signature).ok() })
    }
}

/// A key that signs; the crate overwrites it when it is dropped. In a box, so that moving it leaves no copies.
pub struct Secret(Box<SigningKey>);

impl Secret {
    /// # Errors
    /// `key-invalid` as [`Public::new`], which no seed is known to cause.
    pub fn new(seed: &[u8; 32], name: &str) -> Result<(Self, Public), Error> {
        let key = Box::new(SigningKey::from_bytes(seed));
        let public = Public::new(key.verifying_key().as_bytes(), name)?;
        Ok((Self(key), public))
    }

    pub fn bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(message).to_bytes().to_vec()
    }
}
