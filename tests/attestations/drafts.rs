//! `sarsen policy`: what it writes is read back and says what it rests on, and what would be no policy is not written.

use std::os::unix::ffi::OsStringExt;
use std::process::Command;

use sarsen::attest::policy::Policy;
use sarsen::attest::trust::Trust;
use sarsen::key::Sign;

use super::stores::{keys, read, run};
use super::*;

const CLAIMED: &str = "recipe: claimed by the builder, not evaluated here";

/// A folder with a trust store, a file and bundles.
fn bundles(name: &str) -> Folder {
    let folder = keys(name);
    folder.file("t", trust().as_bytes());
    folder.file("app", b"program");
    folder.file("other", b"progrAm");
    let hostile = edited(
        &produced("v", "hostile", APP),
        |s| s["predicate"]["recipe"]["attribute"] = "a'\"$(rm)\n\u{1b}".into(),
        &vendor(),
    );
    let mut unlocked = produced("v", "app", APP);
    unlocked.predicate.source.flake_lock = None;
    let mut renamed = produced("v", "app", APP);
    renamed.predicate.recipe.attribute = "packages.x86_64-linux.default".into();
    let good = utility_line() + &laboratory_line();
    for (name, text) in [
        ("good", good.clone()),
        ("one", utility_line()),
        ("dissent", good.clone() + &line(&differs("v", "app", OTHER, APP), &[&vendor()])),
        ("failed", good.clone() + &line(&failed("v", "app"), &[&vendor()])),
        ("two", good.clone() + &line(&produced("v", "elsewhere", APP), &[&vendor()])),
        ("renamed", good.clone() + &line(&renamed, &[&vendor()])),
        ("unlocked", good.clone() + &line(&unlocked, &[&vendor()])),
        ("hostile", hostile),
        ("broken", format!("nonsense\n{good}{}", &vendor_line()[..400])),
        ("nameless", {
            let mut envelope = signed(IN_TOTO, b"{}".to_vec(), &[&stranger()]);
            envelope.signatures[0].keyid = String::new();
            envelope.to_json()
        }),
        ("stranger", line(&produced("s", "app", APP), &[&stranger()])),
        (
            "revoked",
            line(&produced("s", "app", APP), &[&lost()]) + &line(&produced("p", "app", APP), &[&press()]),
        ),
        ("empty", String::new()),
    ] {
        folder.file(name, text.as_bytes());
    }
    folder
}

#[test]
fn a_policy_is_what_trusted_keys_state_and_says_that_they_claim_it() {
    let folder = bundles("policy");
    for (bundle, more, builders, threshold, exit) in [
        ("good", "", "utility-1 laboratory-1", 2, 0),
        ("good", " --threshold 1", "utility-1 laboratory-1", 1, 0),
        ("one", "", "utility-1", 1, 0),
        ("dissent", "", "utility-1 laboratory-1 vendor-1", 3, 5),
        ("failed", "", "utility-1 laboratory-1 vendor-1", 3, 1),
        ("failed", " --threshold 2", "utility-1 laboratory-1 vendor-1", 2, 0),
        ("two", &format!(" --drv {}", digest("app")), "utility-1 laboratory-1", 2, 0),
        ("two", &format!(" --drv {} --name other", digest("elsewhere")), "vendor-1", 1, 0),
        ("renamed", " --attribute packages.x86_64-linux.arm64", "utility-1 laboratory-1", 2, 0),
        ("unlocked", "", "utility-1 laboratory-1 vendor-1", 3, 0),
        ("hostile", "", "vendor-1", 1, 0),
    ] {
        let words = format!("policy init --trust t --bundle {bundle}{more}");
        let (code, text, said) = run(&folder, &words);
        assert_eq!(code, 0, "{words}: {said}");
        assert!(!text.contains('\u{1b}'), "{text}");
        let trust = Trust::parse(&trust(), "t").unwrap();
        let policy = Policy::parse(&text, "p", &trust).unwrap();
        assert_eq!((policy.builders.join(" ").as_str(), policy.threshold), (builders, threshold), "{words}");
        assert_eq!(policy.recipe[0].flake_lock_sha256.is_some(), bundle != "unlocked", "{text}");
        folder.file("p", text.as_bytes());
        for file in ["app", "other"] {
            let verify = format!("verify-attestation --policy p --trust t {bundle} {file}");
            let (code, text, said) = run(&folder, &verify);
            assert!(text.lines().any(|line| line == CLAIMED), "{words}, {file}: {text}");
            assert!(file == "other" || code == exit, "{words}: {code}, {said}");
            let (_, text, _) = run(&folder, &(verify + " --format json"));
            let json: Value = serde_json::from_str(&text).unwrap();
            let expected = serde_json::json!({"drv-from": "builder", "basis": &CLAIMED["recipe: ".len()..]});
            assert_eq!(json["recipe"], expected);
        }
    }
}

#[test]
fn who_evaluates_the_recipe_gets_another_word() {
    let folder = bundles("basis");
    let (_, text, _) = run(&folder, "policy init --trust t --bundle good");
    assert!(
        text.contains("sha256sum \"$(nix eval --raw 'FLAKE#packages.x86_64-linux.arm64.drvPath')\""),
        "{text}"
    );
    let (_, hostile, _) = run(&folder, "policy init --trust t --bundle hostile");
    assert!(hostile.contains("'FLAKE#ATTRIBUTE.drvPath'"), "nothing of it reaches a shell: {hostile}");
    for (to, said) in [
        ("drv-from = \"source\"\n", "recipe: evaluated from the source by the policy's author, not here\n"),
        ("", "recipe: as the policy has it\n"),
    ] {
        folder.file("p", text.replace("drv-from = \"builder\"\n", to).as_bytes());
        let (exit, report, _) = run(&folder, "verify-attestation --policy p --trust t good app");
        assert!(exit == 0 && report.contains(said) && !report.contains(CLAIMED), "{report}");
    }
    folder.file("p", text.replace(&digest("app"), &digest("own")).as_bytes());
    let (exit, report, _) = run(&folder, "verify-attestation --policy p --trust t good app");
    assert!(exit == 1 && report.contains(CLAIMED), "another digest is another recipe: {report}");
}

#[test]
fn what_would_be_no_policy_is_not_written_and_everything_is_said() {
    let folder = bundles("unmet");
    folder.file("exists", b"mine");
    let none = "0".repeat(64);
    let id = stranger().public().id();
    let init = |bundle: &str, more: &str| format!("policy init --trust t --bundle {bundle}{more}");
    for (words, exit, expected, said) in [
        (init("two", ""), 2, vec!["recipe-ambiguous"], digest("elsewhere")),
        (
            init("renamed", ""),
            2,
            vec!["recipe-ambiguous"],
            "--attribute packages.x86_64-linux.default --drv".into(),
        ),
        (init("two", &format!(" --drv {none}")), 2, vec!["expected-nothing"], digest("elsewhere")),
        (
            init("good", " --attribute a"),
            2,
            vec!["expected-nothing"],
            "stated by utility-1, laboratory-1".into(),
        ),
        (
            init("good", " --threshold 3"),
            2,
            vec!["threshold-invalid"],
            "2 organisations state this recipe".into(),
        ),
        (init("good", " --threshold 4294967295"), 2, vec!["threshold-invalid"], "ask for 1 to 2".into()),
        (init("broken", ""), 2, vec!["envelope-invalid", "bundle-truncated"], "line 1 of".into()),
        (init("stranger", ""), 2, vec!["expected-nothing"], format!("{id}, which are claimed, not verified")),
        (init("nameless", ""), 2, vec!["expected-nothing"], "it carries no key ids: ask".into()),
        (init("revoked", ""), 2, vec!["expected-nothing"], "press signed, without the role rebuilder".into()),
        (init("empty", ""), 2, vec!["expected-nothing"], "it has no line".into()),
        (init("absent", ""), 2, vec!["input-missing"], "absent".into()),
        (init("good", " -o exists"), 2, vec!["output-exists"], "would be lost".into()),
        (init("good", " -o ."), 2, vec!["output-exists"], ". exists".into()),
        (init("good", " -o absent/p"), 2, vec!["output-missing"], "create it first".into()),
        (
            init("good", &format!(" -o {}", "n".repeat(300))),
            4,
            vec!["output-failed"],
            "check permission".into(),
        ),
    ] {
        let (code, out, errors) = run(&folder, &words);
        assert_eq!((code, out.as_str(), codes(&errors)), (exit, "", expected), "{words}: {errors}");
        assert!(errors.contains(&said), "{words}: {errors}");
    }
    for threshold in ["-1", "0", "two", "99999999999999999999"] {
        let (code, out, errors) = run(&folder, &init("good", &format!(" --threshold {threshold}")));
        assert_eq!((code, out.as_str()), (2, ""), "{errors}");
        assert!(errors.contains(&format!("'{threshold}'")), "{errors}");
    }
    assert_eq!(read(&folder, "exists"), "mine");
    let path = folder.0.join(std::ffi::OsString::from_vec(b"b\n\xff".to_vec()));
    std::fs::write(&path, utility_line()).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_sarsen"));
    command.args(["policy", "init", "--trust", "t", "--bundle"]).arg(&path).current_dir(&folder.0);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "a name that is no text: {}", stderr(&output));
    assert!(stdout(&output).starts_with("# Made from what trusted keys signed in /"), "{}", stdout(&output));
    let (exit, out, said) = run(&folder, &init("good", " -o new"));
    assert_eq!((exit, out.as_str()), (0, ""), "{said}");
    assert!(said.contains("wants 2 of 2 organisations (laboratory.example, utility.example)"), "{said}");
}

/// Every file that cannot be used, a line each: the trust store, the policy, the bundle, then what is judged.
#[test]
fn everything_that_cannot_be_used_is_told_at_once() {
    let folder = bundles("at-once");
    let policy = policy().replace("threshold = 2", "threshold = 0").replace("\"vendor-1\"", "\"nobody\"");
    folder.file("badp", policy.as_bytes());
    folder.file("badt", b"key = []");
    folder.file("exists", trust().as_bytes());
    let (missing, trust, policy) = ("input-missing", "trust-invalid", "policy-invalid");
    let named = "trust add --organisation a\u{200b}b --trust";
    for (words, expected) in [
        // What a policy says of keys is nothing without the store.
        (
            "verify-attestation --policy badp --trust badt nob no1 no2",
            vec![trust, policy, missing, missing, missing],
        ),
        (
            "verify-attestation --policy badp --trust t nob a= no1 no2",
            vec![policy, policy, missing, "subject-invalid", missing, missing],
        ),
        ("verify-attestation --policy nop --trust not nob no1", vec![missing; 4]),
        ("challenge --trust badt --bundle nob no1 no2", vec![trust, missing, missing, missing]),
        ("challenge --trust t --bundle good no1 app no2", vec![missing, missing]),
        ("challenge --trust badt --bundle nob --build /nowhere#x", vec![trust, missing]),
        ("bundle --trust badt nob", vec![trust, missing]),
        ("policy init --trust badt --bundle nob -o exists", vec![trust, missing, "output-exists"]),
        ("policy init --trust badt --bundle nob -o nowhere/p", vec![trust, missing, "output-missing"]),
        ("policy init --trust t --bundle two -o exists", vec!["recipe-ambiguous", "output-exists"]),
        ("trust init --organisation o -o exists n1 n2", vec![missing, missing, "output-exists"]),
        (&format!("{named} exists n1 n2"), vec![trust, trust, missing, missing]),
        (&format!("{named} not n1 n2"), vec![missing, trust, trust, missing, missing]),
        (&format!("{named} not press.pub"), vec![missing, trust]),
        (&format!("{named} exists --name x n1 press.pub"), vec![trust, trust, missing]),
        ("trust add --organisation o --trust exists --name press n1", vec![trust, missing]),
    ] {
        let (exit, out, said) = run(&folder, words);
        assert_eq!((exit, out.as_str()), (2, ""), "{words}: {said}");
        assert_eq!(codes(&said), expected, "{words}: {said}");
        assert_eq!(said.lines().count(), expected.len(), "{words}: {said}");
    }
    assert_eq!(read(&folder, "exists"), super::trust());
    let (exit, _, said) = run(&folder, "challenge --trust t --bundle good app");
    assert_eq!((exit, said.as_str()), (0, ""));
}
