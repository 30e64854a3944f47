//! From a file to another one.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::{Options, Slimmed, slim};
use crate::error::Error;
use crate::{input, output};

/// Makes the file at `path` smaller into the one at `other`, which gets its permission bits and is replaced in one step.
/// Returns the size of the file before, in bytes, too.
///
/// # Errors
/// Those of [`input::read`], [`slim`] and [`output::replace`]; `output-same` if both are one file.
pub fn file(path: &Path, other: &Path, options: &Options) -> Result<(u64, Slimmed), Error> {
    let bytes = input::read(path)?;
    let metadata = fs::metadata(path).map_err(|error| input::because(path, &error))?;
    output::is_not_input(other, [path])?;
    let slimmed = slim(&bytes, &path.display().to_string(), options)?;
    output::replace(other, &slimmed.bytes, metadata.permissions().mode())?;
    Ok((bytes.len() as u64, slimmed))
}
