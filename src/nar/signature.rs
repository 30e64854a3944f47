//! Nix's signatures on store paths: Ed25519 (RFC 8032) over a line of text, written as `NAME:BASE64` like the keys
//! (Nix manual, "Signature" and `nix key`). Deriver, compression and file names of a cache are outside what is signed.

use std::fmt;

use base64ct::{Base64, Encoding};
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

use super::base32;
use crate::error::{Code, Error};

/// The text that Nix signs for the store path `path`: `1;PATH;sha256:BASE32;SIZE;REFERENCE,REFERENCE…`, with the SHA-256
/// and size of its archive, see [`super::hash`], and the store paths that it refers to, in whatever order.
///
/// `None` if the size is 0 or some path holds what no store path holds, such as a semicolon: the text could be read in
/// two ways, and Nix signs no such thing.
pub fn fingerprint(
    path: &str,
    sha256: &[u8; 32],
    size: u64,
    references: &[impl AsRef<str>],
) -> Option<String> {
    let mut references: Vec<&str> = references.iter().map(AsRef::as_ref).collect();
    references.sort_unstable();
    references.dedup();
    if size == 0 || !is_store_path(path) || !references.iter().all(|path| is_store_path(path)) {
        return None;
    }
    Some(format!("1;{path};sha256:{};{size};{}", base32::encode(sha256), references.join(",")))
}

/// An absolute path of the letters that store paths may have (Nix manual, "Store Path").
fn is_store_path(path: &str) -> bool {
    let allowed = |letter: u8| letter.is_ascii_alphanumeric() || b"+-._?=/".contains(&letter);
    path.starts_with('/') && path.bytes().all(allowed)
}

/// A signature, and the name that its key gave itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The name of the key: a hint, which nobody has signed.
    pub name: String,
    /// As RFC 8032 encodes it.
    pub bytes: [u8; 64],
}

impl Signature {
    /// Reads `NAME:BASE64`, as in `Sig:` lines of a cache.
    ///
    /// # Errors
    /// `signature-invalid` if it is anything else.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let (name, bytes) = named(text).ok_or_else(|| {
            let message = format!(
                "{text:?} is no signature of Nix, which is NAME:BASE64 of 64 bytes: copy the whole `Sig:`"
            );
            Error::new(Code::SignatureInvalid, message)
        })?;
        Ok(Self { name: name.to_owned(), bytes: *bytes })
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name, Base64::encode_string(&self.bytes))
    }
}

/// A key that verifies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// What it calls itself. Whoever counts keys counts [`PublicKey::bytes`]: one key may have several names.
    pub name: String,
    key: VerifyingKey,
}

impl PublicKey {
    /// Reads `NAME:BASE64`, as in `trusted-public-keys`.
    ///
    /// # Errors
    /// `key-invalid` if it is anything else, or its 32 bytes are no key.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let key = || {
            let (name, bytes) = named(text)?;
            Some(Self { name: name.to_owned(), key: VerifyingKey::from_bytes(&bytes).ok()? })
        };
        key().ok_or_else(|| {
            let message = format!(
                "{text:?} is no public key of Nix, which is NAME:BASE64 of 32 bytes: copy it from the output of nix key \
                 convert-secret-to-public"
            );
            Error::new(Code::KeyInvalid, message)
        })
    }

    /// The key itself, as RFC 8032 encodes it.
    pub fn bytes(&self) -> [u8; 32] {
        self.key.to_bytes()
    }

    /// Whether `signature` is this key's, over `fingerprint`. Its name decides nothing. Keys and signatures of small
    /// order, with which one signature fits many texts, verify nothing.
    pub fn verifies(&self, fingerprint: &str, signature: &Signature) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.bytes);
        self.key.verify_strict(fingerprint.as_bytes(), &signature).is_ok()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name, Base64::encode_string(self.key.as_bytes()))
    }
}

/// A key that signs. It is wiped from memory when dropped, and has no `Debug`.
pub struct SecretKey {
    name: String,
    key: SigningKey,
}

impl SecretKey {
    /// Reads `NAME:BASE64` of the 64 bytes seed and public key, as `nix key generate-secret` prints it.
    ///
    /// # Errors
    /// `key-invalid` if it is anything else, or its two halves do not belong together. The message shows nothing of it.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let key = || {
            let (name, bytes) = named(text)?;
            Some(Self { name: name.to_owned(), key: SigningKey::from_keypair_bytes(&bytes).ok()? })
        };
        key().ok_or_else(|| {
            let message = "this is no secret key of Nix, which is NAME:BASE64 of 64 bytes whose second half is the \
                           public key: make one with nix key generate-secret";
            Error::new(Code::KeyInvalid, message)
        })
    }

    /// The key that verifies what this one signs.
    pub fn public(&self) -> PublicKey {
        PublicKey { name: self.name.clone(), key: self.key.verifying_key() }
    }

    /// Signs `fingerprint`, see [`fingerprint`].
    pub fn sign(&self, fingerprint: &str) -> Signature {
        Signature { name: self.name.clone(), bytes: self.key.sign(fingerprint.as_bytes()).to_bytes() }
    }
}

/// The name, and the `N` bytes in base64 behind the first colon; a line end behind them does not matter.
fn named<const N: usize>(text: &str) -> Option<(&str, Zeroizing<[u8; N]>)> {
    let (name, encoded) = text.trim_ascii_end().split_once(':').filter(|(name, _)| !name.is_empty())?;
    let mut bytes = Zeroizing::new([0; N]);
    let decoded = Base64::decode(encoded, bytes.as_mut()).ok()?;
    (decoded.len() == N).then_some(())?;
    Some((name, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first key of RFC 8032, 7.1, and what `nix store sign` (2.8) says with it of a path.
    const SECRET: &str =
        "test-1:nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2DXWpgBgrEKt9VL/tPJZAc6DuFy89qmIyWvAhpo9wdRGg==";
    const PUBLIC: &str = "test-1:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
    const SIGNATURE: &str =
        "test-1:Squ9EV/OteOnFz9TMwsDcyFTMgi2yY8WJoRGiEOvAtw7FaCn/53Gl5aphzX5SYJSgsQYrxgdDSwBa0dr/rW8DQ==";
    const FINGERPRINT: &str = "1;/nix/store/g7w81jzckc527mmdzqhc7n9q44vi1l6k-t;sha256:13k81hwspkivfipsibczj1jpqzrdd7vcjmnh43fxyr0q9vpwl5kf;1048;";

    #[test]
    fn what_nix_signs_is_verified_and_signed_alike() {
        let (secret, public) = (SecretKey::parse(SECRET).unwrap(), PublicKey::parse(PUBLIC).unwrap());
        let signature = Signature::parse(SIGNATURE).unwrap();
        assert_eq!(secret.public(), public);
        assert!(public.verifies(FINGERPRINT, &signature));
        assert_eq!(secret.sign(FINGERPRINT), signature);
        assert_eq!((public.to_string(), signature.to_string()), (PUBLIC.into(), SIGNATURE.into()));
    }

    #[test]
    fn a_changed_text_or_signature_is_not_verified() {
        let public = PublicKey::parse(PUBLIC).unwrap();
        let signature = Signature::parse(SIGNATURE).unwrap();
        assert!(!public.verifies(&FINGERPRINT.replace("1;", "2;"), &signature));
        for index in 0..64 {
            let mut changed = signature.clone();
            changed.bytes[index] ^= 1;
            assert!(!public.verifies(FINGERPRINT, &changed), "byte {index}");
        }
        let renamed = Signature { name: "other".into(), ..signature };
        assert!(public.verifies(FINGERPRINT, &renamed), "the name decides nothing");
    }

    #[test]
    fn the_text_is_the_same_whatever_the_order_of_references() {
        let refer = |references: &[&str]| fingerprint("/nix/store/a", &[0; 32], 8, references);
        let zeros = "0".repeat(52);
        assert_eq!(refer(&[]), Some(format!("1;/nix/store/a;sha256:{zeros};8;")));
        let two = Some(format!("1;/nix/store/a;sha256:{zeros};8;/nix/store/b,/nix/store/c"));
        assert_eq!(refer(&["/nix/store/c", "/nix/store/b"]), two);
        assert_eq!(refer(&["/nix/store/b", "/nix/store/c", "/nix/store/b"]), two);
    }

    #[test]
    fn a_text_with_two_readings_is_not_made() {
        let make = |path: &str, size, reference: &str| fingerprint(path, &[0; 32], size, &[reference]);
        assert!(make("/nix/store/a", 8, "/nix/store/b").is_some());
        for (path, size, reference) in [
            ("/nix/store/a;b", 8, "/nix/store/b"),
            ("/nix/store/a", 8, "/nix/store/b,/nix/store/c"),
            ("/nix/store/a", 8, "b"),
            ("", 8, "/nix/store/b"),
            ("/nix/store/a\n", 8, "/nix/store/b"),
            ("/nix/store/a", 0, "/nix/store/b"),
        ] {
            assert_eq!(make(path, size, reference), None, "{path} {size} {reference}");
        }
    }

    #[test]
    fn other_texts_are_no_keys_and_no_signatures() {
        let short = Base64::encode_string(&[1; 31]);
        let long = Base64::encode_string(&[1; 65]);
        let (_, public) = PUBLIC.split_once(':').unwrap();
        for text in ["", ":", "k", "k:", "k:!", public, &format!("k:{short}"), &format!("k:{long}")] {
            for text in [text.to_owned(), format!(":{text}")] {
                assert_eq!(PublicKey::parse(&text).unwrap_err().code, Code::KeyInvalid, "{text}");
                assert_eq!(SecretKey::parse(&text).err().unwrap().code, Code::KeyInvalid, "{text}");
                assert_eq!(Signature::parse(&text).unwrap_err().code, Code::SignatureInvalid, "{text}");
            }
        }
        // No point of the curve has this encoding: y = 2 (RFC 8032, 5.1.3).
        let mut point = [0; 32];
        point[0] = 2;
        assert!(PublicKey::parse(&format!("k:{}", Base64::encode_string(&point))).is_err());
        // A seed with the public key of another.
        let mut halves = [1; 64];
        halves[32..].copy_from_slice(&PublicKey::parse(PUBLIC).unwrap().bytes());
        let error = SecretKey::parse(&format!("k:{}", Base64::encode_string(&halves))).err().unwrap();
        assert!(!error.message.contains("AQEB"), "nothing of a secret is shown: {error}");
        assert!(PublicKey::parse(&format!("{PUBLIC}\n")).is_ok(), "files end with a line end");
    }

    /// The neutral point as key, and R = B, s = 1: without the strict rules it would fit every text.
    #[test]
    fn a_key_of_small_order_verifies_nothing() {
        let mut neutral = [0; 32];
        neutral[0] = 1;
        let key = PublicKey::parse(&format!("k:{}", Base64::encode_string(&neutral))).unwrap();
        let mut bytes = [0x66; 64];
        bytes[0] = 0x58;
        bytes[32..].copy_from_slice(&neutral);
        let lax = ed25519_dalek::Signature::from_bytes(&bytes);
        assert!(ed25519_dalek::Verifier::verify(&key.key, FINGERPRINT.as_bytes(), &lax).is_ok());
        assert!(!key.verifies(FINGERPRINT, &Signature { name: "k".into(), bytes }));
    }
}
