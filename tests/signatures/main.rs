//! Keys, signatures and envelopes, by the program and judged by others: OpenSSL, GmSSL, a TPM, securesystemslib, Sigstore,
//! and published vectors.
//!
//! Where another program is missing its test says so and passes; with SARSEN_OUTSIDERS=all it fails instead
//! (`tests/outsiders`).

mod command;
mod foreign;
mod forms;
mod gmssl;
mod openssl;
mod private;
mod securesystemslib;
mod signer;
mod sigstore;
#[path = "../support/mod.rs"]
mod support;
mod vectors;

use std::path::Path;
use std::process::{Command, Output};

use support::{Folder, stderr, stdout};

/// The identity that both sides name where nothing else matters.
const IDENTITY: &str = "1234567812345678";

/// Whether `program` can be started; where it must be and is not, the test fails.
fn has(program: &str, arguments: &[&str]) -> bool {
    let there = Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success());
    if !there {
        support::skip(&format!("{program} {arguments:?} does not run on this machine"));
    }
    there
}

/// The Python that has the packages.
fn python() -> String {
    std::env::var("SARSEN_PYTHON").unwrap_or("python3".into())
}

/// The page on envelopes.
const PAGE: &str = include_str!("../../docs/formats/envelope.md");

/// The example in `kind` of the page on envelopes that has `word` in it.
fn example(kind: &str, word: &str) -> &'static str {
    let fence = format!("```{kind}\n");
    let mut blocks = PAGE.split(&fence).skip(1).filter_map(|rest| rest.split("```").next());
    blocks.find(|block| block.contains(word)).unwrap()
}

/// The output of `program` in `folder`.
fn run(folder: &Folder, program: &str, arguments: &[&str]) -> Output {
    Command::new(program).args(arguments).current_dir(&folder.0).output().unwrap()
}

/// The same, which must succeed.
fn done(folder: &Folder, program: &str, arguments: &[&str]) -> String {
    let output = run(folder, program, arguments);
    assert!(output.status.success(), "{program} {arguments:?}: {}{}", stdout(&output), stderr(&output));
    stdout(&output)
}

/// sarsen in `folder` with the words of `line`.
fn sarsen(folder: &Folder, line: &str) -> Output {
    run(folder, env!("CARGO_BIN_EXE_sarsen"), &line.split_whitespace().collect::<Vec<_>>())
}

/// The same, which must succeed.
fn ok(folder: &Folder, line: &str) -> String {
    let output = sarsen(folder, line);
    assert_eq!(output.status.code(), Some(0), "{line}: {}{}", stdout(&output), stderr(&output));
    stdout(&output)
}

/// The same, which must end with `exit` and say all of `words` on standard error.
fn refused(folder: &Folder, line: &str, exit: i32, words: &[&str]) {
    let output = sarsen(folder, line);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(exit), "{line}: {}{said}", stdout(&output));
    for word in words {
        assert!(said.contains(word), "{line} does not say {word:?}: {said}");
    }
}

fn bytes(folder: &Folder, name: &str) -> Vec<u8> {
    std::fs::read(folder.0.join(name)).unwrap()
}

fn exists(folder: &Folder, name: &str) -> bool {
    Path::new(&folder.0.join(name)).exists()
}
