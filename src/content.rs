//! What outputs of a derivation hold, as it is stated and compared: every file, and each output as a whole.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::digest::{self, Digests};
use crate::error::{Code, Error};
use crate::{input, nar};

/// A file at hand.
#[derive(Clone, Debug)]
pub struct File {
    /// Its path in the output, after the output's name and a colon unless that is `out`; for a file alone, any name.
    pub name: String,
    /// What was computed of its bytes.
    pub digests: Digests,
}

/// What is at hand: outputs, or a file alone.
#[derive(Clone, Debug, Default)]
pub struct Content {
    /// Every regular file, in byte order of the paths in each output.
    pub files: Vec<File>,
    /// SHA-256 and size in bytes of each output's NAR, by the output's name; none for a file alone. Where it is known, a
    /// file that only others have is a difference too.
    pub archives: BTreeMap<String, ([u8; 32], u64)>,
}

impl Content {
    /// Outputs by their names.
    ///
    /// # Errors
    /// One of the `input-…` codes if something cannot be read, or a name is not UTF-8, which JSON cannot hold.
    pub fn of(outputs: &BTreeMap<String, PathBuf>) -> Result<Self, Error> {
        let mut content = Self::default();
        for (output, root) in outputs {
            let mut paths = Vec::new();
            collect(root, root, &mut paths)?;
            paths.sort_unstable();
            for (name, path) in paths {
                let name = if output == "out" { name } else { format!("{output}:{name}") };
                content.files.push(File { name, digests: digest::file(&path)? });
            }
            content.archives.insert(output.clone(), nar::hash(root)?);
        }
        Ok(content)
    }

    /// The folder of an output, or else a file alone. A link, as `nix build` leaves it, is followed.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub fn at(path: &Path) -> Result<Self, Error> {
        if path.is_dir() {
            let root = fs::canonicalize(path).map_err(|error| input::because(path, &error))?;
            return Self::of(&BTreeMap::from([("out".to_owned(), root)]));
        }
        let file = File { name: path.to_string_lossy().into_owned(), digests: digest::file(path)? };
        Ok(Self { files: vec![file], archives: BTreeMap::new() })
    }
}

/// The regular files at and below `path`, by their path from `root`.
fn collect(root: &Path, path: &Path, files: &mut Vec<(String, PathBuf)>) -> Result<(), Error> {
    let because = |error| input::because(path, &error);
    let kind = fs::symlink_metadata(path).map_err(because)?.file_type();
    if kind.is_dir() {
        for entry in fs::read_dir(path).map_err(because)? {
            collect(root, &entry.map_err(because)?.path(), files)?;
        }
    } else if kind.is_file() {
        let inside = path.strip_prefix(root).ok().filter(|inside| !inside.as_os_str().is_empty());
        let name = inside.unwrap_or(Path::new(path.file_name().unwrap_or_default()));
        let name = name.to_str().ok_or_else(|| {
            let message = format!("the name of {} is not UTF-8: a statement cannot hold it", path.display());
            Error::new(Code::InputUnreadable, message)
        })?;
        files.push((if inside.is_some() { name } else { without_hash(name) }.to_owned(), path.to_owned()));
    }
    Ok(())
}

/// The name of a store path without the hash before it, which says where the path is and not what it is: an output that
/// is a file itself is called the same wherever it lies.
fn without_hash(name: &str) -> &str {
    match name.split_once('-') {
        Some((hash, rest)) if hash.len() == 32 && hash.bytes().all(|b| b.is_ascii_alphanumeric()) => rest,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_are_listed_file_by_file_and_as_a_whole() {
        let folder = std::env::temp_dir().join(format!("sarsen-content-{}", std::process::id()));
        let dev = folder.join("dev");
        fs::create_dir_all(dev.join("include")).unwrap();
        fs::write(dev.join("include/a.h"), "a").unwrap();
        fs::write(dev.join("b"), "b").unwrap();
        std::os::unix::fs::symlink("b", dev.join("link")).unwrap();
        let out = folder.join("0123456789abcdfghijklmnpqrsvwxyz-a-tool.txt");
        fs::write(&out, "tool").unwrap();
        let content =
            Content::of(&BTreeMap::from([("dev".into(), dev.clone()), ("out".into(), out.clone())])).unwrap();
        let names: Vec<&str> = content.files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["dev:b", "dev:include/a.h", "a-tool.txt"]);
        assert_eq!(content.files[2].digests, Digests::of(b"tool"));
        assert_eq!(content.archives["out"], nar::hash(&out).unwrap());
        assert_eq!(content.archives["dev"], nar::hash(&dev).unwrap());

        let link = folder.join("result");
        std::os::unix::fs::symlink(&dev, &link).unwrap();
        let whole = Content::at(&link).unwrap();
        assert_eq!(whole.archives["out"], content.archives["dev"]);
        assert_eq!(whole.files[1].name, "include/a.h");
        let alone = Content::at(&out).unwrap();
        assert!(alone.archives.is_empty() && alone.files[0].name == out.to_str().unwrap());
        assert_eq!(Content::at(&folder.join("none")).unwrap_err().code, Code::InputMissing);
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn only_a_hash_before_a_name_is_left_out() {
        for (name, expected) in [
            ("0123456789abcdfghijklmnpqrsvwxyz-a-b", "a-b"),
            ("a-b", "a-b"),
            ("0123456789abcdfghijklmnpqrsvwxy-a", "0123456789abcdfghijklmnpqrsvwxy-a"),
            ("0123456789abcdfghijklmnpqrsvwxyz", "0123456789abcdfghijklmnpqrsvwxyz"),
        ] {
            assert_eq!(without_hash(name), expected);
        }
    }
}
