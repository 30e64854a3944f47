//! Path resolution inside a root, as fs/namei.c does it (path_resolution(7)).

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::{Errno, Kind, Node, Obstacle, Tree};

/// Links that one lookup follows (include/linux/namei.h, MAXSYMLINKS).
pub(super) const LINKS: usize = 40;
/// Bytes of a path, its final NUL included (include/uapi/linux/limits.h, PATH_MAX).
pub(super) const PATH: usize = 4096;
/// Bytes of a component (include/uapi/linux/limits.h, NAME_MAX).
pub(super) const NAME: usize = 255;

/// The components of `path`, the last first. A final `/` becomes `.`, which only a directory has.
pub(super) fn components(path: &OsStr) -> impl Iterator<Item = OsString> + '_ {
    let bytes = path.as_bytes();
    let closing = bytes.ends_with(b"/").then(|| OsString::from("."));
    let named = bytes.rsplit(|byte| *byte == b'/').filter(|name| !name.is_empty());
    closing.into_iter().chain(named.map(|name| OsStr::from_bytes(name).to_owned()))
}

/// Where a lookup is: at `path`, which has no links, having followed `links`.
struct Position {
    path: PathBuf,
    links: Vec<(PathBuf, PathBuf)>,
}

impl Position {
    /// The node at `path`, whose folder is a directory.
    fn look(&self, tree: &Tree, path: &Path) -> Result<Node, Obstacle> {
        match tree.lookup(path) {
            Ok(Some(node)) => Ok(node),
            Ok(None) => Err(self.obstacle(path.to_owned(), Errno::ENOENT)),
            Err(error) => {
                let denied = error.kind() == io::ErrorKind::PermissionDenied;
                let errno = if denied { Errno::EACCES } else { Errno::EIO };
                Err(Obstacle { cause: Some(error.to_string()), ..self.obstacle(path.to_owned(), errno) })
            }
        }
    }

    fn obstacle(&self, path: PathBuf, errno: Errno) -> Obstacle {
        Obstacle { path, errno, links: self.links.clone(), cause: None }
    }
}

/// The node at `path` and its path without links; `follow` says whether a link in the last component is followed.
pub(super) fn resolve(tree: &Tree, path: &Path, follow: bool) -> Result<(PathBuf, Node), Obstacle> {
    let mut at = Position { path: PathBuf::from("/"), links: Vec::new() };
    if path.as_os_str().is_empty() {
        return Err(at.obstacle(PathBuf::new(), Errno::ENOENT));
    }
    if path.as_os_str().len() >= PATH {
        return Err(at.obstacle(path.to_owned(), Errno::ENAMETOOLONG));
    }
    let mut rest: Vec<OsString> = components(path.as_os_str()).collect();
    let mut node = at.look(tree, Path::new("/"))?;
    while let Some(name) = rest.pop() {
        if node.kind != Kind::Directory {
            return Err(at.obstacle(at.path.clone(), Errno::ENOTDIR));
        }
        let next = match name.as_bytes() {
            b"." => continue,
            b".." => at.path.parent().unwrap_or(Path::new("/")).to_owned(),
            _ => at.path.join(&name),
        };
        if name.len() > NAME {
            return Err(at.obstacle(next, Errno::ENAMETOOLONG));
        }
        node = at.look(tree, &next)?;
        let Kind::Link(target) = &node.kind else {
            at.path = next;
            continue;
        };
        if rest.is_empty() && !follow {
            return Ok((next, node));
        }
        if at.links.len() == LINKS {
            return Err(at.obstacle(next, Errno::ELOOP));
        }
        at.links.push((next, target.clone()));
        if target.as_os_str().is_empty() {
            return Err(at.obstacle(PathBuf::new(), Errno::ENOENT));
        }
        if target.as_os_str().len() >= PATH {
            return Err(at.obstacle(target.clone(), Errno::ENAMETOOLONG));
        }
        if target.is_absolute() {
            at.path = PathBuf::from("/");
        }
        rest.extend(components(target.as_os_str()));
        node = at.look(tree, &at.path)?;
    }
    Ok((at.path, node))
}

/// The path without links at which a file named `at` would be made, its missing folders included.
pub(super) fn place(tree: &Tree, at: &Path) -> Result<PathBuf, Obstacle> {
    let mut rest: Vec<OsString> = components(at.as_os_str()).filter(|name| name != ".").collect();
    let last = (!rest.is_empty()).then(|| rest.remove(0));
    let mut path = PathBuf::from("/");
    while let Some(name) = rest.pop() {
        if name == ".." {
            path.pop();
            continue;
        }
        path.push(name);
        path = match tree.resolve(&path) {
            Ok((folder, node)) if node.is_directory() => folder,
            Ok((path, _)) => {
                return Err(Obstacle { path, errno: Errno::ENOTDIR, links: Vec::new(), cause: None });
            }
            // A link that leads nowhere is in the way; a folder that is not there can be made.
            Err(obstacle) if obstacle.errno == Errno::ENOENT && obstacle.links.is_empty() => path,
            Err(obstacle) => return Err(obstacle),
        };
    }
    let directory = |path| Err(Obstacle { path, errno: Errno::EISDIR, links: Vec::new(), cause: None });
    let Some(last) = last.filter(|name| name != "..") else {
        return directory(path);
    };
    path.push(last);
    match tree.node(&path) {
        Ok(node) if node.is_directory() => directory(path),
        Ok(_) => Ok(path),
        Err(obstacle) if obstacle.errno == Errno::ENOENT => Ok(path),
        Err(obstacle) => Err(obstacle),
    }
}
