//! The `nix` and `git` commands that are called, and what is read from their answers. Shapes differ between versions: Nix
//! 2.8 and 2.26 were tried. What is not understood is an error, never left out.

mod build;
mod flake;
mod store;

use std::collections::{BTreeMap, VecDeque};
use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use build::{Built, Manner, probe, realise, root};
pub use flake::{Evaluated, Fixed, Locked, Metadata, Node, Place, evaluate, metadata};
pub use store::{PathInfo, all, copy, copy_derivation, missing, path_infos};

use crate::error::{Code, Error};

/// Without these the commands that answer in JSON are refused.
const FLAKES: [&str; 2] = ["--extra-experimental-features", "nix-command flakes"];

/// How many paths one command is asked about: an argument list has an end.
const PATHS: usize = 500;

/// A store: the one that this machine is set up for, or, of a path, the one in that folder (Nix manual, "Local Store",
/// `root`). Its paths are the same; its files are in the folder.
pub type Store<'a> = Option<&'a Path>;

/// A command that git's variables and replacements of objects do not steer (git-replace(1), git(1) "Environment
/// Variables"): what a commit is called is what it holds. Nix calls git too.
pub fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    let names = std::env::vars_os().map(|(name, _)| name);
    for name in names.filter(|name| name.as_encoded_bytes().starts_with(b"GIT_")) {
        command.env_remove(name);
    }
    command.env("GIT_NO_REPLACE_OBJECTS", "1").stdin(Stdio::null());
    command
}

fn cannot_run(program: &str, error: &io::Error) -> Error {
    let message =
        format!("{program} cannot be run ({error}): Nix builds and evaluates; install it, or put it on PATH");
    Error::new(Code::HelperMissing, message)
}

/// The standard output of a command that must succeed.
fn ask(program: &str, arguments: &[&OsStr]) -> Result<Vec<u8>, Error> {
    let output = command(program).args(arguments).output().map_err(|error| cannot_run(program, &error))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = last_lines(&output.stderr);
    let message = format!("{} ended with {}: {said}", words(program, arguments), output.status);
    Err(Error::new(Code::HelperFailed, message))
}

fn json<T: DeserializeOwned>(arguments: &[&OsStr]) -> Result<T, Error> {
    let arguments = [&FLAKES.map(OsStr::new), arguments].concat();
    let answer = ask("nix", &arguments)?;
    crate::json::read(&answer).map_err(|error| not_understood(&words("nix", &arguments), &error.to_string()))
}

fn words(program: &str, arguments: &[&OsStr]) -> String {
    let words = arguments.iter().map(|word| word.to_string_lossy());
    [program.into()].into_iter().chain(words).collect::<Vec<_>>().join(" ")
}

fn not_understood(what: &str, why: &str) -> Error {
    let message = format!("the answer of {what} is not understood ({why}): is this a newer Nix?");
    Error::new(Code::HelperAnswer, message)
}

/// What Nix says of itself, such as `nix (Nix) 2.8.0`.
///
/// # Errors
/// `helper-missing` or `helper-failed`, as for all of these.
pub fn version() -> Result<String, Error> {
    let answer = ask("nix", &["--version".as_ref()])?;
    let version = String::from_utf8_lossy(&answer).trim().to_owned();
    if version.is_empty() { Err(not_understood("nix --version", "it is empty")) } else { Ok(version) }
}

/// The system that is built for where none is said.
///
/// # Errors
/// As for [`version`]; `helper-answer` if the answer is not understood, as for all below.
pub fn system() -> Result<String, Error> {
    json(&["eval", "--impure", "--json", "--expr", "builtins.currentSystem"].map(OsStr::new))
}

/// The settings by name.
///
/// # Errors
/// As for [`system`].
pub fn settings() -> Result<BTreeMap<String, Value>, Error> {
    #[derive(Deserialize)]
    struct Setting {
        value: Value,
    }
    // `nix show-config` became `nix config show` in 2.20.
    let settings: BTreeMap<String, Setting> = json(&["config", "show", "--json"].map(OsStr::new))
        .or_else(|_| json(&["show-config", "--json"].map(OsStr::new)))?;
    let needed = ["sandbox", "sandbox-paths", "substituters", "trusted-public-keys", "store"];
    match needed.iter().find(|name| !settings.contains_key(**name)) {
        Some(name) => Err(not_understood("nix config show", &format!("it has no {name}"))),
        None => Ok(settings.into_iter().map(|(name, setting)| (name, setting.value)).collect()),
    }
}

/// Whether another process, Nix's daemon, owns the store and builds.
///
/// # Errors
/// As for [`system`]; `store-foreign` if the store is not this machine's own: its files are not at their paths.
pub fn has_daemon(settings: &BTreeMap<String, Value>) -> Result<bool, Error> {
    let set = settings.get("store").and_then(Value::as_str).unwrap_or("auto");
    let output = command("nix").args(FLAKES).args(["store", "ping"]).output();
    let output = output.map_err(|error| cannot_run("nix", &error))?;
    if !output.status.success() {
        let message = format!("nix store ping ended with {}: {}", output.status, last_lines(&output.stderr));
        return Err(Error::new(Code::HelperFailed, message));
    }
    // Nix 2.8 says it on standard error, later versions on standard output.
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    let url = said.lines().find_map(|line| line.trim().strip_prefix("Store URL:")).map(str::trim);
    let url = url.ok_or_else(|| not_understood("nix store ping", &said))?;
    let is_daemon = |url: &str| url == "daemon" || url.starts_with("unix://");
    match (set, url) {
        (set, url) if set.contains('?') || url.contains('?') => {}
        ("" | "auto" | "local", "local") => return Ok(false),
        (set, url) if (set.is_empty() || set == "auto" || is_daemon(set)) && is_daemon(url) => {
            return Ok(true);
        }
        _ => {}
    }
    let message = format!(
        "Nix is set up for the store {set} ({url}), whose files are not where its paths say: what would be read here is not \
         what Nix used; unset NIX_REMOTE and the setting `store`"
    );
    Err(Error::new(Code::StoreForeign, message))
}

/// The arguments that choose a store.
fn of(store: Store<'_>) -> impl Iterator<Item = &OsStr> {
    store.into_iter().flat_map(|root| [OsStr::new("--store"), root.as_os_str()])
}

/// The last lines of what a command said, on one line.
fn last_lines(stderr: &[u8]) -> String {
    joined(build::follow(stderr, &mut |_| ()).last)
}

fn joined(lines: VecDeque<String>) -> String {
    if lines.is_empty() { "it said nothing".into() } else { Vec::from(lines).join(" | ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_kept() {
        assert_eq!(last_lines(b"a\n\nb\n\x01\nc\n\x05\0\0d\n e \n"), "a | b | c | d | e");
        assert_eq!(last_lines(b"\n"), "it said nothing");
    }
}
