//! Counting statements about builds: what is met, and each way in which it is not, with its exit code and its words.

mod challenge;
mod conditions;
mod costs;
mod drafts;
mod forms;
mod lines;
mod listing;
mod names;
mod origins;
mod policies;
mod seeds;
mod statements;
mod stores;
#[path = "../support/mod.rs"]
mod support;

use sarsen::envelope::IN_TOTO;
use sarsen::key::SecretKey;
use sarsen::statement::{Rebuild, Statement};
use serde_json::Value;
use support::attest::{
    CACHE, CACHE_OTHER, CACHE_RENAMED, IDENTITY, differs, digest, ed25519, entry, failed, first_line,
    first_version, line, outputs, produced, signed, sm2, with_origin, with_own_inputs,
};
use support::{Folder, sarsen, stderr, stdout};

/// The output, and another one.
const APP: &[(&str, &[u8])] = &[("bin/app", b"program"), ("share/app.txt", b"text")];
const OTHER: &[(&str, &[u8])] = &[("bin/app", b"progrAm"), ("share/app.txt", b"text")];

const REBUILDER: &str = "roles = [\"rebuilder\"]";

fn utility() -> SecretKey {
    ed25519(1)
}
fn utility_sm2() -> SecretKey {
    sm2(2, IDENTITY)
}
fn laboratory() -> SecretKey {
    ed25519(3)
}
fn vendor() -> SecretKey {
    ed25519(4)
}
fn press() -> SecretKey {
    ed25519(5)
}
fn lost() -> SecretKey {
    ed25519(6)
}
fn observer() -> SecretKey {
    ed25519(7)
}
fn stranger() -> SecretKey {
    ed25519(8)
}

fn trust() -> String {
    [
        entry("utility-1", "utility.example", &utility(), REBUILDER),
        entry("utility-sm2", "utility.example", &utility_sm2(), REBUILDER),
        entry("laboratory-1", "laboratory.example", &laboratory(), REBUILDER),
        entry("vendor-1", "vendor.example", &vendor(), REBUILDER),
        entry("press", "vendor.example", &press(), "roles = [\"release\"]"),
        entry("lost", "laboratory.example", &lost(), "roles = [\"rebuilder\"]\nrevoked = \"2026-03-02\""),
        entry("observer", "observer.example", &observer(), REBUILDER),
    ]
    .concat()
}

fn policy() -> String {
    format!(
        "name = \"app\"\nthreshold = 2\nbuilders = [\"utility-1\", \"utility-sm2\", \"laboratory-1\", \"vendor-1\"]\n\
         [[recipe]]\nattribute = \"packages.x86_64-linux.arm64\"\ndrv-sha256 = \"{}\"\n",
        digest("app")
    )
}

/// The policy with keys of its own before its recipe.
fn policy_with(keys: &str) -> String {
    policy().replace("[[recipe]]", &format!("{keys}\n[[recipe]]"))
}

fn utility_line() -> String {
    line(&produced("utility.example", "app", APP), &[&utility()])
}
fn laboratory_line() -> String {
    line(&produced("laboratory.example", "app", APP), &[&laboratory()])
}
fn vendor_line() -> String {
    line(&produced("vendor.example", "app", APP), &[&vendor()])
}

/// What the program says.
struct Said {
    exit: i32,
    json: Value,
    stderr: String,
}

impl Said {
    /// Every statement as `key standing`, sorted.
    fn standings(&self) -> Vec<String> {
        let word = |statement: &Value, key: &str| statement[key].as_str().unwrap().to_owned();
        let mut standings: Vec<String> = self.json["statements"]
            .as_array()
            .unwrap()
            .iter()
            .map(|s| format!("{} {}", word(s, "key"), word(s, "standing")))
            .collect();
        standings.sort();
        standings
    }
}

fn judge(name: &str, policy: &str, trust: &str, bundle: &[u8], files: &[&[u8]]) -> Said {
    let folder = Folder::new(&format!("attestations-{}", name.replace([' ', ','], "-")));
    let policy = folder.file("policy.toml", policy.as_bytes());
    let trust = folder.file("trust.toml", trust.as_bytes());
    let bundle = folder.file("app.intoto.jsonl", bundle);
    let files: Vec<String> =
        files.iter().enumerate().map(|(at, bytes)| folder.file(&format!("file-{at}"), bytes)).collect();
    let mut arguments =
        vec!["verify-attestation", "--format", "json", "--policy", &policy, "--trust", &trust, &bundle];
    arguments.extend(files.iter().map(String::as_str));
    let output = sarsen(&arguments);
    let exit = output.status.code().unwrap_or_else(|| panic!("{name}: it was killed"));
    let json = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    assert_eq!(json["met"] == true, exit == 0, "{name}: {json}");
    Said { exit, json, stderr: stderr(&output) }
}

#[test]
fn enough_organisations_that_state_these_bytes_meet_the_policy() {
    let bundle = utility_line() + &laboratory_line();
    let said = judge("met", &policy(), &trust(), bundle.as_bytes(), &[b"program", b"text"]);
    assert_eq!((said.exit, said.stderr.as_str()), (0, ""));
    assert_eq!(said.json["schema"], "sarsen.verify-attestation/1");
    assert_eq!(said.json["opinions"], 2);
    assert_eq!(said.json["distinct"], 1, "both copied from cache.example");
    assert_eq!(said.json["expected"].as_array().unwrap().len(), 3);
    assert_eq!(said.json["files"][0]["subject"], "bin/app");
    assert_eq!(said.json["files"][1]["subject"], "share/app.txt");
    let absent: Vec<_> = said.json["absent"].as_array().unwrap().iter().map(|a| a["key"].clone()).collect();
    assert_eq!(absent, ["utility-sm2", "vendor-1"]);
}

/// A bundle under the policy above, and what it comes to: exit code, codes on stderr, what each statement is worth.
struct Case {
    name: &'static str,
    bundle: String,
    exit: i32,
    codes: &'static [&'static str],
    standings: &'static [&'static str],
}

fn case(
    name: &'static str,
    bundle: impl Into<String>,
    exit: i32,
    codes: &'static [&'static str],
    standings: &'static [&'static str],
) -> Case {
    Case { name, bundle: bundle.into(), exit, codes, standings }
}

/// The codes in brackets, in the order of the lines.
fn codes(stderr: &str) -> Vec<&str> {
    stderr.lines().filter_map(|line| line.split_once('[')?.1.split_once(']').map(|(code, _)| code)).collect()
}

fn check(cases: Vec<Case>, policy: &str) {
    for Case { name, bundle, exit, codes: expected, standings } in cases {
        let said = judge(name, policy, &trust(), bundle.as_bytes(), &[b"program"]);
        assert_eq!(said.exit, exit, "{name}: {}\n{:#}", said.stderr, said.json);
        assert_eq!(codes(&said.stderr), expected, "{name}: {}", said.stderr);
        assert_eq!(said.standings(), standings, "{name}: {}", said.stderr);
    }
}

const COUNT: &[&str] = &["laboratory-1 counts", "utility-1 counts"];

/// The statement, with its JSON edited before it is signed.
fn edited(statement: &Statement<Rebuild>, edit: impl FnOnce(&mut Value), key: &SecretKey) -> String {
    let mut value = serde_json::to_value(statement).unwrap();
    edit(&mut value);
    signed(IN_TOTO, serde_json::to_vec(&value).unwrap(), &[key]).to_json() + "\n"
}

#[test]
fn the_table_names_everybody_and_never_says_safe() {
    let folder = Folder::new("attestations-table");
    let mut hostile = differs("vendor.example", "app", OTHER, APP);
    hostile.predicate.verdict.difference.as_mut().unwrap().path = "bin/\u{1b}[2Japp".into();
    let bundle = utility_line()
        + &laboratory_line()
        + &line(&hostile, &[&vendor()])
        + &line(&produced("s", "app", APP), &[&stranger()])
        + &line(&produced("s", "app", APP), &[&press()])
        + &utility_line();
    let (policy, trust) = (folder.file("p", policy().as_bytes()), folder.file("t", trust().as_bytes()));
    let (bundle, file) = (folder.file("b", bundle.as_bytes()), folder.file("app", b"program"));
    let output = sarsen(&["verify-attestation", "--policy", &policy, "--trust", &trust, &bundle, &file]);
    let (text, errors) = (stdout(&output), stderr(&output));
    assert_eq!(output.status.code(), Some(5), "{text}{errors}");
    for said in [
        "policy app wants 2 of 3 organisations",
        "stated as bin/app",
        "vendor-1      vendor.example      differs   differs ",
        "first in bin/\\u{1b}[2Japp",
        "utility-sm2   utility.example     absent",
        "line 4 is signed by no trusted key",
        "line 5 is signed by press, which may not sign statements about builds",
        "line 6 is a repetition",
        "2 organisations state the same bytes for this derivation (1 independent: the others copied from the same signer, \
         or do not state who made the output): policy app is not met",
    ] {
        assert!(text.contains(said), "{said}:\n{text}");
    }
    assert!(errors.contains("the first difference is in bin/\\u{1b}[2Japp (byte 3 of 7)"), "{errors}");
    assert!(!text.contains('\u{1b}') && !errors.contains('\u{1b}') && !text.contains("safe"));
}

/// The documents' examples belong together: the line of the bundle is signed by the store's key, about the policy's recipe.
#[test]
fn the_documented_bundle_is_what_the_documented_policy_asks_for() {
    let block = |page: &str, kind: &str| -> String {
        let rest = page.split(&format!("```{kind}\n")).nth(1).unwrap_or_default();
        rest.split("```").next().unwrap().to_owned()
    };
    let path = format!("{}/docs/formats/bundle.md", env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(&path).unwrap();
    let (shown, wanted) = (block(&page, "json"), utility_line());
    if std::env::var_os("SARSEN_REGENERATE").is_some() {
        std::fs::write(&path, page.replace(&shown, &wanted)).unwrap();
    } else {
        assert_eq!(shown, wanted, "run with SARSEN_REGENERATE=1");
    }
    let policy = block(include_str!("../../docs/formats/policy.md"), "toml");
    let trust = block(include_str!("../../docs/formats/trust.md"), "toml");
    let said = judge("documents", &policy, &trust, (wanted + &laboratory_line()).as_bytes(), &[b"program"]);
    assert_eq!(
        (said.exit, said.standings()),
        (0, vec!["laboratory-1 counts".into(), "utility-1 counts".into()])
    );
}
