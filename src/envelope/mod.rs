//! DSSE envelopes (Dead Simple Signing Envelope v1, secure-systems-lab/dsse, protocol.md and envelope.md): bytes with their
//! type and any number of signatures over both.

pub(crate) mod form;
pub(crate) mod shape;
mod text;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::io::Read;
use std::path::Path;

use base64ct::{Base64, Encoding};
use serde::{Deserialize, Serialize};

use crate::error::{Code, Error};
use crate::key::{PublicKey, Sign};
use crate::visible::shown;
use crate::{input, json};

/// The type of a payload that is an in-toto statement (in-toto/attestation, spec/v1/envelope.md).
pub const IN_TOTO: &str = "application/vnd.in-toto+json";

/// The largest envelope that is read and written, in bytes of JSON: 64 MiB.
pub const LIMIT: usize = 64 << 20;

/// The most signatures that are read and written: each is tried with each key.
pub const SIGNATURES: usize = 64;

/// What helps with a payload that is too large.
const INSTEAD: &str = "put the list that `sarsen digest` writes into it instead";

/// The bytes that are signed: "DSSEv1", then the type and the payload, each after its length.
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    bytes.extend(payload);
    bytes
}

/// A payload with its type and signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// Says how to read the payload; signed with it.
    pub payload_type: String,
    /// The bytes that are signed.
    pub payload: Vec<u8>,
    /// In the order of the text.
    pub signatures: Vec<Signature>,
}

/// A signature over [`pae`] of type and payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// A hint at the key, which nobody signed; empty where there is none. It must not decide anything.
    pub keyid: String,
    /// As the key's algorithm encodes it.
    pub sig: Vec<u8>,
}

/// The envelope as JSON has it. Members that are not known are skipped, as the protocol asks.
#[derive(Serialize, Deserialize)]
struct Json<'a> {
    #[serde(borrow)]
    payload: Cow<'a, str>,
    #[serde(rename = "payloadType")]
    payload_type: String,
    signatures: Vec<JsonSignature>,
}

#[derive(Serialize, Deserialize)]
struct JsonSignature {
    // Null says as little as nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    keyid: Option<String>,
    sig: String,
}

/// The envelope in the file at `path`, as [`Envelope::parse`] reads it.
///
/// # Errors
/// One of the `input-…` codes, `input-too-large` above [`LIMIT`] bytes; `envelope-invalid`.
pub fn file(path: &Path) -> Result<Envelope, Error> {
    let json = bytes(path, LIMIT, &format!("an envelope has {LIMIT} (64 MiB) at most"))?;
    Envelope::parse(&json, &shown(path))
}

/// The bytes of the file at `path`, to become a payload.
///
/// # Errors
/// One of the `input-…` codes, `input-too-large` if the base64 of so many has more than [`LIMIT`] bytes: [`Envelope::write`]
/// would refuse them once they are signed.
pub fn payload(path: &Path) -> Result<Vec<u8>, Error> {
    let most = LIMIT / 4 * 3;
    bytes(
        path,
        most,
        &format!("an envelope of 64 MiB, the largest that is read, holds less than {most}: {INSTEAD}"),
    )
}

/// The bytes of a file that has `limit` at most, because of `why`.
fn bytes(path: &Path, limit: usize, why: &str) -> Result<Vec<u8>, Error> {
    let file = input::open(path)?;
    let size = file.size();
    let mut bytes = Vec::new();
    if size <= limit as u64 {
        let read = file.take(limit as u64 + 1).read_to_end(&mut bytes);
        read.map_err(|error| input::because(path, &error))?;
    }
    let size = size.max(bytes.len() as u64);
    if size > limit as u64 {
        let message = format!("{} has {size} bytes, and {why}", path.display());
        return Err(Error::new(Code::InputTooLarge, message));
    }
    Ok(bytes)
}

impl Envelope {
    /// Reads an envelope, of which messages speak as `name`. Whoever signed it is not asked here.
    ///
    /// # Errors
    /// `envelope-invalid` if it has more than [`LIMIT`] bytes, is no JSON, has two members of one name anywhere, lacks
    /// a member or a signature, has more than [`SIGNATURES`], or base64 that is not the only spelling of its bytes in
    /// either alphabet. Of what holds envelopes in another form, as a Sigstore bundle does, it says how to take one
    /// out.
    pub fn parse(json: &[u8], name: &str) -> Result<Self, Error> {
        Self::read(json).map_err(|why| form::refused(json, form::Place::File, name, &why))
    }

    /// The same; the error is only why not.
    pub(crate) fn read(json: &[u8]) -> Result<Self, String> {
        if json.len() > LIMIT {
            return Err(format!("it has {} bytes, and {LIMIT} (64 MiB) are read", json.len()));
        }
        let Json { payload, payload_type, signatures } =
            json::read(json).map_err(|error| error.to_string())?;
        if signatures.is_empty() || signatures.len() > SIGNATURES {
            return Err(format!("it has {} signatures, and 1 to {SIGNATURES} are read", signatures.len()));
        }
        let payload = text::decode(&payload).map_err(|why| format!("its payload is {why}"))?;
        let signatures =
            signatures.into_iter().map(|JsonSignature { keyid, sig }| match text::decode(&sig) {
                Ok(sig) => Ok(Signature { keyid: keyid.unwrap_or_default(), sig }),
                Err(why) => Err(format!("a signature of it is {why}")),
            });
        Ok(Self { payload_type, payload, signatures: signatures.collect::<Result<_, _>>()? })
    }

    /// An envelope that nobody has signed yet.
    pub fn new(payload_type: &str, payload: Vec<u8>) -> Self {
        Self { payload_type: payload_type.into(), payload, signatures: Vec::new() }
    }

    /// Adds the signature of `signer`, unless one of its key is there.
    ///
    /// # Errors
    /// Those of [`Sign::sign`]; `envelope-invalid` if there are [`SIGNATURES`] already.
    pub fn sign(&mut self, signer: &dyn Sign) -> Result<(), Error> {
        if !self.verifies(signer.public()) {
            if self.signatures.len() >= SIGNATURES {
                return Err(Error::new(
                    Code::EnvelopeInvalid,
                    format!(
                        "the envelope has {SIGNATURES} signatures, and no more are read: start another one"
                    ),
                ));
            }
            let signed = pae(&self.payload_type, &self.payload);
            self.signatures.push(Signature { keyid: signer.public().id(), sig: signer.sign(&signed)? });
        }
        Ok(())
    }

    /// Whether some signature is `key`'s over this type and payload. Two signatures of one key are still one signer.
    pub fn verifies(&self, key: &PublicKey) -> bool {
        !self.signers(&[key]).is_empty()
    }

    /// Which of `keys`, by their places, have signed this type and payload.
    pub fn signers(&self, keys: &[&PublicKey]) -> Vec<usize> {
        let signed = pae(&self.payload_type, &self.payload);
        let fits = |key: &PublicKey| {
            self.signatures.iter().any(|signature| key.verify(&signed, &signature.sig).is_ok())
        };
        (0..keys.len()).filter(|place| fits(keys[*place])).collect()
    }

    /// The envelope as the content of a file, a line of JSON with its end, if whoever reads it will take it; messages speak of
    /// its payload as `name`.
    ///
    /// # Errors
    /// `input-too-large` above [`LIMIT`] bytes.
    pub fn write(&self, name: &str) -> Result<String, Error> {
        let line = self.to_json() + "\n";
        if line.len() > LIMIT {
            let size = line.len();
            let message = format!(
                "the envelope of {name} would have {size} bytes, and {LIMIT} (64 MiB) are read: {INSTEAD}"
            );
            return Err(Error::new(Code::InputTooLarge, message));
        }
        Ok(line)
    }

    /// The envelope as one line of JSON, without a line end.
    pub fn to_json(&self) -> String {
        let signatures = self.signatures.iter().map(|Signature { keyid, sig }| JsonSignature {
            keyid: Some(keyid.clone()).filter(|keyid| !keyid.is_empty()),
            sig: Base64::encode_string(sig),
        });
        let json = Json {
            payload: Base64::encode_string(&self.payload).into(),
            payload_type: self.payload_type.clone(),
            signatures: signatures.collect(),
        };
        serde_json::to_string(&json).unwrap_or_else(|_| unreachable!("text always becomes JSON"))
    }
}
