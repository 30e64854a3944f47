//! Where two outputs differ: the first path that is not the same in both, and what about it.
//!
//! What counts is what a Nix archive holds: names, kinds, the owner's executable bit, targets of links and contents. Owners,
//! times and other permissions do not.

mod bytes;
mod elf;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::error::{Code, Error};
use crate::input;
use crate::statement::rebuild::{Difference, Other};
use crate::visible::visible;

/// The most paths of one tree that are compared.
pub const PATHS: usize = 1 << 20;

/// The most lines of a summary.
pub const LINES: usize = 12;

/// The longest line of a summary, in letters.
const LETTERS: usize = 160;

/// What is at a path, as far as it can be told without reading a file.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Folder,
    File { is_executable: bool },
    Link(Vec<u8>),
    Other(&'static str),
}

impl Kind {
    fn of(path: &Path, metadata: &Metadata) -> io::Result<Self> {
        let kind = metadata.file_type();
        Ok(if kind.is_dir() {
            Kind::Folder
        } else if kind.is_file() {
            Kind::File { is_executable: metadata.permissions().mode() & 0o100 != 0 }
        } else if kind.is_symlink() {
            Kind::Link(fs::read_link(path)?.into_os_string().into_vec())
        } else if kind.is_fifo() {
            Kind::Other("a FIFO")
        } else if kind.is_socket() {
            Kind::Other("a socket")
        } else {
            Kind::Other("a device")
        })
    }

    fn describe(&self) -> String {
        match self {
            Kind::Folder => "a folder".into(),
            Kind::File { is_executable: true } => "an executable file".into(),
            Kind::File { is_executable: false } => "a file that is not executable".into(),
            Kind::Link(target) => format!("a link to {}", bytes::quoted(target)),
            Kind::Other(what) => (*what).into(),
        }
    }
}

/// Everything at and below a path, by the bytes of the path from there; that itself is the empty one.
type Tree = BTreeMap<Vec<u8>, Kind>;

/// The first difference, in byte order of paths, between the file, link or folder `expected` and `found`; none if they
/// are the same. The path is `.` where they differ themselves. Never more than [`LINES`] lines.
///
/// # Errors
/// An `input-…` code if something cannot be read, or a tree has more than [`PATHS`] paths.
pub fn between(expected: &Path, found: &Path) -> Result<Option<Difference>, Error> {
    let (expected_tree, found_tree) = (tree(expected)?, tree(found)?);
    let mut paths: Vec<&Vec<u8>> = expected_tree.keys().chain(found_tree.keys()).collect();
    paths.sort_unstable();
    paths.dedup();
    let mut first = None;
    let mut count = 0_usize;
    for &path in &paths {
        let (left, right) = (at(expected, path), at(found, path));
        let summary = match (expected_tree.get(path), found_tree.get(path)) {
            (Some(Kind::File { is_executable: a }), Some(Kind::File { is_executable: b })) => {
                let mode = (a != b).then(|| format!("executable: expected {}, found {}", word(*a), word(*b)));
                let same = bytes::same(&left, &right)?;
                match (mode, same, first.is_none()) {
                    (None, true, _) => continue,
                    (mode, true, true) => mode.into_iter().collect(),
                    (mode, false, true) => mode.into_iter().chain(bytes::summary(&left, &right)?).collect(),
                    (_, _, false) => Vec::new(),
                }
            }
            (Some(a), Some(b)) if a == b => continue,
            (Some(a), Some(b)) => vec![format!("expected {}, found {}", a.describe(), b.describe())],
            (Some(kind), None) => vec![format!("expected {}, found nothing", kind.describe())],
            (None, Some(kind)) => vec![format!("expected nothing, found {}", kind.describe())],
            (None, None) => continue,
        };
        count += 1;
        first.get_or_insert((path, summary));
    }
    let Some((path, mut summary)) = first else { return Ok(None) };
    summary.truncate(LINES - 1);
    if count > 1 {
        summary.push(format!("{} more of {} paths differ", count - 1, paths.len()));
    }
    let summary = summary.iter().map(|line| short(line)).collect();
    Ok(Some(Difference { path: name(path), from: Other::Unknown, summary }))
}

/// A path of an output as statements spell it: `.` for the output itself, bytes that are not UTF-8 as `\xff`.
pub fn name(path: &[u8]) -> String {
    if path.is_empty() {
        return ".".into();
    }
    let mut name = String::with_capacity(path.len());
    for chunk in path.utf8_chunks() {
        name.push_str(chunk.valid());
        name.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    name
}

fn word(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

fn at(root: &Path, path: &[u8]) -> PathBuf {
    // An empty component would make a file a folder.
    if path.is_empty() { root.to_owned() } else { root.join(OsStr::from_bytes(path)) }
}

/// A line that a terminal and a reader can bear.
fn short(line: &str) -> String {
    let line = visible(line);
    match line.char_indices().nth(LETTERS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.into_owned(),
    }
}

/// The tree at `root`. Not by recursion: a tree may be deeper than the stack.
fn tree(root: &Path) -> Result<Tree, Error> {
    let mut tree = Tree::new();
    let mut waiting = vec![Vec::new()];
    while let Some(path) = waiting.pop() {
        let here = at(root, &path);
        let failed = |error: io::Error| input::because(&here, &error);
        let metadata = fs::symlink_metadata(&here).map_err(failed)?;
        let kind = Kind::of(&here, &metadata).map_err(failed)?;
        if kind == Kind::Folder {
            for entry in fs::read_dir(&here).map_err(failed)? {
                let mut below = path.clone();
                if !below.is_empty() {
                    below.push(b'/');
                }
                below.extend(entry.map_err(failed)?.file_name().as_bytes());
                waiting.push(below);
                if tree.len() + waiting.len() > PATHS {
                    let message =
                        format!("{} has more than {PATHS} paths: it is not compared", root.display());
                    return Err(Error::new(Code::InputTooLarge, message));
                }
            }
        }
        tree.insert(path, kind);
    }
    Ok(tree)
}
