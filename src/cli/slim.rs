//! `sarsen slim`

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::error::{Code, Error};
use crate::exit::Exit;
use crate::report;
use crate::slim::{Options, Slimmed, slim};
use crate::{input, output};

/// Make an ELF file smaller without changing what it does
#[derive(clap::Args)]
pub struct Arguments {
    /// The program or shared object; it is never changed
    #[arg(value_name = "IN")]
    file: PathBuf,
    /// The smaller file; replaced in one step if it exists
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,
    /// Drop the section headers too: debuggers and some file inspectors need them, programs do not
    #[arg(long)]
    no_section_headers: bool,
    /// Drop data that no header describes, and sections that nothing loads and nobody knows
    #[arg(long)]
    drop_appended: bool,
    /// One line for people, or one JSON document (sarsen.slim/1)
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    Human,
    Json,
}

pub fn run(arguments: &Arguments, out: &mut dyn Write) -> io::Result<Exit> {
    match make(arguments) {
        Ok((before, slimmed)) => {
            let (file, output) = (&arguments.file, &arguments.output);
            match arguments.format {
                Format::Human => report::slim::human(out, file, before, &slimmed)?,
                Format::Json => report::slim::json(out, file, output, before, &slimmed)?,
            }
            Ok(Exit::Ok)
        }
        Err(error) => {
            super::say(format_args!("{error}"));
            Ok(if error.code == Code::OutputFailed { Exit::Output } else { Exit::Unusable })
        }
    }
}

/// Writes the smaller file; returns the size of the other in bytes.
fn make(arguments: &Arguments) -> Result<(u64, Slimmed), Error> {
    let options =
        Options { no_section_headers: arguments.no_section_headers, drop_appended: arguments.drop_appended };
    let bytes = input::read(&arguments.file)?;
    let mode = mode_of_another(&arguments.file, &arguments.output)?;
    let slimmed = slim(&bytes, &arguments.file.display().to_string(), &options)?;
    output::replace(&arguments.output, &slimmed.bytes, mode)?;
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
