use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

use super::*;

/// Two folders that are removed with the test.
struct Pair {
    root: PathBuf,
    a: PathBuf,
    b: PathBuf,
}

impl Pair {
    fn new(name: &str) -> Self {
        let root = std::env::temp_dir().join(format!("sarsen-difference-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        let (a, b) = (root.join("a"), root.join("b"));
        fs::create_dir_all(&a).unwrap();
        fs::create_dir_all(&b).unwrap();
        Self { root, a, b }
    }

    fn both(&self, path: &[u8], bytes: &[u8]) {
        for root in [&self.a, &self.b] {
            put(root, path, bytes);
        }
    }

    fn between(&self) -> Option<(String, Vec<String>)> {
        between(&self.a, &self.b).unwrap().map(|difference| (difference.path, difference.summary))
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

fn put(root: &Path, path: &[u8], bytes: &[u8]) {
    let path = root.join(OsStr::from_bytes(path));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// A file with one section of each name, and the bytes of it.
fn elf(sections: &[(&str, &[u8])]) -> Vec<u8> {
    let mut names = vec![0];
    let mut headers = vec![[0_u8; 64]];
    let mut file = vec![0; 64];
    let all = sections.iter().map(|(name, bytes)| (*name, bytes.to_vec())).chain([(".shstrtab", vec![])]);
    for (name, bytes) in all {
        let mut header = [0; 64];
        header[..4].copy_from_slice(&(names.len() as u32).to_le_bytes());
        names.extend(name.bytes().chain([0]));
        let bytes = if name == ".shstrtab" { names.clone() } else { bytes };
        header[4] = if name.starts_with(".note") { 7 } else { 1 };
        header[24..32].copy_from_slice(&(file.len() as u64).to_le_bytes());
        header[32..40].copy_from_slice(&(bytes.len() as u64).to_le_bytes());
        file.extend(bytes);
        headers.push(header);
    }
    let table = file.len() as u64;
    file[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
    file[16] = 3;
    file[18] = 183;
    file[40..48].copy_from_slice(&table.to_le_bytes());
    file[58] = 64;
    file[60] = headers.len() as u8;
    file[62] = headers.len() as u8 - 1;
    file.extend(headers.concat());
    file
}

#[test]
fn what_an_archive_does_not_hold_makes_no_difference() {
    let pair = Pair::new("same");
    pair.both(b"bin/program", b"bytes");
    assert_eq!(pair.between(), None);
    fs::set_permissions(pair.a.join("bin/program"), Permissions::from_mode(0o600)).unwrap();
    fs::set_permissions(pair.b.join("bin/program"), Permissions::from_mode(0o444)).unwrap();
    assert_eq!(pair.between(), None);
    fs::set_permissions(pair.b.join("bin/program"), Permissions::from_mode(0o544)).unwrap();
    assert_eq!(
        pair.between(),
        Some(("bin/program".into(), vec!["executable: expected no, found yes".into()]))
    );
    assert_ne!(crate::nar::hash(&pair.a).unwrap(), crate::nar::hash(&pair.b).unwrap());
}

/// `a-b` comes before `a/b`, though a walk that sorts each folder comes to it later.
#[test]
fn the_first_path_is_that_in_the_order_of_bytes() {
    let pair = Pair::new("order");
    pair.both(b"a/b", b"1");
    pair.both(b"a-b", b"1");
    fs::write(pair.b.join("a/b"), "2").unwrap();
    fs::write(pair.b.join("a-b"), "2").unwrap();
    let (path, summary) = pair.between().unwrap();
    assert_eq!(path, "a-b");
    assert_eq!(summary.last().unwrap(), "1 more of 4 paths differ");
}

#[test]
fn kinds_links_and_what_only_one_has_are_told() {
    let pair = Pair::new("kinds");
    put(&pair.a, b"only", b"1");
    let said = |pair: &Pair| pair.between().unwrap().1.remove(0);
    assert_eq!(said(&pair), "expected a file that is not executable, found nothing");
    fs::create_dir(pair.b.join("only")).unwrap();
    assert_eq!(said(&pair), "expected a file that is not executable, found a folder");
    fs::remove_dir(pair.b.join("only")).unwrap();
    fs::remove_file(pair.a.join("only")).unwrap();
    symlink("/nix/store/x\n", pair.a.join("only")).unwrap();
    symlink("/nix/store/y", pair.b.join("only")).unwrap();
    assert_eq!(said(&pair), r#"expected a link to "/nix/store/x\n", found a link to "/nix/store/y""#);
    fs::remove_file(pair.b.join("only")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(pair.b.join("only")).unwrap();
    assert!(said(&pair).ends_with("found a socket"));
}

#[test]
fn files_are_compared_as_outputs_too_and_what_is_absent_is_an_error() {
    let pair = Pair::new("file");
    pair.both(b"f", b"1\n2\n");
    fs::write(pair.b.join("f"), b"1\n3\n").unwrap();
    let found = between(&pair.a.join("f"), &pair.b.join("f")).unwrap().unwrap();
    assert_eq!(found.path, ".");
    assert_eq!(found.summary, ["the first line that differs is 2", "expected \"2\"", "found \"3\""]);
    assert_eq!(between(&pair.a.join("f"), &pair.b.join("g")).unwrap_err().code, Code::InputMissing);
}

#[test]
fn names_that_are_no_text_are_spelled_and_stay_apart() {
    let pair = Pair::new("names");
    put(&pair.a, b"\xff", b"1");
    put(&pair.b, b"\xfe", b"1");
    let (path, summary) = pair.between().unwrap();
    assert_eq!((path.as_str(), summary.len()), (r"\xfe", 2));
}

#[test]
fn a_text_is_told_by_its_line() {
    let expected = "one\ntwo\nbuilt on Monday\n";
    let lines = bytes::explain(expected.as_bytes(), expected.replace("Monday", "Sunday").as_bytes());
    assert_eq!(lines[0], "the first line that differs is 3");
    assert_eq!(lines[1..], ["expected \"built on Monday\"", "found \"built on Sunday\""]);
    let cut = bytes::explain(expected.as_bytes(), &expected.as_bytes()[..8]);
    assert_eq!(
        cut[1..],
        ["the first line that differs is 3", "expected \"built on Monday\"", "found the end of the file"]
    );
}

#[test]
fn other_bytes_are_counted_and_texts_in_them_shown() {
    let (mut a, mut b) = (vec![0; 100], vec![0; 101]);
    a[40..56].copy_from_slice(b"/build/a/file.rs");
    b[40..56].copy_from_slice(b"/build/b/file.rs");
    assert_eq!(
        bytes::explain(&a, &b),
        [
            "size: expected 100 bytes, found 101",
            "1 byte differs at the same offset, the first at 0x2f",
            "expected there \"/build/a/file.rs\", found \"/build/b/file.rs\""
        ]
    );
}

#[test]
fn the_parts_of_a_program_are_named() {
    let note = |id: u8| [&[4, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0][..], b"GNU\0", &[id, id, 0, 0]].concat();
    let (one, two) = (note(0xaa), note(0xbb));
    let said = bytes::explain(&elf(&[(".text", &[1, 2])]), &elf(&[(".text", &[1, 3])])).join("\n");
    assert!(said.contains("in section \".text\", 0x1 bytes into it, as expected"), "{said}");
    let a =
        elf(&[(".text", &[1, 2, 3, 4]), (".note.gnu.build-id", &one), (".data", &[7; 8]), (".gone", &[1])]);
    let b =
        elf(&[(".text", &[1, 9, 3, 9]), (".note.gnu.build-id", &two), (".data", &[7; 9]), (".come", &[1])]);
    let said = bytes::explain(&a, &b).join("\n");
    for wanted in [
        "the first difference is in the ELF header as expected",
        "build id: expected aaaa, found bbbb",
        "sections only expected: \".gone\"",
        "sections only found: \".come\"",
        "sections of another size: \".data\" 0x8 and 0x9",
        "sections of the same size with other bytes: \".note.gnu.build-id\", \".shstrtab\", \".text\"",
    ] {
        assert!(said.contains(wanted), "{wanted} in\n{said}");
    }
}

/// Damaged at every byte of its headers, and cut at every length.
#[test]
fn nothing_that_is_in_a_file_makes_it_fail() {
    let good =
        elf(&[(".text", &[1, 2, 3, 4]), (".dynsym", &[0; 48]), (".symtab", &[3; 48]), (".strtab", b"\0a\0")]);
    for at in 0..good.len() {
        for value in [0, 0x7f, 0xff] {
            let mut bad = good.clone();
            bad[at] = value;
            bytes::explain(&good, &bad);
            bytes::explain(&bad, &good);
        }
        bytes::explain(&good, &good[..at]);
        bytes::explain(&good[..at], &good);
    }
}

#[test]
fn a_summary_has_an_end() {
    let pair = Pair::new("long");
    let long = "x".repeat(10_000);
    put(&pair.a, b"f", long.as_bytes());
    put(&pair.b, b"f", long.replacen('x', "\u{1b}", 1).as_bytes());
    let (_, summary) = pair.between().unwrap();
    assert!(summary.len() <= LINES && summary.iter().all(|line| line.chars().count() <= LETTERS + 1));
    assert!(!summary.concat().contains('\u{1b}'));
    let names: Vec<String> = (0..200).map(|i| format!(".s{i}{long}")).collect();
    let many: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b"1"[..])).collect();
    put(&pair.a, b"f", &elf(&many));
    put(&pair.b, b"f", &elf(&[]));
    let (_, summary) = pair.between().unwrap();
    assert!(summary.len() <= LINES && summary.iter().all(|line| line.chars().count() <= LETTERS + 1));
}
