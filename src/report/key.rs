//! What `sarsen key show` prints: lines, or one JSON document described by docs/schemas/key-1.schema.json.

use std::io::{self, Write};

use serde::Serialize;

use crate::digest::hex;
use crate::key::{Algorithm, Description};
use crate::visible::visible;

/// The version that documents carry. Fields may be added to it; none is removed or changes its meaning.
pub const SCHEMA: &str = "sarsen.key/1";

/// The result of `sarsen key show`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Document<'a> {
    /// `sarsen.key/1`
    schema: &'a str,
    /// `private` or `public`: what the file holds.
    kind: &'a str,
    /// `ed25519` or `sm2`.
    algorithm: &'a str,
    /// What SM2 signatures cover besides the message; null for Ed25519, and for an SM2 key without an identity.
    identity: Option<&'a str>,
    /// `sha256:` and the SHA-256 of the SubjectPublicKeyInfo: the `keyid` that envelopes get.
    id: &'a str,
    /// The public key in hexadecimal: 32 bytes of Ed25519, 65 of SM2 (04 x y).
    public: String,
}

impl<'a> Document<'a> {
    fn of(key: &'a Description) -> Self {
        Self {
            schema: SCHEMA,
            kind: if key.is_private { "private" } else { "public" },
            algorithm: key.algorithm.as_str(),
            identity: key.identity.as_deref(),
            id: &key.id,
            public: hex(&key.public),
        }
    }
}

/// Writes what `key` is, a line each.
///
/// # Errors
/// Those of `out`.
pub fn human(out: &mut dyn Write, key: &Description) -> io::Result<()> {
    let Document { kind, algorithm, identity, id, public, .. } = Document::of(key);
    writeln!(out, "kind: {kind}\nalgorithm: {algorithm}")?;
    if key.algorithm == Algorithm::Sm2 {
        writeln!(out, "identity: {}", identity.map_or("none".into(), visible))?;
    }
    writeln!(out, "id: {id}\npublic: {public}")
}

/// Writes the same as one JSON document.
///
/// # Errors
/// Those of `out`.
pub fn json(out: &mut dyn Write, key: &Description) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &Document::of(key))?;
    writeln!(out)
}

#[cfg(test)]
mod tests {
    /// `SARSEN_REGENERATE=1 cargo test` rewrites the file.
    #[test]
    fn the_schema_file_is_the_types() {
        crate::schema::compare::<super::Document>("key-1");
    }
}
