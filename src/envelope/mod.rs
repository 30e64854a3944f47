//! DSSE v1 envelopes (secure-systems-lab/dsse, protocol.md and envelope.md): signatures over a payload and its type.
//!
//! What is signed are bytes, never a parsed form; what is used afterwards are those bytes. The key id in a signature is
//! not authenticated and decides nothing: every signature is tried with the key at hand.

#[cfg(test)]
mod tests;

use base64ct::{Base64, Base64Url, Encoding};
use serde::{Deserialize, Serialize};

use crate::error::{Code, Error};
use crate::key::{PublicKey, Sign};

/// The payload type of in-toto statements (in-toto/attestation, spec/v1/envelope.md).
pub const IN_TOTO: &str = "application/vnd.in-toto+json";

/// The longest envelope that is read, in bytes: 64 MiB. The statement of a large closure has less than one.
pub const LIMIT: usize = 64 << 20;

/// The most signatures in an envelope that are looked at.
const SIGNATURES: usize = 64;

/// A signed payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// What the payload is; signed with it.
    pub payload_type: String,
    /// The bytes.
    pub payload: Vec<u8>,
    /// Signatures over both.
    pub signatures: Vec<Signature>,
}

/// One signature of an envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// What the signer calls its key; anybody may write anything here.
    pub keyid: String,
    /// The signature, as [`PublicKey::verify`] wants it.
    pub sig: Vec<u8>,
}

/// The bytes that are signed: `DSSEv1`, and type and payload with their lengths (protocol.md, "PAE").
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    bytes.extend(payload);
    bytes
}

/// The envelope as JSON has it. Fields that are not known are ignored, as the protocol demands; a field that is there
/// twice is an error.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    payload: String,
    payload_type: String,
    signatures: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    #[serde(default)]
    keyid: String,
    sig: String,
}

impl Envelope {
    /// One that nobody has signed yet.
    pub fn new(payload_type: &str, payload: Vec<u8>) -> Self {
        Self { payload_type: payload_type.into(), payload, signatures: Vec::new() }
    }

    /// Reads an envelope of at most [`LIMIT`] bytes; `name` is for messages.
    ///
    /// # Errors
    /// `envelope-invalid`
    pub fn parse(json: &[u8], name: &str) -> Result<Self, Error> {
        let invalid =
            |why: String| Error::new(Code::EnvelopeInvalid, format!("{name} is no DSSE envelope: {why}"));
        if json.len() > LIMIT {
            return Err(invalid(format!("it has {} bytes, the most that is read is {LIMIT}", json.len())));
        }
        let document: Document = serde_json::from_slice(json).map_err(|error| invalid(error.to_string()))?;
        let count = document.signatures.len();
        if count == 0 || count > SIGNATURES {
            return Err(invalid(format!("it has {count} signatures, not 1 to {SIGNATURES}")));
        }
        let decode = |what: &str, text: &str| {
            decoded(text).ok_or_else(|| invalid(format!("its {what} is not base 64 of one alphabet, padded")))
        };
        let mut signatures = Vec::with_capacity(count);
        for entry in document.signatures {
            signatures.push(Signature { sig: decode("signature", &entry.sig)?, keyid: entry.keyid });
        }
        let payload = decode("payload", &document.payload)?;
        Ok(Self { payload_type: document.payload_type, payload, signatures })
    }

    /// Adds a signature; if the key has signed already, nothing.
    ///
    /// # Errors
    /// What the signer says.
    pub fn sign(&mut self, signer: &dyn Sign) -> Result<(), Error> {
        if !self.verifies(signer.public()) {
            let sig = signer.sign(&pae(&self.payload_type, &self.payload))?;
            self.signatures.push(Signature { keyid: signer.public().id(), sig });
        }
        Ok(())
    }

    /// Whether one of the signatures is that of `key`.
    pub fn verifies(&self, key: &PublicKey) -> bool {
        let message = pae(&self.payload_type, &self.payload);
        self.signatures.iter().any(|signature| key.verify(&message, &signature.sig).is_ok())
    }

    /// The keys of `keys`, by position, of which a signature is there. The message is put together once.
    pub fn signers(&self, keys: &[&PublicKey]) -> Vec<usize> {
        let message = pae(&self.payload_type, &self.payload);
        let signed = |key: &PublicKey| self.signatures.iter().any(|s| key.verify(&message, &s.sig).is_ok());
        (0..keys.len()).filter(|&at| signed(keys[at])).collect()
    }

    /// The envelope on one line, without an end of line.
    pub fn to_json(&self) -> String {
        let entry = |s: &Signature| Entry { keyid: s.keyid.clone(), sig: Base64::encode_string(&s.sig) };
        let document = Document {
            payload: Base64::encode_string(&self.payload),
            payload_type: self.payload_type.clone(),
            signatures: self.signatures.iter().map(entry).collect(),
        };
        json(&document)
    }
}

fn json(document: &Document) -> String {
    serde_json::to_string(document).expect("strings have a JSON form")
}

/// Either alphabet of RFC 4648, sections 4 and 5; only the canonical encoding of a value.
fn decoded(text: &str) -> Option<Vec<u8>> {
    Base64::decode_vec(text).or_else(|_| Base64Url::decode_vec(text)).ok()
}
