//! A root file system with what is remembered of its libraries.

use std::path::Path;

use super::{Environment, Linked, Unmodelled};
use crate::elf::Image;
use crate::rootfs::Tree;

/// A root file system. Facts of its libraries are read once and shared between threads; no file content is kept.
#[derive(Debug)]
pub struct World {
    tree: Tree,
}

impl World {
    /// The world of `tree`.
    pub fn new(tree: Tree) -> Self {
        Self { tree }
    }

    /// The files.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// What the dynamic loader does with the program `image` at `path`, an absolute path in this tree.
    ///
    /// # Errors
    /// Why that cannot be said.
    pub fn link(&self, path: &Path, image: &Image, environment: &Environment) -> Result<Linked, Unmodelled> {
        let _ = (path, image, environment, &self.tree);
        Err(Unmodelled::NoInterpreter)
    }
}
