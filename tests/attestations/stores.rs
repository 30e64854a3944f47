//! `sarsen trust`: what it writes is read back, and what would be no trust store is not written.

use std::os::unix::ffi::OsStringExt;
use std::process::Command;

use sarsen::attest::trust::Trust;
use sarsen::key::Sign;

use super::*;

/// Runs the program in a folder, with words that have no spaces.
pub fn run(folder: &Folder, words: &str) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_sarsen"))
        .args(words.split(' '))
        .current_dir(&folder.0)
        .output()
        .unwrap();
    (output.status.code().unwrap(), stdout(&output), stderr(&output))
}

/// A folder with the public keys of the builders.
pub fn keys(name: &str) -> Folder {
    let folder = Folder::new(&format!("stores-{name}"));
    for (name, key) in
        [("utility-1", utility()), ("laboratory-1", laboratory()), ("vendor-1", vendor()), ("press", press())]
    {
        folder.file(&format!("{name}.pub"), key.public().pem().as_bytes());
    }
    folder.file("sm2.pub", utility_sm2().public().pem().as_bytes());
    let pem = utility_sm2().public().pem();
    folder.file("nameless.pub", pem.split_once('\n').unwrap().1.as_bytes());
    folder.private("secret.pem", utility().pem().as_bytes());
    folder
}

pub fn read(folder: &Folder, name: &str) -> String {
    std::fs::read_to_string(folder.0.join(name)).unwrap()
}

#[test]
fn stores_are_made_and_keys_are_added_behind_what_is_there() {
    let folder = keys("store");
    let (exit, _, said) = run(&folder, "trust init -o t.toml");
    assert_eq!((exit, said.contains("no key is trusted yet")), (0, true), "{said}");
    assert!(Trust::parse(&read(&folder, "t.toml"), "t").is_err(), "nobody is trusted");
    let own = read(&folder, "t.toml")
        + "# ours\r\n[[key]]  # by hand\nname='vendor-1'\norganisation = \"vendor.example\"\n";
    let own = own
        + &entry("x", "y", &vendor(), "roles = [ \"release\" ]").split_once("algorithm").unwrap().1.replacen(
            " =",
            "algorithm =",
            1,
        );
    let own = own.trim_end().to_owned();
    folder.file("t.toml", own.as_bytes());
    support::set_mode(&folder.0.join("t.toml"), 0o640);
    std::os::unix::fs::symlink("t.toml", folder.0.join("link")).unwrap();
    let words = "trust add --trust link --organisation utility.example utility-1.pub sm2.pub";
    let (exit, out, said) = run(&folder, words);
    assert_eq!((exit, out.as_str()), (0, ""), "{said}");
    assert!(
        said.contains(&format!("utility-1 of utility.example, ed25519 {}", utility().public().id())),
        "{said}"
    );
    let roles = "--role release --role rebuilder";
    let words = format!("trust add --trust t.toml --organisation press.example {roles} --name p press.pub");
    assert_eq!(run(&folder, &words).0, 0);
    let text = read(&folder, "t.toml");
    assert!(text.starts_with(&(own + "\n")), "{text}");
    assert!(folder.0.join("link").is_symlink());
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&folder.0.join("t.toml").metadata().unwrap().permissions());
    assert_eq!(mode & 0o777, 0o640);
    let trust = Trust::parse(&text, "t").unwrap();
    let all: Vec<_> = trust
        .keys()
        .iter()
        .map(|key| (key.name.as_str(), key.organisation.as_str(), key.roles.len()))
        .collect();
    let expected = [
        ("vendor-1", "vendor.example", 1),
        ("utility-1", "utility.example", 1),
        ("sm2", "utility.example", 1),
        ("p", "press.example", 2),
    ];
    assert_eq!(all, expected);
    assert_eq!(trust.find("sm2").unwrap().public, *utility_sm2().public(), "with its identity");
    let (exit, out, _) =
        run(&folder, "trust init --organisation o --name a --name b utility-1.pub press.pub");
    assert_eq!((exit, Trust::parse(&out, "t").unwrap().keys().len()), (0, 2));
}

#[test]
fn names_are_read_back_as_they_are_or_refused() {
    let folder = keys("names");
    for (name, is_name) in [
        ("a\"]\nb", false),
        ("\u{1b}[2J", false),
        ("a\tb", false),
        (" a", false),
        ("", false),
        ("\"\"\"", true),
        ("a\\u0041'#\"", true),
        ("]] [[key]] = {}", true),
        ("电网-1", true),
        ("a\u{202e}b\u{2028}c", false),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_sarsen"))
            .args(["trust", "init", "--name", name, "--organisation", name, "utility-1.pub"])
            .current_dir(&folder.0)
            .output()
            .unwrap();
        let (text, said) = (stdout(&output), stderr(&output));
        assert_eq!(output.status.code(), Some(if is_name { 0 } else { 2 }), "{name:?}: {said}");
        if is_name {
            let trust = Trust::parse(&text, "t").unwrap();
            assert_eq!((&*trust.keys()[0].name, &*trust.keys()[0].organisation), (name, name));
        } else {
            // Of the key and of its organisation.
            assert_eq!((text.as_str(), codes(&said)), ("", vec!["trust-invalid"; 2]), "{name:?}: {said}");
        }
        assert!(!text.contains(['\u{1b}', '\u{202e}', '\u{2028}']), "{text}");
        assert!(!said.contains(['\u{1b}', '\u{202e}', '\u{2028}']), "{said}");
    }
}

#[test]
fn what_would_be_no_store_is_not_written() {
    let folder = keys("refused");
    assert_eq!(run(&folder, "trust init --organisation utility.example -o t utility-1.pub").0, 0);
    let before = read(&folder, "t");
    folder.file("list", b"key = [{ name = \"a\" }]\n");
    folder.file("broken", (before.clone() + "[[key]]\nname = \"cut").as_bytes());
    folder.file("latin", b"# \xe9\n");
    std::fs::create_dir(folder.0.join("folder")).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, folder.0.join("fifo"), 0o600.into()).unwrap();
    let add = |more: &str| format!("trust add --organisation utility.example {more}");
    for (words, code, said) in [
        (add("--trust t --name twin utility-1.pub"), "trust-invalid", "the same key under two names"),
        (add("--trust t --name utility-1 press.pub"), "trust-invalid", "two keys are called utility-1"),
        (add("--trust t press.pub press.pub"), "trust-invalid", "two keys are called press"),
        (add("--trust t secret.pem"), "key-kind", "is a private key"),
        (add("--trust t nameless.pub"), "key-identity", "name it with --identity"),
        (add("--trust t --identity a press.pub"), "key-identity", "would say nothing"),
        (add("--trust t --name a --name b press.pub"), "trust-invalid", "--name is given 2 times for 1 keys"),
        (add("--trust t t"), "key-invalid", "is no key in PEM"),
        (add("--trust t absent.pub"), "input-missing", "absent.pub"),
        (add("--trust absent press.pub"), "input-missing", "`sarsen trust init` makes"),
        (add("--trust list press.pub"), "trust-invalid", "no key is added"),
        (add("--trust broken press.pub"), "trust-invalid", "line "),
        (add("--trust latin press.pub"), "trust-invalid", "is not UTF-8"),
        (add("--trust fifo press.pub"), "input-special", "is a FIFO"),
        (add("--trust folder press.pub"), "input-directory", "is a directory"),
        (
            "trust add --trust t --organisation Utility.example press.pub".into(),
            "trust-invalid",
            "written in two ways",
        ),
        ("trust init --organisation o -o t press.pub".into(), "output-exists", "would be lost"),
        ("trust init -o folder".into(), "output-exists", "folder exists"),
        ("trust init -o fifo".into(), "output-exists", "fifo exists"),
        ("trust init -o absent/t".into(), "output-missing", "create it first"),
    ] {
        let (exit, out, errors) = run(&folder, &words);
        assert_eq!((exit, out.as_str(), codes(&errors)), (2, "", vec![code]), "{words}: {errors}");
        assert!(errors.contains(said), "{words}: {errors}");
        assert_eq!(read(&folder, "t"), before, "{words}");
    }
    for words in [
        "trust add --trust t",
        "trust init press.pub",
        "trust init --organisation o",
        &add("--trust t --role all press.pub"),
    ] {
        assert_eq!(run(&folder, words).0, 2, "{words}");
    }
    let long = format!("trust init -o {}", "n".repeat(300));
    let (exit, _, errors) = run(&folder, &long);
    assert_eq!((exit, codes(&errors)), (4, vec!["output-failed"]), "{errors}");
}

#[test]
fn a_key_file_whose_name_is_no_text_wants_another_name() {
    let folder = keys("bytes");
    let path = folder.0.join(std::ffi::OsString::from_vec(b"k\xff.pub".to_vec()));
    std::fs::write(&path, press().public().pem()).unwrap();
    let init = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sarsen"));
        let output =
            command.args(["trust", "init", "--organisation", "o"]).args(more).arg(&path).output().unwrap();
        (output.status.code().unwrap(), stderr(&output))
    };
    let (exit, said) = init(&[]);
    assert_eq!((exit, codes(&said)), (2, vec!["trust-invalid"]), "{said}");
    assert!(said.contains("give one with --name"), "{said}");
    assert_eq!(init(&["--name", "k"]).0, 0);
    let store = folder.0.join(std::ffi::OsString::from_vec(b"t\xff".to_vec()));
    let command = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sarsen"));
        command.args(words).arg(&store).args(["--organisation", "o", "press.pub"]).current_dir(&folder.0);
        command.output().unwrap().status.code()
    };
    assert_eq!(command(&["trust", "init", "-o"]), Some(0));
    assert_eq!(command(&["trust", "add", "--name", "twin", "--trust"]), Some(2));
    assert_eq!(Trust::parse(&std::fs::read_to_string(&store).unwrap(), "t").unwrap().keys().len(), 1);
}

/// Keys that are added at the same time are all there.
#[test]
fn keys_added_at_the_same_time_are_all_kept() {
    let folder = Folder::new("stores-race");
    for seed in 10..18 {
        folder.file(&format!("{seed}.pub"), ed25519(seed).public().pem().as_bytes());
    }
    assert_eq!(run(&folder, "trust init -o t").0, 0);
    std::thread::scope(|scope| {
        for seed in 10..18 {
            let folder = &folder;
            scope.spawn(move || {
                let words = format!("trust add --trust t --organisation o{seed} {seed}.pub");
                assert_eq!(run(folder, &words).0, 0);
            });
        }
    });
    assert_eq!(Trust::parse(&read(&folder, "t"), "t").unwrap().keys().len(), 8);
}

#[test]
fn without_permission_the_store_stays_as_it_is() {
    let folder = keys("permission");
    assert_eq!(run(&folder, "trust init --organisation o -o t utility-1.pub").0, 0);
    let (store, before) = (folder.0.join("t"), read(&folder, "t"));
    support::set_mode(&store, 0);
    if std::fs::read(&store).is_ok() {
        support::limited("this user may read everything (root)");
        return;
    }
    let add = || {
        let (exit, _, errors) = run(&folder, "trust add --trust t --organisation o press.pub");
        (exit, codes(&errors).join(" "))
    };
    assert_eq!(add(), (2, "input-unreadable".into()));
    support::set_mode(&store, 0o644);
    support::set_mode(&folder.0, 0o500);
    assert_eq!(add(), (4, "output-failed".into()));
    support::set_mode(&folder.0, 0o700);
    assert_eq!(read(&folder, "t"), before);
}
