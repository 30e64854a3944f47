//! Base64 as DSSE has it: either alphabet of RFC 4648, and of each text only one spelling.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

/// The bytes of `text`, in the alphabet of section 4 (`+/`) or of section 5 (`-_`), padded.
///
/// # Errors
/// What is wrong, as "not …": both alphabets in one text, a character of neither, no padding, or bits that say nothing and
/// are not zero.
pub fn decode(text: &str) -> Result<Vec<u8>, &'static str> {
    let safe = memchr::memchr2(b'-', b'_', text.as_bytes()).is_some();
    if safe && memchr::memchr2(b'+', b'/', text.as_bytes()).is_some() {
        return Err("not in one alphabet of base64: it has characters of both");
    }
    let decoded = if safe { URL_SAFE.decode(text) } else { STANDARD.decode(text) };
    decoded.map_err(|_| "not base64 in its only spelling (RFC 4648, with padding and nothing after it)")
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn either_alphabet_but_not_both() {
        for (text, bytes) in [
            ("", b"".as_slice()),
            ("Zg==", b"f"),
            ("Zm8=", b"fo"),
            ("Zm9v", b"foo"),
            ("-_8=", b"\xfb\xff"),
            ("+/8=", b"\xfb\xff"),
        ] {
            assert_eq!(decode(text).as_deref(), Ok(bytes), "{text}");
        }
        for text in [
            "-/8=", "+_8=", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Z", "====", "Zm9v\n", " Zm9v", "Zm 9v",
            "Zg==Zg==", "Zm9vé",
        ] {
            assert!(decode(text).is_err(), "{text:?}");
        }
    }
}
