//! Statements about builds: the in-toto Statement v1 (in-toto/attestation, spec/v1/statement.md), with our predicate
//! [`rebuild`] and the same facts as SLSA provenance ([`slsa`]). Here are only their shapes and what makes them valid;
//! who signs them is the envelope's affair, and whether they are believed is the policy's.

pub mod bundle;
pub mod rebuild;
pub mod slsa;

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
    /// Reads a rebuild statement from the payload of an envelope whose signature holds; `name` is for messages.
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
        let head: Head = serde_json::from_slice(payload).map_err(|error| invalid(&error))?;
        let family = rebuild::TYPE.trim_end_matches(|c: char| c.is_ascii_digit());
        if head.predicate_type != rebuild::TYPE && head.predicate_type.trim().starts_with(family) {
            // It may be dissent: not something to pass over.
            return Err(invalid(&format!(
                "it is of type {:?}, and this sarsen reads {}; use one that knows both",
                head.predicate_type,
                rebuild::TYPE
            )));
        }
        if head.kind != TYPE || head.predicate_type != rebuild::TYPE {
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
        let statement: Self = serde_json::from_slice(payload).map_err(|error| invalid(&error))?;
        statement.validate().map_err(|why| invalid(&why))?;
        Ok(statement)
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
        self.predicate.validate(&self.subject)
    }
}

/// Whether each has a name of its own and digests of the right length.
fn subjects(what: &str, subjects: &[Subject]) -> Result<(), String> {
    let mut names: Vec<&str> = subjects.iter().map(|subject| subject.name.as_str()).collect();
    names.sort_unstable();
    if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0]) {
        return Err(format!("its {what} names {twice:?} twice"));
    }
    for Subject { name, digest, .. } in subjects {
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
                "the {algorithm} of its {what} is {value:?}, not {size} lower-case hexadecimal digits"
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A statement as docs/formats/rebuild.md shows it.
    fn example() -> String {
        let page = include_str!("../../docs/formats/rebuild.md");
        page.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap().to_owned()
    }

    #[test]
    fn the_schema_in_docs_is_what_the_types_say() {
        crate::schema::compare::<Statement<Rebuild>>("rebuild-1");
    }

    #[test]
    fn the_documented_example_is_read_and_written_back() {
        let text = example();
        let statement = Statement::<Rebuild>::parse(text.as_bytes(), "the example").unwrap();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_value(&statement).unwrap(), value);
        assert_eq!(statement.predicate.count(rebuild::Origin::Built), 1);
    }

    /// Each edit of the example makes it unbelievable, and the message says why.
    #[test]
    fn what_contradicts_itself_is_refused() {
        let text = example();
        let digest = text.split("\"sha256\": \"").nth(1).unwrap()[..64].to_owned();
        for (from, to, said) in [
            (digest.as_str(), "ab", "hexadecimal digits"),
            (&digest[..8], "ABCDEF00", "hexadecimal digits"),
            ("\"result\": \"matches\"", "\"result\": \"produced\"", "compares with something"),
            ("\"result\": \"matches\"", "\"result\": \"differs\"", "names nothing else"),
            ("\"result\": \"matches\"", "\"result\": \"failed\"", "its subject names an output"),
            ("\"result\": \"matches\"", "\"result\": \"perfect\"", "unknown variant"),
            ("\"nar:out\"", "\"bin/sarsen\"", "twice"),
            ("\"dirty\": false", "\"dirty\": false, \"dirty\": false", "two members are called \"dirty\""),
            ("\"dirty\": false", "\"dirty\": false, \"clean\": true", "unknown field"),
            ("\"https://builds.utility.example/sarsen\"", "\"not a uri\"", "is no URI"),
            ("\"organisation\": \"utility.example\"", "\"organisation\": \" x\"", "is no name"),
            ("\"_type\"", "\"more\": 1, \"_type\"", "unknown field"),
            ("\"annotations\": { ", "\"annotations\": { \"more\": 1, ", "unknown field"),
            ("T07:59:59Z", " 07:59:59", "not of the form"),
            ("\"sha256\": \"", "\"md5\": \"", "sha256"),
            ("\"sm3\": ", "\"sm3\": \"\", \"sm3\": ", "two members are called \"sm3\""),
            ("\"gitTree\": ", "\"gitCommit\": ", "two members are called \"gitCommit\""),
            ("\"flakeLock\": { ", "\"flakeLock\": { \"sha256\": \"\", ", "two members are called \"sha256\""),
        ] {
            assert!(text.contains(from), "{from}");
            // One place only, so that the two sides of a comparison do not change alike.
            let edited = if from.starts_with("\"sha256\"") {
                text.replace(from, to)
            } else {
                text.replacen(from, to, 1)
            };
            let error = Statement::<Rebuild>::parse(edited.as_bytes(), "it").unwrap_err();
            assert_eq!(error.code, Code::StatementInvalid);
            assert!(error.message.contains(said), "{from} to {to}: {error}");
        }
        let other = text.replace(rebuild::TYPE, "https://slsa.dev/provenance/v1");
        assert_eq!(
            Statement::<Rebuild>::parse(other.as_bytes(), "it").unwrap_err().code,
            Code::StatementOther
        );
        let nested = "[".repeat(10_000_000);
        assert_eq!(
            Statement::<Rebuild>::parse(nested.as_bytes(), "it").unwrap_err().code,
            Code::StatementInvalid
        );
    }

    #[test]
    fn the_view_for_slsa_names_what_was_built_from_what() {
        let statement = Statement::<Rebuild>::parse(example().as_bytes(), "the example").unwrap();
        let view = serde_json::to_value(slsa::view(&statement).unwrap()).unwrap();
        assert_eq!(view["predicateType"], "https://slsa.dev/provenance/v1");
        assert_eq!(view["subject"][0]["digest"]["sha256"], statement.subject[0].digest["sha256"]);
        let definition = &view["predicate"]["buildDefinition"];
        assert_eq!(definition["externalParameters"]["attribute"], statement.predicate.recipe.attribute);
        assert_eq!(
            definition["resolvedDependencies"][0]["digest"]["gitCommit"],
            statement.predicate.source.digest["gitCommit"]
        );
        assert_eq!(view["predicate"]["runDetails"]["builder"]["id"], statement.predicate.builder.id);
        let mut failed = statement;
        failed.predicate.verdict.result = rebuild::Outcome::Failed;
        assert!(slsa::view(&failed).is_none());
    }
}
