//! `sarsen digest`: its lines are judged by coreutils and OpenSSL, and it judges theirs.

mod support;

use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use support::{Folder, stderr, stdout};

/// Runs a program in `folder` with `input`; nothing, and a message, if it is not installed.
fn run(program: &str, arguments: &[&str], folder: &Path, input: &[u8]) -> Option<Output> {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let Ok(mut child) = command.spawn() else {
        support::skip(&format!("there is no {program}"));
        return None;
    };
    // Whoever reads nothing has closed it.
    let _ = child.stdin.take().unwrap().write_all(input);
    Some(child.wait_with_output().unwrap())
}

fn sarsen(arguments: &[&str], folder: &Path, input: &[u8]) -> Output {
    run(env!("CARGO_BIN_EXE_sarsen"), arguments, folder, input).unwrap()
}

/// Files with all sorts of names, and of sizes below and above what is read at a time.
fn files(folder: &Folder) -> Vec<&'static str> {
    let names = vec!["empty", "small", "a b", "x)y = (z", " *lead", "line\nbreak", "back\\slash", "big"];
    for (index, name) in names.iter().enumerate() {
        folder.file(name, name.repeat(index * index).as_bytes());
    }
    let big: Vec<u8> = (0..3_000_000u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    folder.file("big", &big);
    names
}

/// Whether cksum knows SM3 (coreutils 9.0).
fn has_cksum() -> bool {
    let output = Command::new("cksum").args(["-a", "sm3", "/dev/null"]).stderr(Stdio::null()).output();
    let has = output.is_ok_and(|output| output.status.success());
    if !has {
        support::skip("there is no cksum that knows SM3");
    }
    has
}

#[test]
fn coreutils_accepts_every_line() {
    let folder = Folder::new("digest-lines");
    let names = files(&folder);
    for (arguments, judge, judge_arguments) in [
        (&["digest"][..], "cksum", &["--check", "--strict"][..]),
        (&["digest", "--algorithm", "sha256"], "sha256sum", &["--check", "--strict"]),
        (&["digest", "--algorithm", "sm3"], "cksum", &["--algorithm", "sm3", "--check", "--strict"]),
    ] {
        if judge == "cksum" && !has_cksum() {
            continue;
        }
        let output = sarsen(&[arguments, &names].concat(), &folder.0, b"");
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let Some(judged) = run(judge, judge_arguments, &folder.0, &output.stdout) else { continue };
        assert!(judged.status.success(), "{}{}", stdout(&judged), stderr(&judged));
        let lines = if arguments.len() == 1 { 2 } else { 1 };
        assert_eq!(stdout(&judged).matches(": OK").count(), lines * names.len(), "{}", stdout(&judged));
        // It judges: one digit changed is refused.
        let mut changed = output.stdout.clone();
        let digit =
            changed.iter().rposition(u8::is_ascii_hexdigit).filter(|_| arguments.len() == 1).unwrap_or(0);
        changed[digit] = if changed[digit] == b'0' { b'1' } else { b'0' };
        let judged = run(judge, judge_arguments, &folder.0, &changed).unwrap();
        assert!(!judged.status.success() && stdout(&judged).contains(": FAILED"), "{}", stdout(&judged));
    }
}

#[test]
fn the_lists_of_others_are_accepted() {
    let folder = Folder::new("digest-lists");
    let names = files(&folder);
    // OpenSSL escapes no names.
    let plain: Vec<&str> = names.iter().copied().filter(|name| !name.contains(['\n', '\\'])).collect();
    let mut makers = vec![
        ("sha256sum", vec![], &names, "sha256"),
        ("sha256sum", vec!["--tag"], &names, "sha256"),
        ("openssl", vec!["dgst", "-sm3"], &plain, "sm3"),
        ("openssl", vec!["dgst", "-sha256"], &plain, "sha256"),
        ("openssl", vec!["dgst", "-r", "-sm3"], &plain, "sm3"),
    ];
    if has_cksum() {
        makers.push(("cksum", vec!["-a", "sm3"], &names, "sm3"));
        makers.push(("cksum", vec!["-a", "sm3", "--untagged"], &names, "sm3"));
    }
    for (maker, mut arguments, names, algorithm) in makers {
        arguments.extend(names);
        let Some(list) = run(maker, &arguments, &folder.0, b"") else { continue };
        assert!(list.status.success(), "{maker} {arguments:?}: {}", stderr(&list));
        let output = sarsen(&["digest", "--check", "--algorithm", algorithm, "-"], &folder.0, &list.stdout);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{maker} {arguments:?}: {}{}",
            stdout(&output),
            stderr(&output)
        );
        let ok = format!(": OK ({algorithm})\n");
        assert_eq!(stdout(&output).matches(&ok).count(), names.len(), "{}", stdout(&output));
    }
}

#[test]
fn all_digests_of_a_file_must_fit() {
    let folder = Folder::new("digest-all");
    let names = files(&folder);
    let list = sarsen(&[&["digest"][..], &names].concat(), &folder.0, b"").stdout;
    let check = |list: &str| sarsen(&["digest", "--check", "-"], &folder.0, list.as_bytes());
    let list = String::from_utf8(list).unwrap();
    assert_eq!(check(&list).status.code(), Some(0));
    for tag in ["SM3 (small) = ", "SHA256 (small) = "] {
        let line = list.lines().find(|line| line.starts_with(tag)).unwrap();
        // Another digest of the right length, and the same file named again with another digest.
        let (_, digest) = line.split_once(" = ").unwrap();
        let other = digest.chars().rev().collect::<String>();
        for text in [list.replace(digest, &other), format!("{list}{tag}{other}\n")] {
            let output = check(&text);
            assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
            let failed: Vec<_> =
                stdout(&output).lines().filter(|l| !l.contains(": OK")).map(str::to_owned).collect();
            let name = if tag.starts_with("SM3") { "sm3" } else { "sha256" };
            assert_eq!(failed, [format!("small: FAILED ({name} is {digest}, not {other})")]);
        }
    }
    // A changed file differs by both.
    folder.file("small", b"changed");
    let output = sarsen(&["digest", "--check", "--format", "json", "-"], &folder.0, list.as_bytes());
    assert_eq!(output.status.code(), Some(1));
    let document: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(document["files"][1]["differing"], serde_json::json!(["sha256", "sm3"]));
    assert_eq!(document["files"][0]["differing"], serde_json::json!([]));
}

#[test]
fn a_digest_by_the_other_algorithm_is_named() {
    let folder = Folder::new("digest-other");
    folder.file("f", b"bytes");
    folder.file("g", b"other bytes");
    let by = |algorithm: &str, file: &str| {
        let line = stdout(&sarsen(&["digest", "-a", algorithm, file], &folder.0, b""));
        line.split(' ').next().unwrap().to_owned()
    };
    let (sha256, sm3) = (by("sha256", "f"), by("sm3", "f"));
    let check = |algorithm: &str, list: &str| {
        let output = sarsen(&["digest", "--check", "-a", algorithm, "-"], &folder.0, list.as_bytes());
        (output.status.code(), stdout(&output))
    };
    for (asked, other, right, wrong) in [("sha256", "sm3", &sha256, &sm3), ("sm3", "sha256", &sm3, &sha256)] {
        let list = format!("{wrong}  f\n");
        let hint = format!("it is the {}: give -a {other}", other.to_uppercase());
        assert_eq!(
            check(asked, &list),
            (Some(1), format!("f: FAILED ({asked} is {right}, not {wrong}; {hint})\n"))
        );
        assert_eq!(check(other, &list), (Some(0), format!("f: OK ({other})\n")), "what it says helps");
        // With -a a line that names its algorithm would be no other.
        let (exit, said) = check(asked, &format!("{} (f) = {wrong}\n", asked.to_uppercase()));
        assert_eq!(exit, Some(1));
        assert!(said.ends_with(&format!(
            "it is the {}: the line names the wrong algorithm)\n",
            other.to_uppercase()
        )));
        // A changed file, one digest of two, and standard input: nothing is claimed.
        for list in
            [format!("{wrong}  g\n"), format!("{wrong}  f\n{}  f\n", "0".repeat(64)), format!("{wrong}  -\n")]
        {
            let (_, said) = check(asked, &list);
            assert!(!said.contains("it is the"), "{said}");
        }
    }
}

#[test]
fn what_a_list_leaves_unproved_is_an_error() {
    let folder = Folder::new("digest-unproved");
    folder.file("here", b"here");
    let good = stdout(&sarsen(&["digest", "here"], &folder.0, b""));
    for (list, code, said) in [
        (format!("{good}words\n"), "digest-list-invalid", "line 3 of - is no digest"),
        (good.replace("(here)", "(absent)"), "input-missing", "there is no file absent"),
        (good.replace("SM3", "SHA512"), "digest-list-invalid", "line 2 of - is no digest"),
        (String::new(), "digest-list-invalid", "- holds no digest"),
    ] {
        let output = sarsen(&["digest", "--check", "-"], &folder.0, list.as_bytes());
        assert_eq!(output.status.code(), Some(2), "{list}");
        let error = stderr(&output);
        assert!(error.contains(&format!("error[{code}]")) && error.contains(said), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
    // The larger reason wins, and what can be compared is.
    let list = format!("{}words\n", "0".repeat(64) + "  here\n");
    let output = sarsen(&["digest", "--check", "-"], &folder.0, list.as_bytes());
    assert_eq!(output.status.code(), Some(2), "{}", stdout(&output));
    assert!(stdout(&output).starts_with("here: FAILED (sha256 is "), "{}", stdout(&output));
}

#[test]
fn openssl_computes_the_same() {
    let folder = Folder::new("digest-openssl");
    files(&folder);
    let lines = stdout(&sarsen(&["digest", "big"], &folder.0, b""));
    let piped = std::fs::read(folder.0.join("big")).unwrap();
    let stdin = stdout(&sarsen(&["digest", "-"], &folder.0, &piped));
    assert_eq!(stdin, lines.replace("(big)", "(-)"));
    for (option, tag) in [("-sha256", "SHA256"), ("-sm3", "SM3")] {
        let Some(output) = run("openssl", &["dgst", "-r", option, "big"], &folder.0, b"") else { return };
        let digest = stdout(&output);
        let digest = digest.split(' ').next().unwrap();
        assert!(lines.contains(&format!("{tag} (big) = {digest}\n")), "{lines}\nopenssl: {digest}");
        // Each alone is the same.
        let alone = sarsen(&["digest", "--algorithm", &tag.to_lowercase(), "big"], &folder.0, b"");
        assert_eq!(stdout(&alone), format!("{digest}  big\n"));
    }
}

#[test]
fn results_come_in_the_order_of_the_arguments_beside_errors() {
    let folder = Folder::new("digest-order");
    files(&folder);
    let fifo = folder.0.join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let names =
        ["big", "fifo", "small", "absent", ".", "/dev/zero", "empty", "/proc/self/mem", "small/x", "big"];
    let output = sarsen(&[&["digest", "--format", "json"][..], &names].concat(), &folder.0, b"");
    assert_eq!(output.status.code(), Some(2));
    let document: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(document["schema"], "sarsen.digest/1");
    let said = document["files"].as_array().unwrap().iter().map(|file| {
        let what = file["error"]["code"].as_str().unwrap_or(if file["digest"]["sm3"].is_string() {
            "ok"
        } else {
            "?"
        });
        (file["path"].as_str().unwrap(), what)
    });
    let codes = [
        "ok",
        "input-special",
        "ok",
        "input-missing",
        "input-directory",
        "input-special",
        "ok",
        "input-unreadable",
        "input-unreadable",
        "ok",
    ];
    assert_eq!(said.collect::<Vec<_>>(), names.into_iter().zip(codes).collect::<Vec<_>>());
    assert_eq!(document["files"][0]["size"], 12_000_000);
    let errors = stderr(&output);
    assert_eq!(errors.lines().count(), 6, "{errors}");
    assert!(errors.lines().all(|line| line.starts_with("sarsen: error[input-")), "{errors}");
}

#[test]
fn standard_input_is_read_once() {
    let folder = Folder::new("digest-stdin");
    let output = sarsen(&["digest", "-", "-"], &folder.0, b"text");
    assert_eq!((output.status.code(), stdout(&output)), (Some(2), String::new()));
    assert!(stderr(&output).contains("named twice"), "{}", stderr(&output));
}

#[test]
fn names_that_are_not_utf8_keep_their_bytes_in_lines() {
    let folder = Folder::new("digest-bytes");
    let name = std::ffi::OsStr::from_bytes(b"na\xffme");
    std::fs::write(folder.0.join(name), "x").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_sarsen"))
        .arg("digest")
        .arg(name)
        .current_dir(&folder.0)
        .output()
        .unwrap();
    assert!(output.stdout.starts_with(b"SHA256 (na\xffme) = "));
    let checked = sarsen(&["digest", "--check", "-"], &folder.0, &output.stdout);
    assert_eq!(checked.status.code(), Some(0), "{}", stderr(&checked));
}

#[test]
fn a_path_has_the_hash_that_nix_gives_it() {
    let folder = Folder::new("digest-nar");
    std::fs::create_dir(folder.0.join("tree")).unwrap();
    folder.file("tree/file", b"content");
    let output = sarsen(&["digest", "--nar", "tree", "absent"], &folder.0, b"");
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("error[input-missing]"));
    let printed = stdout(&output);
    let arguments = ["--extra-experimental-features", "nix-command", "hash", "path", "tree"];
    let Some(nix) = run("nix", &arguments, &folder.0, b"") else { return };
    assert_eq!(printed, format!("{}  nar:tree\n", stdout(&nix).trim()), "{}", stderr(&nix));
}
