//! Bundles of statements: one envelope a line (in-toto/attestation, spec/v1/bundle.md). What is in one stays, dissent too.

use std::fs;
use std::io;
use std::path::Path;

use super::Expected;
use super::outputs::are_same;
use crate::envelope::Envelope;
use crate::error::{Code, Error};
use crate::input;
use crate::output;
use crate::statement::bundle::Bundle;
use crate::statement::{Rebuild, Statement, Subject};

/// Adds envelopes to the bundle at `path`, which is made if it is not there. Its lines stay as they are, byte for byte.
///
/// # Errors
/// An `input-…` code if it is there and cannot be read; `bundle-truncated` if its last line has no end, so that something of it
/// may be lost; an `output-…` code if it cannot be written.
pub fn append(path: &Path, envelopes: &[Envelope]) -> Result<(), Error> {
    let mut bytes = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        _ => input::whole(path)?,
    };
    if bytes.last().is_some_and(|&last| last != b'\n') {
        let message = format!(
            "{} does not end with an end of line: its last statement may be cut; look at it before something is added",
            path.display()
        );
        return Err(Error::new(Code::BundleTruncated, message));
    }
    for envelope in envelopes {
        bytes.extend(envelope.to_json().as_bytes());
        bytes.push(b'\n');
    }
    output::replace(path, &bytes, 0o644)
}

/// What a build should give: a folder is another output; a file is a bundle, of which the statements about the derivation
/// with this SHA-256 count that name bytes. Their signatures are not looked at: what is stated about them will be.
///
/// # Errors
/// An `input-…`, `bundle-…`, `envelope-…` or `statement-…` code if it is neither; `expected-nothing` if no statement is about that
/// derivation, `expected-several` if they are about different bytes.
pub fn expected(path: &Path, drv_sha256: &str) -> Result<Expected, Error> {
    if path.is_dir() {
        // `result` is a link; what is compared is what it leads to.
        return fs::canonicalize(path).map(Expected::Tree).map_err(|error| input::because(path, &error));
    }
    let bundle = Bundle::load(path)?;
    let mut found: Option<Vec<Subject>> = None;
    for line in bundle.lines() {
        let name = bundle.place(line.number);
        let envelope = bundle.envelope(&line)?;
        let statement = match Statement::<Rebuild>::parse(&envelope.payload, &name) {
            Err(error) if error.code == Code::StatementOther => continue,
            statement => statement?,
        };
        let is_about = statement.predicate.recipe.drv_digest.get("sha256").is_some_and(|is| is == drv_sha256);
        if !is_about || !statement.predicate.verdict.result.has_output() {
            continue;
        }
        match &found {
            Some(other) if !are_same(other, &statement.subject) => {
                let message = format!(
                    "{name} is about other bytes than a line before it: which to expect is not known"
                );
                return Err(Error::new(Code::ExpectedSeveral, message));
            }
            _ => found = Some(statement.subject),
        }
    }
    found.map(Expected::Subjects).ok_or_else(|| {
        let message = format!(
            "no line of {} names the bytes of this derivation: nothing can be expected",
            path.display()
        );
        Error::new(Code::ExpectedNothing, message)
    })
}
