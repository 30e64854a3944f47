//! The walk over a file tree that lays out its archive, piece by piece, and forgets each piece when it is hashed.

use std::ffi::OsString;
use std::fs::{self, DirEntry, Metadata};
use std::io::{self, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::Observer;
use crate::error::{Code, Error};
use crate::input::{self, Opened};

/// Bytes that are read from a file at one time.
pub const BLOCK: usize = 256 << 10;

/// The bit that makes a file executable in an archive: the owner's alone, as Nix takes it (S_IXUSR).
const EXECUTABLE: u32 = 0o100;

/// See [`super::observed`].
pub fn hash(path: &Path, observer: &mut dyn Observer) -> Result<([u8; 32], u64), Error> {
    let mut archive = Archive { sha256: Sha256::new(), size: 0, block: vec![0; BLOCK], observer };
    archive.text(b"nix-archive-1");
    archive.tree(path)?;
    Ok((archive.sha256.finalize().into(), archive.size))
}

/// What an archive comes to, so far.
struct Archive<'o> {
    sha256: Sha256,
    size: u64,
    block: Vec<u8>,
    observer: &'o mut dyn Observer,
}

impl Archive<'_> {
    fn bytes(&mut self, bytes: &[u8]) {
        self.observer.archive(bytes);
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
                self.observer.end();
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
        let metadata = fs::symlink_metadata(path).map_err(failed)?;
        let kind = metadata.file_type();
        self.texts(&["(", "type"]);
        if kind.is_symlink() {
            let target = fs::read_link(path).map_err(failed)?;
            self.observer.link(path, target.as_os_str().as_bytes());
            self.texts(&["symlink", "target"]);
            self.text(target.as_os_str().as_bytes());
        } else if kind.is_dir() {
            self.observer.folder(path);
            self.texts(&["directory"]);
            return names(path).map_err(failed);
        } else if kind.is_file() {
            self.file(path, &metadata)?;
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

    /// `found` is what its folder said of it.
    fn file(&mut self, path: &Path, found: &Metadata) -> Result<(), Error> {
        let failed = |error: io::Error| input::because(path, &error);
        let mut file = Opened::found(path, found)?;
        let size = found.len();
        let executable = found.mode() & EXECUTABLE != 0;
        self.observer.file(path, size, executable)?;
        self.texts(&["regular"]);
        if executable {
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
                    self.observer.bytes(&block[..count]);
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
                    "{} says it has {size} bytes and {}: the length of a file comes first in a Nix archive, so this one \
                     cannot be in any; copy its content to a file",
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
