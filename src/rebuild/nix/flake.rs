//! What a flake is locked to, and what one of its attributes evaluates to.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::json;
use crate::error::{Code, Error};
use crate::output;

/// A lock file that does not fit is not renewed, in memory neither: what is stated is what is used. Beside
/// `--no-write-lock-file` this would be no error.
const LOCKED: &str = "--no-update-lock-file";

/// What Nix says of such a lock file, of a flake of this machine, of another one, and in pure mode.
const OUTDATED: [&str; 3] =
    ["lock file changes", "cannot write modified lock file", "cannot update flake input"];

/// Nothing is built while a recipe is evaluated, or what was built would steer it; a flake does not choose settings.
pub const PURE: [&str; 9] = [
    "--option",
    "allow-import-from-derivation",
    "false",
    "--option",
    "accept-flake-config",
    "false",
    "--option",
    "pure-eval",
    "true",
];

/// `nix flake metadata`
#[derive(Debug, Deserialize)]
pub struct Metadata {
    /// What the flake reference was resolved to.
    #[serde(rename = "resolvedUrl")]
    pub resolved: String,
    /// The same, locked if it can be.
    #[serde(rename = "url")]
    pub url: String,
    /// Where Nix copied the source to.
    pub path: PathBuf,
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
#[serde(rename_all = "camelCase")]
pub struct Evaluated {
    /// SHA-256 of the NAR of the source that was evaluated, as `sha256-` and base 64.
    pub nar_hash: String,
    /// The derivation's path.
    pub drv: PathBuf,
    /// Outputs by name.
    pub outputs: BTreeMap<String, PathBuf>,
}

/// Where the flake is and what it is locked to.
///
/// # Errors
/// As for [`super::system`]; `lock-outdated` if `flake.lock` does not fit `flake.nix`.
pub fn metadata(flake: &str) -> Result<Metadata, Error> {
    let arguments = [&["flake", "metadata", "--json", LOCKED], &PURE[..], &[flake]].concat();
    json(&arguments.iter().map(OsStr::new).collect::<Vec<_>>()).map_err(|error| {
        if !OUTDATED.iter().any(|said| error.message.contains(said)) {
            return error;
        }
        let message = format!(
            "flake.lock of {flake} does not fit its flake.nix, so what would be built is pinned nowhere ({}): run nix flake \
             lock and commit flake.lock",
            error.message
        );
        Error::new(Code::LockOutdated, message)
    })
}

/// Where a recipe is evaluated.
#[derive(Clone, Copy)]
pub enum Place<'a> {
    /// In this machine's store, with its caches.
    Usual,
    /// There, without them.
    Alone,
    /// In the store in that folder, with nothing but what the store at the second place has.
    Apart(&'a Path, &'a str),
}

/// A flake that nothing moves any more, as Nix is told of it in pure mode.
pub enum Fixed {
    /// A locked reference.
    Reference(String),
    /// A folder of a store path with this narHash and time: Nix 2.8 reads no reference to such a one, but takes it as an input
    /// of another flake.
    Folder { path: PathBuf, dir: String, nar_hash: String, last_modified: u64 },
}

impl Fixed {
    /// How messages call it.
    pub fn name(&self) -> String {
        match self {
            Self::Reference(url) => url.clone(),
            Self::Folder { path, dir, .. } => path.join(dir).display().to_string(),
        }
    }
}

/// Evaluates the attribute with these names of a flake anew and in pure mode, and writes its derivation to the store. `beside` is
/// an empty folder that a flake can be written to.
///
/// # Errors
/// As for [`super::system`]; `output-failed` if nothing can be written beside.
pub fn evaluate(
    flake: &Fixed,
    attribute: &[String],
    place: Place,
    beside: &Path,
) -> Result<Evaluated, Error> {
    let names = attribute.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(".");
    let result = format!(
        "let d = f.outputs.{names}; in {{ narHash = f.sourceInfo.narHash; drv = d.drvPath; outputs = builtins.listToAttrs (map \
         (name: {{ inherit name; value = d.${{name}}.outPath; }}) (d.outputs or [ \"out\" ])); }}"
    );
    let what = match flake {
        Fixed::Reference(url) => {
            let expression = format!("let f = builtins.getFlake {}; in {result}", quoted(url));
            vec![LOCKED.to_owned(), "--expr".to_owned(), expression]
        }
        Fixed::Folder { path, dir, nar_hash, last_modified } => {
            let text = format!(
                "{{ inputs.f = {{ type = \"path\"; path = {}; dir = {}; narHash = {}; lastModified = {last_modified}; }}; outputs = \
                 {{ f, ... }}: {{ result = {result}; }}; }}\n",
                quoted(&path.display().to_string()),
                quoted(dir),
                quoted(nar_hash)
            );
            output::replace(&beside.join("flake.nix"), text.as_bytes(), 0o644)?;
            vec!["--no-write-lock-file".to_owned(), format!("path:{}#result", beside.display())]
        }
    };
    let mut arguments: Vec<&OsStr> = ["eval", "--json", "--no-eval-cache"].map(OsStr::new).to_vec();
    arguments.extend(PURE.map(OsStr::new));
    match place {
        Place::Usual => {}
        Place::Alone => arguments.extend(["--option", "substituters", ""].map(OsStr::new)),
        Place::Apart(store, from) => {
            arguments.extend(super::of(Some(store)));
            // Without a network Nix would ask no other store, not that of this machine either, unless it is told to.
            for (name, value) in [("substituters", from), ("substitute", "true"), ("require-sigs", "false")] {
                arguments.extend(["--option", name, value].map(OsStr::new));
            }
        }
    }
    arguments.extend(what.iter().map(OsStr::new));
    json(&arguments)
}

/// A string of the Nix language (Nix manual, "String literal").
pub fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_a_string_of_the_language() {
        assert_eq!(quoted(r#"a"b\c${d}"#), r#""a\"b\\c\${d}""#);
    }
}
