//! Any bytes are a bundle. Lines are tried as they are and, so that changes get past the signatures, as statements that the
//! key of their first byte has signed. Whatever is met was counted: enough distinct organisations, all about these files.
//! Every line that is an envelope is judged, unless the whole is one JSON value.
//! A policy that is drafted from them is one.
#![no_main]

use std::collections::BTreeSet;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sarsen::attest::challenge::challenge;
use sarsen::attest::draft::policy::{Order, draft};
use sarsen::attest::listing::{self, list};
use sarsen::attest::policy::Policy;
use sarsen::attest::trust::Trust;
use sarsen::attest::verify::{Standing, verify};
use sarsen::content::{Content, File};
use sarsen::digest::Digests;
use sarsen::envelope::{Envelope, IN_TOTO};
use sarsen::key::SecretKey;
use sarsen::statement::bundle::Bundle;

/// Private keys of docs/formats/trust.md: utility-1 and laboratory-1, 32 bytes of 1 and of 3 (RFC 8410 section 7).
const PEM: [&str; 2] = [
    "MC4CAQAwBQYDK2VwBCIEIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB",
    "MC4CAQAwBQYDK2VwBCIEIAMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMD",
];

static KEYS: LazyLock<Vec<SecretKey>> = LazyLock::new(|| {
    let pem = |text| format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n");
    PEM.iter().map(|text| SecretKey::parse(pem(text).as_bytes(), "key", None).expect("it is a key")).collect()
});

static RULES: LazyLock<(Trust, Policy)> = LazyLock::new(|| {
    let example = |page: &'static str| page.split("```toml").nth(1).and_then(|rest| rest.split("```").next());
    let text = |page| example(page).expect("it has an example");
    let trust = Trust::parse(text(include_str!("../../docs/formats/trust.md")), "t").expect("a trust store");
    let policy = Policy::parse(text(include_str!("../../docs/formats/policy.md")), "p", &trust).expect("a policy");
    (trust, policy)
});

fn try_out(bytes: Vec<u8>) {
    let (trust, policy) = &*RULES;
    let lines = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let envelopes = lines.filter(|line| Envelope::parse(line, "line").is_ok()).count();
    let is_one = serde_json::from_slice::<serde_json::Value>(&bytes).is_ok();
    let bundle = match Bundle::new(bytes, "input") {
        Ok(bundle) => bundle,
        Err(error) => {
            assert!(is_one || envelopes == 0, "{error}");
            return;
        }
    };
    assert_eq!(bundle.lines().filter(|line| bundle.envelope(line).is_ok()).count(), envelopes);
    let file = |name: &str, named| File { name: name.into(), named, digests: Digests::of(b"program") };
    let own = Content { files: vec![file("file", false), file("bin/app", true)], ..Content::default() };
    let report = verify(policy, trust, &bundle, &own);
    let counted = report.rows.iter().filter(|row| row.standing == Standing::Counts);
    let organisations: BTreeSet<&String> = counted.map(|row| &row.organisation).collect();
    assert!(!report.met() || organisations.len() >= policy.threshold);
    assert!(!report.met() || report.files.iter().all(|judged| judged.subject.is_some()));
    let archives = [("out".to_owned(), ([0; 32], 0))].into();
    assert_eq!(list(&bundle, None).entries.len(), bundle.lines().count());
    let is_read = |entry: &listing::Entry| matches!(entry.content, listing::Content::Rebuild(_));
    assert!(list(&bundle, Some(trust)).entries.iter().all(|entry| !is_read(entry) || !entry.signers.is_empty()));
    if let Ok(draft) = draft(trust, &bundle, "input", &Order::default()) {
        assert!(draft.policy.threshold == draft.organisations.len() && draft.policy.recipe[0].drv_from.is_some());
    }
    let _ = challenge(trust, &bundle, &Content { archives, ..own }, None);
}

fuzz_target!(|bytes: &[u8]| {
    try_out(bytes.to_vec());
    let mut lines = String::new();
    for line in bytes.split(|byte| *byte == b'\n').take(8) {
        let Some((first, payload)) = line.split_first() else { continue };
        let mut envelope = Envelope::new(IN_TOTO, payload.to_vec());
        envelope.sign(&KEYS[usize::from(*first) % KEYS.len()]).expect("it signs");
        lines += &(envelope.to_json() + "\n");
    }
    try_out(lines.into_bytes());
});
