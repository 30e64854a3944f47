//! Digests by name, each name once: JSON leaves it to the reader which of two members of one name counts (RFC 8259 section
//! 4), and two programs must not read two digests.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

type Digests = BTreeMap<String, String>;

/// Reads digests; a second one of the same name is an error.
pub fn once<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Digests, D::Error> {
    deserializer.deserialize_map(Once)
}

/// The same where there may be none.
pub fn maybe<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Digests>, D::Error> {
    struct Inner(Digests);
    impl<'de> Deserialize<'de> for Inner {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            once(deserializer).map(Self)
        }
    }
    Ok(Option::<Inner>::deserialize(deserializer)?.map(|inner| inner.0))
}

struct Once;

impl<'de> Visitor<'de> for Once {
    type Value = Digests;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("digests by their names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Digests, A::Error> {
        let mut digests = Digests::new();
        while let Some((name, value)) = members.next_entry::<String, String>()? {
            if digests.contains_key(&name) {
                return Err(A::Error::custom(format_args!("duplicate digest `{name}`")));
            }
            digests.insert(name, value);
        }
        Ok(digests)
    }
}
