//! What `sarsen digest` prints: lines that other programs check, or one JSON document described by
//! docs/schemas/digest-1.schema.json.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use crate::digest::list::{self, Claim};
use crate::digest::{Algorithm, Sums, hex};
use crate::error::Error;
use crate::nar;
use crate::visible::shown;

/// The version that documents carry. Fields may be added to it; none is removed or changes its meaning.
pub const SCHEMA: &str = "sarsen.digest/1";

/// What became of one file or path.
#[derive(Debug)]
pub enum Outcome<'a> {
    /// The digests of a file.
    Sums(Sums),
    /// The SHA-256 and the size of a path's Nix archive.
    Nar([u8; 32], u64),
    /// The digests of a file, what a list says of it, and the algorithm by which that is right if it is wrong by the one
    /// it is taken for.
    Compared(Sums, &'a Claim, Option<Algorithm>),
    /// Why there are none.
    Unusable(Error),
}

impl Outcome<'_> {
    /// The algorithms by which the file is another than the list says. None if there was nothing to compare.
    pub fn differing(&self) -> Vec<&'static str> {
        let Outcome::Compared(sums, claim, _) = self else { return Vec::new() };
        let other =
            claim.digests.iter().filter(|(algorithm, digest)| sums.digests.get(algorithm) != Some(digest));
        let mut names: Vec<&str> = other.map(|(algorithm, _)| algorithm.as_str()).collect();
        names.dedup();
        names
    }
}

/// The result of `sarsen digest`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Document<'a> {
    /// `sarsen.digest/1`
    schema: &'a str,
    /// The files, in the order of the arguments; with `--check` in that of the lists.
    files: &'a [Entry],
}

/// One file.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Entry {
    /// The path as given, with `--nar` behind `nar:`; bytes that are not UTF-8 are replaced.
    path: String,
    /// How many bytes were hashed.
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    /// Lower-case hexadecimal digests by the algorithm's name: `sha256`, `sm3`.
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<BTreeMap<&'static str, String>>,
    /// The SHA-256 of the path's Nix archive as Nix writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    sri: Option<String>,
    /// With `--check`, the algorithms by which the file is another than the list says: empty if it fits. The exit code is
    /// 1 if one is not and nothing is unusable.
    #[serde(skip_serializing_if = "Option::is_none")]
    differing: Option<Vec<&'static str>>,
    /// Why there are no digests. The exit code is 2 if there are such files.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Failure>,
}

/// Why there are no digests.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Failure {
    /// The stable code, such as `input-missing`.
    code: &'static str,
    /// Text for people.
    message: String,
}

impl Entry {
    /// What is said of the file `name`.
    pub fn new(name: &OsStr, outcome: &Outcome) -> Self {
        let path = name.to_string_lossy().into_owned();
        let mut entry = Self { path, size: None, digest: None, sri: None, differing: None, error: None };
        match outcome {
            Outcome::Sums(sums) | Outcome::Compared(sums, ..) => {
                entry.size = Some(sums.size);
                let digest = |(algorithm, digest): (&Algorithm, &[u8; 32])| (algorithm.as_str(), hex(digest));
                entry.digest = Some(sums.digests.iter().map(digest).collect());
                entry.differing = matches!(outcome, Outcome::Compared(..)).then(|| outcome.differing());
            }
            Outcome::Nar(sha256, size) => {
                entry.path.insert_str(0, "nar:");
                entry.size = Some(*size);
                entry.digest = Some([("sha256", hex(sha256))].into());
                entry.sri = Some(nar::sri(sha256));
            }
            Outcome::Unusable(error) => {
                entry.error = Some(Failure { code: error.code.as_str(), message: error.message.clone() });
            }
        }
        entry
    }
}

/// Writes what is said of the file `name` as lines; nothing if it is unusable. With `tag` they name their algorithms.
///
/// # Errors
/// Those of `out`.
pub fn lines(out: &mut dyn Write, name: &OsStr, outcome: &Outcome, tag: bool) -> io::Result<()> {
    match outcome {
        Outcome::Sums(sums) => {
            for (algorithm, digest) in &sums.digests {
                out.write_all(&list::line(name, *algorithm, &hex(digest), tag))?;
                writeln!(out)?;
            }
            Ok(())
        }
        Outcome::Nar(sha256, _) => writeln!(out, "{}  nar:{}", nar::sri(sha256), shown(Path::new(name))),
        Outcome::Compared(sums, claim, other) => {
            write!(out, "{}: ", shown(Path::new(name)))?;
            let differing = outcome.differing();
            if differing.is_empty() {
                let names: Vec<&str> = sums.digests.keys().map(|algorithm| algorithm.as_str()).collect();
                return writeln!(out, "OK ({})", names.join(", "));
            }
            let differs = claim.digests.iter().filter_map(|(algorithm, digest)| {
                let found = sums.digests.get(algorithm).filter(|found| *found != digest)?;
                Some(format!("{} is {}, not {}", algorithm.as_str(), hex(found), hex(digest)))
            });
            let next = match other {
                Some(other) if claim.is_untagged => {
                    format!("; it is the {}: give -a {}", other.as_str().to_uppercase(), other.as_str())
                }
                Some(other) => {
                    format!(
                        "; it is the {}: the line names the wrong algorithm",
                        other.as_str().to_uppercase()
                    )
                }
                None => String::new(),
            };
            writeln!(out, "FAILED ({}{next})", differs.collect::<Vec<_>>().join("; "))
        }
        Outcome::Unusable(_) => Ok(()),
    }
}

/// Writes all of it as one JSON document.
///
/// # Errors
/// Those of `out`.
pub fn json(out: &mut dyn Write, files: &[Entry]) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &Document { schema: SCHEMA, files })?;
    writeln!(out)
}

#[cfg(test)]
mod tests {
    /// `SARSEN_REGENERATE=1 cargo test` rewrites the file.
    #[test]
    fn the_schema_file_is_the_types() {
        crate::schema::compare::<super::Document>("digest-1");
    }
}
