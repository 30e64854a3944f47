//! What `sarsen slim` prints: one line, or one JSON document described by docs/schemas/slim-1.schema.json.

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use crate::slim::Slimmed;

/// The version that documents carry. Fields may be added to it; none is removed or changes its meaning.
pub const SCHEMA: &str = "sarsen.slim/1";

/// The result of `sarsen slim`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
struct Document<'a> {
    /// `sarsen.slim/1`
    schema: &'a str,
    /// The path of the file as given; bytes that are not UTF-8 are replaced.
    input: String,
    /// The path of the smaller file.
    output: String,
    /// The size of the file in bytes.
    before: u64,
    /// The size of the smaller file in bytes.
    after: u64,
    /// What the difference was: the sizes add up to it.
    removed: Vec<Kind<'a>>,
    /// Names of the entries that were taken out of the dynamic table.
    dynamic_entries: &'a [&'static str],
    /// Names of sections that stayed though nothing loads them.
    kept: &'a [String],
}

/// Bytes of one kind.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Kind<'a> {
    /// `symbols`, `debug`, `comments`, `other` (sections that nothing loads), `section-headers`, `zeros` (at the end of
    /// the last segment), `payload` (what `--drop-appended` drops), or `padding` (unused bytes between and behind).
    kind: &'a str,
    /// How many bytes less; padding may be negative.
    bytes: i64,
}

/// Writes what was removed from `input`, of `before` bytes, as one line.
///
/// # Errors
/// Those of `out`.
pub fn human(out: &mut dyn Write, input: &Path, before: u64, slimmed: &Slimmed) -> io::Result<()> {
    let after = slimmed.bytes.len() as u64;
    // In tenths of a percent, without floating point.
    let tenths = (before.saturating_sub(after) * 1000).checked_div(before).unwrap_or(0);
    write!(out, "{}: {before} to {after} bytes, {}.{}% less", input.display(), tenths / 10, tenths % 10)?;
    let mut parts: Vec<String> = slimmed
        .removed
        .kinds()
        .iter()
        .filter(|(_, bytes)| *bytes != 0)
        .map(|(kind, bytes)| format!("{kind} {bytes}"))
        .collect();
    parts.extend(slimmed.removed.dynamic_entries.iter().map(|name| format!("entry {name}")));
    if parts.is_empty() {
        parts.push("nothing".into());
    }
    write!(out, "; removed: {}", parts.join(", "))?;
    if !slimmed.kept.is_empty() {
        write!(out, "; kept though nothing loads it: {}", slimmed.kept.join(", "))?;
    }
    writeln!(out)
}

/// Writes the same as one JSON document.
///
/// # Errors
/// Those of `out`.
pub fn json(
    out: &mut dyn Write,
    input: &Path,
    output: &Path,
    before: u64,
    slimmed: &Slimmed,
) -> io::Result<()> {
    let document = Document {
        schema: SCHEMA,
        input: input.display().to_string(),
        output: output.display().to_string(),
        before,
        after: slimmed.bytes.len() as u64,
        removed: slimmed.removed.kinds().into_iter().map(|(kind, bytes)| Kind { kind, bytes }).collect(),
        dynamic_entries: &slimmed.removed.dynamic_entries,
        kept: &slimmed.kept,
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

#[cfg(test)]
mod tests {
    /// `SARSEN_REGENERATE=1 cargo test` rewrites the file.
    #[test]
    fn the_schema_file_is_the_types() {
        crate::schema::compare::<super::Document>("slim-1");
    }
}
