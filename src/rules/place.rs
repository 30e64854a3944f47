//! Where a file is: the root file system around it.

use std::path::Path;

use crate::loader::dynamic::World;
use crate::profile::Profile;
use crate::rootfs::Node;

/// The place of an ELF file in a root file system.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The root file system, and what is remembered of its libraries.
    pub world: &'a World,
    /// The file's path there: absolute, without links.
    pub path: &'a Path,
    /// The file itself.
    pub node: &'a Node,
}

/// Any member of a root file system: a file, a directory, a link, a device.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    /// The device.
    pub profile: &'a Profile,
    /// The root file system, and what is remembered of its libraries.
    pub world: &'a World,
    /// The member's path there: absolute; the folders before its name have no links.
    pub path: &'a Path,
    /// The member itself; a link is not followed.
    pub node: &'a Node,
    /// The first bytes of a regular file: at least 256, or all if it has fewer. Empty for everything else.
    pub head: &'a [u8],
}
