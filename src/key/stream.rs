//! Messages that are files: read once and in constant memory, wherever the algorithm allows it.

use std::io::Read;
use std::path::Path;

use ed25519_dalek::StreamVerifier;
use sm3::{Digest, Sm3};

use super::{Public, PublicKey, Sign, sm2};
use crate::error::{Code, Error};
use crate::input;

/// How much is read at once, in bytes: it stays in the processor's cache until it is hashed.
const CHUNK: usize = 128 << 10;

/// The most bytes in [`OTHERS`].
const BEGINNING: usize = 7;

/// How bytes begin that keys sign for other purposes. The signature of a file with such bytes would be one of those.
const OTHERS: [(&[u8], &str); 2] = [
    // secure-systems-lab/dsse, protocol.md: the pre-authentication encoding.
    (b"DSSEv1 ", "what is signed of an envelope (DSSE)"),
    // ValidPathInfo::fingerprint in Nix's src/libstore/path-info.cc.
    (b"1;/", "what a Nix cache signs of a store path"),
];

/// Judges a signature when it has seen the message.
pub struct Verifier<'k> {
    key: &'k PublicKey,
    state: State<'k>,
}

enum State<'k> {
    // In a box: it is a key's size larger than the others.
    Ed25519(Box<StreamVerifier>),
    Sm2(&'k sm2::Public, sm2::Signature, Sm3),
    /// No message fits the signature.
    Nothing,
}

impl<'k> Verifier<'k> {
    /// # Errors
    /// `signature-malformed`.
    pub fn new(key: &'k PublicKey, signature: &[u8]) -> Result<Self, Error> {
        let state = match &key.0 {
            Public::Ed25519(public) => public.verifier(signature)?.map(|v| State::Ed25519(Box::new(v))),
            Public::Sm2(public) => {
                sm2::Public::signature(signature)?.map(|s| State::Sm2(public, s, public.hasher()))
            }
        };
        Ok(Self { key, state: state.unwrap_or(State::Nothing) })
    }

    /// The next bytes of the message.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.state {
            State::Ed25519(verifier) => verifier.update(bytes),
            State::Sm2(_, _, hasher) => hasher.update(bytes),
            State::Nothing => {}
        }
    }

    /// # Errors
    /// `signature-wrong`.
    pub fn finish(self) -> Result<(), Error> {
        let fits = match self.state {
            State::Ed25519(verifier) => verifier.finalize_and_verify().is_ok(),
            State::Sm2(public, signature, hasher) => public.fits(&hasher.finalize().into(), &signature),
            State::Nothing => false,
        };
        if fits { Ok(()) } else { Err(self.key.wrong()) }
    }
}

/// Whether `signature` is that of `key` over the bytes of the regular file at `path`, of any size; see
/// [`PublicKey::verify`].
///
/// # Errors
/// As there; an `input-…` code if the file cannot be read.
pub fn verify_file(key: &PublicKey, path: &Path, signature: &[u8]) -> Result<(), Error> {
    let mut verifier = Verifier::new(key, signature)?;
    each_chunk(path, |bytes| verifier.update(bytes))?;
    verifier.finish()
}

/// A signature over the bytes of the regular file at `path`. Who takes a prehash signs files of any size; others need the
/// bytes in memory. Ed25519 hashes the message twice: if it were read twice and changed in between, the two signatures of
/// one nonce that come of it would betray the key.
///
/// # Errors
/// `signature-domain`, before anybody is asked to sign, if the bytes are what is signed of something else than a file; an
/// `input-…` code if the file cannot be read, `input-too-large` where it must be in memory and is not below
/// [`input::LIMIT`]; those of [`Sign::sign`].
pub fn sign_file(signer: &dyn Sign, path: &Path) -> Result<Vec<u8>, Error> {
    if let Public::Sm2(public) = &signer.public().0 {
        if signer.takes_prehash() {
            let mut hasher = public.hasher();
            let mut beginning = Vec::new();
            each_chunk(path, |bytes| {
                beginning.extend(bytes.iter().take(BEGINNING - beginning.len()));
                hasher.update(bytes);
            })?;
            is_a_file(path, &beginning)?;
            return signer.sign_prehash(&hasher.finalize().into());
        }
    }
    let bytes = input::whole(path).map_err(|error| match error.code {
        Code::InputTooLarge => Error::new(
            error.code,
            format!(
                "{} has more than {} bytes (1 GiB), which this signer needs in memory: sign the list that `sarsen digest` \
                 writes of it instead",
                path.display(),
                input::LIMIT
            ),
        ),
        _ => error,
    })?;
    is_a_file(path, &bytes)?;
    signer.sign(&bytes)
}

/// # Errors
/// `signature-domain` if `bytes` begin as one of [`OTHERS`].
fn is_a_file(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    match OTHERS.iter().find(|(beginning, _)| bytes.starts_with(beginning)) {
        Some((beginning, what)) => Err(Error::new(
            Code::SignatureDomain,
            format!(
                "{} begins with {:?}, as {what} does: its signature as a file would be taken for one of that, so nothing is \
                 signed; if it is to be signed, put it into an envelope (--envelope)",
                path.display(),
                String::from_utf8_lossy(beginning)
            ),
        )),
        None => Ok(()),
    }
}

fn each_chunk(path: &Path, mut work: impl FnMut(&[u8])) -> Result<(), Error> {
    let mut file = input::open(path)?;
    let mut chunk = vec![0; CHUNK];
    loop {
        match file.read(&mut chunk) {
            Ok(0) => return Ok(()),
            Ok(count) => work(&chunk[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(input::because(path, &error)),
        }
    }
}
