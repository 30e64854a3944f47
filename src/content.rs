//! What outputs of a derivation hold, as it is stated and compared: every file, and each output as a whole.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::digest::{self, Digests, Each};
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
    /// Outputs by their names. Each file is read once: its own digests and those of the archive are of the same bytes.
    ///
    /// # Errors
    /// One of the `input-…` codes if something cannot be read, changes while it is read, or is a file whose name is not
    /// UTF-8, which JSON cannot hold.
    pub fn of(outputs: &BTreeMap<String, PathBuf>) -> Result<Self, Error> {
        let mut archives = BTreeMap::new();
        let mut files = Files::default();
        for (output, root) in outputs {
            files.outputs.push((output, root));
            archives.insert(output.clone(), nar::observed(root, &mut files)?);
        }
        Ok(Self { files: files.finish(), archives })
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

/// Lists the regular files of outputs while these are hashed.
#[derive(Default)]
struct Files<'a> {
    /// Those whose files were listed, or are now.
    outputs: Vec<(&'a str, &'a Path)>,
    /// The number of its output and the path in it, of each file.
    names: Vec<(usize, String)>,
    digests: Each,
    /// What ends next is a file.
    in_file: bool,
}

impl Files<'_> {
    fn finish(self) -> Vec<File> {
        let mut files: Vec<_> = self.names.into_iter().zip(self.digests.finish()).collect();
        // An archive sorts each folder for itself.
        files.sort_unstable();
        let file = |((number, name), digests): ((usize, String), Digests)| match self.outputs[number - 1].0 {
            "out" => File { name, digests },
            output => File { name: format!("{output}:{name}"), digests },
        };
        files.into_iter().map(file).collect()
    }
}

impl nar::Observer for Files<'_> {
    fn file(&mut self, path: &Path, _size: u64, _executable: bool) -> Result<(), Error> {
        let inside = self.outputs.last().and_then(|(_, root)| path.strip_prefix(root).ok());
        let inside = inside.filter(|inside| !inside.as_os_str().is_empty());
        let name = inside.unwrap_or(Path::new(path.file_name().unwrap_or_default()));
        let name = name.to_str().ok_or_else(|| {
            let message = format!("the name of {} is not UTF-8: a statement cannot hold it", path.display());
            Error::new(Code::InputUnreadable, message)
        })?;
        let name = if inside.is_some() { name } else { without_hash(name) };
        self.names.push((self.outputs.len(), name.to_owned()));
        self.in_file = true;
        Ok(())
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.digests.update(bytes);
    }

    fn end(&mut self) {
        // Folders and links end too.
        if std::mem::take(&mut self.in_file) {
            self.digests.end();
        }
    }
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

    /// Byte order of whole paths, where `a-b` comes before `a/b`; links are not followed, large files are hashed too.
    #[test]
    fn files_are_in_the_order_of_their_paths() {
        let folder = std::env::temp_dir().join(format!("sarsen-content-order-{}", std::process::id()));
        fs::create_dir_all(folder.join("a")).unwrap();
        let large: Vec<u8> = (0..1_000_003).map(|n| (n % 251) as u8).collect();
        fs::write(folder.join("a/b"), &large).unwrap();
        fs::write(folder.join("a-b"), "").unwrap();
        std::os::unix::fs::symlink("/dev/zero", folder.join("a.link")).unwrap();
        let content = Content::of(&BTreeMap::from([("out".into(), folder.clone())])).unwrap();
        let files: Vec<_> = content.files.iter().map(|file| (file.name.as_str(), file.digests)).collect();
        assert_eq!(files, [("a-b", Digests::of(b"")), ("a/b", Digests::of(&large))]);
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn only_names_of_files_must_be_utf8() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        let folder = std::env::temp_dir().join(format!("sarsen-content-names-{}", std::process::id()));
        let odd = folder.join(OsStr::from_bytes(b"\xff"));
        fs::create_dir_all(&odd).unwrap();
        let outputs = BTreeMap::from([("out".to_owned(), folder.clone())]);
        assert!(Content::of(&outputs).unwrap().files.is_empty());
        fs::write(odd.join("file"), "").unwrap();
        let error = Content::of(&outputs).unwrap_err();
        assert_eq!(error.code, Code::InputUnreadable, "{error}");
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
