//! How many builders K organisations really are: those that signed the same run, or copied their outputs or inputs from
//! the same hand, are one.

use std::collections::BTreeSet;

use super::policy::Require;
use super::testimony::Testimony;
use crate::statement::rebuild::Making;

/// How many opinions the statements of these organisations are, one list each, under `require` with `tolerated` copied
/// paths.
pub fn opinions(organisations: &[Vec<&Testimony>], require: Require, tolerated: usize) -> usize {
    // Of several runs of one organisation the best counts: its own before a shared one, then the one that copied least.
    let shared = |testimony: &Testimony| {
        organisations.iter().filter(|own| own.iter().any(|other| other.run == testimony.run)).count()
    };
    let ties: Vec<BTreeSet<Tie>> = organisations
        .iter()
        .filter_map(|own| {
            own.iter().min_by_key(|t| (shared(t), t.first_version, copied(t), t.substituted, t.line))
        })
        .map(|testimony| ties(testimony, require, tolerated))
        .collect();
    components(&ties)
}

/// Why a statement is none about outputs that its run built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// It is of the first version, which does not say who made the output.
    FirstVersion,
    /// An output was copied.
    CopiedOutput,
    /// An output was found.
    FoundOutput,
    /// More inputs were copied than is tolerated.
    CopiedInputs,
}

impl Lack {
    /// As reports have it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FirstVersion => "first-version",
            Self::CopiedOutput => "copied-output",
            Self::FoundOutput => "found-output",
            Self::CopiedInputs => "copied-inputs",
        }
    }
}

/// What keeps a statement from being one about outputs that its run built, from no more than `tolerated` copied paths;
/// nothing, if it is.
pub fn lack(testimony: &Testimony, tolerated: usize) -> Option<Lack> {
    match testimony.made() {
        // A statement of the second version that has an output says who made it.
        None => Some(Lack::FirstVersion),
        Some(Making::Substituted) => Some(Lack::CopiedOutput),
        Some(Making::Found) => Some(Lack::FoundOutput),
        Some(Making::Built) => (testimony.substituted > tolerated).then_some(Lack::CopiedInputs),
    }
}

/// Whether an output was copied from elsewhere.
fn copied(testimony: &Testimony) -> bool {
    !testimony.copied_from.is_empty()
}

/// What makes two statements one opinion if both have it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Tie {
    Run(String),
    Source(String),
    /// Nothing is known of where its output came from: it may be the same place for all of these.
    FirstVersion,
}

fn ties(testimony: &Testimony, require: Require, tolerated: usize) -> BTreeSet<Tie> {
    let mut ties = BTreeSet::from([Tie::Run(testimony.run.clone())]);
    if require == Require::Distinct {
        let many = testimony.sources.iter().filter(|(_, paths)| **paths > tolerated);
        ties.extend(many.map(|(source, _)| Tie::Source(source.clone())));
        // However many inputs may be copied, a copied output is its signer's.
        ties.extend(testimony.copied_from.iter().cloned().map(Tie::Source));
        ties.extend(testimony.first_version.then_some(Tie::FirstVersion));
    }
    ties
}

/// How many groups there are of which no two have a tie in common.
fn components(ties: &[BTreeSet<Tie>]) -> usize {
    let mut groups: Vec<BTreeSet<Tie>> = Vec::new();
    for own in ties {
        let (joined, apart): (Vec<_>, Vec<_>) = groups.into_iter().partition(|group| !group.is_disjoint(own));
        groups = apart;
        groups.push(joined.into_iter().flatten().chain(own.iter().cloned()).collect());
    }
    groups.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sets(texts: &[&[&str]]) -> Vec<BTreeSet<Tie>> {
        texts.iter().map(|own| own.iter().map(|t| Tie::Source((*t).to_owned())).collect()).collect()
    }

    #[test]
    fn groups_are_joined_through_others() {
        assert_eq!(components(&sets(&[])), 0);
        assert_eq!(components(&sets(&[&["a"], &["b"], &["c"]])), 3);
        assert_eq!(components(&sets(&[&["a"], &["b"], &["a"]])), 2);
        assert_eq!(components(&sets(&[&["a"], &["b"], &["b", "a"]])), 1);
        assert_eq!(components(&sets(&[&["a", "b"], &["c"], &["d", "c"], &["b"]])), 2);
    }
}
