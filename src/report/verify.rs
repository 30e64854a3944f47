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
    /// How it should say that, if that was asked for.
    pub wanted_type: Option<String>,
    /// How many keys must have signed.
    pub threshold: usize,
    /// Each key once, and whether it has.
    pub keys: Vec<(PublicKey, bool)>,
}

impl Verdict {
    /// Whether enough keys have signed what was asked for.
    pub fn is_verified(&self) -> bool {
        self.missed_type().is_none() && self.count() >= self.threshold
    }

    /// The type that was asked for, if there is another one.
    pub fn missed_type(&self) -> Option<&str> {
        self.wanted_type.as_deref().filter(|wanted| Some(*wanted) != self.payload_type.as_deref())
    }

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
    /// The type that was asked for; null if none was.
    wanted_type: Option<&'a str>,
    /// How many keys must have signed.
    threshold: usize,
    /// Whether so many have, and the type is the one asked for.
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

/// Writes a line for each key, and whether they are enough. Of a signature beside its file that does not fit an error says
/// more.
///
/// # Errors
/// Those of `out`.
pub fn human(out: &mut dyn Write, verdict: &Verdict) -> io::Result<()> {
    if verdict.payload_type.is_none() && !verdict.is_verified() {
        return Ok(());
    }
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
        let verified = if verdict.is_verified() { "verified" } else { "NOT verified" };
        let (file, payload_type) = (visible(&verdict.file), visible(payload_type));
        write!(out, "{file}: {verified}, {count} of {} keys, ", verdict.keys.len())?;
        if threshold < verdict.keys.len() {
            write!(out, "{threshold} needed, ")?;
        }
        match verdict.missed_type() {
            Some(wanted) => writeln!(out, "{payload_type} instead of {}", visible(wanted))?,
            None => writeln!(out, "{payload_type}")?,
        }
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
        wanted_type: verdict.wanted_type.as_deref(),
        threshold: verdict.threshold,
        verified: verdict.is_verified(),
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
