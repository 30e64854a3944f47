//! Keys that sign and verify: Ed25519 (RFC 8032) and SM2 with SM3 (GB/T 32918.2, GB/T 35276), in files that OpenSSL reads
//! (PKCS#8, RFC 5958 and RFC 5915; SubjectPublicKeyInfo, RFC 5480 and RFC 8410).
//!
//! An SM2 signature covers the signer's identity. Programs disagree about the one to take when none is named, so here it
//! is always named and belongs to the key: the key's file carries it on a line `identity: …` before the PEM block.

mod any;
mod der;
mod ed25519;
pub mod file;
mod foreign;
mod pem;
pub mod signature;
mod sm2;
mod stream;

use std::fmt;

use sm3::Digest;
use zeroize::Zeroizing;

use crate::digest::{hex, sha256};
use crate::error::{Code, Error};

pub use any::{Description, Key};
pub use foreign::advice;
pub use stream::{sign_file, verify_file};

/// The identity that GM/T 0009 names for signers that have none of their own.
pub const USUAL_IDENTITY: &str = "1234567812345678";

/// How a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// Ed25519 of RFC 8032.
    Ed25519,
    /// SM2 over SM3, on the curve of GB/T 32918.5.
    Sm2,
}

impl Algorithm {
    /// `ed25519` or `sm2`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Algorithm::Ed25519 => "ed25519",
            Algorithm::Sm2 => "sm2",
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A key that verifies; an SM2 key holds its identity.
#[derive(Clone)]
pub struct PublicKey(Public);

#[derive(Clone)]
enum Public {
    Ed25519(ed25519::Public),
    Sm2(sm2::Public),
}

impl PublicKey {
    /// Reads the PEM text of a public key, of which messages speak as `name`. `identity` is that of an SM2 key whose text
    /// has none; where both are there they must agree.
    ///
    /// # Errors
    /// `key-invalid`, `key-unsupported`, `key-kind` for a private key, `key-identity`.
    pub fn parse(pem: &[u8], name: &str, identity: Option<&str>) -> Result<Self, Error> {
        Key::parse(pem, name, identity)?.into_public(name)
    }

    /// A key from its bytes: 32 of Ed25519, 65 (an uncompressed point, 04 x y) of SM2.
    ///
    /// # Errors
    /// `key-invalid` if they are no point of the curve or one that anybody can sign for, `key-unsupported` for a
    /// compressed point, `key-identity`.
    pub fn from_bytes(algorithm: Algorithm, bytes: &[u8], identity: Option<&str>) -> Result<Self, Error> {
        Self::named(algorithm, bytes, "the public key", identity)
    }

    fn named(algorithm: Algorithm, bytes: &[u8], name: &str, identity: Option<&str>) -> Result<Self, Error> {
        match algorithm {
            Algorithm::Ed25519 => {
                pem::no_identity(name, identity)?;
                ed25519::Public::new(bytes, name).map(|key| Self(Public::Ed25519(key)))
            }
            Algorithm::Sm2 => {
                let identity = pem::some_identity(name, identity)?;
                sm2::Public::new(bytes, name, identity).map(|key| Self(Public::Sm2(key)))
            }
        }
    }

    /// How it signs.
    pub fn algorithm(&self) -> Algorithm {
        match self.0 {
            Public::Ed25519(_) => Algorithm::Ed25519,
            Public::Sm2(_) => Algorithm::Sm2,
        }
    }

    /// The identity that its signatures cover; none of Ed25519.
    pub fn identity(&self) -> Option<&str> {
        match &self.0 {
            Public::Ed25519(_) => None,
            Public::Sm2(key) => Some(key.identity()),
        }
    }

    /// The 32 bytes of Ed25519 or the 65 of SM2 (04 x y). Keys are counted by them: a name or an identity makes no second
    /// signer.
    pub fn bytes(&self) -> Vec<u8> {
        match &self.0 {
            Public::Ed25519(key) => key.bytes().to_vec(),
            Public::Sm2(key) => key.bytes().to_vec(),
        }
    }

    /// `sha256:` and the lower-case hexadecimal SHA-256 of its SubjectPublicKeyInfo: a hint for finding it, never a proof.
    pub fn id(&self) -> String {
        format!("sha256:{}", hex(&sha256(&self.der())))
    }

    /// Whether `signature` is this key's over `message`: 64 bytes of Ed25519, DER of SM2.
    ///
    /// Ed25519 is stricter than RFC 8032 asks: no key or commitment of small order, so that a signature fits one message.
    ///
    /// # Errors
    /// `signature-malformed` if it is none of this algorithm, `signature-wrong` if it does not fit.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        let mut verifier = stream::Verifier::new(self, signature)?;
        verifier.update(message);
        verifier.finish()
    }

    /// Whether `signature` is this SM2 key's over the message with this [`Self::prehash`].
    ///
    /// # Errors
    /// As [`Self::verify`]; `key-unsupported` for Ed25519, whose signatures are never over a hash of the message.
    pub fn verify_prehash(&self, prehash: &[u8; 32], signature: &[u8]) -> Result<(), Error> {
        match &self.0 {
            Public::Sm2(key) => match sm2::Public::signature(signature)? {
                Some(signature) if key.fits(prehash, &signature) => Ok(()),
                _ => Err(self.wrong()),
            },
            Public::Ed25519(_) => Err(no_prehash()),
        }
    }

    /// The same SM2 key with another identity, which may be none that a key has: to say what a signature would fit, never
    /// to accept it.
    ///
    /// # Errors
    /// `key-kind` for Ed25519.
    pub fn under(&self, identity: &str) -> Result<Self, Error> {
        match &self.0 {
            Public::Sm2(key) => {
                sm2::Public::new(key.bytes(), "the public key", identity).map(|key| Self(Public::Sm2(key)))
            }
            Public::Ed25519(_) => Err(Error::new(
                Code::KeyKind,
                "an Ed25519 key has no identity, so that it cannot have another",
            )),
        }
    }

    fn wrong(&self) -> Error {
        let identity =
            self.identity().map(|identity| format!(" and the identity {identity:?}")).unwrap_or_default();
        Error::new(
            Code::SignatureWrong,
            format!(
                "the signature does not fit the {} key {}{identity}: the bytes were changed, or somebody else signed",
                self.algorithm(),
                self.id()
            ),
        )
    }

    /// What an SM2 key signs instead of `message`: the SM3 of the signer's hashed identity and of the message (GB/T
    /// 32918.2, 6.1), 32 bytes. None for Ed25519, which signs the message itself.
    pub fn prehash(&self, message: &[u8]) -> Option<[u8; 32]> {
        match &self.0 {
            Public::Ed25519(_) => None,
            Public::Sm2(key) => Some(key.hasher().chain_update(message).finalize().into()),
        }
    }

    /// Its SubjectPublicKeyInfo as PEM, after the line of its identity if it has one.
    pub fn pem(&self) -> String {
        let mut text = pem::write("PUBLIC KEY", self.identity(), &self.der());
        std::mem::take(&mut *text)
    }

    /// Its SubjectPublicKeyInfo, in DER.
    pub fn der(&self) -> Vec<u8> {
        der::write_public(self.algorithm(), &self.bytes())
    }
}

impl PartialEq for PublicKey {
    /// With an SM2 key's identity.
    fn eq(&self, other: &Self) -> bool {
        (self.algorithm(), self.bytes(), self.identity())
            == (other.algorithm(), other.bytes(), other.identity())
    }
}

impl Eq for PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({} {} {:?})", self.algorithm(), self.id(), self.identity())
    }
}

/// A key that signs. What it holds is overwritten when it is dropped.
pub struct SecretKey {
    secret: Secret,
    public: PublicKey,
}

enum Secret {
    Ed25519(ed25519::Secret),
    Sm2(sm2::Secret),
}

impl SecretKey {
    /// A new key from the operating system's random bytes.
    ///
    /// # Errors
    /// `key-identity` for SM2 without an identity or Ed25519 with one; `key-random`.
    pub fn generate(algorithm: Algorithm, identity: Option<&str>) -> Result<Self, Error> {
        let name = "the new key";
        loop {
            let mut bytes = Zeroizing::new([0; 32]);
            getrandom::fill(&mut *bytes).map_err(|error| {
                Error::new(
                    Code::KeyRandom,
                    format!("the operating system yields no random bytes ({error}): a key cannot be made without them"),
                )
            })?;
            match Self::named(algorithm, &bytes, name, identity) {
                // One SM2 key in 2³² is not below the order of the curve: another draw.
                Err(error) if error.code == Code::KeyInvalid => {}
                result => return result,
            }
        }
    }

    /// Reads the PEM text of a private key, as [`PublicKey::parse`] reads a public one.
    ///
    /// # Errors
    /// As there; `key-kind` for a public key, `key-invalid` also if the public key beside the private is not its own.
    pub fn parse(pem: &[u8], name: &str, identity: Option<&str>) -> Result<Self, Error> {
        Key::parse(pem, name, identity)?.into_secret(name)
    }

    fn named(
        algorithm: Algorithm,
        bytes: &[u8; 32],
        name: &str,
        identity: Option<&str>,
    ) -> Result<Self, Error> {
        Ok(match algorithm {
            Algorithm::Ed25519 => {
                pem::no_identity(name, identity)?;
                let (secret, public) = ed25519::Secret::new(bytes, name)?;
                Self { secret: Secret::Ed25519(secret), public: PublicKey(Public::Ed25519(public)) }
            }
            Algorithm::Sm2 => {
                let identity = pem::some_identity(name, identity)?;
                let (secret, public) = sm2::Secret::new(bytes, name, identity)?;
                Self { secret: Secret::Sm2(secret), public: PublicKey(Public::Sm2(public)) }
            }
        })
    }

    /// Its PKCS#8 as PEM, not encrypted, after the line of its identity if it has one.
    pub fn pem(&self) -> Zeroizing<String> {
        let bytes = match &self.secret {
            Secret::Ed25519(secret) => secret.bytes(),
            Secret::Sm2(secret) => secret.bytes(),
        };
        let info = der::write_secret(self.public.algorithm(), &bytes, &self.public.bytes());
        pem::write("PRIVATE KEY", self.public.identity(), &info)
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey of {:?}", self.public)
    }
}

/// Whatever makes signatures that verify with its public key.
pub trait Sign {
    /// The key that verifies them.
    fn public(&self) -> &PublicKey;

    /// A signature over `message`, encoded as [`PublicKey::verify`] takes it.
    ///
    /// # Errors
    /// Whatever keeps it from signing.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error>;

    /// Whether [`Self::sign_prehash`] does the same as [`Self::sign`], without the message.
    fn takes_prehash(&self) -> bool;

    /// A signature over the message with this [`PublicKey::prehash`].
    ///
    /// # Errors
    /// Whatever keeps it from signing; `key-unsupported` if it must see the message.
    fn sign_prehash(&self, prehash: &[u8; 32]) -> Result<Vec<u8>, Error>;
}

/// Why Ed25519 does not sign a hash of a message.
pub fn no_prehash() -> Error {
    Error::new(
        Code::KeyUnsupported,
        "an Ed25519 signer must be sent the message: only SM2 signs a hash of it (mode e)",
    )
}

impl Sign for SecretKey {
    fn public(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        match (&self.secret, self.public.prehash(message)) {
            (Secret::Ed25519(secret), _) => Ok(secret.sign(message)),
            (Secret::Sm2(secret), Some(prehash)) => secret.sign(&prehash),
            (Secret::Sm2(_), None) => unreachable!("a secret key is made with its public key"),
        }
    }

    fn takes_prehash(&self) -> bool {
        self.public.algorithm() == Algorithm::Sm2
    }

    fn sign_prehash(&self, prehash: &[u8; 32]) -> Result<Vec<u8>, Error> {
        match &self.secret {
            Secret::Sm2(secret) => secret.sign(prehash),
            Secret::Ed25519(_) => Err(no_prehash()),
        }
    }
}

#[cfg(test)]
mod tests;
