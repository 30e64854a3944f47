//! A rebuild compares two builds, and an expectation is another build, or nothing is stated.

use super::*;

const UNSTABLE: &str =
    "out = shell \"out\" \"read -r id < /proc/sys/kernel/random/uuid; echo $id > $out\" { };";

#[test]
fn nothing_matches_that_was_not_compared() {
    let Some(flake) = Flake::new("compared", UNSTABLE) else { return };
    if !flake.can_rebuild() {
        return;
    }
    // A Nix whose answers have another shape.
    let folder = flake.path("bin");
    fs::create_dir(&folder).unwrap();
    let nix = flake.answer("sh", &["-c", "command -v nix"]);
    for (name, edit) in [
        ("object", "s/\"narHash\":\"\\([^\"]*\\)\"/\"narHash\":{\"hash\":\"\\1\"}/g"),
        ("nothing", "s/.*/[]/"),
        ("null", "s/.*/null/"),
    ] {
        let script = format!(
            "#!/bin/sh\ncase \" $* \" in *' path-info '*) {nix} \"$@\" | sed '{edit}';; *) exec {nix} \"$@\";; esac\n"
        );
        fs::write(folder.join("nix"), script).unwrap();
        fs::set_permissions(folder.join("nix"), PermissionsExt::from_mode(0o755)).unwrap();
        let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
        let output = flake.sarsen_with("out", &["--rebuild"], &[("PATH", &path)]);
        flake.refuses(&output, 7, if name == "nothing" { "store-changed" } else { "helper-answer" });
    }
    // Somebody collects garbage all the while.
    let out = flake.eval("out.outPath");
    let done = std::sync::atomic::AtomicBool::new(false);
    let (code, statement) = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                let _ = flake.command("nix-store").args(["--delete", &out]).output();
            }
        });
        let stated = flake.state("out", &["--rebuild"]);
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        stated
    });
    let verdict = &statement.predicate.verdict;
    assert_eq!((code, verdict.result), (Some(5), Outcome::Differs));
    assert_eq!(verdict.difference.as_ref().unwrap().from, Other::Found);
    assert_ne!(verdict.expected[0].digest, statement.subject[0].digest);
}

#[test]
fn a_folder_that_others_may_exchange_is_refused() {
    let Some(flake) = Flake::new("exchange", STABLE) else { return };
    fs::set_permissions(flake.path("tmp"), PermissionsExt::from_mode(0o777)).unwrap();
    flake.refuses(&flake.sarsen("out", &["--rebuild"]), 2, "place-unsafe");
    assert!(left(&flake).is_empty());
    fs::set_permissions(flake.path("tmp"), PermissionsExt::from_mode(0o1777)).unwrap();
    assert_eq!(flake.sarsen("out", &[]).status.code(), Some(0));
}

#[test]
fn an_output_is_not_compared_with_itself() {
    let packages = "out = shell \"out\" \"export PATH=/bin:/usr/bin; mkdir -p $out/bin; read -r id < \
                    /proc/sys/kernel/random/uuid; echo $id > $out/bin/id\" { };";
    let Some(flake) = Flake::new("itself", packages) else { return };
    let link = flake.path("result");
    let drv = flake.eval("out.drvPath");
    flake.answer("nix-store", &["--realise", &drv, "--add-root", link.to_str().unwrap(), "--indirect"]);
    let out = flake.eval("out.outPath");
    for same in [link.to_str().unwrap(), &out, &format!("{out}/bin")] {
        flake.refuses(&flake.sarsen("out", &["--expect", same]), 2, "expected-itself");
    }
    let copy = flake.path("copy");
    flake.answer("cp", &["-r", &out, copy.to_str().unwrap()]);
    let (code, statement) = flake.state("out", &["--expect", copy.to_str().unwrap()]);
    assert_eq!((code, statement.predicate.verdict.result), (Some(0), Outcome::Matches));
    // The output of this machine is another one than that which is built again.
    if flake.can_rebuild() {
        let (code, statement) = flake.state("out", &["--rebuild", "--expect", link.to_str().unwrap()]);
        assert_eq!((code, statement.predicate.verdict.result), (Some(5), Outcome::Differs));
    }
}

/// What others stated of `out`, in a bundle, and the trust store that believes it.
fn others(flake: &Flake, change: impl FnOnce(&mut Statement<Rebuild>)) -> [String; 2] {
    let (_, mut statement) = flake.state("out", &[]);
    change(&mut statement);
    statement.predicate.run.invocation_id = "another".into();
    let key = support::attest::ed25519(9);
    let line = support::attest::line(&statement, &[&key]);
    let (bundle, trust) = (flake.path("others.jsonl"), flake.path("trust.toml"));
    fs::write(&bundle, line).unwrap();
    fs::write(&trust, support::attest::entry("k", "o", &key, "roles = [\"rebuilder\"]")).unwrap();
    [bundle, trust].map(|path| path.to_str().unwrap().to_owned())
}

#[test]
fn what_both_state_is_compared() {
    let Some(flake) = Flake::new("both", STABLE) else { return };
    let [bundle, trust] = others(&flake, |statement| {
        statement.subject[0].digest.remove("sm3");
    });
    let (code, same) = flake.state("out", &["--expect", &bundle, "--trust", &trust]);
    let verdict = same.predicate.verdict;
    assert_eq!((code, verdict.result), (Some(0), Outcome::Matches));
    // What was not compared is not said to have been expected.
    assert_eq!(verdict.expected.iter().filter(|subject| subject.digest.contains_key("sm3")).count(), 0);
    let [bundle, trust] = others(&flake, |statement| {
        statement.subject[0].digest = [("sha256".to_owned(), "0".repeat(64))].into();
    });
    let (code, other) = flake.state("out", &["--expect", &bundle, "--trust", &trust]);
    let verdict = other.predicate.verdict;
    assert_eq!((code, verdict.result), (Some(5), Outcome::Differs));
    assert_eq!(verdict.difference.unwrap().from, Other::Expected);
}

/// This machine has the output from a cache that forged it; what is built again is what others stated.
#[test]
fn what_this_machine_had_is_stated_beside_a_match() {
    let Some(flake) = Flake::new("beside", STABLE) else { return };
    if !flake.can_rebuild() {
        return;
    }
    let [bundle, trust] = others(&flake, |_| ());
    flake.forget();
    flake.forges(&flake.eval("out.outPath"), b"back door", "cache.example-1");
    let (code, statement) = flake.state("out", &["--rebuild", "--expect", &bundle, "--trust", &trust]);
    let verdict = statement.predicate.verdict;
    assert_eq!((code, verdict.result), (Some(0), Outcome::Matches));
    let digest = sarsen::digest::hex(&sarsen::digest::sha256(b"back door"));
    assert_eq!(verdict.found[0].digest["sha256"], digest);
    assert_eq!(verdict.difference.unwrap().from, Other::Found);
}
