//! Each rule has an input that passes and one that fails, made by one change to a file that passes them all.

mod support;

use std::sync::LazyLock;

use sarsen::check::{self, Judge, Judgement};
use sarsen::profile::{BUILT_IN, Profile};
use sarsen::rules::{self, Verdict};
use support::{EXITS, Elf, FOLLOWS, RELOCATES_PACKED};

static GRID: LazyLock<Profile> = LazyLock::new(|| Profile::load(BUILT_IN[0].0).unwrap());
static JUDGE: LazyLock<Judge> = LazyLock::new(|| Judge::new(&GRID));

fn judge(bytes: &[u8]) -> Vec<Judgement<'static>> {
    JUDGE.image(bytes, "fixture").unwrap()
}

fn verdict(bytes: &[u8], rule: &str) -> Verdict {
    judge(bytes).into_iter().find(|j| j.rule.id == rule).unwrap().verdict
}

/// A rule, a file that fails it, and what the evidence must say.
fn faults() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    vec![
        ("elf-valid", Elf::with(|e| e.beyond = 0x10000), "segment 1 wants bytes"),
        ("machine", Elf::with(|e| e.machine = 62), "little-endian x86_64"),
        ("machine", Elf::with(|e| e.class = 1), "32-bit"),
        ("machine", Elf::with(|e| e.os_abi = 9), "OS/ABI 9"),
        ("static-pie", Elf::with(|e| e.kind = 2), "ET_EXEC"),
        ("static-pie", Elf::with(|e| e.dynamic[1].1 = 1), "without DF_1_PIE"),
        ("self-relocating", Elf::with(|e| e.code = FOLLOWS.to_vec()), "reads the unmapped address 0x0"),
        ("self-relocating", Elf::with(|e| e.code = EXITS.to_vec()), "makes system call 93"),
        ("self-relocating", Elf::with(|e| e.code = vec![0x1400_0000]), "is still running"),
        ("self-relocating", Elf::with(|e| e.code = vec![0x1e60_2800]), "instruction 1e602800"),
        ("self-relocating", Elf::with(|e| e.entry = 0x20800), "where no code is"),
        (
            "self-relocating",
            Elf::with(|e| (e.packed, e.code) = (true, FOLLOWS.to_vec())),
            "does not apply them",
        ),
        (
            "no-interpreter",
            Elf::with(|e| e.interpreter = Some("/lib/ld-musl-aarch64.so.1")),
            "names /lib/ld-musl",
        ),
        ("no-needed", Elf::with(|e| e.dynamic.push((1, 1))), "names libc.so"),
        ("no-runpath", Elf::with(|e| e.dynamic.push((29, 9))), "searched in /opt/lib"),
        ("no-runpath", Elf::with(|e| e.dynamic.push((15, 9))), "searched in /opt/lib"),
        ("no-textrel", Elf::with(|e| e.slots = 0x10500), "at 0x10500 lies in a segment"),
        ("no-textrel", Elf::with(|e| e.dynamic.push((22, 0))), "announces text relocations"),
        ("no-foreign-libc", Elf::with(|e| e.tail = b"\0GLIBC_2.17\0".to_vec()), "which is glibc's"),
        ("relro", Elf::with(|e| e.relro = false), "no PT_GNU_RELRO"),
        ("bind-now", Elf::with(|e| e.dynamic = vec![(0x6fff_fffb, 0x0800_0000)]), "neither"),
        ("noexec-stack", Elf::with(|e| e.stack_flags = Some(7)), "PT_GNU_STACK is RWE"),
        ("noexec-stack", Elf::with(|e| e.stack_flags = None), "no PT_GNU_STACK"),
        ("no-wx", Elf::with(|e| e.text_flags = 7), "is RWE"),
        ("stripped", Elf::with(|e| e.section = Some(".symtab")), "the first is .symtab"),
        ("stripped", Elf::with(|e| e.section = Some(".debug_info")), "the first is .debug_info"),
        ("segment-alignment", Elf::with(|e| e.align = 0x1000), "aligned to 0x1000"),
        ("kernel-version", Elf::with(|e| e.note = Some([0, 6, 1, 0])), "asks for Linux 6.1.0"),
        (
            "no-build-paths",
            Elf::with(|e| e.tail = b"at /home/ci/src/main.rs".to_vec()),
            "/home/ci/src/main.rs",
        ),
    ]
}

#[test]
fn a_good_file_fails_nothing() {
    for good in [
        Elf::default().bytes(),
        Elf::with(|e| (e.packed, e.code) = (true, RELOCATES_PACKED.to_vec())),
        Elf::with(|e| e.note = Some([0, 3, 7, 0])),
    ] {
        for judgement in judge(&good) {
            let fails = matches!(judgement.verdict, Verdict::Fail { .. });
            assert!(!fails, "{}: {:?}", judgement.rule.id, judgement.verdict);
        }
    }
}

#[test]
fn each_fault_fails_its_rule_and_says_why() {
    for (rule, bytes, said) in faults() {
        match verdict(&bytes, rule) {
            Verdict::Fail { evidence, effect, next } => {
                assert!(evidence.contains(said), "{rule}: {evidence:?} does not say {said:?}");
                assert!(
                    !effect.is_empty() && !next.is_empty(),
                    "{rule} must say what it means and what to do"
                );
            }
            other => panic!("{rule} does not see {said:?}: {other:?}"),
        }
    }
}

#[test]
fn every_rule_has_both_a_passing_and_a_failing_input() {
    let good = Elf::default().bytes();
    let dated = Elf::with(|e| e.note = Some([0, 3, 7, 0]));
    for rule in rules::ALL {
        assert!(faults().iter().any(|(id, ..)| *id == rule.id), "{} was never seen to fail", rule.id);
        let passes = [&good, &dated].iter().any(|f| matches!(verdict(f, rule.id), Verdict::Pass { .. }));
        assert!(passes, "{} was never seen to pass", rule.id);
    }
}

#[test]
fn what_cannot_be_asked_is_not_applicable_and_says_why() {
    for (rule, bytes, said) in [
        (
            "self-relocating",
            Elf::with(|e| e.interpreter = Some("/lib/ld.so")),
            "its interpreter relocates it",
        ),
        ("self-relocating", Elf::with(|e| e.kind = 2), "only position-independent"),
        ("self-relocating", Elf::with(|e| e.machine = 62), "no relative relocations"),
        ("kernel-version", Elf::default().bytes(), "no NT_GNU_ABI_TAG"),
        ("relro", Elf::with(|e| e.class = 1), "32-bit"),
        ("stripped", Elf::with(|e| e.data = 2), "big-endian"),
    ] {
        match verdict(&bytes, rule) {
            Verdict::NotApplicable { because } => assert!(because.contains(said), "{rule}: {because}"),
            other => panic!("{rule} for {said:?}: {other:?}"),
        }
    }
}

#[test]
fn the_profile_decides_which_linkage_passes() {
    let fixed = Elf::with(|e| e.kind = 2);
    let dynamic = Elf::with(|e| e.interpreter = Some("/lib/ld-musl-aarch64.so.1"));
    for (linkage, file, rule, expected) in [
        ("static", &fixed, "static-pie", "pass"),
        ("static", &dynamic, "static-pie", "fail"),
        ("static", &dynamic, "no-interpreter", "fail"),
        ("any", &fixed, "static-pie", "n/a"),
        ("any", &dynamic, "no-interpreter", "n/a"),
        ("static-pie", &fixed, "static-pie", "fail"),
    ] {
        let text = BUILT_IN[0].1.replace("\"static-pie\"", &format!("\"{linkage}\""));
        let profile = Profile::parse(&text, "p").unwrap();
        let judgements = check::image(file, "fixture", &profile).unwrap();
        let seen = match &judgements.iter().find(|j| j.rule.id == rule).unwrap().verdict {
            Verdict::Pass { .. } => "pass",
            Verdict::Fail { .. } => "fail",
            Verdict::NotApplicable { .. } => "n/a",
        };
        assert_eq!(seen, expected, "{rule} where the device wants {linkage}");
    }
}

#[test]
fn rules_are_documented_and_their_ids_are_unique_kebab_case() {
    let mut seen = std::collections::BTreeSet::new();
    for rule in rules::ALL {
        assert!(seen.insert(rule.id), "{} twice", rule.id);
        assert!(rule.id.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{}", rule.id);
        for text in [rule.what, rule.why, rule.fix] {
            assert!(text.ends_with('.'), "{}: {text}", rule.id);
        }
        assert!(!rule.summary.ends_with('.') && !rule.source.is_empty(), "{}", rule.id);
    }
}
