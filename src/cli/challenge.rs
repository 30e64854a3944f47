//! `sarsen challenge`

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::verify_attestation::Format;
use crate::attest::challenge::{Challenge, Own, challenge};
use crate::attest::trust::Trust;
use crate::attest::verify::File;
use crate::error::{Code, Error};
use crate::exit::Exit;
use crate::report::attest;
use crate::statement::bundle::Bundle;
use crate::{digest, nar};

/// Compare what this machine has with what others state: identical, differs or inconclusive
#[derive(clap::Args)]
pub struct Arguments {
    /// The trust store, a TOML file: whose statements are compared with
    #[arg(long, value_name = "FILE")]
    trust: PathBuf,
    /// The statements: DSSE envelopes, one a line
    #[arg(long, value_name = "BUNDLE")]
    bundle: PathBuf,
    /// The derivation, by the SHA-256 of its text, where the statements are about several
    #[arg(long, value_name = "SHA256")]
    drv: Option<String>,
    /// A table for people, or one JSON document (sarsen.challenge/1)
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
    /// A file, or the folder of a whole output
    #[arg(value_name = "FILE|OUTPUT")]
    path: PathBuf,
}

pub fn run(arguments: &Arguments, out: &mut dyn Write) -> io::Result<Exit> {
    let challenge = match compare(arguments) {
        Ok(challenge) => challenge,
        Err(error) => {
            super::say(format_args!("{error}"));
            return Ok(Exit::Unusable);
        }
    };
    match arguments.format {
        Format::Human => attest::challenge::human(out, &challenge)?,
        Format::Json => attest::challenge::json(out, &challenge)?,
    }
    out.flush()?;
    challenge.problems.iter().for_each(|problem| super::say(format_args!("{problem}")));
    Ok(challenge.exit())
}

fn compare(arguments: &Arguments) -> Result<Challenge, Error> {
    let trust = Trust::load(&arguments.trust)?;
    let bundle = Bundle::load(&arguments.bundle)?;
    let own = if arguments.path.is_dir() { output(&arguments.path)? } else { file(&arguments.path)? };
    challenge(&trust, &bundle, &own, arguments.drv.as_deref())
}

fn file(path: &Path) -> Result<Own, Error> {
    let name = path.to_string_lossy().into_owned();
    Ok(Own { files: vec![File { name, digests: digest::file(path)? }], nar: None })
}

/// The files of an output by their paths in it, and its NAR. A link to the output, as `nix build` leaves it, is followed.
fn output(path: &Path) -> Result<Own, Error> {
    let unreadable = |path: &Path, error: &io::Error| {
        Error::new(
            Code::InputUnreadable,
            format!("{} cannot be read ({error}): check owner and mode", path.display()),
        )
    };
    let root = fs::canonicalize(path).map_err(|error| unreadable(path, &error))?;
    let (mut folders, mut paths) = (vec![root.clone()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(|error| unreadable(&folder, &error))? {
            let entry = entry.map_err(|error| unreadable(&folder, &error))?;
            let kind = entry.file_type().map_err(|error| unreadable(&entry.path(), &error))?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                paths.push(entry.path());
            }
        }
    }
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        let name = path.strip_prefix(&root).unwrap_or(&path).to_string_lossy().into_owned();
        files.push(File { name, digests: digest::file(&path)? });
    }
    Ok(Own { files, nar: Some(nar::hash(&root)?.0) })
}
