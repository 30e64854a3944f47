//! What `sarsen explain` predicts, against the table of causes and against real kernels.
//!
//! The table (`cases.rs`, `mapped.rs`) says how each case ends. Here predictions are compared with it for several
//! kernels, and on an x86-64 machine the cases are executed by the kernel under this test. The flake's check `explain`
//! does the same for arm64 under booted kernels: it has the cases written by `SARSEN_CASES=FOLDER`.

mod case;
mod cases;
mod mapped;
mod program;

#[path = "../support/archive.rs"]
#[allow(dead_code, reason = "there are tars too")]
mod archive;
#[path = "../../checks/explain/src/outcome.rs"]
mod outcome;
#[path = "../support/mod.rs"]
mod support;

mod cli;
mod hostile;
mod linked;
mod native;
mod random;

use std::path::Path;

use case::{Case, End, On};
use program::Machine;
use sarsen::explain::{Attempt, Question, explain};
use sarsen::loader;
use sarsen::loader::dynamic::{Environment, World};
use sarsen::loader::exec::User;
use sarsen::profile::Profile;
use sarsen::rootfs::Tree;

/// Writes the cases into the root file system at `root`, with their list (name, user, path) for whoever starts them.
fn lay(cases: &[Case], root: &Path) {
    for case in cases {
        case.lay(root);
    }
    std::fs::write(root.join("cases.tsv"), list(cases)).unwrap();
}

fn list(cases: &[Case]) -> String {
    let lines: Vec<String> =
        cases.iter().map(|case| format!("{}\t{}\t{}\n", case.name, case.user, case.start)).collect();
    lines.concat()
}

/// The same as an initramfs, whatever modes and kinds of files this user may make.
fn image(cases: &[Case]) -> Vec<u8> {
    let mut members: Vec<_> = cases.iter().flat_map(Case::members).collect();
    members.push(archive::file("cases.tsv", list(cases).as_bytes()));
    archive::cpio(&members, false)
}

/// As the kernel names what a Cortex-A76 has.
const CPU: &str = "[cpu]\narchitecture = \"armv8.2-a\"\nfeatures = [\"aes\", \"pmull\", \"sha1\", \"sha2\", \"crc32\", \
                   \"atomics\", \"fphp\", \"asimdhp\", \"cpuid\", \"asimdrdm\", \"lrcpc\", \"dcpop\", \"asimddp\"]\n";

/// The profile of a kernel on which /noexec is mounted noexec, and of the Cortex-A76 that it runs on.
fn profile(on: On) -> String {
    let (machine, (major, minor), page) = (on.machine.name(), on.version, on.page);
    format!(
        "name = \"case\"\n[elf]\nmachine = \"{machine}\"\n[kernel]\nversion = \"{major}.{minor}\"\n\
         page-sizes = [{page}]\n[rootfs]\nnoexec = [\"/noexec\"]\n{}",
        if on.machine == Machine::Aarch64 { CPU } else { "" }
    )
}

fn predict(world: &World, case: &Case, profile: &Profile) -> Attempt {
    let question = Question {
        profile,
        user: User { uid: case.user, gid: case.user },
        environment: Environment::default(),
    };
    let mut attempts = explain(world, Path::new(&case.start), &question).expect("this machine can read it");
    assert_eq!(attempts.len(), 1);
    attempts.remove(0)
}

/// The prediction in the words of the table; a program that starts exits as it wants.
fn said(attempt: &Attempt, expected: End) -> End {
    match &attempt.end {
        loader::End::Starts if matches!(expected, End::Exit(_)) => expected,
        loader::End::Starts => case::STARTS,
        loader::End::Errno(errno) => End::Errno(errno.number()),
        loader::End::Signal(signal) => End::Signal(signal.number()),
        loader::End::Exit { status, .. } => End::Exit(*status),
    }
}

#[test]
fn predictions_are_those_of_the_table() {
    let mut wrong = Vec::new();
    for (machine, versions) in
        [(Machine::Aarch64, &[(5, 10), (6, 1), (6, 12)][..]), (Machine::X86_64, &[(5, 10), (6, 18)])]
    {
        let cases = cases::all(machine);
        let world = World::new(Tree::from_bytes(image(&cases), "cases").unwrap());
        let pages: &[u64] = if machine == Machine::Aarch64 { &[4096, 16384, 65536] } else { &[4096] };
        for (&version, &page) in
            versions.iter().flat_map(|version| pages.iter().map(move |page| (version, page)))
        {
            let on = On { machine, page, version };
            let profile = Profile::parse(&profile(on), "case").unwrap();
            for case in &cases {
                let expected = (case.end)(on);
                let attempt = predict(&world, case, &profile);
                let id = attempt.cause.as_ref().map_or("", |cause| cause.id);
                let expected_id = if matches!(expected, End::Exit(_)) { "" } else { case.id };
                if (said(&attempt, expected), id) != (expected, expected_id) {
                    wrong.push(format!(
                        "{} on {on:?}: {expected:?} {expected_id}, predicted {:?}: {:?}",
                        case.name, attempt.end, attempt.cause
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_case_has_a_name_of_its_own_and_every_failure_a_fix() {
    let cases = cases::all(Machine::Aarch64);
    let world = World::new(Tree::from_bytes(image(&cases), "cases").unwrap());
    let on = On { machine: Machine::Aarch64, page: 4096, version: (5, 10) };
    let profile = Profile::parse(&profile(on), "case").unwrap();
    let mut names: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), cases.len());
    for case in &cases {
        let attempt = predict(&world, case, &profile);
        assert!(!attempt.steps.is_empty(), "{}", case.name);
        if let Some(cause) = attempt.cause {
            let texts = [&cause.evidence, &cause.fix, cause.source];
            assert!(texts.iter().all(|text| !text.is_empty() && !text.ends_with('.')), "{cause:?}");
        }
    }
}

#[test]
fn every_cause_of_the_table_is_documented_and_every_documented_one_is_in_the_table() {
    let page = include_str!("../../docs/explain.md");
    let table = page.split("## Causes").nth(1).and_then(|rest| rest.split("\n## ").next()).unwrap();
    // checks/explain.sh starts real programs of an old glibc for that.
    let elsewhere = ["kernel-too-old"];
    let mut documented: Vec<&str> = table
        .lines()
        .filter(|line| line.starts_with("| `"))
        .flat_map(|line| line.split('|').nth(1).unwrap().split('`').skip(1).step_by(2))
        .filter(|id| id.contains('-') && !elsewhere.contains(id))
        .collect();
    documented.sort_unstable();
    let cases = cases::all(Machine::Aarch64);
    let mut ids: Vec<&str> = cases.iter().map(|case| case.id).filter(|id| !id.is_empty()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(documented, ids);
}

/// For the flake's check: an initramfs with the arm64 cases, their list, and by page size the profile and how cases end.
#[test]
fn cases_for_other_kernels_are_written_on_demand() {
    let Some(folder) = std::env::var_os("SARSEN_CASES") else { return };
    let (folder, mut cases) = (Path::new(&folder), cases::all(Machine::Aarch64));
    std::fs::create_dir_all(folder).unwrap();
    let known = cases.len();
    cases.extend(random::cases(Machine::Aarch64, 400));
    std::fs::write(folder.join("cases.cpio"), image(&cases)).unwrap();
    std::fs::write(folder.join("cases.tsv"), list(&cases)).unwrap();
    for (page, version) in [(4096, (5, 10)), (16384, (6, 12))] {
        let on = On { machine: Machine::Aarch64, page, version };
        std::fs::write(folder.join(format!("{page}.toml")), profile(on)).unwrap();
        let ends: Vec<String> =
            cases[..known].iter().map(|case| format!("{}\t{}\n", case.name, (case.end)(on).text())).collect();
        std::fs::write(folder.join(format!("{page}.tsv")), ends.concat()).unwrap();
    }
}
