//! What the program prints and how it exits.

use std::os::unix::fs::MetadataExt;

use super::program::{Machine, Program};
use super::support::{Folder, sarsen, set_mode, stderr, stdout};

fn tree(name: &str) -> (Folder, String) {
    let folder = Folder::new(name);
    let root = folder.0.join("root");
    std::fs::create_dir_all(root.join("bin")).unwrap();
    // Whatever these tests were started with: the umask decides nothing.
    for path in [&root, &root.join("bin")] {
        set_mode(path, 0o755);
    }
    let program = |path: &str, program: &Program, mode| {
        std::fs::write(root.join(path), program.build()).unwrap();
        set_mode(&root.join(path), mode);
    };
    let good = Program::new(Machine::Aarch64);
    program("bin/good", &good, 0o755);
    program("bin/private", &good, 0o700);
    program("bin/musl", &good.clone().interpreted(b"/lib/ld-musl-aarch64.so.1\0"), 0o755);
    program("bin/headers", &good.with(|p| (p.size, p.table, p.count) = (0x8000, 0x1000, Some(100))), 0o755);
    let root = root.to_str().unwrap().to_owned();
    (folder, root)
}

#[test]
fn exit_codes_say_starts_does_not_and_unusable() {
    let (folder, root) = tree("explain-codes");
    // The files are those of the user who runs this. Another one has no right to a private one.
    let own = std::fs::metadata(&root).unwrap().uid();
    let [own, other] = [own, if own == 1000 { 1001 } else { 1000 }].map(|user| user.to_string());
    for (arguments, code) in [
        (&["/bin/good"][..], 0),
        (&["bin/good"], 0),
        (&["/bin/musl"], 1),
        (&["/bin/nothing-of-that-name"], 1),
        (&["/bin/private"], 0),
        (&["/bin/private", "--user", &own], 0),
        (&["/bin/private", "--user", &other], 1),
        (&["/bin/good", "--user", "me"], 2),
        (&["/bin/good", "--profile", "nobody"], 2),
        (&["/bin/good", "--env", "HOME=/"], 2),
        (&[], 2),
    ] {
        let output = sarsen(&[&["explain", "--rootfs", &root], arguments].concat());
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}{}", stdout(&output), stderr(&output));
        assert_eq!(stderr(&output).is_empty(), code != 2, "{arguments:?}");
    }
    let absent = folder.0.join("absent");
    let output = sarsen(&["explain", "/bin/good", "--rootfs", absent.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("error[input-missing]"), "{}", stderr(&output));
}

#[test]
fn people_read_the_steps_the_end_its_reason_and_the_way_out() {
    let (_folder, root) = tree("explain-human");
    let text = stdout(&sarsen(&["explain", "/bin/musl", "--rootfs", &root]));
    let mut lines = text.lines();
    for (start, result) in [
        ("open /bin/musl", "ok"),
        ("read the ELF header of /bin/musl", "ok"),
        ("read PT_INTERP", "ok  (/lib/ld-musl-aarch64.so.1)"),
        ("open /lib/ld-musl-aarch64.so.1", "ENOENT"),
        ("execve(\"/bin/musl\", [\"/bin/musl\"], envp)", "= -1 ENOENT"),
    ] {
        let line = lines.next().unwrap();
        assert!(line.trim_start().starts_with(start) && line.contains(result), "{line}");
    }
    let rest: Vec<&str> = lines.collect();
    assert_eq!(
        rest,
        [
            "does not start: execve fails with ENOENT (No such file or directory) [interpreter-missing]",
            "  because: there is no /lib, which PT_INTERP asks for (/lib/ld-musl-aarch64.so.1); the program itself is there",
            "  decided by: Linux fs/namei.c, link_path_walk",
            "  fix: put the loader at /lib/ld-musl-aarch64.so.1 with the libraries that the program needs, or link it \
             statically (-static-pie)",
        ]
    );
}

#[test]
fn page_sizes_that_differ_are_told_apart() {
    let (_folder, root) = tree("explain-pages");
    let output = sarsen(&["explain", "/bin/headers", "--rootfs", &root]);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(1));
    assert!(text.starts_with("kernels with pages of 4 KiB\n"), "{text}");
    assert!(text.contains("kernels with pages of 16 KiB, 64 KiB\n"), "{text}");
}

#[test]
fn json_is_one_versioned_document() {
    let (_folder, root) = tree("explain-json");
    let read = |arguments: &[&str]| -> serde_json::Value {
        let output = sarsen(&[&["explain", "--format", "json", "--rootfs", &root], arguments].concat());
        serde_json::from_str(&stdout(&output)).unwrap()
    };
    let document = read(&["/bin/musl"]);
    assert_eq!(document["schema"], "sarsen.explain/1");
    assert_eq!((&document["profile"], &document["starts"]), (&"grid-arm64".into(), &false.into()));
    let attempt = &document["attempts"][0];
    assert_eq!(attempt["page-sizes"], serde_json::json!([4096, 16384, 65536]));
    assert_eq!(attempt["end"], serde_json::json!({ "kind": "errno", "name": "ENOENT", "number": 2 }));
    assert_eq!(attempt["cause"]["id"], "interpreter-missing");
    let document = read(&["/bin/good"]);
    assert_eq!(document["attempts"][0]["end"], serde_json::json!({ "kind": "starts" }));
    assert_eq!(document["attempts"][0]["cause"], serde_json::Value::Null);
}

#[test]
fn a_file_of_this_machine_is_judged_as_if_it_were_copied() {
    let (folder, root) = tree("explain-copied");
    let outside = folder.file("outside", &Program::new(Machine::Aarch64).build());
    let output = sarsen(&["explain", &outside, "--rootfs", &root]);
    assert_eq!(output.status.code(), Some(1), "its own mode has no x bit: {}", stdout(&output));
    assert!(stdout(&output).starts_with(&format!("{outside} as if copied to /outside\n")));
    assert!(stdout(&output).contains("[path-not-executable]"));
    let empty = folder.file("empty", b"");
    assert!(stdout(&sarsen(&["explain", &empty, "--rootfs", &root])).contains("[path-not-executable]"));
}
