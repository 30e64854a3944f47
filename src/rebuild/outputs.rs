//! Outputs as the subjects of a statement.

use std::collections::BTreeMap;

use crate::content::Content;
use crate::digest::{Algorithm, hex};
use crate::statement::agreement::{self, Outputs};
use crate::statement::rebuild::{Difference, Other};
use crate::statement::{Size, Subject};

/// Every file, and each output as a whole.
pub fn subjects(content: &Content) -> Vec<Subject> {
    let files = content.files.iter().map(|file| Subject {
        name: file.name.clone(),
        digest: Algorithm::ALL.map(|by| (by.as_str().to_owned(), hex(file.digests.by(by)))).into(),
        annotations: Some(Size { size: file.digests.size }),
    });
    let archives = content.archives.iter().map(|(output, (sha256, size))| Subject {
        name: format!("nar:{output}"),
        digest: BTreeMap::from([("sha256".to_owned(), hex(sha256))]),
        annotations: Some(Size { size: *size }),
    });
    files.chain(archives).collect()
}

/// Digests by name.
pub fn by_name(subjects: &[Subject]) -> Outputs {
    subjects.iter().map(|subject| (subject.name.clone(), subject.digest.clone())).collect()
}

/// The first name of which both state digests that are not the same, or that only one has, where only digests are known.
pub fn first_difference(own: &[Subject], expected: &[Subject]) -> Option<Difference> {
    let (own, expected) = (by_name(own), by_name(expected));
    let name = agreement::difference(&own, &expected)?;
    let text = |digest: Option<&BTreeMap<String, String>>| match digest {
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
    Some(Difference { path: name.to_owned(), from: Other::Expected, summary })
}
