//! From a file to another one.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use super::{Options, Slimmed, slim};
use crate::error::{Code, Error};
use crate::{input, output};

/// Makes the file at `path` smaller into the one at `other`, which gets its permission bits and is replaced in one step.
/// Returns the size of the file before, in bytes, too.
///
/// # Errors
/// Those of [`input::read`], [`slim`] and [`output::replace`]; `output-same` if both are one file.
pub fn file(path: &Path, other: &Path, options: &Options) -> Result<(u64, Slimmed), Error> {
    let bytes = input::read(path)?;
    let mode = mode_of_another(path, other)?;
    let slimmed = slim(&bytes, &path.display().to_string(), options)?;
    output::replace(other, &slimmed.bytes, mode)?;
    Ok((bytes.len() as u64, slimmed))
}

/// The permission bits of `file`, if `output` is not the same file under another name.
fn mode_of_another(file: &Path, output: &Path) -> Result<u32, Error> {
    let metadata = fs::metadata(file).map_err(|error| {
        Error::new(Code::InputUnreadable, format!("{} cannot be examined any more ({error})", file.display()))
    })?;
    let same = |other: fs::Metadata| (other.dev(), other.ino()) == (metadata.dev(), metadata.ino());
    if fs::metadata(output).is_ok_and(same) {
        return Err(Error::new(
            Code::OutputSame,
            format!("{} and {} are the same file: name another output", file.display(), output.display()),
        ));
    }
    Ok(metadata.permissions().mode())
}
