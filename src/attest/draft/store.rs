//! Trust stores (docs/formats/trust.md). What is in one stays as it is, byte for byte: keys are added behind it.

use std::fmt::Write;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use base64ct::{Base64, Encoding};
use rustix::fs::{FlockOperation, flock};

use super::{list, quoted};
use crate::attest::trust::{Role, Trust};
use crate::error::{Code, Error};
use crate::key::PublicKey;
use crate::visible::shown;
use crate::{configuration, output};

/// What a new store begins with.
const HEAD: &str = "\
# Whose key each key is, and what it may sign (docs/formats/trust.md).
# Compare each id with the one that the key's holder publishes: `sarsen key show KEY` prints it.
";

/// What a new store without a key says.
const EXAMPLE: &str = "
# `sarsen trust add --trust FILE --organisation ORGANISATION KEY` adds a key, such as:
#
# [[key]]
# name = \"utility-1\"
# organisation = \"utility.example\"
# algorithm = \"ed25519\"
# bytes = \"32 BYTES IN BASE 64\"
# roles = [\"rebuilder\"]
";

/// A key to be trusted.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What policies and reports call it.
    pub name: String,
    /// Who answers for it.
    pub organisation: String,
    /// The key.
    pub public: PublicKey,
    /// What it may sign.
    pub roles: Vec<Role>,
}

/// The text of a new store with these keys, called `origin` in messages. Without any, it is a commented example.
///
/// # Errors
/// `trust-invalid`, once for each reason why they cannot be trusted together.
pub fn new(entries: &[Entry], origin: &str) -> Result<String, Vec<Error>> {
    if entries.is_empty() {
        return Ok(format!("{HEAD}{EXAMPLE}"));
    }
    added(HEAD, entries, origin)
}

/// `old` with these keys behind it.
///
/// # Errors
/// `trust-invalid`, once for each reason why that is no trust store.
pub fn added(old: &str, entries: &[Entry], origin: &str) -> Result<String, Vec<Error>> {
    let mut text = old.to_owned();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text.extend(entries.iter().map(written));
    if text.len() as u64 > configuration::LIMIT {
        let message =
            format!("{origin} would have more than 1 MiB with this key, and could not be read again");
        return Err(Error::new(Code::TrustInvalid, message).into());
    }
    let unchanged = |error: Error| Error::new(error.code, format!("no key is added: {}", error.message));
    match Trust::parse(&text, origin) {
        Ok(_) => Ok(text),
        Err(errors) => Err(errors.into_iter().map(unchanged).collect()),
    }
}

/// Why these keys cannot be added to the store at `path`, which stays as it is: the errors of [`add`], those of writing
/// left out.
pub fn faults(path: &Path, entries: &[Entry]) -> Vec<Error> {
    old(path, entries).and_then(|old| added(&old, entries, &shown(path))).err().unwrap_or_default()
}

/// The text of the store at `path`; without it, also what is wrong with the keys themselves.
fn old(path: &Path, entries: &[Entry]) -> Result<String, Vec<Error>> {
    configuration::text(path, Code::TrustInvalid).map_err(|error| {
        let error = match error.code {
            Code::InputMissing => {
                let message = format!("{}; `sarsen trust init` makes a new trust store", error.message);
                Error::new(error.code, message)
            }
            _ => error,
        };
        let own = new(entries, &shown(path)).err().unwrap_or_default();
        std::iter::once(error).chain(own).collect()
    })
}

/// Adds these keys to the store at `path`. A link is followed. Who adds at the same time waits: it is done under the
/// lock of the directory (flock(2)), because the file itself is replaced in one step.
///
/// # Errors
/// Those of [`added`], after which the file is as it was; an `input-…` code if it cannot be read, an `output-…` code if
/// it cannot be written.
pub fn add(path: &Path, entries: &[Entry]) -> Result<(), Vec<Error>> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let lock = File::open(output::folder(&target)).and_then(|folder| {
        flock(&folder, FlockOperation::LockExclusive)?;
        Ok(folder)
    });
    let old = old(path, entries)?;
    let _lock = lock.map_err(|error| {
        let message = format!(
            "{} cannot be written: its directory cannot be locked ({error}), and without that a key that another process \
             adds could be lost",
            shown(path)
        );
        Error::new(Code::OutputFailed, message)
    })?;
    let text = added(&old, entries, &shown(path))?;
    let mode = fs::metadata(&target).map_or(0o644, |metadata| metadata.permissions().mode());
    Ok(output::replace(&target, text.as_bytes(), mode)?)
}

fn written(Entry { name, organisation, public, roles }: &Entry) -> String {
    let roles = roles.iter().map(|role| match role {
        Role::Rebuilder => "rebuilder",
        Role::Release => "release",
    });
    let mut text = format!(
        "\n[[key]]\n# id {}\nname = {}\norganisation = {}\nalgorithm = \"{}\"\nbytes = \"{}\"\n",
        public.id(),
        quoted(name),
        quoted(organisation),
        public.algorithm(),
        Base64::encode_string(&public.bytes())
    );
    if let Some(identity) = public.identity() {
        let _ = writeln!(text, "identity = {}", quoted(identity));
    }
    let _ = writeln!(text, "roles = {}", list(roles));
    text
}
