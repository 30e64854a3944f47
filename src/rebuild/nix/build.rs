//! Builds, and what Nix says while it works.

use std::collections::{BTreeSet, VecDeque};
use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::flake::{PURE, quoted};
use super::{FLAKES, ask, cannot_run, command, joined};
use crate::error::Error;

/// How many lines are kept of what a command said.
const LAST: usize = 8;

/// What the kernel says of a disk that is full, in Nix's words and in those of most programs (ENOSPC, EDQUOT; errno(3)).
const FULL: [&str; 2] = ["No space left on device", "Disk quota exceeded"];

/// How something is built.
#[derive(Clone, Copy)]
pub enum Manner<'a> {
    /// As this machine is set up.
    Usual,
    /// In the store in that folder, by this machine alone, with nothing that others have built and in a sandbox that shows
    /// those paths of the machine.
    Alone(&'a Path, &'a str),
}

impl Manner<'_> {
    /// The settings that `sarsen attest --rebuild` gives Nix, whatever nix.conf says: statements name them.
    fn arguments(&self) -> Vec<&OsStr> {
        let Self::Alone(store, sandbox_paths) = self else { return Vec::new() };
        let settings = [
            ("substituters", ""),
            ("builders", ""),
            ("pre-build-hook", ""),
            ("post-build-hook", ""),
            ("run-diff-hook", "false"),
            ("sandbox", "true"),
            // Without namespaces a build would write where the usual store is, and fail for a reason that does not say so.
            ("sandbox-fallback", "false"),
            ("sandbox-paths", sandbox_paths),
            // Nothing is collected while it is needed.
            ("min-free", "0"),
            // How long this machine is willing to wait says nothing about a recipe.
            ("timeout", "0"),
            ("max-silent-time", "0"),
            ("max-build-log-size", "0"),
        ];
        let option = |(name, value)| ["--option", name, value];
        let arguments = settings.into_iter().flat_map(option).map(OsStr::new);
        super::of(Some(store)).chain(arguments).collect()
    }
}

/// What a build said of itself.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Built {
    /// The derivations that this machine built.
    pub here: BTreeSet<PathBuf>,
    /// Something was built by another machine.
    pub elsewhere: bool,
    /// What of this machine kept it from going on, as far as that can be told.
    pub hindrance: Option<&'static str>,
    /// The last lines, if it failed.
    pub last: VecDeque<String>,
    /// It ended as it should.
    pub succeeded: bool,
}

impl Built {
    /// Why it failed, on one line.
    pub fn reason(&self) -> String {
        joined(self.last.clone())
    }
}

/// Makes the outputs of a derivation, where they are not there. `progress` is told each build and each copy that begins, in
/// Nix's words. A link named `root`, beside which those of further outputs are made, keeps them from being collected.
///
/// # Errors
/// As for [`super::version`].
pub fn realise(
    drv: &Path,
    manner: Manner,
    root: Option<&Path>,
    progress: &mut dyn FnMut(&str),
) -> Result<Built, Error> {
    let mut arguments = vec![OsStr::new("--realise"), drv.as_os_str()];
    arguments.extend(root.iter().flat_map(|root| rooted(root)));
    arguments.extend(manner.arguments());
    made(&arguments, progress)
}

/// Keeps paths that are there from being collected, by links that are called `root`, `root-2` and so on.
///
/// # Errors
/// As for [`super::version`]; `helper-failed` if one of them is not there any more.
pub fn root(paths: &[PathBuf], root: &Path) -> Result<(), Error> {
    let mut arguments =
        vec![OsStr::new("--realise"), OsStr::new("--option"), "substituters".as_ref(), "".as_ref()];
    arguments.extend(paths.iter().map(|path| path.as_os_str()));
    arguments.extend(rooted(root));
    ask("nix-store", &arguments).map(drop)
}

fn rooted(root: &Path) -> [&OsStr; 3] {
    ["--add-root".as_ref(), root.as_os_str(), "--indirect".as_ref()]
}

/// Why a derivation that nothing can be wrong with cannot be built in this manner; `None` if it can. It has never been built:
/// its text holds `nonce`. Nix itself makes its output, so that it needs no program.
///
/// # Errors
/// As for [`super::version`].
pub fn probe(system: &str, nonce: &str, manner: Manner) -> Result<Option<String>, Error> {
    let expression = format!(
        "(derivation {{ name = \"sarsen-probe\"; system = {}; builder = \"builtin:buildenv\"; derivations = \"\"; \
         manifest = \"/none\"; nonce = {}; }}).drvPath",
        quoted(system),
        quoted(nonce)
    );
    let mut arguments: Vec<&OsStr> = FLAKES.map(OsStr::new).to_vec();
    arguments.extend(["eval", "--raw"].map(OsStr::new));
    arguments.extend(PURE.map(OsStr::new));
    arguments.extend(["--expr", &expression].map(OsStr::new));
    if let Manner::Alone(store, _) = manner {
        arguments.extend(super::of(Some(store)));
    }
    let drv = match ask("nix", &arguments) {
        Ok(drv) => PathBuf::from(String::from_utf8_lossy(&drv).trim()),
        Err(error) => return Ok(Some(error.message)),
    };
    let mut arguments = vec![OsStr::new("--realise"), drv.as_os_str()];
    arguments.extend(["--option", "substituters", ""].map(OsStr::new));
    arguments.extend(manner.arguments());
    let built = made(&arguments, &mut |_| ())?;
    Ok((!built.succeeded).then(|| built.reason()))
}

fn made(arguments: &[&OsStr], progress: &mut dyn FnMut(&str)) -> Result<Built, Error> {
    let because = |error| cannot_run("nix-store", &error);
    let mut command = command("nix-store");
    // What builders print would be read as Nix's own words; of a build that fails Nix repeats the last lines.
    command.args(arguments).arg("--no-build-output").stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(because)?;
    let built =
        child.stderr.take().map_or_else(Built::default, |stderr| follow(BufReader::new(stderr), progress));
    let status = child.wait().map_err(because)?;
    // 100 and a bit for each reason (nix-store(1), "Special exit codes"): 1 is a timeout.
    let timed_out = status.code().is_some_and(|code| (100..128).contains(&code) && (code - 100) & 1 != 0);
    let interrupted = built.last.iter().any(|line| line.contains("error: interrupted by the user"));
    let stopped = status.code().is_none() || timed_out || interrupted;
    let stopped = stopped.then_some("it was stopped, or took longer than its settings allow");
    Ok(Built { succeeded: status.success(), hindrance: built.hindrance.or(stopped), ..built })
}

/// Reads what Nix says while it works, to the end: what begins is passed on, and the last lines are kept. A build says much
/// more, which is in Nix's own log.
pub fn follow(mut stderr: impl BufRead, progress: &mut dyn FnMut(&str)) -> Built {
    let (mut built, mut bytes) = (Built::default(), Vec::new());
    // If it cannot be read further, how the command ends still says whether it worked.
    while stderr.read_until(b'\n', &mut bytes).is_ok_and(|count| count > 0) {
        // Older versions of Nix let slip what their processes tell each other, which is no text; builders paint theirs.
        let text: String = String::from_utf8_lossy(&bytes).chars().filter(|c| !c.is_control()).collect();
        let line = text.trim();
        if ["building '", "copying path '"].iter().any(|begins| line.starts_with(begins)) {
            progress(line);
        }
        // `building 'DRV'...`, and `building 'DRV' on 'MACHINE'...`.
        if let Some((drv, rest)) = line.strip_prefix("building '").and_then(|rest| rest.split_once('\'')) {
            if rest.starts_with(" on ") {
                built.elsewhere = true;
            } else {
                built.here.insert(PathBuf::from(drv));
            }
        }
        if FULL.iter().any(|full| line.contains(full)) {
            built.hindrance = Some("a disk is full; make room in the store and in TMPDIR");
        }
        if !line.is_empty() {
            if built.last.len() == LAST {
                built.last.pop_front();
            }
            built.last.push_back(line.to_owned());
        }
        bytes.clear();
    }
    built
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_is_passed_on_and_the_last_lines_are_kept() {
        let said =
            b"this derivation will be built:\n  /s/a.drv\nbuilding '/s/a.drv'...\ncopying path '/s/b' from \
            'file:///c'...\n\xff building 'c'\n\nerror: builder failed\nlast";
        let mut passed = Vec::new();
        let built = follow(&said[..], &mut |line| passed.push(line.to_owned()));
        assert_eq!(passed, ["building '/s/a.drv'...", "copying path '/s/b' from 'file:///c'..."]);
        let all = ["this derivation will be built:", "/s/a.drv", passed[0].as_str(), passed[1].as_str()];
        let last = ["\u{fffd} building 'c'", "error: builder failed", "last"];
        assert_eq!(built.last, [&all[..], &last].concat());
        assert_eq!(built.here, BTreeSet::from([PathBuf::from("/s/a.drv")]));
        assert!(!built.elsewhere && built.hindrance.is_none());
        let many = "line\n".repeat(LAST) + "end\n";
        let built = follow(many.as_bytes(), &mut |_| ());
        assert_eq!((built.last.len(), built.last.back().map(String::as_str)), (LAST, Some("end")));
    }

    #[test]
    fn other_machines_and_full_disks_are_noticed() {
        let said = b"building '/s/a.drv' on 'ssh://m'...\ncc: x.o: No space left on device\n";
        let built = follow(&said[..], &mut |_| ());
        assert!(built.elsewhere && built.hindrance.is_some() && built.here.is_empty());
    }
}
