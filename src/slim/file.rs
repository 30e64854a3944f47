//! From a file to another one.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::{Options, Slimmed, slim};
use crate::error::Error;
use crate::{input, output};

/// Makes the file at `path` smaller into the one at `other`, which gets its permission bits and is replaced in one step.
/// Returns the size of the file before, in bytes, too.
///
/// # Errors
/// Those of [`input::read`], [`slim`] and [`output::replace`]; `output-same` if both are one file. `input-changed` if the
/// first is another one by the time the second would be put into place, which then stays as it was.
pub fn file(path: &Path, other: &Path, options: &Options) -> Result<(u64, Slimmed), Error> {
    let opened = input::open(path)?;
    let mut bytes = Vec::new();
    input::read_program(&opened, path, &mut bytes)?;
    output::is_not_input(other, [path])?;
    let slimmed = slim(&bytes, &path.display().to_string(), options)?;
    let mode = opened.metadata().permissions().mode();
    output::replace_if(other, &slimmed.bytes, mode, || opened.unchanged())?;
    Ok((bytes.len() as u64, slimmed))
}
