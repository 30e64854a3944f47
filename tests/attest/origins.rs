//! Who made the output, and whose signatures are on what was copied.

use super::*;

/// Attests `out` after this machine has forgotten it, once for each of two builders.
fn twice(flake: &Flake) -> Vec<Statement<Rebuild>> {
    let out = flake.eval("out.outPath");
    for _ in 0..2 {
        if Path::new(&out).exists() {
            flake.answer("nix-store", &["--delete", &out]);
        }
        let output = flake.sarsen("out", &[]);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    }
    flake.statements()
}

#[test]
fn a_copied_output_is_its_signers() {
    let Some(flake) = Flake::new("copied", STABLE) else { return };
    let base = flake.eval("base.drvPath");
    flake.answer("nix-store", &["--realise", &base]);
    let key = flake.forges(&flake.eval("out.outPath"), b"a program with a back door", "cache.example-1");
    for statement in twice(&flake) {
        let output = &statement.predicate.outputs[0];
        assert_eq!((output.origin, &output.signers), (Making::Substituted, &vec![key.clone()]));
        assert_eq!(statement.predicate.environment.built_by, BuiltBy::Nobody);
        assert!(statement.predicate.environment.settings.is_none());
    }
}

/// One signature is of another text, the other of a key that this Nix does not have: it takes the path by no check at all.
#[test]
fn a_signature_that_does_not_hold_signs_nothing() {
    let Some(flake) = Flake::new("unverified", STABLE) else { return };
    let (path, other) = (flake.eval("out.outPath"), flake.eval("base.outPath"));
    let key = flake.forges(&path, b"x", "cache.example-1");
    flake.forges(&other, b"y", "cache.example-1");
    let info = |path: &str| {
        let base = Path::new(path).file_name().unwrap().to_str().unwrap()[..32].to_owned();
        flake.path("forged-cache").join(base + ".narinfo")
    };
    let signature = |path: &str| {
        let text = fs::read_to_string(info(path)).unwrap();
        text.lines().find(|line| line.starts_with("Sig:")).unwrap().to_owned()
    };
    let text = fs::read_to_string(info(&path)).unwrap().replace(&signature(&path), &signature(&other));
    fs::write(info(&path), text).unwrap();
    let settings = fs::read_to_string(flake.path("more.conf")).unwrap();
    fs::write(flake.path("more.conf"), settings.clone() + "require-sigs = false\n").unwrap();
    for statement in twice(&flake) {
        let output = &statement.predicate.outputs[0];
        assert_eq!((output.origin, output.signers.len()), (Making::Substituted, 0));
    }
    // With the right signature under another name, it is the key's all the same.
    flake.forges(&path, b"x", "harmless.example-1");
    fs::write(flake.path("more.conf"), settings + "require-sigs = false\n").unwrap();
    flake.forget();
    let (_, statement) = flake.state("out", &[]);
    assert_eq!(statement.predicate.outputs[0].signers, [key]);
}

#[test]
fn an_output_found_is_not_built() {
    let Some(flake) = Flake::new("found", STABLE) else { return };
    let (_, first) = flake.state("out", &[]);
    let (_, again) = flake.state("out", &[]);
    let origin = |statement: &Statement<Rebuild>| statement.predicate.outputs[0].origin;
    assert_eq!((origin(&first), origin(&again)), (Making::Built, Making::Found));
    assert_eq!((again.predicate.run.attempt, again.subject), (Attempt::Taken, first.subject));
    if flake.can_rebuild() {
        let (_, rebuilt) = flake.state("out", &["--rebuild"]);
        assert_eq!(origin(&rebuilt), Making::Built);
    }
}
