//! The rules about files in their image: each has a tree that passes and one that fails, made by one change.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use sarsen::check::{Judge, Root};
use sarsen::elf::Image;
use sarsen::loader::dynamic::{Environment, Unmodelled, World};
use sarsen::profile::Profile;
use sarsen::rootfs::Tree;
use sarsen::rules::{self, Check, Verdict};
use support::Folder;
use support::object::{GLIBC, MUSL, Object};

/// A device with a dynamic loader, libraries and one file that may change the user.
const PROFILE: &str = r#"
name = "dynamic"
[elf]
machine = "aarch64"
[kernel]
version = "5.10"
page-sizes = [4096, 65536]
[rootfs]
libraries = ["libc.so.6", "libm.so.6"]
symbol-versions = ["GLIBC_2.31", "GLIBC_2.28"]
setuid = ["/bin/su"]
"#;

const LD_MUSL: &str = "/lib/ld-musl-aarch64.so.1";
const LD_GLIBC: &str = "/lib/ld-linux-aarch64.so.1";

fn write(root: &Path, path: &str, bytes: &[u8], mode: u32) {
    let path = root.join(path.trim_start_matches('/'));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, bytes).unwrap();
    if !support::set_mode(&path, mode) {
        LACKING.set(LACKING.get() + 1);
    }
}

thread_local! {
    /// How many files of a tree lack their set-id bits.
    static LACKING: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
}

fn remove(root: &Path, path: &str) {
    fs::remove_file(root.join(path.trim_start_matches('/'))).unwrap();
}

fn link(root: &Path, target: &str, path: &str) {
    let path = root.join(path.trim_start_matches('/'));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let _ = fs::remove_file(&path);
    symlink(target, path).unwrap();
}

/// A program of musl, one of glibc, and what both need.
fn good(root: &Path) {
    let libc = Object {
        soname: Some("libc.musl-aarch64.so.1"),
        defines: vec![("__libc_start_main", 1), ("stdin", 1), ("puts", 1)],
        tail: MUSL,
        ..Object::default()
    };
    write(root, LD_MUSL, &libc.bytes(), 0o755);
    let loader = Object { soname: Some("ld-linux-aarch64.so.1"), tail: GLIBC, ..Object::default() };
    write(root, LD_GLIBC, &loader.bytes(), 0o755);
    let libc = Object {
        soname: Some("libc.so.6"),
        defines: vec![("__libc_start_main", 2), ("stdin", 2), ("puts", 2)],
        versions: vec!["GLIBC_2.17"],
        ..Object::default()
    };
    write(root, "/lib/libc.so.6", &libc.bytes(), 0o755);
    write(root, "/opt/lib/libown.so", &Object::with(|o| o.defines = vec![("own", 1)]), 0o644);
    write(root, "/bin/musl", &musl().bytes(), 0o755);
    write(root, "/bin/glibc", &glibc().bytes(), 0o755);
    write(root, "/bin/su", &glibc().bytes(), 0o4755);
    write(root, "/bin/script", b"#!/bin/musl -e\n", 0o755);
    link(root, "/bin/musl", "/sbin/init");
    link(root, "/proc/mounts", "/etc/mtab");
}

fn musl() -> Object {
    Object {
        interpreter: Some(LD_MUSL),
        needed: vec!["libown.so", "libc.musl-aarch64.so.1"],
        path: Some((29, "/opt/lib")),
        calls: vec![("own", 1), ("puts", 1)],
        ..Object::default()
    }
}

fn glibc() -> Object {
    Object {
        interpreter: Some(LD_GLIBC),
        needed: vec!["libown.so", "libc.so.6"],
        path: Some((29, "/opt/lib")),
        calls: vec![("own", 1), ("puts", 2)],
        needs: vec![("libc.so.6", "GLIBC_2.17")],
        ..Object::default()
    }
}

/// What each member rule says of each file.
fn judge(name: &str, change: impl Fn(&Path)) -> Vec<(String, &'static str, Verdict)> {
    let folder = Folder::new(&format!("image-{name}"));
    good(&folder.0);
    change(&folder.0);
    let profile = Profile::parse(PROFILE, "dynamic").unwrap();
    let judge = Judge::new(&profile);
    let root = Root::open(&folder.0).unwrap();
    let mut said = Vec::new();
    judge
        .members(&root, Path::new("/"), |report| {
            let path = format!("/{}", report.path.strip_prefix(&folder.0).unwrap().display());
            for judgement in report.outcome.unwrap() {
                said.push((path.clone(), judgement.rule.id, judgement.verdict));
            }
            Ok::<_, ()>(())
        })
        .unwrap();
    said
}

/// A rule, the file that fails it after one change to the good tree, and what the evidence or the effect must say.
type Fault = (&'static str, &'static str, fn(&Path), &'static str);

const OWN: &str = "/opt/lib/libown.so";

/// Changes the library that both programs need.
fn own(root: &Path, change: impl FnOnce(&mut Object)) {
    let mut object = Object { defines: vec![("own", 1)], ..Object::default() };
    change(&mut object);
    write(root, OWN, &object.bytes(), 0o644);
}

/// Changes the program of glibc.
fn app(root: &Path, change: impl FnOnce(&mut Object)) {
    let mut object = glibc();
    change(&mut object);
    write(root, "/bin/glibc", &object.bytes(), 0o755);
}

fn at_origin(object: Object) -> Vec<u8> {
    Object { path: Some((29, "$ORIGIN/../opt/lib")), ..object }.bytes()
}

const FAULTS: &[Fault] = &[
    ("interpreter-present", "/bin/musl", |r| remove(r, LD_MUSL), "there is no /lib/ld-musl-aarch64.so.1"),
    (
        "interpreter-present",
        "/bin/musl",
        |r| write(r, LD_MUSL, b"#!/bin/sh\n", 0o755),
        "less than an ELF header",
    ),
    ("interpreter-present", "/bin/musl", |r| write(r, LD_MUSL, &[b'#'; 99], 0o755), "is not an ELF file"),
    (
        "interpreter-present",
        "/bin/musl",
        |r| write(r, LD_MUSL, &Object::with(|o| o.machine = 62), 0o755),
        "x86_64",
    ),
    ("interpreter-present", "/bin/musl", |r| write(r, LD_MUSL, &Object::with(|_| ()), 0o644), "mode 0644"),
    ("interpreter-present", "/bin/musl", |r| link(r, "/lib", LD_MUSL), "is not a regular file"),
    (
        "library-present",
        "/bin/musl",
        |r| remove(r, OWN),
        "Error loading shared library libown.so: No such file or directory (needed by /bin/musl)",
    ),
    (
        "library-present",
        "/bin/glibc",
        |r| remove(r, OWN),
        "tried /opt/lib/libown.so (RUNPATH of /bin/glibc), /etc/ld.so.cache",
    ),
    ("library-present", "/bin/musl", |r| write(r, OWN, b"text", 0o644), "Exec format error"),
    ("library-present", "/bin/glibc", |r| write(r, OWN, &[b'#'; 99], 0o644), "invalid ELF header"),
    ("library-present", "/bin/glibc", |r| own(r, |o| o.machine = 62), "another machine"),
    ("library-present", OWN, |r| own(r, |o| o.needed = vec!["libgone.so"]), "libgone.so"),
    // Who starts a program that changes its user chooses its path, so the loaders do not trust $ORIGIN.
    (
        "library-present",
        "/bin/glibc",
        |r| write(r, "/bin/glibc", &at_origin(glibc()), 0o4755),
        "needs libown.so",
    ),
    (
        "library-present",
        "/bin/musl",
        |r| write(r, "/bin/musl", &at_origin(musl()), 0o4755),
        "needs libown.so",
    ),
    (
        "symbol-version-present",
        "/bin/glibc",
        |r| app(r, |o| o.needs = vec![("libc.so.6", "GLIBC_2.38")]),
        "version `GLIBC_2.38' not found (required by /bin/glibc)",
    ),
    ("symbol-present", "/bin/glibc", |r| own(r, |o| o.defines.clear()), "when own is first called"),
    (
        "symbol-present",
        "/bin/glibc",
        |r| app(r, |o| (o.flags_1, o.calls) = (1, vec![("lost", 1)])),
        "symbol lookup error: /bin/glibc: undefined symbol: lost",
    ),
    (
        "symbol-present",
        "/bin/musl",
        |r| own(r, |o| o.defines.clear()),
        "Error relocating /bin/musl: own: symbol not found",
    ),
    ("mixed-abi", "/bin/musl", |r| own(r, |o| o.machine = 62), "is made for x86_64"),
    (
        "mixed-abi",
        "/bin/musl",
        |r| own(r, |o| (o.needed, o.needs) = (vec!["libc.so.6"], vec![("libc.so.6", "GLIBC_2.17")])),
        "asks for version GLIBC_2.17, which is glibc's",
    ),
    ("mixed-abi", "/bin/glibc", |r| own(r, |o| o.align = 0x1000), "pages of at most 4096 bytes"),
    (
        "mixed-abi",
        "/bin/glibc",
        |r| own(r, |o| o.defines.extend([("__libc_start_main", 1), ("stdin", 1)])),
        "are both C libraries",
    ),
    (
        "mixed-abi",
        "/bin/glibc",
        |r| {
            own(r, |o| o.needed = vec!["libc.so"]);
            write(r, "/lib/libc.so", &Object::with(|_| ()), 0o755);
        },
        "needs libc.so, which is musl's",
    ),
    ("script-interpreter", "/bin/script", |r| write(r, "/bin/script", b"#!/bin/gone\n", 0o755), "/bin/gone"),
    (
        "script-interpreter",
        "/bin/script",
        |r| write(r, "/bin/script", b"#!/bin/musl\r\n", 0o755),
        "carriage return",
    ),
    (
        "script-interpreter",
        "/bin/script",
        |r| write(r, "/bin/script", b"#!\n", 0o755),
        "nothing stands behind #!",
    ),
    (
        "script-interpreter",
        "/bin/script",
        |r| write(r, "/bin/script", b"#!/bin/script\n", 0o755),
        "ends in ELOOP",
    ),
    ("script-interpreter", "/bin/script", |r| write(r, "/bin/musl", b"ELF", 0o755), "ends in ENOEXEC"),
    (
        "script-interpreter",
        "/bin/script",
        |r| write(r, "/bin/musl", &musl().bytes(), 0o644),
        "ends in EACCES",
    ),
    ("script-interpreter", "/bin/script", |r| remove(r, LD_MUSL), LD_MUSL),
    (
        "dangling-link",
        "/sbin/init",
        |r| remove(r, "/bin/musl"),
        "/sbin/init -> /bin/musl: there is no /bin/musl",
    ),
    ("dangling-link", "/usr/a", |r| link(r, "a", "/usr/a"), "one link too many"),
    ("setuid", "/bin/glibc", |r| write(r, "/bin/glibc", &glibc().bytes(), 0o4755), "mode 4755"),
    (
        "setuid",
        "/bin/script",
        |r| write(r, "/bin/script", b"#!/bin/musl\n", 0o2755),
        "anyone who may start it acts as group",
    ),
];

#[test]
fn a_good_tree_fails_nothing_about_its_image() {
    let ids = about_images();
    let said = judge("good", |_| ());
    for (path, rule, verdict) in &said {
        let fails = matches!(verdict, Verdict::Fail { .. });
        assert!(!fails || !ids.contains(rule), "{rule} of {path}: {verdict:?}");
    }
    for rule in ids {
        let passes =
            said.iter().any(|(_, id, verdict)| *id == rule && matches!(verdict, Verdict::Pass { .. }));
        assert!(passes || rule == "setuid" && LACKING.get() > 0, "{rule} was never seen to pass");
        assert!(FAULTS.iter().any(|(id, ..)| *id == rule), "{rule} was never seen to fail");
    }
}

/// The rules that need an image.
fn about_images() -> BTreeSet<&'static str> {
    let needs_image = |check: &Check| matches!(check, Check::World(_) | Check::Linked(_) | Check::Member(_));
    rules::ALL.iter().filter(|rule| needs_image(&rule.check)).map(|rule| rule.id).collect()
}

#[test]
fn each_fault_fails_its_rule_and_says_why() {
    for (number, (rule, path, change, says)) in FAULTS.iter().enumerate() {
        LACKING.set(0);
        let said = judge(&format!("fault-{number}"), change);
        // One is /bin/su, which every tree has.
        if LACKING.get() > 1 {
            continue;
        }
        let found = said.iter().find(|(at, id, _)| at == path && id == rule);
        match found {
            Some((.., Verdict::Fail { evidence, effect, next })) => {
                let all = format!("{evidence}\n{effect}");
                assert!(all.contains(says), "{rule} of {path}: {all:?} does not say {says:?}");
                assert!(!next.is_empty(), "{rule} must say what to do");
            }
            other => panic!("{rule} of {path} does not see {says:?}: {other:?}"),
        }
    }
}

#[test]
fn origin_is_trusted_where_the_user_stays() {
    let said = judge("origin", |r| {
        write(r, "/bin/glibc", &at_origin(glibc()), 0o755);
        write(r, "/bin/musl", &at_origin(musl()), 0o755);
    });
    for program in ["/bin/glibc", "/bin/musl"] {
        let found = said.iter().find(|(at, id, _)| at == program && *id == "library-present");
        assert!(matches!(found, Some((.., Verdict::Pass { .. }))), "{found:?}");
    }
}

#[test]
fn what_cannot_be_asked_says_why() {
    let cases: [Fault; 7] = [
        ("library-present", "/bin/musl", |r| remove(r, LD_MUSL), "its interpreter cannot be read"),
        (
            "library-present",
            "/bin/musl",
            |r| write(r, LD_MUSL, &Object::with(|_| ()), 0o755),
            "search order is not modelled",
        ),
        ("symbol-version-present", "/bin/musl", |_| (), "compares no versions"),
        ("symbol-present", "/bin/glibc", |r| remove(r, "/opt/lib/libown.so"), "see library-present"),
        ("mixed-abi", "/opt/lib/libown.so", |_| (), "with the programs that load it"),
        ("dangling-link", "/etc/mtab", |_| (), "below /proc"),
        (
            "library-present",
            "/opt/lib/libown.so",
            |r| {
                write(r, "/opt/lib/libown.so", &Object::with(|o| o.needed = vec!["libtwo.so"]), 0o644);
                write(r, "/opt/lib/libtwo.so", &Object::with(|_| ()), 0o644);
            },
            "libtwo.so is beside this library",
        ),
    ];
    for (number, (rule, path, change, says)) in cases.into_iter().enumerate() {
        let said = judge(&format!("unasked-{number}"), change);
        match said.iter().find(|(at, id, _)| at == path && *id == rule) {
            Some((.., Verdict::NotApplicable { because })) => {
                assert!(because.contains(says), "{rule}: {because}");
            }
            other => panic!("{rule} of {path} for {says:?}: {other:?}"),
        }
    }
}

#[test]
fn a_file_alone_is_asked_by_the_profile() {
    let profile = Profile::parse(PROFILE, "dynamic").unwrap();
    let judge = Judge::new(&profile);
    let say = |object: &Object| {
        let judgements = judge.image(&object.bytes(), "app").unwrap();
        judgements.into_iter().find(|judgement| judgement.rule.id == "symbol-versions").unwrap().verdict
    };
    let app = Object { needed: vec!["libc.so.6"], ..glibc() };
    assert!(matches!(say(&app), Verdict::Pass { .. }), "{:?}", say(&app));
    for (object, says) in [
        (glibc(), "needs libown.so, which is not among the 2 libraries"),
        (
            Object { needs: vec![("libc.so.6", "GLIBC_2.32")], ..app.clone() },
            "version GLIBC_2.32; the device's newest is GLIBC_2.31",
        ),
    ] {
        let verdict = say(&object);
        assert!(matches!(&verdict, Verdict::Fail { evidence, .. } if evidence.contains(says)), "{verdict:?}");
    }
    // Of a family that the profile does not name, and of no family, nothing is known.
    for version in ["LIBOWN_9.9", "GLIBC_PRIVATE"] {
        let verdict = say(&Object { needs: vec![("libc.so.6", version)], ..app.clone() });
        assert!(matches!(verdict, Verdict::Pass { .. }), "{version}: {verdict:?}");
    }
    let alone = judge.image(&app.bytes(), "app").unwrap();
    let library = alone.iter().find(|judgement| judgement.rule.id == "library-present").unwrap();
    assert!(matches!(&library.verdict, Verdict::NotApplicable { because } if because.contains("--rootfs")));
}

#[test]
fn damaged_files_are_judged_without_panic() {
    let folder = Folder::new("image-damaged");
    good(&folder.0);
    let versioned = Object {
        soname: Some("libown.so"),
        needed: vec!["libc.so.6"],
        path: Some((15, "$ORIGIN:${ORIGIN}/../lib:/opt/$LIB")),
        defines: vec![("own", 2)],
        calls: vec![("puts", 3)],
        versions: vec!["OWN_1"],
        needs: vec![("libc.so.6", "GLIBC_2.17")],
        ..Object::default()
    };
    for (path, bytes) in [
        (OWN, versioned.bytes()),
        ("/bin/musl", musl().bytes()),
        ("/bin/glibc", glibc().bytes()),
        (LD_GLIBC, GLIBC.to_vec()),
    ] {
        for at in 0..bytes.len() {
            for byte in [0, 1, 0x7f, 0xff] {
                let mut damaged = bytes.clone();
                damaged[at] = byte;
                let tree = Tree::open(&folder.0).unwrap().with_file(Path::new(path), damaged, 0o755).unwrap();
                let world = World::new(tree);
                for program in ["/bin/musl", "/bin/glibc", OWN] {
                    let (path, node) = world.tree().resolve(Path::new(program)).unwrap();
                    let file = world.tree().read(&node).unwrap();
                    let Ok(image) = Image::parse(&file, program) else { continue };
                    let _ = world.link(&path, &image, &Environment::default());
                }
            }
        }
    }
}

#[test]
fn a_file_that_leads_through_endless_paths_is_not_followed() {
    let folder = Folder::new("image-endless");
    good(&folder.0);
    let path: &str = Box::leak("/a:/b:".repeat(600).into_boxed_str());
    let needed = (0..200).map(|n| &*Box::leak(format!("lib{n}.so").into_boxed_str())).collect();
    let endless = Object { needed, path: Some((29, path)), ..musl() };
    let world = World::new(Tree::open(&folder.0).unwrap());
    let file = endless.bytes();
    let image = Image::parse(&file, "endless").unwrap();
    let linked = world.link(Path::new("/bin/endless"), &image, &Environment::default());
    assert!(matches!(linked, Err(Unmodelled::Endless)));
}
