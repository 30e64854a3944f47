//! What SARIF 2.1.0 and GitHub demand of the objects that our reports use, written down once more, from the standard:
//! for each object its keys, those of them that must be there, and what each holds. A key that is not listed is a
//! fault, even where the standard knows it: then this list has to grow first.
//!
//! The published schema and GitHub's own rules judge the same documents in tests/formats/run.

use serde_json::Value;

/// What a key holds.
enum Holds {
    Text,
    /// A URI reference without characters that RFC 3986 does not allow.
    Uri,
    OneOf(&'static [&'static str]),
    /// An integer from this one on.
    From(i64),
    Bool,
    Object(&'static str),
    /// A list of objects, of at least so many.
    List(&'static str, usize),
}
use Holds::{Bool, From, List, Object, OneOf, Text, Uri};

/// Whether a key must be there: by the standard, or for GitHub ("SARIF support for code scanning").
const MUST: bool = true;
const MAY: bool = false;

/// An object's keys: name, whether it must be there, what it holds.
type Keys = &'static [(&'static str, bool, Holds)];

const LEVEL: Holds = OneOf(&["none", "note", "warning", "error"]);

const OBJECTS: &[(&str, Keys)] = &[
    ("log", &[("$schema", MUST, Uri), ("version", MUST, OneOf(&["2.1.0"])), ("runs", MUST, List("run", 1))]),
    (
        "run",
        &[
            ("results", MUST, List("result", 0)),
            ("tool", MUST, Object("tool")),
            ("invocations", MAY, List("invocation", 1)),
            ("automationDetails", MAY, Object("run automation details")),
        ],
    ),
    (
        "result",
        &[
            ("ruleId", MUST, Text),
            ("ruleIndex", MUST, From(0)),
            ("level", MUST, LEVEL),
            ("message", MUST, Object("message")),
            ("locations", MUST, List("location", 1)),
            ("partialFingerprints", MUST, Object("fingerprints")),
            ("suppressions", MAY, List("suppression", 1)),
        ],
    ),
    ("message", &[("text", MUST, Text)]),
    (
        "location",
        &[
            ("physicalLocation", MUST, Object("physical location")),
            ("logicalLocations", MAY, List("logical location", 1)),
        ],
    ),
    (
        "physical location",
        &[("artifactLocation", MUST, Object("artifact location")), ("region", MUST, Object("region"))],
    ),
    ("artifact location", &[("uri", MUST, Uri)]),
    ("region", &[("startLine", MUST, From(1))]),
    ("logical location", &[("fullyQualifiedName", MUST, Text), ("kind", MAY, OneOf(&["member"]))]),
    ("fingerprints", &[("primaryLocationLineHash", MUST, Text)]),
    (
        "suppression",
        &[
            ("kind", MUST, OneOf(&["inSource", "external"])),
            ("status", MAY, OneOf(&["accepted", "underReview", "rejected"])),
            ("justification", MAY, Text),
        ],
    ),
    ("tool", &[("driver", MUST, Object("tool component"))]),
    (
        "tool component",
        &[
            ("name", MUST, Text),
            ("version", MAY, Text),
            ("semanticVersion", MAY, Text),
            ("rules", MUST, List("reporting descriptor", 0)),
        ],
    ),
    (
        "reporting descriptor",
        &[
            ("id", MUST, Text),
            ("shortDescription", MUST, Object("message")),
            ("fullDescription", MUST, Object("message")),
            ("help", MUST, Object("multiformat message")),
            ("defaultConfiguration", MAY, Object("reporting configuration")),
        ],
    ),
    ("multiformat message", &[("text", MUST, Text), ("markdown", MAY, Text)]),
    ("reporting configuration", &[("level", MAY, LEVEL)]),
    (
        "invocation",
        &[
            ("executionSuccessful", MUST, Bool),
            ("exitCode", MAY, From(0)),
            ("toolExecutionNotifications", MAY, List("notification", 0)),
            ("toolConfigurationNotifications", MAY, List("notification", 0)),
        ],
    ),
    (
        "notification",
        &[
            ("level", MAY, LEVEL),
            ("descriptor", MAY, Object("descriptor reference")),
            ("message", MUST, Object("message")),
            ("locations", MAY, List("whole file", 1)),
        ],
    ),
    ("whole file", &[("physicalLocation", MUST, Object("whole physical location"))]),
    ("whole physical location", &[("artifactLocation", MUST, Object("artifact location"))]),
    ("descriptor reference", &[("id", MUST, Text)]),
    ("run automation details", &[("id", MUST, Text)]),
];

/// Every way in which `document` is not such a document, with the way to it.
pub fn faults(document: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    object("log", document, "", &mut faults);
    faults
}

fn object(name: &str, value: &Value, way: &str, faults: &mut Vec<String>) {
    let (_, keys) = OBJECTS.iter().find(|(object, _)| *object == name).expect("every object is described");
    let Some(entries) = value.as_object() else {
        faults.push(format!("{way} is no object"));
        return;
    };
    for (key, must, holds) in *keys {
        match entries.get(*key) {
            Some(value) => judge(holds, value, &format!("{way}/{key}"), faults),
            None if *must => faults.push(format!("{way} has no {key}")),
            None => {}
        }
    }
    for key in entries.keys().filter(|key| !keys.iter().any(|(known, ..)| known == key)) {
        faults.push(format!("{way} has the unknown key {key}"));
    }
}

fn judge(holds: &Holds, value: &Value, way: &str, faults: &mut Vec<String>) {
    let good = match holds {
        Text => value.as_str().is_some_and(|text| !text.is_empty()),
        Uri => value.as_str().is_some_and(is_uri_reference),
        OneOf(words) => value.as_str().is_some_and(|text| words.contains(&text)),
        From(least) => value.as_i64().is_some_and(|number| number >= *least),
        Bool => value.is_boolean(),
        Object(name) => return object(name, value, way, faults),
        List(name, least) => {
            let items = value.as_array().map_or(&[][..], Vec::as_slice);
            for (index, item) in items.iter().enumerate() {
                object(name, item, &format!("{way}/{index}"), faults);
            }
            value.is_array() && items.len() >= *least
        }
    };
    if !good {
        faults.push(format!("{way} is {value}"));
    }
}

fn is_uri_reference(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&b);
    let escapes = text
        .split('%')
        .skip(1)
        .all(|rest| rest.len() >= 2 && rest.bytes().take(2).all(|b| b.is_ascii_hexdigit()));
    !text.is_empty() && text.bytes().all(allowed) && escapes
}
