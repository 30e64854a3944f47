//! Ids of git's objects: the hash of kind, size and content (gitformat-objects(5) and git-hash-object(1)), by SHA-1 or,
//! in repositories of that format, by SHA-256 (git's hash-function-transition).

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::algorithm::{Algorithm, Hasher};
use super::{Observer, observed};
use crate::digest::hex;
use crate::error::Error;

/// Which hash a repository has (`extensions.objectFormat`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// SHA-1, the default.
    Sha1,
    /// SHA-256.
    Sha256,
}

impl Format {
    pub(super) const fn algorithm(self) -> Algorithm {
        match self {
            Self::Sha1 => Algorithm::Sha1,
            Self::Sha256 => Algorithm::Sha256,
        }
    }

    /// The hash of an object, up to its content.
    fn start(self, kind: &str, size: u64) -> Hasher {
        let mut hasher = self.algorithm().start();
        hasher.update(format!("{kind} {size}\0").as_bytes());
        hasher
    }
}

/// The id of a file's content, as `git hash-object --no-filters` prints it.
pub fn blob(bytes: &[u8], format: Format) -> String {
    let mut hasher = format.start("blob", bytes.len() as u64);
    hasher.update(bytes);
    hex(&hasher.finish())
}

/// The id of the tree that the folder at `path` makes, as `git write-tree` prints it when every file in it was added as
/// it is; of a file or link alone, the id of its content. Folders without files are left out, as git knows none. A
/// folder `.git` is one like any other.
///
/// # Errors
/// As [`super::hash`].
pub fn tree(path: &Path, format: Format) -> Result<String, Error> {
    let mut objects = Objects::new(format, Empty::LeftOut);
    observed(path, &mut objects)?;
    Ok(hex(objects.id()))
}

/// What becomes of folders that no file is in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Empty {
    /// As git does.
    LeftOut,
    /// As Nix does, which makes trees that git would not make.
    Kept,
}

/// A member of a tree.
struct Entry {
    mode: &'static str,
    name: Vec<u8>,
    id: Vec<u8>,
}

const FOLDER: &str = "40000";

/// What began and did not end yet.
enum Begun {
    Tree(Vec<u8>, Vec<Entry>),
    Blob(&'static str, Vec<u8>, Hasher),
}

/// Computes ids while a tree is read.
pub(super) struct Objects {
    format: Format,
    empty: Empty,
    begun: Vec<Begun>,
    root: Vec<u8>,
}

impl Objects {
    pub fn new(format: Format, empty: Empty) -> Self {
        Self { format, empty, begun: Vec::new(), root: Vec::new() }
    }

    /// The id of everything, once it was read.
    pub fn id(&self) -> &[u8] {
        &self.root
    }

    fn tree(&self, mut entries: Vec<Entry>) -> Vec<u8> {
        // As if the names of folders ended in a slash.
        entries.sort_by_cached_key(|entry| {
            let mut name = entry.name.clone();
            name.extend(Some(b'/').filter(|_| entry.mode == FOLDER));
            name
        });
        let mut content = Vec::new();
        for entry in entries {
            content.extend_from_slice(entry.mode.as_bytes());
            content.push(b' ');
            content.extend_from_slice(&entry.name);
            content.push(0);
            content.extend_from_slice(&entry.id);
        }
        let mut hasher = self.format.start("tree", content.len() as u64);
        hasher.update(&content);
        hasher.finish()
    }
}

/// The last name in `path`; none in that of a whole tree matters.
fn name(path: &Path) -> Vec<u8> {
    path.file_name().map(|name| name.as_bytes().to_vec()).unwrap_or_default()
}

impl Observer for Objects {
    fn folder(&mut self, path: &Path) {
        self.begun.push(Begun::Tree(name(path), Vec::new()));
    }

    fn link(&mut self, path: &Path, target: &[u8]) {
        let mut hasher = self.format.start("blob", target.len() as u64);
        hasher.update(target);
        self.begun.push(Begun::Blob("120000", name(path), hasher));
    }

    fn file(&mut self, path: &Path, size: u64, executable: bool) -> Result<(), Error> {
        let mode = if executable { "100755" } else { "100644" };
        self.begun.push(Begun::Blob(mode, name(path), self.format.start("blob", size)));
        Ok(())
    }

    fn bytes(&mut self, bytes: &[u8]) {
        if let Some(Begun::Blob(_, _, hasher)) = self.begun.last_mut() {
            hasher.update(bytes);
        }
    }

    fn end(&mut self) {
        let entry = match self.begun.pop() {
            Some(Begun::Blob(mode, name, hasher)) => Entry { mode, name, id: hasher.finish() },
            Some(Begun::Tree(_, entries))
                if entries.is_empty() && self.empty == Empty::LeftOut && !self.begun.is_empty() =>
            {
                return;
            }
            Some(Begun::Tree(name, entries)) => Entry { mode: FOLDER, name, id: self.tree(entries) },
            None => return,
        };
        match self.begun.last_mut() {
            Some(Begun::Tree(_, entries)) => entries.push(entry),
            _ => self.root = entry.id,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::PathBuf;
    use std::process::Command;

    use super::*;

    /// What git's own documentation and tests call these.
    #[test]
    fn known_ids_come_out() {
        assert_eq!(blob(b"test content\n", Format::Sha1), "d670460b4b4aece5915caf5c68d12f560a9fe3e4");
        assert_eq!(blob(b"", Format::Sha1), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
        assert_eq!(
            blob(b"", Format::Sha256),
            "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813"
        );
    }

    struct Folder(PathBuf);

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    /// Names that a plain sort puts elsewhere, all modes, a large file, and folders that git does not see.
    fn planted(name: &str) -> Folder {
        let folder = Folder(std::env::temp_dir().join(format!("sarsen-git-{name}-{}", std::process::id())));
        let tree = folder.0.join("tree");
        fs::create_dir_all(tree.join("a/deep/er")).unwrap();
        fs::write(tree.join("a/deep/er/file"), "1").unwrap();
        for name in ["a-b", "a.b", "a0", "ab", "B"] {
            fs::write(tree.join(name), name).unwrap();
        }
        fs::write(tree.join("a/large"), vec![7; 600_000]).unwrap();
        fs::set_permissions(tree.join("a0"), PermissionsExt::from_mode(0o755)).unwrap();
        symlink("nowhere/at all", tree.join("a/link")).unwrap();
        folder
    }

    #[test]
    fn empty_folders_are_seen_by_nix_alone() {
        let folder = planted("empty");
        let path = folder.0.join("tree");
        let ids = || {
            let mut kept = Objects::new(Format::Sha1, Empty::Kept);
            observed(&path, &mut kept).unwrap();
            (tree(&path, Format::Sha1).unwrap(), hex(kept.id()))
        };
        let before = ids();
        assert_eq!(before.0, before.1);
        fs::create_dir_all(path.join("empty/too")).unwrap();
        let after = ids();
        assert!(after.0 == before.0 && after.1 != before.1, "{before:?} {after:?}");
        // The id of no files at all, which every repository knows.
        let empty = tree(&path.join("empty"), Format::Sha1).unwrap();
        assert_eq!(empty, "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
    }

    #[test]
    fn git_says_the_same() {
        let folder = planted("same");
        let path = folder.0.join("tree");
        fs::create_dir_all(path.join("empty/too")).unwrap();
        for (format, name) in [(Format::Sha1, "sha1"), (Format::Sha256, "sha256")] {
            let git = |arguments: &[&str]| {
                let mut command = Command::new("git");
                command.arg("--git-dir").arg(folder.0.join(name)).arg("--work-tree").arg(&path);
                for (variable, value) in
                    [("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_SYSTEM", "/dev/null")]
                {
                    command.env(variable, value);
                }
                let output = command.args(arguments).current_dir(&path).output().ok()?;
                assert!(
                    output.status.success(),
                    "{arguments:?}: {}",
                    String::from_utf8_lossy(&output.stderr)
                );
                Some(String::from_utf8(output.stdout).unwrap().trim().to_owned())
            };
            let Some(_) = git(&["init", "-q", "--object-format", name]) else {
                crate::skip::skip("there is no git");
                return;
            };
            git(&["add", "--all", "."]);
            assert_eq!(git(&["write-tree"]), Some(tree(&path, format).unwrap()), "{name}");
            let large = fs::read(path.join("a/large")).unwrap();
            let expected = git(&["hash-object", "--no-filters", "a/large"]);
            assert_eq!(expected, Some(blob(&large, format)), "{name}");
            assert_eq!(expected, Some(tree(&path.join("a/large"), format).unwrap()), "{name}");
        }
    }
}
