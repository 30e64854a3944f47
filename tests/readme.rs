//! The README and docs/explain.md cannot lie: every `console` block is run, and what it shows is what comes out.

mod support;
#[path = "support/transcript.rs"]
mod transcript;

use std::process::Command;

use support::attest::{differs, ed25519, line, produced};
use support::{Elf, FOLLOWS, Folder};

/// The files of the section on attestations: policy and trust store are the examples of their pages.
fn attestations(folder: &Folder) {
    let example =
        |page: &str| page.split("```toml\n").nth(1).unwrap().split("```").next().unwrap().to_owned();
    folder.file("policy.toml", example(include_str!("../docs/formats/policy.md")).as_bytes());
    folder.file("trust.toml", example(include_str!("../docs/formats/trust.md")).as_bytes());
    let file = |bytes: &'static [u8]| [("bin/app", bytes)];
    let (app, other) = (file(b"program"), file(b"progrAm"));
    folder.file("app", app[0].1);
    let utility = line(&produced("utility.example", "app", &app), &[&ed25519(1)]);
    for (name, laboratory) in [
        ("app.intoto.jsonl", produced("laboratory.example", "app", &app)),
        ("dissent.intoto.jsonl", differs("laboratory.example", "app", &other, &app)),
    ] {
        folder.file(name, (utility.clone() + &line(&laboratory, &[&ed25519(3)])).as_bytes());
    }
}

#[test]
fn every_command_of_the_readme_prints_what_it_shows() {
    let folder = Folder::new("readme");
    folder.file("controller-app", &Elf::with(|e| e.code = FOLLOWS.to_vec()));
    attestations(&folder);
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_sarsen")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap_or_default());
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(folder.0.join("controller-app"), executable).unwrap();
    let mut commands = transcript::transcript(include_str!("../README.md"));
    assert!(commands.len() >= 4, "the README shows {} commands", commands.len());
    let explained = transcript::transcript(include_str!("../docs/explain.md"));
    assert!(!explained.is_empty());
    commands.extend(explained);
    for (command, shown) in commands {
        let output = Command::new("sh")
            .args(["-c", &format!("{{ {command}\n}} 2>&1")])
            .current_dir(&folder.0)
            .env("PATH", &path)
            .output()
            .unwrap();
        let printed = support::stdout(&output);
        // The first exhibit may stop early: what it shows is how the output begins.
        let begins = shown.starts_with("grid-arm64 judges") && printed.starts_with(&shown);
        assert!(printed == shown || begins, "$ {command}\n{printed}\nthe README shows:\n{shown}");
    }
}
