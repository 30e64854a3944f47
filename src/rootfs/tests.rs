use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::{env, fs, process};

use super::archive::Archive;
use super::source::Source;
use super::{Errno, Kind, Tree};
use crate::error::Code;

/// A folder of one test's own, removed when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = env::temp_dir().join(format!("sarsen-rootfs-{name}-{}", process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// `/usr/lib/libc.so`, `/lib -> usr/lib`, and links that lead out, in a circle and nowhere.
fn device(name: &str) -> (Folder, Tree) {
    let folder = Folder::new(name);
    let root = &folder.0;
    fs::create_dir_all(root.join("usr/lib")).unwrap();
    fs::write(root.join("usr/lib/libc.so"), "musl").unwrap();
    for (target, link) in [
        ("usr/lib", "lib"),
        ("libc.so", "usr/lib/ld.so.1"),
        ("/lib/ld.so.1", "loader"),
        ("../../../../../../../../usr/lib/libc.so", "usr/out"),
        ("/loader", "usr/absolute"),
        ("/etc/passwd", "passwd"),
        ("../../../../../../../../../../../../proc/self/maps", "maps"),
        ("b", "a"),
        ("a", "b"),
        ("/", "top"),
        ("../x/ld.so", "usr/nowhere"),
    ] {
        symlink(target, root.join(link)).unwrap();
    }
    let tree = Tree::open(root).unwrap();
    (folder, tree)
}

fn end(tree: &Tree, path: &str) -> Result<String, (Errno, String)> {
    match tree.resolve(Path::new(path)) {
        Ok((path, _)) => Ok(path.to_str().unwrap().to_owned()),
        Err(obstacle) => Err((obstacle.errno, obstacle.path.to_str().unwrap().to_owned())),
    }
}

#[test]
fn links_stay_in_the_root() {
    let (_folder, tree) = device("links");
    for path in [
        "/loader",
        "loader",
        "/lib/libc.so",
        "/usr/out",
        "/usr/absolute",
        "/top/lib/../lib/ld.so.1",
        "//lib//ld.so.1",
    ] {
        assert_eq!(end(&tree, path), Ok("/usr/lib/libc.so".into()), "{path}");
    }
    for (path, last) in [("/passwd", "/etc"), ("/maps", "/proc"), ("/passwd/x", "/etc")] {
        assert_eq!(end(&tree, path), Err((Errno::ENOENT, last.into())), "{path}");
    }
    assert_eq!(end(&tree, "/../../.."), Ok("/".into()));
    assert_eq!(end(&tree, "/top/"), Ok("/".into()));
}

#[test]
fn obstacles_are_the_kernels() {
    let (folder, tree) = device("obstacles");
    let long = "n".repeat(256);
    let deep = "a/".repeat(2048);
    for (path, errno, last) in [
        ("", Errno::ENOENT, ""),
        ("/bin/sh", Errno::ENOENT, "/bin"),
        ("/usr/lib/libc.so/", Errno::ENOTDIR, "/usr/lib/libc.so"),
        ("/loader/x", Errno::ENOTDIR, "/usr/lib/libc.so"),
        ("/loader/.", Errno::ENOTDIR, "/usr/lib/libc.so"),
        ("/loader/..", Errno::ENOTDIR, "/usr/lib/libc.so"),
        (&long, Errno::ENAMETOOLONG, &format!("/{long}")),
        (&deep, Errno::ENAMETOOLONG, &deep),
    ] {
        assert_eq!(end(&tree, path), Err((errno, last.into())), "{path}");
    }
    assert_eq!(end(&tree, "/a").unwrap_err().0, Errno::ELOOP);
    let obstacle = tree.resolve(Path::new("/usr/nowhere")).unwrap_err();
    assert_eq!(obstacle.to_string(), "/usr/nowhere -> ../x/ld.so: there is no /x");
    // 40 links are followed, 41 are not.
    for link in 0..41 {
        symlink(format!("n{link}"), folder.0.join(format!("n{}", link + 1))).unwrap();
    }
    fs::write(folder.0.join("n0"), "").unwrap();
    assert_eq!(end(&tree, "/n40"), Ok("/n0".into()));
    assert_eq!(end(&tree, "/n41").unwrap_err().0, Errno::ELOOP);
}

#[test]
fn the_last_link_is_a_node_of_its_own() {
    let (_folder, tree) = device("last");
    let node = tree.node(Path::new("/lib/ld.so.1")).unwrap();
    assert_eq!((node.kind, node.size), (Kind::Link("libc.so".into()), 7));
    assert!(tree.node(Path::new("/lib/")).unwrap().is_directory());
    let node = tree.node(Path::new("/lib/libc.so")).unwrap();
    assert_eq!(*tree.read(&node).unwrap(), *b"musl");
    assert_eq!(*tree.head(&node, 2).unwrap(), *b"mu");
    assert!(tree.read(&tree.node(Path::new("/lib")).unwrap()).is_err());
}

#[test]
fn a_file_is_laid_over_the_tree() {
    let (_folder, tree) = device("over");
    let tree = tree.with_file(Path::new("/lib/new/app"), b"ELF".to_vec(), 0o4755).unwrap();
    let tree = tree.with_file(Path::new("/loader"), b"other".to_vec(), 0o600).unwrap();
    let (path, node) = tree.resolve(Path::new("/lib/new/app")).unwrap();
    assert_eq!((path.to_str(), node.mode), (Some("/usr/lib/new/app"), 0o4755));
    assert!(node.is_executable() && node.is_setuid());
    assert_eq!(*tree.read(&node).unwrap(), *b"ELF");
    let node = tree.node(Path::new("/loader")).unwrap();
    assert_eq!(*tree.read(&node).unwrap(), *b"other");
    assert!(!node.is_executable());
    let paths: Vec<_> =
        tree.walk(Path::new("/lib")).map(|item| item.unwrap().0.to_str().unwrap().to_owned()).collect();
    assert_eq!(
        paths,
        ["/usr/lib/ld.so.1", "/usr/lib/libc.so", "/usr/lib/new", "/usr/lib/new/app"].map(String::from)
    );
    for (at, errno) in [
        ("/usr", Errno::EISDIR),
        ("/", Errno::EISDIR),
        ("/loader/x", Errno::ENOTDIR),
        ("/passwd/x", Errno::ENOENT),
        ("/a/x", Errno::ELOOP),
    ] {
        let (_folder, tree) = device("over-again");
        let tree = tree.with_file(Path::new("/loader"), Vec::new(), 0o644).unwrap();
        assert_eq!(tree.with_file(Path::new(at), Vec::new(), 0o644).unwrap_err().errno, errno, "{at}");
    }
}

#[test]
fn a_tree_is_shared_by_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Tree>();
}

#[test]
fn a_walk_names_what_it_cannot_see() {
    let (folder, tree) = device("walk");
    let mut walk = tree.walk(Path::new("/"));
    assert_eq!(walk.next().unwrap().unwrap().0, Path::new("/a"));
    fs::remove_file(folder.0.join("b")).unwrap();
    assert!(walk.next().unwrap().unwrap_err().message.contains("/b of the image"));
    assert!(walk.all(|item| item.is_ok()));
    assert!(tree.walk(Path::new("/nothing")).next().unwrap().is_err());
}

#[test]
fn a_replaced_file_is_not_read() {
    let (folder, tree) = device("replaced");
    let node = tree.node(Path::new("/usr/lib/libc.so")).unwrap();
    let other = folder.0.join("other");
    fs::write(&other, "else").unwrap();
    fs::rename(&other, folder.0.join("usr/lib/libc.so")).unwrap();
    assert!(tree.read(&node).unwrap_err().message.contains("was replaced"));
    fs::remove_file(folder.0.join("usr/lib/libc.so")).unwrap();
    symlink("/etc/passwd", folder.0.join("usr/lib/libc.so")).unwrap();
    assert!(tree.read(&node).is_err());
}

/// A zstd frame without checksum: raw bytes, then `count` blocks of 128 KiB of zeros (RFC 8878, 3.1.1).
fn bomb(start: &[u8], count: usize) -> Vec<u8> {
    let block = |last: u32, kind: u32, size: usize| (last | kind << 1 | (size as u32) << 3).to_le_bytes();
    // No content size, a window of 128 KiB.
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0, 7 << 3];
    frame.extend(&block(0, 0, start.len())[..3]);
    frame.extend(start);
    for _ in 0..count {
        frame.extend(&block(0, 1, 128 << 10)[..3]);
        frame.push(0);
    }
    frame.extend(&block(1, 0, 0)[..3]);
    frame
}

#[test]
fn a_bomb_is_not_unpacked() {
    let numbers = "00000000".repeat(11);
    let trailer = format!("070701{numbers}0000000B00000000TRAILER!!!\0\0\0\0");
    assert_eq!(trailer.len(), 124);
    let open = |count, limit| Archive::new(Source::Memory(bomb(trailer.as_bytes(), count)), "bomb", limit);
    assert!(open(8, 2 << 20).is_ok());
    let error = open(1000, 2 << 20).unwrap_err();
    assert_eq!(error.code, Code::ImageTooLarge, "{error}");
    // What the first part took is not there for the second.
    let two = [bomb(trailer.as_bytes(), 8), bomb(trailer.as_bytes(), 8)].concat();
    let error = Archive::new(Source::Memory(two), "bombs", 2 << 20).unwrap_err();
    assert_eq!(error.code, Code::ImageTooLarge, "{error}");
}
