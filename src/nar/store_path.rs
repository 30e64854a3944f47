//! The store path that content gives: what a path says that was made of its content alone, whoever made it (Nix manual,
//! "Complete store path calculation"). The hash part is 160 bits of a SHA-256 of kind, content, store and name.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::algorithm::Algorithm;
use super::base32;
use super::fixed::Root;
use super::{Observer, observed};
use crate::digest::{hex, sha256};
use crate::error::Error;

/// Bytes of the hash part, and its digits.
const HASH: usize = 20;
const DIGITS: usize = 32;

/// The path in the folder `store` of what was added under `name` by the SHA-256 of its archive, as Nix adds sources:
/// `nix-store --add`, and outputs fixed by `r:sha256`. `references` are the other store paths that it refers to, in
/// whatever order. If it refers to itself, `nar` is the hash in which that is left out.
pub fn recursive(
    store: &str,
    name: &str,
    nar: &[u8; 32],
    references: &[String],
    self_reference: bool,
) -> String {
    let mut kind = with_references("source", references);
    if self_reference {
        kind.push_str(":self");
    }
    made(&kind, nar, store, name)
}

/// The path in the folder `store` of an output called `name` that `hash` fixes, as `nix-store --print-fixed-path` prints
/// it. `mode` is what stands before the algorithm: nothing for a file's bytes, or `r:` or `git:`.
pub fn fixed(store: &str, name: &str, mode: &str, algorithm: Algorithm, hash: &[u8]) -> String {
    if let ("r:", Algorithm::Sha256, Ok(nar)) = (mode, algorithm, hash.try_into()) {
        return recursive(store, name, nar, &[], false);
    }
    let inner = format!("fixed:out:{mode}{}:{}:", algorithm.as_str(), hex(hash));
    made("output:out", &sha256(inner.as_bytes()), store, name)
}

/// The path in the folder `store` of a text called `name`, as of `builtins.toFile` and of every derivation. `references`
/// are the store paths that it refers to, in whatever order.
pub fn text(store: &str, name: &str, sha256: &[u8; 32], references: &[String]) -> String {
    made(&with_references("text", references), sha256, store, name)
}

/// Whether the content at `place` is what gives the store path `path`, whose folder is the store: by its archive, as a
/// text, or as a file fixed by its SHA-256. With it the SHA-256 and size of its archive. All of it is of bytes that were
/// read once. Of a path that refers to itself the answer is no.
///
/// # Errors
/// As [`super::hash`].
pub fn is_given_by(path: &str, place: &Path, references: &[String]) -> Result<(bool, [u8; 32], u64), Error> {
    let mut content = Content::default();
    let (nar, size) = observed(place, &mut content)?;
    let given = || {
        let (store, base) = path.rsplit_once('/')?;
        let (digits, name) = base.split_at_checked(DIGITS)?;
        let name = name.strip_prefix('-').filter(|name| !name.is_empty())?;
        base32::decode(digits)?;
        // Its hash would depend on its path, and the path on the hash.
        (!references.iter().any(|reference| reference == path)).then_some(())?;
        let mut paths = vec![recursive(store, name, &nar, references, false)];
        if content.root == Some(Root::File) {
            let sha256 = content.sha256.finalize().into();
            paths.push(text(store, name, &sha256, references));
            // What is fixed by a hash of a file's bytes refers to nothing.
            if references.is_empty() {
                paths.push(fixed(store, name, "", Algorithm::Sha256, &sha256));
            }
        }
        Some(paths.iter().any(|given| given == path))
    };
    Ok((given().unwrap_or(false), nar, size))
}

/// The kind of a path together with what the content refers to.
fn with_references(kind: &str, references: &[String]) -> String {
    let mut references: Vec<&str> = references.iter().map(String::as_str).collect();
    references.sort_unstable();
    references.dedup();
    [&[kind], &references[..]].concat().join(":")
}

fn made(kind: &str, content: &[u8; 32], store: &str, name: &str) -> String {
    let all = sha256(format!("{kind}:sha256:{}:{store}:{name}", hex(content)).as_bytes());
    let mut hash = [0; HASH];
    for (place, byte) in all.into_iter().enumerate() {
        hash[place % HASH] ^= byte;
    }
    format!("{store}/{}-{name}", base32::encode(&hash))
}

/// The SHA-256 of a file that is alone, beside that of its archive.
#[derive(Default)]
struct Content {
    root: Option<Root>,
    sha256: Sha256,
}

impl Observer for Content {
    fn folder(&mut self, _: &Path) {
        self.root.get_or_insert(Root::Folder);
    }

    fn link(&mut self, _: &Path, _: &[u8]) {
        self.root.get_or_insert(Root::Link);
    }

    fn file(&mut self, _: &Path, _: u64, executable: bool) -> Result<(), Error> {
        self.root.get_or_insert(if executable { Root::Executable } else { Root::File });
        Ok(())
    }

    fn bytes(&mut self, bytes: &[u8]) {
        if self.root == Some(Root::File) {
            self.sha256.update(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// As `nix-store --print-fixed-path ARGUMENTS x` of Nix 2.8 says.
    #[test]
    fn what_nix_prints_comes_out() {
        let hash = |algorithm: Algorithm| {
            let mut hasher = algorithm.start();
            hasher.update(b"abc");
            hasher.finish()
        };
        for (mode, algorithm, expected) in [
            ("", Algorithm::Sha256, "wg5dqh07jh5lgg9nvzq5skm9i3qkhl00"),
            ("", Algorithm::Md5, "z1cvddiavkafvh2m4k9ad0s5sksalf79"),
            ("r:", Algorithm::Sha1, "mxm5h60qjq2b5z19bkj9phyyc3zkaxgs"),
            ("r:", Algorithm::Sha256, "pc9cg5mrl4hpb00d4mb64abffprgs1rh"),
        ] {
            let path = fixed("/nix/store", "x", mode, algorithm, &hash(algorithm));
            assert_eq!(path, format!("/nix/store/{expected}-x"));
        }
    }

    #[test]
    fn a_path_is_given_by_its_content_name_and_references() {
        let place = std::env::temp_dir().join(format!("sarsen-store-path-{}", std::process::id()));
        fs::write(&place, "abc").unwrap();
        let abc = sha256(b"abc");
        let (nar, size) = crate::nar::hash(&place).unwrap();
        let given = |path: &str, references: &[String]| {
            let found = is_given_by(path, &place, references).unwrap();
            assert_eq!((found.1, found.2), (nar, size));
            found.0
        };
        let (none, some) = (Vec::new(), vec!["/s/b".to_owned(), "/s/a".to_owned()]);
        let turned = vec!["/s/a".to_owned(), "/s/b".to_owned(), "/s/a".to_owned()];
        for references in [&none, &some] {
            for path in [recursive("/s", "x", &nar, references, false), text("/s", "x", &abc, references)] {
                assert!(given(&path, references), "{path}");
                assert_eq!(given(&path, &turned), references == &some, "{path}");
                assert!(!given(&path, std::slice::from_ref(&path)), "{path}");
                // Another store, another name, another hash, and no store path at all.
                for other in [
                    path.replace("/s/", "/t/"),
                    format!("{path}y"),
                    path.replace("-x", "x"),
                    path[3..].to_owned(),
                    path[..35].to_owned(),
                    String::new(),
                    "/s/é".repeat(20),
                ] {
                    assert!(!given(&other, references), "{other}");
                }
            }
        }
        let flat = fixed("/s", "x", "", Algorithm::Sha256, &abc);
        assert!(given(&flat, &none) && !given(&flat, &some));
        assert!(!given(&recursive("/s", "x", &nar, &[], true), &none));
        // A file that is executable is no text, and none that is fixed by its bytes.
        fs::set_permissions(&place, Permissions::from_mode(0o755)).unwrap();
        let executable = crate::nar::hash(&place).unwrap().0;
        let path = recursive("/s", "x", &executable, &[], false);
        assert!(is_given_by(&path, &place, &[]).unwrap().0);
        for path in [flat, text("/s", "x", &abc, &[])] {
            assert!(!is_given_by(&path, &place, &[]).unwrap().0, "{path}");
        }
        fs::remove_file(&place).unwrap();
        assert!(is_given_by(&path, &place, &[]).is_err());
    }
}
