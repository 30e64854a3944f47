//! Opening one candidate (elf/dl-load.c, open_verify): files for other machines are passed over, anything else that is
//! wrong ends the start.

use std::path::Path;
use std::sync::Arc;

use super::{Loader, Opened};
use crate::loader::dynamic::library::{Library, PIE};
use crate::rootfs::Errno;

/// Why a library is not loaded.
pub(super) struct Failure {
    /// What the message begins with: the name that was asked for, or the path of the file that is wrong.
    pub object: String,
    pub text: &'static str,
    pub errno: Option<Errno>,
    pub fault: Fault,
}

pub(super) enum Fault {
    Absent,
    Unusable,
}

impl Failure {
    pub fn message(&self) -> String {
        match self.errno {
            Some(errno) => format!("{}: {}", self.text, strerror(errno)),
            None => self.text.to_owned(),
        }
    }
}

/// What the loader's own strerror says, which knows few errors (elf/dl-minimal.c).
fn strerror(errno: Errno) -> String {
    match errno {
        Errno::ENOENT => "No such file or directory".into(),
        Errno::EIO => "Input/output error".into(),
        Errno::EACCES => "Permission denied".into(),
        other => format!("Error {}", other.number()),
    }
}

/// A file that was opened and has the right machine.
pub(super) struct File {
    pub path: Arc<Path>,
    pub facts: Arc<Library>,
}

const FLAGS: &str = "O_RDONLY|O_CLOEXEC";

impl Loader<'_> {
    /// Opens `path`; none if there is nothing that can be used, and whether because of its ELF class.
    pub fn open_verify(
        &mut self,
        path: &str,
        why: &str,
        other_class: &mut bool,
    ) -> Result<Option<File>, Failure> {
        let unusable = |text, errno| Failure { object: path.to_owned(), text, errno, fault: Fault::Unusable };
        let file = match self.process.open(path, FLAGS, why) {
            Opened::Failed(errno) => {
                self.errno = Some(errno);
                return Ok(None);
            }
            Opened::Directory => {
                self.process.remark("it is a directory");
                return Err(unusable("cannot read file data", Some(Errno::EISDIR)));
            }
            Opened::File(file) => file,
        };
        self.errno = None;
        let facts = self.process.program.world.library(&file).map_err(|why| {
            self.process.remark(&why);
            unusable("cannot read file data", Some(Errno::EIO))
        })?;
        match verify(&facts, &self.process.program.loader) {
            Check::Good => Ok(Some(File { path: file, facts })),
            Check::Other(why, class) => {
                self.process.remark(why);
                *other_class |= class;
                self.errno = Some(Errno::ENOENT);
                Ok(None)
            }
            Check::Bad(text) => {
                self.process.remark(text);
                Err(unusable(text, None))
            }
        }
    }
}

enum Check {
    Good,
    /// Passed over; whether it is of another class.
    Other(&'static str, bool),
    Bad(&'static str),
}

/// The header against that of the loader.
fn verify(file: &Library, loader: &Library) -> Check {
    let (Some(have), Some(want)) = (file.ident, loader.ident) else { return Check::Bad("file too short") };
    let [_, _, _, _, class, data, version, os_abi, abi_version, padding @ ..] = have.bytes;
    if &have.bytes[..4] != b"\x7fELF" {
        Check::Bad("invalid ELF header")
    } else if class != want.bytes[4] {
        Check::Other("passed over: another ELF class", true)
    } else if have.machine != want.machine {
        Check::Other("passed over: made for another machine", false)
    } else if data != want.bytes[5] {
        Check::Bad("ELF file data encoding not little-endian")
    } else if version != 1 {
        Check::Bad("ELF file version ident does not match current one")
    } else if os_abi != 0 && os_abi != 3 {
        Check::Bad("ELF file OS ABI invalid")
    } else if os_abi == 0 && abi_version != 0 {
        Check::Bad("ELF file ABI version invalid")
    } else if padding != [0; 7] {
        Check::Bad("nonzero padding in e_ident")
    } else if have.version != 1 {
        Check::Bad("ELF file version does not match current one")
    } else if have.kind != 2 && have.kind != 3 {
        Check::Bad("only ET_DYN and ET_EXEC can be loaded")
    } else if have.entry != 56 {
        Check::Bad("ELF file's phentsize not the expected size")
    } else {
        Check::Good
    }
}

impl Library {
    /// Why _dl_map_object_from_fd does not take a file that open_verify took.
    pub(super) fn refused_as_library(&self) -> Option<&'static str> {
        if self.page_limit.is_none() {
            Some("object file has no loadable segments")
        } else if self.ident.is_some_and(|ident| ident.kind != 3) {
            Some("cannot dynamically load executable")
        } else if !self.is_dynamic {
            Some("object file has no dynamic section")
        } else if self.flags_1 & PIE != 0 {
            Some("cannot dynamically load position-independent executable")
        } else {
            None
        }
    }
}
