//! What tests say where they cannot compare everything: each in one line, and in one place.

mod support;

use std::path::{Path, PathBuf};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn a_reason_is_one_line() {
    let said = "there is no judge: it ended\nwith two lines\n\n  and a third\n";
    let line = "skipped: there is no judge: it ended with two lines and a third";
    assert_eq!(support::line("skipped", said), line);
}

/// `checks/test.sh` counts what begins so, on standard output: src/skip.rs alone prints it.
#[test]
fn one_place_prints_what_is_skipped() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for folder in ["src", "tests"] {
        sources(&root.join(folder), &mut found);
    }
    found.retain(|path| {
        let text = std::fs::read_to_string(path).unwrap();
        text.contains("!(\"skipped: ") || text.contains("!(\"limited: ")
    });
    assert_eq!(found, Vec::<PathBuf>::new());
}
