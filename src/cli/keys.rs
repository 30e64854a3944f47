//! Keys that are named on the command line, with one `--identity` for those of them that need one.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::{Code, Error};
use crate::key::{self, Key, PublicKey, Sign};
use crate::signer::External;
use crate::visible::shown;

/// Who signs.
#[derive(clap::Args)]
pub struct Signers {
    /// A private key in PEM; may be given again
    #[arg(short, long = "key", value_name = "FILE", required_unless_present = "signer")]
    keys: Vec<PathBuf>,
    /// The identity of SM2 keys whose files do not name it
    #[arg(long, value_name = "ID")]
    identity: Option<String>,
    /// A program that holds a private key and signs (docs/formats/signer.md)
    #[arg(long, value_name = "PROGRAM", requires = "public")]
    signer: Option<OsString>,
    /// An argument of that program; may be given again
    #[arg(long, value_name = "ARGUMENT", requires = "signer", allow_hyphen_values = true)]
    signer_argument: Vec<OsString>,
    /// What that program calls its key, such as a PKCS#11 URI
    #[arg(long, value_name = "TEXT", requires = "signer")]
    signer_key: Option<String>,
    /// What that program is sent: the message, or for SM2 its hash e
    #[arg(long, value_name = "MODE", requires = "signer", default_value = "message")]
    signer_mode: Mode,
    /// How long to wait for that program
    #[arg(long, value_name = "SECONDS", requires = "signer", default_value_t = 300,
        value_parser = clap::value_parser!(u32).range(1..))]
    signer_timeout: u32,
    /// The public key that belongs to that program's
    #[arg(long, value_name = "FILE", requires = "signer")]
    public: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Mode {
    Message,
    E,
}

impl Signers {
    /// The files that keys are read from.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.keys.iter().chain(&self.public).map(PathBuf::as_path)
    }

    /// Everybody who signs, in the order of the arguments.
    pub fn open(&self) -> Result<Vec<Box<dyn Sign>>, Error> {
        let identity = self.identity.as_deref();
        let mut signers: Vec<Box<dyn Sign>> = Vec::new();
        for path in &self.keys {
            signers.push(Box::new(read(path, identity)?.into_secret(&shown(path))?));
        }
        if let (Some(program), Some(public)) = (&self.signer, &self.public) {
            let command = [std::slice::from_ref(program), &self.signer_argument].concat();
            let public = read(public, identity)?.into_public(&shown(public))?;
            let signer = External::new(&command, public)
                .handle(self.signer_key.as_deref().unwrap_or_default())
                .prehashed(self.signer_mode == Mode::E)
                .patience(Duration::from_secs(self.signer_timeout.into()));
            signers.push(Box::new(signer));
        }
        identity_is_used(identity, signers.iter().map(|signer| signer.public()))?;
        Ok(signers)
    }
}

/// The key at `path`. `identity` is for SM2: an Ed25519 key is read as if it were not given.
pub fn read(path: &Path, identity: Option<&str>) -> Result<Key, Error> {
    match key::file::read(path, None) {
        Ok(key) if key.public().identity().is_none() => Ok(key),
        Err(error) if error.code != Code::KeyIdentity => Err(error),
        _ => key::file::read(path, identity),
    }
}

/// # Errors
/// `key-identity` if an identity is given and no key has one.
pub fn identity_is_used<'a>(
    identity: Option<&str>,
    mut keys: impl Iterator<Item = &'a PublicKey>,
) -> Result<(), Error> {
    match identity {
        Some(identity) if keys.all(|key| key.identity().is_none()) => Err(Error::new(
            Code::KeyIdentity,
            format!(
                "no key is of SM2, and signatures of others cover no identity: {identity:?} would say nothing"
            ),
        )),
        _ => Ok(()),
    }
}
