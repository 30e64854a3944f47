//! docs/examples holds the files that README and docs/audit.md name, so that their commands can be tried in a clone. They
//! are made here; `SARSEN_REGENERATE=1 cargo test --test examples` rewrites them.

mod support;

use std::path::Path;

use sarsen::key::Sign;
use support::attest::{differs, ed25519, line, produced, with_own_inputs};
use support::{Elf, FOLLOWS};

const APP: &[(&str, &[u8])] = &[("bin/app", b"program")];
const OTHER: &[(&str, &[u8])] = &[("bin/app", b"progrAm")];

/// The example of a page in TOML.
fn example(page: &str) -> Vec<u8> {
    page.split("```toml\n").nth(1).unwrap().split("```").next().unwrap().into()
}

/// Every file by its path below docs/examples.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let (utility, laboratory) = (ed25519(1), ed25519(3));
    let first = line(&produced("utility.example", "app", APP), &[&utility]);
    let agrees = line(&produced("laboratory.example", "app", APP), &[&laboratory]);
    let dissents = line(&differs("laboratory.example", "app", OTHER, APP), &[&laboratory]);
    let independent =
        |organisation, key: &_| line(&with_own_inputs(produced(organisation, "app", APP)), &[key]);
    let audited = independent("utility.example", &utility) + &independent("laboratory.example", &laboratory);
    vec![
        ("controller-app", Elf::with(|e| e.code = FOLLOWS.to_vec())),
        ("app", APP[0].1.into()),
        ("policy.toml", example(include_str!("../docs/formats/policy.md"))),
        ("trust.toml", example(include_str!("../docs/formats/trust.md"))),
        ("app.intoto.jsonl", (first.clone() + &agrees).into()),
        ("dissent.intoto.jsonl", (first + &dissents).into()),
        ("audit/app", APP[0].1.into()),
        ("audit/app.intoto.jsonl", audited.into()),
        ("audit/utility-1.pub", utility.public().pem().into()),
        ("audit/laboratory-1.pub", laboratory.public().pem().into()),
    ]
}

#[test]
fn the_examples_are_what_this_makes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples");
    for (name, bytes) in files() {
        let path = root.join(name);
        if std::env::var_os("SARSEN_REGENERATE").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &bytes).unwrap();
        }
        assert!(std::fs::read(&path).unwrap_or_default() == bytes, "{name}: run with SARSEN_REGENERATE=1");
    }
}
