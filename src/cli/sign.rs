//! `sarsen sign`

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::keys::Signers;
use crate::envelope::{self, Envelope};
use crate::error::{Code, Error};
use crate::exit::Exit;
use crate::key::{self, Algorithm, Sign};
use crate::output;
use crate::visible::shown;

/// Sign files, or put one with its signatures into an envelope (DSSE)
///
/// The signature of FILE by an Ed25519 key is written to FILE.ed25519.sig, that by an SM2 key to FILE.sm2.sig. For
/// Ed25519, files of up to 1 GiB are read into memory; SM2 signs files of any size. An envelope has at most 64 MiB, so
/// its payload less than 48 MiB, and 64 signatures. A FILE that begins with `DSSEv1 ` or `1;/` is refused outside of an
/// envelope: its signature would be taken for one of an envelope, or of a path in a Nix cache.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    signers: Signers,
    /// Write SM2 signatures as the 64 bytes r and s instead of DER
    #[arg(long, conflicts_with = "envelope")]
    raw: bool,
    /// Write an envelope with the bytes of FILE and all signatures; without --payload-type FILE is an envelope, and
    /// signatures are added to it
    #[arg(long)]
    envelope: bool,
    /// How to read the bytes of FILE: signed with them
    #[arg(long, value_name = "TYPE", requires = "envelope", conflicts_with = "raw")]
    payload_type: Option<String>,
    /// The file to write, where there is one; replaced in one step if it exists [default for an envelope: standard output]
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
    /// Regular files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl Arguments {
    pub fn prints_result(&self) -> bool {
        self.envelope && self.output.is_none()
    }
}

pub fn run(arguments: &Arguments, out: &mut dyn Write) -> io::Result<Exit> {
    let signers = match signers(arguments) {
        Ok(signers) => signers,
        Err(error) => return Ok(super::refused(&error)),
    };
    if arguments.envelope {
        return match wrap(arguments, &signers) {
            Ok(envelope) => match &arguments.output {
                Some(path) => Ok(output::replace(path, envelope.as_bytes(), 0o644)
                    .map_or_else(|error| super::refused(&error), |()| Exit::Ok)),
                None => out.write_all(envelope.as_bytes()).map(|()| Exit::Ok),
            },
            Err(error) => Ok(super::refused(&error)),
        };
    }
    let mut exit = Exit::Ok;
    for file in &arguments.files {
        if let Err(error) = detach(arguments, &signers, file) {
            exit = exit.max(super::refused(&error));
        }
    }
    Ok(exit)
}

/// Everybody who signs, no two of them to the same file, and none to a file that is read.
fn signers(arguments: &Arguments) -> Result<Vec<Box<dyn Sign>>, Error> {
    if let Some(output) = &arguments.output {
        is_not_read(arguments, output)?;
    }
    let signers = arguments.signers.open()?;
    let several =
        |why: &str| Err(Error::new(Code::OutputSame, format!("{why} would be written to one file")));
    if arguments.envelope {
        if arguments.files.len() > 1 {
            return several("several envelopes");
        }
    } else if arguments.output.is_some() && signers.len() * arguments.files.len() > 1 {
        return several("several signatures");
    } else if arguments.output.is_none() {
        let mut algorithms: Vec<Algorithm> =
            signers.iter().map(|signer| signer.public().algorithm()).collect();
        algorithms.sort_unstable();
        let count = algorithms.len();
        algorithms.dedup();
        if algorithms.len() < count {
            return several("signatures of several keys of one algorithm");
        }
    }
    Ok(signers)
}

/// # Errors
/// `output-same` if `output` is a file that is read, other than an envelope: signatures are added to one where it is.
fn is_not_read(arguments: &Arguments, output: &Path) -> Result<(), Error> {
    let adds = arguments.envelope && arguments.payload_type.is_none();
    let files = arguments.files.iter().filter(|_| !adds).map(PathBuf::as_path);
    output::is_not_input(output, arguments.signers.files().chain(files))
}

/// Writes the signatures of `file` beside it.
fn detach(arguments: &Arguments, signers: &[Box<dyn Sign>], file: &Path) -> Result<(), Error> {
    for signer in signers {
        let algorithm = signer.public().algorithm();
        let path = arguments.output.clone().unwrap_or_else(|| {
            let mut name = file.as_os_str().to_owned();
            name.push(format!(".{algorithm}.sig"));
            name.into()
        });
        is_not_read(arguments, &path)?;
        let mut signature = key::sign_file(&**signer, file)?;
        if arguments.raw && algorithm == Algorithm::Sm2 {
            signature = key::signature::from_der(&signature)?.to_vec();
        }
        output::replace(&path, &signature, 0o644)?;
    }
    Ok(())
}

/// The envelope that is asked for, signed by all.
fn wrap(arguments: &Arguments, signers: &[Box<dyn Sign>]) -> Result<String, Error> {
    let file = &arguments.files[0];
    let mut envelope = match &arguments.payload_type {
        Some(payload_type) => Envelope::new(payload_type, envelope::payload(file)?),
        None => envelope::file(file)?,
    };
    for signer in signers {
        envelope.sign(&**signer)?;
    }
    envelope.write(&shown(file))
}
