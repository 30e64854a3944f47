//! `sarsen key`

use std::io::{self, Write};
use std::path::PathBuf;

use crate::error::Error;
use crate::exit::Exit;
use crate::key::{self, Algorithm, SecretKey, Sign};
use crate::{output, report};

/// Make keys, and say what a key file holds
#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    Generate(Generate),
    Show(Show),
    Public(Public),
}

/// Make a private key in a new file that only its owner reads (PKCS#8 in PEM, not encrypted)
#[derive(clap::Args)]
struct Generate {
    #[arg(long, value_name = "ALGORITHM")]
    algorithm: Kind,
    /// Who signs: part of every SM2 signature, and needed for SM2. Others must name the same to verify; where nothing was
    /// agreed 1234567812345678 is usual
    #[arg(long, value_name = "ID")]
    identity: Option<String>,
    /// The file; it must not exist
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

/// Say which algorithm, identity and public key a private or public key file holds; never its secret
#[derive(clap::Args)]
struct Show {
    /// A key in PEM
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The identity of an SM2 key whose file does not name it
    #[arg(long, value_name = "ID")]
    identity: Option<String>,
    /// Lines for people, or one JSON document (sarsen.key/1)
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
}

/// Write the public key that belongs to a private key (SubjectPublicKeyInfo in PEM)
#[derive(clap::Args)]
struct Public {
    /// A key in PEM
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The identity of an SM2 key whose file does not name it
    #[arg(long, value_name = "ID")]
    identity: Option<String>,
    /// The file; replaced in one step if it exists [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Kind {
    Ed25519,
    Sm2,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    Human,
    Json,
}

impl Arguments {
    pub fn prints_result(&self) -> bool {
        match &self.command {
            Command::Generate(_) => false,
            Command::Show(_) => true,
            Command::Public(arguments) => arguments.output.is_none(),
        }
    }
}

pub fn run(arguments: &Arguments, out: &mut dyn Write) -> io::Result<Exit> {
    let done = match &arguments.command {
        Command::Generate(arguments) => generate(arguments),
        Command::Show(Show { file, identity, format }) => {
            match key::file::describe(file, identity.as_deref()) {
                Ok(key) => {
                    match format {
                        Format::Human => report::key::human(out, &key)?,
                        Format::Json => report::key::json(out, &key)?,
                    }
                    Ok(())
                }
                Err(error) => Err(error),
            }
        }
        Command::Public(Public { file, identity, output }) => {
            match key::file::read(file, identity.as_deref()) {
                Ok(key) => {
                    let text = key.public().pem();
                    match output {
                        Some(path) => output::is_not_input(path, [file.as_path()])
                            .and_then(|()| output::replace(path, text.as_bytes(), 0o644)),
                        None => return out.write_all(text.as_bytes()).map(|()| Exit::Ok),
                    }
                }
                Err(error) => Err(error),
            }
        }
    };
    Ok(done.map_or_else(|error| super::refused(&error), |()| Exit::Ok))
}

fn generate(Generate { algorithm, identity, output }: &Generate) -> Result<(), Error> {
    let algorithm = match algorithm {
        Kind::Ed25519 => Algorithm::Ed25519,
        Kind::Sm2 => Algorithm::Sm2,
    };
    let key = SecretKey::generate(algorithm, identity.as_deref())?;
    key::file::write_secret(output, &key)?;
    super::say(format_args!("{}: a new {algorithm} key, {}", output.display(), key.public().id()));
    Ok(())
}
