//! Whole root file systems: every ELF file, script and link in its world.

use std::path::{Path, PathBuf};

use super::{FileReport, Judge, Judgement, asked};
use crate::elf::Bytes;
use crate::error::{Code, Error};
use crate::loader::dynamic::World;
use crate::parallel;
use crate::rootfs::{Node, Tree};
use crate::rules::{Member, Place};

/// A root file system whose members are judged.
#[derive(Debug)]
pub struct Root {
    world: World,
    name: PathBuf,
    is_archive: bool,
}

/// As much of a file as the rules about scripts need: the kernel reads 256 bytes (BINPRM_BUF_SIZE).
const HEAD: usize = 256;

impl Root {
    /// The folder or image at `path` of this machine.
    ///
    /// # Errors
    /// Those of [`Tree::open`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        let tree = Tree::open(path)?;
        Ok(Self { world: World::new(tree), name: path.to_owned(), is_archive: !path.is_dir() })
    }

    fn tree(&self) -> &Tree {
        self.world.tree()
    }

    /// How reports call the member at `path`, which is absolute: below the folder, or behind the image and a colon.
    fn name_of(&self, path: &Path) -> PathBuf {
        if self.is_archive {
            let mut name = self.name.clone().into_os_string();
            name.push(":");
            name.push(path);
            name.into()
        } else {
            self.name.join(path.strip_prefix("/").unwrap_or(path))
        }
    }

    fn report<'p>(&self, path: &Path, outcome: Result<Vec<Judgement<'p>>, Error>) -> FileReport<'p> {
        let archive = self.is_archive.then(|| self.name.clone());
        FileReport { path: self.name_of(path), archive, outcome }
    }

    /// The members at and below `path`, in the order of their paths.
    fn members(&self, path: &Path) -> Result<Members<'_>, Error> {
        let (path, node) = self.tree().resolve(path).map_err(|obstacle| {
            let path = path.display();
            Error::new(
                Code::InputMissing,
                format!(
                    "{path} is not in {}: {obstacle}; is the path spelled as on the device?",
                    self.name.display()
                ),
            )
        })?;
        if node.is_directory() {
            return Ok(Box::new(self.tree().walk(&path)));
        }
        Ok(Box::new(std::iter::once(Ok((path, node)))))
    }
}

type Members<'a> = Box<dyn Iterator<Item = Result<(PathBuf, Node), Error>> + Send + 'a>;

impl<'p> Judge<'p> {
    /// Judges the members of `root` at and below `path`, an absolute path inside, on all processors. Each of which a rule
    /// has something to say is handed to `take`, in the order of their paths; so is what could not be looked at.
    ///
    /// # Errors
    /// The first error of `take`.
    pub fn members<E>(
        &self,
        root: &Root,
        path: &Path,
        mut take: impl FnMut(FileReport<'p>) -> Result<(), E>,
    ) -> Result<(), E> {
        let members = match root.members(path) {
            Ok(members) => members,
            Err(error) => return take(root.report(path, Err(error))),
        };
        let work = |item: Result<(PathBuf, Node), Error>| match item {
            Ok((path, node)) => self.member(root, &path, &node),
            Err(error) => Some(root.report(path, Err(error))),
        };
        parallel::in_order(members, work, |report| report.map_or(Ok(()), &mut take))
    }

    fn member(&self, root: &Root, path: &Path, node: &Node) -> Option<FileReport<'p>> {
        let outcome = self.judge_member(root, path, node);
        let silent = outcome.as_ref().is_ok_and(Vec::is_empty);
        (!silent).then(|| root.report(path, outcome))
    }

    fn judge_member(&self, root: &Root, path: &Path, node: &Node) -> Result<Vec<Judgement<'p>>, Error> {
        let tree = root.tree();
        let head = if node.is_file() { tree.head(node, HEAD)? } else { (&[]).into() };
        let names = [root.name_of(path), path.to_owned()].map(|name| name.to_string_lossy().into_owned());
        let names = names.each_ref().map(String::as_str);
        if head.starts_with(b"\x7fELF") {
            let bytes = tree.read(node)?;
            return self.elf(Bytes::new(&bytes), &names, Some(Place { world: &root.world, path, node }));
        }
        let member = Member { profile: self.profile, world: &root.world, path, node, head: &head };
        let said = asked(self.profile).filter_map(|rule| Some((rule, rule.judge_member(&member)?)));
        Ok(said.map(|(rule, verdict)| self.judgement(rule, verdict, &names)).collect())
    }
}
