//! The `nix` commands that are called, and what is read from their answers. Shapes differ between versions: Nix 2.8 and
//! 2.26 were tried.

use std::collections::{BTreeMap, VecDeque};
use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{Code, Error};

/// Without these the commands that answer in JSON are refused.
const FLAKES: [&str; 2] = ["--extra-experimental-features", "nix-command flakes"];

const COPY: [&str; 4] = [FLAKES[0], FLAKES[1], "copy", "--no-check-sigs"];

/// How many paths one command is asked about: an argument list has an end.
const PATHS: usize = 500;

/// A store: the one that this machine is set up for, or, of a path, the one in that folder (Nix manual, "Local Store",
/// `root`). Its paths are the same; its files are in the folder.
pub type Store<'a> = Option<&'a Path>;

/// `nix flake metadata`
#[derive(Debug, Deserialize)]
pub struct Metadata {
    /// What the flake reference was resolved to.
    #[serde(rename = "resolvedUrl", default)]
    pub url: String,
    /// Where Nix copied the source to.
    pub path: PathBuf,
    /// The commit, if there is one and nothing was changed since.
    #[serde(default)]
    pub revision: Option<String>,
    /// The locked reference.
    pub locked: Locked,
    /// `flake.lock` as it was used.
    pub locks: Locks,
}

/// A locked reference.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Locked {
    /// Such as `git`, `path` or `github`.
    #[serde(rename = "type", default)]
    pub kind: String,
    /// The folder of the flake inside the source.
    #[serde(default)]
    pub dir: Option<String>,
    /// SHA-256 of the NAR, as `sha256-` and base 64.
    #[serde(default)]
    pub nar_hash: Option<String>,
    /// A commit.
    #[serde(default)]
    pub rev: Option<String>,
    /// Seconds since 1970-01-01 UTC.
    #[serde(default)]
    pub last_modified: Option<u64>,
}

/// `flake.lock`
#[derive(Debug, Deserialize)]
pub struct Locks {
    /// Inputs by name.
    #[serde(default)]
    pub nodes: BTreeMap<String, Node>,
}

/// An input.
#[derive(Debug, Deserialize)]
pub struct Node {
    /// What it is locked to; the root has none.
    #[serde(default)]
    pub locked: Option<Locked>,
}

/// What an attribute evaluates to.
#[derive(Debug, Deserialize)]
pub struct Evaluated {
    /// The derivation's path.
    pub drv: PathBuf,
    /// Outputs by name.
    pub outputs: BTreeMap<String, PathBuf>,
}

/// `nix path-info` of one path.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PathInfo {
    /// Only where the answer is a list.
    #[serde(default)]
    path: PathBuf,
    /// SHA-256 of the NAR, as `sha256-` and base 64.
    pub nar_hash: String,
    /// It was built here.
    #[serde(default)]
    pub ultimate: bool,
    /// `NAME:SIGNATURE`
    #[serde(default)]
    pub signatures: Vec<String>,
}

fn cannot_run(program: &str, error: &io::Error) -> Error {
    let message =
        format!("{program} cannot be run ({error}): Nix builds and evaluates; install it, or put it on PATH");
    Error::new(Code::HelperMissing, message)
}

/// The standard output of a command that must succeed.
fn ask(program: &str, arguments: &[&OsStr]) -> Result<Vec<u8>, Error> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    let output = output.map_err(|error| cannot_run(program, &error))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let words: Vec<_> = arguments.iter().map(|word| word.to_string_lossy()).collect();
    let message =
        format!("{program} {} ended with {}: {}", words.join(" "), output.status, last_lines(&output.stderr));
    Err(Error::new(Code::HelperFailed, message))
}

fn json<T: DeserializeOwned>(arguments: &[&OsStr]) -> Result<T, Error> {
    let answer = ask("nix", &[&FLAKES.map(OsStr::new), arguments].concat())?;
    serde_json::from_slice(&answer).map_err(|error| {
        let words: Vec<_> = arguments.iter().map(|word| word.to_string_lossy()).collect();
        let message = format!(
            "the answer of nix {} is not understood ({error}): is this a newer Nix?",
            words.join(" ")
        );
        Error::new(Code::HelperAnswer, message)
    })
}

/// What Nix says of itself, such as `nix (Nix) 2.8.0`.
///
/// # Errors
/// `helper-missing` or `helper-failed`, as for all of these.
pub fn version() -> Result<String, Error> {
    let answer = ask("nix", &["--version".as_ref()])?;
    Ok(String::from_utf8_lossy(&answer).trim().to_owned())
}

/// The system that is built for where none is said.
///
/// # Errors
/// As for [`version`]; `helper-answer` if the answer is not understood, as for all below.
pub fn system() -> Result<String, Error> {
    json(&["eval", "--impure", "--json", "--expr", "builtins.currentSystem"].map(OsStr::new))
}

/// Where the flake is and what it is locked to.
///
/// # Errors
/// As for [`system`].
pub fn metadata(flake: &str) -> Result<Metadata, Error> {
    json(&["flake", "metadata", "--no-write-lock-file", "--json", flake].map(OsStr::new))
}

/// Evaluates `attribute` of the flake anew, in pure mode, and writes its derivation to the store.
///
/// # Errors
/// As for [`system`].
pub fn evaluate(flake: &str, attribute: &str) -> Result<Evaluated, Error> {
    let installable = format!("{flake}#{attribute}");
    let apply = "d: { drv = d.drvPath; outputs = builtins.listToAttrs (map (name: { inherit name; value = \
                 d.${name}.outPath; }) (d.outputs or [ \"out\" ])); }";
    let arguments =
        ["eval", "--no-eval-cache", "--no-write-lock-file", "--json", &installable, "--apply", apply];
    json(&arguments.map(OsStr::new))
}

/// What the store knows of these paths; those that it does not have are left out.
///
/// # Errors
/// As for [`system`].
pub fn path_infos(paths: &[PathBuf], store: Store) -> Result<BTreeMap<PathBuf, PathInfo>, Error> {
    let mut infos = BTreeMap::new();
    for some in paths.chunks(PATHS) {
        let mut arguments = vec![OsStr::new("path-info"), OsStr::new("--json")];
        arguments.extend(of(store));
        arguments.extend(some.iter().map(|path| path.as_os_str()));
        infos.extend(infos_of(json(&arguments)?));
    }
    Ok(infos)
}

/// Which of these paths are not in the store.
///
/// # Errors
/// As for [`version`].
pub fn missing(paths: &[PathBuf], store: Store) -> Result<Vec<PathBuf>, Error> {
    let mut missing = Vec::new();
    for some in paths.chunks(PATHS) {
        let mut arguments = vec![OsStr::new("--check-validity"), OsStr::new("--print-invalid")];
        arguments.extend(of(store));
        arguments.extend(some.iter().map(|path| path.as_os_str()));
        let answer = ask("nix-store", &arguments)?;
        missing.extend(String::from_utf8_lossy(&answer).lines().map(PathBuf::from));
    }
    Ok(missing)
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
    Ok(settings.into_iter().map(|(name, setting)| (name, setting.value)).collect())
}

/// Makes the outputs of a derivation, where they are not there, or says the last lines of why not. `progress` is told each
/// build and each copy that begins, in Nix's words.
///
/// # Errors
/// As for [`version`].
pub fn realise(drv: &Path, progress: &mut dyn FnMut(&str)) -> Result<Result<(), String>, Error> {
    made(&["--realise".as_ref(), drv.as_os_str()], progress)
}

/// The same in another store, on this machine and with nothing that others have built.
///
/// # Errors
/// As for [`version`].
pub fn realise_alone(
    drv: &Path,
    store: &Path,
    progress: &mut dyn FnMut(&str),
) -> Result<Result<(), String>, Error> {
    let mut arguments = vec![OsStr::new("--realise"), drv.as_os_str()];
    arguments.extend(of(Some(store)));
    arguments.extend(["--option", "substituters", "", "--option", "builders", ""].map(OsStr::new));
    // Without namespaces a build would write where the usual store is, and fail for a reason that does not say so.
    arguments.extend(["--option", "sandbox-fallback", "false"].map(OsStr::new));
    made(&arguments, progress)
}

fn made(arguments: &[&OsStr], progress: &mut dyn FnMut(&str)) -> Result<Result<(), String>, Error> {
    let because = |error| cannot_run("nix-store", &error);
    let mut command = Command::new("nix-store");
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(because)?;
    let last =
        child.stderr.take().map_or_else(VecDeque::new, |stderr| follow(BufReader::new(stderr), progress));
    let status = child.wait().map_err(because)?;
    Ok(if status.success() { Ok(()) } else { Err(joined(last)) })
}

/// Copies outputs from this machine's store, and what they refer to, to another store. No signature is asked for.
///
/// # Errors
/// As for [`version`].
pub fn copy(outputs: &[PathBuf], to: &Path) -> Result<(), Error> {
    let copy = |some: &[PathBuf]| {
        let mut arguments: Vec<&OsStr> = COPY.map(OsStr::new).to_vec();
        arguments.extend(["--to".as_ref(), to.as_os_str()]);
        arguments.extend(some.iter().map(|path| path.as_os_str()));
        ask("nix", &arguments).map(drop)
    };
    outputs.chunks(PATHS).try_for_each(copy)
}

/// The same for a derivation, all that it is made of and their sources, without outputs.
///
/// # Errors
/// As for [`version`].
pub fn copy_derivation(drv: &Path, to: &Path) -> Result<(), Error> {
    let rest: [&OsStr; 4] = ["--derivation".as_ref(), "--to".as_ref(), to.as_os_str(), drv.as_os_str()];
    ask("nix", &[&COPY.map(OsStr::new), &rest[..]].concat()).map(drop)
}

/// The arguments that choose a store.
fn of(store: Store<'_>) -> impl Iterator<Item = &OsStr> {
    store.into_iter().flat_map(|root| [OsStr::new("--store"), root.as_os_str()])
}

/// Nix up to 2.18 answers with a list, later ones with a map from path to what is known or null.
fn infos_of(answer: Value) -> BTreeMap<PathBuf, PathInfo> {
    let read = |path: Option<&str>, value: Value| {
        let info: PathInfo = serde_json::from_value(value).ok()?;
        Some((path.map_or_else(|| info.path.clone(), PathBuf::from), info))
    };
    match answer {
        Value::Array(list) => list.into_iter().filter_map(|value| read(None, value)).collect(),
        Value::Object(map) => map.into_iter().filter_map(|(path, value)| read(Some(&path), value)).collect(),
        _ => BTreeMap::new(),
    }
}

/// How many lines are kept of what a command said.
const LAST: usize = 4;

/// Reads what Nix says while it works, to the end: what begins is passed on, and the last lines are kept. A build says much
/// more, which is in Nix's own log.
fn follow(mut stderr: impl BufRead, progress: &mut dyn FnMut(&str)) -> VecDeque<String> {
    let (mut last, mut bytes) = (VecDeque::new(), Vec::new());
    // If it cannot be read further, how the command ends still says whether it worked.
    while stderr.read_until(b'\n', &mut bytes).is_ok_and(|count| count > 0) {
        // Older versions of Nix let slip what their processes tell each other, which is no text; builders paint theirs.
        let text: String = String::from_utf8_lossy(&bytes).chars().filter(|c| !c.is_control()).collect();
        let line = text.trim();
        if ["building '", "copying path '"].iter().any(|begins| line.starts_with(begins)) {
            progress(line);
        }
        if !line.is_empty() {
            if last.len() == LAST {
                last.pop_front();
            }
            last.push_back(line.to_owned());
        }
        bytes.clear();
    }
    last
}

/// The last lines of what a command said, on one line.
fn last_lines(stderr: &[u8]) -> String {
    joined(follow(stderr, &mut |_| ()))
}

fn joined(lines: VecDeque<String>) -> String {
    if lines.is_empty() { "it said nothing".into() } else { Vec::from(lines).join(" | ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Nix 2.8 and 2.26 answer.
    #[test]
    fn both_shapes_of_path_info_are_read() {
        let old = r#"[{"path":"/s/a","narHash":"sha256-x","narSize":1,"ultimate":true},
            {"path":"/s/b","narHash":"sha256-y","signatures":["c:z"]},{"path":"/s/c","valid":false}]"#;
        let new = r#"{"/s/a":{"narHash":"sha256-x","ultimate":true,"signatures":[]},
            "/s/b":{"narHash":"sha256-y","signatures":["c:z"]},"/s/c":null}"#;
        for text in [old, new] {
            let infos = infos_of(serde_json::from_str(text).unwrap());
            assert_eq!(infos.len(), 2);
            assert!(infos[Path::new("/s/a")].ultimate && !infos[Path::new("/s/b")].ultimate);
            assert_eq!(infos[Path::new("/s/b")].signatures, ["c:z"]);
        }
    }

    #[test]
    fn the_last_lines_are_kept() {
        assert_eq!(last_lines(b"a\n\nb\n\x01\nc\n\x05\0\0d\n e \n"), "b | c | d | e");
        assert_eq!(last_lines(b"\n"), "it said nothing");
    }

    #[test]
    fn what_begins_is_passed_on_and_the_last_lines_are_kept() {
        let said =
            b"this derivation will be built:\n  /s/a.drv\nbuilding '/s/a.drv'...\ncopying path '/s/b' from \
            'file:///c'...\n\xff building 'c'\n\nerror: builder failed\nlast";
        let mut passed = Vec::new();
        let last = follow(&said[..], &mut |line| passed.push(line.to_owned()));
        assert_eq!(passed, ["building '/s/a.drv'...", "copying path '/s/b' from 'file:///c'..."]);
        assert_eq!(last, [passed[1].as_str(), "\u{fffd} building 'c'", "error: builder failed", "last"]);
    }
}
