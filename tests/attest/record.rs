//! No statement is lost, and none holds a secret.

use serde_json::Value;

use super::*;

#[test]
fn lines_added_at_the_same_time_are_all_kept() {
    let Some(flake) = Flake::new("together", STABLE) else { return };
    flake.state("out", &[]);
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| assert_eq!(flake.sarsen("out", &[]).status.code(), Some(0)));
        }
    });
    assert_eq!(flake.statements().len(), 7);
    let text = fs::read_to_string(flake.path("bundle.jsonl")).unwrap();
    assert_eq!(text.lines().count(), 14, "each with its provenance");
}

/// What builds puts a folder where the bundle would be.
#[test]
fn what_cannot_be_added_is_kept_beside() {
    let Some(flake) = Flake::new("kept", STABLE) else { return };
    let bundle = flake.path("bundle.jsonl");
    let script = format!("export PATH=/bin:/usr/bin; mkdir {}; echo 1 > $out", bundle.display());
    flake.write(&format!("out = shell \"out\" \"{script}\" {{ }};"));
    let output = flake.sarsen("out", &[]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(4) && said.contains("error[output-failed]"), "{said}");
    let names = fs::read_dir(flake.path("")).unwrap().map(|entry| entry.unwrap().path());
    let kept: Vec<PathBuf> =
        names.filter(|path| path.to_string_lossy().contains("bundle.") && path.is_file()).collect();
    assert_eq!(kept.len(), 1, "{said}");
    assert!(said.contains(kept[0].to_str().unwrap()), "{said}");
    fs::remove_dir(&bundle).unwrap();
    fs::rename(&kept[0], &bundle).unwrap();
    let statement = flake.statements().pop().unwrap();
    assert_eq!(statement.predicate.verdict.result, Outcome::Produced);
}

/// Who signs is gone when the build is done: what builds takes its program away.
#[test]
fn what_cannot_be_signed_is_kept_without_a_signature() {
    let Some(flake) = Flake::new("signer", STABLE) else { return };
    let signer = flake.path("signer");
    let public = flake.path("key.pub");
    fs::write(&public, flake.key.public().pem()).unwrap();
    fs::write(&signer, "#!/bin/sh\nexit 1\n").unwrap();
    fs::set_permissions(&signer, PermissionsExt::from_mode(0o755)).unwrap();
    let output = flake
        .command(env!("CARGO_BIN_EXE_sarsen"))
        .args(["attest", &flake.installable("out"), "--builder", "urn:test", "--organisation", "tests"])
        .arg("--signer")
        .arg(format!("{}", signer.display()))
        .arg("--public")
        .arg(&public)
        .arg("-o")
        .arg(flake.path("bundle.jsonl"))
        .output()
        .unwrap();
    flake.refuses(&output, 7, "signer-failed");
    let said = String::from_utf8_lossy(&output.stderr);
    let names = fs::read_dir(flake.path("")).unwrap().map(|entry| entry.unwrap().path());
    let kept = names.into_iter().find(|path| path.to_string_lossy().ends_with(".unsigned.json"));
    let kept = kept.unwrap_or_else(|| panic!("{said}"));
    assert!(said.contains(kept.to_str().unwrap()), "{said}");
    Statement::<Rebuild>::parse(&fs::read(kept).unwrap(), "it").unwrap();
}

/// A link leads to the bundle that is meant.
#[test]
fn a_bundle_behind_a_link_is_added_to() {
    let Some(flake) = Flake::new("link", STABLE) else { return };
    fs::write(flake.path("real.jsonl"), "").unwrap();
    std::os::unix::fs::symlink("real.jsonl", flake.path("bundle.jsonl")).unwrap();
    assert_eq!(flake.state("out", &[]).0, Some(0));
    assert!(flake.path("bundle.jsonl").is_symlink());
    assert_eq!(fs::read_to_string(flake.path("real.jsonl")).unwrap().lines().count(), 2);
}

#[test]
fn no_secret_is_stated() {
    let packages = "out = shell \"out\" \"echo fetching https://bob:s3cret@h.example/x?access_token=s3cret >&2; exit 1\" { };";
    let Some(flake) = Flake::new("secret", packages) else { return };
    for address in [
        "https://git.example/x?access_token=s3cret",
        "https://bob:s3cret@git.example/x",
        "git+https://git.example/x?ref=main&private_token=s3cret",
        "git+https://git.example/x?ref=main;token=s3cret",
        "https://git.example/x#s3cret",
    ] {
        let output = flake.sarsen("out", &["--source-uri", address]);
        flake.refuses(&output, 2, "statement-invalid");
        assert!(!String::from_utf8_lossy(&output.stderr).contains("s3cret"), "{address}");
    }
    let (code, statement) = flake.state("out", &[]);
    assert_eq!((code, statement.predicate.verdict.result), (Some(7), Outcome::Failed));
    let reason = statement.predicate.verdict.reason.as_ref().unwrap();
    assert!(reason.contains("https://h.example/x"), "{reason}");
    let payload = String::from_utf8(statement.to_json()).unwrap();
    assert!(!payload.contains("s3cret"), "{payload}");
}

#[test]
fn the_flake_reference_for_slsa_is_read_by_nix() {
    let Some(flake) = Flake::with_git("slsa", STABLE) else { return };
    let installable = flake.commits("out");
    let registry = flake.path("registry.json");
    let reads = |reference: &str| {
        let arguments = ["registry", "add", "--registry", registry.to_str().unwrap(), "x", reference];
        flake.nix(&arguments).unwrap().status.success()
    };
    let commit = flake.git(&["rev-parse", "HEAD"]);
    assert!(!reads(&format!("git+https://git.example/x?ref=main?rev={commit}")), "everything is read");
    for uri in [
        "git+https://git.example/x?ref=main",
        "https://git.example/x",
        "github:owner/name",
        "git+ssh://git@h.example/x",
    ] {
        let output = flake.attest(&installable, &["--source-uri", uri], &[]);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let text = fs::read_to_string(flake.path("bundle.jsonl")).unwrap();
        let line = sarsen::envelope::Envelope::parse(text.lines().last().unwrap().as_bytes(), "it").unwrap();
        let provenance: Value = serde_json::from_slice(&line.payload).unwrap();
        let parameters = &provenance["predicate"]["buildDefinition"]["externalParameters"];
        let reference = parameters["flake"].as_str().unwrap();
        assert!(reference.contains(&format!("rev={commit}")) && reads(reference), "{uri}: {reference}");
    }
}
