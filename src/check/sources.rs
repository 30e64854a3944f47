//! What is judged: single files, whole root file systems, and parts of them.

use std::path::{Path, PathBuf};

use super::{FileReport, Judge, Root};
use crate::error::Error;
use crate::rootfs::Tree;

/// What a command line names.
#[derive(Debug)]
pub struct Sources(Vec<Source>);

#[derive(Debug)]
enum Source {
    /// Files of this machine, each by itself.
    Files(Vec<PathBuf>),
    /// A folder or an image of this machine, as a root file system.
    Whole(PathBuf),
    /// Paths inside the folder or image that is named first.
    Inside(PathBuf, Vec<PathBuf>),
    /// What cannot be looked at.
    Unusable(PathBuf, Error),
}

impl Sources {
    /// With a `rootfs`, `paths` are inside it, and each file is judged in that world. Without, they are of this machine:
    /// a folder or an image is a world of its own, any other file is judged by itself.
    pub fn new(rootfs: Option<PathBuf>, paths: Vec<PathBuf>) -> Self {
        if let Some(rootfs) = rootfs {
            return Self(vec![Source::Inside(rootfs, paths)]);
        }
        let mut sources = Vec::new();
        for path in paths {
            match (Tree::sort_of(&path), sources.last_mut()) {
                (Ok(Some(_)), _) => sources.push(Source::Whole(path)),
                (Ok(None), Some(Source::Files(files))) => files.push(path),
                (Ok(None), _) => sources.push(Source::Files(vec![path])),
                (Err(error), _) => sources.push(Source::Unusable(path, error)),
            }
        }
        Self(sources)
    }

    /// Whether there may be more files than are named.
    pub fn has_trees(&self) -> bool {
        self.0.iter().any(|source| matches!(source, Source::Whole(_) | Source::Inside(..)))
    }
}

impl<'p> Judge<'p> {
    /// Judges everything, on all processors, and hands what was said of each file to `take`: in the order of the
    /// sources, and by path inside a folder or image.
    ///
    /// # Errors
    /// The first error of `take`.
    pub fn all<E>(
        &self,
        sources: &Sources,
        mut take: impl FnMut(FileReport<'p>) -> Result<(), E>,
    ) -> Result<(), E> {
        let unusable =
            |path: &Path, error| FileReport { path: path.to_owned(), archive: None, outcome: Err(error) };
        for source in &sources.0 {
            let (name, paths) = match source {
                Source::Files(paths) => {
                    self.files(paths, &mut take)?;
                    continue;
                }
                Source::Unusable(path, error) => {
                    take(unusable(path, error.clone()))?;
                    continue;
                }
                Source::Whole(name) => (name, &[PathBuf::from("/")][..]),
                Source::Inside(name, paths) => (name, &paths[..]),
            };
            match Root::open(name) {
                Ok(root) => paths.iter().try_for_each(|path| self.members(&root, path, &mut take))?,
                Err(error) => take(unusable(name, error))?,
            }
        }
        Ok(())
    }
}
