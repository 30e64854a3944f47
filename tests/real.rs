//! Programs of other people, and our own: expected verdicts over files that nobody here made.
//!
//! `SARSEN_REAL_INPUTS` names a folder with Debian's arm64 `busybox`, `ls`, `bash-static` and `ld-musl-aarch64.so.1`,
//! `SARSEN_ARM64` the file that `nix build .#arm64` yields; the flake's `test` check sets both.

mod support;

use std::path::{Path, PathBuf};

use support::{sarsen, stderr, stdout};

/// The path in the environment variable, or nothing after saying what is skipped.
fn given(variable: &str) -> Option<PathBuf> {
    let path = std::env::var_os(variable).map(PathBuf::from);
    if path.is_none() {
        support::skip(&format!("{variable} is not set; the flake's test check sets it"));
    }
    path
}

/// The ids of the rules that say `word` about the file.
fn rules_that(word: &str, file: &Path) -> (Option<i32>, Vec<String>) {
    let output = sarsen(&["check", "--profile", "grid-arm64", file.to_str().unwrap()]);
    assert!(stderr(&output).is_empty(), "{}", stderr(&output));
    let ids = stdout(&output)
        .lines()
        .filter_map(|line| {
            line.strip_prefix(&format!("  {word}  "))?.split_whitespace().next().map(String::from)
        })
        .collect();
    (output.status.code(), ids)
}

#[test]
fn debian_programs_are_refused_for_what_they_are() {
    let Some(folder) = given("SARSEN_REAL_INPUTS") else { return };
    for (name, expected) in [
        // Static, at fixed addresses, on glibc, which has SVE, MTE and MOPS behind ifunc.
        ("busybox", &["static-pie", "no-foreign-libc", "isa-baseline"][..]),
        ("bash-static", &["static-pie", "no-foreign-libc", "isa-baseline"]),
        // Dynamic, on glibc.
        ("ls", &["no-interpreter", "no-needed", "no-foreign-libc"]),
        // musl's loader is a shared object that relocates itself.
        ("ld-musl-aarch64.so.1", &["static-pie"]),
    ] {
        let (code, failed) = rules_that("fail", &folder.join(name));
        assert_eq!(failed, expected, "{name}");
        assert_eq!(code, Some(1), "{name}");
    }
    let (_, passed) = rules_that("pass", &folder.join("ld-musl-aarch64.so.1"));
    assert!(passed.contains(&"self-relocating".into()), "musl's loader relocates itself: {passed:?}");
}

#[test]
fn our_own_file_passes_everything_it_is_asked() {
    let Some(file) = given("SARSEN_ARM64") else { return };
    let (code, failed) = rules_that("fail", &file);
    assert_eq!((code, failed), (Some(0), Vec::new()));
    assert_eq!(rules_that("warn", &file).1, Vec::<String>::new());
    assert!(rules_that("pass", &file).1.contains(&"self-relocating".into()));
}
