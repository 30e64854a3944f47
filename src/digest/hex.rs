//! Bytes as hexadecimal text. There is one way to write a digest: lower case, two digits a byte.

/// `bytes` in lower-case hexadecimal, two digits each.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| DIGITS[usize::from(digit)]).collect()
}

/// The bytes that `text` spells as [`hex`] does; `None` if it is anything else, upper case or of odd length included.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |letter: u8| match letter {
        b'0'..=b'9' => Some(letter - b'0'),
        b'a'..=b'f' => Some(letter - b'a' + 10),
        _ => None,
    };
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    };
    text.as_bytes().chunks(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_goes_and_comes_back() {
        let bytes: Vec<u8> = (0..=255).collect();
        let text = hex(&bytes);
        assert!(text.starts_with("000102") && text.ends_with("fdfeff"), "{text}");
        assert_eq!(unhex(&text), Some(bytes));
        assert_eq!((hex(b""), unhex("")), (String::new(), Some(Vec::new())));
    }

    #[test]
    fn other_spellings_are_refused() {
        for text in ["0", "abc", "AB", "aB", "0x12", " 12", "12 ", "1g", "é", "+1", "1\n"] {
            assert_eq!(unhex(text), None, "{text:?}");
        }
    }
}
