//! Everything that is wrong with a file in one reading, not the first fault alone: members that cannot be read are
//! taken out one by one, until the rest can be.

use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue, Deserializer};

use super::{line, with_nearest};
use crate::strict::Strict;

/// The most faults of one kind that are told of one file: whoever mends so many reads it again.
pub const MOST: usize = 20;

/// What was read of a file, and what is wrong with it.
#[derive(Debug)]
pub struct Reading<T> {
    /// What is left without the entries that cannot be read; nothing, if the whole cannot be.
    pub value: Option<T>,
    /// One sentence fragment for each fault, with its line, in the order of the file.
    pub faults: Vec<String>,
}

/// Reads a `T` from TOML and tells all faults of shape: unknown names, wrong types, what is missing. What TOML itself
/// refuses is told alone. `first` sees the document before; it returns positions of faults and why, and may mend what it found.
pub fn read<T: DeserializeOwned>(
    text: &str,
    first: impl FnOnce(&mut DeTable) -> Vec<(usize, String)>,
) -> Reading<T> {
    let mut whole = match DeTable::parse(text) {
        Ok(whole) => whole,
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            let fault = format!("line {}: {}", line(text, at), error.message());
            return Reading { value: None, faults: vec![fault] };
        }
    };
    let mut faults: Vec<(usize, String)> =
        first(whole.get_mut()).into_iter().map(|(at, why)| (at, format!(": {why}"))).collect();
    let mut cuts: Vec<Cut> = Vec::new();
    let mut value = None;
    while faults.len() < MOST {
        let (span, message) = match T::deserialize(Strict(Deserializer::from(whole.clone()))) {
            Ok(read) => {
                value = Some(read);
                break;
            }
            Err(error) => (error.span().unwrap_or_default(), error.message().to_owned()),
        };
        // What was cut out for a fault of its own, or is there by another name, is not missing too.
        let is_cut = |name: &str| {
            let meant = format!("is {name} meant?");
            cuts.iter().any(|cut| cut.table == span && (cut.member == name || cut.why.ends_with(&meant)))
        };
        let told =
            message.strip_prefix("missing field `").is_some_and(|rest| is_cut(rest.trim_end_matches('`')));
        let (root, why) = (whole.span(), worded(&message));
        let cut = cut(whole.get_mut(), &root, &span, None);
        if !told {
            let place = cut.as_ref().map_or_else(String::new, |cut| cut.place(&message));
            faults.push((span.start, format!("{place}: {why}")));
        }
        let Some(cut) = cut else { break };
        cuts.push(Cut { why, ..cut });
    }
    // What an entry would say without what was cut out of it is not what was meant.
    let damaged: Vec<Range<usize>> =
        cuts.into_iter().filter_map(|cut| cut.entry).map(|entry| entry.span).collect();
    if value.is_some() && !damaged.is_empty() {
        without(whole.get_mut(), &damaged);
        value = T::deserialize(Strict(Deserializer::from(whole))).ok();
    }
    faults.sort_by_key(|(at, _)| *at);
    let faults = faults.into_iter().map(|(at, why)| format!("line {}{why}", line(text, at)));
    Reading { value, faults: faults.collect() }
}

/// A message of serde in words for people who write TOML.
fn worded(message: &str) -> String {
    let message = message.replace("unknown variant", "unknown value");
    with_nearest(&message.replace(" as i128", "").replace("expected usize", "expected a whole number from 0"))
}

/// What was taken out of a document.
struct Cut {
    /// The span of the table that it was in.
    table: Range<usize>,
    /// Its name there; empty if it was an entry itself.
    member: String,
    /// The entry of a list that it was in, or was.
    entry: Option<Entry>,
    /// Why, in the words of the message.
    why: String,
}

/// A table in a list of tables.
#[derive(Clone)]
struct Entry {
    span: Range<usize>,
    /// Such as `key u1`, by the list and the entry's own name.
    name: Option<String>,
}

impl Cut {
    fn new(table: &Range<usize>, member: String, entry: Option<Entry>) -> Self {
        Self { table: table.clone(), member, entry, why: String::new() }
    }

    /// Where it was, as far as the message does not say it.
    fn place(&self, message: &str) -> String {
        let entry = self.entry.as_ref().and_then(|entry| entry.name.as_deref());
        let named = message.starts_with("unknown field") || message.starts_with("missing field");
        match (entry, self.member.as_str()) {
            (None, "") => String::new(),
            (None, _) if named => String::new(),
            (None, member) => format!(", {member}"),
            (Some(entry), "") => format!(", {entry}"),
            (Some(entry), _) if named => format!(", {entry}"),
            (Some(entry), member) => format!(", {member} of {entry}"),
        }
    }
}

/// Takes out the innermost member, or the entry of a list, that has this span itself, by its name or in its value.
fn cut(table: &mut DeTable, own: &Range<usize>, span: &Range<usize>, entry: Option<&Entry>) -> Option<Cut> {
    let mut found = None;
    for (key, value) in table.iter_mut() {
        let within = value.span();
        match value.get_mut() {
            DeValue::Table(inner) => {
                if let Some(cut) = cut(inner, &within, span, entry) {
                    return Some(cut);
                }
            }
            DeValue::Array(list) => {
                for item in list.iter_mut() {
                    let within = item.span();
                    let DeValue::Table(inner) = item.get_mut() else { continue };
                    let name = inner.get("name").and_then(|name| name.get_ref().as_str());
                    let name = name.map(|name| format!("{} {name}", key.get_ref()));
                    let entry = Entry { span: within.clone(), name };
                    if let Some(cut) = cut(inner, &within, span, Some(&entry)) {
                        return Some(cut);
                    }
                    if within == *span {
                        without(table, std::slice::from_ref(span));
                        return Some(Cut::new(own, String::new(), Some(entry)));
                    }
                }
            }
            _ => {}
        }
        if key.span() == *span || has(value, span) {
            found = Some(key.get_ref().to_string());
            break;
        }
    }
    let member = found?;
    table.remove(member.as_str());
    Some(Cut::new(own, member, entry.cloned()))
}

/// Whether a value, or one that is listed in it, has this span.
fn has(value: &Spanned<DeValue>, span: &Range<usize>) -> bool {
    let listed = |list: &DeArray| list.iter().any(|item| has(item, span));
    value.span() == *span || value.get_ref().as_array().is_some_and(listed)
}

/// Takes the entries with these spans out of every list.
fn without(table: &mut DeTable, spans: &[Range<usize>]) {
    for (_, value) in table.iter_mut() {
        match value.get_mut() {
            DeValue::Table(inner) => without(inner, spans),
            DeValue::Array(list) => {
                for mut item in std::mem::replace(list, DeArray::new()) {
                    if spans.contains(&item.span()) {
                        continue;
                    }
                    if let DeValue::Table(inner) = item.get_mut() {
                        without(inner, spans);
                    }
                    list.push(item);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "some are there to be wrong")]
    struct Example {
        #[serde(default)]
        count: usize,
        #[serde(default)]
        key: Vec<Item>,
        #[serde(default)]
        part: Option<Part>,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "some are there to be wrong")]
    struct Item {
        name: String,
        list: Vec<Choice>,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "it is there to be missing")]
    struct Part {
        needed: bool,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Choice {
        One,
        Two,
    }

    /// Texts, what is said of them, and the names of the entries that are left.
    #[test]
    fn all_faults_are_told_in_one_reading() {
        let good = "[[key]]\nname = \"good\"\nlist = [\"one\", \"two\"]\n";
        for (text, said, left) in [
            ("", vec![], Some(vec![])),
            (good, vec![], Some(vec!["good"])),
            ("key = [\n", vec!["line 1: unclosed array"], None),
            (
                "count = -1\nmore = 1\n[part]\n",
                vec![
                    "line 1, count: invalid value: integer `-1`, expected a whole number from 0",
                    "line 2: unknown field `more`, expected one of `count`, `key`, `part`",
                    "line 3: missing field `needed`",
                ],
                Some(vec![]),
            ),
            (
                "[[key]]\nnam = 1\nlist = [\"onee\", 3]\n[[key]]\nname = \"a\"\nlist = [\"twoo\"]\n\
                 [[key]]\nlist = 1\nname = \"b\"\n",
                vec![
                    "line 2: unknown field `nam`, expected `name` or `list`; is name meant?",
                    "line 3, list: unknown value `onee`, expected `one` or `two`; is one meant?",
                    "line 6, list of key a: unknown value `twoo`, expected `one` or `two`; is two meant?",
                    "line 8, list of key b: invalid type: integer `1`, expected a sequence",
                ],
                Some(vec![]),
            ),
            (
                "key = [3, { name = \"x\", list = [] }]",
                vec!["line 1, key: invalid type: integer `3`"],
                Some(vec![]),
            ),
            (
                "key = [{ list = [] }, { name = \"x\", list = [] }]",
                vec!["line 1: missing field `name`"],
                Some(vec!["x"]),
            ),
            ("part.needed = 1", vec!["line 1, needed: invalid type: integer `1`"], Some(vec![])),
        ] {
            let reading = read::<Example>(text, |_| Vec::new());
            assert_eq!(reading.faults.len(), said.len(), "{text}: {:#?}", reading.faults);
            for (fault, said) in reading.faults.iter().zip(&said) {
                assert!(fault.starts_with(said), "{text}: {fault}");
            }
            let names = reading.value.as_ref();
            let names =
                names.map(|value| value.key.iter().map(|item| item.name.as_str()).collect::<Vec<_>>());
            assert_eq!(names, left, "{text}");
        }
        let many = "[[key]]\n".repeat(1000);
        let reading = read::<Example>(&many, |_| Vec::new());
        assert!(reading.faults.len() == MOST && reading.value.is_none());
    }

    #[test]
    fn what_was_mended_first_is_a_fault_and_is_read_on() {
        let reading = read::<Example>("more = 1\ncount = \"x\"", |document| {
            let (_, value) = document.iter_mut().find(|(key, _)| key.get_ref() == "count").unwrap();
            let at = value.span().start;
            *value = DeValue::parse("7").unwrap();
            vec![(at, "no number".to_owned())]
        });
        assert_eq!(reading.value.unwrap().count, 7);
        assert_eq!(reading.faults.len(), 2);
        assert_eq!(reading.faults[1], "line 2: no number");
    }
}
