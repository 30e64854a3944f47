//! The files of an archive by their paths.

use crate::visible::shown;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Component, Path, PathBuf};

use super::resolve::{LINKS, components};
use super::{Kind, Node};

/// A tree of nodes. Names that are hard links of each other share one.
#[derive(Debug)]
pub(super) struct Index {
    /// The first is the root. A node that no name stands for any more stays.
    nodes: Vec<Entry>,
    implied: Vec<PathBuf>,
    /// Components that may still be looked up while the index is made.
    steps: u32,
}

#[derive(Debug)]
struct Entry {
    node: Node,
    /// Of a directory: which node each name stands for.
    names: BTreeMap<OsString, usize>,
}

/// The root's number.
const ROOT: usize = 0;

/// The most nodes: a path of 4 KiB can imply 2,000 folders, and a hostile archive of few bytes millions of such paths.
const NODES: usize = 1 << 21;

/// The most components that are looked up for all paths of an archive together: links make each cheap to repeat.
const STEPS: u32 = 1 << 28;

/// Why a member cannot be placed.
#[derive(Debug)]
pub(super) enum Refusal {
    /// Something that is no directory is in the way.
    NotDirectory(String),
    /// A link in the way leads nowhere, or there are more than are followed.
    Nowhere(String),
    /// A directory with files in it is at the place.
    Directory,
    /// The index would grow beyond bounds.
    TooMany,
}

impl Index {
    /// An empty root.
    pub(super) fn new() -> Self {
        let root = Entry { node: Node::implied_directory(), names: BTreeMap::new() };
        Self { nodes: vec![root], implied: Vec::new(), steps: STEPS }
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

    /// The topmost folder that was missing, for each member that came before its folder.
    pub(super) fn implied(&self) -> &[PathBuf] {
        &self.implied
    }

    /// Puts `node` at `path`; links in the folders before are followed, missing folders are made. What is there is
    /// replaced, but for directories, which keep what is in them; a regular file that replaces one takes over all of its
    /// hard links if `same` says so. Returns the number of the node.
    pub(super) fn put(&mut self, path: &Path, node: Node, same: bool) -> Result<usize, Refusal> {
        let Some((folder, name)) = self.place(path)? else {
            return if node.is_directory() { Ok(self.replace(ROOT, node)) } else { Err(Refusal::Directory) };
        };
        if let Some(number) = self.nodes[folder].names.get(name).copied() {
            let there = &self.nodes[number];
            let kept = there.node.is_directory() && node.is_directory();
            if kept || same && there.node.is_file() && node.is_file() {
                return Ok(self.replace(number, node));
            }
        }
        let number = self.add(node)?;
        self.name(folder, name, number)?;
        Ok(number)
    }

    /// Makes `path` one more name of the node `number`.
    pub(super) fn link(&mut self, path: &Path, number: usize) -> Result<(), Refusal> {
        match self.place(path)? {
            Some((folder, name)) => self.name(folder, name, number),
            None => Err(Refusal::Directory),
        }
    }

    /// The number of the node at `path`: links in the folders before are followed, not in the last component.
    pub(super) fn number(&mut self, path: &Path) -> Result<Option<usize>, Refusal> {
        let Some(name) = path.file_name() else { return Ok(Some(ROOT)) };
        let folder = self.folder(path.parent().unwrap_or(path), false)?;
        Ok(folder.and_then(|folder| self.nodes[folder].names.get(name).copied()))
    }

    /// The node with that number.
    pub(super) fn node(&self, number: usize) -> &Node {
        &self.nodes[number].node
    }

    /// Gives the node with that number new attributes and contents.
    pub(super) fn replace(&mut self, number: usize, node: Node) -> usize {
        self.nodes[number].node = node;
        number
    }

    fn add(&mut self, node: Node) -> Result<usize, Refusal> {
        if self.nodes.len() == NODES {
            return Err(Refusal::TooMany);
        }
        self.nodes.push(Entry { node, names: BTreeMap::new() });
        Ok(self.nodes.len() - 1)
    }

    fn name(&mut self, folder: usize, name: &OsStr, number: usize) -> Result<(), Refusal> {
        let there = self.nodes[folder].names.get(name);
        if there.is_some_and(|there| !self.nodes[*there].names.is_empty()) {
            return Err(Refusal::Directory);
        }
        self.nodes[folder].names.insert(name.to_owned(), number);
        Ok(())
    }

    /// The folder and the name in it that `path` means; `None` is the root.
    fn place<'a>(&mut self, path: &'a Path) -> Result<Option<(usize, &'a OsStr)>, Refusal> {
        let Some(name) = path.file_name() else { return Ok(None) };
        let folder = self.folder(path.parent().unwrap_or(path), true)?;
        Ok(folder.map(|folder| (folder, name)))
    }

    /// The number of the folder at `path`, following links. A missing folder is made if `make`, else the answer is `None`;
    /// a link to a missing one is refused.
    fn folder(&mut self, path: &Path, make: bool) -> Result<Option<usize>, Refusal> {
        let mut way = vec![ROOT];
        let mut rest: Vec<OsString> = components(path.as_os_str()).collect();
        // Components of the path itself, below those of link targets.
        let mut own = rest.len();
        let mut links = 0;
        let mut made = false;
        while let Some(name) = rest.pop() {
            let from_link = rest.len() >= own;
            own = own.min(rest.len());
            self.steps = self.steps.checked_sub(1).ok_or(Refusal::TooMany)?;
            let here = way.last().copied().unwrap_or(ROOT);
            if name == "." {
                continue;
            }
            if name == ".." {
                way.truncate((way.len() - 1).max(1));
                continue;
            }
            let Some(next) = self.nodes[here].names.get(&name).copied() else {
                if from_link {
                    return Err(Refusal::Nowhere(shown(path)));
                } else if !make {
                    return Ok(None);
                }
                let number = self.add(Node::implied_directory())?;
                self.name(here, &name, number)?;
                if !made {
                    made = true;
                    let parts = names(path).count() - own;
                    self.implied.push(Path::new("/").join(names(path).take(parts).collect::<PathBuf>()));
                }
                way.push(number);
                continue;
            };
            match &self.nodes[next].node.kind {
                Kind::Directory => way.push(next),
                Kind::Link(target) if links < LINKS => {
                    links += 1;
                    if target.is_absolute() {
                        way.truncate(1);
                    }
                    rest.extend(components(target.as_os_str()));
                }
                Kind::Link(_) => return Err(Refusal::Nowhere(shown(path))),
                _ => return Err(Refusal::NotDirectory(shown(path))),
            }
        }
        Ok(way.last().copied())
    }
}

fn names(path: &Path) -> impl Iterator<Item = &OsStr> {
    path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name),
        _ => None,
    })
}
