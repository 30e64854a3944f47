//! What the program prints and how it exits: the contract that scripts rely on.

mod support;

use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use sarsen::profile::{BUILT_IN, Profile, Severity};
use sarsen::rules::{self, Check};
use support::{Elf, FOLLOWS, Folder, sarsen, stderr, stdout};

/// The number before `what` in the last line of a report.
fn count(report: &str, what: &str) -> usize {
    let last = report.lines().last().unwrap_or_default();
    let part = last.split(", ").find_map(|part| part.strip_suffix(what));
    part.map_or(0, |number| number.trim().parse().unwrap())
}

#[test]
fn a_good_file_passes_and_a_bad_one_is_refused() {
    let folder = Folder::new("verdicts");
    let good = folder.file("good", &Elf::default().bytes());
    let bad = folder.file("bad", &Elf::with(|e| e.code = FOLLOWS.to_vec()));
    let output = sarsen(&["check", &good]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    let grid = Profile::load("grid-arm64").unwrap();
    let asked = rules::ALL.iter().filter(|rule| grid.severity(rule) != Severity::Allow);
    // Rules about members of an image have nothing to say of a file alone.
    let asked = asked.filter(|rule| !matches!(rule.check, Check::Member(_))).count();
    assert_eq!(count(&text, "passed") + count(&text, "not applicable"), asked, "{text}");
    assert_eq!(count(&text, "failed"), 0);
    assert!(stderr(&output).is_empty());

    let output = sarsen(&["check", &good, &bad]);
    assert_eq!(output.status.code(), Some(1));
    let text = stdout(&output);
    let first = text.split(&bad).nth(1).unwrap().lines().nth(1).unwrap();
    let words: Vec<&str> = first.split_whitespace().take(6).collect();
    assert_eq!(words, ["fail", "self-relocating", "4", "relative", "relocations,", "no"], "{first}");
    assert!(
        text.contains("next: link rcrt1.o instead of crt1.o (-static-pie); sarsen rules self-relocating")
    );
    assert!(!text.contains('\u{1b}'), "no colour in a pipe");
}

#[test]
fn unusable_inputs_have_a_code_each_and_the_rest_is_judged() {
    let folder = Folder::new("inputs");
    let good = folder.file("good", &Elf::default().bytes());
    let whole = Elf::default().bytes();
    let fifo = folder.0.join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let dangling = folder.0.join("dangling");
    std::os::unix::fs::symlink("nowhere", &dangling).unwrap();
    let path = |p: &std::path::Path| p.to_str().unwrap().to_owned();
    for (file, code) in [
        (folder.file("empty", b""), "input-empty"),
        (folder.file("short", b"\x7fELF\x02\x01"), "input-truncated"),
        (folder.file("cut", &whole[..100]), "input-truncated"),
        (folder.file("script", b"#!/bin/sh\n"), "input-not-elf"),
        (folder.file("byte", b"\x7f"), "input-not-elf"),
        (path(&fifo), "input-special"),
        ("/dev/zero".into(), "input-special"),
        // Readable by its mode, not by read(2): even for root.
        ("/proc/self/mem".into(), "input-unreadable"),
        (path(&dangling), "input-missing"),
        (path(&folder.0.join("absent")), "input-missing"),
        (path(&folder.0.join("good/below")), "input-unreadable"),
    ] {
        let output = sarsen(&["check", &file, &good]);
        assert_eq!(output.status.code(), Some(2), "{file}");
        let message = stderr(&output);
        assert!(
            message.starts_with(&format!("sarsen: error[{code}]: {file} ")) || message.contains(&file),
            "{message}"
        );
        assert!(message.contains(&format!("error[{code}]")), "{file}: {message}");
        assert_eq!(message.lines().count(), 1, "one line: {message}");
        assert!(stdout(&output).contains(" passed, 0 failed, "), "the good file is judged beside {file}");
    }
}

#[test]
fn a_file_without_permission_is_unreadable() {
    let folder = Folder::new("permission");
    let secret = folder.file("secret", &Elf::default().bytes());
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::read(&secret).is_ok() {
        support::limited("this user may read everything (root)");
        return;
    }
    let output = sarsen(&["check", &secret]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("error[input-unreadable]"), "{}", stderr(&output));
}

#[test]
fn names_that_are_not_utf8_are_judged() {
    let folder = Folder::new("bytes");
    let name = folder.0.join(std::ffi::OsStr::from_bytes(b"na\xffme"));
    std::fs::write(&name, Elf::default().bytes()).unwrap();
    for format in ["human", "json"] {
        let output = Command::new(env!("CARGO_BIN_EXE_sarsen"))
            .args(["check", "--format", format])
            .arg(&name)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert!(stdout(&output).contains("na\u{fffd}me"));
    }
}

#[test]
fn json_is_one_versioned_document() {
    let folder = Folder::new("json");
    let bad = folder.file("bad", &Elf::with(|e| e.kind = 2));
    let output = sarsen(&["check", "--format", "json", &bad, "/absent"]);
    assert_eq!(output.status.code(), Some(2));
    let document: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(document["schema"], "sarsen.check/1");
    assert_eq!(document["profile"], "grid-arm64");
    assert_eq!(document["files"][1]["error"]["code"], "input-missing");
    assert_eq!(document["summary"]["unusable"], 1);
    let verdicts = document["files"][0]["verdicts"].as_array().unwrap();
    let entry = verdicts.iter().find(|v| v["rule"] == "static-pie").unwrap();
    assert_eq!((&entry["verdict"], &entry["severity"]), (&"fail".into(), &"deny".into()));
    assert!(entry["next"].as_str().unwrap().contains("rcrt1.o"));
}

#[test]
fn profiles_decide_what_counts() {
    let folder = Folder::new("profiles");
    let bad = folder.file("bad", &Elf::with(|e| e.relro = false));
    let grid = include_str!("../profiles/grid-arm64.toml");
    let lenient = folder.file("lenient.toml", format!("{grid}\n[rules]\nrelro = \"warn\"\n").as_bytes());
    let output = sarsen(&["check", "--profile", &lenient, &bad]);
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout(&output).contains("  warn  relro"), "{}", stdout(&output));
    assert!(stdout(&output).contains(" passed, 0 failed, 1 warned"));

    let ids: Vec<String> = rules::ALL.iter().map(|rule| format!("{} = \"allow\"", rule.id)).collect();
    let ids = ids.join("\n");
    let silent = folder.file("silent.toml", format!("{grid}\n[rules]\n{ids}").as_bytes());
    assert_eq!(sarsen(&["check", "--profile", &silent, &bad]).status.code(), Some(3), "nothing was judged");

    let wrong = folder.file("wrong.toml", b"nonsense");
    for (profile, code) in
        [("grid", "profile-unknown"), (wrong.as_str(), "profile-invalid"), ("./absent.toml", "input-missing")]
    {
        let output = sarsen(&["check", "--profile", profile, &bad]);
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains(&format!("error[{code}]")), "{}", stderr(&output));
    }
}

#[test]
fn arguments_that_make_no_sense_are_usage_errors() {
    for arguments in
        [&[][..], &["check"], &["chekc", "x"], &["check", "--format", "xml", "x"], &["rules", "relr"]]
    {
        let output = sarsen(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!stderr(&output).is_empty() && stdout(&output).is_empty(), "{arguments:?}");
    }
    assert!(stderr(&sarsen(&["rules", "relr"])).contains("is relro meant?"));
}

#[test]
fn help_and_version_are_results() {
    let help = sarsen(&["--help"]);
    assert_eq!(help.status.code(), Some(0));
    for code in ["0  judged", "1  judged", "2  arguments", "3  nothing", "4  the result"] {
        assert!(stdout(&help).contains(code), "{code}");
    }
    assert_eq!(stdout(&sarsen(&["--version"])), format!("sarsen {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let folder = Folder::new("pipe");
    let good = folder.file("good", &Elf::default().bytes());
    let mut child = Command::new(env!("CARGO_BIN_EXE_sarsen"))
        .arg("check")
        .args(std::iter::repeat_n(&good, 2000))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(stderr(&output).is_empty(), "{}", stderr(&output));
}

#[test]
fn a_full_disk_is_an_error() {
    let output = Command::new(env!("CARGO_BIN_EXE_sarsen"))
        .arg("rules")
        .stdout(std::fs::File::options().write(true).open("/dev/full").unwrap())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(4));
    assert!(stderr(&output).contains("error[output-failed]"), "{}", stderr(&output));
}

/// `SARSEN_REGENERATE=1 cargo test` rewrites the file.
#[test]
fn the_rules_page_is_what_the_program_prints() {
    let printed = stdout(&sarsen(&["rules", "--format", "markdown"]));
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/rules.md");
    if std::env::var_os("SARSEN_REGENERATE").is_some() {
        std::fs::write(path, &printed).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), printed, "run with SARSEN_REGENERATE=1");
}

#[test]
fn suppressions_accept_known_failures_and_are_reported_when_nothing_needs_them() {
    let folder = Folder::new("suppressions");
    let bad = folder.file("bad", &Elf::with(|e| e.relro = false));
    let suppress = |rule: &str, file: &str, until: &str| {
        format!(
            "[[suppress]]\nrule = \"{rule}\"\nfile = \"{file}\"\nreason = \"known since March\"\n{until}\n"
        )
    };
    let profile = |text: &str| {
        folder.file("p.toml", format!("name = \"p\"\nextends = \"grid-arm64\"\n{text}").as_bytes())
    };
    let accepting = profile(&suppress("relro", "bad", ""));
    let output = sarsen(&["check", "--profile", &accepting, &bad]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("accepted: known since March"), "{}", stdout(&output));
    assert!(stdout(&output).contains("0 failed, 1 accepted"), "{}", stdout(&output));
    assert!(stderr(&output).is_empty());

    for (text, said) in [
        (suppress("relro", "good", ""), "the suppression of relro for \"good\" is unused"),
        (
            suppress("relro", "bad", "until = \"2020-01-31\""),
            "the suppression of relro for \"bad\" is expired",
        ),
    ] {
        let idle = profile(&text);
        let output = sarsen(&["check", "--profile", &idle, &bad]);
        assert_eq!(output.status.code(), Some(1), "{}", stdout(&output));
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
        let output = sarsen(&["check", "--format", "json", "--profile", &idle, &bad]);
        let document: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
        assert_eq!(document["idle-suppressions"][0]["rule"], "relro");
    }
}

#[test]
fn built_in_profiles_are_listed_printed_and_used() {
    let list = stdout(&sarsen(&["profiles"]));
    let folder = Folder::new("built-in");
    let good = folder.file("good", &Elf::default().bytes());
    assert_eq!(list.lines().count(), BUILT_IN.len());
    for (name, text) in BUILT_IN {
        assert!(list.contains(name), "{list}");
        assert_eq!(stdout(&sarsen(&["profiles", name])), *text);
        assert_eq!(sarsen(&["check", "--profile", name, &good]).status.code(), Some(0), "{name}");
    }
    let output = sarsen(&["profiles", "grid"]);
    assert_eq!((output.status.code(), stdout(&output)), (Some(2), String::new()));
    assert!(stderr(&output).contains("error[profile-unknown]"), "{}", stderr(&output));
}

#[test]
fn rules_are_data_too() {
    let document = |arguments: &[&str]| -> serde_json::Value {
        serde_json::from_str(&stdout(&sarsen(arguments))).unwrap()
    };
    let all = document(&["rules", "--format", "json"]);
    assert_eq!(all["schema"], "sarsen.rules/1");
    assert_eq!(all["rules"].as_array().unwrap().len(), rules::ALL.len());
    let one = document(&["rules", "relro", "--format", "json"]);
    assert_eq!(one["rules"].as_array().unwrap().len(), 1);
    assert_eq!((&one["rules"][0]["id"], &one["rules"][0]["severity"]), (&"relro".into(), &"deny".into()));
    assert!(one["rules"][0]["why"].as_str().unwrap().ends_with('.'));
}

#[test]
fn a_name_cannot_break_the_line_or_colour_the_terminal() {
    let output = sarsen(&["check", "absent\n\u{1b}[31msarsen: all is well"]);
    assert_eq!(output.status.code(), Some(2));
    let message = stderr(&output);
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(message.contains("absent\\n\\u{1b}[31msarsen"), "{message}");
}
