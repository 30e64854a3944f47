//! SM2 signatures as bytes: the DER of GM/T 0009 (SEQUENCE of two INTEGERs), which OpenSSL and GmSSL write, and the 64 bytes
//! r ‖ s that others take.

use crate::error::{Code, Error};

/// The order n of the group of SM2 (GB/T 32918.5).
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x72,
    0x03, 0xdf, 0x6b, 0x21, 0xc6, 0x05, 0x2b, 0x53, 0xbb, 0xf4, 0x09, 0x39, 0xd5, 0x41, 0x23,
];

/// r ‖ s from DER. Only one spelling of a signature is accepted.
///
/// # Errors
/// `signature-malformed` with what is wrong: structure, length, sign, leading zeros, bytes behind it, or a number that is
/// not from 1 to n - 1.
pub fn from_der(der: &[u8]) -> Result<[u8; 64], Error> {
    let mut rest = der;
    let body = element(&mut rest, 0x30, "a SEQUENCE")?;
    if !rest.is_empty() {
        return Err(malformed(&format!("{} bytes follow it", rest.len())));
    }
    let mut body = body;
    let mut raw = [0; 64];
    for (name, place) in ["r", "s"].into_iter().zip(raw.chunks_exact_mut(32)) {
        let number = element(&mut body, 0x02, &format!("an INTEGER {name}"))?;
        let digits = match number {
            [] => return Err(malformed(&format!("{name} has no bytes"))),
            [0x80..=0xff, ..] => return Err(malformed(&format!("{name} is negative"))),
            [0] => &[],
            [0, 0x80..=0xff, ..] => &number[1..],
            [0, ..] => return Err(malformed(&format!("{name} has a zero byte too many in front"))),
            _ => number,
        };
        let Some(gap) = place.len().checked_sub(digits.len()) else {
            return Err(malformed(&format!(
                "{name} has {} bytes, and a number below n has 32 at most",
                digits.len()
            )));
        };
        place[gap..].copy_from_slice(digits);
    }
    if !body.is_empty() {
        return Err(malformed("more than two numbers are in it"));
    }
    in_range(&raw)?;
    Ok(raw)
}

/// The contents of the element with `tag` that `rest` begins with; `rest` is what follows.
fn element<'a>(rest: &mut &'a [u8], tag: u8, what: &str) -> Result<&'a [u8], Error> {
    match *rest {
        [first, ..] if *first != tag => Err(malformed(&format!("{what} is expected and {first:#04x} found"))),
        // Two numbers below n need 70 bytes, so a length of more than one byte is never the shortest form.
        [_, 0x80..=0xff, ..] => Err(malformed(&format!("the length of {what} is not in the short form"))),
        [_, length, content @ ..] if content.len() >= usize::from(*length) => {
            let (content, after) = content.split_at(usize::from(*length));
            *rest = after;
            Ok(content)
        }
        _ => Err(malformed(&format!("it ends within {what}"))),
    }
}

/// r ‖ s from 64 bytes.
///
/// # Errors
/// `signature-malformed` if they are not 64 or a number is not from 1 to n - 1.
pub fn from_raw(bytes: &[u8]) -> Result<[u8; 64], Error> {
    let raw = bytes
        .try_into()
        .map_err(|_| malformed(&format!("it has {} bytes, and r and s have 64", bytes.len())))?;
    in_range(&raw)?;
    Ok(raw)
}

fn in_range(raw: &[u8; 64]) -> Result<(), Error> {
    for (name, number) in ["r", "s"].into_iter().zip(raw.chunks_exact(32)) {
        if number.iter().all(|byte| *byte == 0) {
            return Err(malformed(&format!("{name} is 0")));
        }
        if number >= ORDER.as_slice() {
            return Err(malformed(&format!("{name} is not below the order n of the curve")));
        }
    }
    Ok(())
}

/// r ‖ s in DER.
pub fn to_der(raw: &[u8; 64]) -> Vec<u8> {
    let mut body = Vec::with_capacity(70);
    for number in raw.chunks_exact(32) {
        let start = number.iter().position(|byte| *byte != 0).unwrap_or(31);
        let digits = &number[start..];
        let sign = usize::from(digits[0] >= 0x80);
        body.extend([0x02, (digits.len() + sign) as u8]);
        body.extend([0].iter().take(sign).chain(digits));
    }
    let mut der = vec![0x30, body.len() as u8];
    der.append(&mut body);
    der
}

fn malformed(why: &str) -> Error {
    Error::new(Code::SignatureMalformed, format!("the signature is none of SM2 in DER: {why}"))
}
