//! What a text is that is no envelope, as far as it is known, and the command that makes envelopes of it.

use super::shape::Shape;
use super::text;
use crate::error::{Code, Error};

/// Where an envelope should be: that decides what helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A file of its own.
    File,
    /// A bundle of which no line is one.
    Bundle,
    /// A line of a bundle. What is done to its file must leave the other lines as they are.
    Line,
}

/// Forms that are recognised by their first bytes: the mark of UTF-8 and UTF-16 (Unicode, section 23.8), `{` and `[` in
/// UTF-16 without it, and compressed files.
const STARTS: [(&[u8], Form); 10] = [
    (b"\xef\xbb\xbf", Form::Marked),
    (b"\xff\xfe", Form::Utf16("UTF-16")),
    (b"\xfe\xff", Form::Utf16("UTF-16")),
    (b"{\0", Form::Utf16("UTF-16LE")),
    (b"[\0", Form::Utf16("UTF-16LE")),
    (b"\0{", Form::Utf16("UTF-16BE")),
    (b"\0[", Form::Utf16("UTF-16BE")),
    (b"\x1f\x8b", Form::Compressed("gzip")),
    (b"\x28\xb5\x2f\xfd", Form::Compressed("zstd")),
    (b"\xfd7zXZ\0", Form::Compressed("xz")),
];

#[derive(Clone, Debug, PartialEq, Eq)]
enum Form {
    /// UTF-8 with a byte order mark.
    Marked,
    /// UTF-16, as iconv calls it.
    Utf16(&'static str),
    /// By the program of this name.
    Compressed(&'static str),
    /// Nothing but NUL bytes.
    Nul,
    /// No text, from this position on.
    Binary(usize),
    /// An envelope over several lines.
    Pretty,
    /// An envelope, and another one after it.
    Envelopes,
    /// An envelope on one line, and a comma.
    Comma,
    /// Other JSON.
    Json(Shape),
    /// A JWS as one word (RFC 7515, section 7.1).
    Jws,
    /// JSON in base64.
    Base64,
}

fn of(text: &[u8]) -> Option<Form> {
    if let Some((_, form)) = STARTS.iter().find(|(start, _)| text.starts_with(start)) {
        return Some(form.clone());
    }
    if !text.is_empty() && text.iter().all(|byte| *byte == 0) {
        return Some(Form::Nul);
    }
    let binary = std::str::from_utf8(text).map_or_else(|error| Some(error.valid_up_to()), |_| None);
    if let Some(position) = memchr::memchr(0, text).into_iter().chain(binary).min() {
        return Some(Form::Binary(position));
    }
    let text = text.trim_ascii();
    if !text.starts_with(b"{") && !text.starts_with(b"[") {
        return word(text);
    }
    let (shape, rest) = Shape::first(text)?;
    let value = text[..text.len() - rest.len()].trim_ascii();
    match (shape, rest.first()) {
        (Shape::Envelope, None) if value.contains(&b'\n') => Some(Form::Pretty),
        (Shape::Envelope, Some(b'{')) if matches!(Shape::first(rest), Some((Shape::Envelope, _))) => {
            Some(Form::Envelopes)
        }
        (Shape::Envelope, Some(b',')) if !value.contains(&b'\n') => Some(Form::Comma),
        (Shape::Envelope | Shape::Other | Shape::StatementType, _) => None,
        (shape, _) => Some(Form::Json(shape)),
    }
}

/// What a text is that is not JSON.
fn word(text: &[u8]) -> Option<Form> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_=.".contains(byte);
    let first = text.split(u8::is_ascii_whitespace).next()?;
    let start = std::str::from_utf8(first.get(..4)?).ok()?;
    let is_json = text::decode(start).is_ok_and(|bytes| bytes.starts_with(b"{"));
    if !is_json || !text.iter().all(|byte| is_part(byte) || byte.is_ascii_whitespace()) {
        return None;
    }
    match first.split(|byte| *byte == b'.').count() {
        1 => Some(Form::Base64),
        3 => Some(Form::Jws),
        _ => None,
    }
}

impl Form {
    /// What it is, and what helps. `None` if that is not what is wrong with an envelope at this place.
    fn said(self, place: Place) -> Option<(String, String)> {
        let (what, helps): (&str, String) = match self {
            Self::Envelopes if place == Place::File => {
                ("holds several envelopes", format!("{}, which takes the first", run("jq -cn input")))
            }
            Self::Pretty | Self::Envelopes if place == Place::Bundle => {
                ("holds envelopes that are not one a line", run("jq -c ."))
            }
            Self::Pretty if place == Place::Line => ("is an envelope over several lines", run("jq -c .")),
            Self::Envelopes => ("holds several envelopes", run("jq -c .")),
            Self::Comma => ("has a comma after an envelope", run("sed 's/,[[:space:]]*$//'")),
            Self::Json(Shape::Within(path)) => {
                return Some((wrapped(&path, place), run(&format!("jq -c '{}'", filter(&path, place)))));
            }
            Self::Json(Shape::Statement) => (
                "is an in-toto statement that nobody signed",
                format!(
                    "only whoever made it can answer for it, with {}",
                    run("sarsen sign --key KEY --envelope --payload-type application/vnd.in-toto+json")
                ),
            ),
            Self::Json(Shape::FileSignature) => (
                "is a Sigstore bundle with the signature of a file and without a statement",
                "ask for the attestation, which has a member dsseEnvelope".into(),
            ),
            Self::Json(Shape::Jws) | Self::Jws => (
                "is a JWS, whose signature covers other bytes than an envelope's",
                "ask whoever signed it for an envelope".into(),
            ),
            Self::Base64 => (
                "is JSON in base64, as an envelope's payload without the signatures",
                "ask for the envelope that it was in".into(),
            ),
            Self::Marked => ("starts with the byte order mark of UTF-8", run(r"sed 's/^\xEF\xBB\xBF//'")),
            Self::Utf16(name) if place != Place::Line => {
                ("is UTF-16", run(&format!("iconv -f {name} -t UTF-8")))
            }
            Self::Compressed(program) if place != Place::Line => {
                return Some((format!("is compressed by {program}"), run(&format!("{program} -dc"))));
            }
            Self::Nul => {
                ("holds nothing but NUL bytes", "a disk has lost what was written; copy it again".into())
            }
            Self::Binary(position) => {
                let what = format!("is no text: byte {} of it is not UTF-8 or is NUL", position + 1);
                return Some((what, "name the file that holds the envelopes".into()));
            }
            _ => return None,
        };
        Some((what.into(), helps))
    }
}

/// A command that reads FILE.
fn run(command: &str) -> String {
    format!("`{command} FILE > NEW`")
}

fn wrapped(path: &str, place: Place) -> String {
    match path {
        ".[]" => "is a JSON list of envelopes".into(),
        ".dsseEnvelope" if place == Place::Bundle => "holds Sigstore bundles with envelopes in them".into(),
        ".dsseEnvelope" => "is a Sigstore bundle with an envelope in it".into(),
        ".[].dsseEnvelope" => "is a JSON list of Sigstore bundles with envelopes in them".into(),
        _ => format!("is JSON with envelopes in it, at {path}"),
    }
}

/// The filter of jq that yields the envelopes at `path`.
fn filter(path: &str, place: Place) -> String {
    match place {
        Place::File if path.contains("[]") => format!("first({path})"),
        Place::File | Place::Bundle => path.into(),
        // An envelope has members too, and `.[]` would yield those.
        Place::Line if path.starts_with(".[]") => format!("(arrays | {path}) // ."),
        Place::Line => format!("{path} // ."),
    }
}

/// What is wrong with `text` at `place`, where its form is known; messages speak of it as `name`.
pub fn known(text: &[u8], place: Place, name: &str) -> Option<Error> {
    let (what, helps) = of(text)?.said(place)?;
    let wanted = if place == Place::File { "one DSSE envelope is" } else { "DSSE envelopes are" };
    let how = if place == Place::File { "" } else { ", one a line" };
    let message = format!("{name} {what}, and {wanted} read{how}: {helps}; nothing in it is proved");
    Some(Error::new(Code::EnvelopeInvalid, message))
}

/// The same, or what an envelope's reader said: `why`.
pub fn refused(text: &[u8], place: Place, name: &str, why: &str) -> Error {
    known(text, place, name).unwrap_or_else(|| {
        let message = format!("{name} is no DSSE envelope: {why}; nothing in it is proved");
        Error::new(Code::EnvelopeInvalid, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const E: &str = r#"{"payload":"","payloadType":"","signatures":[]}"#;

    #[test]
    fn forms_are_told_apart_from_what_looks_like_them() {
        let json = |shape| Some(Form::Json(shape));
        for (text, form) in [
            (E.into(), None),
            (E.replace(',', ",\n"), Some(Form::Pretty)),
            (format!("{E}\n{E}"), Some(Form::Envelopes)),
            (format!("{E},\n"), Some(Form::Comma)),
            (E.replace(',', ",\n") + ",", None),
            (format!("{E}x"), None),
            (format!("{E}{{}}"), None),
            (format!("[{E}]\n[{E}]"), json(Shape::Within(".[]".into()))),
            (r#"{"_type":"https://in-toto.io/Statement/v1"}"#.into(), json(Shape::Statement)),
            (format!("\u{feff}{E}"), Some(Form::Marked)),
            ("\u{feff}".into(), Some(Form::Marked)),
            ("\0\0".into(), Some(Form::Nul)),
            (format!("{E}\0"), Some(Form::Binary(E.len()))),
            ("eyJhbGciOiJub25lIn0.e30.AAAA".into(), Some(Form::Jws)),
            ("eyJhbGciOiJub25lIn0.e30".into(), None),
            ("eyJhIjoxfQ==\n".into(), Some(Form::Base64)),
            ("eyJh: 1".into(), None),
            ("name.of.something".into(), None),
            ("eyJ".into(), None),
            ("{\"a\":1}".into(), None),
            (String::new(), None),
        ] {
            assert_eq!(of(text.as_bytes()), form, "{text:?}");
        }
        for (bytes, form) in [
            (b"\x1f\x8b\x08".as_slice(), Form::Compressed("gzip")),
            (b"\x28\xb5\x2f\xfd\0", Form::Compressed("zstd")),
            (b"\xfd7zXZ\0\0", Form::Compressed("xz")),
            (b"\xff\xfe{\0", Form::Utf16("UTF-16")),
            (b"\xfe\xff\0{", Form::Utf16("UTF-16")),
            (b"{\0\"\0", Form::Utf16("UTF-16LE")),
            (b"\0[\0{", Form::Utf16("UTF-16BE")),
            (b"\x7fELF\x02\x01\x01\0", Form::Binary(7)),
            (b"ab\xff", Form::Binary(2)),
        ] {
            assert_eq!(of(bytes), Some(form));
        }
    }

    #[test]
    fn what_helps_depends_on_the_place() {
        let list = format!("[{{\"dsseEnvelope\":{E}}}]");
        for (text, place, words) in [
            (&list, Place::File, "`jq -c 'first(.[].dsseEnvelope)' FILE > NEW`"),
            (&list, Place::Bundle, "`jq -c '.[].dsseEnvelope' FILE > NEW`"),
            (&list, Place::Line, "`jq -c '(arrays | .[].dsseEnvelope) // .' FILE > NEW`"),
            (&list[1..list.len() - 1].into(), Place::Line, "`jq -c '.dsseEnvelope // .' FILE > NEW`"),
            (&format!("{E}{E}"), Place::File, "`jq -cn input FILE > NEW`"),
            (&format!("{E}{E}"), Place::Line, "`jq -c . FILE > NEW`"),
            (&E.replace(',', ",\n"), Place::Bundle, "`jq -c . FILE > NEW`"),
            (&E.replace(',', ",\n"), Place::Line, "`jq -c . FILE > NEW`"),
        ] {
            let error = known(text.as_bytes(), place, "it").unwrap();
            assert!(error.message.contains(words), "{error}");
        }
        // An envelope with a wrong signature is no matter of its form, and one line is not decompressed.
        let pretty = E.replace(',', ",\n");
        for (text, place) in [(E, Place::File), (E, Place::Line), (&pretty, Place::File)] {
            assert!(known(text.as_bytes(), place, "it").is_none());
        }
        assert!(
            known(b"\x1f\x8b", Place::Line, "it").is_none()
                && known(b"\x1f\x8b", Place::File, "it").is_some()
        );
    }
}
