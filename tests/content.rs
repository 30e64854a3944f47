//! What content is fixed by, and which store path it gives, against Nix itself in a store of the test's own.

mod support;

use std::fs;
use std::path::Path;
use std::process::Output;

use sarsen::nar::algorithm::Algorithm;
use sarsen::nar::fixed::{Fit, fits};
use sarsen::nar::store_path::{fixed, is_given_by};
use support::{Folder, stderr, stdout};

/// Runs a program of Nix in `folder`, with a store there and nothing of this machine's configuration.
fn run(folder: &Path, program: &str, arguments: &[&str]) -> Option<Output> {
    support::nix::command(folder, program, "").args(arguments).current_dir(folder).output().ok()
}

/// A folder whose store works; nothing, after saying so, where there is no Nix.
fn store(name: &str) -> Option<Folder> {
    let folder = Folder::new(&format!("content-{name}"));
    fs::create_dir_all(folder.0.join("tree/empty")).unwrap();
    fs::write(folder.0.join("tree/file"), "inner").unwrap();
    fs::write(folder.0.join("file"), vec![b'x'; 600_001]).unwrap();
    match run(&folder.0, "nix-store", &["--add", "file"]) {
        Some(output) if output.status.success() => Some(folder),
        Some(output) => {
            support::skip(&format!("nix has no store of its own here: {}", stderr(&output)));
            None
        }
        None => {
            support::skip("there is no nix");
            None
        }
    }
}

fn answer(folder: &Folder, program: &str, arguments: &[&str]) -> String {
    let output = run(&folder.0, program, arguments).unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
    stdout(&output).trim().to_owned()
}

fn given(path: &str, references: &[String]) -> bool {
    is_given_by(path, Path::new(path), references).unwrap().0
}

#[test]
fn what_nix_adds_gives_its_path() {
    let Some(folder) = store("adds") else { return };
    for arguments in [
        &["--add", "file"][..],
        &["--add", "tree"],
        &["--add-fixed", "sha256", "file"],
        &["--add-fixed", "--recursive", "sha256", "tree"],
    ] {
        let path = answer(&folder, "nix-store", arguments);
        assert!(given(&path, &[]), "{arguments:?}");
        let other = Path::new(if path.ends_with("tree") { "file" } else { "tree" });
        assert!(!is_given_by(&path, &folder.0.join(other), &[]).unwrap().0, "{arguments:?}");
    }
    // Its path is of another hash, which `fits` knows.
    let path = answer(&folder, "nix-store", &["--add-fixed", "sha1", "file"]);
    assert!(!given(&path, &[]));
    let expression = "with builtins; concatStringsSep \" \" [ (path { path = ./file; recursive = false; }) \
                      (path { path = ./tree; name = \"named\"; }) ]";
    let paths = answer(&folder, "nix", &["eval", "--impure", "--raw", "--expr", expression]);
    let paths: Vec<&str> = paths.split(' ').collect();
    assert_eq!(paths.len(), 2);
    for path in paths {
        assert!(given(path, &[]), "{path}");
    }
}

#[test]
fn texts_give_their_paths_with_what_they_refer_to() {
    let Some(folder) = store("texts") else { return };
    let expression = "let a = builtins.toFile \"a\" \"1\"; b = builtins.toFile \"b\" \"2\"; in \
                      builtins.toFile \"c\" \"${b} ${a}\"";
    let path = answer(&folder, "nix", &["eval", "--raw", "--expr", expression]);
    let references = answer(&folder, "nix-store", &["--query", "--references", &path]);
    let references: Vec<String> = references.lines().map(str::to_owned).collect();
    assert_eq!(references.len(), 2);
    assert!(given(&path, &references));
    assert!(!given(&path, &references[1..]) && !given(&path, &[]));
    for path in &references {
        assert!(given(path, &[]) && !given(path, &references[..1]), "{path}");
    }
    // A derivation is a text too.
    let expression = "derivation { name = \"d\"; system = \"x\"; builder = builtins.toFile \"a\" \"1\"; }";
    let path = answer(&folder, "nix-instantiate", &["--expr", expression]);
    let references = answer(&folder, "nix-store", &["--query", "--references", &path]);
    let references: Vec<String> = references.lines().map(str::to_owned).collect();
    assert!(given(&path, &references) && !given(&path, &[]), "{path}");
}

/// Every algorithm and mode that this Nix knows: the path, and whether the content fits.
#[test]
fn nix_fixes_the_same() {
    let Some(folder) = store("fixes") else { return };
    let store = folder.0.join("store");
    let store = store.to_str().unwrap();
    for algorithm in Algorithm::ALL {
        let name = algorithm.as_str();
        let flat = answer(&folder, "nix-hash", &["--flat", "--type", name, "file"]);
        let tree = answer(&folder, "nix-hash", &["--type", name, "tree"]);
        for (mode, hash, what, other) in [("", flat, "file", "tree"), ("r:", tree, "tree", "file")] {
            let text = format!("{mode}{name}:{hash}");
            assert_eq!(fits(&folder.0.join(what), &text).unwrap().fit, Fit::Fits, "{text}");
            let fit = fits(&folder.0.join(other), &text).unwrap().fit;
            assert!(matches!(fit, Fit::Other { .. }), "{text}: {fit:?}");
            let recursive = if mode.is_empty() { &[][..] } else { &["--recursive"] };
            let printed = [&["--print-fixed-path"], recursive, &[name, &hash, what]].concat();
            let path = answer(&folder, "nix-store", &printed);
            let bytes = sarsen::digest::unhex(&hash).unwrap();
            assert_eq!(fixed(store, what, mode, algorithm, &bytes), path, "{text}");
            let added = answer(&folder, "nix-store", &[&["--add-fixed"], recursive, &[name, what]].concat());
            assert_eq!(added, path, "{text}");
            assert_eq!(fits(Path::new(&added), &text).unwrap().fit, Fit::Fits, "{text}");
        }
    }
}
