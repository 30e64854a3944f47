//! The first difference between two outputs, in a few lines: what an auditor looks at before she asks for the files.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::elf::Image;
use crate::error::Error;
use crate::input;
use crate::nar;
use crate::statement::rebuild::Difference;

/// The most lines of a summary.
const LINES: usize = 12;

/// The first file, in byte order of paths, that is not the same below `first` and `second`; nothing if all are. What counts
/// is what a Nix archive holds: kinds, contents, the executable bit, targets of links.
///
/// # Errors
/// One of the `input-…` codes if something cannot be read.
pub fn between(first: &Path, second: &Path) -> Result<Option<Difference>, Error> {
    let (left, right) = (entries(first)?, entries(second)?);
    let mut paths: Vec<&PathBuf> = left.keys().chain(right.keys()).collect();
    paths.sort_unstable();
    paths.dedup();
    for path in paths {
        let summary = match (left.get(path), right.get(path)) {
            (Some(_), None) => vec!["only in what was expected".to_owned()],
            (None, Some(_)) => vec!["only in what was built here".to_owned()],
            (Some(one), Some(other)) if one != other => {
                vec![format!("expected {}, built {}", one.text(), other.text())]
            }
            (Some(Entry::File { .. }), _) => contents(&place(first, path), &place(second, path))?,
            _ => continue,
        };
        if !summary.is_empty() {
            let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
            return Ok(Some(Difference { path: path.display().to_string(), summary }));
        }
    }
    Ok(None)
}

#[derive(PartialEq, Eq)]
enum Entry {
    Folder,
    Link(PathBuf),
    File { executable: bool },
}

impl Entry {
    fn text(&self) -> String {
        match self {
            Self::Folder => "a folder".into(),
            Self::Link(target) => format!("a link to {}", target.display()),
            Self::File { executable: true } => "an executable file".into(),
            Self::File { executable: false } => "a file that is not executable".into(),
        }
    }
}

/// A path below `root`; without a slash behind the root itself, which need not be a folder.
fn place(root: &Path, path: &Path) -> PathBuf {
    if path.as_os_str().is_empty() { root.to_owned() } else { root.join(path) }
}

/// What is at and below `root`, by path from there.
fn entries(root: &Path) -> Result<BTreeMap<PathBuf, Entry>, Error> {
    let mut entries = BTreeMap::new();
    let mut open = vec![PathBuf::new()];
    while let Some(path) = open.pop() {
        let place = place(root, &path);
        let because = |error| input::because(&place, &error);
        let metadata = fs::symlink_metadata(&place).map_err(because)?;
        let entry = if metadata.is_dir() {
            for entry in fs::read_dir(&place).map_err(because)? {
                open.push(path.join(entry.map_err(because)?.file_name()));
            }
            Entry::Folder
        } else if metadata.is_symlink() {
            Entry::Link(fs::read_link(&place).map_err(because)?)
        } else {
            Entry::File { executable: metadata.permissions().mode() & 0o100 != 0 }
        };
        entries.insert(path, entry);
    }
    Ok(entries)
}

/// What is different about two files; nothing if they are the same.
fn contents(first: &Path, second: &Path) -> Result<Vec<String>, Error> {
    // Most files are the same, and may be larger than what is read at once.
    if nar::hash(first)? == nar::hash(second)? {
        return Ok(Vec::new());
    }
    let read = |path: &Path| match fs::metadata(path) {
        Ok(metadata) if metadata.len() == 0 => Ok(Vec::new()),
        _ => input::read(path),
    };
    let (Ok(left), Ok(right)) = (read(first), read(second)) else {
        return Ok(vec!["the contents differ; the files are too large to be looked at".into()]);
    };
    let mut lines = Vec::new();
    if left.len() != right.len() {
        lines.push(format!("expected {} bytes, built {}", left.len(), right.len()));
    }
    let common = left.len().min(right.len());
    let at = left.iter().zip(&right).position(|(x, y)| x != y).unwrap_or(common);
    let count = left.iter().zip(&right).filter(|(x, y)| x != y).count();
    lines.push(format!("the first of {count} different bytes among the first {common} is at {at:#x}"));
    match (Image::parse(&left, "first"), Image::parse(&right, "second")) {
        (Ok(one), Ok(other)) => elf(&one, &other, at as u64, &mut lines),
        _ => {
            if let (Ok(left), Ok(right)) = (std::str::from_utf8(&left), std::str::from_utf8(&right)) {
                text(left, right, &mut lines);
            }
        }
    }
    lines.truncate(LINES);
    Ok(lines)
}

fn text(left: &str, right: &str, lines: &mut Vec<String>) {
    let cut = |line: Option<&str>| match line {
        Some(line) => format!("{:?}", line.chars().take(80).collect::<String>()),
        None => "the end".into(),
    };
    let (mut left, mut right) = (left.lines(), right.lines());
    for number in 1.. {
        let (one, other) = (left.next(), right.next());
        if one != other {
            lines.push(format!("line {number}: expected {}, built {}", cut(one), cut(other)));
            return;
        }
        if one.is_none() {
            return;
        }
    }
}

/// Which parts of two ELF files are not the same.
fn elf(one: &Image, other: &Image, at: u64, lines: &mut Vec<String>) {
    let inside = |image: &Image| {
        let section = image.sections.iter().find(|s| at >= s.offset && at - s.offset < s.size && s.kind != 8);
        let segment =
            image.segments.iter().find(|s| s.kind == 1 && at >= s.offset && at - s.offset < s.file_size);
        section.map(|section| format!("section {}", section.name)).or_else(|| {
            segment
                .map(|segment| format!("the segment at {:#x} ({})", segment.address, segment.flag_letters()))
        })
    };
    if let Some(place) = inside(other) {
        lines.push(format!("that is in {place}"));
    }
    if one.header.entry != other.header.entry {
        lines.push(format!("entry point: expected {:#x}, built {:#x}", one.header.entry, other.header.entry));
    }
    if one.segments.len() == other.segments.len() {
        for (index, (x, y)) in one.segments.iter().zip(&other.segments).enumerate() {
            let words = |s: &crate::elf::Segment| {
                format!(
                    "{:#x} bytes at {:#x}, {:#x} in memory, {}",
                    s.file_size,
                    s.address,
                    s.memory_size,
                    s.flag_letters()
                )
            };
            if words(x) != words(y) {
                lines.push(format!("segment {index}: expected {}, built {}", words(x), words(y)));
            }
        }
    } else {
        lines.push(format!("segments: expected {}, built {}", one.segments.len(), other.segments.len()));
    }
    for section in &other.sections {
        match one.sections.iter().find(|s| s.name == section.name) {
            None => lines.push(format!("section {} is only in what was built here", section.name)),
            Some(x) if x.size != section.size => {
                lines.push(format!(
                    "section {}: expected {} bytes, built {}",
                    section.name, x.size, section.size
                ));
            }
            Some(x) => {
                let bytes = |image: &Image, s: &crate::elf::Section| {
                    image.bytes.all().get(s.offset as usize..)?.get(..s.size as usize).map(<[u8]>::to_vec)
                };
                if x.kind != 8 && bytes(one, x) != bytes(other, section) {
                    lines.push(format!("section {}: the same size, other bytes", section.name));
                }
            }
        }
    }
    for section in &one.sections {
        if !other.sections.iter().any(|s| s.name == section.name) {
            lines.push(format!("section {} is only in what was expected", section.name));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Trees(PathBuf);

    impl Trees {
        fn new(name: &str, pairs: &[(&str, &[u8], &[u8])]) -> Self {
            let root = std::env::temp_dir().join(format!("sarsen-difference-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&root);
            for (path, left, right) in pairs {
                for (side, bytes) in [("a", left), ("b", right)] {
                    let path = root.join(side).join(path);
                    fs::create_dir_all(path.parent().unwrap()).unwrap();
                    fs::write(path, bytes).unwrap();
                }
            }
            Self(root)
        }

        fn difference(&self) -> Option<(String, String)> {
            let found = between(&self.0.join("a"), &self.0.join("b")).unwrap();
            found.map(|found| (found.path, found.summary.join("\n")))
        }
    }

    impl Drop for Trees {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn equal_trees_have_no_difference() {
        let trees = Trees::new("equal", &[("bin/a", b"x", b"x"), ("empty", b"", b"")]);
        assert_eq!(trees.difference(), None);
        fs::set_permissions(trees.0.join("a/empty"), fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(trees.difference(), None, "a Nix archive has no such permission");
    }

    #[test]
    fn the_first_different_file_is_named_and_the_line_in_it() {
        let trees = Trees::new(
            "line",
            &[("a", b"x", b"x"), ("b", b"1\n2\n3\n", b"1\n2\nthree\n"), ("c", b"1", b"2")],
        );
        let (path, said) = trees.difference().unwrap();
        assert_eq!(path, "b");
        assert!(said.contains(r#"line 3: expected "3", built "three""#), "{said}");
    }

    #[test]
    fn kinds_bits_and_links_count() {
        let trees = Trees::new("kinds", &[("a", b"x", b"x")]);
        fs::set_permissions(trees.0.join("b/a"), fs::Permissions::from_mode(0o755)).unwrap();
        assert!(trees.difference().unwrap().1.contains("built an executable file"));
        fs::remove_file(trees.0.join("b/a")).unwrap();
        assert_eq!(trees.difference().unwrap().1, "only in what was expected");
        std::os::unix::fs::symlink("x", trees.0.join("b/a")).unwrap();
        assert!(trees.difference().unwrap().1.contains("built a link to x"));
    }

    #[test]
    fn parts_of_programs_are_named() {
        let program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let (mut changed, image) = (program.clone(), Image::parse(&program, "own").unwrap());
        let text = image.sections.iter().find(|section| section.name == ".text").unwrap();
        changed[text.offset as usize + 5] ^= 1;
        let trees = Trees::new("program", &[("p", &program, &changed)]);
        let (_, said) = trees.difference().unwrap();
        assert!(said.contains("that is in section .text") && said.contains(".text: the same size"), "{said}");
        changed.truncate(300);
        let trees = Trees::new("cut", &[("p", &program, &changed)]);
        assert!(trees.difference().unwrap().1.contains("built 300"));
    }
}
