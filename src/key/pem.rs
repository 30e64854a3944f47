//! The text around a key: PEM (RFC 7468) with one block, and the identity of an SM2 key on a line before it.

use pem_rfc7468::{Decoder, LineEnding};
use zeroize::Zeroizing;

use super::{USUAL_IDENTITY, foreign};
use crate::error::{Code, Error};

/// The most bytes of a key's text: what is longer would not be known as a key where files are replaced.
pub const LIMIT: usize = crate::output::KEY_FILE;

/// What stands before the identity on its line.
const IDENTITY: &str = "identity:";

/// What a PEM text holds.
pub struct Block<'a> {
    /// Whether it is a `PRIVATE KEY`; else it is a `PUBLIC KEY`.
    pub is_private: bool,
    /// The decoded bytes.
    pub der: Zeroizing<Vec<u8>>,
    /// What the line of the identity says.
    pub identity: Option<&'a str>,
}

/// The one block of `text`.
///
/// # Errors
/// `key-invalid` if there is none, a damaged one or more than one; `key-identity` if there are two identities;
/// `key-unsupported` if it is neither a public nor a plain private key.
pub fn read<'a>(text: &'a [u8], name: &str) -> Result<Block<'a>, Error> {
    let invalid = |why: &str| Error::new(Code::KeyInvalid, format!("{name} is no key in PEM: {why}"));
    if text.len() > LIMIT {
        return Err(invalid(&format!("it has {} bytes, and no key has more than {LIMIT}", text.len())));
    }
    if let Some(why) = foreign::bytes(text) {
        return Err(invalid(&why));
    }
    let Ok(text) = std::str::from_utf8(text) else {
        return Err(invalid("it is no text, and no DER that is known: is it the right file?"));
    };
    let mut lines = text.lines().map(str::trim_end);
    let mut identity = None;
    let label = loop {
        let Some(line) = lines.next() else {
            return Err(invalid(&foreign::words(text).unwrap_or_else(|| {
                "it has no line -----BEGIN PUBLIC KEY----- or -----BEGIN PRIVATE KEY-----: is it the right file?".into()
            })));
        };
        if let Some(label) = boundary(line, "-----BEGIN ") {
            break label;
        }
        if let Some(value) = line.strip_prefix(IDENTITY) {
            if identity.replace(value.strip_prefix(' ').unwrap_or(value)).is_some() {
                return Err(Error::new(
                    Code::KeyIdentity,
                    format!(
                        "{name} has two lines `{IDENTITY}`: which of them its signatures cover must not be a guess"
                    ),
                ));
            }
        }
    };
    // Without spaces at the ends of lines, which some editors leave. Room for everything, so that no copy is left
    // behind by growth.
    let mut pem = Zeroizing::new(String::with_capacity(text.len() + 1));
    pem.extend(["-----BEGIN ", label, "-----\n"]);
    let (mut ended, mut has_headers) = (false, false);
    for line in lines {
        if let Some(second) = boundary(line, "-----BEGIN ") {
            return Err(invalid(&format!(
                "it has a second block ({label}, then {second}), and which is meant must not be a guess: {}",
                foreign::several(label, second)
            )));
        }
        if ended {
            continue;
        }
        if let Some(end) = boundary(line, "-----END ") {
            if end != label {
                return Err(invalid(&format!("a block begins as {label} and ends as {end}")));
            }
            ended = true;
        }
        has_headers |= line.contains(':');
        pem.extend([line, "\n"]);
    }
    if !ended {
        return Err(invalid(&format!(
            "it ends before the line -----END {label}-----; was the copy interrupted?"
        )));
    }
    if has_headers && label.ends_with("PRIVATE KEY") {
        return Err(foreign::encrypted(label, name));
    }
    let der = decode(&pem);
    if !matches!(label, "PUBLIC KEY" | "PRIVATE KEY") {
        return Err(foreign::block(label, der.ok().as_deref().map(Vec::as_slice), name));
    }
    let is_private = label == "PRIVATE KEY";
    let der = der.map_err(|error| {
        let option = if is_private { "" } else { " -pubin" };
        invalid(&format!(
            "what stands between BEGIN and END is not strict base64 in lines of one length (RFC 7468; {error}): \
             `openssl pkey{option} -in FILE -out NEW` writes it again if OpenSSL can read it, or else it is damaged"
        ))
    })?;
    Ok(Block { is_private, der, identity })
}

/// The bytes in `pem`, whose lines may have any length, but all the same.
fn decode(pem: &str) -> Result<Zeroizing<Vec<u8>>, pem_rfc7468::Error> {
    let mut decoder = Decoder::new_detect_wrap(pem.as_bytes())?;
    // One allocation of the final size, so that no copy is left behind by growth.
    let mut der = Zeroizing::new(vec![0; decoder.remaining_len()]);
    decoder.decode(&mut der)?;
    Ok(der)
}

/// The label of a line such as `-----BEGIN PUBLIC KEY-----`.
fn boundary<'a>(line: &'a str, start: &str) -> Option<&'a str> {
    line.strip_prefix(start)?.strip_suffix("-----")
}

/// `der` as PEM in lines of 64 characters, after the line of the identity.
pub fn write(label: &str, identity: Option<&str>, der: &[u8]) -> Zeroizing<String> {
    let length = pem_rfc7468::encoded_len(label, LineEnding::LF, der).expect("a key is short");
    let mut pem = Zeroizing::new(vec![0; length]);
    let pem = pem_rfc7468::encode(label, LineEnding::LF, der, &mut pem).expect("there is room");
    // Room for everything, so that no copy is left behind by growth.
    let mut text = Zeroizing::new(String::with_capacity(
        length + identity.map_or(0, |it| IDENTITY.len() + it.len() + 2),
    ));
    if let Some(identity) = identity {
        text.extend([IDENTITY, " ", identity, "\n"]);
    }
    text.push_str(pem);
    text
}

/// The identity that the text and the caller agree about.
///
/// # Errors
/// `key-identity` if they do not.
pub fn agreed<'a>(
    name: &str,
    own: Option<&'a str>,
    asked: Option<&'a str>,
) -> Result<Option<&'a str>, Error> {
    match (own, asked) {
        (Some(own), Some(asked)) if own != asked => Err(Error::new(
            Code::KeyIdentity,
            format!(
                "{name} says that its identity is {own:?}, and {asked:?} is asked for: no signature covers both"
            ),
        )),
        _ => Ok(own.or(asked)),
    }
}

/// The identity of an SM2 key.
///
/// # Errors
/// `key-identity` if there is none or one that cannot be written on a line or hashed.
pub fn some_identity<'a>(name: &str, identity: Option<&'a str>) -> Result<&'a str, Error> {
    let refused = |why: String| Err(Error::new(Code::KeyIdentity, why));
    match identity {
        None => refused(format!(
            "{name} is an SM2 key without an identity, which every SM2 signature covers and which programs do not agree \
             about: name it with --identity; {USUAL_IDENTITY} is the usual one"
        )),
        Some("") => refused(format!(
            "the identity of {name} is empty, which says nothing about who signs; OpenSSL before 4.0 signs so where no distid \
             is named: sign with -pkeyopt distid:{USUAL_IDENTITY}"
        )),
        Some(identity) if identity.len() > 8191 => refused(format!(
            "the identity of {name} has {} bytes: SM2 counts its bits in 16 bits, which 8191 bytes fill",
            identity.len()
        )),
        Some(identity) if identity.chars().any(char::is_control) || identity.trim() != identity => {
            refused(format!(
                "the identity {identity:?} of {name} has control characters, or spaces around it: it must stay as it is on a \
             line of the key's file"
            ))
        }
        Some(identity) => Ok(identity),
    }
}

/// # Errors
/// `key-identity` if an Ed25519 key is given an identity.
pub fn no_identity(name: &str, identity: Option<&str>) -> Result<(), Error> {
    match identity {
        None => Ok(()),
        Some(identity) => Err(Error::new(
            Code::KeyIdentity,
            format!(
                "{name} is an Ed25519 key, whose signatures cover no identity: {identity:?} would say nothing"
            ),
        )),
    }
}
