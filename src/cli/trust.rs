//! `sarsen trust`

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::ArgGroup;

use super::keys;
use crate::attest::draft::store::{self, Entry};
use crate::attest::refusal::{Problems, Refusal};
use crate::attest::trust::Role;
use crate::error::{Code, Error};
use crate::exit::Exit;
use crate::key::{Algorithm, PublicKey, SecretKey, Sign};
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
    Ok(done.map_or_else(|refusal| super::all_refused(&refusal), |()| Exit::Ok))
}

fn init(keys: &Trusted, output: Option<&Path>, out: &mut dyn Write) -> io::Result<Result<(), Refusal>> {
    let origin = output.map_or_else(|| "of these keys".to_owned(), shown);
    let (entries, unread) = keys.entries();
    let mut problems = Problems::default();
    let text = problems.keep(store::new(&entries, &origin));
    problems.0.extend(unread);
    problems.keep(output.map_or(Ok(()), super::is_free));
    let text = match problems.end(text) {
        Ok(text) => text,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let Some(path) = output else {
        out.write_all(text.as_bytes())?;
        return Ok(Ok(()));
    };
    Ok(super::create(path, &text).map(|()| told(path, &entries)).map_err(Refusal::from))
}

fn add(keys: &Trusted, trust: &Path) -> Result<(), Refusal> {
    let (entries, unread) = keys.entries();
    if !unread.is_empty() {
        return Err(Refusal([store::faults(trust, &entries), unread].concat()));
    }
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
    /// The keys, and what is wrong with them. If that is anything, the keys that cannot be read have others in their
    /// place, so that what is wrong with the names is found too.
    fn entries(&self) -> (Vec<Entry>, Vec<Error>) {
        let mut problems = Problems::default();
        if !self.names.is_empty() && self.names.len() != self.keys.len() {
            let message = format!(
                "--name is given {} times for {} keys: give it once for each, in their order, or not at all",
                self.names.len(),
                self.keys.len()
            );
            problems.0.push(Error::new(Code::TrustInvalid, message));
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
        let (mut entries, mut is_whole) = (Vec::new(), true);
        for (at, path) in self.keys.iter().enumerate() {
            let identity = self.identity.as_deref();
            let read = keys::read(path, identity).and_then(|key| key.into_public(&shown(path)));
            is_whole &= read.is_ok();
            let public = problems.keep(read).or_else(stand_in);
            let name = match self.names.get(at) {
                Some(name) => Some(name.clone()),
                None if self.names.is_empty() => problems.keep(stem(path)),
                None => None,
            };
            let organisation = self.organisation.clone().unwrap_or_default();
            let entry = public.zip(name);
            entries.extend(entry.map(|(public, name)| Entry {
                name,
                organisation,
                public,
                roles: roles.clone(),
            }));
        }
        if is_whole && !entries.is_empty() {
            let keys = entries.iter().map(|entry| &entry.public);
            problems.keep(keys::identity_is_used(self.identity.as_deref(), keys));
        }
        (entries, problems.0)
    }
}

/// A key that is like no other, in the place of one that cannot be read.
fn stand_in() -> Option<PublicKey> {
    SecretKey::generate(Algorithm::Ed25519, None).ok().map(|key| key.public().clone())
}

/// `utility-1` of `keys/utility-1.pub`.
fn stem(path: &Path) -> Result<String, Error> {
    path.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned).ok_or_else(|| {
        let message =
            format!("the file name {} is not UTF-8, so no name for a key: give one with --name", shown(path));
        Error::new(Code::TrustInvalid, message)
    })
}
