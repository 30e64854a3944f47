//! What `sarsen verify-attestation`, `sarsen challenge` and `sarsen bundle` print: text for people, or JSON documents
//! described by verify-attestation-1.schema.json, challenge-1.schema.json and bundle-1.schema.json in docs/schemas.

pub mod bundle;
pub mod challenge;
pub mod verify;

use std::io::{self, Write};

use serde::Serialize;

use crate::attest::evidence::{Ignored, Why};
use crate::error::Error;
use crate::visible::visible;

/// What is said of a file that no statement names.
const BY_DIGEST: &str = " (by its digest alone: no statement names a file that is called so)";

/// Something said under a stable code.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Remark<'a> {
    /// Such as `dissent`.
    code: &'a str,
    /// Text for people.
    message: &'a str,
}

fn remarks(errors: &[Error]) -> Vec<Remark<'_>> {
    errors.iter().map(|error| Remark { code: error.code.as_str(), message: &error.message }).collect()
}

/// A line of the bundle that says nothing here.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Unused<'a> {
    /// Its number.
    line: usize,
    /// `repeated`, `unknown-key`, `role` (its key is trusted with other things), `revoked` or `other-type`.
    why: &'a str,
    /// Names of the trusted keys that signed it; where there are none, the ids that it carries, which prove nothing.
    keys: &'a [String],
}

fn unused(ignored: &[Ignored]) -> Vec<Unused<'_>> {
    ignored
        .iter()
        .map(|Ignored { line, why, keys }| Unused { line: *line, why: why.as_str(), keys })
        .collect()
}

/// How many key ids of one line are shown.
const KEYS: usize = 4;

/// A line of text for each that a reader could miss.
fn write_ignored(out: &mut dyn Write, ignored: &[Ignored]) -> io::Result<()> {
    for Ignored { line, why, keys } in ignored {
        // A line has up to 64, made up or not.
        let shown = keys.iter().take(KEYS).cloned().collect::<Vec<_>>().join(", ");
        let keys = match keys.len().saturating_sub(KEYS) {
            0 => shown,
            more => format!("{shown} and {more} more"),
        };
        let text = match why {
            Why::Repeated => "is a repetition and counts once".into(),
            Why::UnknownKey => format!("is signed by no trusted key ({keys})"),
            Why::Role => format!("is signed by {keys}, which may not sign statements about builds"),
            Why::Revoked => format!("is signed by {keys}, which is revoked"),
            Why::OtherType => format!("is signed by {keys} and is no rebuild statement"),
        };
        writeln!(out, "  line {line} {}", visible(&text))?;
    }
    Ok(())
}

/// Rows in columns; each but the last as wide as its widest cell.
fn table(out: &mut dyn Write, rows: &[Vec<String>]) -> io::Result<()> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let cells: Vec<Vec<_>> = rows.iter().map(|row| row.iter().map(|cell| visible(cell)).collect()).collect();
    let width = |at: usize| cells.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|at| width(at).unwrap_or_default()).collect();
    for row in cells {
        let line: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("  {cell:width$}")).collect();
        writeln!(out, "{}", line.concat().trim_end())?;
    }
    Ok(())
}
