//! Bundles of statements: one envelope a line (in-toto/attestation, spec/v1/bundle.md). What is in one stays, dissent too.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use super::Expected;
use super::outputs::are_same;
use crate::attest::testimony::{self, Testimony};
use crate::attest::trust::Trust;
use crate::envelope::Envelope;
use crate::error::{Code, Error};
use crate::input;
use crate::output;
use crate::statement::bundle::Bundle;
use crate::statement::{Size, Subject};

/// Adds envelopes to the bundle at `path`, which is made if it is not there. Its lines stay as they are, byte for byte.
///
/// # Errors
/// Those of [`written`]; an `output-…` code if it cannot be written.
pub fn append(path: &Path, envelopes: &[Envelope]) -> Result<(), Error> {
    let mut bytes = written(path)?;
    for envelope in envelopes {
        bytes.extend(envelope.to_json().as_bytes());
        bytes.push(b'\n');
    }
    output::replace(path, &bytes, 0o644)
}

/// What is in the bundle at `path`, if something can be added to it; nothing if it is not there.
///
/// # Errors
/// An `input-…` code if it cannot be read; `envelope-invalid` if it is no bundle; `bundle-truncated` if its last line has no
/// end, so that something of it may be lost.
pub fn written(path: &Path) -> Result<Vec<u8>, Error> {
    let bytes = match fs::symlink_metadata(path) {
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
    if let Some(line) = bytes.split(|byte| *byte == b'\n').find(|line| !line.trim_ascii().is_empty()) {
        Envelope::parse(line, &format!("the first line of {}", path.display()))?;
    }
    Ok(bytes)
}

/// What a build should give: a folder is an output; a file is a bundle, of which the statements about the derivation with
/// this SHA-256 count that name bytes and that a rebuilder of the trust store has signed. Whoever could put a line there
/// would otherwise make this builder sign dissent.
///
/// # Errors
/// An `input-…` or `bundle-…` code if it is neither; `expected-nothing` if no statement that is believed is about that
/// derivation, and `expected-several` if they are about different bytes; what else is wrong with the bundle if nothing in
/// it can be used.
pub fn expected(path: &Path, drv_sha256: &str, trust: Option<&Trust>) -> Result<Expected, Error> {
    if path.is_dir() {
        // `result` is a link; what is compared is what it leads to.
        return fs::canonicalize(path).map(Expected::Tree).map_err(|error| input::because(path, &error));
    }
    let bundle = Bundle::load(path)?;
    let nothing = |why: &str| Error::new(Code::ExpectedNothing, format!("{}: {why}", path.display()));
    let Some(trust) = trust else {
        return Err(nothing(
            "statements are believed by their keys: name a trust store with --trust; an output that is a file itself \
             cannot be expected by itself, since every file is read as a bundle",
        ));
    };
    let evidence = testimony::read(&bundle, trust);
    let mut found: Option<Vec<Subject>> = None;
    let about = |t: &&Testimony| t.drv == drv_sha256 && t.result.has_output();
    for testimony in evidence.testimonies.iter().filter(about) {
        let subjects = subjects_of(testimony);
        match &found {
            Some(other) if !are_same(other, &subjects) => {
                let message = format!(
                    "{} is about other bytes than a line before it: which to expect is not known",
                    bundle.place(testimony.line)
                );
                return Err(Error::new(Code::ExpectedSeveral, message));
            }
            _ => found = Some(subjects),
        }
    }
    let problem = || evidence.problems.into_iter().next();
    found.map(Expected::Subjects).ok_or_else(|| {
        problem().unwrap_or_else(|| {
            nothing(
                "no line that a rebuilder of the trust store has signed names the bytes of this derivation",
            )
        })
    })
}

fn subjects_of(testimony: &Testimony) -> Vec<Subject> {
    let subject = |(name, digest): (&String, &BTreeMap<String, String>)| Subject {
        name: name.clone(),
        digest: digest.clone(),
        annotations: testimony.sizes.get(name).map(|&size| Size { size }),
    };
    testimony.outputs.iter().map(subject).collect()
}
