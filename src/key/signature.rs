//! The encodings of an SM2 signature: DER (GM/T 0009-2023 section 7.3) and the 64 bytes r, s that some programs use.

use der::asn1::{AnyRef, UintRef};
use der::{Decode, Encode, Reader, SliceReader, Tag};
use sm2::dsa::Signature;

use crate::error::{Code, Error};

fn malformed(why: &str) -> Error {
    Error::new(
        Code::SignatureMalformed,
        format!("the signature is no SM2 signature: {why}; it proves nothing, whoever made it"),
    )
}

/// The signature of which `bytes` are the DER, and nothing else: no other length of a length or a number, nothing behind.
pub fn parse(bytes: &[u8]) -> Result<Signature, Error> {
    let not_der = |error: der::Error| malformed(&format!("not a DER sequence of two numbers ({error})"));
    let mut reader = SliceReader::new(bytes).map_err(not_der)?;
    let numbers = reader.sequence(|inner| Ok((UintRef::decode(inner)?, UintRef::decode(inner)?)));
    let (r, s) = numbers.map_err(not_der)?;
    if !reader.is_finished() {
        return Err(malformed("there are bytes behind it"));
    }
    let mut raw = [0; 64];
    for (half, number) in raw.chunks_exact_mut(32).zip([r, s]) {
        let number = number.as_bytes();
        let start =
            32usize.checked_sub(number.len()).ok_or_else(|| malformed("a number has more than 256 bits"))?;
        half[start..].copy_from_slice(number);
    }
    Signature::from_slice(&raw).map_err(|_| malformed("r or s is 0 or not below the order of the curve"))
}

/// The DER of a signature.
pub fn encode(signature: &Signature) -> Vec<u8> {
    let raw = signature.to_bytes();
    let mut body = Vec::with_capacity(72);
    for half in raw.chunks_exact(32) {
        UintRef::new(half).and_then(|number| number.encode_to_vec(&mut body)).expect("32 bytes have a DER");
    }
    AnyRef::new(Tag::Sequence, &body).and_then(|sequence| sequence.to_der()).expect("70 bytes have a DER")
}

/// The 64 bytes r, s of an SM2 signature in DER, as sm-crypto and gmssl's Python packages want them.
///
/// # Errors
/// `signature-malformed`
pub fn raw_of(signature: &[u8]) -> Result<[u8; 64], Error> {
    parse(signature).map(|signature| signature.to_bytes())
}

/// The DER of the SM2 signature of which `raw` are the 64 bytes r, s.
///
/// # Errors
/// `signature-malformed`
pub fn der_of(raw: &[u8]) -> Result<Vec<u8>, Error> {
    let signature = Signature::from_slice(raw);
    let signature =
        signature.map_err(|_| malformed("not 64 bytes with r and s from 1 to the order of the curve"))?;
    Ok(encode(&signature))
}
