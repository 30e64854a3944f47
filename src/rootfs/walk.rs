//! A walk over a tree, parents first.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::vec;

use super::{Node, Tree};
use crate::error::{Code, Error};
use crate::visible::shown;

/// The walk: on each level the folder, without links in its path, and its names that are still to come.
pub(super) struct Walk<'a> {
    tree: &'a Tree,
    levels: Vec<(PathBuf, vec::IntoIter<OsString>)>,
    failed: Option<Error>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(tree: &'a Tree, folder: &Path) -> Self {
        let mut walk = Self { tree, levels: Vec::new(), failed: None };
        match tree.resolve(folder) {
            Ok((path, node)) if node.is_directory() => walk.enter(path),
            Ok((path, _)) => {
                walk.fail(format!("{} is not a directory: nothing below it can be listed", shown(&path)));
            }
            Err(obstacle) => walk.fail(format!("{obstacle}: nothing below {} can be listed", shown(folder))),
        }
        walk
    }

    fn fail(&mut self, message: String) {
        self.failed = Some(Error::new(Code::InputUnreadable, message));
    }

    fn enter(&mut self, folder: PathBuf) {
        match self.tree.names(&folder) {
            Ok(names) => self.levels.push((folder, names.into_iter())),
            Err(error) => self.fail(format!(
                "the folder {} of the image cannot be listed ({error}): what is in it was not looked at; check owner \
                 and mode on this machine",
                shown(&folder)
            )),
        }
    }

    fn missing(path: &Path, error: Option<&io::Error>) -> Error {
        let because = error.map_or("it vanished".to_owned(), ToString::to_string);
        Error::new(
            Code::InputUnreadable,
            format!(
                "{} of the image cannot be looked at ({because}): is something changing the tree?",
                shown(path)
            ),
        )
    }
}

impl Iterator for Walk<'_> {
    type Item = Result<(PathBuf, Node), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(error) = self.failed.take() {
            return Some(Err(error));
        }
        let path = loop {
            let (folder, names) = self.levels.last_mut()?;
            match names.next() {
                Some(name) => break folder.join(name),
                None => self.levels.pop(),
            };
        };
        Some(match self.tree.lookup(&path) {
            Ok(Some(node)) => {
                if node.is_directory() {
                    self.enter(path.clone());
                }
                Ok((path, node))
            }
            Ok(None) => Err(Self::missing(&path, None)),
            Err(error) => Err(Self::missing(&path, Some(&error))),
        })
    }
}
