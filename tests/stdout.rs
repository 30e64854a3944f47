//! What becomes of standard output changes no verdict, and no result that is lost counts as a success.

mod support;

use std::fs::{File, OpenOptions};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, Output, Stdio};

use sarsen::key::{SecretKey, Sign};
use support::attest::{differs, ed25519, entry, line, produced};
use support::{Elf, FOLLOWS, Folder, stderr, stdout};

const APP: &[(&str, &[u8])] = &[("bin/app", b"program")];
const OTHER: &[(&str, &[u8])] = &[("bin/app", b"progrAm")];

/// What standard output is besides one that is read.
const SINKS: [&str; 5] = ["closed", "unread", "full", "read-only", "null"];

/// The words of a command, the exit code where its output is read, and those with [`SINKS`]: verdicts stay, results become 4.
const COMMANDS: &[(&str, i32, [i32; 5])] = &[
    // This machine's Nix is hidden: there is no build here.
    ("attest .#app --key key --builder https://b.example/ --organisation o -o new", 7, [7; 5]),
    ("bundle agree", 0, [0, 0, 4, 4, 0]),
    ("bundle broken --trust trust --format json", 2, [2, 2, 4, 4, 2]),
    ("challenge --trust trust --bundle dissent app", 5, [5; 5]),
    ("challenge --trust trust --bundle dissent app --format json", 5, [5; 5]),
    ("check good", 0, [0, 0, 4, 4, 0]),
    ("check bad", 1, [1, 1, 4, 4, 1]),
    ("check bad absent --format json", 2, [2, 2, 4, 4, 2]),
    ("digest app", 0, [4, 4, 4, 4, 0]),
    ("digest app absent", 2, [4, 4, 4, 4, 2]),
    ("digest absent --format json", 2, [4, 4, 4, 4, 2]),
    ("digest --check list", 1, [1, 1, 4, 4, 1]),
    ("digest --nar app", 0, [4, 4, 4, 4, 0]),
    ("explain --rootfs . good", 0, [0, 0, 4, 4, 0]),
    ("explain --rootfs . bad", 1, [1, 1, 4, 4, 1]),
    // Help is text that can be had again.
    ("help", 0, [0, 0, 4, 4, 0]),
    ("help sign", 0, [0, 0, 4, 4, 0]),
    ("--version", 0, [0, 0, 4, 4, 0]),
    ("key show key", 0, [4, 4, 4, 4, 0]),
    ("key show key --format json", 0, [4, 4, 4, 4, 0]),
    ("key show absent", 2, [2; 5]),
    ("key public key", 0, [4, 4, 4, 4, 0]),
    ("key public key -o key.pub", 0, [0; 5]),
    ("key generate --algorithm ed25519 -o key", 2, [2; 5]),
    ("policy init --trust trust --bundle agree", 0, [4, 4, 4, 4, 0]),
    ("policy init --trust trust --bundle agree -o trust", 2, [2; 5]),
    ("policy init --trust trust --bundle broken", 2, [2; 5]),
    ("profiles", 0, [0, 0, 4, 4, 0]),
    ("profiles grid-arm64", 0, [0, 0, 4, 4, 0]),
    ("profiles grid", 2, [2; 5]),
    ("rules", 0, [0, 0, 4, 4, 0]),
    ("rules relro --format json", 0, [0, 0, 4, 4, 0]),
    ("sign --key key app", 0, [0; 5]),
    ("sign --key key --envelope --payload-type t app", 0, [4, 4, 4, 4, 0]),
    ("sign --key key --envelope --payload-type t app -o envelope", 0, [0; 5]),
    ("sign --key absent --envelope --payload-type t app", 2, [2; 5]),
    ("slim good -o slim", 0, [0, 0, 4, 4, 0]),
    ("slim app -o slim", 2, [2; 5]),
    ("trust init", 0, [4, 4, 4, 4, 0]),
    ("trust init --organisation o public -o trust", 2, [2; 5]),
    ("trust add --trust trust --organisation o public", 2, [2; 5]),
    ("verify --key public --signature sig app", 0, [0, 0, 4, 4, 0]),
    ("verify --key public --signature sig list --format json", 6, [6; 5]),
    ("verify --key public --signature sig absent", 2, [2; 5]),
    ("verify-attestation --policy policy --trust trust agree app", 0, [0, 0, 4, 4, 0]),
    ("verify-attestation --policy policy --trust trust dissent app", 5, [5; 5]),
    ("verify-attestation --policy policy --trust trust dissent app --format json", 5, [5; 5]),
    ("verify-attestation --policy policy --trust trust agree list", 6, [6; 5]),
];

/// The files that the commands name.
fn files(name: &str) -> Folder {
    let folder = Folder::new(&format!("stdout-{name}"));
    let keys = [ed25519(1), ed25519(3)];
    folder.private("key", keys[0].pem().as_bytes());
    folder.file("public", keys[0].public().pem().as_bytes());
    folder.file("app", APP[0].1);
    folder.file("sig", &keys[0].sign(APP[0].1).unwrap());
    folder.file("list", format!("{}  app\n", "0".repeat(64)).as_bytes());
    for (name, elf) in [("good", Elf::default().bytes()), ("bad", Elf::with(|e| e.code = FOLLOWS.to_vec()))] {
        support::set_mode(folder.file(name, &elf).as_ref(), 0o755);
    }
    attestations(&folder, &keys);
    folder
}

fn attestations(folder: &Folder, [utility, laboratory]: &[SecretKey; 2]) {
    let roles = "roles = [\"rebuilder\"]";
    let trust = entry("utility-1", "utility.example", utility, roles)
        + &entry("laboratory-1", "laboratory.example", laboratory, roles);
    folder.file("trust", trust.as_bytes());
    let policy = "name = \"p\"\nthreshold = 2\nbuilders = [\"utility-1\", \"laboratory-1\"]\n[[recipe]]\n\
                  attribute = \"packages.x86_64-linux.arm64\"\ndrv-sha256 = ";
    folder.file("policy", format!("{policy}\"{}\"\n", support::attest::digest("app")).as_bytes());
    let own = line(&produced("utility.example", "app", APP), &[utility]);
    for (name, other) in [
        ("agree", produced("laboratory.example", "app", APP)),
        ("dissent", differs("laboratory.example", "app", OTHER, APP)),
    ] {
        folder.file(name, (own.clone() + &line(&other, &[laboratory])).as_bytes());
    }
    folder.file("broken", (own + "nonsense\n").as_bytes());
}

/// Runs sarsen with its standard output closed, or as `out`.
fn run(folder: &Folder, words: &str, out: Option<Stdio>) -> Output {
    let closes = if out.is_none() { "exec \"$@\" >&-" } else { "exec \"$@\"" };
    Command::new("/bin/sh")
        .args(["-c", closes, "sh", env!("CARGO_BIN_EXE_sarsen")])
        .args(words.split(' '))
        .current_dir(&folder.0)
        .env("PATH", "/nonexistent")
        .stdout(out.unwrap_or_else(Stdio::piped))
        .stderr(Stdio::piped())
        .output()
        .unwrap()
}

fn sink(name: &str) -> Option<Stdio> {
    match name {
        "closed" => None,
        "unread" => {
            // Nobody reads from the beginning: of a pipe that is dropped later the program could be faster.
            let (ours, theirs) = UnixStream::pair().unwrap();
            drop(ours);
            Some(OwnedFd::from(theirs).into())
        }
        "full" => Some(OpenOptions::new().write(true).open("/dev/full").unwrap().into()),
        "read-only" => Some(File::open("/dev/zero").unwrap().into()),
        _ => Some(Stdio::null()),
    }
}

#[test]
fn verdicts_stay_and_lost_results_are_no_success() {
    let folder = files("verdicts");
    for (words, exit, exits) in COMMANDS {
        let read = run(&folder, words, Some(Stdio::piped()));
        assert_eq!(read.status.code(), Some(*exit), "{words}: {}", stderr(&read));
        for (name, exit) in SINKS.iter().zip(exits) {
            let lost = run(&folder, words, sink(name));
            assert_eq!(lost.status.code(), Some(*exit), "{words}, {name}: {}", stderr(&lost));
            let said = stderr(&lost);
            assert!(said.starts_with(&stderr(&read)), "{words}, {name}: {said}");
            let is_said = !read.stdout.is_empty() && (*exit == 4 || ["full", "read-only"].contains(name));
            assert_eq!(said.contains("error[output-failed]"), is_said, "{words}, {name}: {said}");
        }
    }
}

#[test]
fn every_subcommand_is_tried() {
    let help = stdout(&support::sarsen(&["--help"]));
    let list = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let names: Vec<&str> = list.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.len() >= 12 && names.contains(&"sign"), "{help}");
    for name in names {
        let is_tried = COMMANDS.iter().any(|(words, ..)| words.split(' ').next() == Some(name));
        assert!(
            is_tried,
            "{name} is in no row of COMMANDS: say what it exits with when nobody reads what it prints"
        );
    }
}

/// Both streams into one file: what was written first stands first.
#[test]
fn errors_are_said_before_the_report_is_written() {
    let folder = files("order");
    for (words, report) in [
        ("check bad absent", "grid-arm64 judges"),
        ("digest absent app", "SHA256 (app)"),
        ("verify-attestation --policy policy --trust trust dissent app", "policy p wants"),
        ("bundle broken", "line 1: "),
        ("challenge --trust trust --bundle broken app", "identical"),
        ("verify --key public --signature sig list --format json", "sarsen.verify/1"),
    ] {
        let both = File::create(folder.0.join("both")).unwrap();
        Command::new(env!("CARGO_BIN_EXE_sarsen"))
            .args(words.split(' '))
            .current_dir(&folder.0)
            .stdout(both.try_clone().unwrap())
            .stderr(both)
            .status()
            .unwrap();
        let text = std::fs::read_to_string(folder.0.join("both")).unwrap();
        let (error, report) = (text.rfind("sarsen: error["), text.find(report));
        assert!(error.is_some() && error < report, "{words}: {text}");
    }
}
