//! A rebuild from nothing: in a store of its own that holds what the recipe fixes by content (sources and downloads) and
//! nothing that anybody has built. Every dependency is built here, and the output is built from those.
//!
//! Repeating builds in the usual store (`nix-store --realise --check`) would prove less: each is repeated with the
//! dependencies that are there, so an output would match although a dependency that came from a cache is forged.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::facts::Facts;
use super::nix;
use super::{Depth, machine};
use crate::digest::{self, hex};
use crate::error::{Code, Error};
use crate::nar;
use crate::statement::rebuild::Origin;

/// A store in a folder of its own. It is removed when it is dropped, unless it is to be kept.
pub struct Store {
    root: PathBuf,
    keep: bool,
}

impl Store {
    /// An empty one in the folder for temporary files (TMPDIR).
    ///
    /// # Errors
    /// `output-failed` if no folder can be made there.
    pub fn new() -> Result<Self, Error> {
        let root = std::env::temp_dir().join(format!("sarsen-rebuild-{}", machine::invocation()?));
        DirBuilder::new().mode(0o700).create(&root).map_err(|error| {
            let message = format!(
                "the folder {} for a rebuild cannot be made ({error}): name one with room in TMPDIR",
                root.display()
            );
            Error::new(Code::OutputFailed, message)
        })?;
        // Nix names builds by the folder as it really is.
        let root = fs::canonicalize(&root).unwrap_or(root);
        Ok(Self { root, keep: false })
    }

    /// Its folder, by which Nix knows it.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// It stays when this is dropped, for people to look at.
    pub fn keep(&mut self) {
        self.keep = true;
    }

    /// Where a path of the store is on this machine. Whatever the store is called, its files are in `nix/store` of the
    /// folder.
    pub fn place(&self, path: &Path) -> PathBuf {
        self.root.join("nix/store").join(path.file_name().unwrap_or_default())
    }

    /// Brings the derivation, its sources and what is here of its fixed outputs; where some are not here, Nix will fetch
    /// them. With [`Depth::ButSubstituted`] also what this machine had from others.
    ///
    /// # Errors
    /// The `helper-…` codes; an `input-…` code if something of the store cannot be read.
    pub fn fill(&self, facts: &Facts, depth: Depth, progress: &mut dyn FnMut(&str)) -> Result<(), Error> {
        let fixed: Vec<(&Path, &str)> = facts.fixed().collect();
        let paths: Vec<PathBuf> = fixed.iter().map(|(path, _)| path.to_path_buf()).collect();
        let missing = nix::missing(&paths, None)?;
        let mut brought = Vec::new();
        for (path, hash) in fixed.into_iter().filter(|(path, _)| !missing.iter().any(|m| m == path)) {
            if has(path, hash)? {
                brought.push(path.to_owned());
            } else {
                progress(&format!("{} is not what its recipe says: it is fetched anew", path.display()));
            }
        }
        if depth == Depth::ButSubstituted {
            let closure = facts.closure(None)?;
            let substituted = closure.iter().filter(|input| input.origin == Origin::Substituted);
            brought.extend(substituted.map(|input| PathBuf::from(&input.path)));
        }
        nix::copy(&brought, &self.root)?;
        nix::copy_derivation(&facts.drv, &self.root)
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        if !self.keep {
            let _ = writable(&self.root).and_then(|()| fs::remove_dir_all(&self.root));
        }
    }
}

/// Whether a path has the content that a derivation fixes, `sha256:HEX` of a file or `r:sha256:HEX` of an archive. Of
/// other algorithms Nix's word is taken.
fn has(path: &Path, fixed: &str) -> Result<bool, Error> {
    Ok(match fixed.rsplit_once(':') {
        Some(("sha256", hash)) => path.is_file() && hex(&digest::file(path)?.sha256) == hash,
        Some(("r:sha256", hash)) => hex(&nar::hash(path)?.0) == hash,
        _ => true,
    })
}

/// Nix takes the right to write away from what it has built, and removing a name needs it of the folder.
fn writable(folder: &Path) -> io::Result<()> {
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        fs::set_permissions(&folder, Permissions::from_mode(0o700))?;
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                waiting.push(entry.path());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_compared_with_what_the_recipe_fixes() {
        let store = Store::new().unwrap();
        let file = store.root().join("file");
        fs::write(&file, "abc").unwrap();
        let flat = hex(&digest::sha256(b"abc"));
        let archive = hex(&nar::hash(&file).unwrap().0);
        for (fixed, expected) in [
            (format!("sha256:{flat}"), true),
            (format!("sha256:{archive}"), false),
            (format!("r:sha256:{archive}"), true),
            (format!("r:sha256:{flat}"), false),
            ("sha512:00".into(), true),
        ] {
            assert_eq!(has(&file, &fixed).unwrap(), expected, "{fixed}");
        }
        assert!(!has(store.root(), &format!("sha256:{flat}")).unwrap());
    }

    #[test]
    fn a_store_is_removed_with_what_nobody_may_write() {
        let store = Store::new().unwrap();
        let (root, inner) = (store.root().to_owned(), store.place(Path::new("/nix/store/x")));
        fs::create_dir_all(inner.join("bin")).unwrap();
        fs::write(inner.join("bin/program"), "").unwrap();
        fs::set_permissions(inner.join("bin"), Permissions::from_mode(0o555)).unwrap();
        fs::set_permissions(&inner, Permissions::from_mode(0o555)).unwrap();
        drop(store);
        assert!(!root.exists());
        let mut kept = Store::new().unwrap();
        let root = kept.root().to_owned();
        kept.keep();
        drop(kept);
        fs::remove_dir(root).unwrap();
    }
}
