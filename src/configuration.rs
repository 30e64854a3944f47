//! TOML that people write: messages name the line, the key and what a misspelled name was meant to be.

mod reading;

use std::io::Read;
use std::path::Path;

use serde::de::DeserializeOwned;

use crate::error::{Code, Error};
use crate::input;
use crate::strict::Strict;

pub use reading::{MOST, Reading, read};

/// The largest file that people write by hand, in bytes: 1 MiB.
pub const LIMIT: u64 = 1 << 20;

/// The text of the file at `path`.
///
/// # Errors
/// One of the `input-…` codes if there is no regular, readable file of at most 1 MiB; `code` if it is not UTF-8.
pub fn text(path: &Path, code: Code) -> Result<String, Error> {
    let name = path.display();
    let mut bytes = Vec::new();
    let read = input::open(path)?.take(LIMIT + 1).read_to_end(&mut bytes);
    read.map_err(|error| input::because(path, &error))?;
    if bytes.len() as u64 > LIMIT {
        let message =
            format!("{name} has more than {LIMIT} bytes (1 MiB): nobody writes such a file by hand");
        return Err(Error::new(Code::InputTooLarge, message));
    }
    String::from_utf8(bytes).map_err(|_| Error::new(code, format!("{name} is not UTF-8, so not TOML")))
}

/// Reads a `T` from TOML.
///
/// # Errors
/// One sentence fragment with the line, and the nearest of the known names where one is not known.
pub fn parse<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    toml::Deserializer::parse(text).and_then(|toml| T::deserialize(Strict(toml))).map_err(|error| {
        let line = line(text, error.span().map_or(0, |span| span.start));
        format!("line {line}: {}", with_nearest(error.message()))
    })
}

/// The number of the line with the byte at this position.
fn line(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// Adds the nearest of the names that serde expected to its message about an unknown one.
fn with_nearest(message: &str) -> String {
    let names: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let hint = match names.as_slice() {
        [seen, expected @ ..] if message.starts_with("unknown") => nearest(seen, expected.iter().copied()),
        _ => String::new(),
    };
    format!("{message}{hint}")
}

/// `; is X meant?` for the nearest of `names`, or nothing if none is near.
pub fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> String {
    names
        .map(|candidate| (distance(name, candidate), candidate))
        .min()
        .filter(|(distance, candidate)| *distance <= candidate.len() / 3)
        .map_or_else(String::new, |(_, candidate)| format!("; is {candidate} meant?"))
}

/// Levenshtein's distance over bytes.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let substituted = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Example {
        key: Vec<Entry>,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Entry {
        name: String,
    }

    #[test]
    fn messages_name_the_line_and_lists_are_no_tables() {
        let parse = |text: &str| super::parse::<Example>(text);
        assert_eq!(parse("key = [{ name = \"a\" }]").unwrap().key[0].name, "a");
        for (text, why) in [
            ("\nkey = [[\"a\"]]", "line 2: invalid type: sequence"),
            ("[[key]]\nnam = \"a\"", "line 2: unknown field `nam`, expected `name`; is name meant?"),
            ("[[key]]\nname = 1", "line 2: invalid type: integer"),
            ("key = [\n", "line 1: unclosed array"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.starts_with(why), "{text}: {error}");
        }
    }

    #[test]
    fn only_near_names_are_offered() {
        let names = || ["relro", "no-wx", "static-pie"].into_iter();
        assert_eq!(super::nearest("staticpie", names()), "; is static-pie meant?");
        assert_eq!(super::nearest("alignment", names()), "");
    }
}
