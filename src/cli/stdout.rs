//! Standard output as the subcommands get it: what goes wrong with it is kept until the end, so that a verdict stays the
//! verdict when nobody reads it.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;

use crate::exit::Exit;

/// A writer that never fails.
pub struct Stdout {
    /// Or what went wrong first.
    out: io::Result<BufWriter<File>>,
    /// Whether something was written that is nowhere.
    lost: bool,
    /// Whether what is printed is all that the command is for: without it there is nothing to say 0 about.
    is_result: bool,
}

impl Stdout {
    pub fn new(is_result: bool) -> Self {
        // Not by way of io::stdout, which takes a descriptor that cannot be written for one that swallows everything.
        let file = io::stdout().as_fd().try_clone_to_owned().map(File::from);
        let out = file.and_then(|file| {
            if is_result && is_closed(&file)? {
                return Err(io::Error::other("it is closed: redirect it to a file"));
            }
            Ok(BufWriter::new(file))
        });
        Self { out, lost: false, is_result }
    }

    /// What the program ends with that found `exit`, once everything is written: with several reasons the largest. A reader
    /// that has seen enough (`| head`) is none, unless the result itself is lost.
    pub fn end(mut self, exit: Exit) -> Exit {
        self.attempt(BufWriter::flush);
        match &self.out {
            Err(error) if self.lost && (self.is_result || error.kind() != io::ErrorKind::BrokenPipe) => {
                super::say(format_args!(
                    "error[output-failed]: the result could not be written to standard output: {error}"
                ));
                exit.max(Exit::Output)
            }
            _ => exit,
        }
    }

    fn attempt(&mut self, work: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) {
        let Ok(out) = &mut self.out else { return };
        if let Err(error) = work(out) {
            self.lost = true;
            if let Ok(out) = std::mem::replace(&mut self.out, Err(error)) {
                // Dropping it would try to write again.
                let _ = out.into_parts();
            }
        }
    }
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lost |= self.out.is_err();
        self.attempt(|out| out.write_all(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.attempt(BufWriter::flush);
        Ok(())
    }
}

/// Whether standard output was closed when the program began. In its place std has then opened the null device for reading
/// and writing (library/std/src/sys/pal/unix/mod.rs); `>/dev/null` opens it for writing alone. Who hands it over open for
/// both, as Python's DEVNULL is, cannot be told from that.
fn is_closed(mut file: &File) -> io::Result<bool> {
    // Major 1, minor 3: Documentation/admin-guide/devices.txt of the kernel.
    Ok(file.metadata()?.rdev() == libc::makedev(1, 3) && file.read(&mut [0]).is_ok())
}
