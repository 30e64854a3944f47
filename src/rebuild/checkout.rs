//! A git checkout on this machine: what a commit holds, compared with what Nix copied as that commit.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::nix;
use crate::error::{Code, Error};
use crate::input;
use crate::nar::git::{self, Format};

/// The folder that a flake reference of this machine names (RFC 3986 section 2.1 for what stands for other bytes).
pub fn folder(url: &str) -> Option<PathBuf> {
    let rest = url.strip_prefix("git+file://").or_else(|| url.strip_prefix("path:"))?;
    let mut bytes = Vec::new();
    let mut rest = rest.split('?').next().unwrap_or_default().as_bytes();
    while let [first, after @ ..] = rest {
        let hex = after.get(..2).filter(|_| *first == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    Some(PathBuf::from(OsString::from_vec(bytes)))
}

/// The commit's tree, if `copy` holds the same files, or why not: attributes and filters of git change what is copied, and so
/// do replaced objects and an old cache. Of submodules, which are other repositories, nothing is known.
///
/// # Errors
/// An `input-…` code if the copy cannot be read; `helper-missing` or `helper-failed` if git does not answer.
pub fn holds(folder: &Path, commit: &str, copy: &Path) -> Result<Result<String, String>, Error> {
    let ask = |arguments: &[&str]| {
        let output = nix::command("git").arg("-C").arg(folder).args(arguments).output();
        let output = output.map_err(|error| {
            let why = format!(
                "git cannot be run ({error}): it says what a commit holds; install it, or put it on PATH"
            );
            Error::new(Code::HelperMissing, why)
        })?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let said = String::from_utf8_lossy(&output.stderr).trim().replace('\n', " | ");
        let why = format!(
            "git {} in {} ended with {}: {said}",
            arguments.join(" "),
            folder.display(),
            output.status
        );
        Err(Error::new(Code::HelperFailed, why))
    };
    let tree = ask(&["rev-parse", "--verify", &format!("{commit}^{{tree}}")])?;
    let tree = String::from_utf8_lossy(&tree).trim().to_owned();
    let format = if tree.len() == 64 { Format::Sha256 } else { Format::Sha1 };
    let here = git::tree(copy, format)?;
    if here == tree {
        return Ok(Ok(tree));
    }
    let list = ask(&["ls-tree", "-r", "-z", "--full-tree", &tree])?;
    let mut entries = list.split(|byte| *byte == 0);
    if entries.any(|entry| entry.starts_with(b"160000 ")) && around_modules(&list, copy, format)? {
        return Ok(Ok(tree));
    }
    Ok(Err(format!(
        "its tree is {here} and the commit's is {tree}: an attribute or filter of git changed it, or Nix took it from an old cache"
    )))
}

/// Whether a copy holds what `list` says, `MODE TYPE OBJECT<tab>PATH` and a 0 each (git-ls-tree(1)), and nothing else but submodules,
/// which are other repositories.
fn around_modules(list: &[u8], copy: &Path, format: Format) -> Result<bool, Error> {
    let mut files = walk(copy)?;
    let mut modules = Vec::new();
    for entry in list.split(|byte| *byte == 0).filter(|entry| !entry.is_empty()) {
        let Some(tab) = entry.iter().position(|byte| *byte == b'\t') else { return Ok(false) };
        let head = String::from_utf8_lossy(&entry[..tab]).into_owned();
        let words: Vec<&str> = head.split(' ').collect();
        let path = copy.join(OsStr::from_bytes(&entry[tab + 1..]));
        match words.as_slice() {
            ["160000", ..] => modules.push(path),
            [mode, _, object] => {
                let is_same = fs::symlink_metadata(&path).is_ok_and(|metadata| {
                    let is_program = metadata.permissions().mode() & 0o100 != 0;
                    match *mode {
                        "120000" => metadata.is_symlink(),
                        "100755" => metadata.is_file() && is_program,
                        _ => metadata.is_file() && !is_program,
                    }
                });
                if !files.remove(&path) || !is_same || git::tree(&path, format)? != **object {
                    return Ok(false);
                }
            }
            _ => return Ok(false),
        }
    }
    Ok(files.iter().all(|file| modules.iter().any(|module| file.starts_with(module))))
}

/// All that is no folder, at and below a folder.
fn walk(folder: &Path) -> Result<BTreeSet<PathBuf>, Error> {
    let (mut files, mut waiting) = (BTreeSet::new(), vec![folder.to_owned()]);
    while let Some(folder) = waiting.pop() {
        let because = |error| input::because(&folder, &error);
        for entry in fs::read_dir(&folder).map_err(because)? {
            let entry = entry.map_err(because)?;
            if entry.file_type().map_err(because)?.is_dir() {
                waiting.push(entry.path());
            } else {
                files.insert(entry.path());
            }
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_this_machine_name_folders() {
        for (url, expected) in [
            ("git+file:///a/b?ref=main", Some("/a/b")),
            ("git+file:///a%20b/%c3%bc%", Some("/a b/ü%")),
            ("path:/a", Some("/a")),
            ("github:owner/name", None),
        ] {
            assert_eq!(folder(url).as_deref(), expected.map(Path::new), "{url}");
        }
    }
}
