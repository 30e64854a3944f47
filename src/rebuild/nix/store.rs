//! What a store has and knows.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::{FLAKES, PATHS, Store, ask, json, not_understood, of};
use crate::error::{Code, Error};
use crate::nar;

const COPY: [&str; 4] = [FLAKES[0], FLAKES[1], "copy", "--no-check-sigs"];

/// What Nix has recorded of one path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathInfo {
    /// SHA-256 of the NAR.
    pub nar_hash: [u8; 32],
    /// Its size in bytes.
    pub nar_size: u64,
    /// It was built here.
    pub ultimate: bool,
    /// The store paths that it refers to.
    pub references: Vec<String>,
    /// `NAME:SIGNATURE`
    pub signatures: Vec<String>,
}

/// `nix path-info` of one path.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    /// Only where the answer is a list.
    path: Option<PathBuf>,
    /// False only where the answer is a list and the path is not there.
    valid: Option<bool>,
    nar_hash: Option<String>,
    nar_size: Option<u64>,
    #[serde(default)]
    ultimate: bool,
    #[serde(default)]
    references: Vec<String>,
    #[serde(default)]
    signatures: Vec<String>,
}

/// What the store has recorded of these paths, all of which it has.
///
/// # Errors
/// As for [`super::system`]; `store-changed` if it does not have one of them.
pub fn path_infos(paths: &[PathBuf], store: Store) -> Result<BTreeMap<PathBuf, PathInfo>, Error> {
    let mut infos = BTreeMap::new();
    for some in paths.chunks(PATHS) {
        let mut arguments = vec![OsStr::new("path-info"), OsStr::new("--json")];
        arguments.extend(of(store));
        arguments.extend(some.iter().map(|path| path.as_os_str()));
        let answers = infos_of(json(&arguments)?).map_err(|why| not_understood("nix path-info", &why))?;
        for path in some {
            let Some(info) = answers.get(path) else {
                let message = format!(
                    "{} was in the store a moment ago, and now Nix knows nothing of it: something removes what is needed \
                     here; try again without a garbage collection beside it",
                    path.display()
                );
                return Err(Error::new(Code::StoreChanged, message));
            };
            infos.insert(path.clone(), info.clone());
        }
    }
    Ok(infos)
}

/// What the store in a folder has recorded of all that it has.
///
/// # Errors
/// As for [`super::system`].
pub fn all(store: &Path) -> Result<BTreeMap<PathBuf, PathInfo>, Error> {
    let mut arguments = ["path-info", "--json", "--all"].map(OsStr::new).to_vec();
    arguments.extend(of(Some(store)));
    infos_of(json(&arguments)?).map_err(|why| not_understood("nix path-info", &why))
}

/// Which of these paths are not in the store.
///
/// # Errors
/// As for [`super::version`].
pub fn missing(paths: &[PathBuf], store: Store) -> Result<Vec<PathBuf>, Error> {
    let mut missing = Vec::new();
    for some in paths.chunks(PATHS) {
        let mut arguments = vec![OsStr::new("--check-validity"), OsStr::new("--print-invalid")];
        arguments.extend(of(store));
        arguments.extend(some.iter().map(|path| path.as_os_str()));
        for line in String::from_utf8_lossy(&ask("nix-store", &arguments)?).lines() {
            let path = PathBuf::from(line);
            if !some.contains(&path) {
                return Err(not_understood("nix-store --check-validity", line));
            }
            missing.push(path);
        }
    }
    Ok(missing)
}

/// Copies outputs from this machine's store, and what they refer to, to another store. No signature is asked for.
///
/// # Errors
/// As for [`super::version`].
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
/// As for [`super::version`].
pub fn copy_derivation(drv: &Path, to: &Path) -> Result<(), Error> {
    let rest: [&OsStr; 4] = ["--derivation".as_ref(), "--to".as_ref(), to.as_os_str(), drv.as_os_str()];
    ask("nix", &[&COPY.map(OsStr::new), &rest[..]].concat()).map(drop)
}

/// Nix up to 2.18 answers with a list, later ones with a map from path to what is known or null. Whatever else there is makes
/// the whole answer unusable: a path left out would pass for one that is not there.
fn infos_of(answer: Value) -> Result<BTreeMap<PathBuf, PathInfo>, String> {
    let read = |path: Option<&str>, value: Value| {
        if !value.is_object() {
            return Err(format!("a path is {value}"));
        }
        let Answer { path: own, valid, nar_hash, nar_size, ultimate, references, signatures } =
            serde_json::from_value(value).map_err(|error| error.to_string())?;
        let path = path.map(PathBuf::from).or(own).ok_or("a path has no name")?;
        if valid == Some(false) {
            return Ok(None);
        }
        let hash = nar_hash.ok_or_else(|| format!("{} has no narHash", path.display()))?;
        let nar_hash = nar::from_sri(&hash).ok_or_else(|| format!("narHash is {hash:?}"))?;
        let nar_size = nar_size.ok_or_else(|| format!("{} has no narSize", path.display()))?;
        Ok(Some((path, PathInfo { nar_hash, nar_size, ultimate, references, signatures })))
    };
    let infos: Result<Vec<Option<_>>, String> = match answer {
        Value::Array(list) => list.into_iter().map(|value| read(None, value)).collect(),
        Value::Object(map) => {
            let known = map.into_iter().filter(|(_, value)| !value.is_null());
            known.map(|(path, value)| read(Some(&path), value)).collect()
        }
        other => Err(format!("it is {other}")),
    };
    Ok(infos?.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "sha256-uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=";

    fn read(text: &str) -> Result<BTreeMap<PathBuf, PathInfo>, String> {
        infos_of(serde_json::from_str(&text.replace("HASH", HASH)).unwrap())
    }

    /// As Nix 2.8 and 2.26 answer.
    #[test]
    fn both_shapes_of_path_info_are_read() {
        let old = r#"[{"path":"/s/a","narHash":"HASH","narSize":1,"ultimate":true},
            {"path":"/s/b","narHash":"HASH","narSize":1,"signatures":["c:z"]},{"path":"/s/c","valid":false}]"#;
        let new = r#"{"/s/a":{"narHash":"HASH","narSize":1,"ultimate":true,"signatures":[]},
            "/s/b":{"narHash":"HASH","narSize":1,"signatures":["c:z"]},"/s/c":null}"#;
        for text in [old, new] {
            let infos = read(text).unwrap();
            assert_eq!(infos.len(), 2);
            assert!(infos[Path::new("/s/a")].ultimate && !infos[Path::new("/s/b")].ultimate);
            assert_eq!(infos[Path::new("/s/b")].signatures, ["c:z"]);
        }
    }

    #[test]
    fn a_shape_that_is_not_known_is_no_answer() {
        for text in [
            r#"[{"path":"/s/a","narHash":{"algorithm":"sha256"},"narSize":1}]"#,
            r#"{"/s/a":{"narHash":{"algorithm":"sha256"},"narSize":1}}"#,
            r#"{"/s/a":{"narHash":"HASH","narSize":"1"}}"#,
            r#"{"/s/a":{"narHash":"HASH"}}"#,
            r#"{"/s/a":{"narHash":"sha256:aa","narSize":1}}"#,
            r#"{"/s/a":{"narSize":1}}"#,
            r#"{"/s/a":{"narHash":"HASH","narSize":1,"signatures":[{}]}}"#,
            r#"[{"narHash":"HASH","narSize":1}]"#,
            r#"[{"path":"/s/a"}]"#,
            "[null]",
            r#"[["/s/a", true, "HASH", 1, true, [], []]]"#,
            r#""/s/a""#,
            "null",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
