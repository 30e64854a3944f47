//! Which name of a statement a file at hand has. A program that lies where another one belongs has the right bytes of a
//! statement, and the wrong ones of its name.

use std::collections::{BTreeSet, HashMap};
use std::ffi::OsStr;
use std::path::{Component, Path};

use crate::content::{File, without_hash};
use crate::statement::is_file;

/// The names under which a file may be stated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Names {
    /// One of these; several where more than one file is called the same.
    These(BTreeSet<String>),
    /// No statement names a file that is called like this one: whatever has its bytes.
    Any,
}

/// The files that statements name, to be found by what a path may end with.
#[derive(Debug, Default)]
pub struct Stated<'s> {
    names: BTreeSet<&'s str>,
    /// By their paths in their outputs.
    paths: HashMap<&'s str, BTreeSet<&'s str>>,
    /// By the last part of these.
    bases: HashMap<&'s str, BTreeSet<&'s str>>,
}

impl<'s> FromIterator<&'s str> for Stated<'s> {
    /// What is no file is left out.
    fn from_iter<I: IntoIterator<Item = &'s str>>(names: I) -> Self {
        let mut stated =
            Self { names: names.into_iter().filter(|name| is_file(name)).collect(), ..Self::default() };
        for &name in &stated.names {
            let path = in_output(name);
            stated.paths.entry(path).or_default().insert(name);
            stated.bases.entry(path.rsplit('/').next().unwrap_or(path)).or_default().insert(name);
        }
        stated
    }
}

impl Names {
    /// Those of `file`: its own, if it has one; else the longest end of its path that is stated; else all with the last part
    /// of its path.
    pub fn of(file: &File, stated: &Stated) -> Self {
        if file.named {
            return Self::These(BTreeSet::from([file.name.clone()]));
        }
        let own = |names: &BTreeSet<&str>| Self::These(names.iter().map(|name| (*name).to_owned()).collect());
        let parts = parts(Path::new(&file.name));
        for start in 0..parts.len() {
            for name in ends(&parts[start..]) {
                if stated.names.contains(name.as_str()) {
                    return Self::These(BTreeSet::from([name]));
                }
                if let Some(elsewhere) = stated.paths.get(name.as_str()) {
                    return own(elsewhere);
                }
            }
        }
        let last = parts.last().copied().unwrap_or_default();
        let alike = stated.bases.get(last).or_else(|| stated.bases.get(without_hash(last)));
        alike.map_or(Self::Any, own)
    }

    /// Whether `name` is one of them.
    pub fn contain(&self, name: &str) -> bool {
        match self {
            Self::These(names) => names.contains(name),
            Self::Any => is_file(name),
        }
    }
}

/// The parts of a path after the last one that is no text: that one ends what a statement could name.
fn parts(path: &Path) -> Vec<&str> {
    let parts: Vec<&OsStr> = path
        .components()
        .filter_map(|part| match part {
            Component::Normal(part) => Some(part),
            Component::ParentDir => Some(OsStr::new("..")),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
        })
        .collect();
    let text = parts.iter().rev().map_while(|part| part.to_str());
    let mut text: Vec<&str> = text.collect();
    text.reverse();
    text
}

/// What the end of a path that has these parts may be called: as it is, and without a store path's hash.
fn ends(parts: &[&str]) -> Vec<String> {
    let whole = parts.join("/");
    let short = without_hash(&whole);
    if short.len() < whole.len() { vec![short.to_owned(), whole] } else { vec![whole] }
}

/// The path of a file in its output.
fn in_output(name: &str) -> &str {
    match name.split_once(':') {
        Some((output, path)) if !output.contains('/') => path,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digests;

    fn names(path: &str, named: bool, stated: &[&str]) -> Option<Vec<String>> {
        let file = File { name: path.into(), named, digests: Digests::of(b"") };
        match Names::of(&file, &stated.iter().copied().collect()) {
            Names::These(names) => Some(names.into_iter().collect()),
            Names::Any => None,
        }
    }

    #[test]
    fn the_longest_end_of_a_path_that_is_stated_is_the_name() {
        let stated = [
            "bin/app",
            "bin/guard",
            "guard",
            "lib/app",
            "dev:include/a.h",
            "dev:bin/app",
            "nar:out",
            "drv:x",
        ];
        for (path, expected) in [
            ("/x/bin/guard", Some(vec!["bin/guard"])),
            ("./bin/guard", Some(vec!["bin/guard"])),
            ("x/guard", Some(vec!["guard"])),
            ("guard", Some(vec!["guard"])),
            // The output that is meant where none is named.
            ("x/bin/app", Some(vec!["bin/app"])),
            ("x/include/a.h", Some(vec!["dev:include/a.h"])),
            ("x/a.h", Some(vec!["dev:include/a.h"])),
            ("x/app", Some(vec!["bin/app", "dev:bin/app", "lib/app"])),
            ("x/sbin/app", Some(vec!["bin/app", "dev:bin/app", "lib/app"])),
            ("/nix/store/0123456789abcdfghijklmnpqrsvwxyz-x/lib/app", Some(vec!["lib/app"])),
            ("/nix/store/0123456789abcdfghijklmnpqrsvwxyz-guard", Some(vec!["guard"])),
            ("/nix/store/0123456789abcdfghijklmnpqrsvwxyz-a.h", Some(vec!["dev:include/a.h"])),
            ("bin/..", None),
            ("app2", None),
            ("nar:out", None),
            ("drv:x", None),
            ("/dev/stdin", None),
            ("", None),
        ] {
            let expected = expected.map(|names| names.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(names(path, false, &stated), expected, "{path}");
        }
    }

    #[test]
    fn a_file_that_has_a_name_keeps_it() {
        assert_eq!(names("bin/other", true, &["bin/app"]), Some(vec!["bin/other".into()]));
        assert!(Names::Any.contain("bin/app") && !Names::Any.contain("nar:out"));
        let one = Names::These(BTreeSet::from(["a".into()]));
        assert!(one.contain("a") && !one.contain("b"));
    }

    #[test]
    fn what_is_no_text_ends_what_can_be_stated() {
        use std::os::unix::ffi::OsStrExt;
        assert_eq!(parts(Path::new(OsStr::from_bytes(b"a/\xff/bin/app"))), ["bin", "app"]);
        assert!(parts(Path::new(OsStr::from_bytes(b"bin/\xff"))).is_empty());
    }
}
