//! The README and docs/explain.md cannot lie: every `console` block is run, and what it shows is what comes out.

mod support;
#[path = "support/transcript.rs"]
mod transcript;

use std::process::Command;

use support::Folder;

#[test]
fn every_command_of_the_readme_prints_what_it_shows() {
    let folder = Folder::new("readme");
    support::examples(&folder, "docs/examples");
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_sarsen")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap_or_default());
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
