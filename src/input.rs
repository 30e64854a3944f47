//! Reads files that nobody vouches for: never blocks on a FIFO, never reads a device, never fills the memory.

use std::cell::RefCell;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

use crate::error::{Code, Error};

/// The largest file that is read, in bytes: 1 GiB. No program of a device is near it, and judging needs it in memory.
pub const LIMIT: u64 = 1 << 30;

thread_local! {
    /// Memory that files are read into, one after the other: making it anew for each file costs more than reading.
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The bytes of the regular file at `path`; symbolic links are followed.
///
/// # Errors
/// One of the `input-…` codes if there is no regular, readable, non-empty file of at most [`LIMIT`] bytes.
pub fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    read_into(path, &mut bytes)?;
    Ok(bytes)
}

/// The bytes of the regular file at `path`, which may be empty: for files that are no programs.
///
/// # Errors
/// One of the `input-…` codes if there is no regular, readable file of at most [`LIMIT`] bytes.
pub fn whole(path: &Path) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    read_bounded(path, &mut bytes)?;
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
    read_bounded(path, bytes)?;
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

fn read_bounded(path: &Path, bytes: &mut Vec<u8>) -> Result<(), Error> {
    let (mut file, size) = open_sized(path)?;
    // Before it is read by its size; afterwards because the size may be wrong, as below /proc, or have grown.
    if size <= LIMIT {
        read_all(&mut file, size, bytes).map_err(|error| because(path, &error))?;
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
pub fn open(path: &Path) -> Result<File, Error> {
    open_sized(path).map(|(file, _)| file)
}

/// The same with the size in bytes that it has now.
///
/// # Errors
/// As [`open`].
pub fn open_sized(path: &Path) -> Result<(File, u64), Error> {
    // O_NONBLOCK: opening a FIFO without a writer must not wait for one. It has no effect on regular files (open(2)).
    let file = fs::OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY)
        .open(path)
        .map_err(|error| special(path).unwrap_or_else(|| because(path, &error)))?;
    let metadata = file.metadata().map_err(|error| because(path, &error))?;
    if !metadata.is_file() {
        return Err(special(path).unwrap_or_else(|| not_regular(path, "is not a regular file")));
    }
    Ok((file, metadata.len()))
}

/// The error for a path of which this machine said `error`.
pub(crate) fn because(path: &Path, error: &io::Error) -> Error {
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

/// At most one byte more than the limit, so that a file which grows while it is read is noticed too.
fn read_all(file: &mut File, size: u64, bytes: &mut Vec<u8>) -> io::Result<()> {
    // One more, so that reading the end needs no more room.
    bytes.reserve(usize::try_from(size.min(LIMIT) + 1).unwrap_or(0));
    file.take(LIMIT + 1).read_to_end(bytes)?;
    Ok(())
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
