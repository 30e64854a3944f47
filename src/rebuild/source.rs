//! The source: what a flake reference is locked to. All that is stated of it was computed from the copy that is evaluated.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::closure::forged;
use super::nix::{self, Fixed, Locked, Metadata, Node};
use super::{address, checkout};
use crate::digest::{self, hex};
use crate::error::{Code, Error};
use crate::nar;
use crate::nar::store_path;
use crate::statement::rebuild::{Pin, Source};

/// The kinds of references whose revision is a commit of git, and which fetch by it.
const GIT: [&str; 4] = ["git", "github", "gitlab", "sourcehut"];

/// A source that nothing moves any more.
pub struct LockedSource {
    /// What Nix evaluates in pure mode.
    pub flake: Fixed,
    /// What is stated of it.
    pub source: Source,
    /// Where a store has the inputs that `flake.lock` pins, by the SHA-256 of their archives.
    pinned: BTreeMap<PathBuf, [u8; 32]>,
}

impl LockedSource {
    /// Whether what the store has of each pinned input is what `flake.lock` says. Nix 2.8 takes them from caches by their names
    /// alone, some before and some while it evaluates.
    ///
    /// # Errors
    /// The `helper-…` codes; `content-forged`.
    pub fn has_its_inputs(&self) -> Result<(), Error> {
        let missing = nix::missing(&self.pinned.keys().cloned().collect::<Vec<_>>(), None)?;
        for (path, pinned) in self.pinned.iter().filter(|(path, _)| !missing.contains(path)) {
            let here = nar::hash(path)?.0;
            if here != *pinned {
                let what = format!("an input that flake.lock pins, with narHash {}", nar::sri(pinned));
                return Err(forged(path, &what, &nar::sri(&here)));
            }
        }
        Ok(())
    }
}

/// Resolves and locks a flake reference.
///
/// # Errors
/// The `helper-…` codes; `lock-outdated`; `content-forged` if what Nix has as this source, or as one of those that
/// `flake.lock` pins, is something else.
pub fn locked(flake: &str, uri: Option<&str>, progress: &mut dyn FnMut(&str)) -> Result<LockedSource, Error> {
    let Metadata { resolved, url, path, locked, locks } = nix::metadata(flake)?;
    let nar_hash = nar::sri(&nar::hash(&path)?.0);
    if let Some(stated) = locked.nar_hash.as_ref().filter(|stated| **stated != nar_hash) {
        return Err(forged(&path, &format!("the source, with narHash {stated}"), &nar_hash));
    }
    let pinned = pinned(&path, locks.nodes.values())?;
    let mut digest = BTreeMap::new();
    let folder = checkout::folder(&resolved);
    // Of other kinds a reference may name any revision, and Nix repeats it.
    let mut commit = locked.rev.clone().filter(|_| GIT.contains(&locked.kind.as_str()));
    // What is of a commit is told by its content: Nix may have it from its cache, under a commit's name.
    if let (Some(folder), Some(rev), "git") = (&folder, &commit, locked.kind.as_str()) {
        match checkout::holds(folder, rev, &path)? {
            Ok(tree) => {
                digest.insert("gitTree".to_owned(), tree);
            }
            Err(why) => {
                progress(&format!(
                    "the source that Nix evaluates is not that of commit {rev}: {why}; it is stated as dirty"
                ));
                commit = None;
            }
        }
    }
    if let Some(commit) = &commit {
        digest.insert("gitCommit".to_owned(), commit.clone());
    }
    let root = locked.dir.as_ref().map_or(path.clone(), |dir| path.join(dir));
    let inside = |file: &Path| {
        fs::canonicalize(file)
            .is_ok_and(|real| fs::canonicalize(&path).is_ok_and(|path| real.starts_with(path)))
    };
    for name in ["flake.nix", "flake.lock"] {
        let file = root.join(name);
        let Ok(metadata) = fs::symlink_metadata(&file) else { continue };
        if !metadata.is_file() || !inside(&file) {
            let message = format!(
                "{} is a link, or below one that leads out of the source: what it says may change between two readings, and \
                 is no part of what is stated; commit the file itself",
                file.display()
            );
            return Err(Error::new(Code::InputSpecial, message));
        }
    }
    let of = |file: PathBuf| -> Result<Option<BTreeMap<String, String>>, Error> {
        // What a link leads to is no part of the source.
        if !fs::symlink_metadata(&file).is_ok_and(|metadata| metadata.is_file()) {
            return Ok(None);
        }
        Ok(Some(BTreeMap::from([("sha256".to_owned(), hex(&digest::file(&file)?.sha256))])))
    };
    let pin = |(name, node): (String, Node)| {
        let Locked { rev, nar_hash, last_modified, .. } = node.locked?;
        Some(Pin { name, revision: rev, nar_hash, last_modified })
    };
    let source = Source {
        // Where this machine has it is nobody else's affair.
        uri: uri.map(str::to_owned).or_else(|| (!is_local(&resolved)).then(|| address::of_source(&resolved))),
        dirty: locked.kind == "git" && commit.is_none(),
        digest,
        nar_hash,
        flake_lock: of(root.join("flake.lock"))?,
        cargo_lock: of(path.join("Cargo.lock"))?,
        inputs: locks.nodes.into_iter().filter_map(pin).collect(),
    };
    let flake = if locked.rev.is_some() && locked.kind != "path" {
        Fixed::Reference(url)
    } else {
        copied(path, &locked, &source.nar_hash)
    };
    Ok(LockedSource { flake, source, pinned })
}

/// Whether a reference names something on this machine.
fn is_local(url: &str) -> bool {
    let scheme = url.split(':').next().unwrap_or_default();
    scheme.is_empty() || scheme == url || scheme == "path" || scheme.ends_with("file")
}

/// The copy that Nix has made of what has no commit.
fn copied(path: PathBuf, locked: &Locked, nar_hash: &str) -> Fixed {
    let last_modified = locked.last_modified.unwrap_or_default();
    if let Some(dir) = locked.dir.clone().filter(|dir| !dir.is_empty()) {
        return Fixed::Folder { path, dir, nar_hash: nar_hash.to_owned(), last_modified };
    }
    let hash = nar_hash.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    Fixed::Reference(format!("path:{}?lastModified={last_modified}&narHash={hash}", path.display()))
}

/// Where the store that has a path beside them has the inputs that are pinned.
fn pinned<'n>(
    beside: &Path,
    nodes: impl Iterator<Item = &'n Node>,
) -> Result<BTreeMap<PathBuf, [u8; 32]>, Error> {
    let store = beside.parent().and_then(Path::to_str).unwrap_or_default();
    let mut pinned = BTreeMap::new();
    for text in nodes.filter_map(|node| node.locked.as_ref()?.nar_hash.as_ref()) {
        let Some(hash) = nar::from_sri(text) else {
            let message = format!(
                "flake.lock pins an input by the narHash {text:?}, which is no SHA-256 as Nix writes it: what is there could not \
                 be compared with it; lock the input again"
            );
            return Err(Error::new(Code::LockOutdated, message));
        };
        pinned.insert(store_path::recursive(store, "source", &hash, &[], false).into(), hash);
    }
    Ok(pinned)
}
