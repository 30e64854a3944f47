//! Statements about builds: the in-toto Statement v1 (in-toto/attestation, spec/v1/statement.md), with our predicate
//! [`rebuild`] and the same facts as SLSA provenance ([`slsa`]). Here are only their shapes and what makes them valid;
//! who signs them is the envelope's affair, and whether they are believed is the policy's.

pub mod agreement;
pub mod bundle;
pub mod rebuild;
pub mod slsa;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::{Code, Error};
use crate::json;

pub use rebuild::Rebuild;

/// What `_type` must be.
pub const TYPE: &str = "https://in-toto.io/Statement/v1";

/// A statement about `subject`. A member that is not known is an error, here as in the predicate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Statement<P> {
    /// Always [`TYPE`].
    #[serde(rename = "_type")]
    pub kind: String,
    /// What it is about; never empty.
    pub subject: Vec<Subject>,
    /// Says how to read `predicate`.
    #[serde(rename = "predicateType")]
    pub predicate_type: String,
    /// What is said.
    pub predicate: P,
}

/// A thing named by its digests (in-toto ResourceDescriptor).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// The path of a file below the output, as `bin/sarsen`; `nar:out` for the whole output of that name; `drv:` and a
    /// path for a derivation.
    pub name: String,
    /// Digests in lower-case hexadecimal, by the algorithm's name (in-toto/attestation, spec/v1/digest_set.md).
    pub digest: BTreeMap<String, String>,
    /// The size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<Size>,
}

/// The size of a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Size {
    /// In bytes.
    pub size: u64,
}

impl Subject {
    /// Whether it is a file of an output, neither a whole output nor a derivation.
    pub fn is_file(&self) -> bool {
        is_file(&self.name)
    }
}

/// The same by the subject's name.
pub fn is_file(name: &str) -> bool {
    !name.starts_with("nar:") && !name.starts_with("drv:")
}

impl<P> Statement<P> {
    /// A statement of the given type.
    pub fn new(subject: Vec<Subject>, predicate_type: &str, predicate: P) -> Self {
        Self { kind: TYPE.into(), subject, predicate_type: predicate_type.into(), predicate }
    }
}

impl<P: Serialize> Statement<P> {
    /// The bytes to sign.
    pub fn to_json(&self) -> Vec<u8> {
        json(self)
    }
}

fn json(statement: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(statement).expect("strings, numbers and lists have a JSON form")
}

impl Statement<Rebuild> {
    /// Reads a rebuild statement, of either version, from the payload of an envelope whose signature holds; `name` is for messages.
    ///
    /// # Errors
    /// `statement-other` if it is a statement of another type; `statement-invalid` if it is no statement or contradicts
    /// itself, such as digests of the wrong length, two subjects of one name or a verdict without what it is about.
    pub fn parse(payload: &[u8], name: &str) -> Result<Self, Error> {
        /// What tells how to read the rest.
        #[derive(Deserialize)]
        struct Head {
            #[serde(rename = "_type")]
            kind: String,
            #[serde(rename = "predicateType")]
            predicate_type: String,
        }
        let invalid = |why: &dyn std::fmt::Display| {
            Error::new(
                Code::StatementInvalid,
                format!("{name} is no rebuild statement: {why}; what it was meant to say counts for nothing"),
            )
        };
        json::check(payload).map_err(|error| invalid(&error))?;
        // What is written today is read without a look at its head.
        if let Ok(statement) = json::checked::<Self>(payload) {
            if statement.kind == TYPE && statement.predicate_type == rebuild::TYPE {
                statement.validate().map_err(|why| invalid(&why))?;
                return Ok(statement);
            }
        }
        let head: Head = serde_json::from_slice(payload).map_err(|error| invalid(&error))?;
        let known = [rebuild::TYPE, rebuild::v1::TYPE].contains(&head.predicate_type.as_str());
        // It may be dissent: not something to pass over.
        if !known && is_rebuild(&head.predicate_type) {
            return Err(invalid(&format!(
                "it is of type {:?}, and this sarsen reads {} and {}; use one that knows all three",
                head.predicate_type,
                rebuild::TYPE,
                rebuild::v1::TYPE
            )));
        }
        if known && head.kind != TYPE {
            return Err(invalid(&format!(
                "its _type is {:?}, and that of a statement is {TYPE:?}",
                head.kind
            )));
        }
        if !known {
            return Err(Error::new(
                Code::StatementOther,
                format!(
                    "{name} is a statement of type {} about {}, not of {TYPE} about {}: it says nothing about rebuilds",
                    head.kind,
                    head.predicate_type,
                    rebuild::TYPE
                ),
            ));
        }
        let statement = if head.predicate_type == rebuild::v1::TYPE {
            let first: Statement<rebuild::v1::Rebuild> =
                json::checked(payload).map_err(|error| invalid(&error))?;
            first.into_second()
        } else {
            json::checked(payload).map_err(|error| invalid(&error))?
        };
        statement.validate().map_err(|why| invalid(&why))?;
        Ok(statement)
    }

    /// It was read from the first version of the predicate, which does not say where the output came from.
    pub fn is_first_version(&self) -> bool {
        self.predicate_type == rebuild::v1::TYPE
    }

    /// Says why it cannot be believed whoever signed it.
    ///
    /// # Errors
    /// One sentence fragment.
    pub fn validate(&self) -> Result<(), String> {
        subjects("subject", &self.subject)?;
        if self.subject.is_empty() {
            return Err("it has no subject".into());
        }
        self.predicate.validate(&self.subject, self.is_first_version())
    }
}

/// Whether a predicate's type is that of rebuilds in some version and spelling.
fn is_rebuild(predicate_type: &str) -> bool {
    letters(predicate_type.as_bytes()).starts_with(&letters(b"urn:sarsen:rebuild"))
}

/// Whether a payload that is signed as something else speaks of rebuilds: by its predicate's type, or, where it has none that
/// can be read, anywhere.
pub fn mentions_rebuild(payload: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Head {
        #[serde(rename = "predicateType")]
        predicate_type: String,
    }
    if let Ok(head) = json::read::<Head>(payload) {
        return is_rebuild(&head.predicate_type);
    }
    memchr::memmem::find(&letters(payload), &letters(b"urn:sarsen:rebuild")).is_some()
}

/// The letters and digits of ASCII in a text, in lower case, those that JSON or a URI spells by their numbers included: what
/// is left when marks, spaces and case are varied.
fn letters(text: &[u8]) -> Vec<u8> {
    let number = |digits: Option<&[u8]>| {
        let digits = std::str::from_utf8(digits?).ok()?;
        u32::from_str_radix(digits, 16).ok().and_then(char::from_u32)
    };
    let mut letters = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let (read, length) = match &text[at..] {
            [b'\\', b'u', ..] => (number(text.get(at + 2..at + 6)), 6),
            [b'%', ..] => (number(text.get(at + 1..at + 3)), 3),
            _ => (None, 1),
        };
        let (letter, length) = read.map_or((char::from(text[at]), 1), |letter| (letter, length));
        if letter.is_ascii_alphanumeric() {
            letters.push(letter.to_ascii_lowercase() as u8);
        }
        at += length;
    }
    letters
}

/// Whether each has a name of its own and digests of the right length.
fn subjects(what: &str, subjects: &[Subject]) -> Result<(), String> {
    let mut names: Vec<&str> = subjects.iter().map(|subject| subject.name.as_str()).collect();
    names.sort_unstable();
    if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0]) {
        return Err(format!("its {what} names {twice:?} twice"));
    }
    for Subject { name, digest, .. } in subjects {
        let path = name
            .split_once(':')
            .filter(|(output, _)| !output.contains('/'))
            .map_or(&**name, |(_, path)| path);
        if is_file(name) && path.split('/').any(|part| ["", ".", ".."].contains(&part)) {
            return Err(format!("its {what} names {name:?}, which is the path of no file in an output"));
        }
        if digest.is_empty() {
            return Err(format!("its {what} {name:?} has no digest"));
        }
        digests(&format!("{what} {name:?}"), digest)?;
    }
    Ok(())
}

/// Whether the digests have the form of their algorithm. Algorithms that are not known are left to whoever demands them.
fn digests(what: &str, digests: &BTreeMap<String, String>) -> Result<(), String> {
    for (algorithm, value) in digests {
        let size = match algorithm.as_str() {
            "sha1" => 40,
            "gitCommit" | "gitTree" if value.len() == 40 => 40,
            "gitCommit" | "gitTree" | "sha256" | "sm3" => 64,
            _ => continue,
        };
        if value.len() != size || !value.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(format!(
                "the {algorithm} of its {what} is {value:?}, not {size}{} lower-case hexadecimal digits",
                if algorithm.starts_with("git") { " or 40" } else { "" }
            ));
        }
    }
    Ok(())
}
