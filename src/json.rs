//! JSON that nobody vouches for: before it is read into a structure, what would be read differently elsewhere is refused.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::strict::Strict;

/// Whether `text` is one JSON value, nested at most 127 deep, in which no object has two members of one name (RFC 8259,
/// section 4: what those mean is left to each program).
///
/// # Errors
/// What is wrong and at which line and column.
pub fn check(text: &[u8]) -> Result<(), serde_json::Error> {
    serde_json::from_str::<Distinct>(utf8(text)?).map(|_| ())
}

/// A `T` from one JSON value that passes [`check`]. Structures are read from objects alone and choices from strings alone
/// ([`Strict`]).
///
/// # Errors
/// What is wrong and at which line and column.
pub fn read<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Result<T, serde_json::Error> {
    check(text)?;
    checked(text)
}

/// The same of a text that has passed [`check`] already.
///
/// # Errors
/// What is wrong and at which line and column.
pub fn checked<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Result<T, serde_json::Error> {
    let mut json = serde_json::Deserializer::from_str(utf8(text)?);
    let value = T::deserialize(Strict(&mut json))?;
    json.end()?;
    Ok(value)
}

/// The text as one: looked through at once, and not each string in it.
fn utf8(text: &[u8]) -> Result<&str, serde_json::Error> {
    std::str::from_utf8(text)
        .map_err(|error| de::Error::custom(format!("it is not UTF-8 from byte {} on", error.valid_up_to())))
}

/// Any value, looked through and dropped.
struct Distinct;

impl<'de> Deserialize<'de> for Distinct {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Look)
    }
}

/// The name of a member; copied only where the text has escapes in it.
#[derive(serde::Deserialize)]
pub(crate) struct Name<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

/// The names of an object's members. Most objects have few, and comparing these is faster than keeping them in order; with
/// more it would take the square of their number.
#[derive(Default)]
struct Names<'a> {
    few: Vec<Cow<'a, str>>,
    many: BTreeSet<Cow<'a, str>>,
}

impl<'a> Names<'a> {
    const FEW: usize = 8;

    fn has(&self, name: &str) -> bool {
        self.few.iter().any(|other| other == name) || self.many.contains(name)
    }

    fn add(&mut self, name: Cow<'a, str>) {
        if self.few.len() < Self::FEW {
            self.few.push(name);
        } else {
            self.many.insert(name);
        }
    }
}

struct Look;

impl<'de> Visitor<'de> for Look {
    type Value = Distinct;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Distinct, E> {
        Ok(Distinct)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Distinct, E> {
        Ok(Distinct)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Distinct, E> {
        Ok(Distinct)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Distinct, E> {
        Ok(Distinct)
    }

    fn visit_str<E>(self, _: &str) -> Result<Distinct, E> {
        Ok(Distinct)
    }

    fn visit_unit<E>(self) -> Result<Distinct, E> {
        Ok(Distinct)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Distinct, A::Error> {
        while items.next_element::<Distinct>()?.is_some() {}
        Ok(Distinct)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Distinct, A::Error> {
        let mut names = Names::default();
        while let Some(Name(name)) = members.next_key()? {
            if names.has(&name) {
                return Err(de::Error::custom(format!("two members are called {name:?}")));
            }
            names.add(name);
            members.next_value::<Distinct>()?;
        }
        Ok(Distinct)
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn members_of_one_name_are_found_at_any_depth() {
        for text in [r#"{"a":1,"b":[true,null,"x",-1,1.5,{"a":{}}]}"#, "[]", "0", r#" "text" "#] {
            check(text.as_bytes()).unwrap();
        }
        for (text, why) in [
            (r#"{"a":1,"a":2}"#, "two members are called \"a\""),
            (r#"{"a":1,"\u0061":2}"#, "two members are called \"a\""),
            (r#"{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"j":1,"a":1}"#, "called \"a\""),
            (r#"{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"j":1,"i":1}"#, "called \"i\""),
            (r#"[{"x":[{"b":1,"c":1,"b":1}]}]"#, "two members are called \"b\""),
            (r#"{"a":1} x"#, "trailing characters"),
            (r#"{"a":"#, "EOF"),
            ("", "EOF"),
            ("\u{feff}{}", "expected value"),
            ("[1e400]", "number out of range"),
            ("[\"\\ud800\"]", "hex escape"),
        ] {
            let error = check(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
        assert!(check(b"[\"\xff\"]").is_err(), "not UTF-8");
    }

    #[test]
    fn lists_are_no_structures_wherever_they_are() {
        #[derive(serde::Deserialize)]
        struct Point {
            x: u8,
        }
        assert_eq!(super::read::<Vec<Point>>(br#" [{"x":1}] "#).unwrap()[0].x, 1);
        for (text, why) in [
            ("[[1]]", "invalid type: sequence"),
            (r#"[{"x":1,"y":0,"y":0}]"#, "two members are called \"y\""),
            (r#"[{"x":1}] []"#, "trailing characters"),
        ] {
            let error = super::read::<Vec<Point>>(text.as_bytes()).map(|_| ()).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
        assert!(super::checked::<Vec<Point>>(br#"[{"x":1}] []"#).is_err());
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        check(nested(127).as_bytes()).unwrap();
        assert!(check(nested(128).as_bytes()).unwrap_err().to_string().contains("recursion limit"));
        assert!(check(&vec![b'['; 1 << 24]).is_err());
        assert!(check("{\"a\":".repeat(1 << 20).as_bytes()).is_err());
    }
}
