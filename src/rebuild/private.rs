//! A rebuild from nothing: in a store of its own that holds what the recipe fixes by content (sources and downloads) and
//! nothing that anybody has built. Every dependency is built here, and the output is built from those.
//!
//! Repeating builds in the usual store (`nix-store --realise --check`) would prove less: each is repeated with the
//! dependencies that are there, so an output would match although a dependency that came from a cache is forged.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::facts::Facts;
use super::{Depth, closure, machine, nix};
use crate::error::{Code, Error};
use crate::nar::fixed::{self, Fit};
use crate::nar::signature::PublicKey;
use crate::statement::rebuild::Origin;

/// A store in a folder of its own. It is removed when it is dropped, unless it is to be kept.
pub struct Store {
    folder: Folder,
}

impl Store {
    /// An empty one in the folder for temporary files (TMPDIR).
    ///
    /// # Errors
    /// Those of [`Folder::new`].
    pub fn new() -> Result<Self, Error> {
        Ok(Self { folder: Folder::new("sarsen-rebuild")? })
    }

    /// Its folder, by which Nix knows it.
    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    /// It stays when this is dropped, for people to look at.
    pub fn keep(&mut self) {
        self.folder.keep = true;
    }

    /// Where a path of the store is on this machine.
    pub fn place(&self, path: &Path) -> PathBuf {
        closure::place(path, Some(self.root()))
    }

    /// Brings the derivation, its sources and what is here of its fixed outputs; where some are not here, or are not what the
    /// recipe fixes, Nix will fetch them. With [`Depth::ButSubstituted`] also what this machine had from others.
    ///
    /// # Errors
    /// The `helper-…` codes; those of [`closure::closure`]; an `input-…` code if something of the store cannot be read.
    pub fn fill(
        &self,
        facts: &Facts,
        depth: Depth,
        trusted: &[PublicKey],
        progress: &mut dyn FnMut(&str),
    ) -> Result<(), Error> {
        // What is to be built again is not brought.
        let own = |path: &Path| facts.outputs.values().any(|output| output == path);
        let fixed: Vec<(&Path, &str)> = facts.fixed().filter(|(path, _)| !own(path)).collect();
        let paths: Vec<PathBuf> = fixed.iter().map(|(path, _)| path.to_path_buf()).collect();
        let missing = nix::missing(&paths, None)?;
        let mut brought = Vec::new();
        for (path, hash) in fixed.into_iter().filter(|(path, _)| !missing.iter().any(|m| m == path)) {
            match fixed::fits(path, hash)?.fit {
                Fit::Fits => brought.push(path.to_owned()),
                Fit::Other { seen } => progress(&format!(
                    "{} is not what its recipe says, {hash}, but {seen}: it is fetched anew",
                    path.display()
                )),
                Fit::Unknown => progress(&format!(
                    "{} is fixed by its recipe as {hash}, which cannot be checked here: it is fetched anew",
                    path.display()
                )),
            }
        }
        if depth == Depth::ButSubstituted {
            let inputs = closure::closure(facts, None, trusted, false)?;
            let substituted = inputs.iter().filter(|input| input.origin == Origin::Substituted);
            brought.extend(substituted.map(|input| PathBuf::from(&input.path)));
        }
        nix::copy(&brought, self.root())?;
        nix::copy_derivation(&facts.drv, self.root())
    }
}

/// A folder for as long as this lives: only this user may enter it, and nobody else can put another one in its place.
pub struct Folder {
    path: PathBuf,
    keep: bool,
}

impl Folder {
    /// An empty one in the folder for temporary files (TMPDIR), whose name begins with `name`.
    ///
    /// # Errors
    /// `place-unsafe` if somebody else could exchange it; `output-failed` if no folder can be made there.
    pub fn new(name: &str) -> Result<Self, Error> {
        let above = std::env::temp_dir();
        let failed = |path: &Path, error: &io::Error| {
            let message = format!(
                "the folder {} for a build cannot be made ({error}): name one with room in TMPDIR",
                path.display()
            );
            Error::new(Code::OutputFailed, message)
        };
        // Nix names builds by the folder as it really is.
        let above = fs::canonicalize(&above).map_err(|error| failed(&above, &error))?;
        if let Some(folder) = above.ancestors().find(|folder| !is_safe(folder)) {
            let message = format!(
                "{} is a folder that others may write to, or that is theirs: they could exchange what is built in {} while it \
                 is compared; name a folder of your own in TMPDIR, or one with the sticky bit such as /tmp",
                folder.display(),
                above.display()
            );
            return Err(Error::new(Code::PlaceUnsafe, message));
        }
        let path = above.join(format!("{name}-{}", machine::invocation()?));
        DirBuilder::new().mode(0o700).create(&path).map_err(|error| failed(&path, &error))?;
        Ok(Self { path, keep: false })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Whether nobody but root and this user can exchange what this user has in a folder (path_resolution(7), inode(7)
/// "sticky bit").
fn is_safe(folder: &Path) -> bool {
    let own = fs::metadata("/proc/self").map(|metadata| metadata.uid());
    let Ok(metadata) = fs::metadata(folder) else { return false };
    let trusted = metadata.uid() == 0 || own.is_ok_and(|own| own == metadata.uid());
    trusted && (metadata.mode() & 0o022 == 0 || metadata.mode() & 0o1000 != 0)
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.keep {
            let _ = writable(&self.path).and_then(|()| fs::remove_dir_all(&self.path));
        }
    }
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
    use crate::skip::limited;

    /// Whether any place is safe. In a user namespace without root, such as Nix's sandbox for builder accounts, `/` is
    /// not this user's, and no one known there owns it.
    fn has_safe_places() -> bool {
        let is_safe = is_safe(Path::new("/"));
        if !is_safe {
            limited("the root directory belongs to no one that is known here");
        }
        is_safe
    }

    #[test]
    fn a_folder_that_others_may_write_to_is_not_safe() {
        if !has_safe_places() {
            return;
        }
        let folder = Folder::new("sarsen-safe").unwrap();
        for (mode, safe) in
            [(0o700, true), (0o755, true), (0o777, false), (0o1777, true), (0o770, false), (0o720, false)]
        {
            fs::set_permissions(folder.path(), Permissions::from_mode(mode)).unwrap();
            assert_eq!(is_safe(folder.path()), safe, "{mode:o}");
        }
        assert!(!is_safe(&folder.path().join("absent")));
    }

    #[test]
    fn a_store_is_removed_with_what_nobody_may_write() {
        if !has_safe_places() {
            return;
        }
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
