//! Reads files that nobody vouches for: never blocks on a FIFO, never reads a device, never fills the memory, and says
//! nothing of a file that changes on the way.

mod opened;

#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use crate::error::{Code, Error};

pub use opened::Opened;

/// The largest file that is read, in bytes: 1 GiB. No program of a device is near it, and judging needs it in memory.
pub const LIMIT: u64 = 1 << 30;

thread_local! {
    /// Memory that files are read into, one after the other: making it anew for each file costs more than reading.
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The bytes of the regular file at `path`; symbolic links are followed.
///
/// # Errors
/// One of the `input-…` codes if there is no regular, readable, non-empty file of at most [`LIMIT`] bytes, or it changes
/// while it is read: see [`Opened`].
pub fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    read_into(path, &mut bytes)?;
    Ok(bytes)
}

/// The bytes of the regular file at `path`, which may be empty: for files that are no programs.
///
/// # Errors
/// One of the `input-…` codes if there is no regular, readable file of at most [`LIMIT`] bytes, or it changes while it is
/// read: see [`Opened`].
pub fn whole(path: &Path) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    read_bounded(&open(path)?, path, &mut bytes)?;
    Ok(bytes)
}

/// What `work` makes of the bytes of the regular file at `path`. They are in memory that this thread uses again for the
/// next file.
///
/// # Errors
/// Those of [`read`] and of `work`.
pub fn read_with<T>(path: &Path, work: impl FnOnce(&[u8]) -> Result<T, Error>) -> Result<T, Error> {
    let mut bytes = BUFFER.take();
    bytes.clear();
    let done = read_into(path, &mut bytes).and_then(|()| work(&bytes));
    BUFFER.set(bytes);
    done
}

fn read_into(path: &Path, bytes: &mut Vec<u8>) -> Result<(), Error> {
    read_program(&open(path)?, path, bytes)
}

/// As [`read`], of the file that was opened at `path`: for whoever asks again later whether it is [`Opened::unchanged`].
///
/// # Errors
/// As there.
pub fn read_program(file: &Opened, path: &Path, bytes: &mut Vec<u8>) -> Result<(), Error> {
    read_bounded(file, path, bytes)?;
    // Not by the size: files below /proc say 0 and have content.
    if bytes.is_empty() {
        return Err(Error::new(
            Code::InputEmpty,
            format!(
                "{} is empty: the kernel would answer ENOEXEC; was the copy interrupted?",
                path.display()
            ),
        ));
    }
    Ok(())
}

fn read_bounded(file: &Opened, path: &Path, bytes: &mut Vec<u8>) -> Result<(), Error> {
    let size = file.size();
    // Before it is read by its size; afterwards because the size may be wrong, as below /proc.
    if size <= LIMIT {
        // One more, so that reading the end needs no more room.
        bytes.reserve(usize::try_from(size + 1).unwrap_or(0));
        // Not by `Opened`, which has no way to fill memory that was not set to zeros first.
        file.file().take(LIMIT + 1).read_to_end(bytes).map_err(|error| because(path, &error))?;
        file.unchanged()?;
    }
    if size.max(bytes.len() as u64) > LIMIT {
        return Err(Error::new(
            Code::InputTooLarge,
            format!(
                "{} has more than {LIMIT} bytes (1 GiB), and is needed in memory: no program of a device is that large",
                path.display()
            ),
        ));
    }
    Ok(())
}

/// The regular file at `path`, opened; symbolic links are followed. No FIFO or device is waited for or read.
///
/// # Errors
/// One of the `input-…` codes if there is no regular, readable file.
pub fn open(path: &Path) -> Result<Opened, Error> {
    Opened::at(path)
}

/// The error for a path of which this machine, or an [`Opened`] file, said `error`.
pub(crate) fn because(path: &Path, error: &io::Error) -> Error {
    if let Some(own) = error.get_ref().and_then(|own| own.downcast_ref::<Error>()) {
        return own.clone();
    }
    let name = path.display();
    match error.kind() {
        io::ErrorKind::NotFound if path.is_symlink() => Error::new(
            Code::InputMissing,
            format!("{name} is a symbolic link whose target does not exist: name the file itself"),
        ),
        io::ErrorKind::NotFound => Error::new(
            Code::InputMissing,
            format!("there is no file {name}: nothing was read; is the path spelled as on this machine?"),
        ),
        _ => Error::new(
            Code::InputUnreadable,
            format!("{name} cannot be read ({error}): its bytes are needed; check owner and mode"),
        ),
    }
}

/// The error for a path that is no regular file, if that is what it is.
fn special(path: &Path) -> Option<Error> {
    let kind = fs::metadata(path).ok()?.file_type();
    if kind.is_dir() {
        return Some(Error::new(
            Code::InputDirectory,
            format!("{} is a directory: name the files in it", path.display()),
        ));
    }
    let what = if kind.is_fifo() {
        "is a FIFO"
    } else if kind.is_socket() {
        "is a socket"
    } else if kind.is_char_device() || kind.is_block_device() {
        "is a device"
    } else {
        return None;
    };
    Some(not_regular(path, what))
}

fn not_regular(path: &Path, what: &str) -> Error {
    Error::new(
        Code::InputSpecial,
        format!("{} {what}: only regular files are read; copy its content to a file", path.display()),
    )
}
