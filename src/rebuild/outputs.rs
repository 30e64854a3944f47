//! Outputs as the subjects of a statement.

use std::collections::BTreeMap;

use crate::content::Content;
use crate::digest::{Algorithm, hex};
use crate::statement::rebuild::Difference;
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
