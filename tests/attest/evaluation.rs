//! Source, commit, lock and derivation are of one reading of one reference.

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

/// The derivation of a commit, as Nix evaluates it by itself.
fn honest(flake: &Flake, commit: &str) -> String {
    let installable = format!("git+file://{}?rev={commit}#out.drvPath", flake.path("flake").display());
    flake.answer("nix", &["eval", "--raw", &installable])
}

/// Two commits of which the output is another one.
fn commits(name: &str) -> Option<(Flake, [String; 2])> {
    let flake = Flake::with_git(name, "out = shell \"out\" \"echo one > $out\" { };")?;
    flake.commits("out");
    let one = flake.git(&["rev-parse", "HEAD"]);
    flake.write("out = shell \"out\" \"echo two > $out\" { };");
    flake.commits("out");
    let two = flake.git(&["rev-parse", "HEAD"]);
    Some((flake, [one, two]))
}

#[test]
fn a_repository_that_moves_is_stated_as_it_was_built() {
    let Some((flake, commits)) = commits("moving") else { return };
    let installable = format!("git+file://{}?ref=main#out", flake.path("flake").display());
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (branch, next) = (flake.path("flake/.git/refs/heads/main"), flake.path("next"));
            for commit in commits.iter().cycle() {
                if done.load(Ordering::Relaxed) {
                    break;
                }
                fs::write(&next, format!("{commit}\n")).unwrap();
                fs::rename(&next, &branch).unwrap();
                std::thread::yield_now();
            }
        });
        for _ in 0..4 {
            flake.attest(&installable, &[], &[]);
        }
        done.store(true, Ordering::Relaxed);
    });
    let statements = flake.statements();
    assert!(!statements.is_empty());
    for statement in statements {
        let Rebuild { source, recipe, .. } = statement.predicate;
        assert_eq!(recipe.drv_path, honest(&flake, &source.digest["gitCommit"]));
        let tree = format!("{}^{{tree}}", source.digest["gitCommit"]);
        assert_eq!(source.digest["gitTree"], flake.git(&["rev-parse", &tree]));
    }
}

#[test]
fn a_replaced_commit_is_not_stated() {
    let Some((flake, [one, two])) = commits("replaced") else { return };
    let (drv, other) = (honest(&flake, &one), honest(&flake, &two));
    assert_ne!(drv, other);
    let installable = format!("git+file://{}?rev={one}#out", flake.path("flake").display());
    flake.git(&["replace", &one, &two]);
    // Once as it comes, and once where Nix has what git gave it as that commit in its cache.
    for is_warm in [false, true] {
        flake.forget();
        if is_warm {
            flake.answer("nix", &["eval", "--raw", &(installable.clone() + ".drvPath")]);
        }
        let output = flake.attest(&installable, &[], &[]);
        let said = String::from_utf8_lossy(&output.stderr);
        if is_warm && said.contains("error[source-moved]") {
            // Fetched anew, it is another one.
            assert_eq!(output.status.code(), Some(7), "{said}");
            continue;
        }
        assert_eq!(output.status.code(), Some(0), "{said}");
        let Rebuild { source, recipe, .. } = flake.statements().pop().unwrap().predicate;
        let is_honest = recipe.drv_path == drv;
        assert_eq!(
            (source.dirty, source.digest.get("gitCommit")),
            (!is_honest, Some(&one).filter(|_| is_honest))
        );
        // Later versions of Nix replace objects whatever git is told.
        let version = flake.answer("nix", &["--version"]);
        assert!(!version.contains(" 2.8") || is_honest != is_warm, "{version}");
    }
}

#[test]
fn variables_of_git_choose_no_repository() {
    let Some((flake, [_, two])) = commits("variables") else { return };
    let elsewhere = flake.path("elsewhere");
    let installable = flake.commits("out");
    let two_more = flake.git(&["rev-parse", "HEAD"]);
    assert_ne!(two, two_more);
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_OBJECT_DIRECTORY", "GIT_INDEX_FILE"] {
        flake.attest(&installable, &[], &[(variable, elsewhere.to_str().unwrap())]);
        let statement = flake.statements().pop().unwrap_or_else(|| panic!("{variable}"));
        assert_eq!(statement.predicate.source.digest["gitCommit"], two_more, "{variable}");
    }
    assert_eq!(flake.statements().len(), 4);
}

/// Git leaves a file out of what Nix copies as the commit.
#[test]
fn a_copy_that_is_not_the_commit_is_stated_as_dirty() {
    let Some(flake) = Flake::with_git("attributes", STABLE) else { return };
    fs::write(flake.path("flake/left-out"), "x").unwrap();
    let installable = flake.commits("out");
    let state = || {
        let output = flake.attest(&installable, &[], &[]);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        flake.statements().pop().unwrap().predicate.source
    };
    let clean = state();
    assert!(!clean.dirty && clean.digest.contains_key("gitCommit"));
    fs::write(flake.path("flake/.gitattributes"), "left-out export-ignore\n").unwrap();
    flake.commits("out");
    let version = flake.answer("nix", &["--version"]);
    let source = state();
    // Later versions of Nix ask no attributes.
    assert_eq!(source.dirty, version.contains(" 2.8"), "{version}");
    assert_eq!(source.digest.contains_key("gitCommit"), !source.dirty);
}

#[test]
fn a_lock_that_does_not_fit_is_refused() {
    let Some(flake) = Flake::new("lock", STABLE) else { return };
    let text = fs::read_to_string(flake.path("flake/flake.nix")).unwrap();
    let with_input = |name: &str| {
        let input = flake.path(name);
        fs::create_dir_all(&input).unwrap();
        fs::write(input.join("file"), name).unwrap();
        let input = format!("{{ inputs.src = {{ url = \"path:{}\"; flake = false; }};", input.display());
        fs::write(flake.path("flake/flake.nix"), text.replacen('{', &input, 1)).unwrap();
    };
    with_input("one");
    let folder = format!("path:{}", flake.path("flake").display());
    flake.answer("nix", &["flake", "lock", &folder]);
    assert_eq!(flake.sarsen("out", &[]).status.code(), Some(0));
    fs::remove_file(flake.path("bundle.jsonl")).unwrap();
    with_input("two");
    flake.refuses(&flake.sarsen("out", &[]), 2, "lock-outdated");
    fs::remove_file(flake.path("flake/flake.lock")).unwrap();
    flake.refuses(&flake.sarsen("out", &[]), 2, "lock-outdated");
}

#[test]
fn nothing_is_built_while_a_recipe_is_evaluated() {
    let packages = "base = shell \"base\" \"echo 'echo imported > $out' > $out\" { };
         out = shell \"out\" (builtins.readFile base) { };";
    let Some(flake) = Flake::new("import", packages) else { return };
    for more in [&[][..], &["--rebuild"]] {
        let output = flake.sarsen("out", more);
        flake.refuses(&output, 7, "helper-failed");
        assert!(String::from_utf8_lossy(&output.stderr).contains("allow-import-from-derivation"));
    }
}

/// `nix eval` would look for the whole name among the packages first.
#[test]
fn an_attribute_is_the_one_that_is_named() {
    let system = format!("{}-linux", std::env::consts::ARCH);
    let packages = format!("{STABLE} packages.{system}.out = shell \"another\" \"echo 2 > $out\" {{ }};");
    let Some(flake) = Flake::new("attribute", &packages) else { return };
    let (code, statement) = flake.state("out", &[]);
    assert_eq!((code, statement.predicate.recipe.attribute), (Some(0), format!("packages.{system}.out")));
    assert!(statement.predicate.outputs[0].path.ends_with("-out"), "{:?}", statement.predicate.outputs);
}

/// A path and an archive have no commits, whatever their references say.
#[test]
fn a_revision_that_a_reference_only_names_is_not_stated() {
    let Some(flake) = Flake::new("named", STABLE) else { return };
    let reference = format!("path:{}?rev={}#out", flake.path("flake").display(), "a".repeat(40));
    let output = flake.attest(&reference, &[], &[]);
    if output.status.code() == Some(0) {
        let statement = flake.statements().pop().unwrap();
        assert!(statement.predicate.source.digest.is_empty(), "{:?}", statement.predicate.source);
    } else {
        flake.refuses(&output, 7, "helper-failed");
    }
}

/// A tree that no lock pins, which steers the recipe and is no part of the build.
#[test]
fn what_evaluation_reads_is_what_its_content_says() {
    let Some(flake) = Flake::new("read", STABLE) else { return };
    let tree = flake.path("tree");
    let content = |text: &str| {
        fs::create_dir_all(&tree).unwrap();
        fs::write(tree.join("default.nix"), text).unwrap();
    };
    content("\"echo good > $out\"");
    let hash = flake.answer("nix", &["hash", "path", tree.to_str().unwrap()]);
    flake.write(&format!(
        "out = shell \"out\" (import (builtins.fetchTree {{ type = \"path\"; path = \"{}\"; narHash = \"{hash}\"; }})) {{ }};",
        tree.display()
    ));
    assert_eq!(flake.state("out", &[]).0, Some(0));
    fs::remove_file(flake.path("bundle.jsonl")).unwrap();
    let path = sarsen::nar::store_path::recursive(
        flake.path("store").to_str().unwrap(),
        "source",
        &sarsen::nar::from_sri(&hash).unwrap(),
        &[],
        false,
    );
    assert!(Path::new(&path).exists());
    content("\"echo back door > $out\"");
    flake.forget();
    flake.forges_as(&path, &tree, "cache.example-1");
    fs::remove_dir_all(&tree).unwrap();
    for is_there in [false, true] {
        if is_there {
            flake.answer("nix-store", &["--realise", &path]);
        }
        for more in [&[][..], &["--rebuild"]] {
            let output = flake.sarsen("out", more);
            let said = String::from_utf8_lossy(&output.stderr);
            assert!([Some(6), Some(7)].contains(&output.status.code()), "{more:?}: {said}");
            assert!(!flake.path("bundle.jsonl").exists(), "{said}");
        }
    }
    if flake.answer("nix", &["--version"]).contains(" 2.8") {
        flake.refuses(&flake.sarsen("out", &[]), 6, "content-forged");
    }
}

/// A flake in a folder of its repository, which reads what is outside of the folder; with a commit and without.
#[test]
fn a_flake_in_a_folder_of_a_changed_checkout_is_stated_as_dirty() {
    let Some(flake) = Flake::with_git("folder", "out = shell \"out\" (builtins.readFile ../script) { };")
    else {
        return;
    };
    fs::create_dir(flake.path("flake/sub")).unwrap();
    fs::rename(flake.path("flake/flake.nix"), flake.path("flake/sub/flake.nix")).unwrap();
    fs::write(flake.path("flake/script"), "echo one > $out").unwrap();
    flake.commits("out");
    let reference = format!("git+file://{}?dir=sub", flake.path("flake").display());
    for (script, dirty) in [("echo one > $out", false), ("echo two > $out", true)] {
        fs::write(flake.path("flake/script"), script).unwrap();
        let output = flake.attest(&format!("{reference}#out"), &[], &[]);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let Rebuild { source, recipe, .. } = flake.statements().pop().unwrap().predicate;
        assert_eq!((source.dirty, source.digest.contains_key("gitCommit")), (dirty, !dirty));
        let drv = flake.answer("nix", &["eval", "--raw", &format!("{reference}#out.drvPath")]);
        assert_eq!(recipe.drv_path, drv);
    }
}
