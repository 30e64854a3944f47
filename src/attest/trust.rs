//! The trust store: whose key each key is and what it may sign (docs/formats/trust.md). Everything that decides whether
//! two signatures are two opinions comes from here: key bytes and organisations, never names or key ids in envelopes.

mod entry;

use std::collections::HashMap;
use std::collections::hash_map::Entry::{Occupied, Vacant};
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::spelling::{Alike, Likeness, Names, difference, label, shown};
use crate::configuration::{self, Reading};
use crate::error::{Code, Error};
use crate::key::{Algorithm, PublicKey};
use entry::Entry;

/// What a file without a key says.
const EMPTY: &str = "it has no key; `sarsen trust add` writes one, which is a line [[key]] and below it lines such as \
                     name = \"utility-1\", organisation = \"utility.example\", algorithm = \"ed25519\", \
                     bytes = \"iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=\" and roles = [\"rebuilder\"]";

/// A trust store as written. Unknown keys are errors.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Document {
    /// The keys.
    key: Vec<Entry>,
}

/// An algorithm of signatures, as the files name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Ed25519 (RFC 8032).
    Ed25519,
    /// SM2 with SM3 (GB/T 32918.2).
    Sm2,
}

impl From<Kind> for Algorithm {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Ed25519 => Self::Ed25519,
            Kind::Sm2 => Self::Sm2,
        }
    }
}

/// What a key may sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Statements about builds.
    Rebuilder,
    /// Releases: what is shipped to devices.
    Release,
}

/// A trusted key.
#[derive(Clone, Debug)]
pub struct Key {
    /// What policies and reports call it.
    pub name: String,
    /// Who answers for it.
    pub organisation: String,
    /// The key.
    pub public: PublicKey,
    /// What it may sign.
    pub roles: Vec<Role>,
    /// Why nothing that it signs counts any more.
    pub revoked: Option<String>,
    /// Its id in envelopes, a hint at most.
    pub id: String,
}

/// Keys that differ in name and in bytes.
#[derive(Clone, Debug)]
pub struct Trust {
    keys: Vec<Key>,
}

impl Trust {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// All that [`Self::parse`] finds, or an `input-…` code if the file cannot be read.
    pub fn load(path: &Path) -> Result<Self, Vec<Error>> {
        Self::parse(&configuration::text(path, Code::TrustInvalid)?, &path.to_string_lossy())
    }

    /// Reads a trust store; `origin` is its name in messages.
    ///
    /// # Errors
    /// `trust-invalid`, once for each fault: if it is none, if an entry cannot be trusted as it is, if two entries share
    /// a name or the bytes of their key, or if names or organisations are one or look alike without being the same text
    /// ([`super::spelling`]).
    pub fn parse(text: &str, origin: &str) -> Result<Self, Vec<Error>> {
        let Reading { value, mut faults } = configuration::read::<Document>(text, with_keys);
        let mut keys: Vec<Key> = Vec::new();
        let (mut bytes, mut names, mut organisations) = (HashMap::new(), Names::default(), Names::default());
        for entry in value.into_iter().flat_map(|document| document.key) {
            faults.extend(clashes(&entry, &mut names, &mut organisations));
            let key = match entry.key() {
                Ok(key) => key,
                Err(whys) => {
                    faults.extend(whys);
                    continue;
                }
            };
            match bytes.entry(key.public.bytes()) {
                Vacant(free) => drop(free.insert(key.name.clone())),
                // That two have one name is said already.
                Occupied(other) if *other.get() == key.name => {}
                Occupied(other) => faults.push(format!(
                    "{} and {} are the same key under two names: one signer would count as two",
                    other.get(),
                    key.name
                )),
            }
            keys.push(key);
        }
        if keys.is_empty() && faults.is_empty() {
            faults.push(EMPTY.to_owned());
        }
        if faults.is_empty() {
            return Ok(Self { keys });
        }
        let invalid = |why| Error::new(Code::TrustInvalid, format!("trust store {origin}: {why}"));
        Err(faults.into_iter().map(invalid).collect())
    }

    /// The keys, in the order of the file.
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// The key of that name.
    pub fn find(&self, name: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}

/// A file without a list of keys has an empty one: what it lacks is told with an example.
fn with_keys(document: &mut DeTable) -> Vec<(usize, String)> {
    if document.is_empty() {
        let list = Spanned::new(0..0, DeValue::Array(DeArray::new()));
        document.insert(Spanned::new(0..0, "key".into()), list);
    }
    Vec::new()
}

/// Why the names in this entry cannot stand beside those before it.
fn clashes(entry: &Entry, names: &mut Names, organisations: &mut Names) -> Vec<String> {
    let Entry { name, organisation, .. } = entry;
    let mut faults = Vec::new();
    if names.knows(name) {
        faults.push(format!("two keys are called {}", label(name)));
    }
    if let Some(Alike { how, name: other, .. }) = names.add(name, name) {
        let (pair, difference) = (
            format!("the names {} and {} of two keys", shown(&other), shown(name)),
            difference(&other, name),
        );
        faults.push(match how {
            Likeness::One => format!("{pair} are one name, written in two ways ({difference}): rename one of them"),
            Likeness::Look => format!(
                "{pair} look alike ({difference}): who reads a policy would take one for the other; rename one of them"
            ),
        });
    }
    if let Some(Alike { how, name: other, key }) = organisations.add(organisation, name) {
        let (pair, difference) = (
            format!(
                "organisations {} (key {}) and {} (key {})",
                shown(&other),
                label(&key),
                shown(organisation),
                label(name)
            ),
            difference(&other, organisation),
        );
        faults.push(match how {
            Likeness::One => format!(
                "{pair} are one, written in two ways ({difference}), and would count as two: write it alike in both \
                 entries"
            ),
            Likeness::Look => format!(
                "{pair} look alike and are not the same text ({difference}): if they are one, write it alike in both \
                 entries, or it would count as two; if not, name them so that people can tell them apart"
            ),
        });
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = include_str!("../../docs/formats/trust.md");

    fn example() -> String {
        EXAMPLE.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap().to_owned()
    }

    #[test]
    fn the_schema_file_is_the_types() {
        crate::schema::compare::<Document>("trust-1");
    }

    #[test]
    fn the_documented_example_is_read() {
        let trust = Trust::parse(&example(), "the example").unwrap();
        let names: Vec<_> =
            trust.keys().iter().map(|key| (key.name.as_str(), key.organisation.as_str())).collect();
        assert_eq!(
            names,
            [
                ("utility-1", "utility.example"),
                ("utility-sm2", "utility.example"),
                ("laboratory-1", "laboratory.example"),
                ("vendor-2025", "vendor.example"),
            ]
        );
        assert_eq!(trust.find("utility-sm2").unwrap().public.identity(), Some("1234567812345678"));
        assert!(trust.find("vendor-2025").unwrap().revoked.is_some());
        assert!(trust.find("nobody").is_none());
    }

    /// One edit each, and what is said.
    #[test]
    fn mistakes_are_named() {
        let text = example();
        let bytes = text.split("bytes = \"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let twin = format!(
            "[[key]]\nname = \"twin\"\norganisation = \"other.example\"\nalgorithm = \"ed25519\"\nbytes = \"{bytes}\"\nroles = [\"rebuilder\"]\n"
        );
        for (from, to, said) in [
            ("\"laboratory-1\"", "\"utility-1\"", "two keys are called utility-1"),
            ("\"laboratory.example\"", "\"Utility.example\"", "are one, written in two ways (U+0075 in one"),
            ("\"laboratory.example\"", "\"utility.ехample\"", "look alike and are not the same text (U+0065"),
            ("\"laboratory.example\"", "\"laboratory.example \"", "begins or ends with a space"),
            ("\"laboratory.example\"", "\"\"", "the organisation \"\" of key laboratory-1 is empty"),
            (
                "\"laboratory.example\"",
                "\"a\\u202eb\"",
                "\"a\\u{202e}b\" of key laboratory-1 has U+202E in it",
            ),
            ("\"laboratory-1\"", "\"ｕtility-1\"", "of two keys are one name, written in two ways"),
            ("\"laboratory-1\"", "\"utility-l\"", "of two keys look alike"),
            (
                "\"laboratory-1\"",
                "\"\\u200bl\"",
                "the name \"\\u{200b}l\" of key \"\\u{200b}l\" has U+200B in it",
            ),
            ("\"rebuilder\"", "\"rebuildr\"", "line 6, roles of key utility-1: unknown value `rebuildr`"),
            ("[\"rebuilder\"]", "[]", "key utility-1 has no role"),
            ("\"ed25519\"", "\"ed448\"", "line 4, algorithm of key utility-1: unknown value `ed448`"),
            ("organisation =", "organization =", "is organisation meant?"),
            ("identity = \"1234567812345678\"\n", "", "key utility-sm2 is an SM2 key without an identity"),
            ("identity = \"1234567812345678\"\n", "", "add `identity = \"…\"` to its entry"),
            ("identity = \"1234567812345678\"", "identity = \"\"", "key utility-sm2 has a wrong identity"),
            ("roles", "identity = \"a\"\nroles", "cover no identity"),
            (&bytes[..8], "", "key utility-1"),
            (&bytes[..8], "!!!!!!!!", "are not base 64"),
            ("algorithm = \"ed25519\"\n", "", "either pem, or algorithm and bytes"),
            ("BEGIN PUBLIC KEY", "BEGIN PUBLIC KEX", "key "),
            ("BEGIN PUBLIC KEY", "BEGIN PRIVATE KEY", "is a private key, which belongs in no trust store"),
            ("[[key]]", "[[key]", "line "),
            (text.as_str(), "", "it has no key; `sarsen trust add` writes one"),
            (text.as_str(), "key = []", "it has no key; `sarsen trust add` writes one"),
            ("[[key]]", &format!("{twin}[[key]]"), "the same key under two names"),
        ] {
            assert!(text.contains(from), "{from}");
            let errors = Trust::parse(&text.replacen(from, to, 1), "t").unwrap_err();
            assert!(errors.iter().all(|error| error.code == Code::TrustInvalid));
            assert!(errors.iter().any(|error| error.message.contains(said)), "{from} to {to}: {errors:#?}");
        }
    }

    #[test]
    fn all_mistakes_are_told() {
        let text = example();
        let wrong = text
            .replacen("\"utility.example\"", "\"Utility.example\"", 1)
            .replacen("identity = \"1234567812345678\"\n", "", 1)
            .replacen("[\"rebuilder\"]", "[]", 1)
            .replacen("\"laboratory-1\"\norganisation", "\"laboratory-1\"\norganization", 1)
            .replacen("revoked", "revokt", 1);
        let errors = Trust::parse(&wrong, "t").unwrap_err();
        let said: Vec<&str> = errors.iter().map(|error| error.message.as_str()).collect();
        for (said, (place, words)) in said.iter().zip([
            ("t: line 21, key laboratory-1: ", "unknown field `organization`"),
            ("t: line 32, key vendor-2025: ", "is revoked meant?"),
            ("t: key utility-1 ", "has no role"),
            (
                "t: organisations \"Utility.example\" (key utility-1) and ",
                "\"utility.example\" (key utility-sm2)",
            ),
            ("t: key utility-sm2 ", "without an identity"),
        ]) {
            assert!(said.starts_with(&format!("trust store {place}")) && said.contains(words), "{said}");
        }
        assert_eq!(said.len(), 5, "{said:#?}");
        let one = Error::from(errors);
        assert_eq!((one.code, one.message.matches("trust store t: ").count()), (Code::TrustInvalid, 5));
    }
}
