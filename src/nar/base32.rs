//! Nix's own base 32 (Nix manual, "Nix32"): its alphabet leaves out e, o, t and u, and the last bits come first.

/// The digits by their value.
const DIGITS: &[u8; 32] = b"0123456789abcdfghijklmnpqrsvwxyz";

/// `bytes` in base 32: 52 digits for 32 bytes.
pub fn encode(bytes: &[u8]) -> String {
    let digits = (bytes.len() * 8).div_ceil(5);
    let digit = |place: usize| {
        let (index, shift) = (place * 5 / 8, place * 5 % 8);
        let next = bytes.get(index + 1).copied().unwrap_or(0);
        let word = u16::from_le_bytes([bytes[index], next]);
        char::from(DIGITS[usize::from(word >> shift & 31)])
    };
    (0..digits).rev().map(digit).collect()
}

/// The bytes that `text` spells as [`encode`] does; `None` if it is anything else.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = vec![0; text.len() / 8 * 5 + text.len() % 8 * 5 / 8];
    for (place, letter) in text.bytes().rev().enumerate() {
        let digit = DIGITS.iter().position(|digit| *digit == letter)?;
        let (index, shift) = (place / 8 * 5 + place % 8 * 5 / 8, place % 8 * 5 % 8);
        let [low, high] = ((digit as u16) << shift).to_le_bytes();
        // Bits beyond the last byte: none may be set, or two texts would spell the same bytes.
        for (index, bits) in [(index, low), (index + 1, high)] {
            match bytes.get_mut(index) {
                Some(byte) => *byte |= bits,
                None if bits == 0 => {}
                None => return None,
            }
        }
    }
    (encode(&bytes) == text).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::sha256;

    #[test]
    fn what_nix_prints_comes_out() {
        // nix hash to-base32 of the digest.
        assert_eq!(encode(&sha256(b"abc")), "1b8m03r63zqhnjf7l5wnldhh7c134ap5vpj0850ymkq1iyzicy5s");
        assert_eq!(encode(b"").len(), 0);
        assert_eq!(encode(&[0xff]), "7z");
    }

    #[test]
    fn every_length_goes_and_comes_back() {
        let bytes: Vec<u8> = (0..80).map(|n: u8| n.wrapping_mul(97).wrapping_add(13)).collect();
        for length in 0..bytes.len() {
            let text = encode(&bytes[..length]);
            assert_eq!(decode(&text).as_deref(), Some(&bytes[..length]), "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        // A letter that is no digit, upper case, bits beyond the last byte, digits that no byte needs.
        for text in ["0e", "7Z", "zz", "0", "000", "é7", "7z ", " 7z"] {
            assert_eq!(decode(text), None, "{text:?}");
        }
        assert_eq!(decode("7z"), Some(vec![0xff]));
    }
}
