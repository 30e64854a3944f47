//! `sarsen trust`

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::ArgGroup;

use super::keys;
use crate::attest::draft::store::{self, Entry};
use crate::attest::trust::Role;
use crate::error::{Code, Error};
use crate::exit::Exit;
use crate::visible::shown;

/// Make a trust store, and add keys to one
#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    Init(Init),
    Add(Add),
}

/// Make a trust store of public keys, or without any one that says how to add them
#[derive(clap::Args)]
struct Init {
    #[command(flatten)]
    keys: Trusted,
    /// The file; it must not exist [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Add public keys to a trust store, behind what is in it
#[derive(clap::Args)]
#[command(group = ArgGroup::new("added").args(["keys"]).required(true))]
struct Add {
    #[command(flatten)]
    keys: Trusted,
    /// The trust store, a TOML file
    #[arg(long, value_name = "FILE")]
    trust: PathBuf,
}

#[derive(clap::Args)]
struct Trusted {
    /// Who answers for the keys: all keys of one organisation are one opinion
    #[arg(long, value_name = "NAME", requires = "keys")]
    organisation: Option<String>,
    /// What policies and reports call the key; once for each [default: the file's name without its ending]
    #[arg(long = "name", value_name = "NAME", requires = "keys")]
    names: Vec<String>,
    /// What the keys may sign; may be given again
    #[arg(long = "role", value_name = "ROLE", requires = "keys", default_value = "rebuilder")]
    roles: Vec<Kind>,
    /// The identity of SM2 keys whose files do not name it
    #[arg(long, value_name = "ID", requires = "keys")]
    identity: Option<String>,
    /// Public keys in PEM
    #[arg(value_name = "KEY", requires = "organisation")]
    keys: Vec<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    /// Statements about builds
    Rebuilder,
    /// What is shipped to devices
    Release,
}

impl Arguments {
    pub fn prints_result(&self) -> bool {
        matches!(&self.command, Command::Init(Init { output: None, .. }))
    }
}

pub fn run(arguments: &Arguments, out: &mut dyn Write) -> io::Result<Exit> {
    let done = match &arguments.command {
        Command::Init(Init { keys, output }) => init(keys, output.as_deref(), out)?,
        Command::Add(Add { keys, trust }) => add(keys, trust),
    };
    Ok(done.map_or_else(|error| super::refused(&error), |()| Exit::Ok))
}

fn init(keys: &Trusted, output: Option<&Path>, out: &mut dyn Write) -> io::Result<Result<(), Error>> {
    let origin = output.map_or_else(|| "of these keys".to_owned(), shown);
    let drafted = keys.entries().and_then(|entries| Ok((store::new(&entries, &origin)?, entries)));
    let (text, entries) = match drafted {
        Ok(drafted) => drafted,
        Err(error) => return Ok(Err(error)),
    };
    let Some(path) = output else {
        out.write_all(text.as_bytes())?;
        return Ok(Ok(()));
    };
    Ok(super::create(path, &text).map(|()| told(path, &entries)))
}

fn add(keys: &Trusted, trust: &Path) -> Result<(), Error> {
    let entries = keys.entries()?;
    store::add(trust, &entries)?;
    told(trust, &entries);
    Ok(())
}

/// Says which keys are trusted now, by what people compare.
fn told(path: &Path, entries: &[Entry]) {
    for Entry { name, organisation, public, .. } in entries {
        let (algorithm, id) = (public.algorithm(), public.id());
        super::say(format_args!("{}: {name} of {organisation}, {algorithm} {id}", path.display()));
    }
    if entries.is_empty() {
        super::say(format_args!("{}: no key is trusted yet; `sarsen trust add` adds one", path.display()));
    }
}

impl Trusted {
    fn entries(&self) -> Result<Vec<Entry>, Error> {
        if !self.names.is_empty() && self.names.len() != self.keys.len() {
            let message = format!(
                "--name is given {} times for {} keys: give it once for each, in their order, or not at all",
                self.names.len(),
                self.keys.len()
            );
            return Err(Error::new(Code::TrustInvalid, message));
        }
        let mut roles: Vec<Role> = Vec::new();
        for kind in &self.roles {
            let role = match kind {
                Kind::Rebuilder => Role::Rebuilder,
                Kind::Release => Role::Release,
            };
            if !roles.contains(&role) {
                roles.push(role);
            }
        }
        let mut entries = Vec::new();
        for (at, path) in self.keys.iter().enumerate() {
            let public = keys::read(path, self.identity.as_deref())?.into_public(&shown(path))?;
            let name = self.names.get(at).cloned().map_or_else(|| stem(path), Ok)?;
            let organisation = self.organisation.clone().unwrap_or_default();
            entries.push(Entry { name, organisation, public, roles: roles.clone() });
        }
        if !entries.is_empty() {
            keys::identity_is_used(self.identity.as_deref(), entries.iter().map(|entry| &entry.public))?;
        }
        Ok(entries)
    }
}

/// `utility-1` of `keys/utility-1.pub`.
fn stem(path: &Path) -> Result<String, Error> {
    path.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned).ok_or_else(|| {
        let message =
            format!("the file name {} is not UTF-8, so no name for a key: give one with --name", shown(path));
        Error::new(Code::TrustInvalid, message)
    })
}
