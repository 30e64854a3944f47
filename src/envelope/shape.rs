//! What a JSON value is, as far as somebody could have taken it for an envelope. Its text is looked through once, and
//! nothing of it is kept.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::json::Name;

/// How the type of a statement begins (in-toto/attestation, spec/v1/statement.md).
const STATEMENT: &str = "https://in-toto.io/Statement/";

/// The longest filter that is worth naming, in bytes.
const FILTER: usize = 120;

/// A kind of JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// It has the members of an envelope, of whatever types.
    Envelope,
    /// It has envelopes in it, and this filter of jq yields them. `.dsseEnvelope` is that of a Sigstore bundle
    /// (sigstore/protobuf-specs, sigstore_bundle.proto).
    Within(String),
    /// A statement of in-toto, or a list of them, without a signature.
    Statement,
    /// A Sigstore bundle with the signature of a file in place of an envelope, or a list of them.
    FileSignature,
    /// A JWS in JSON (RFC 7515, section 7.2), or a list of them.
    Jws,
    /// A text that begins as the type of a statement.
    StatementType,
    /// Anything else.
    Other,
}

impl Shape {
    /// That of the JSON value at the start of `text`, and the text behind it. `None` where no value is or ends.
    pub fn first(text: &[u8]) -> Option<(Self, &[u8])> {
        let mut values = serde_json::Deserializer::from_slice(text).into_iter::<Self>();
        let shape = match values.next()?.ok()? {
            Self::Within(path) if path.starts_with('[') => Self::Within(format!(".{path}")),
            shape => shape,
        };
        Some((shape, text[values.byte_offset()..].trim_ascii()))
    }

    /// That of `text`, if it is one JSON value.
    pub fn only(text: &[u8]) -> Option<Self> {
        Self::first(text).filter(|(_, rest)| rest.is_empty()).map(|(shape, _)| shape)
    }

    /// What is around a value of this shape, if it has envelopes in it.
    fn around(self, step: &str) -> Option<Self> {
        let path = match self {
            Self::Envelope => step.to_owned(),
            Self::Within(path) => format!("{step}{path}"),
            _ => return None,
        };
        (path.len() <= FILTER).then_some(Self::Within(path))
    }
}

/// Whether jq reads `.name`, and a shell nothing else in it.
fn is_plain(name: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    name.bytes().all(is_word) && !name.starts_with(|first: char| first.is_ascii_digit()) && !name.is_empty()
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Look)
    }
}

struct Look;

impl<'de> Visitor<'de> for Look {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Shape, E> {
        Ok(Shape::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Shape, E> {
        Ok(Shape::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Shape, E> {
        Ok(Shape::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Shape, E> {
        Ok(Shape::Other)
    }

    fn visit_unit<E>(self) -> Result<Shape, E> {
        Ok(Shape::Other)
    }

    fn visit_str<E>(self, text: &str) -> Result<Shape, E> {
        Ok(if text.starts_with(STATEMENT) { Shape::StatementType } else { Shape::Other })
    }

    /// One filter is named for all items: the first envelope decides, or else the first that is known.
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Shape, A::Error> {
        let (mut within, mut known) = (None, Shape::Other);
        while let Some(item) = items.next_element::<Shape>()? {
            match item {
                Shape::Statement | Shape::FileSignature | Shape::Jws if known == Shape::Other => known = item,
                item if within.is_none() => within = item.around("[]"),
                _ => {}
            }
        }
        Ok(within.unwrap_or(known))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Shape, A::Error> {
        let (mut payload, mut payload_type, mut signatures, mut signature) = (false, false, false, false);
        let (mut header, mut jws, mut statement, mut file) = (false, false, false, false);
        let mut within = None;
        while let Some(Name(name)) = members.next_key()? {
            let shape = members.next_value::<Shape>()?;
            match name.as_ref() {
                "payload" => payload = true,
                "payloadType" => payload_type = true,
                "signatures" => (signatures, jws) = (true, shape == Shape::Jws),
                "signature" => signature = true,
                "protected" | "header" => header = true,
                "messageSignature" => file = true,
                "_type" => statement = shape == Shape::StatementType,
                name if within.is_none() && is_plain(name) => within = shape.around(&format!(".{name}")),
                _ => {}
            }
        }
        Ok(match within {
            _ if payload && payload_type && signatures => Shape::Envelope,
            Some(within) => within,
            None if statement => Shape::Statement,
            None if file => Shape::FileSignature,
            None if header && signature || payload && jws => Shape::Jws,
            None => Shape::Other,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn envelopes_are_found_where_they_are() {
        const E: &str = r#"{"payload":"","payloadType":"","signatures":[]}"#;
        let within = |path: &str| Shape::Within(path.into());
        let deep = |depth| format!("{}{E}{}", "[".repeat(depth), "]".repeat(depth));
        for (text, shape) in [
            (E.into(), Shape::Envelope),
            (format!("[{E}]"), within(".[]")),
            (format!("[1,[],{E}]"), within(".[]")),
            (format!(r#"{{"mediaType":"m","dsseEnvelope":{E}}}"#), within(".dsseEnvelope")),
            (format!(r#"[{{"dsseEnvelope":{E}}},{E}]"#), within(".[].dsseEnvelope")),
            (
                format!(r#"{{"attestations":[{{"bundle":{{"dsseEnvelope":{E}}}}}]}}"#),
                within(".attestations[].bundle.dsseEnvelope"),
            ),
            // Neither jq nor a shell is told what somebody else wrote there.
            (format!(r#"{{"' ; true '":{E}}}"#), Shape::Other),
            (format!(r#"{{"":{E},"1a":{E}}}"#), Shape::Other),
            (deep(60), within(&format!(".{}", "[]".repeat(60)))),
            (deep(61), Shape::Other),
            (r#"{"_type":"https://in-toto.io/Statement/v1"}"#.into(), Shape::Statement),
            (r#"[{"_type":"https://in-toto.io/Statement/v0.1"}]"#.into(), Shape::Statement),
            (r#"{"_type":"layout"}"#.into(), Shape::Other),
            (r#"{"mediaType":"m","messageSignature":{"signature":""}}"#.into(), Shape::FileSignature),
            (r#"{"payload":"","protected":"","signature":""}"#.into(), Shape::Jws),
            (r#"{"payload":"","signatures":[{"protected":"","signature":""}]}"#.into(), Shape::Jws),
            (r#"{"payload":"","signatures":[{"sig":""}]}"#.into(), Shape::Other),
            ("[true,null,-1,1,1.5,\"x\"]".into(), Shape::Other),
        ] {
            assert_eq!(Shape::only(text.as_bytes()), Some(shape), "{text}");
        }
        for text in ["", "{", "[1", "{}{}", "{},", "x", "[\"\\ud800\"]"] {
            assert_eq!(Shape::only(text.as_bytes()), None, "{text}");
        }
        assert_eq!(Shape::only(&vec![b'['; 1 << 24]), None);
        assert_eq!(Shape::first(b" {} \n , {}"), Some((Shape::Other, b", {}".as_slice())));
    }
}
