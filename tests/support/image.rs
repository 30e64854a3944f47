//! Folders, outsiders' tools that pack them, and all that a tree says of its files.

use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{fs, thread};

use sarsen::rootfs::{Kind, Node, Tree};

use crate::support::Folder;

/// Runs a tool over `input`; `None`, and a line that says so, if it is not installed.
pub fn tool(arguments: &[&str], folder: &Path, input: &[u8]) -> Option<Vec<u8>> {
    let child = Command::new(arguments[0])
        .args(&arguments[1..])
        .current_dir(folder)
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = child else {
        crate::support::skip(&format!("there is no {}", arguments[0]));
        return None;
    };
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    let _ = writer.join();
    assert!(output.status.success(), "{arguments:?} failed: {}", output.status);
    Some(output.stdout)
}

/// Path, kind, mode, owner, group, size and content.
pub type Item = (PathBuf, Kind, u32, u32, u32, u64, Vec<u8>);

/// Everything that a tree says of its files.
pub fn everything(tree: &Tree) -> Vec<Item> {
    tree.walk(Path::new("/"))
        .map(|item| {
            let (path, node) = item.unwrap();
            let bytes = if node.is_file() { tree.read(&node).unwrap().into_owned() } else { Vec::new() };
            let Node { kind, mode, uid, gid, size, .. } = node;
            (path, kind, mode, uid, gid, size, bytes)
        })
        .collect()
}

/// A folder with one of each kind that can be made without being root, and devices if we are.
pub fn device(name: &str) -> Folder {
    let folder = Folder::new(name);
    let root = &folder.0;
    let deep = "a-rather-long-name-of-a-folder/".repeat(12);
    for path in ["bin", "etc/empty", "usr/lib", &deep] {
        fs::create_dir_all(root.join(path)).unwrap();
    }
    for (path, bytes, mode) in [
        ("bin/app", &b"\x7fELF and more"[..], 0o4755),
        ("etc/none", b"", 0o600),
        ("etc/with space", b"x\n", 0o644),
        ("usr/lib/big", &vec![7; 200_000], 0o444),
        (&format!("{deep}file"), b"deep", 0o644),
        (&"n".repeat(255), b"long", 0o644),
    ] {
        fs::write(root.join(path), bytes).unwrap();
        crate::support::set_mode(&root.join(path), mode);
    }
    fs::write(root.join(OsStr::from_bytes(b"etc/\xff\xfe")), "not UTF-8").unwrap();
    fs::hard_link(root.join("bin/app"), root.join("usr/lib/same")).unwrap();
    symlink("usr/lib", root.join("lib")).unwrap();
    symlink("t".repeat(300), root.join("far")).unwrap();
    for arguments in
        [&["mkfifo", "pipe"][..], &["mknod", "null", "c", "1", "3"], &["mknod", "disk", "b", "259", "70000"]]
    {
        let made =
            Command::new(arguments[0]).args(&arguments[1..]).current_dir(root).stderr(Stdio::null()).status();
        if !made.is_ok_and(|status| status.success()) {
            crate::support::limited(&format!("no such file can be made here: {arguments:?}"));
        }
    }
    folder
}

/// The archive's bytes in every form in which they may come, by tools that are installed.
pub fn packed(folder: &Path, plain: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut forms = vec![("plain", plain.to_owned())];
    for (name, arguments) in [
        ("gzip", &["gzip", "-n"][..]),
        ("xz", &["xz", "--check=crc32"]),
        ("xz crc64", &["xz", "-0", "--block-size=65536"]),
        ("zstd", &["zstd", "-q", "--check"]),
        ("zstd fast", &["zstd", "-q", "--fast", "--no-check"]),
    ] {
        forms.extend(tool(arguments, folder, plain).map(|bytes| (name, bytes)));
    }
    forms
}
