//! Outputs as the subjects of a statement.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::digest::{self, Algorithm, hex};
use crate::error::{Code, Error};
use crate::input;
use crate::nar;
use crate::statement::rebuild::Difference;
use crate::statement::{Size, Subject};

/// Every file of the outputs, and each output as a whole. Files of outputs other than `out` have its name before theirs.
///
/// # Errors
/// One of the `input-…` codes if something cannot be read, or a name is not UTF-8, which JSON cannot hold.
pub fn subjects(outputs: &BTreeMap<String, PathBuf>) -> Result<Vec<Subject>, Error> {
    let mut subjects = Vec::new();
    for (output, root) in outputs {
        let mut files = Vec::new();
        collect(root, root, &mut files)?;
        files.sort_unstable();
        for (name, path) in files {
            let digests = digest::file(&path)?;
            let name = if output == "out" { name } else { format!("{output}:{name}") };
            let digest = Algorithm::ALL.map(|by| (by.as_str().to_owned(), hex(digests.by(by))));
            subjects.push(Subject {
                name,
                digest: digest.into(),
                annotations: Some(Size { size: digests.size }),
            });
        }
        let (sha256, size) = nar::hash(root)?;
        subjects.push(Subject {
            name: format!("nar:{output}"),
            digest: BTreeMap::from([("sha256".to_owned(), hex(&sha256))]),
            annotations: Some(Size { size }),
        });
    }
    Ok(subjects)
}

/// The regular files at and below `path`, by their path from `root`.
fn collect(root: &Path, path: &Path, files: &mut Vec<(String, PathBuf)>) -> Result<(), Error> {
    let because = |error| input::because(path, &error);
    let kind = fs::symlink_metadata(path).map_err(because)?.file_type();
    if kind.is_dir() {
        for entry in fs::read_dir(path).map_err(because)? {
            collect(root, &entry.map_err(because)?.path(), files)?;
        }
    } else if kind.is_file() {
        let name = match path.strip_prefix(root) {
            Ok(inside) if !inside.as_os_str().is_empty() => inside,
            // The output is the file itself: it is called as it is.
            _ => Path::new(path.file_name().unwrap_or_default()),
        };
        let name = name.to_str().ok_or_else(|| {
            let message = format!("the name of {} is not UTF-8: a statement cannot hold it", path.display());
            Error::new(Code::InputUnreadable, message)
        })?;
        files.push((name.to_owned(), path.to_owned()));
    }
    Ok(())
}

fn by_name(subjects: &[Subject]) -> BTreeMap<&str, &BTreeMap<String, String>> {
    subjects.iter().map(|subject| (subject.name.as_str(), &subject.digest)).collect()
}

/// Whether names and digests are the same.
pub fn are_same(one: &[Subject], other: &[Subject]) -> bool {
    by_name(one) == by_name(other)
}

/// The first name with other digests, where only they are known.
pub fn first_difference(own: &[Subject], expected: &[Subject]) -> Option<Difference> {
    let (own, expected) = (by_name(own), by_name(expected));
    let mut names: Vec<&str> = own.keys().chain(expected.keys()).copied().collect();
    names.sort_unstable();
    let name = names.into_iter().find(|name| own.get(name) != expected.get(name))?;
    let text = |digest: Option<&&BTreeMap<String, String>>| match digest {
        None => "nothing".to_owned(),
        Some(digest) => {
            digest.iter().map(|(by, value)| format!("{by} {value}")).collect::<Vec<_>>().join(", ")
        }
    };
    let summary = vec![
        format!("expected {}", text(expected.get(name))),
        format!("built {}", text(own.get(name))),
        "only digests of what was expected are known here: nothing more can be said".to_owned(),
    ];
    Some(Difference { path: name.to_owned(), summary })
}
