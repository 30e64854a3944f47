//! A root file system with what is remembered of its libraries.

use std::collections::HashMap;
use std::hash::Hash;
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};

use super::cache::Cache;
use super::family::Loader;
use super::library::Library;
use super::process::Program;
use super::{Environment, Linked, Unmodelled, glibc, musl};
use crate::elf::Image;
use crate::rootfs::{Errno, Tree};

/// A root file system. Facts of its libraries are read once and shared between threads; no file content is kept.
#[derive(Debug)]
pub struct World {
    tree: Tree,
    opened: Memory<PathBuf, Opened>,
    libraries: Memory<PathBuf, Result<Arc<Library>, String>>,
    loaders: Memory<PathBuf, Option<Arc<Loader>>>,
    caches: Memory<String, Option<Arc<Cache>>>,
}

/// What open(2) for reading comes to.
#[derive(Clone, Debug)]
pub(super) enum Opened {
    /// A file, by its path without links.
    File(Arc<Path>),
    /// A directory, which can be opened but not read.
    Directory,
    /// The error.
    Failed(Errno),
}

/// Loaders of an image, by machine, for files that name none.
const LOADERS: &[(u16, &[&str])] = &[
    (62, &["/lib64/ld-linux-x86-64.so.2", "/lib/ld-musl-x86_64.so.1"]),
    (183, &["/lib/ld-linux-aarch64.so.1", "/lib/ld-musl-aarch64.so.1"]),
    (243, &["/lib/ld-linux-riscv64-lp64d.so.1", "/lib/ld-musl-riscv64.so.1"]),
    (258, &["/lib64/ld-linux-loongarch-lp64d.so.1", "/lib/ld-musl-loongarch64.so.1"]),
];

impl World {
    /// The world of `tree`.
    pub fn new(tree: Tree) -> Self {
        let (opened, libraries) = (Memory::default(), Memory::default());
        Self { tree, opened, libraries, loaders: Memory::default(), caches: Memory::default() }
    }

    /// The files.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// What the dynamic loader does with `image`, which is the file at `path`, an absolute path in this tree: as a
    /// program, or, if it names no interpreter, as the first library that a program of this image opens.
    ///
    /// # Errors
    /// Why that cannot be said.
    pub fn link(&self, path: &Path, image: &Image, environment: &Environment) -> Result<Linked, Unmodelled> {
        let (facts, interpreter) = if let Some(interpreter) = image.interpreter() {
            (Arc::new(Library::of(image)), interpreter)
        } else {
            // Others may load it too.
            let known = self.libraries.get(path, |_| Ok(Arc::new(Library::of(image))));
            let facts = known.unwrap_or_else(|_| Arc::new(Library::of(image)));
            let loader = self.loader_of(image, &facts).ok_or(Unmodelled::NoInterpreter)?;
            (facts, loader)
        };
        let (loader_path, node) = self
            .tree
            .resolve(Path::new(&interpreter))
            .map_err(|obstacle| Unmodelled::InterpreterMissing(obstacle.to_string()))?;
        if !node.is_file() {
            return Err(Unmodelled::InterpreterMissing(format!("{interpreter} is not a regular file")));
        }
        let library = self.library(&loader_path).map_err(Unmodelled::InterpreterMissing)?;
        let program = Program {
            world: self,
            environment,
            path,
            facts,
            interpreter: &interpreter,
            loader: library,
            loader_path: &loader_path,
        };
        match self.loader(&loader_path).as_deref() {
            Some(Loader::Musl(settings)) => musl::link(&program, settings),
            Some(Loader::Glibc(settings)) => glibc::link(&program, settings),
            None => Err(Unmodelled::UnknownLoader(loader_path)),
        }
    }

    /// The interpreter that programs of this image would name for a library: of two, the one of its C library.
    fn loader_of(&self, image: &Image, facts: &Library) -> Option<String> {
        if facts.is_program() || !facts.is_dynamic {
            return None;
        }
        let (_, paths) = LOADERS.iter().find(|(machine, _)| *machine == image.header.machine)?;
        let there: Vec<&str> =
            paths.iter().copied().filter(|path| self.tree.resolve(Path::new(path)).is_ok()).collect();
        let first = there.first()?;
        let for_musl = |name: &String| name == "libc.so" || name.starts_with("libc.musl-");
        let musl = there.get(1).filter(|_| facts.needed.iter().any(for_musl));
        Some((*musl.unwrap_or(first)).to_owned())
    }

    /// Facts of the regular file at `path`, a path without links.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn library(&self, path: &Path) -> Result<Arc<Library>, String> {
        self.libraries.get(path, |path| {
            self.read(path).map(|bytes| {
                let library = Library::read(&bytes);
                Arc::new(library)
            })
        })
    }

    fn read(&self, path: &Path) -> Result<Vec<u8>, String> {
        let (_, node) = self.tree.resolve(path).map_err(|obstacle| obstacle.to_string())?;
        self.tree.read(&node).map(std::borrow::Cow::into_owned).map_err(|error| error.message)
    }

    /// The loader in the file at `path`, if it is one that is modelled.
    pub(super) fn loader(&self, path: &Path) -> Option<Arc<Loader>> {
        self.loaders.get(path, |path| {
            let machine = self.library(path).ok()?.ident?.machine;
            Loader::read(&self.read(path).ok()?, machine).map(Arc::new)
        })
    }

    /// The cache of libraries at `path`, if there is one that can be used.
    pub(super) fn cache(&self, path: &str) -> Option<Arc<Cache>> {
        self.caches.get(path, |path| Cache::read(&self.read(Path::new(path)).ok()?).map(Arc::new))
    }

    /// The text of a small file of settings, such as /etc/ld.so.preload.
    pub(super) fn text(&self, path: &str) -> Result<String, Opened> {
        match self.open(path) {
            Opened::File(file) => {
                let bytes = self.read(&file).map_err(|_| Opened::Failed(Errno::EIO))?;
                Ok(String::from_utf8_lossy(&bytes).into_owned())
            }
            other => Err(other),
        }
    }

    /// Opens a path for reading. A relative one starts at the root: which folder a program is started in is not known.
    pub(super) fn open(&self, path: &str) -> Opened {
        self.opened.get(Path::new(path), |path| match self.tree.resolve(path) {
            Ok((_, node)) if node.is_directory() => Opened::Directory,
            Ok((path, _)) => Opened::File(path.into()),
            Err(obstacle) => Opened::Failed(obstacle.errno),
        })
    }
}

/// No more answers than these are remembered: more than an honest image has questions.
const REMEMBERED: usize = 1 << 20;

/// Answers that are computed once for each question.
#[derive(Debug)]
struct Memory<K, V>(RwLock<HashMap<K, V>>);

impl<K, V> Default for Memory<K, V> {
    fn default() -> Self {
        Self(RwLock::new(HashMap::new()))
    }
}

impl<K: Hash + Eq, V: Clone> Memory<K, V> {
    /// The answer for `key`. Two threads that ask at once may both compute it; they get the same.
    fn get<Q>(&self, key: &Q, compute: impl FnOnce(&Q) -> V) -> V
    where
        K: std::borrow::Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        let known = self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner).get(key).cloned();
        known.unwrap_or_else(|| {
            let value = compute(key);
            let mut known = self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner);
            if known.len() == REMEMBERED {
                known.clear();
            }
            known.entry(key.to_owned()).or_insert(value).clone()
        })
    }
}
