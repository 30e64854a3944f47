//! One pass over a file's bytes for all the texts that rules look for.

mod hidden;

use aho_corasick::{AhoCorasick, Input, MatchKind};

use crate::profile::{Profile, Severity};
use crate::rules::{ALL, Check, Texts};

pub(crate) use hidden::hidden;
pub use hidden::{Hidden, flip};

/// Knows the texts of every rule that a profile asks.
#[derive(Debug)]
pub struct Finder {
    automaton: Option<AhoCorasick>,
    wanted: Vec<(&'static str, &'static Texts, String)>,
}

/// One occurrence of a text.
#[derive(Clone, Copy, Debug)]
pub struct Hit<'a> {
    bytes: &'a [u8],
    start: usize,
    end: usize,
}

impl<'a> Hit<'a> {
    /// The file up to the text.
    pub fn before(&self) -> &'a [u8] {
        &self.bytes[..self.start]
    }

    /// The text.
    pub fn text(&self) -> &'a [u8] {
        &self.bytes[self.start..self.end]
    }

    /// The file behind the text.
    pub fn after(&self) -> &'a [u8] {
        &self.bytes[self.end..]
    }
}

/// A text that is in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The rule that looks for it.
    pub rule: &'static str,
    /// The text.
    pub text: String,
    /// The offset in bytes of its first occurrence that counts.
    pub offset: usize,
    /// The printable text from there on, at most 60 characters.
    pub excerpt: String,
    /// How many occurrences count.
    pub count: usize,
}

impl Finder {
    /// Gathers the texts. A rule that the profile allows looks for none.
    pub fn new(profile: &Profile) -> Self {
        let mut wanted = Vec::new();
        for rule in ALL.iter().filter(|rule| profile.severity(rule) != Severity::Allow) {
            if let Check::Texts(texts) = &rule.check {
                let all = (texts.wanted)(profile).into_iter().filter(|text| !text.is_empty());
                wanted.extend(all.map(|text| (rule.id, texts, text)));
            }
        }
        // Only the leftmost kinds of matching have a vectorised searcher, for up to 64 texts (benches/texts measures it).
        // A set of texts too large for an automaton would be gigabytes of profile, which no profile can be.
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostFirst)
            .build(wanted.iter().map(|(.., text)| text.as_bytes()))
            .ok();
        Self { automaton: automaton.filter(|_| !wanted.is_empty()), wanted }
    }

    /// The texts that it knows.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.wanted.iter().map(|(.., text)| text.as_str())
    }

    /// What of them is in `bytes`, in the order of the first occurrences.
    pub fn find(&self, bytes: &[u8]) -> Vec<Found> {
        let Some(automaton) = &self.automaton else { return Vec::new() };
        let mut found: Vec<Option<Found>> = vec![None; self.wanted.len()];
        let mut from = 0;
        while let Some(at) = automaton.find(Input::new(bytes).span(from..bytes.len())) {
            let index = at.pattern().as_usize();
            let (rule, texts, text) = &self.wanted[index];
            if (texts.counts)(&Hit { bytes, start: at.start(), end: at.end() }) {
                let first = || Found {
                    rule,
                    text: text.clone(),
                    offset: at.start(),
                    excerpt: excerpt(&bytes[at.start()..]),
                    count: 0,
                };
                found[index].get_or_insert_with(first).count += 1;
                from = at.end();
            } else {
                // Another text may begin inside one that does not count.
                from = at.start() + 1;
            }
        }
        let mut found: Vec<Found> = found.into_iter().flatten().collect();
        found.sort_by_key(|found| found.offset);
        found
    }
}

fn excerpt(bytes: &[u8]) -> String {
    bytes.iter().take(60).take_while(|b| b.is_ascii_graphic()).map(|b| char::from(*b)).collect()
}
