//! What `sarsen verify` prints: lines, or one JSON document described by docs/schemas/verify-1.schema.json.

use std::io::{self, Write};

use serde::Serialize;

use crate::key::PublicKey;
use crate::visible::visible;

/// The version that documents carry. Fields may be added to it; none is removed or changes its meaning.
pub const SCHEMA: &str = "sarsen.verify/1";

/// Which keys have signed a file or an envelope.
pub struct Verdict {
    /// What was verified.
    pub file: String,
    /// How an envelope says its payload is to be read; none for a file with a signature beside it.
    pub payload_type: Option<String>,
    /// How many keys must have signed.
    pub threshold: usize,
    /// Each key once, and whether it has.
    pub keys: Vec<(PublicKey, bool)>,
}

impl Verdict {
    fn count(&self) -> usize {
        self.keys.iter().filter(|(_, signed)| *signed).count()
    }
}

/// The result of `sarsen verify`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
struct Document<'a> {
    /// `sarsen.verify/1`
    schema: &'a str,
    /// The path of the file or envelope; bytes that are not UTF-8 are replaced.
    file: &'a str,
    /// The type that an envelope gives its payload; null for a file. Nothing vouches for it unless `verified`.
    payload_type: Option<&'a str>,
    /// How many keys must have signed.
    threshold: usize,
    /// Whether so many have.
    verified: bool,
    /// Each key that was given, once.
    keys: Vec<Key<'a>>,
}

/// One key.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Key<'a> {
    /// `ed25519` or `sm2`.
    algorithm: &'a str,
    /// What SM2 signatures cover besides the message; null for Ed25519.
    identity: Option<&'a str>,
    /// `sha256:` and the SHA-256 of its SubjectPublicKeyInfo.
    id: String,
    /// Whether it has signed.
    signed: bool,
}

/// Writes a line for each key, and whether they are enough.
///
/// # Errors
/// Those of `out`.
pub fn human(out: &mut dyn Write, verdict: &Verdict) -> io::Result<()> {
    for (key, signed) in &verdict.keys {
        let said = if *signed { "signed" } else { "not signed" };
        write!(out, "{}: {said} by {} {}", visible(&verdict.file), key.algorithm(), key.id())?;
        match key.identity() {
            Some(identity) => writeln!(out, " as {}", visible(identity))?,
            None => writeln!(out)?,
        }
    }
    if let Some(payload_type) = &verdict.payload_type {
        let (count, threshold) = (verdict.count(), verdict.threshold);
        let verified = if count >= threshold { "verified" } else { "NOT verified" };
        let (file, payload_type) = (visible(&verdict.file), visible(payload_type));
        writeln!(out, "{file}: {verified}, {count} of {threshold} keys, {payload_type}")?;
    }
    Ok(())
}

/// Writes the same as one JSON document.
///
/// # Errors
/// Those of `out`.
pub fn json(out: &mut dyn Write, verdict: &Verdict) -> io::Result<()> {
    let document = Document {
        schema: SCHEMA,
        file: &verdict.file,
        payload_type: verdict.payload_type.as_deref(),
        threshold: verdict.threshold,
        verified: verdict.count() >= verdict.threshold,
        keys: verdict
            .keys
            .iter()
            .map(|(key, signed)| Key {
                algorithm: key.algorithm().as_str(),
                identity: key.identity(),
                id: key.id(),
                signed: *signed,
            })
            .collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

#[cfg(test)]
mod tests {
    /// `SARSEN_REGENERATE=1 cargo test` rewrites the file.
    #[test]
    fn the_schema_file_is_the_types() {
        crate::schema::compare::<super::Document>("verify-1");
    }
}
