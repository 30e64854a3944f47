//! Whether content is what a derivation fixes by a hash (Nix manual, "Content-addressing store objects" and
//! "outputHashMode"). Nix computes that when it builds; whoever states it computes it too.

use std::path::Path;

use super::algorithm::{Algorithm, Hasher};
use super::git::{Empty, Format, Objects};
use super::{Observer, observed};
use crate::digest::{hex, unhex};
use crate::error::Error;

/// What was computed of some content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixed {
    /// SHA-256 of its archive.
    pub nar: [u8; 32],
    /// Size of its archive in bytes.
    pub nar_size: u64,
    /// Whether it is the content that was fixed.
    pub fit: Fit,
}

/// Whether content is what was fixed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fit {
    /// It is.
    Fits,
    /// It is not.
    Other {
        /// What there is, written as what was fixed, or else in words: the kind of file that no such hash is of.
        seen: String,
    },
    /// Nothing here can tell: the hash is of an unknown kind, or none.
    Unknown,
}

/// Compares what is at `path` with `fixed`: `MODE:ALGORITHM:HEX` as the text of a derivation fixes an output, where
/// `MODE:` is missing for a file's bytes (flat), or `r:` for an archive, `text:` for a file with references, `git:`.
/// Everything is read once.
///
/// # Errors
/// As [`super::hash`].
pub fn fits(path: &Path, fixed: &str) -> Result<Fixed, Error> {
    let mut content = Content { root: None, wanted: wanted(fixed) };
    let (nar, nar_size) = observed(path, &mut content)?;
    Ok(Fixed { nar, nar_size, fit: content.fit(fixed, &nar) })
}

/// What is computed beside the archive's SHA-256.
enum Wanted {
    /// Of the bytes of a regular file that is not executable: Nix takes nothing else by such a hash.
    Flat(Hasher),
    Archive(Hasher),
    /// The archive's SHA-256 itself.
    Same,
    Git(Objects),
    Unknown,
}

fn wanted(fixed: &str) -> Wanted {
    let parsed = || {
        let (front, hash) = fixed.rsplit_once(':')?;
        let (mode, name) = front.split_once(':').unwrap_or(("", front));
        let algorithm = Algorithm::named(name)?;
        (unhex(hash)?.len() == algorithm.size()).then_some(())?;
        Some(match (mode, algorithm) {
            ("", _) if front == name => Wanted::Flat(algorithm.start()),
            // Nix has no other texts.
            ("text", Algorithm::Sha256) => Wanted::Flat(algorithm.start()),
            ("r", Algorithm::Sha256) => Wanted::Same,
            ("r", _) => Wanted::Archive(algorithm.start()),
            ("git", Algorithm::Sha1) => Wanted::Git(Objects::new(Format::Sha1, Empty::Kept)),
            ("git", Algorithm::Sha256) => Wanted::Git(Objects::new(Format::Sha256, Empty::Kept)),
            _ => return None,
        })
    };
    parsed().unwrap_or(Wanted::Unknown)
}

/// What is at the root of a tree.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Root {
    File,
    Executable,
    Link,
    Folder,
}

impl Root {
    fn in_words(self) -> String {
        match self {
            Self::File => "a file",
            Self::Executable => "an executable file",
            Self::Link => "a symbolic link",
            Self::Folder => "a folder",
        }
        .to_owned()
    }
}

struct Content {
    root: Option<Root>,
    wanted: Wanted,
}

impl Content {
    fn fit(self, fixed: &str, nar: &[u8; 32]) -> Fit {
        let root = self.root.unwrap_or(Root::Folder);
        let hash = match self.wanted {
            Wanted::Flat(_) if root != Root::File => return Fit::Other { seen: root.in_words() },
            // A git id says nothing of what these are, and so does not fix it.
            Wanted::Git(_) if matches!(root, Root::Executable | Root::Link) => return Fit::Unknown,
            Wanted::Flat(hasher) | Wanted::Archive(hasher) => hex(&hasher.finish()),
            Wanted::Same => hex(nar),
            Wanted::Git(objects) => hex(objects.id()),
            Wanted::Unknown => return Fit::Unknown,
        };
        let front = fixed.rsplit_once(':').map_or("", |(front, _)| front);
        let seen = format!("{front}:{hash}");
        if seen == fixed { Fit::Fits } else { Fit::Other { seen } }
    }
}

impl Observer for Content {
    fn folder(&mut self, path: &Path) {
        self.root.get_or_insert(Root::Folder);
        if let Wanted::Git(objects) = &mut self.wanted {
            objects.folder(path);
        }
    }

    fn link(&mut self, path: &Path, target: &[u8]) {
        self.root.get_or_insert(Root::Link);
        if let Wanted::Git(objects) = &mut self.wanted {
            objects.link(path, target);
        }
    }

    fn file(&mut self, path: &Path, size: u64, executable: bool) -> Result<(), Error> {
        self.root.get_or_insert(if executable { Root::Executable } else { Root::File });
        if let Wanted::Git(objects) = &mut self.wanted {
            objects.file(path, size, executable)?;
        }
        Ok(())
    }

    fn bytes(&mut self, bytes: &[u8]) {
        match &mut self.wanted {
            Wanted::Git(objects) => objects.bytes(bytes),
            Wanted::Flat(hasher) if self.root == Some(Root::File) => hasher.update(bytes),
            _ => {}
        }
    }

    fn end(&mut self) {
        if let Wanted::Git(objects) = &mut self.wanted {
            objects.end();
        }
    }

    fn archive(&mut self, bytes: &[u8]) {
        if let Wanted::Archive(hasher) = &mut self.wanted {
            hasher.update(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::PathBuf;

    use super::*;
    use crate::nar;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("sarsen-fixed-{name}-{}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn of(algorithm: Algorithm, bytes: &[u8]) -> String {
        let mut hasher = algorithm.start();
        hasher.update(bytes);
        hex(&hasher.finish())
    }

    /// The archive of a file, laid out by hand.
    fn archive(content: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for text in [&b"nix-archive-1"[..], b"(", b"type", b"regular", b"contents", content, b")"] {
            bytes.extend((text.len() as u64).to_le_bytes());
            bytes.extend(text);
            bytes.resize(bytes.len().next_multiple_of(8), 0);
        }
        bytes
    }

    /// Each kind of hash of a file: its own fits, and neither another's nor one of other bytes.
    #[test]
    fn a_file_fits_its_own_hashes_alone() {
        let folder = Folder::new("file");
        let file = folder.0.join("file");
        let content = vec![b'x'; 600_001];
        fs::write(&file, &content).unwrap();
        let mut fixed = vec![
            format!("text:sha256:{}", of(Algorithm::Sha256, &content)),
            format!("git:sha1:{}", nar::git::blob(&content, Format::Sha1)),
            format!("git:sha256:{}", nar::git::blob(&content, Format::Sha256)),
        ];
        for algorithm in Algorithm::ALL {
            let name = algorithm.as_str();
            fixed.push(format!("{name}:{}", of(algorithm, &content)));
            fixed.push(format!("r:{name}:{}", of(algorithm, &archive(&content))));
        }
        for text in &fixed {
            let found = fits(&file, text).unwrap();
            assert_eq!(found.fit, Fit::Fits, "{text}");
            assert_eq!((found.nar, found.nar_size), nar::hash(&file).unwrap());
            let (front, hash) = text.rsplit_once(':').unwrap();
            let wrong = format!("{front}:{}", "0".repeat(hash.len()));
            assert_eq!(fits(&file, &wrong).unwrap().fit, Fit::Other { seen: text.clone() }, "{wrong}");
        }
        fs::set_permissions(&file, Permissions::from_mode(0o755)).unwrap();
        for text in &fixed {
            let fit = fits(&file, text).unwrap().fit;
            match text.split_once(':').unwrap().0 {
                "git" => assert_eq!(fit, Fit::Unknown, "{text}"),
                "r" => assert!(matches!(&fit, Fit::Other { seen } if seen != text), "{fit:?}"),
                _ => assert_eq!(fit, Fit::Other { seen: "an executable file".into() }, "{text}"),
            }
        }
    }

    #[test]
    fn a_folder_or_link_is_no_flat_file() {
        let folder = Folder::new("tree");
        fs::write(folder.0.join("file"), "abc").unwrap();
        fs::create_dir(folder.0.join("empty")).unwrap();
        symlink("file", folder.0.join("link")).unwrap();
        let sha256 = of(Algorithm::Sha256, b"abc");
        for (path, seen) in [(folder.0.clone(), "a folder"), (folder.0.join("link"), "a symbolic link")] {
            for mode in ["", "text:"] {
                let fit = fits(&path, &format!("{mode}sha256:{sha256}")).unwrap().fit;
                assert_eq!(fit, Fit::Other { seen: seen.into() });
            }
            let archive = hex(&nar::hash(&path).unwrap().0);
            assert_eq!(fits(&path, &format!("r:sha256:{archive}")).unwrap().fit, Fit::Fits);
        }
        // As Nix makes it, with the empty folder.
        let id = |empty| {
            let mut objects = Objects::new(Format::Sha1, empty);
            observed(&folder.0, &mut objects).unwrap();
            format!("git:sha1:{}", hex(objects.id()))
        };
        assert_eq!(fits(&folder.0, &id(Empty::Kept)).unwrap().fit, Fit::Fits);
        let seen = id(Empty::Kept);
        assert_eq!(fits(&folder.0, &id(Empty::LeftOut)).unwrap().fit, Fit::Other { seen });
    }

    #[test]
    fn what_is_not_known_never_fits() {
        let folder = Folder::new("unknown");
        let file = folder.0.join("file");
        fs::write(&file, "abc").unwrap();
        let sha256 = of(Algorithm::Sha256, b"abc");
        for fixed in [
            String::new(),
            sha256.clone(),
            format!(":{sha256}"),
            format!(":sha256:{sha256}"),
            format!("blake3:{sha256}"),
            format!("r:blake3:{sha256}"),
            format!("x:sha256:{sha256}"),
            format!("r:r:sha256:{sha256}"),
            format!("sha256:{}", &sha256[2..]),
            format!("sha256:{sha256}00"),
            format!("sha256:{}", sha256.to_uppercase()),
            format!("sha256: {sha256}"),
            format!("sha512:{sha256}"),
            format!("sha256:{}", "g".repeat(64)),
            "sha256:".into(),
            format!("text:sha1:{}", of(Algorithm::Sha1, b"abc")),
            format!("git:md5:{}", of(Algorithm::Md5, b"abc")),
        ] {
            let found = fits(&file, &fixed).unwrap();
            assert_eq!(found.fit, Fit::Unknown, "{fixed}");
            assert_eq!(found.nar, nar::hash(&file).unwrap().0);
        }
        assert!(fits(&folder.0.join("absent"), &format!("sha256:{sha256}")).is_err());
    }
}
