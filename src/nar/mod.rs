//! Nix archives (NAR): the one form of a file tree that Nix hashes and signs. Owner, times and all permissions but the
//! executable bit are no part of it (Nix manual, "Nix Archive (NAR) format").

pub mod base32;
pub mod signature;
#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::fs::{self, DirEntry};
use std::io::{self, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use base64ct::{Base64, Encoding};
use sha2::{Digest, Sha256};

use crate::error::{Code, Error};
use crate::input;

/// Bytes that are read from a file at one time.
const BLOCK: usize = 256 << 10;

/// The SHA-256 and the size in bytes of the archive that the file, symbolic link or folder at `path` makes: what
/// `nix hash path` prints. A link is not followed. The archive itself is never in memory, nor is any file as a whole.
///
/// # Errors
/// One of the `input-…` codes if something cannot be read, is neither file, link nor folder, or is a file that changes
/// its size while it is read.
pub fn hash(path: &Path) -> Result<([u8; 32], u64), Error> {
    let mut archive = Archive { sha256: Sha256::new(), size: 0, block: vec![0; BLOCK] };
    archive.text(b"nix-archive-1");
    archive.tree(path)?;
    Ok((archive.sha256.finalize().into(), archive.size))
}

/// A SHA-256 digest as Nix writes it, in the form of the W3C's Subresource Integrity: `sha256-` and base64.
pub fn sri(sha256: &[u8; 32]) -> String {
    format!("sha256-{}", Base64::encode_string(sha256))
}

/// What an archive comes to, so far.
struct Archive {
    sha256: Sha256,
    size: u64,
    block: Vec<u8>,
}

impl Archive {
    fn bytes(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        self.size += bytes.len() as u64;
    }

    /// A length and as many bytes, filled up to words of 8 bytes.
    fn text(&mut self, text: &[u8]) {
        self.bytes(&(text.len() as u64).to_le_bytes());
        self.bytes(text);
        self.pad(text.len() as u64);
    }

    fn pad(&mut self, length: u64) {
        let rest = (length % 8) as usize;
        if rest != 0 {
            self.bytes(&[0; 8][rest..]);
        }
    }

    fn texts(&mut self, texts: &[&str]) {
        for text in texts {
            self.text(text.as_bytes());
        }
    }

    /// The tree at `path`. Not by recursion: a tree may be deeper than the stack.
    fn tree(&mut self, path: &Path) -> Result<(), Error> {
        let mut path = path.to_owned();
        // What is begun and not yet ended, with the names in it that are still to come.
        let mut begun = vec![self.begin(&path)?.into_iter()];
        while let Some(names) = begun.last_mut() {
            if let Some(name) = names.next() {
                self.texts(&["entry", "(", "name"]);
                self.text(name.as_bytes());
                self.texts(&["node"]);
                path.push(name);
                begun.push(self.begin(&path)?.into_iter());
            } else {
                self.texts(&[")"]);
                begun.pop();
                if !begun.is_empty() {
                    self.texts(&[")"]);
                    path.pop();
                }
            }
        }
        Ok(())
    }

    /// What comes before the members of a folder, or everything but the end of a file or link. Returns the names of the
    /// members.
    fn begin(&mut self, path: &Path) -> Result<Vec<OsString>, Error> {
        let failed = |error: io::Error| input::because(path, &error);
        let kind = fs::symlink_metadata(path).map_err(failed)?.file_type();
        self.texts(&["(", "type"]);
        if kind.is_symlink() {
            let target = fs::read_link(path).map_err(failed)?;
            self.texts(&["symlink", "target"]);
            self.text(target.as_os_str().as_bytes());
        } else if kind.is_dir() {
            self.texts(&["directory"]);
            return names(path).map_err(failed);
        } else if kind.is_file() {
            self.file(path)?;
        } else {
            return Err(Error::new(
                Code::InputSpecial,
                format!(
                    "{} is neither a file, a folder nor a symbolic link: nothing else can be in a Nix archive; remove it",
                    path.display()
                ),
            ));
        }
        Ok(Vec::new())
    }

    fn file(&mut self, path: &Path) -> Result<(), Error> {
        let failed = |error: io::Error| input::because(path, &error);
        let (mut file, size) = input::open_sized(path)?;
        self.texts(&["regular"]);
        // The owner's bit alone, as Nix takes it (S_IXUSR).
        if file.metadata().map_err(failed)?.permissions().mode() & 0o100 != 0 {
            self.texts(&["executable", ""]);
        }
        self.texts(&["contents"]);
        // The length comes first, so it must hold.
        self.bytes(&size.to_le_bytes());
        let mut read = 0;
        let mut block = std::mem::take(&mut self.block);
        loop {
            match file.read(&mut block) {
                Ok(0) => break,
                Ok(count) => {
                    self.bytes(&block[..count]);
                    read += count as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(failed(error)),
            }
            if read > size {
                break;
            }
        }
        self.block = block;
        if read != size {
            return Err(Error::new(
                Code::InputUnreadable,
                format!(
                    "{} said it has {size} bytes and {}: a Nix archive of it would hold neither; hash it when nobody \
                     writes to it",
                    path.display(),
                    if read > size { "has more".to_owned() } else { format!("has {read}") }
                ),
            ));
        }
        self.pad(size);
        Ok(())
    }
}

/// The names in a folder in the order of their bytes.
fn names(folder: &Path) -> io::Result<Vec<OsString>> {
    let name = |entry: io::Result<DirEntry>| entry.map(|entry| entry.file_name().into_vec());
    let mut names: Vec<Vec<u8>> = fs::read_dir(folder)?.map(name).collect::<io::Result<_>>()?;
    names.sort_unstable();
    Ok(names.into_iter().map(OsString::from_vec).collect())
}
