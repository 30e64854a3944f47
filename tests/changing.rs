//! Files that somebody changes while the program reads them: every command that says something of bytes says nothing then.

mod support;

use std::fs::{self, File, FileTimes};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::UNIX_EPOCH;

use sarsen::key::SecretKey;
use support::attest::{digest, ed25519, entry, line, produced};
use support::{Elf, Folder, sarsen, stderr, stdout};

/// Bytes of a file that takes much longer to read than to change, and is no larger than what goes into an envelope. It is
/// sparse.
const LARGE: u64 = 32 << 20;

/// Runs that may read everything between two changes, where the machine is busy with other things: such a run is right to
/// succeed, and is done again.
const RUNS: usize = 40;

/// Changes the file of that path and size for the so-manieth time.
type Change = fn(&Path, u64, u64);

/// What may be done to a file: see the names.
const CHANGES: [(&str, Change); 6] = [
    ("grows", |path, size, count| writable(path).set_len(size + count).unwrap()),
    ("is cut", |path, size, count| writable(path).set_len(size - count % 4096).unwrap()),
    ("is empty now and then", |path, size, count| writable(path).set_len(size * (count % 2)).unwrap()),
    ("same size", same_size),
    ("same size and mtime", |path, size, count| {
        same_size(path, size, count);
        writable(path).set_times(FileTimes::new().set_modified(UNIX_EPOCH)).unwrap();
    }),
    ("replaced", |path, size, _| {
        let other = path.with_extension("other");
        File::create(&other).unwrap().set_len(size).unwrap();
        fs::rename(other, path).unwrap();
    }),
];

fn writable(path: &Path) -> File {
    File::options().write(true).open(path).unwrap()
}

/// The last byte is another each time.
fn same_size(path: &Path, size: u64, count: u64) {
    writable(path).write_all_at(&[count as u8], size - 1).unwrap();
}

/// A file of zeros.
fn sparse(folder: &Folder, name: &str, size: u64) -> String {
    let path = folder.file(name, b"");
    writable(path.as_ref()).set_len(size).unwrap();
    path
}

/// What `run` gives while another thread does `again` and again, from before it begins until it has ended.
fn meanwhile<T>(mut again: impl FnMut(u64) + Send, run: impl FnOnce() -> T) -> T {
    let (ended, count) = (AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            while !ended.load(Ordering::Relaxed) {
                again(count.load(Ordering::Relaxed));
                count.fetch_add(1, Ordering::Relaxed);
            }
        });
        while count.load(Ordering::Relaxed) == 0 {
            thread::yield_now();
        }
        let result = run();
        ended.store(true, Ordering::Relaxed);
        result
    })
}

/// That `arguments` are refused because the file at `path` changes; what was printed then.
fn refused(arguments: &[&str], path: &str, change: Change) -> Output {
    refused_after(&|| (), arguments, path, change)
}

/// The same, where each run begins with what `prepare` leaves.
fn refused_after(prepare: &dyn Fn(), arguments: &[&str], path: &str, change: Change) -> Output {
    let size = fs::metadata(path).unwrap().len();
    let said = format!("error[input-changed]: {path} was changed or replaced while it was read");
    for _ in 0..RUNS {
        prepare();
        let output = meanwhile(|count| change(path.as_ref(), size, count), || sarsen(arguments));
        if stderr(&output).contains(&said) {
            assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", stderr(&output));
            return output;
        }
    }
    panic!("{arguments:?} says something of {path}, whatever happens to it");
}

/// The same, and nothing is printed.
fn silent(arguments: &[&str], path: &str, change: Change) {
    let output = refused(arguments, path, change);
    assert_eq!(stdout(&output), "", "{arguments:?}");
}

/// Standard input may be a file too.
#[test]
fn no_digest_is_printed_of_redirected_files_that_change() {
    let folder = Folder::new("changing-stdin");
    let path = sparse(&folder, "file", LARGE);
    let run = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sarsen"));
        command.args(["digest", "-"]).stdin(File::open(&path).unwrap()).output().unwrap()
    };
    let changed = (0..RUNS).map(|_| meanwhile(|count| same_size(path.as_ref(), LARGE, count), run));
    let output =
        changed.into_iter().find(|output| stderr(output).contains("error[input-changed]: standard input"));
    let output = output.expect("a file that changes is noticed");
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(2), ""));
    let output = run();
    assert_eq!(stdout(&output), stdout(&sarsen(&["digest", &path])).replace(&path, "-"));
}

/// Whatever happens to a file.
#[test]
fn no_digest_is_printed_of_a_file_that_changes() {
    let folder = Folder::new("changing-digest");
    for (name, change) in CHANGES {
        let path = sparse(&folder, &name.replace(' ', "-"), LARGE);
        silent(&["digest", "--algorithm", "sha256", &path], &path, change);
    }
    let path = sparse(&folder, "both", LARGE);
    silent(&["digest", &path], &path, same_size);
    let output = refused(&["digest", "--format", "json", "--nar", &path], &path, same_size);
    let document: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    let file = &document["files"][0];
    assert_eq!(
        (&file["error"]["code"], file["digest"].is_null()),
        (&"input-changed".into(), true),
        "{document}"
    );
}

#[test]
fn a_list_says_neither_yes_nor_no_of_a_file_that_changes() {
    let folder = Folder::new("changing-check");
    let (path, still) = (sparse(&folder, "path", LARGE), folder.file("still", b"still"));
    // The right digest of one of its states, and a wrong one.
    let right = stdout(&sarsen(&["digest", "--algorithm", "sha256", &path, &still]));
    let wrong = right.replace(&right[..8], "00000000");
    for list in [right, wrong] {
        let list = folder.file("list", list.as_bytes());
        let output = refused(&["digest", "--check", &list], &path, same_size);
        assert_eq!(stdout(&output), format!("{still}: OK (sha256)\n"));
    }
    let list = sparse(&folder, "sums", LARGE);
    silent(&["digest", "--check", &list], &list, same_size);
}

/// A private and a public key of each algorithm, by their names.
fn keys(folder: &Folder) -> [String; 4] {
    let path = |name: &str| folder.0.join(name).to_str().unwrap().to_owned();
    let done = |arguments: &[&str]| {
        let output = sarsen(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
    };
    let [ed, sm, ed_public, sm_public] = ["ed", "sm", "ed.pub", "sm.pub"].map(path);
    done(&["key", "generate", "--algorithm", "ed25519", "-o", &ed]);
    done(&["key", "generate", "--algorithm", "sm2", "--identity", "a", "-o", &sm]);
    for (private, public) in [(&ed, &ed_public), (&sm, &sm_public)] {
        done(&["key", "public", private, "-o", public]);
    }
    [ed, sm, ed_public, sm_public]
}

#[test]
fn no_file_is_signed_that_changes() {
    let folder = Folder::new("changing-sign");
    let [ed, sm, ..] = keys(&folder);
    let path = sparse(&folder, "path", LARGE);
    let out = folder.0.join("out");
    let name = out.to_str().unwrap();
    let unsigned = |arguments: &[&str], path: &str, change: Change| {
        let output = refused_after(&|| drop(fs::remove_file(&out)), arguments, path, change);
        assert!(stdout(&output).is_empty() && !out.exists(), "{arguments:?}");
    };
    for key in [&ed, &sm] {
        unsigned(&["sign", "--key", key, "-o", name, &path], &path, same_size);
        let (_, replaced) = CHANGES[5];
        unsigned(&["sign", "--key", key, "-o", name, &path], &path, replaced);
    }
    let wrap = ["sign", "--key", &ed, "--envelope", "-o", name];
    unsigned(&[&wrap[..], &["--payload-type", "t", &path]].concat(), &path, same_size);
    unsigned(&[&wrap[..], &[&path]].concat(), &path, same_size);
}

#[test]
fn no_signature_is_verified_of_a_file_that_changes() {
    let folder = Folder::new("changing-verify");
    let [ed, sm, ed_public, sm_public] = keys(&folder);
    let path = sparse(&folder, "path", LARGE);
    for (key, public, signature) in [(ed, &ed_public, "ed25519"), (sm, &sm_public, "sm2")] {
        assert!(sarsen(&["sign", "--key", &key, &path]).status.success());
        let signature = format!("{path}.{signature}.sig");
        let verify = ["verify", "--key", public, "--signature", &signature, &path];
        assert_eq!(sarsen(&verify).status.code(), Some(0));
        silent(&verify, &path, same_size);
    }
    let signature = sparse(&folder, "signature", LARGE);
    silent(&["verify", "--key", &sm_public, "--signature", &signature, &path], &signature, same_size);
    let envelope = sparse(&folder, "envelope", LARGE);
    silent(&["verify", "--key", &ed_public, "--envelope", &envelope], &envelope, same_size);
}

#[test]
fn nothing_is_counted_or_compared_that_changes() {
    let folder = Folder::new("changing-attestations");
    let key: SecretKey = ed25519(1);
    let file = |name: &str, text: String| folder.file(name, text.as_bytes());
    let trust = file("trust", entry("one", "one.example", &key, "roles = [\"rebuilder\"]"));
    let policy = file(
        "policy",
        format!(
            "name = \"app\"\nthreshold = 1\nallow-single-organisation = true\nbuilders = [\"one\"]\n[[recipe]]\n\
             attribute = \"packages.x86_64-linux.arm64\"\ndrv-sha256 = \"{}\"\n",
            digest("app")
        ),
    );
    let bundle = file("bundle", line(&produced("one.example", "app", &[("app", b"program")]), &[&key]));
    let app = folder.file("app", b"program");
    let verify = ["verify-attestation", "--policy", &policy, "--trust", &trust];
    let compare = ["challenge", "--trust", &trust, "--bundle"];
    for arguments in [[&verify[..], &[&bundle, &app]].concat(), [&compare[..], &[&bundle, &app]].concat()] {
        let output = sarsen(&arguments);
        assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
    }
    let output = folder.0.join("output");
    fs::create_dir(&output).unwrap();
    let (inside, output) = (sparse(&folder, "output/app", LARGE), output.to_str().unwrap());
    let large = sparse(&folder, "large", LARGE);
    silent(&[&verify[..], &[&bundle, &large]].concat(), &large, same_size);
    silent(&[&verify[..], &[&large, &app]].concat(), &large, same_size);
    silent(&[&compare[..], &[&bundle, &large]].concat(), &large, same_size);
    silent(&[&compare[..], &[&bundle, output]].concat(), &inside, same_size);
    silent(&[&compare[..], &[&large, &app]].concat(), &large, same_size);
}

/// A program, and all of it in a segment.
fn program(size: usize) -> Vec<u8> {
    Elf::with(|e| e.notes = vec![(3, vec![7; size])])
}

#[test]
fn no_program_is_judged_that_changes() {
    let folder = Folder::new("changing-judged");
    let root = folder.0.join("root");
    fs::create_dir(&root).unwrap();
    let path = folder.file("program", &Elf::default().bytes());
    writable(path.as_ref()).set_len(LARGE).unwrap();
    let output = refused(&["check", &path], &path, same_size);
    assert!(stdout(&output).contains("1 not judged"), "{}", stdout(&output));
    silent(&["explain", "--rootfs", root.to_str().unwrap(), &path], &path, same_size);
}

/// While it is read, and until its smaller copy would be put into place: there stays what was there.
#[test]
fn no_program_is_made_smaller_that_changes() {
    let folder = Folder::new("changing-slim");
    let path = folder.file("program", &program(32 << 20));
    let out = folder.0.join("out");
    let slim = ["slim", &path, "-o", out.to_str().unwrap()];
    // A file that is named for the output and the process is there as soon as all is read.
    let later = |path: &Path, size, count| {
        let mut names = fs::read_dir(path.parent().unwrap()).unwrap().map(|entry| entry.unwrap().file_name());
        if names.any(|name| name.to_string_lossy().starts_with(".out.")) {
            same_size(path, size, count);
        }
    };
    for change in [same_size, later] {
        let output = refused_after(&|| fs::write(&out, "old").unwrap(), &slim, &path, change);
        let names = fs::read_dir(&folder.0).unwrap().count();
        assert_eq!((names, fs::read(&out).unwrap(), stdout(&output)), (2, b"old".to_vec(), String::new()));
    }
    assert!(sarsen(&slim).status.success(), "its last byte does not matter");
}

/// Readers, their atime, other names, and what happens beside it.
#[test]
fn a_file_that_others_only_read_has_its_digest() {
    let folder = Folder::new("changing-not");
    let path = folder.file("file", &vec![7; 24 << 20]);
    let name = |number: u64| folder.0.join(format!("link-{number}"));
    fs::hard_link(&path, name(0)).unwrap();
    let times = FileTimes::new().set_accessed(UNIX_EPOCH).set_modified(UNIX_EPOCH);
    writable(path.as_ref()).set_times(times).unwrap();
    let expected = sarsen(&["digest", &path]);
    assert_eq!(
        (expected.status.code(), stdout(&expected).lines().count()),
        (Some(0), 2),
        "{}",
        stderr(&expected)
    );
    if fs::metadata(&path).unwrap().atime() == 0 {
        support::limited("this file system has no atime");
    }
    let others = |count: u64| {
        let mut first = [0; 4096];
        File::open(&path).unwrap().read_exact_at(&mut first, 0).unwrap();
        fs::write(folder.0.join("beside"), first).unwrap();
        // As many as any file system allows.
        if count < 1000 {
            fs::hard_link(&path, name(count + 1)).unwrap();
        }
    };
    let output = meanwhile(others, || sarsen(&["digest", &path]));
    assert_eq!(stdout(&output), stdout(&expected), "{}", stderr(&output));
}

/// By the paths that lead to what is open already, and below /proc.
#[test]
fn what_is_open_and_what_the_kernel_makes_is_read() {
    let folder = Folder::new("changing-open");
    let path = folder.file("file", &vec![7; 1 << 20]);
    let plain = stdout(&sarsen(&["digest", &path]));
    for name in ["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"] {
        let run = |arguments: &[&str]| {
            Command::new(env!("CARGO_BIN_EXE_sarsen"))
                .args(arguments)
                .stdin(Stdio::from(File::open(&path).unwrap()))
                .output()
                .unwrap()
        };
        let output = run(&["digest", name]);
        assert_eq!(stdout(&output), plain.replace(&path, name), "{}", stderr(&output));
    }
    for name in ["/proc/self/status", "/proc/self/maps", "/proc/sys/kernel/ostype", "/proc/mounts"] {
        let output = sarsen(&["digest", name]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert_eq!(stdout(&output).lines().count(), 2);
    }
}
