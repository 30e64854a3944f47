//! Private keys. Their bytes are wiped when they are dropped, and have no `Debug`.

use ed25519_dalek::pkcs8::KeypairBytes;
use pkcs8::{DecodePrivateKey, EncodePrivateKey};
use sm2::dsa::SigningKey;
use sm2::dsa::signature::Signer;
use zeroize::Zeroizing;

use super::public::invalid;
use super::{Algorithm, PublicKey, Sign, pem, signature};
use crate::error::{Code, Error};

const LABEL: &str = "PRIVATE KEY";

/// A private key.
pub struct SecretKey {
    key: Key,
    public: PublicKey,
}

enum Key {
    Ed25519(Box<ed25519_dalek::SigningKey>),
    Sm2(sm2::SecretKey),
}

impl SecretKey {
    /// A new key, from the kernel's random numbers (getrandom(2)). SM2 needs an identity.
    ///
    /// # Errors
    /// `key-identity`; `key-random` if the kernel has no random numbers.
    pub fn generate(algorithm: Algorithm, identity: Option<&str>) -> Result<Self, Error> {
        let name = "the new key";
        let identity = super::identity(algorithm, None, identity, name)?.unwrap_or_default();
        loop {
            let mut seed = Zeroizing::new([0; 32]);
            getrandom::fill(seed.as_mut()).map_err(|error| {
                Error::new(
                    Code::KeyRandom,
                    format!("the kernel gives no random numbers ({error}): no key was made"),
                )
            })?;
            match algorithm {
                Algorithm::Ed25519 => {
                    return Self::ed25519(ed25519_dalek::SigningKey::from_bytes(&seed), name);
                }
                // About one number in 2^32 is not below the order of the curve.
                Algorithm::Sm2 => {
                    if let Ok(key) = sm2::SecretKey::from_slice(seed.as_ref()) {
                        return Self::sm2(&identity, key, name);
                    }
                }
            }
        }
    }

    /// Reads a PKCS#8 key in PEM, not encrypted. `identity` is for an SM2 key whose file names none; `name` is for
    /// messages.
    ///
    /// # Errors
    /// `key-invalid` if it is not one such key, in DER, of Ed25519 or SM2, or its public half is another key's;
    /// `key-identity` if identities are missing or contradict each other.
    pub fn parse(pem: &[u8], name: &str, identity: Option<&str>) -> Result<Self, Error> {
        let block = pem::parse(pem, name)?;
        let hint = match block.label.as_str() {
            LABEL => "",
            "ENCRYPTED PRIVATE KEY" => {
                ": programs do not read each other's encrypted SM2 keys; decrypt it with the one that \
                                        wrote it, or leave it there and sign with --signer"
            }
            "EC PRIVATE KEY" => ": `openssl pkcs8 -topk8 -nocrypt` converts it",
            "PUBLIC KEY" => ": this is a public key, and signing takes the private one",
            _ => ": only PKCS#8 is read",
        };
        if block.label != LABEL {
            return Err(invalid(name, &format!("its block is {}{hint}", block.label)));
        }
        if let Ok(key) = ed25519_dalek::SigningKey::from_pkcs8_der(&block.der) {
            super::identity(Algorithm::Ed25519, block.identity, None, name)?;
            return Self::ed25519(key, name);
        }
        let key = sm2::SecretKey::from_pkcs8_der(&block.der).map_err(|error| {
            let why = format!(
                "neither Ed25519 nor SM2 on the curve 1.2.156.10197.1.301 with its own public key ({error})"
            );
            invalid(name, &why)
        })?;
        let identity = super::identity(Algorithm::Sm2, block.identity, identity, name)?.unwrap_or_default();
        Self::sm2(&identity, key, name)
    }

    fn ed25519(key: ed25519_dalek::SigningKey, name: &str) -> Result<Self, Error> {
        let public = PublicKey::ed25519(key.verifying_key(), name)?;
        Ok(Self { key: Key::Ed25519(Box::new(key)), public })
    }

    fn sm2(identity: &str, key: sm2::SecretKey, name: &str) -> Result<Self, Error> {
        let public = PublicKey::sm2(identity, key.public_key(), name)?;
        Ok(Self { key: Key::Sm2(key), public })
    }

    /// The key as a file.
    pub fn pem(&self) -> Zeroizing<String> {
        pem::write(LABEL, self.key.der().as_bytes(), self.public.identity())
    }
}

impl Key {
    fn der(&self) -> pkcs8::SecretDocument {
        let der = match self {
            // Without the public half, as OpenSSL writes it.
            Self::Ed25519(key) => {
                KeypairBytes { secret_key: key.to_bytes(), public_key: None }.to_pkcs8_der()
            }
            Self::Sm2(key) => key.to_pkcs8_der(),
        };
        der.expect("a key has a DER")
    }
}

impl Sign for SecretKey {
    fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Nonces are made of key and message (RFC 6979, RFC 8032): the same message has the same signature.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        match &self.key {
            Key::Ed25519(key) => Ok(key.sign(message).to_bytes().to_vec()),
            Key::Sm2(key) => {
                let failed =
                    |error| Error::new(Code::SignatureFailed, format!("SM2 gave no signature ({error})"));
                // It does not wipe itself, so it lives no longer than this.
                let signer =
                    SigningKey::new(self.public.identity().unwrap_or_default(), key).map_err(failed)?;
                signer.try_sign(message).map(|made| signature::encode(&made)).map_err(failed)
            }
        }
    }
}
