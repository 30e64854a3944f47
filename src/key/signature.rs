//! SM2 signatures as bytes: the DER of GM/T 0009 (SEQUENCE of two INTEGERs), which OpenSSL and GmSSL write, and the 64 bytes
//! r ‖ s that others take.

use der::asn1::UintRef;
use der::{Decode, DecodeValue, Encode, EncodeValue, Header, Length, Reader, Sequence, Writer};

use crate::error::{Code, Error};

/// The order n of the group of SM2 (GB/T 32918.5).
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x72,
    0x03, 0xdf, 0x6b, 0x21, 0xc6, 0x05, 0x2b, 0x53, 0xbb, 0xf4, 0x09, 0x39, 0xd5, 0x41, 0x23,
];

/// The most bytes that r and s have in DER.
const LONGEST: usize = 72;

/// The two numbers as DER has them. That its lengths and numbers are the shortest is the crate's doing.
struct Numbers<'a> {
    r: UintRef<'a>,
    s: UintRef<'a>,
}

impl<'a> DecodeValue<'a> for Numbers<'a> {
    fn decode_value<R: Reader<'a>>(reader: &mut R, header: Header) -> der::Result<Self> {
        reader.read_nested(header.length, |reader| Ok(Self { r: reader.decode()?, s: reader.decode()? }))
    }
}

impl EncodeValue for Numbers<'_> {
    fn value_len(&self) -> der::Result<Length> {
        self.r.encoded_len()? + self.s.encoded_len()?
    }

    fn encode_value(&self, writer: &mut impl Writer) -> der::Result<()> {
        self.r.encode(writer)?;
        self.s.encode(writer)
    }
}

impl<'a> Sequence<'a> for Numbers<'a> {}

/// r ‖ s from DER. Only one spelling of a signature is accepted.
///
/// # Errors
/// `signature-malformed` with what is wrong: structure, length, sign, leading zeros, bytes behind it, or a number that is
/// not from 1 to n - 1.
pub fn from_der(der: &[u8]) -> Result<[u8; 64], Error> {
    let numbers = Numbers::from_der(der).map_err(|error| malformed(&error.to_string()))?;
    let mut raw = [0; 64];
    for ((name, number), place) in
        [("r", numbers.r), ("s", numbers.s)].into_iter().zip(raw.chunks_exact_mut(32))
    {
        let digits = number.as_bytes();
        let Some(gap) = place.len().checked_sub(digits.len()) else {
            let length = digits.len();
            return Err(malformed(&format!(
                "{name} has {length} bytes, and a number below n has 32 at most"
            )));
        };
        place[gap..].copy_from_slice(digits);
    }
    in_range(&raw)?;
    Ok(raw)
}

/// r ‖ s from 64 bytes.
///
/// # Errors
/// `signature-malformed` if they are not 64 or a number is not from 1 to n - 1.
pub fn from_raw(bytes: &[u8]) -> Result<[u8; 64], Error> {
    let raw = bytes.try_into().map_err(|_| {
        let why = format!(
            "the signature is none of SM2 as r and s: it has {} bytes, and they have 64",
            bytes.len()
        );
        Error::new(Code::SignatureMalformed, why)
    })?;
    in_range(&raw)?;
    Ok(raw)
}

fn in_range(raw: &[u8; 64]) -> Result<(), Error> {
    for (name, number) in ["r", "s"].into_iter().zip(raw.chunks_exact(32)) {
        if number.iter().all(|byte| *byte == 0) {
            return Err(out_of_range(name, "is 0"));
        }
        if number >= ORDER.as_slice() {
            return Err(out_of_range(name, "is not below the order n of the curve"));
        }
    }
    Ok(())
}

/// r ‖ s in DER.
pub fn to_der(raw: &[u8; 64]) -> Vec<u8> {
    encode(raw).unwrap_or_else(|error| unreachable!("two numbers of 32 bytes are encoded: {error}"))
}

fn encode(raw: &[u8; 64]) -> der::Result<Vec<u8>> {
    let (r, s) = raw.split_at(32);
    let numbers = Numbers { r: UintRef::new(r)?, s: UintRef::new(s)? };
    let mut der = vec![0; LONGEST];
    let length = numbers.encode_to_slice(&mut der)?.len();
    der.truncate(length);
    Ok(der)
}

fn malformed(why: &str) -> Error {
    Error::new(Code::SignatureMalformed, format!("the signature is none of SM2 in DER: {why}"))
}

fn out_of_range(name: &str, why: &str) -> Error {
    Error::new(Code::SignatureMalformed, format!("the signature is none of SM2: {name} {why}"))
}
