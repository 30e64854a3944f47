//! What is stated of outputs, compared: with files at hand, with each other, and with what a policy demands.

use std::collections::BTreeMap;

use super::naming::Names;
use super::policy::Digest;
use super::testimony::{Outputs, Testimony};
use crate::content::File;
use crate::digest::{Algorithm, Digests};
use crate::statement::is_file;

/// How a statement's file compares with one at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Every digest that is stated is right, and size too.
    Same,
    /// Every digest that is stated is wrong.
    Other,
    /// One is right and another wrong.
    Contradictory,
}

/// Compares what is stated of one file with what was computed.
pub fn compare(stated: &BTreeMap<String, String>, size: Option<u64>, digests: &Digests) -> Comparison {
    let verdicts: Vec<bool> = Algorithm::ALL
        .iter()
        .filter_map(|algorithm| Some(is_hex(stated.get(algorithm.as_str())?, digests.by(*algorithm))))
        .collect();
    let right = verdicts.iter().filter(|right| **right).count();
    match (right, right == verdicts.len(), size.is_none_or(|size| size == digests.size)) {
        (0, ..) => Comparison::Other,
        (_, true, true) => Comparison::Same,
        _ => Comparison::Contradictory,
    }
}

/// Whether `text` is these bytes in lower-case hexadecimal.
fn is_hex(text: &str, bytes: &[u8]) -> bool {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|half| DIGITS[usize::from(half)]);
    text.len() == 2 * bytes.len() && text.bytes().eq(digits)
}

/// The digests by which outputs are grouped: of files those that the policy demands, of whole outputs all.
pub fn demanded(outputs: &Outputs, digests: &[Digest]) -> Outputs {
    let wanted =
        |name: &str, algorithm: &str| !is_file(name) || digests.iter().any(|d| d.as_str() == algorithm);
    let keep = |name: &str, all: &BTreeMap<String, String>| {
        all.iter()
            .filter(|(algorithm, _)| wanted(name, algorithm))
            .map(|(a, v)| (a.clone(), v.clone()))
            .collect()
    };
    outputs.iter().map(|(name, all)| (name.clone(), keep(name, all))).collect()
}

/// Whether every file has every digest that the policy demands, and every whole output one.
pub fn complete(outputs: &Outputs, digests: &[Digest]) -> bool {
    outputs.iter().all(|(name, all)| {
        if is_file(name) { digests.iter().all(|d| all.contains_key(d.as_str())) } else { !all.is_empty() }
    })
}

/// Each of the names that a file may have which a statement has, and how that compares.
pub fn compared<'t>(
    testimony: &'t Testimony,
    file: &'t File,
    names: &'t Names,
) -> impl Iterator<Item = (&'t str, Comparison)> {
    let outputs = &testimony.outputs;
    let (these, any) = match names {
        Names::These(names) => (Some(names.iter().filter_map(|name| outputs.get_key_value(name))), None),
        Names::Any => (None, Some(outputs.iter().filter(|(name, _)| is_file(name)))),
    };
    these.into_iter().flatten().chain(any.into_iter().flatten()).map(|(name, stated)| {
        (name.as_str(), compare(stated, testimony.sizes.get(name).copied(), &file.digests))
    })
}

/// The name of those that a file may have under which a statement states its bytes.
pub fn subject<'t>(testimony: &'t Testimony, file: &'t File, names: &'t Names) -> Option<&'t str> {
    compared(testimony, file, names).find(|(_, same)| *same == Comparison::Same).map(|(name, _)| name)
}

/// Enough of a digest for people.
pub fn prefix(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

/// A word for what `outputs` state of `name`.
pub fn what(outputs: &Outputs, name: &str) -> String {
    let digest = outputs.get(name).map(|all| all.iter().next());
    match digest {
        Some(Some((algorithm, value))) => format!("{name} with {algorithm} {}", prefix(value)),
        Some(None) => format!("{name} without a digest"),
        None => format!("nothing called {name}"),
    }
}
