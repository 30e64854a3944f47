//! Key files: one PEM block (RFC 7468), and an identity before it.

use zeroize::Zeroizing;

use crate::error::{Code, Error};

const IDENTITY: &str = "identity:";

/// The largest key file in bytes. An SM2 key has about 250.
const LIMIT: usize = 64 * 1024;

/// What a key file holds.
pub struct Block {
    /// What stands after BEGIN.
    pub label: String,
    /// The DER.
    pub der: Zeroizing<Vec<u8>>,
    /// The identity that the file names.
    pub identity: Option<String>,
}

/// Reads the one block of a key file; `name` is for messages.
pub fn parse(pem: &[u8], name: &str) -> Result<Block, Error> {
    let invalid = |why: &str| {
        let hint = "a key file is PEM, as `sarsen key generate` and `openssl genpkey` write it";
        Error::new(Code::KeyInvalid, format!("{name} is no key file: {why}; {hint}"))
    };
    if pem.len() > LIMIT {
        return Err(invalid(&format!("it has {} bytes, a key has a few hundred", pem.len())));
    }
    let text = std::str::from_utf8(pem).map_err(|_| invalid("it is not text"))?;
    let begins = text.match_indices("-----BEGIN ").count();
    if begins != 1 {
        return Err(invalid(&match begins {
            0 => "there is no -----BEGIN line in it".to_owned(),
            _ => {
                format!("there are {begins} keys or certificates in it, and which one is meant is not known")
            }
        }));
    }
    let before = text.split("-----BEGIN ").next().unwrap_or_default();
    let mut named = before.lines().filter_map(|line| line.strip_prefix(IDENTITY));
    let identity = named.next().map(|value| value.trim().to_owned());
    if named.next().is_some() {
        return Err(invalid("it names two identities"));
    }
    let (label, der) =
        der::pem::decode_vec(text.trim_end().as_bytes()).map_err(|error| invalid(&error.to_string()))?;
    Ok(Block { label: label.to_owned(), der: Zeroizing::new(der), identity })
}

/// A key file.
pub fn write(label: &'static str, der: &[u8], identity: Option<&str>) -> Zeroizing<String> {
    let block = der::pem::encode_string(label, der::pem::LineEnding::LF, der);
    let block = Zeroizing::new(block.expect("the label is ASCII and a key is short"));
    let before = identity.map(|identity| format!("{IDENTITY} {identity}\n")).unwrap_or_default();
    // One allocation, so that no copy of a private key is left behind.
    let mut text = Zeroizing::new(String::with_capacity(before.len() + block.len()));
    text.push_str(&before);
    text.push_str(&block);
    text
}
