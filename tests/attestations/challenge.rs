//! `sarsen challenge`.

use sarsen::statement::rebuild::Making;

use super::*;

#[test]
fn challenge_says_identical_differs_or_inconclusive() {
    let folder = Folder::new("attestations-challenge");
    let trust = folder.file("t", trust().as_bytes());
    let bundle = |name: &str, text: String| folder.file(name, text.as_bytes());
    let agree = bundle("agree", utility_line() + &line(&failed("vendor.example", "app"), &[&vendor()]));
    let disagree = bundle("disagree", utility_line() + &line(&produced("v", "app", OTHER), &[&vendor()]));
    let ambiguous =
        bundle("ambiguous", utility_line() + &line(&produced("v", "elsewhere", OTHER), &[&vendor()]));
    let unknown = bundle("unknown", line(&produced("v", "app", APP), &[&stranger()]));
    let broken = bundle("broken", utility_line() + "nonsense\n");
    let first = bundle("first", first_line(&produced("v", "app", APP), &[&vendor()]));
    let wrong = edited(
        &produced("v", "app", APP),
        |s| s["subject"][0]["digest"]["sm3"] = "0".repeat(64).into(),
        &vendor(),
    );
    let contradictory = bundle("contradictory", wrong);
    let (app, other) = (folder.file("app", b"program"), folder.file("other", b"what"));
    let (renamed, changed) = (folder.file("renamed", b"program"), folder.0.join("changed"));
    std::fs::create_dir_all(&changed).unwrap();
    std::fs::write(changed.join("app"), b"changed").unwrap();
    let changed = changed.join("app").to_str().unwrap().to_owned();
    let (drv, none) = (digest("app"), "0".repeat(64));
    for (name, bundle, more, file, exit, answer) in [
        ("identical", &agree, vec![], &app, 0, "identical"),
        ("by its bytes", &agree, vec![], &renamed, 0, "identical"),
        ("by its name", &agree, vec![], &changed, 5, "differs"),
        ("somebody disagrees", &disagree, vec![], &app, 5, "differs"),
        ("nobody states it", &agree, vec![], &other, 3, "inconclusive"),
        ("a stranger states it", &unknown, vec![], &app, 3, "inconclusive"),
        ("one derivation of two", &ambiguous, vec!["--drv", drv.as_str()], &app, 0, "identical"),
        ("no such derivation", &ambiguous, vec!["--drv", none.as_str()], &app, 3, "inconclusive"),
        ("the first version states it", &first, vec![], &app, 0, "identical"),
        ("the first version states another", &first, vec![], &changed, 5, "differs"),
        ("a broken line", &broken, vec![], &app, 2, "identical"),
        ("one digest wrong", &contradictory, vec![], &app, 6, "differs"),
    ] {
        let mut arguments = vec!["challenge", "--format", "json", "--trust", &trust, "--bundle", bundle];
        arguments.extend(more);
        arguments.push(file);
        let output = sarsen(&arguments);
        assert_eq!(output.status.code(), Some(exit), "{name}: {}{}", stdout(&output), stderr(&output));
        let json: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(json["items"][0]["answer"], answer, "{name}");
        assert_eq!(json["schema"], "sarsen.challenge/1");
    }
    for drv in ["00", &drv.to_uppercase(), "xyz"] {
        let output = sarsen(&["challenge", "--trust", &trust, "--bundle", &agree, "--drv", drv, &app]);
        assert_eq!(output.status.code(), Some(2), "{drv}: {}", stdout(&output));
    }
    let output = sarsen(&["challenge", "--trust", &trust, "--bundle", &ambiguous, &app]);
    assert_eq!((output.status.code(), codes(&stderr(&output))), (Some(2), vec!["recipe-ambiguous"]));
    let mut forged = signed(IN_TOTO, b"{}".to_vec(), &[&vendor()]);
    forged.payload.push(b' ');
    let several = format!(
        "nonsense\n{}{}{}\n[]\n",
        utility_line(),
        line(&produced("v", "elsewhere", OTHER), &[&vendor()]),
        forged.to_json()
    );
    let several = bundle("several", several);
    let output = sarsen(&["challenge", "--trust", &trust, "--bundle", &several, &app]);
    let all = ["envelope-invalid", "signature-forged", "envelope-invalid", "recipe-ambiguous"];
    assert_eq!((output.status.code(), codes(&stderr(&output))), (Some(6), all.to_vec()));
}

#[test]
fn challenge_compares_whole_outputs_file_by_file() {
    let folder = Folder::new("attestations-output");
    let trust = folder.file("t", trust().as_bytes());
    let out = folder.0.join("out");
    std::fs::create_dir_all(out.join("bin")).unwrap();
    std::fs::create_dir_all(out.join("share")).unwrap();
    for (name, bytes) in APP {
        std::fs::write(out.join(name), bytes).unwrap();
    }
    let result = folder.0.join("result");
    std::os::unix::fs::symlink(&out, &result).unwrap();
    let mut statement = produced("utility.example", "app", APP);
    let (nar, _) = sarsen::nar::hash(&out).unwrap();
    statement.subject[2].digest.insert("sha256".into(), sarsen::digest::hex(&nar));
    statement.predicate.outputs = outputs(&statement.subject, Making::Built, &[]);
    let bundle = folder.file("b", line(&statement, &[&utility()]).as_bytes());
    let ask = || {
        let output = sarsen(&["challenge", "--trust", &trust, "--bundle", &bundle, result.to_str().unwrap()]);
        (output.status.code().unwrap(), stdout(&output))
    };
    let (exit, text) = ask();
    assert_eq!(exit, 0, "{text}");
    assert!(text.ends_with("3 compared: 3 identical, 0 differ, 0 inconclusive\n"), "{text}");
    std::fs::rename(out.join("share/app.txt"), out.join("share/readme.txt")).unwrap();
    let (exit, text) = ask();
    assert_eq!(exit, 5, "{text}");
    assert!(text.contains("not here") && text.contains("no such file"), "{text}");
    assert!(text.ends_with("4 compared: 1 identical, 3 differ, 0 inconclusive\n"), "{text}");
}
