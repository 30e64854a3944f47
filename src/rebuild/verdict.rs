//! What came of an attempt, in a word, and what it was compared with.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::attempt::{Attempted, Held};
use super::{Expected, difference, outputs};
use crate::content::Content;
use crate::error::{Code, Error};
use crate::statement::Subject;
use crate::statement::agreement::{comparable, difference as contradiction};
use crate::statement::rebuild::{Difference, Other, Outcome, Verdict};

/// Compares what was built, `own`, with what was expected; a rebuild, where nothing else was, with what this machine had.
///
/// # Errors
/// `expected-itself` if that is the same output; `expected-nothing` if both state nothing that could be compared; an
/// `input-…` code if what is expected cannot be read.
pub fn verdict(attempted: &Attempted, own: &[Subject], expected: Option<Expected>) -> Result<Verdict, Error> {
    let before = attempted.before.as_ref().map(|held| outputs::subjects(&held.content));
    let is_given = expected.is_some();
    let (subjects, tree) = match expected {
        Some(Expected::Subjects(subjects)) => (subjects, None),
        Some(Expected::Tree(tree)) => {
            let held = attempted.result.as_ref().ok();
            // There is one output, or none if the build failed.
            let name =
                held.and_then(|held| held.places.keys().next()).map_or("out", String::as_str).to_owned();
            if let Some(held) = held {
                is_another(&tree, held)?;
            }
            (outputs::subjects(&Content::of(&BTreeMap::from([(name, tree.clone())]))?), Some(tree))
        }
        None => (before.clone().unwrap_or_default(), None),
    };
    let (have, want) = (outputs::by_name(own), outputs::by_name(&subjects));
    let held = match &attempted.result {
        Err(reason) => {
            let reason = Some(reason.clone());
            return Ok(Verdict {
                result: Outcome::Failed,
                expected: subjects,
                found: Vec::new(),
                difference: None,
                reason,
            });
        }
        Ok(held) => held,
    };
    if subjects.is_empty() {
        let (found, difference, reason) = (Vec::new(), None, None);
        return Ok(Verdict { result: Outcome::Produced, expected: subjects, found, difference, reason });
    }
    if !comparable(&have, &want) {
        return Err(Error::new(
            Code::ExpectedNothing,
            "what is expected has no digest in common with what was built: they cannot be compared; expect something that \
             states sha256 of the files or of the whole output",
        ));
    }
    let differs = contradiction(&have, &want).is_some();
    let found = before.filter(|before| is_given && contradiction(&have, &outputs::by_name(before)).is_some());
    let found = found.filter(|before| contradiction(&want, &outputs::by_name(before)).is_some() || !differs);
    let mut difference = attempted.difference.clone();
    if differs {
        if let Some(tree) = tree {
            difference = files(&tree, held)?.or(difference);
        } else if is_given || difference.is_none() {
            difference = outputs::first_difference(own, &subjects);
        }
    }
    let result = if differs { Outcome::Differs } else { Outcome::Matches };
    Ok(Verdict { result, expected: subjects, found: found.unwrap_or_default(), difference, reason: None })
}

/// An error if a folder is the output itself, or a part of it, under whatever name: that compares nothing.
fn is_another(tree: &Path, held: &Held) -> Result<(), Error> {
    let file = |path: &Path| fs::metadata(path).map(|metadata| (metadata.dev(), metadata.ino())).ok();
    let own = |path: &Path| held.places.values().any(|place| file(path) == file(place));
    if !tree.ancestors().any(own) {
        return Ok(());
    }
    let message = format!(
        "{} is the output itself: it would be compared with itself; expect what another machine built, or use --rebuild, which \
         compares with it",
        tree.display()
    );
    Err(Error::new(Code::ExpectedItself, message))
}

/// The first file that is not the same.
fn files(tree: &Path, held: &Held) -> Result<Option<Difference>, Error> {
    let Some(place) = held.places.values().next() else { return Ok(None) };
    let found = difference::between(tree, place)?;
    Ok(found.map(|found| Difference { from: Other::Expected, ..found }))
}
