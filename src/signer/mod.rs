//! Keys held elsewhere: a program that the user names makes the signature, over the protocol of docs/formats/signer.md.
//! What it answers is verified before anybody uses it, so that it can delay or refuse, but not deceive.

mod process;

use std::ffi::OsString;
use std::time::Duration;

use base64ct::{Base64, Encoding};
use serde::{Deserialize, Serialize};

use crate::error::{Code, Error};
use crate::json;
use crate::key::{self, Algorithm, PublicKey, Sign};

/// How long an answer is waited for: people type PINs and carry files to machines without a network.
pub const PATIENCE: Duration = Duration::from_secs(300);

/// The version of the protocol.
const VERSION: u32 = 1;

/// A program that signs.
pub struct External {
    command: Vec<OsString>,
    public: PublicKey,
    handle: String,
    prehashed: bool,
    patience: Duration,
}

/// What the program reads: one line of JSON.
#[derive(Serialize)]
struct Request<'a> {
    v: u32,
    alg: &'static str,
    /// What the user calls the key.
    key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<&'a str>,
    /// The public key's bytes, in base64.
    public: String,
    mode: &'static str,
    /// In base64.
    bytes: String,
}

/// What it writes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    sig: String,
}

impl External {
    /// The program and its arguments, which no shell reads, and the key that its signatures must fit.
    pub fn new(command: &[OsString], public: PublicKey) -> Self {
        Self {
            command: command.to_vec(),
            public,
            handle: String::new(),
            prehashed: false,
            patience: PATIENCE,
        }
    }

    /// Tells the program which key is meant, such as a PKCS#11 URI or a TPM's handle: text that only it understands.
    #[must_use]
    pub fn handle(mut self, handle: &str) -> Self {
        self.handle = handle.into();
        self
    }

    /// Sends an SM2 signer the 32 bytes of [`PublicKey::prehash`] instead of the message: for hardware that knows neither
    /// SM3 nor identities. It then cannot show what it signs.
    #[must_use]
    pub fn prehashed(mut self, prehashed: bool) -> Self {
        self.prehashed = prehashed;
        self
    }

    /// How long to wait instead of [`PATIENCE`].
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }
}

impl Sign for External {
    fn public(&self) -> &PublicKey {
        &self.public
    }

    /// # Errors
    /// `signer-failed` if the program cannot be started, ends with another status than 0 or says nothing in time;
    /// `signer-answer` if it says too much, no JSON of the protocol, or a signature that does not fit; `key-unsupported` if
    /// Ed25519 should sign a prehash.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        if self.prehashed {
            let prehash = self.public.prehash(message).ok_or_else(key::no_prehash)?;
            return self.sign_prehash(&prehash);
        }
        self.ask("message", message, |sig| self.public.verify(message, sig))
    }

    fn takes_prehash(&self) -> bool {
        self.prehashed
    }

    fn sign_prehash(&self, prehash: &[u8; 32]) -> Result<Vec<u8>, Error> {
        self.ask("e", prehash, |sig| self.public.verify_prehash(prehash, sig))
    }
}

impl External {
    /// The program's signature over `bytes`, if it passes `check`.
    fn ask(
        &self,
        mode: &'static str,
        bytes: &[u8],
        check: impl FnOnce(&[u8]) -> Result<(), Error>,
    ) -> Result<Vec<u8>, Error> {
        let request = Request {
            v: VERSION,
            alg: self.public.algorithm().as_str(),
            key: &self.handle,
            identity: self.public.identity(),
            public: Base64::encode_string(&self.public.bytes()),
            mode,
            bytes: Base64::encode_string(bytes),
        };
        let line =
            serde_json::to_string(&request).unwrap_or_else(|_| unreachable!("text always becomes JSON"));
        let answer = process::ask(&self.command, line + "\n", self.patience)?;
        let program = self.command.first().map(|program| program.to_string_lossy()).unwrap_or_default();
        let unusable = |why: String| {
            Error::new(Code::SignerAnswer, format!("the signer {program} {why}: its answer is not used"))
        };
        let garbage = |error| unusable(format!("does not answer with {{\"sig\":\"…\"}} ({error})"));
        let Answer { sig } = json::read(&answer).map_err(garbage)?;
        let sig = Base64::decode_vec(&sig)
            .map_err(|_| unusable("answers with a signature that is not base64".into()))?;
        check(&sig).map_err(|error| {
            let hint = match self.public.algorithm() {
                Algorithm::Sm2 => "does it hold this key, and use this identity?",
                Algorithm::Ed25519 => "does it hold this key?",
            };
            unusable(format!("answers with a signature that is refused ({}); {hint}", error.message))
        })?;
        Ok(sig)
    }
}

#[cfg(test)]
mod tests;
