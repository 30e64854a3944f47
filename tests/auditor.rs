//! docs/audit.md and its translation cannot lie: with the binary, two public keys, a bundle and a file, each command
//! that they show ends with 0 and prints what is shown, and the last one says that the policy is met.

mod support;
#[path = "support/transcript.rs"]
mod transcript;

use std::process::Command;

use support::{Folder, stdout};

const PAGES: [&str; 2] = ["docs/audit.md", "docs/audit.zh.md"];

/// Runs a command of the page by the program alone: no other is found.
fn run(folder: &Folder, command: &str) -> String {
    let words: Vec<&str> = command.split(' ').collect();
    assert_eq!(words[0], "sarsen", "{command}: an auditor has no other program");
    let output = Command::new("/bin/sh")
        .args(["-c", "exec \"$@\" 2>&1", "sh", env!("CARGO_BIN_EXE_sarsen")])
        .args(&words[1..])
        .current_dir(&folder.0)
        .env("PATH", "/nonexistent")
        .output()
        .unwrap();
    let printed = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "$ {command}\n{printed}");
    printed
}

#[test]
fn every_page_leads_from_nothing_to_met() {
    for page in PAGES {
        let path = format!("{}/{page}", env!("CARGO_MANIFEST_DIR"));
        let mut text = std::fs::read_to_string(&path).unwrap();
        let folder = Folder::new(&format!("auditor-{}", page.replace('/', "-")));
        support::examples(&folder, "docs/examples/audit");
        let commands = transcript::transcript(&text);
        let mut last = String::new();
        for (command, shown) in &commands {
            last = run(&folder, command);
            if std::env::var_os("SARSEN_REGENERATE").is_some() {
                text = text.replacen(&format!("$ {command}\n{shown}"), &format!("$ {command}\n{last}"), 1);
                std::fs::write(&path, &text).unwrap();
            } else {
                assert_eq!(&last, shown, "$ {command}\nrun with SARSEN_REGENERATE=1");
            }
        }
        assert!(
            last.lines().any(|line| line == "recipe: claimed by the builder, not evaluated here"),
            "{last}"
        );
        assert!(last.trim_end().ends_with(" is met"), "{page}: {last}");
    }
}

/// The translation shows the same commands.
#[test]
fn the_pages_show_the_same() {
    let pages = PAGES.map(|page| {
        let path = format!("{}/{page}", env!("CARGO_MANIFEST_DIR"));
        transcript::transcript(&std::fs::read_to_string(path).unwrap())
    });
    assert_eq!(pages[0], pages[1]);
}
