//! Keys and signatures: Ed25519 (RFC 8032) and SM2 with SM3 (GB/T 32918.2-2016, on the curve of part 5).
//!
//! A key file is what OpenSSL writes: PKCS#8 (RFC 5958) or SubjectPublicKeyInfo (RFC 5280) in PEM. SM2 also signs an
//! identity, for which implementations assume different values where none is said; here it is always explicit, and
//! stands in the file before the first `-----BEGIN`, where PEM allows text (RFC 7468 section 5.2): `identity: 1234…`.

mod pem;
mod public;
mod secret;
mod signature;
#[cfg(test)]
mod tests;

use crate::error::{Code, Error};

pub use public::PublicKey;
pub use secret::SecretKey;
pub use signature::{der_of, raw_of};

/// What most implementations take for the identity where none is said (GB/T 35276): a name for it, never a default here.
pub const USUAL_IDENTITY: &str = "1234567812345678";

/// The longest identity in bytes: its length in bits is signed as 16 bits (GB/T 32918.2 section 5.5).
pub const LONGEST_IDENTITY: usize = 8191;

/// A signature algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Algorithm {
    /// Ed25519, PureEdDSA over the message; 64 bytes of signature.
    Ed25519,
    /// SM2 with SM3 over identity, key and message; a signature is an ASN.1 SEQUENCE of r and s in DER.
    Sm2,
}

impl Algorithm {
    /// Its name in arguments, files and reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ed25519 => "ed25519",
            Self::Sm2 => "sm2",
        }
    }
}

/// Whoever holds a private key: this process ([`SecretKey`]) or another one.
pub trait Sign {
    /// The key that its signatures are verified with.
    fn public(&self) -> &PublicKey;

    /// The signature of `message`, in the encoding of [`PublicKey::verify`].
    ///
    /// # Errors
    /// `signature-failed`, or what keeps another process from signing.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error>;
}

/// Whether the text can be the identity of an SM2 key, and stand in a line of a key file.
fn check_identity(identity: &str, name: &str) -> Result<(), Error> {
    let fits = identity.len() <= LONGEST_IDENTITY && !identity.is_empty();
    if fits && identity.trim() == identity && !identity.chars().any(char::is_control) {
        return Ok(());
    }
    Err(Error::new(
        Code::KeyIdentity,
        format!(
            "the identity {identity:?} of {name} cannot be used: it must have 1 to {LONGEST_IDENTITY} bytes on one line, \
             without spaces at its ends"
        ),
    ))
}

/// The identity to use: what the file says and what the caller says, if they agree.
fn identity(
    algorithm: Algorithm,
    in_file: Option<String>,
    given: Option<&str>,
    name: &str,
) -> Result<Option<String>, Error> {
    let wrong = |message: String| Err(Error::new(Code::KeyIdentity, message));
    match (algorithm, in_file, given) {
        (Algorithm::Ed25519, None, None) => Ok(None),
        (Algorithm::Ed25519, ..) => {
            wrong(format!("{name} is an Ed25519 key, which has no identity: SM2 keys do; leave it out"))
        }
        (Algorithm::Sm2, Some(file), Some(given)) if file != given => wrong(format!(
            "{name} is for the identity {file:?}, not {given:?}: signatures for one do not verify for the other"
        )),
        (Algorithm::Sm2, Some(identity), _) => check_identity(&identity, name).map(|()| Some(identity)),
        (Algorithm::Sm2, None, Some(given)) => check_identity(given, name).map(|()| Some(given.to_owned())),
        (Algorithm::Sm2, None, None) => wrong(format!(
            "{name} is an SM2 key and does not say for which identity: signer and verifier must agree on one, and programs \
             assume different ones; give it with --identity (many use {USUAL_IDENTITY}), or put a line \
             \"identity: …\" before the key's first line"
        )),
    }
}
