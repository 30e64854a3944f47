//! What is stated is what Nix says, and what came of builds.

use super::*;

#[test]
fn what_is_stated_is_what_nix_says() {
    let Some(flake) = Flake::new("stable", STABLE) else { return };
    // What nixpkgs sets in its shells is no time of this run.
    let epoch = [("SOURCE_DATE_EPOCH", "315532800")];
    let earlier = clock::timestamp(clock::seconds());
    let output = flake.sarsen_with("out", &["--source-uri", "https://git.example/out"], &epoch);
    assert_eq!(output.status.code(), Some(0));
    let base = flake.answer("nix", &["eval", "--raw", &flake.installable("base.drvPath")]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains(&format!("sarsen: building '{base}'...\n")), "{said}");
    assert!(!String::from_utf8_lossy(&output.stdout).contains("building '"));
    let first = flake.statements().remove(0);
    let Rebuild { source, recipe, outputs, closure, environment, run, verdict, .. } = &first.predicate;
    assert_eq!((verdict.result, run.attempt), (Outcome::Produced, Attempt::First));
    assert_eq!(source.uri.as_deref(), Some("https://git.example/out"));
    assert!(earlier <= run.started_on && run.started_on <= run.finished_on, "{run:?}");
    assert_ne!(run.clock, Clock::Fixed);

    let answer = |program: &str, arguments: &[&str]| flake.answer(program, arguments);
    let drv = answer("nix", &["eval", "--raw", &flake.installable("out.drvPath")]);
    assert_eq!(recipe.drv_path, drv);
    assert_eq!(recipe.drv_digest["sha256"], answer("sha256sum", &[&drv])[..64]);
    assert_eq!(recipe.nix, answer("nix", &["--version"]));
    let out = answer("nix", &["eval", "--raw", &flake.installable("out.outPath")]);
    let nar = first.subject.iter().find(|subject| subject.name == "nar:out").unwrap();
    assert_eq!(nar.digest["sha256"], answer("nix-hash", &["--type", "sha256", &out]));
    let file = first.subject.iter().find(|subject| subject.is_file()).unwrap();
    // Where the store is does not change what the file is called.
    assert_eq!(file.name, "out");
    assert_eq!(file.digest["sha256"], answer("sha256sum", &[&out])[..64]);
    assert_eq!(file.digest["sm3"].len(), 64);
    let base = answer("nix", &["eval", "--raw", &flake.installable("base.outPath")]);
    let of_base = closure.iter().find(|input| input.path == base).unwrap();
    assert_eq!(of_base.origin, Origin::Built);
    assert_eq!(of_base.nar_hash, answer("nix", &["hash", "path", &base]));
    let settings = environment.settings.as_ref().unwrap();
    assert_eq!((settings.sandbox.as_str(), settings.cores), ("false", 3));
    assert!(settings.substituters.is_empty());
    assert_eq!((outputs[0].path.as_str(), outputs[0].origin), (out.as_str(), Making::Built));
    assert_eq!(outputs[0].nar_hash, answer("nix", &["hash", "path", &out]));

    // A second statement is added; what was there stays.
    let before = fs::read(flake.path("bundle.jsonl")).unwrap();
    let (_, taken) = flake.state("out", &[]);
    assert_eq!((taken.predicate.run.attempt, flake.statements().len()), (Attempt::Taken, 2));
    assert!(fs::read(flake.path("bundle.jsonl")).unwrap().starts_with(&before));
    if !flake.can_rebuild() {
        return;
    }
    let (code, again) = flake.state("out", &["--rebuild"]);
    assert_eq!((code, again.predicate.verdict.result), (Some(0), Outcome::Matches));
    assert_eq!((again.predicate.run.attempt, &again.subject), (Attempt::Rebuild, &first.subject));
    assert_ne!(again.predicate.run.invocation_id, run.invocation_id);
    let of_base = again.predicate.closure.iter().find(|input| input.path == base).unwrap();
    assert_eq!(of_base.origin, Origin::Built);
    assert!(left(&flake).is_empty(), "the store of the rebuild is removed");
}

#[test]
fn builds_that_differ_are_stated_with_the_first_difference() {
    let packages = format!("out = shell \"out\" \"{RANDOM} echo fixed > $out; echo $id >> $out\" {{ }};");
    let Some(flake) = Flake::new("random", &packages) else { return };
    if !flake.can_rebuild() {
        return;
    }
    let (code, statement) = flake.state("out", &["--rebuild"]);
    let verdict = &statement.predicate.verdict;
    assert_eq!((code, verdict.result), (Some(5), Outcome::Differs));
    let said = verdict.difference.as_ref().unwrap().summary.join("\n");
    assert!(said.starts_with("the first line that differs is 2\nexpected "), "{said}");
    assert_ne!(verdict.expected[0].digest, statement.subject[0].digest);
    // What was built stays, and is what is stated.
    let stores = left(&flake);
    assert_eq!(stores.len(), 1);
    let out = flake.answer("nix", &["eval", "--raw", &flake.installable("out.outPath")]);
    let out = stores[0].join("nix/store").join(Path::new(&out).file_name().unwrap());
    let file = statement.subject.iter().find(|subject| subject.is_file()).unwrap();
    assert_eq!(file.digest["sha256"], flake.answer("sha256sum", &[out.to_str().unwrap()])[..64]);
}

/// Each build repeated with the dependencies that are there would give what is there.
#[test]
fn an_output_of_a_dependency_that_cannot_be_built_again_differs() {
    let packages = format!(
        "base = shell \"base\" \"{RANDOM} echo $id > $out\" {{ }};
         out = shell \"out\" \"read -r id < ${{base}}; echo $id > $out\" {{ }};"
    );
    let Some(flake) = Flake::new("forged", &packages) else { return };
    if !flake.can_rebuild() {
        return;
    }
    let (code, statement) = flake.state("out", &["--rebuild"]);
    let verdict = &statement.predicate.verdict;
    assert_eq!((code, verdict.result), (Some(5), Outcome::Differs));
    assert!(verdict.difference.as_ref().unwrap().path.contains("-base: "), "{verdict:?}");
    let drv = flake.answer("nix", &["eval", "--raw", &flake.installable("out.drvPath")]);
    let repeated = flake.command("nix-store").args(["--realise", "--check", &drv]).output().unwrap();
    assert!(repeated.status.success());
}

/// A download is there, and the network is not.
#[test]
fn what_is_fixed_by_content_is_copied_if_it_has_that_content() {
    let hash = "87428fc522803d31065e7bce3cf03fe475096631e5e07bbd7a0fde60c4cf25c7";
    let packages = format!(
        "base = shell \"base\" \"echo there is no network here >&2; exit 6\" {{ outputHashAlgo = \"sha256\"; \
         outputHash = \"{hash}\"; }};
         out = shell \"out\" \"echo $base > $out\" {{ inherit base; }};"
    );
    let Some(flake) = Flake::new("fixed", &packages) else { return };
    if !flake.can_rebuild() {
        return;
    }
    fs::write(flake.path("base"), "a\n").unwrap();
    let base = flake.answer("nix-store", &["--add-fixed", "sha256", flake.path("base").to_str().unwrap()]);
    let (code, statement) = flake.state("out", &["--rebuild"]);
    assert_eq!((code, statement.predicate.verdict.result), (Some(0), Outcome::Matches));
    let of_base = statement.predicate.closure.iter().find(|input| input.path == base).unwrap();
    assert_eq!(of_base.origin, Origin::FixedOutput);

    fs::set_permissions(&base, PermissionsExt::from_mode(0o644)).unwrap();
    fs::write(&base, "b\n").unwrap();
    let output = flake.sarsen("out", &["--rebuild"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(7) && said.contains("is not what its recipe says"), "{said}");
    let last = flake.statements().pop().unwrap().predicate.verdict;
    assert!(last.reason.as_ref().unwrap().contains("exit code 6"), "{last:?}");
}

#[test]
fn a_dependency_that_differs_is_named_although_the_output_is_the_same() {
    let packages = format!(
        "base = shell \"base\" \"{RANDOM} echo $id > $out\" {{ }};
         out = shell \"out\" \"echo ${{base}} > $out\" {{ }};"
    );
    let Some(flake) = Flake::new("dependency", &packages) else { return };
    if !flake.can_rebuild() {
        return;
    }
    let (code, statement) = flake.state("out", &["--rebuild"]);
    let verdict = &statement.predicate.verdict;
    assert_eq!((code, verdict.result), (Some(0), Outcome::Matches));
    assert!(verdict.difference.as_ref().unwrap().path.contains("-base: "), "{verdict:?}");
}

#[test]
fn builds_that_fail_are_stated_and_signed() {
    let packages = "out = shell \"out\" \"echo this cannot work >&2; exit 9\" { };";
    let Some(flake) = Flake::new("failing", packages) else { return };
    let (code, statement) = flake.state("out", &[]);
    let verdict = &statement.predicate.verdict;
    assert_eq!((code, verdict.result), (Some(7), Outcome::Failed));
    assert!(verdict.reason.as_ref().unwrap().contains("exit code 9"), "{verdict:?}");
    assert!(statement.subject[0].name.starts_with("drv:"));
    // Nothing is there to be said for SLSA.
    assert_eq!(fs::read_to_string(flake.path("bundle.jsonl")).unwrap().lines().count(), 1);
}

#[test]
fn outputs_are_compared_with_a_folder_and_with_what_others_stated() {
    let packages = "out = shell \"out\" \"echo 1 > $out\" { };";
    let Some(flake) = Flake::new("expected", packages) else { return };
    let (_, first) = flake.state("out", &[]);
    let bundle = flake.path("bundle.jsonl");
    let others = flake.path("others.jsonl");
    let other = support::attest::ed25519(9);
    fs::write(&others, support::attest::line(&first, &[&other])).unwrap();
    let trust = flake.path("trust.toml");
    let entry = |key: &SecretKey| support::attest::entry("k", "o", key, "roles = [\"rebuilder\"]");
    fs::write(&trust, entry(&other)).unwrap();
    let trust = trust.to_str().unwrap();
    let expect = |path: &PathBuf| flake.state("out", &["--expect", path.to_str().unwrap(), "--trust", trust]);
    let (code, same) = expect(&others);
    assert_eq!((code, same.predicate.verdict.result), (Some(0), Outcome::Matches));
    // Nobody's word is taken: not without a trust store, not of a key that it does not have.
    let lines = fs::read(&bundle).unwrap();
    let refused = |more: &[&str], code: &str| {
        let output = flake.sarsen("out", &[&["--expect", others.to_str().unwrap()], more].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && said.contains(code), "{said}");
        assert_eq!(fs::read(&bundle).unwrap(), lines);
    };
    refused(&[], "error[expected-nothing]");
    let stranger = flake.path("stranger.toml");
    fs::write(&stranger, entry(&SecretKey::generate(Algorithm::Ed25519, None).unwrap())).unwrap();
    refused(&["--trust", stranger.to_str().unwrap()], "error[expected-nothing]");
    let own = flake.path("own.toml");
    fs::write(&own, entry(&flake.key)).unwrap();
    let own = flake.sarsen("out", &["--expect", bundle.to_str().unwrap(), "--trust", own.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&own.stderr);
    assert!(own.status.code() == Some(2) && said.contains("error[expected-nothing]"), "{said}");
    let folder = flake.path("folder");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("more"), "2").unwrap();
    let (code, other) = expect(&folder);
    assert_eq!((code, other.predicate.verdict.result), (Some(5), Outcome::Differs));

    // A file is a bundle or nothing: whether it is the output is not guessed.
    let copy = flake.path("copy");
    let out = flake.answer("nix", &["eval", "--raw", &flake.installable("out.outPath")]);
    fs::copy(out, &copy).unwrap();
    let copy = copy.to_str().unwrap();
    for (more, code) in [(&["--trust", trust][..], "error[envelope-"), (&[], "error[expected-nothing]")] {
        let output = flake.sarsen("out", &[&["--expect", copy], more].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && said.contains(code), "{said}");
    }

    // Another recipe says nothing about this one.
    flake.write("out = shell \"out\" \"echo 2 > $out\" { };");
    let output = flake.sarsen("out", &["--expect", others.to_str().unwrap(), "--trust", trust]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && said.contains("error[expected-nothing]"), "{said}");
}

/// With one folder at hand, what is expected of the other outputs is not known.
#[test]
fn one_folder_is_not_compared_with_several_outputs() {
    let packages = "out = shell \"out\" \"echo 1 > $out; echo 2 > $dev\" { outputs = [ \"out\" \"dev\" ]; };";
    let Some(flake) = Flake::new("several", packages) else { return };
    fs::create_dir(flake.path("folder")).unwrap();
    let output = flake.sarsen("out", &["--expect", flake.path("folder").to_str().unwrap()]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && said.contains("error[expected-several]"), "{said}");
    let (code, statement) = flake.state("out", &[]);
    let names: Vec<&str> = statement.subject.iter().map(|subject| subject.name.as_str()).collect();
    assert_eq!((code, names), (Some(0), vec!["dev:out-dev", "out", "nar:dev", "nar:out"]));
}

#[test]
fn what_cannot_be_stated_is_an_error_and_nothing_is_signed() {
    let Some(flake) = Flake::new("refused", STABLE) else { return };
    let cases: [(&str, &[&str], i32, &str); 5] = [
        (
            "out",
            &["--source-uri", "https://bob:s3cret@git.example/x"],
            2,
            "is no address, or was given with a user",
        ),
        ("nothing-of-this-name", &[], 7, "error[helper-failed]"),
        ("out", &["--key", "/dev/null"], 2, "error[input-special]"),
        ("out", &["--expect", "/nowhere"], 2, "error[input-missing]"),
        ("out", &["--keep-substituted"], 2, "--rebuild"),
    ];
    for (attribute, more, code, said) in cases {
        let output = flake.sarsen(attribute, more);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.code() == Some(code) && stderr.contains(said),
            "{attribute} {more:?}: {stderr}"
        );
    }
    assert!(!flake.path("bundle.jsonl").exists());
    fs::write(flake.path("bundle.jsonl"), "{\"payload\":").unwrap();
    let output = flake.sarsen("out", &[]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("error[bundle-truncated]"));
    assert_eq!(fs::read(flake.path("bundle.jsonl")).unwrap(), b"{\"payload\":");

    let mut without = flake.command(env!("CARGO_BIN_EXE_sarsen"));
    without.env("PATH", "/nowhere").args([
        "attest",
        ".#out",
        "--builder",
        "urn:b",
        "--organisation",
        "o",
        "-o",
        "x",
        "-k",
    ]);
    let output = without.arg(flake.path("key.pem")).output().unwrap();
    assert_eq!(output.status.code(), Some(7));
    assert!(String::from_utf8_lossy(&output.stderr).contains("error[helper-missing]"));
}
