//! `sarsen slim`

use std::io::{self, Write};
use std::path::PathBuf;

use crate::error::Code;
use crate::exit::Exit;
use crate::report;
use crate::slim::{self, Options};

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
    let options =
        Options { no_section_headers: arguments.no_section_headers, drop_appended: arguments.drop_appended };
    let (file, output) = (&arguments.file, &arguments.output);
    match slim::file(file, output, &options) {
        Ok((before, slimmed)) => {
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
