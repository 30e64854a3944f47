//! Images as trees: what is in them, by our own writers and by outsiders' tools, and what of them is refused.

#[path = "support/archive.rs"]
mod archive;
#[path = "support/image.rs"]
mod image;
mod support;

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use archive::{Member, cpio, file, folder, link, member, pad, pax, seal, tar, tar_member};
use image::{device, everything, packed, tool};
use sarsen::error::{Code, Error};
use sarsen::rootfs::{Errno, Kind, Node, Sort, Tree};
use support::Folder;

fn open(bytes: Vec<u8>) -> Result<Tree, Error> {
    Tree::from_bytes(bytes, "image")
}

fn refused(bytes: Vec<u8>) -> Error {
    open(bytes).expect_err("the image is refused")
}

/// The content of the file at `path`, links followed.
fn content(tree: &Tree, path: &str) -> String {
    let (_, node) = tree.resolve(Path::new(path)).unwrap_or_else(|obstacle| panic!("{path}: {obstacle}"));
    tree.read(&node).unwrap().escape_ascii().to_string()
}

fn paths(tree: &Tree) -> Vec<String> {
    tree.walk(Path::new("/")).map(|item| item.unwrap().0.to_str().unwrap().to_owned()).collect()
}

#[test]
fn cpio_of_a_folder_is_the_folder() {
    let folder = device("cpio");
    let Some(list) = tool(&["find", ".", "-print0"], &folder.0, b"") else { return };
    let Some(plain) = tool(&["cpio", "-o", "-0", "-H", "newc", "--quiet"], &folder.0, &list) else { return };
    let wanted = everything(&Tree::open(&folder.0).unwrap());
    assert!(wanted.len() > 20);
    for (form, bytes) in packed(&folder.0, &plain) {
        assert_eq!(everything(&open(bytes).unwrap()), wanted, "{form}");
    }
    let sums = tool(&["cpio", "-o", "-0", "-H", "crc", "--quiet"], &folder.0, &list).unwrap();
    assert_eq!(everything(&open(sums).unwrap()), wanted, "crc");
    for old in ["odc", "bin"] {
        // These have no room for a name of 372 bytes or large device numbers; one name is enough to see the format.
        let bytes = tool(&["cpio", "-o", "-H", old, "--quiet"], &folder.0, b"bin\n").unwrap();
        let error = refused(bytes);
        assert_eq!(error.code, Code::ImageUnsupported, "{error}");
        assert!(error.message.contains(&old[..3]), "{error}");
    }
}

#[test]
fn tar_of_a_folder_is_the_folder() {
    let folder = device("tar");
    let wanted = everything(&Tree::open(&folder.0).unwrap());
    for format in ["gnu", "pax", "posix"] {
        let Some(plain) = tool(&["tar", "-c", "--format", format, "."], &folder.0, b"") else { return };
        for (form, bytes) in packed(&folder.0, &plain) {
            assert_eq!(everything(&open(bytes).unwrap()), wanted, "{format} {form}");
        }
    }
    for format in ["pax", "gnutar"] {
        let arguments = ["bsdtar", "-c", "--no-acls", "--no-xattrs", "--format", format, "."];
        if let Some(bytes) = tool(&arguments, &folder.0, b"") {
            assert_eq!(everything(&open(bytes).unwrap()), wanted, "bsdtar {format}");
        }
    }
    fs::remove_dir_all(folder.0.join("a-rather-long-name-of-a-folder")).unwrap();
    for path in ["n".repeat(255), "far".into()] {
        fs::remove_file(folder.0.join(path)).unwrap();
    }
    let wanted = everything(&Tree::open(&folder.0).unwrap());
    for format in ["ustar", "v7", "oldgnu"] {
        // v7 knows neither FIFOs nor devices.
        let arguments =
            ["tar", "-c", "--format", format, "--exclude=pipe", "--exclude=null", "--exclude=disk", "."];
        let bytes = tool(&arguments, &folder.0, b"").unwrap();
        let seen = everything(&open(bytes).unwrap());
        let special = |kind: &Kind| matches!(kind, Kind::Fifo | Kind::Character { .. } | Kind::Block { .. });
        let wanted: Vec<_> = wanted.iter().filter(|item| !special(&item.1)).cloned().collect();
        assert_eq!(seen, wanted, "{format}");
    }
}

/// The lists of `cpio -itv` and `tar -tv` say the same of type, mode, owners and size.
#[test]
fn outsiders_list_the_same() {
    let folder = device("list");
    let letters = |node: &Node| {
        let kind = match node.kind {
            Kind::Directory => 'd',
            Kind::File => '-',
            Kind::Link(_) => 'l',
            Kind::Character { .. } => 'c',
            Kind::Block { .. } => 'b',
            Kind::Fifo => 'p',
            Kind::Socket => 's',
        };
        let bit = |shift: u32, letter| if node.mode >> shift & 1 == 1 { letter } else { '-' };
        let mut text: String =
            (0..9).rev().map(|shift| bit(shift, ['x', 'w', 'r'][shift as usize % 3])).collect();
        if node.mode & 0o4000 != 0 {
            text.replace_range(2..3, "s");
        }
        format!("{kind}{text}")
    };
    let Some(list) = tool(&["find", ".", "-print0"], &folder.0, b"") else { return };
    let cpio = tool(&["cpio", "-o", "-0", "-H", "newc", "--quiet"], &folder.0, &list);
    let tar = tool(&["tar", "-c", "."], &folder.0, b"");
    let lists: [(_, &[&str]); 2] = [
        (cpio, &["cpio", "-itv", "-n", "--quiet"]),
        (tar, &["tar", "-tv", "--numeric-owner", "--quoting-style=literal"]),
    ];
    for (bytes, arguments) in lists {
        let Some(bytes) = bytes else { continue };
        let text = tool(arguments, &folder.0, &bytes).unwrap();
        let tree = open(bytes).unwrap();
        let lines: Vec<_> = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
        assert_eq!(lines.len(), everything(&tree).len() + 1, "the root too");
        for (path, node) in tree.walk(Path::new("/")).map(Result::unwrap) {
            let name = path.strip_prefix("/").unwrap().as_os_str().as_bytes();
            let known = lines.iter().any(|line| {
                let line = line.strip_suffix(b"/").unwrap_or(line);
                let mut ending = name.to_owned();
                if let Kind::Link(target) = &node.kind {
                    ending.extend(b" -> ");
                    ending.extend(target.as_os_str().as_bytes());
                }
                let hard = [name, b" link to"].concat();
                let is_hard = arguments[0] == "tar" && line.windows(hard.len()).any(|part| part == hard);
                let sized = node.is_file() && !is_hard && arguments[0] == "tar";
                line.starts_with(letters(&node).as_bytes()) | is_hard
                    && (line.ends_with(&ending) || is_hard)
                    && (!sized || String::from_utf8_lossy(line).contains(&format!(" {} ", node.size)))
            });
            assert!(known, "{} does not list {} as {node:?}", arguments[0], path.display());
        }
    }
}

#[test]
fn parts_in_any_mix_are_one_tree() {
    let place = Folder::new("parts");
    let first = cpio(&[folder("kernel"), file("kernel/microcode", b"early")], false);
    let second = cpio(&[folder("bin"), file("bin/sh", b"second"), file("only", b"here")], true);
    let third =
        cpio(&[member("bin", 0o040700, b""), file("bin/sh", b"third one"), link("only", "bin/sh")], false);
    let mut wanted = None;
    let compressors: [&[&str]; 4] = [&["cat"], &["gzip"], &["xz", "--check=crc32"], &["zstd", "-q"]];
    for one in compressors {
        for two in compressors {
            let parts = [tool(one, &place.0, &second), tool(two, &place.0, &third)];
            let [Some(second), Some(third)] = parts else { continue };
            let mut bytes = first.clone();
            pad(&mut bytes, 512);
            for part in [second, third] {
                bytes.extend(part);
                pad(&mut bytes, 4);
            }
            let tree = open(bytes.clone()).unwrap();
            assert_eq!(paths(&tree), ["/bin", "/bin/sh", "/kernel", "/kernel/microcode", "/only"]);
            assert_eq!(content(&tree, "/only"), "third one");
            assert_eq!(content(&tree, "/kernel/microcode"), "early");
            assert_eq!(tree.node(Path::new("/bin")).unwrap().mode, 0o700);
            let all = everything(&tree);
            assert_eq!(*wanted.get_or_insert(all.clone()), all);
            let path = place.file("image", &bytes);
            assert_eq!(Tree::sort_of(Path::new(&path)).unwrap(), Some(Sort::Cpio));
            assert_eq!(everything(&Tree::open(Path::new(&path)).unwrap()), all, "from a file");
        }
    }
    // Two archives in one compressed part, and one compressed inside another, which the kernel does not unpack.
    let both = [first, second].concat();
    if let Some(part) = tool(&["gzip"], &place.0, &both) {
        assert_eq!(content(&open(part.clone()).unwrap(), "/only"), "here");
        let twice = tool(&["gzip"], &place.0, &part).unwrap();
        assert_eq!(refused(twice).code, Code::ImageInvalid);
    }
}

#[test]
fn hard_links_share_content_and_owner() {
    let hard = |name: &str, data: &[u8], mode: u32| Member { links: 3, inode: 9, mode, ..file(name, data) };
    for members in [
        [hard("a", b"", 0o100644), hard("b", b"", 0o100644), hard("c", b"content", 0o100755)],
        [hard("a", b"content", 0o100644), hard("b", b"", 0o100644), hard("c", b"", 0o100755)],
    ] {
        let tree = open(cpio(&members, false)).unwrap();
        for path in ["/a", "/b", "/c"] {
            assert_eq!(content(&tree, path), "content");
            assert_eq!(tree.node(Path::new(path)).unwrap().mode, 0o755, "{path}");
        }
        // In the next archive the number means another file. One that replaces a name is written into the shared file, as
        // the kernel opens what is there.
        let more = cpio(&[hard("d", b"other", 0o100644), file("a", b"new")], false);
        let tree = open([cpio(&members, false), more].concat()).unwrap();
        assert_eq!(content(&tree, "/d"), "other");
        assert_eq!(content(&tree, "/c"), "new");
    }
    let links = tar(&[
        tar_member(b'0', b"dir/a", 0o755, b"", b"content"),
        tar_member(b'1', b"./b", 0, b"dir/a", b""),
        tar_member(b'0', b"dir/a", 0o644, b"", b"replaced"),
    ]);
    let tree = open(links).unwrap();
    assert_eq!((content(&tree, "/b"), content(&tree, "/dir/a")), ("content".into(), "replaced".into()));
    assert!(refused(tar(&[tar_member(b'1', b"b", 0, b"a", b"")])).message.contains("hard link to a"));
}

#[test]
fn names_are_those_of_the_device() {
    let tree =
        open(cpio(&[folder("."), file("./a", b"1"), file("/b", b"2"), file("c//./d", b"3")], false)).unwrap();
    assert_eq!(paths(&tree), ["/a", "/b", "/c", "/c/d"]);
    assert_eq!(tree.implied(), [PathBuf::from("/c")]);
    let linked =
        [folder("usr"), folder("usr/lib"), link("usr/lib64", "/usr/lib"), file("usr/lib64/x", b"through")];
    assert_eq!(paths(&open(cpio(&linked, false)).unwrap()), ["/usr", "/usr/lib", "/usr/lib/x", "/usr/lib64"]);
    let long = "p/".repeat(150) + "end";
    for (name, says) in [("../etc/passwd", ".."), ("a/../b", ".."), (&"n".repeat(256), "256 bytes")] {
        assert!(refused(cpio(&[file(name, b"")], false)).message.contains(says), "{name}");
    }
    let bytes = tar(&[
        pax(&[("path", long.as_bytes()), ("uid", b"70000")]),
        tar_member(b'0', b"short", 0o644, b"", b"x"),
    ]);
    let tree = open(bytes).unwrap();
    assert_eq!(tree.node(Path::new(&long)).unwrap().uid, 70000);
    let mut split = tar_member(b'0', b"name", 0o644, b"", b"");
    split[345..351].copy_from_slice(b"prefix");
    let mut headers = split.clone();
    headers[..512].copy_from_slice(&seal(split.try_into().unwrap()));
    assert_eq!(paths(&open(tar(&[headers.clone()])).unwrap()), ["/prefix", "/prefix/name"]);
    headers[0] = b'N';
    let damaged = tar(&[tar_member(b'5', b"first", 0o755, b"", b""), headers]);
    assert!(refused(damaged).message.contains("checksum"));
    for (members, says) in [
        (vec![file("a", b""), file("a/b", b"")], "below /a"),
        (vec![link("a", "nowhere"), file("a/b", b"")], "leads nowhere"),
        (vec![link("a", "a"), file("a/b", b"")], "leads nowhere"),
        (vec![folder("a"), file("a/b", b""), file("a", b"")], "not empty"),
        (vec![file("/", b"")], "not empty"),
    ] {
        let error = refused(cpio(&members, false));
        assert!(error.message.contains(says), "{error}");
    }
}

#[test]
fn links_in_archives_stay_inside() {
    let members = [
        folder("bin"),
        file("bin/sh", b"shell"),
        link("out", "../../../bin/sh"),
        link("a", "b"),
        link("b", "a"),
    ];
    for tree in [
        open(cpio(&members, false)).unwrap(),
        open(tar(&[
            tar_member(b'0', b"bin/sh", 0o755, b"", b"shell"),
            tar_member(b'2', b"out", 0o777, b"../../../bin/sh", b""),
            tar_member(b'2', b"a", 0o777, b"b", b""),
            tar_member(b'2', b"b", 0o777, b"a", b""),
        ]))
        .unwrap(),
    ] {
        assert_eq!(content(&tree, "/out"), "shell");
        assert_eq!(tree.resolve(Path::new("/a")).unwrap_err().errno, Errno::ELOOP);
        let tree = tree.with_file(Path::new("/bin/app"), b"new".to_vec(), 0o755).unwrap();
        assert_eq!(content(&tree, "/bin/app"), "new");
    }
}

#[test]
fn what_is_not_read_is_named() {
    for (magic, name) in [
        (&b"BZh91AY"[..], "bzip2"),
        (&[0x5d, 0, 0, 0x80], "lzma"),
        (b"\x89LZO\0\r\n", "lzo"),
        (&[2, 0x21, 0x4c, 0x18], "lz4"),
    ] {
        let error = refused(magic.to_vec());
        assert_eq!(error.code, Code::ImageUnsupported);
        assert!(error.message.contains(name), "{error}");
        let late = [cpio(&[file("a", b"")], false), magic.to_vec()].concat();
        assert_eq!(refused(late).code, Code::ImageUnsupported, "{name}");
    }
    let sparse = [
        tar(&[tar_member(b'S', b"holes", 0o644, b"", b"")]),
        tar(&[pax(&[("GNU.sparse.major", b"1")]), tar_member(b'0', b"holes", 0o644, b"", b"")]),
    ];
    for bytes in sparse {
        let error = refused(bytes);
        assert_eq!(error.code, Code::ImageUnsupported);
        assert!(error.message.contains("holes is a sparse file"), "{error}");
    }
    for (bytes, code) in [
        (b"\x7fELF\x02\x01\x01".to_vec(), Code::ImageInvalid),
        (Vec::new(), Code::ImageTruncated),
        (b"\x1f\x8b\x08\0\0".to_vec(), Code::ImageTruncated),
        (b"\x28\xb5\x2f\xfd\x20\x04\x21\0\0ELF.".to_vec(), Code::ImageInvalid),
        (cpio(&[Member { mode: 0o040755, ..file("d", b"data") }], false), Code::ImageInvalid),
        ([cpio(&[], false), vec![0, 0], b"070701".to_vec()].concat(), Code::ImageInvalid),
    ] {
        assert_eq!(refused(bytes).code, code);
    }
    let mut damaged = cpio(&[file("sum", b"0123456789")], true);
    let at = damaged.windows(10).position(|bytes| bytes == b"0123456789").unwrap();
    damaged[at] += 1;
    assert!(refused(damaged).message.contains("sum up to"));
    let folder = Folder::new("sorts");
    for bytes in [&b"\x7fELF\x02\x01\x01"[..], b"#!/bin/sh\n", b"", &[0; 4096]] {
        assert_eq!(Tree::sort_of(Path::new(&folder.file("ordinary", bytes))).unwrap(), None);
    }
    assert_eq!(Tree::sort_of(&folder.0).unwrap(), Some(Sort::Directory));
    assert!(Tree::sort_of(&folder.0.join("missing")).is_err());
    assert_eq!(Tree::sort_of(Path::new("/dev/zero")).unwrap_err().code, Code::InputSpecial);
}

/// A small archive of each format with what makes parsers think: links, names in extended headers, checksums.
fn small() -> [Vec<u8>; 3] {
    let hard = |name: &str, data: &[u8]| Member { links: 2, inode: 7, ..file(name, data) };
    let members = [
        folder("d"),
        file("d/f", b"content"),
        link("l", "d/f"),
        hard("h", b""),
        hard("i", b"hard"),
        member("n", 0o020600, b""),
    ];
    let tar = tar(&[
        tar_member(b'5', b"d/", 0o755, b"", b""),
        pax(&[("path", b"d/long"), ("linkpath", b"x")]),
        tar_member(b'0', b"d/f", 0o644, b"", b"content"),
        tar_member(b'L', b"././@LongLink", 0, b"", b"another/name\0"),
        tar_member(b'0', b"short", 0o644, b"", b"more"),
        tar_member(b'2', b"l", 0o777, b"d/f", b""),
        tar_member(b'1', b"h", 0o644, b"d/long", b""),
    ]);
    [cpio(&members, false), cpio(&members, true), tar]
}

/// Everything that can be asked of a tree.
fn exercise(tree: &Tree) {
    for (path, node) in tree.walk(Path::new("/")).filter_map(Result::ok) {
        let _ = tree.resolve(&path);
        assert!(!node.is_file() || tree.read(&node).is_ok_and(|bytes| bytes.len() as u64 == node.size));
    }
}

#[test]
fn every_cut_is_noticed() {
    for archive in small() {
        // The end marker of a tar is longer than it needs to be.
        let needed = if archive.starts_with(b"0") { archive.len() } else { archive.len() - 512 };
        for end in 0..needed {
            let error = refused(archive[..end].to_vec());
            assert!(matches!(error.code, Code::ImageTruncated | Code::ImageInvalid), "{end}: {error}");
            // A tar is recognised by its first block.
            if end >= 512 {
                assert_eq!(error.code, Code::ImageTruncated, "{end}: {error}");
            }
        }
        open(archive[..needed].to_vec()).unwrap();
        let folder = Folder::new("cuts");
        for (form, bytes) in packed(&folder.0, &archive).into_iter().skip(1) {
            for end in 6..bytes.len() {
                assert_eq!(refused(bytes[..end].to_vec()).code, Code::ImageTruncated, "{form} {end}");
            }
        }
    }
}

/// One bit in the middle of incompressible content: only a checksum tells.
#[test]
fn checksums_are_verified() {
    let place = Folder::new("checksums");
    let mut state = 1u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(50_000)
    .collect();
    for (form, mut bytes) in packed(&place.0, &cpio(&[file("noise", &noise)], false)) {
        open(bytes.clone()).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        match (form, open(bytes)) {
            // These have no checksum.
            ("plain" | "zstd fast", Ok(_)) => {}
            (_, Err(error)) => assert_eq!(error.code, Code::ImageInvalid, "{form}: {error}"),
            (_, Ok(_)) => panic!("{form}: the damage was not noticed"),
        }
    }
}

#[test]
fn changed_bytes_never_panic() {
    let folder = Folder::new("changed");
    let mut state = 0x5a75_5e4e_u64;
    let mut below = |bound: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % bound as u64) as usize
    };
    for archive in small() {
        for (form, bytes) in packed(&folder.0, &archive) {
            // Behind a checksum most changes end in the same refusal.
            let tries = if form == "plain" { 2000 } else { 300 };
            let mut refusals = 0;
            for _ in 0..tries {
                let mut bytes = bytes.clone();
                for _ in 0..=below(3) {
                    let at = below(bytes.len());
                    bytes[at] = [0, b'0', b'7', b'F', 0xff, bytes[at] ^ 1 << below(8)][below(6)];
                    // A tar's checksum hides everything else from a random change.
                    let start = at / 512 * 512;
                    if form == "plain" && archive[0] != b'0' && below(2) == 0 {
                        let block = bytes[start..start + 512].try_into().unwrap();
                        bytes[start..start + 512].copy_from_slice(&seal(block));
                    }
                }
                match open(bytes) {
                    Ok(tree) => exercise(&tree),
                    Err(_) => refusals += 1,
                }
            }
            assert!(refusals > tries / 10, "{form}: {refusals}");
        }
    }
}

/// Where a fuzzer should start: `SARSEN_SEEDS=fuzz/corpus cargo test --test rootfs` writes these files.
#[test]
fn seeds_are_good_archives() {
    for (index, seed) in small().into_iter().enumerate() {
        exercise(&open(seed.clone()).unwrap());
        if let Some(folder) = std::env::var_os("SARSEN_SEEDS") {
            let folder = Path::new(&folder).join(if index < 2 { "cpio" } else { "tar" });
            fs::create_dir_all(&folder).unwrap();
            for (form, bytes) in packed(&folder, &seed) {
                fs::write(folder.join(format!("{index}-{}", form.replace(' ', "-"))), bytes).unwrap();
            }
        }
    }
}
