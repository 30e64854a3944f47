//! What fuzzing has found worth keeping: inputs that reach different code, a folder for each target in fuzz/. None may
//! panic.

use std::path::{Path, PathBuf};

use base64ct::{Base64, Encoding};
use sarsen::attest::policy::Policy;
use sarsen::attest::trust::Trust;
use sarsen::attest::verify::verify;
use sarsen::check::Judge;
use sarsen::content::{Content, File};
use sarsen::digest::Digests;
use sarsen::elf::{Bytes, GoBuild};
use sarsen::envelope::{Envelope, IN_TOTO};
use sarsen::key::{Algorithm, Key, SecretKey, Sign, signature};
use sarsen::profile::Profile;
use sarsen::rootfs::Tree;
use sarsen::slim::{Options, slim};
use sarsen::statement::bundle::Bundle;
use sarsen::statement::{Rebuild, Statement};

fn inputs(target: &str) -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/regressions").join(target);
    let inputs: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|e| std::fs::read(e.unwrap().path()).unwrap()).collect();
    assert!(inputs.len() >= 10, "{target} has {} inputs", inputs.len());
    inputs
}

#[test]
fn files_are_judged_and_rewritten_or_refused() {
    let profile = Profile::load("grid-arm64").unwrap();
    let judge = Judge::new(&profile);
    for bytes in inputs("judge") {
        let _ = judge.image(&bytes, "input");
        let _ = slim(&bytes, "input", &Options::default());
    }
}

#[test]
fn texts_are_profiles_or_errors() {
    for bytes in inputs("profile") {
        let _ = Profile::parse(&String::from_utf8_lossy(&bytes), "input");
    }
}

#[test]
fn go_build_information_is_read_or_not_there() {
    for bytes in inputs("go") {
        let _ = GoBuild::read(Bytes::new(&bytes), 0, Some);
        let _ = GoBuild::read(Bytes::new(&[b"\xff Go buildinf:", bytes.as_slice()].concat()), 0, Some);
    }
}

#[test]
fn archives_are_trees_or_errors() {
    for bytes in inputs("cpio").into_iter().chain(inputs("tar")) {
        let Ok(tree) = Tree::from_bytes(bytes, "input") else { continue };
        for (path, node) in tree.walk(Path::new("/")).filter_map(Result::ok) {
            let _ = tree.resolve(&path);
            assert!(!node.is_file() || tree.read(&node).is_ok(), "{}", path.display());
        }
    }
}

#[test]
fn texts_are_keys_or_envelopes_or_errors() {
    let stranger = SecretKey::generate(Algorithm::Ed25519, None).unwrap();
    for bytes in inputs("key") {
        let _ = Key::parse(&bytes, "input", Some("a"));
        let _ = stranger.public().verify(b"", &bytes);
        let _ = signature::from_der(&bytes);
        for label in ["PUBLIC KEY", "PRIVATE KEY"] {
            let body = Base64::encode_string(&bytes);
            let text = format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
            let _ = Key::parse(text.as_bytes(), "input", Some("a"));
        }
    }
    for bytes in inputs("envelope") {
        assert!(!Envelope::parse(&bytes, "input").is_ok_and(|envelope| envelope.verifies(stranger.public())));
    }
}

/// The first example of a page.
fn example(page: &str) -> &str {
    page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap()
}

#[test]
fn texts_are_policies_and_trust_stores_or_errors() {
    let trust = Trust::parse(example(include_str!("../docs/formats/trust.md")), "the example").unwrap();
    for bytes in inputs("policy") {
        let text = String::from_utf8_lossy(&bytes);
        let _ = (Policy::parse(&text, "input", &trust), Trust::parse(&text, "input"));
    }
}

#[test]
fn payloads_are_statements_or_errors_and_bundles_of_them_are_judged() {
    let trust = Trust::parse(example(include_str!("../docs/formats/trust.md")), "the example").unwrap();
    let policy =
        Policy::parse(example(include_str!("../docs/formats/policy.md")), "the example", &trust).unwrap();
    let file = File { name: "file".into(), named: false, digests: Digests::of(b"program") };
    let own = Content { files: vec![file], ..Content::default() };
    let judge = |bundle: &Bundle| verify(&policy, &trust, bundle, &own);
    // The secret of utility-1 in docs/formats/trust.md: 32 bytes of 1 (RFC 8410 section 7).
    let pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB\n\
               -----END PRIVATE KEY-----\n";
    let key = SecretKey::parse(pem.as_bytes(), "the key", None).unwrap();
    for bytes in inputs("statement").into_iter().chain(inputs("bundle")) {
        let _ = Statement::<Rebuild>::parse(&bytes, "input");
        let unsigned = Bundle::new(bytes.clone(), "input");
        assert!(!unsigned.is_ok_and(|bundle| judge(&bundle).met()), "nobody signed it");
        for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let mut envelope = Envelope::new(IN_TOTO, line[1..].to_vec());
            envelope.sign(&key).unwrap();
            let bundle = Bundle::new(envelope.to_json().into_bytes(), "input").unwrap();
            assert!(!judge(&bundle).met(), "one organisation is not two");
        }
    }
}
