//! Files without a block of PEM.

use base64ct::{Base64, Encoding};
use serde::Deserialize;
use serde::de::IgnoredAny;
use zeroize::Zeroizing;

use super::der::raw;
use super::{NEW_KEY, PUBLIC, public, secret};

/// What the bytes are that are no plain text, and what to do.
pub fn bytes(bytes: &[u8]) -> Option<String> {
    // umask: what is in it may be private.
    let utf16 = |name: &str| {
        let command = format!("(umask 077; iconv -f {name} -t UTF-8 FILE > NEW)");
        Some(format!("it is UTF-16: `{command}` writes it as UTF-8"))
    };
    match bytes {
        [0xef, 0xbb, 0xbf, ..] => Some(
            "it begins with a byte order mark (EF BB BF): `(umask 077; tail -c +4 FILE > NEW)` takes it out"
                .into(),
        ),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => utf16("UTF-16"),
        [b'-', 0, ..] => utf16("UTF-16LE"),
        [0, b'-', ..] => utf16("UTF-16BE"),
        [0x30, ..] => {
            raw(bytes, |command| format!("{command} -in FILE")).map(|what| format!("it is DER of {what}"))
        }
        _ => None,
    }
}

/// A key as JSON (RFC 7517); nothing of it that is private is kept.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    crv: Option<String>,
    d: Option<IgnoredAny>,
}

/// What the text is that has no line BEGIN, and what to do.
pub fn words(text: &str) -> Option<String> {
    if let Ok(jwk) = serde_json::from_str::<Jwk>(text) {
        return Some(format!("it is a JSON Web Key: {}", json(&jwk)));
    }
    if let Some(line) = text.lines().find(|line| line.trim_start().starts_with("-----BEGIN ")) {
        let label = line.trim_start();
        return Some(format!(
            "spaces stand before {label:?}: `(umask 077; sed 's/^[[:space:]]*//' FILE > NEW)` takes them out"
        ));
    }
    if text.contains("---- BEGIN SSH2 PUBLIC KEY ----") {
        return Some(ssh("a public key of SSH (RFC 4716)", text, "ssh-keygen -i -f FILE"));
    }
    if text.starts_with("PuTTY-User-Key-File-") {
        return Some(format!("it is a private key of PuTTY: {NEW_KEY}"));
    }
    if text.split_whitespace().any(|word| word.starts_with("AAAA")) {
        return Some(ssh("a public key of SSH", text, "cat FILE"));
    }
    let body = Zeroizing::new(text.split_whitespace().collect::<String>());
    let bytes = Zeroizing::new(Base64::decode_vec(&body).ok()?);
    raw(&bytes, |command| format!("base64 -d FILE | {command}"))
        .map(|what| format!("it is base64, without the lines BEGIN and END, of {what}"))
}

/// `print` prints the key as a word of base64, which begins with the length and the name of its type.
fn ssh(what: &str, text: &str, print: &str) -> String {
    let rest = format!("{print} | grep -o 'AAAA[A-Za-z0-9+/=]*' | base64 -d | tail -c 32");
    match text.split_whitespace().find(|word| word.starts_with("AAAA")) {
        Some(word) if word.starts_with("AAAAC3NzaC1lZDI1NTE5") => {
            format!("it is {what}: {} writes it", public(PUBLIC, &rest))
        }
        _ => format!("it is {what}, and not of Ed25519: {NEW_KEY}"),
    }
}

fn json(Jwk { kty, crv, d }: &Jwk) -> String {
    if (kty.as_str(), crv.as_deref()) != ("OKP", Some("Ed25519")) {
        return format!("it is of {}: {NEW_KEY}", crv.as_ref().unwrap_or(kty).escape_debug());
    }
    let field = |name: &str| format!("jq -r .{name} FILE | tr -- '-_' '+/' | sed 's/$/=/' | base64 -d");
    let command = if d.is_some() { secret(&field("d")) } else { public(PUBLIC, &field("x")) };
    format!("{command} writes it")
}
