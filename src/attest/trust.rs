//! The trust store: whose key each key is and what it may sign (docs/formats/trust.md). Everything that decides whether
//! two signatures are two opinions comes from here: key bytes and organisations, never names or key ids in envelopes.

use std::path::Path;

use base64ct::{Base64, Encoding};
use serde::Deserialize;

use crate::configuration;
use crate::error::{Code, Error};
use crate::key::{Algorithm, PublicKey};

/// A trust store as written. Unknown keys are errors.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Document {
    /// The keys.
    key: Vec<Entry>,
}

/// `[[key]]`
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Entry {
    /// What policies and reports call it.
    name: String,
    /// Who answers for it. However many keys an organisation has, it is one opinion.
    organisation: String,
    /// The public key as PEM (SPKI, RFC 7468); or `algorithm` and `bytes` instead.
    #[serde(default)]
    pem: Option<String>,
    /// The algorithm of `bytes`.
    #[serde(default)]
    algorithm: Option<Kind>,
    /// The public key in base 64: 32 bytes for Ed25519; 65 for SM2, uncompressed.
    #[serde(default)]
    bytes: Option<String>,
    /// The identity that SM2 signatures of this key are made with. Required for SM2, here or in the PEM's text.
    #[serde(default)]
    identity: Option<String>,
    /// What it may sign.
    roles: Vec<Role>,
    /// Why nothing that it signs counts any more, whenever it was signed.
    #[serde(default)]
    revoked: Option<String>,
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
    /// `trust-invalid`, or an `input-…` code if the file cannot be read.
    pub fn load(path: &Path) -> Result<Self, Error> {
        Self::parse(&configuration::text(path, Code::TrustInvalid)?, &path.to_string_lossy())
    }

    /// Reads a trust store; `origin` is its name in messages.
    ///
    /// # Errors
    /// `trust-invalid` if it is none, if two entries share a name or the bytes of their key, if organisations differ in
    /// nothing but case, or if a key is none.
    pub fn parse(text: &str, origin: &str) -> Result<Self, Error> {
        let invalid = |why: String| {
            Error::new(Code::TrustInvalid, format!("trust store {origin}: {why}; nothing of it is used"))
        };
        let document: Document = configuration::parse(text).map_err(invalid)?;
        let mut keys: Vec<Key> = Vec::new();
        for entry in document.key {
            let key = entry.key(origin).map_err(invalid)?;
            if let Some(why) = keys.iter().find_map(|other| clash(&key, other)) {
                return Err(invalid(why));
            }
            keys.push(key);
        }
        if keys.is_empty() {
            return Err(invalid("it names no key".into()));
        }
        Ok(Self { keys })
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

impl Entry {
    fn key(self, origin: &str) -> Result<Key, String> {
        let Self { name, organisation, identity, roles, revoked, .. } = self;
        for (what, text) in [("name", &name), ("organisation", &organisation)] {
            if text.is_empty() || text.trim() != text || text.chars().any(char::is_control) {
                return Err(format!("the {what} {text:?} of a key is empty, or begins or ends with a space"));
            }
        }
        if roles.is_empty() {
            return Err(format!("key {name} has no role, so it may sign nothing"));
        }
        let identity = identity.as_deref();
        let public = match (&self.pem, self.algorithm, &self.bytes) {
            (Some(pem), None, None) => {
                PublicKey::parse(pem.as_bytes(), &format!("key {name} of {origin}"), identity)
            }
            (None, Some(algorithm), Some(bytes)) => {
                let bytes =
                    Base64::decode_vec(bytes).map_err(|_| format!("bytes of key {name} are not base 64"))?;
                PublicKey::from_bytes(algorithm.into(), &bytes, identity)
            }
            _ => return Err(format!("key {name} wants either pem, or algorithm and bytes")),
        };
        let public = public.map_err(|error| format!("key {name}: {}", error.message))?;
        let id = public.id();
        Ok(Key { name, organisation, public, roles, revoked, id })
    }
}

/// Why these two cannot both be trusted.
fn clash(key: &Key, other: &Key) -> Option<String> {
    if key.name == other.name {
        return Some(format!("two keys are called {}", key.name));
    }
    if key.public.bytes() == other.public.bytes() {
        return Some(format!(
            "{} and {} are the same key under two names: one signer would count as two",
            other.name, key.name
        ));
    }
    (key.organisation != other.organisation
        && key.organisation.to_lowercase() == other.organisation.to_lowercase())
    .then(|| {
        format!(
            "organisations {:?} and {:?} differ in nothing but case: one would count as two",
            other.organisation, key.organisation
        )
    })
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
            ("\"laboratory.example\"", "\"Utility.example\"", "differ in nothing but case"),
            ("\"laboratory.example\"", "\"laboratory.example \"", "begins or ends with a space"),
            ("\"rebuilder\"", "\"rebuildr\"", "unknown variant `rebuildr`"),
            ("[\"rebuilder\"]", "[]", "has no role"),
            ("\"ed25519\"", "\"ed448\"", "unknown variant `ed448`"),
            ("organisation =", "organization =", "is organisation meant?"),
            ("identity = \"1234567812345678\"\n", "", "key utility-sm2"),
            (&bytes[..8], "", "key utility-1"),
            (&bytes[..8], "!!!!!!!!", "are not base 64"),
            ("algorithm = \"ed25519\"\n", "", "either pem, or algorithm and bytes"),
            ("BEGIN PUBLIC KEY", "BEGIN PUBLIC KEX", "key "),
            ("[[key]]", "[[key]", "line "),
            (text.as_str(), "", "missing field `key`"),
            (text.as_str(), "key = []", "names no key"),
            ("[[key]]", &format!("{twin}[[key]]"), "the same key under two names"),
        ] {
            assert!(text.contains(from), "{from}");
            let error = Trust::parse(&text.replacen(from, to, 1), "t").unwrap_err();
            assert_eq!(error.code, Code::TrustInvalid);
            assert!(error.message.contains(said), "{from} to {to}: {error}");
        }
    }
}
