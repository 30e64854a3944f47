//! What is predicted of dynamic loaders is what they do: programs are built with this machine's compilers for glibc and
//! musl, started inside a tree of their own, and compared by exit status, by every word on standard error and by every
//! path that strace(1) sees them open.

mod cases;
mod glibc;
mod musl;
#[path = "../support/mod.rs"]
mod support;

use std::path::Path;

use cases::Case;
use sarsen::elf::Image;
use sarsen::loader::End;
use sarsen::loader::dynamic::{Environment, Linked, When, World};
use sarsen::rootfs::Tree;
use support::device::{Device, Libc, can_start, loader};

fn predict(device: &Device, case: &Case) -> Linked {
    let world = World::new(Tree::open(device.root()).unwrap());
    let (path, node) = world.tree().resolve(Path::new(case.program)).unwrap();
    let bytes = world.tree().read(&node).unwrap();
    let image = Image::parse(&bytes, case.program).unwrap();
    let variable =
        |name| case.variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
    let environment = Environment {
        argv0: Some(case.program.to_owned()),
        library_path: variable("LD_LIBRARY_PATH"),
        preload: variable("LD_PRELOAD"),
        bind_now: variable("LD_BIND_NOW").is_some(),
        hwcaps: levels(),
        secure: false,
    };
    world.link(&path, &image, &environment).unwrap()
}

/// The levels of this machine's processor that its glibc searches, best first.
fn levels() -> Vec<String> {
    let help = std::process::Command::new(loader(Libc::Glibc)).arg("--help").output();
    let text = help.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let levels = text.lines().filter_map(|line| line.trim().strip_suffix(" (supported, searched)"));
    levels.filter(|level| level.starts_with("x86-64-v")).map(str::to_owned).collect()
}

/// Paths below folders that loaders before glibc 2.37 try for processors of old: tls/, haswell/, x86_64/ …
fn is_legacy(path: &str) -> bool {
    path.split('/').any(|name| ["tls", "haswell", "x86_64", "avx512_1", "xeon_phi"].contains(&name))
}

fn compare(libc: Libc, cases: &[Case]) {
    if !can_start(libc) {
        return;
    }
    let mut differences = Vec::new();
    for case in cases {
        let name = case.name;
        let device = Device::new(
            &format!("{libc:?}-{}", name.replace(|c: char| !c.is_ascii_alphanumeric(), "-")),
            libc,
        );
        (case.make)(&device);
        let linked = predict(&device, case);
        let real = device.start(case.program, case.variables);
        // What is bound at the first call ends there: every function of these programs is called.
        let deferred = linked.problems.iter().find(|problem| problem.when == When::FirstCall);
        let (status, says) = match (linked.end(), deferred.map(|problem| &problem.cause.end)) {
            (End::Exit { status, says }, _) => (i32::from(status), says),
            (End::Starts, Some(End::Exit { status, says })) => (i32::from(*status), says.clone()),
            (End::Starts, _) => (0, linked.says()),
            other => panic!("{name}: {other:?}"),
        };
        let tried = linked.steps.iter().filter_map(|step| step.call.split('"').nth(1));
        let tried: Vec<&str> = tried.filter(|path| !is_legacy(path)).collect();
        let opened: Vec<&str> =
            real.opened.iter().map(String::as_str).filter(|path| !is_legacy(path)).collect();
        if (real.status, &real.stderr) != (Some(status), &says) {
            differences.push(format!(
                "{name}: predicted {status} {says:?}, seen {:?} {:?}",
                real.status, real.stderr
            ));
        }
        if opened != tried {
            let same = opened.iter().zip(&tried).take_while(|(seen, predicted)| seen == predicted).count();
            differences.push(format!("{name}: predicted {:?}, seen {:?}", &tried[same..], &opened[same..]));
        }
        if !says.contains(case.says) || says.is_empty() != case.says.is_empty() {
            differences.push(format!("{name} shows {says:?}, not {:?}", case.says));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn glibc_does_what_is_predicted() {
    compare(Libc::Glibc, glibc::CASES);
}

#[test]
fn musl_does_what_is_predicted() {
    compare(Libc::Musl, musl::CASES);
}
