use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::Command;

use super::*;
use crate::digest::{hex, sha256};

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("sarsen-nar-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Numbers and texts of an archive, laid out by hand.
fn archive(texts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for text in texts {
        bytes.extend((text.len() as u64).to_le_bytes());
        bytes.extend(*text);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
    }
    bytes
}

#[test]
fn an_archive_is_laid_out_as_the_manual_says() {
    let folder = Folder::new("layout");
    fs::write(folder.0.join("b"), "hello").unwrap();
    fs::write(folder.0.join("a"), "12345678").unwrap();
    fs::set_permissions(folder.0.join("a"), PermissionsExt::from_mode(0o744)).unwrap();
    symlink("../there", folder.0.join("B")).unwrap();
    fs::create_dir(folder.0.join("c")).unwrap();
    #[rustfmt::skip]
    let expected = archive(&[
        b"nix-archive-1", b"(", b"type", b"directory",
        b"entry", b"(", b"name", b"B", b"node", b"(", b"type", b"symlink", b"target", b"../there", b")", b")",
        b"entry", b"(", b"name", b"a", b"node",
        b"(", b"type", b"regular", b"executable", b"", b"contents", b"12345678", b")", b")",
        b"entry", b"(", b"name", b"b", b"node", b"(", b"type", b"regular", b"contents", b"hello", b")", b")",
        b"entry", b"(", b"name", b"c", b"node", b"(", b"type", b"directory", b")", b")",
        b")",
    ]);
    assert_eq!(hash(&folder.0).unwrap(), (sha256(&expected), expected.len() as u64));
    assert_eq!(sri(&sha256(b"abc")), "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
}

#[test]
fn what_no_archive_holds_is_refused_without_waiting() {
    let folder = Folder::new("special");
    let socket = folder.0.join("socket");
    let _listener = UnixListener::bind(&socket).unwrap();
    let fifo = folder.0.join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    for (path, code) in [
        (socket.as_path(), Code::InputSpecial),
        (&fifo, Code::InputSpecial),
        (&folder.0, Code::InputSpecial),
        (Path::new("/dev/null"), Code::InputSpecial),
        (&folder.0.join("absent"), Code::InputMissing),
        // It says 0 bytes and has some.
        (Path::new("/proc/self/status"), Code::InputUnreadable),
    ] {
        let error = hash(path).unwrap_err();
        assert_eq!(error.code, code, "{}: {error}", path.display());
    }
}

/// As deep as a path can name it (PATH_MAX).
#[test]
fn a_deep_tree_is_no_danger() {
    let folder = Folder::new("deep");
    let depth = (4090 - folder.0.as_os_str().len()) / 2;
    fs::create_dir_all(folder.0.join("d/".repeat(depth))).unwrap();
    let inner = archive(&[b"(", b"type", b"directory", b")"]).len();
    let entry = archive(&[b"entry", b"(", b"name", b"d", b"node", b")"]).len();
    let size = archive(&[b"nix-archive-1"]).len() + (depth + 1) * inner + depth * entry;
    assert_eq!(hash(&folder.0).unwrap().1, size as u64);
}

/// What Nix says of trees with every kind of member: sizes around a word and a block, names in an order that is not that
/// of letters, not UTF-8, and links that lead nowhere.
#[test]
fn nix_says_the_same() {
    let folder = Folder::new("nix");
    let tree = folder.0.join("tree");
    fs::create_dir_all(tree.join("deep/er/still")).unwrap();
    fs::create_dir(tree.join("empty")).unwrap();
    for size in [0, 1, 7, 8, 9, BLOCK - 1, BLOCK, 2 * BLOCK + 3] {
        let path = tree.join(format!("deep/size{size}"));
        fs::write(&path, vec![size as u8; size]).unwrap();
        // Each of the other bits alone, then all.
        let mode = [0o600, 0o611, 0o700, 0o755][size % 4];
        fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
    }
    for name in [&b"a.b"[..], b"a-b", b"a", b"A", b"\xff\xfe", b"a b", "\u{e9}".as_bytes()] {
        fs::write(tree.join(std::ffi::OsStr::from_bytes(name)), name).unwrap();
    }
    symlink("nowhere", tree.join("deep/er/link")).unwrap();
    symlink(&tree, tree.join("deep/er/still/loop")).unwrap();
    for path in
        [tree.clone(), tree.join("deep/er/link"), tree.join("a"), tree.join("deep/size8"), tree.join("empty")]
    {
        let Ok(output) = Command::new("nix-store").arg("--dump").arg(&path).output() else {
            println!("skipped: there is no nix-store to compare with");
            return;
        };
        if !output.status.success() {
            println!("skipped: nix-store: {}", String::from_utf8_lossy(&output.stderr));
            return;
        }
        let (digest, size) = hash(&path).unwrap();
        assert_eq!(size, output.stdout.len() as u64, "{}", path.display());
        assert_eq!(hex(&digest), hex(&sha256(&output.stdout)), "{}", path.display());
        let arguments = ["--extra-experimental-features", "nix-command", "hash", "path"];
        let output = Command::new("nix").args(arguments).arg(&path).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), sri(&digest), "{}", path.display());
    }
}
