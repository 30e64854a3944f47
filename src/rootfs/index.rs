//! The files of an archive by their paths.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Component, Path, PathBuf};

use super::{Kind, Node};

/// A tree of nodes. Names that are hard links of each other share one.
#[derive(Debug)]
pub(super) struct Index {
    /// The first is the root.
    nodes: Vec<Entry>,
    implied: Vec<PathBuf>,
}

#[derive(Debug)]
struct Entry {
    node: Node,
    /// Of a directory: which node each name stands for.
    names: BTreeMap<OsString, usize>,
}

/// The root's number.
const ROOT: usize = 0;

impl Index {
    /// An empty root.
    pub(super) fn new() -> Self {
        let mut index = Self { nodes: Vec::new(), implied: Vec::new() };
        index.add(Node::implied_directory());
        index
    }

    fn add(&mut self, node: Node) -> usize {
        self.nodes.push(Entry { node, names: BTreeMap::new() });
        self.nodes.len() - 1
    }

    /// The number of the node at `path`, which has no links, `.` or `..`.
    fn find(&self, path: &Path) -> Option<usize> {
        names(path).try_fold(ROOT, |folder, name| self.nodes[folder].names.get(name).copied())
    }

    /// The node at `path`, which has no links, `.` or `..`.
    pub(super) fn get(&self, path: &Path) -> Option<&Node> {
        self.find(path).map(|number| &self.nodes[number].node)
    }

    /// The sorted names in the directory at `path`.
    pub(super) fn names(&self, path: &Path) -> Option<Vec<OsString>> {
        self.find(path).map(|number| self.nodes[number].names.keys().cloned().collect())
    }

    /// Folders that were made only because something is in them.
    pub(super) fn implied(&self) -> &[PathBuf] {
        &self.implied
    }

    /// Puts `node` at `path`, which has no links, `.` or `..`; folders that are missing are made.
    pub(super) fn put(&mut self, path: &Path, node: Node) {
        let mut folder = ROOT;
        for name in names(path.parent().unwrap_or(path)) {
            folder = match self.nodes[folder].names.get(name) {
                Some(next) if self.nodes[*next].node.kind == Kind::Directory => *next,
                _ => self.link(folder, name, Node::implied_directory()),
            };
        }
        if let Some(name) = path.file_name() {
            self.link(folder, name, node);
        }
    }

    fn link(&mut self, folder: usize, name: &OsStr, node: Node) -> usize {
        let number = self.add(node);
        self.nodes[folder].names.insert(name.to_owned(), number);
        number
    }
}

fn names(path: &Path) -> impl Iterator<Item = &OsStr> {
    path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name),
        _ => None,
    })
}
