//! Blocks of PEM with other labels than those of keys.

use super::der::{decrypted, sec1};
use super::{NEW_KEY, secret};
use crate::error::{Code, Error};

/// The error for a block with this label; `body` are its bytes, if they could be decoded.
pub fn block(label: &str, body: Option<&[u8]>, name: &str) -> Error {
    let body = body.unwrap_or_default();
    let (what, instead) = match label {
        "ENCRYPTED PRIVATE KEY" => (
            "an encrypted private key, which implementations of SM2 do not read of each other",
            decrypted(body).into(),
        ),
        "EC PRIVATE KEY" | "SM2 PRIVATE KEY" => ("a private key in the form of SEC 1", sec1(body)),
        "EC PARAMETERS" | "SM2 PARAMETERS" => (
            "the name of a curve and no key",
            "`sarsen key generate --algorithm sm2 --identity ID -o NEW` makes one".into(),
        ),
        "OPENSSH PRIVATE KEY" => ("a private key of SSH", openssh(body)),
        "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => (
            "a certificate",
            "`openssl x509 -in FILE -pubkey -noout -out NEW` writes the public key in it".into(),
        ),
        "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => (
            "a certificate request",
            "`openssl req -in FILE -pubkey -noout -out NEW` writes the public key in it".into(),
        ),
        "PKCS7" => (
            "certificates (PKCS#7)",
            "`openssl pkcs7 -in FILE -print_certs | openssl x509 -pubkey -noout -out NEW` writes the public key in the \
             first of them"
                .into(),
        ),
        "RSA PRIVATE KEY" | "RSA PUBLIC KEY" | "DSA PRIVATE KEY" => ("a key of another algorithm", NEW_KEY.into()),
        "PGP PUBLIC KEY BLOCK" | "PGP PRIVATE KEY BLOCK" => {
            ("a key of OpenPGP, whose programs sign other bytes than a file's", NEW_KEY.into())
        }
        _ => (
            "neither a public nor a plain private key",
            "`openssl pkey` writes PUBLIC KEY (-pubout) and PRIVATE KEY".into(),
        ),
    };
    Error::new(Code::KeyUnsupported, format!("{name} holds {label}, {what}: {instead}"))
}

/// The error for a block of a private key that is encrypted as OpenSSL did before PKCS#8, by lines in the block.
pub fn encrypted(label: &str, name: &str) -> Error {
    Error::new(
        Code::KeyUnsupported,
        format!(
            "{name} holds {label}, encrypted by its header lines: `openssl pkey -in FILE -out NEW` decrypts it"
        ),
    )
}

/// What to do about two blocks in one file.
pub fn several(first: &str, second: &str) -> &'static str {
    let is_secret = |label: &str| label.ends_with("PRIVATE KEY") && !label.starts_with("OPENSSH");
    match (first, second) {
        (curve, _) if curve.ends_with("PARAMETERS") => {
            "`openssl pkey -in FILE -out NEW` writes the key alone"
        }
        ("CERTIFICATE", "CERTIFICATE") => {
            "`openssl x509 -in FILE -pubkey -noout -out NEW` writes the public key in the first"
        }
        ("CERTIFICATE", key) | (key, "CERTIFICATE") if is_secret(key) => {
            "`openssl pkey -in FILE -out NEW` writes the private key alone"
        }
        _ => "keep one in a file",
    }
}

/// What to do about the key in OpenSSH's own format (openssh-portable, PROTOCOL.key).
fn openssh(body: &[u8]) -> String {
    let mut rest = body.strip_prefix(b"openssh-key-v1\0").unwrap_or_default();
    let mut field = || {
        let (length, after) = rest.split_first_chunk()?;
        let (field, after) = after.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        rest = after;
        Some(field)
    };
    let (cipher, _, _) = (field(), field(), field());
    let plain = cipher == Some(b"none".as_slice());
    // The number of keys, and the length of the first.
    let is_ed25519 = rest.get(8..).is_some_and(|key| key.starts_with(b"\0\0\0\x0bssh-ed25519"));
    match (is_ed25519, plain) {
        (false, _) => format!("it is not of Ed25519: {NEW_KEY}"),
        (true, false) => {
            "a copy without its passphrase comes first: `cp FILE NEW && chmod 600 NEW && ssh-keygen -p -N '' \
                          -f NEW`, and what is said of that one next"
                .into()
        }
        // Whatever stands before the seed has one length in all plain keys of Ed25519.
        (true, true) => format!(
            "OpenSSL does not read it; {} writes it as PKCS#8; better is a key of its own, by \
             `sarsen key generate --algorithm ed25519 -o NEW`",
            secret("sed '/-----/d' FILE | base64 -d | tail -c +162 | head -c 32")
        ),
    }
}
