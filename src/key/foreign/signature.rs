//! Signatures in another form than the one that is asked for.

use base64ct::{Base64, Encoding};

use crate::digest::unhex;
use crate::key::{Algorithm, signature};

/// The most bytes of a signature's text: of more nothing is said.
const LIMIT: usize = 16 << 10;

/// The forms of signatures.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Of SM2.
    Der,
    /// Of SM2 with `--raw`, or of Ed25519.
    Raw,
}

impl Form {
    fn of(bytes: &[u8]) -> Option<Self> {
        match bytes.len() {
            _ if signature::from_der(bytes).is_ok() => Some(Form::Der),
            64 => Some(Form::Raw),
            _ => None,
        }
    }

    /// What is to be done with bytes in this form, if anything.
    fn next(self, algorithm: Algorithm, is_raw: bool) -> Option<&'static str> {
        match (algorithm, self) {
            (Algorithm::Sm2, Form::Raw) if !is_raw => {
                Some("64 bytes are r and s if SM2 signed: give --raw (if Ed25519 signed, give that key)")
            }
            (Algorithm::Sm2, Form::Der) if is_raw => Some("this is DER: leave --raw out"),
            (Algorithm::Ed25519, Form::Der) => {
                Some("this is a signature of SM2, and the key is of Ed25519: give the key that signed")
            }
            _ => None,
        }
    }
}

/// What `bytes` are that are no signature for a key of `algorithm`, with `--raw` or without, and what to do. In commands
/// SIG stands for their file and NEW for what is made of it. None if nothing is known about them.
pub fn advice(algorithm: Algorithm, is_raw: bool, bytes: &[u8]) -> Option<String> {
    if bytes.is_empty() {
        return Some("the file is empty: did the program that signed fail?".into());
    }
    if bytes.len() > LIMIT {
        return None;
    }
    if let Some(form) = Form::of(bytes) {
        return form.next(algorithm, is_raw).map(str::to_owned);
    }
    let then =
        |form: Form| form.next(algorithm, is_raw).map(|next| format!("; then {next}")).unwrap_or_default();
    // A signature may itself end in the byte of a line break.
    let ends = [&b"\n"[..], b"\r\n"];
    let mut plain = ends.iter().filter_map(|end| bytes.strip_suffix(*end));
    if let Some((plain, form)) = plain.find_map(|plain| Some((plain, Form::of(plain)?))) {
        let length = plain.len();
        return Some(format!(
            "a line break follows it: `head -c {length} SIG > NEW` leaves it out{}",
            then(form)
        ));
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let (what, command, decoded) = if let Some(label) = label(text) {
        if label.starts_with("PGP") || label.starts_with("SSH") {
            return Some(format!(
                "it is marked {label}, and covers other bytes than the file's: its own program verifies it"
            ));
        }
        let body: String = text.lines().filter(|line| !line.contains("-----")).map(str::trim).collect();
        ("PEM", "sed '/-----/d' SIG | base64 -d > NEW", Base64::decode_vec(&body).ok())
    } else if text.trim_start().starts_with('{') {
        return Some(
            "it is JSON: if it is an envelope, give --envelope instead of --signature and FILE".into(),
        );
    } else {
        let body: String = text.split_ascii_whitespace().collect();
        match unhex(&body.to_ascii_lowercase()) {
            Some(decoded) => ("hexadecimal", "xxd -r -p SIG NEW", Some(decoded)),
            None => ("base64", "base64 -d SIG > NEW", Base64::decode_vec(&body).ok()),
        }
    };
    let form = Form::of(&decoded?)?;
    Some(format!("it is {what}: `{command}` decodes it{}", then(form)))
}

/// The label of the block in `text`.
fn label(text: &str) -> Option<&str> {
    text.lines().find_map(|line| line.trim().strip_prefix("-----BEGIN ")?.strip_suffix("-----"))
}

#[cfg(test)]
mod tests {
    use super::advice;
    use crate::key::{Algorithm, signature};

    #[test]
    fn a_signature_may_end_in_the_byte_of_a_line_break() {
        for last in [b'\r', b'\n', b'x'] {
            let mut raw = [0x11; 64];
            raw[63] = last;
            let der = signature::to_der(&raw);
            for (signature, is_raw) in [(&der[..], false), (&raw[..], true)] {
                for end in ["\n", "\r\n"] {
                    let bytes = [signature, end.as_bytes()].concat();
                    let said = advice(Algorithm::Sm2, is_raw, &bytes).unwrap_or_default();
                    assert!(
                        said.contains(&format!("`head -c {} SIG > NEW`", signature.len())),
                        "{last}: {said}"
                    );
                }
            }
        }
    }
}
