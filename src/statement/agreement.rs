//! Whether two lists of digests are about the same bytes, as far as both say anything.

use std::collections::{BTreeMap, BTreeSet};

use super::is_file;

/// Digests in hexadecimal by the algorithm's name, by the name of the subject.
pub type Outputs = BTreeMap<String, BTreeMap<String, String>>;

/// Whether they have a digest in common, and none that contradicts.
pub fn agree(one: &Outputs, other: &Outputs) -> bool {
    comparable(one, other) && difference(one, other).is_none()
}

/// Whether there is anything that both state: a digest of one name by one algorithm.
pub fn comparable(one: &Outputs, other: &Outputs) -> bool {
    one.iter().any(|(name, digests)| {
        other.get(name).is_some_and(|others| digests.keys().any(|algorithm| others.contains_key(algorithm)))
    })
}

/// The first name, files before whole outputs, that makes them contradict each other: a digest that both state and that is
/// not the same, or a file that only one has of an output whose files both list. An output that only one mentions, and a
/// digest that only one has, say nothing.
pub fn difference<'o>(one: &'o Outputs, other: &'o Outputs) -> Option<&'o str> {
    // The usual case, without sets.
    if one == other {
        return None;
    }
    // One that names no whole output knows its files by the same names.
    let output = |name: &'o str| match output_of(name, one) {
        "out" => output_of(name, other),
        output => output,
    };
    let listed = |outputs: &'o Outputs| -> BTreeSet<&'o str> {
        outputs.keys().filter(|name| is_file(name)).map(|name| output(name)).collect()
    };
    let (own, others) = (listed(one), listed(other));
    let both = |name: &'o str| is_file(name) && own.contains(output(name)) && others.contains(output(name));
    let names: BTreeSet<&'o str> = one.keys().chain(other.keys()).map(String::as_str).collect();
    let differs = |name: &&'o str| match (one.get(*name), other.get(*name)) {
        (Some(a), Some(b)) => {
            a.iter().any(|(algorithm, digest)| b.get(algorithm).is_some_and(|d| d != digest))
        }
        _ => both(name),
    };
    names.into_iter().filter(differs).min_by_key(|name| !is_file(name))
}

/// The output that a file belongs to: `NAME:` before its path where an output is called so, else `out`.
pub fn output_of<'n>(name: &'n str, outputs: &Outputs) -> &'n str {
    let output = name.split_once(':').map(|(output, _)| output);
    output.filter(|output| outputs.contains_key(&format!("nar:{output}"))).unwrap_or("out")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outputs(list: &[(&str, &str, &str)]) -> Outputs {
        let mut outputs = Outputs::new();
        for (name, algorithm, digest) in list {
            outputs.entry((*name).into()).or_default().insert((*algorithm).into(), (*digest).into());
        }
        outputs
    }

    #[test]
    fn only_what_both_state_is_compared() {
        let full =
            [("a", "sha256", "1"), ("a", "sm3", "2"), ("b", "sha256", "3"), ("nar:out", "sha256", "4")];
        let own = outputs(&full);
        for (other, comparable_, first) in [
            (full.to_vec(), true, None),
            // Fewer digests, or no whole output.
            (vec![("a", "sha256", "1"), ("b", "sha256", "3")], true, None),
            (vec![("nar:out", "sha256", "4")], true, None),
            // An output more.
            ([&full[..], &[("dev:x", "sha256", "5"), ("nar:dev", "sha256", "6")]].concat(), true, None),
            (vec![("a", "md5", "1"), ("b", "md5", "3")], false, None),
            (vec![], false, None),
            // One that names files only.
            (vec![("a", "sha256", "1"), ("b", "sha256", "3"), ("dev:x", "sha256", "5")], true, Some("dev:x")),
            // A file that is not there, or one more.
            (vec![("a", "sha256", "1")], true, Some("b")),
            ([&full[..], &[("c", "sha256", "5")]].concat(), true, Some("c")),
            (vec![("a", "sha256", "1"), ("b", "sha256", "0"), ("nar:out", "sha256", "0")], true, Some("b")),
            (vec![("nar:out", "sha256", "0")], true, Some("nar:out")),
            (vec![("a", "sm3", "0"), ("b", "sha256", "3")], true, Some("a")),
        ] {
            let other = outputs(&other);
            assert_eq!(comparable(&own, &other), comparable_, "{other:?}");
            assert_eq!((difference(&own, &other), difference(&other, &own)), (first, first), "{other:?}");
            assert_eq!(agree(&own, &other), comparable_ && first.is_none());
        }
    }

    #[test]
    fn files_of_an_output_that_only_one_names_as_a_whole_are_compared() {
        let whole = outputs(&[("a", "sha256", "1"), ("dev:x", "sha256", "2"), ("nar:dev", "sha256", "3")]);
        for (files, first) in [
            (vec![("a", "sha256", "1")], None),
            (vec![("a", "sha256", "1"), ("dev:x", "sha256", "2")], None),
            (vec![("a", "sha256", "1"), ("dev:y", "sha256", "2")], Some("dev:x")),
        ] {
            let files = outputs(&files);
            assert_eq!((difference(&whole, &files), difference(&files, &whole)), (first, first), "{files:?}");
        }
    }

    #[test]
    fn a_file_belongs_to_the_output_that_is_named_before_it() {
        let both = outputs(&[("nar:out", "sha256", "1"), ("nar:dev", "sha256", "2")]);
        assert_eq!(output_of("dev:include/a.h", &both), "dev");
        assert_eq!(output_of("doc:include/a.h", &both), "out");
        assert_eq!(output_of("bin/a", &both), "out");
    }
}
