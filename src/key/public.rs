//! Public keys.

use std::fmt;

use ed25519_dalek::VerifyingKey as Ed25519;
use pkcs8::{DecodePublicKey, EncodePublicKey};
use sm2::dsa::VerifyingKey as Sm2;
use sm2::dsa::signature::Verifier;
use sm2::elliptic_curve::sec1::ToEncodedPoint;

use super::{Algorithm, pem, signature};
use crate::digest::{hex, sha256};
use crate::error::{Code, Error};

const LABEL: &str = "PUBLIC KEY";

/// A public key, of SM2 with its identity.
#[derive(Clone)]
pub struct PublicKey(Key);

#[derive(Clone)]
enum Key {
    Ed25519(Ed25519),
    Sm2(Box<Sm2>),
}

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo in PEM. `identity` is for an SM2 key whose file names none;
    /// `name` is for messages.
    ///
    /// # Errors
    /// `key-invalid` if it is not one such key, in DER, of Ed25519 or SM2, on the curve; `key-identity` if identities are
    /// missing or contradict each other.
    pub fn parse(pem: &[u8], name: &str, identity: Option<&str>) -> Result<Self, Error> {
        let block = pem::parse(pem, name)?;
        let hint = match block.label.as_str() {
            LABEL => return Self::from_der(&block.der, name, block.identity, identity),
            label if label.ends_with("PRIVATE KEY") => {
                ": this is a private key; `sarsen key public` prints the public one"
            }
            "CERTIFICATE" => {
                ": `openssl x509 -pubkey -noout` prints the key of a certificate, whose claims are not looked at"
            }
            _ => "",
        };
        Err(invalid(name, &format!("its block is a {}, not a {LABEL}{hint}", block.label)))
    }

    fn from_der(der: &[u8], name: &str, in_file: Option<String>, given: Option<&str>) -> Result<Self, Error> {
        if let Ok(key) = Ed25519::from_public_key_der(der) {
            super::identity(Algorithm::Ed25519, in_file, None, name)?;
            return Self::ed25519(key, name);
        }
        let key = sm2::PublicKey::from_public_key_der(der).map_err(|error| {
            invalid(name, &format!("neither Ed25519 nor SM2 on the curve 1.2.156.10197.1.301 ({error})"))
        })?;
        let identity = super::identity(Algorithm::Sm2, in_file, given, name)?.unwrap_or_default();
        Self::sm2(&identity, key, name)
    }

    /// The key of these bytes: 32 of Ed25519, 65 (4, x, y) of SM2, which needs its identity.
    ///
    /// # Errors
    /// As for [`PublicKey::parse`].
    pub fn from_bytes(algorithm: Algorithm, bytes: &[u8], identity: Option<&str>) -> Result<Self, Error> {
        let name = "the key";
        let identity = super::identity(algorithm, None, identity, name)?.unwrap_or_default();
        match algorithm {
            Algorithm::Ed25519 => {
                let key = bytes.try_into().ok().and_then(|bytes| Ed25519::from_bytes(bytes).ok());
                Self::ed25519(key.ok_or_else(|| invalid(name, "not the 32 bytes of an Ed25519 point"))?, name)
            }
            Algorithm::Sm2 => {
                let key = (bytes.len() == 65).then(|| sm2::PublicKey::from_sec1_bytes(bytes).ok()).flatten();
                let key =
                    key.ok_or_else(|| invalid(name, "not the 65 bytes (4, x, y) of a point of SM2's curve"))?;
                Self::sm2(&identity, key, name)
            }
        }
    }

    pub(super) fn ed25519(key: Ed25519, name: &str) -> Result<Self, Error> {
        if key.is_weak() {
            return Err(invalid(name, "its point has a small order: anybody can sign for it"));
        }
        Ok(Self(Key::Ed25519(key)))
    }

    pub(super) fn sm2(identity: &str, key: sm2::PublicKey, name: &str) -> Result<Self, Error> {
        super::check_identity(identity, name)?;
        let key = Sm2::new(identity, key).map_err(|_| invalid(name, "its identity is too long"))?;
        Ok(Self(Key::Sm2(Box::new(key))))
    }

    /// Its algorithm.
    pub fn algorithm(&self) -> Algorithm {
        match self.0 {
            Key::Ed25519(_) => Algorithm::Ed25519,
            Key::Sm2(_) => Algorithm::Sm2,
        }
    }

    /// The identity of an SM2 key.
    pub fn identity(&self) -> Option<&str> {
        match &self.0 {
            Key::Ed25519(_) => None,
            Key::Sm2(key) => Some(key.distid()),
        }
    }

    /// The key's own bytes, as for [`PublicKey::from_bytes`]: what keys are counted by.
    pub fn bytes(&self) -> Vec<u8> {
        match &self.0 {
            Key::Ed25519(key) => key.as_bytes().to_vec(),
            Key::Sm2(key) => key.as_affine().to_encoded_point(false).as_bytes().to_vec(),
        }
    }

    /// The SubjectPublicKeyInfo in DER.
    pub fn der(&self) -> Vec<u8> {
        self.0.der()
    }

    /// `sha256:` and the SHA-256 of the DER, in hexadecimal: what signatures name it by. It proves nothing.
    pub fn id(&self) -> String {
        format!("sha256:{}", hex(&sha256(&self.der())))
    }

    /// The key as a file.
    pub fn pem(&self) -> String {
        pem::write(LABEL, &self.der(), self.identity()).to_string()
    }

    /// Whether `signature` is this key's of `message`: 64 bytes of Ed25519 (RFC 8032 section 5.1.7, only canonical values
    /// and no points of small order), or DER of SM2 (GB/T 32918.2 section 7.1).
    ///
    /// # Errors
    /// `signature-malformed` if it cannot be anybody's signature, `signature-wrong` if it is not this key's of these bytes.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        let holds = match &self.0 {
            Key::Ed25519(key) => {
                let signature = <&[u8; 64]>::try_from(signature).map_err(|_| {
                    let message = format!("an Ed25519 signature has 64 bytes, this one {}", signature.len());
                    Error::new(Code::SignatureMalformed, message)
                })?;
                key.verify_strict(message, &ed25519_dalek::Signature::from_bytes(signature)).is_ok()
            }
            Key::Sm2(key) => key.verify(message, &signature::parse(signature)?).is_ok(),
        };
        if holds {
            return Ok(());
        }
        let identity = self.identity().map(|identity| format!(" for the identity {identity:?}"));
        let message = format!(
            "the signature is not that of the {} key {}{} over these bytes: they were changed, or somebody else signed",
            self.algorithm().as_str(),
            self.id(),
            identity.unwrap_or_default()
        );
        Err(Error::new(Code::SignatureWrong, message))
    }
}

impl Key {
    fn der(&self) -> Vec<u8> {
        let der = match self {
            Self::Ed25519(key) => key.to_public_key_der(),
            Self::Sm2(key) => sm2::PublicKey::from(key.as_ref()).to_public_key_der(),
        };
        der.expect("a key has a DER").into_vec()
    }
}

pub(super) fn invalid(name: &str, why: &str) -> Error {
    Error::new(Code::KeyInvalid, format!("{name} is no usable key: {why}"))
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        (self.algorithm(), self.bytes(), self.identity())
            == (other.algorithm(), other.bytes(), other.identity())
    }
}

impl Eq for PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({} {})", self.algorithm().as_str(), self.id())
    }
}
