//! Bundles of statements: one envelope a line (in-toto/attestation, spec/v1/bundle.md). What is in one stays, dissent too.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};

use super::Expected;
use super::outputs::by_name;
use crate::attest::evidence;
use crate::attest::testimony::Testimony;
use crate::attest::trust::Trust;
use crate::envelope::Envelope;
use crate::error::{Code, Error};
use crate::input;
use crate::output;
use crate::statement::agreement::agree;
use crate::statement::bundle::Bundle;
use crate::statement::{Size, Subject};

/// Adds envelopes to the bundle at `path`, which is made if it is not there. Its lines stay as they are, byte for byte, and
/// those that others add at the same time too: whoever adds holds the lock of its folder (flock(2)). A link is followed.
///
/// # Errors
/// Those of [`written`]; an `output-…` code if it cannot be written.
fn append(path: &Path, envelopes: &[Envelope]) -> Result<(), Error> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = output::folder(&path);
    // Replacing a file gives it another inode, so that a lock of the file itself would be one of what was there before.
    let lock = File::open(folder).and_then(|folder| {
        flock(&folder, FlockOperation::LockExclusive)?;
        Ok(folder)
    });
    let _lock = lock.map_err(|error| {
        let message = format!(
            "{} cannot be written: its folder {} cannot be locked ({error}), and without that a line that somebody else adds \
             could be lost",
            path.display(),
            folder.display()
        );
        Error::new(Code::OutputFailed, message)
    })?;
    let mut bytes = written(&path)?;
    bytes.extend(lines(envelopes));
    output::replace(&path, &bytes, 0o644)
}

/// The same, and what cannot be added is kept: in a file beside the bundle that is named by the run, else in the folder for
/// temporary files, else in the message.
///
/// # Errors
/// `output-failed`, which says where the lines are.
pub fn add(path: &Path, envelopes: &[Envelope], run: &str) -> Result<(), Error> {
    append(path, envelopes).map_err(|error| {
        let place = kept(path, &lines(envelopes), run, "jsonl");
        let message =
            format!("{}; what was signed is kept, add its lines to the bundle: {place}", error.message);
        Error::new(Code::OutputFailed, message)
    })
}

/// `error`, why a statement could not be signed, and where it is kept without a signature, as [`add`] keeps.
pub fn unsigned(path: &Path, payload: &[u8], run: &str, error: &Error) -> Error {
    let place = kept(path, payload, run, "unsigned.json");
    Error::new(error.code, format!("{}; the statement is kept without a signature: {place}", error.message))
}

/// Where these bytes are kept; they themselves, if that is nowhere.
fn kept(path: &Path, bytes: &[u8], run: &str, ending: &str) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let name = format!("{}.{run}.{ending}", name.trim_end_matches(".jsonl"));
    let places = [path.with_file_name(&name), std::env::temp_dir().join(&name)];
    let kept = places.into_iter().find(|place| output::create(place, bytes, 0o644).is_ok());
    kept.map_or_else(|| String::from_utf8_lossy(bytes).into_owned(), |place| place.display().to_string())
}

fn lines(envelopes: &[Envelope]) -> Vec<u8> {
    envelopes.iter().flat_map(|envelope| (envelope.to_json() + "\n").into_bytes()).collect()
}

/// What is in the bundle at `path`, if something can be added to it; nothing if it is not there.
///
/// # Errors
/// An `input-…` code if it cannot be read; `envelope-invalid` if it is no bundle; `bundle-too-large` if it could not be read
/// again; `bundle-truncated` if its last line has no
/// end, so that something of it may be lost.
pub fn written(path: &Path) -> Result<Vec<u8>, Error> {
    if path.as_os_str().as_encoded_bytes().ends_with(b"/") {
        let message = format!("the output {} is a directory: name the file to write in it", path.display());
        return Err(Error::new(Code::OutputDirectory, message));
    }
    let bytes = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if !output::folder(path).is_dir() {
                return Err(output::no_directory(path));
            }
            Vec::new()
        }
        // Another run may have put a longer one there meanwhile.
        _ => input::whole(path).or_else(|error| match error.code {
            Code::InputChanged => input::whole(path),
            _ => Err(error),
        })?,
    };
    if bytes.last().is_some_and(|&last| last != b'\n') {
        let message = format!(
            "{} does not end with an end of line: its last statement may be cut; look at it before something is added",
            path.display()
        );
        return Err(Error::new(Code::BundleTruncated, message));
    }
    let bundle = Bundle::new(bytes, &path.display().to_string())?;
    if let Some(line) = bundle.lines().next() {
        bundle.envelope(&line)?;
    }
    Ok(bundle.into_bytes())
}

/// What a build should give: a folder is an output; a file is a bundle, of which the statements about the derivation with
/// this SHA-256 count that name bytes and that a rebuilder of the trust store has signed. Whoever could put a line there
/// would otherwise make this builder sign dissent. What the keys with the ids `own` alone have signed is left out: it would be
/// compared with itself.
///
/// # Errors
/// An `input-…` or `bundle-…` code if it is neither; `expected-nothing` if no statement that is believed is about that
/// derivation, and `expected-several` if they are about different bytes; what else is wrong with the bundle if nothing in
/// it can be used.
pub fn expected(
    path: &Path,
    drv_sha256: &str,
    trust: Option<&Trust>,
    own: &[String],
) -> Result<Expected, Error> {
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
    let evidence = evidence::read(&bundle, trust);
    // All of what they state: one may name an output that another leaves out.
    let mut found: BTreeMap<String, Subject> = BTreeMap::new();
    let is_own = |t: &Testimony| t.signers.iter().all(|&signer| own.contains(&trust.keys()[signer].id));
    let about = |t: &&Testimony| t.drv == drv_sha256 && t.result.has_output() && !is_own(t);
    for testimony in evidence.testimonies.iter().filter(about) {
        let subjects = subjects_of(testimony);
        let known: Vec<Subject> = found.values().cloned().collect();
        if !known.is_empty() && !agree(&by_name(&known), &by_name(&subjects)) {
            let message = format!(
                "{} is about other bytes than a line before it: which to expect is not known",
                bundle.place(testimony.line)
            );
            return Err(Error::new(Code::ExpectedSeveral, message));
        }
        for subject in subjects {
            let known = found.entry(subject.name.clone()).or_insert_with(|| subject.clone());
            known.digest.extend(subject.digest);
        }
    }
    let found = (!found.is_empty()).then(|| found.into_values().collect());
    let problem = || evidence.problems.into_iter().next();
    found.map(Expected::Subjects).ok_or_else(|| {
        problem().unwrap_or_else(|| {
            nothing(
                "no line that another rebuilder of the trust store has signed names the bytes of this derivation; what this \
                 builder itself stated is only compared with a --rebuild",
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

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"payload":"e30=","payloadType":"t","signatures":[{"sig":"AA=="}]}"#;

    #[test]
    fn lines_are_added_to_bundles_alone() {
        let path = std::env::temp_dir().join(format!("sarsen-record-{}", std::process::id()));
        let with = |text: String| {
            fs::write(&path, &text).unwrap();
            written(&path).map(|bytes| bytes == text.as_bytes())
        };
        for text in ["", "\n", LINE, &format!("\n{LINE}")] {
            let end = if text.is_empty() { "" } else { "\n" };
            assert!(with(format!("{text}{end}")).unwrap(), "{text}");
        }
        let pretty = LINE.replace(',', ",\n ");
        for (text, code, said) in [
            (LINE.to_owned(), Code::BundleTruncated, "does not end"),
            ("text\n".into(), Code::EnvelopeInvalid, "no DSSE envelope"),
            (format!("{pretty}\n"), Code::EnvelopeInvalid, "jq -c ."),
            (format!("[{LINE}]\n"), Code::EnvelopeInvalid, "jq -c '.[]'"),
        ] {
            let error = with(text.clone()).unwrap_err();
            assert!(error.code == code && error.message.contains(said), "{text}: {error}");
        }
        fs::remove_file(&path).unwrap();
        assert!(written(&path).unwrap().is_empty());
    }
}
