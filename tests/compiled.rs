//! Files as real compilers and linkers make them. Each source in tests/compiled/ says in its comments how it is
//! compiled and what the rules must say then; readelf is the second judge.

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use sarsen::check::Judge;
use sarsen::profile::Profile;
use sarsen::rules::Verdict;
use support::Folder;
use support::compiler::compiler;

/// A line `COMPILER FLAGS | VERDICT: RULES | …`. Words such as `GOARCH=arm64` are environment.
struct Case {
    source: PathBuf,
    compiler: String,
    flags: Vec<String>,
    expected: Vec<(String, String)>,
}

fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compiled");
    let mut sources: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    sources.sort();
    let mut found = Vec::new();
    for source in sources {
        let text = std::fs::read_to_string(&source).unwrap();
        for line in text.lines().filter_map(|line| line.strip_prefix("// ")) {
            let mut parts = line.split(" | ");
            let mut words = parts.next().unwrap_or_default().split(' ').map(String::from);
            let compiler = words.next().unwrap_or_default();
            if !compiler.ends_with("gcc") && compiler != "go" {
                continue;
            }
            let expected = parts.flat_map(|part| {
                let (verdict, rules) = part.split_once(": ").expect("VERDICT: RULES");
                rules.split(' ').map(move |rule| (rule.to_owned(), verdict.to_owned()))
            });
            let expected: Vec<_> = expected.collect();
            assert!(!expected.is_empty(), "{line}: nothing is expected");
            found.push(Case { source: source.clone(), compiler, flags: words.collect(), expected });
        }
    }
    found
}

/// What every rule says of a file, by id.
fn verdicts(file: &Path, machine: &str) -> BTreeMap<&'static str, Verdict> {
    let keys = format!(
        "name = \"compiled\"\nextends = \"grid-arm64\"\n[elf]\nmachine = \"{machine}\"\nlinkage = \"pie\"\nlibc = []\n\
         [kernel]\npage-sizes = [4096]\n[hardening]\nbranch-protection = [\"bti\", \"pac\"]\n\
         [provenance]\nbuild-id = \"required\"\n[limits]\nfile-size = 10_000_000\nmemory-size = 10_000_000\n\
         [rules]\nno-comment = \"warn\"\n"
    );
    let profile = Profile::parse(&keys, "compiled").unwrap();
    let bytes = std::fs::read(file).unwrap();
    let judgements = Judge::new(&profile).image(&bytes, "compiled").unwrap();
    judgements.into_iter().map(|judgement| (judgement.rule.id, judgement.verdict)).collect()
}

fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Pass { .. } => "pass",
        Verdict::Fail { .. } => "fail",
        Verdict::NotApplicable { .. } => "n/a",
    }
}

/// Whether the property holds by what readelf prints, for the rules that readelf can judge.
fn by_readelf(file: &Path) -> Option<Vec<(&'static str, bool)>> {
    let printed = Command::new("readelf").args(["-hlSdnW", "--dyn-syms"]).arg(file).output().ok()?;
    let text = String::from_utf8_lossy(&printed.stdout).into_owned();
    let has = |part: &str| text.contains(part);
    let line =
        |start: &str| text.lines().find(|line| line.trim_start().starts_with(start)).unwrap_or_default();
    let checked = text.lines().any(|line| line.contains(" UND __") && line.contains("_chk@"));
    Some(vec![
        ("relro", has("GNU_RELRO")),
        ("bind-now", has("BIND_NOW") || has("Flags: NOW")),
        ("noexec-stack", line("GNU_STACK").contains(" RW ")),
        ("no-wx", !text.lines().any(|line| line.trim_start().starts_with("LOAD") && line.contains(" RWE "))),
        ("no-runpath", !has("(RUNPATH)") && !has("(RPATH)")),
        ("no-textrel", !has("(TEXTREL)")),
        ("stripped", !has(" .symtab ") && !has(" .strtab ")),
        ("no-debug", !has(" .debug_")),
        ("no-comment", !has(" .comment ")),
        ("static-pie", line("Type:").contains("DYN")),
        ("build-id", has("NT_GNU_BUILD_ID")),
        ("lean-dynamic", !has("(DEBUG)")),
        ("stack-protector", has("UND __stack_chk_fail")),
        ("fortify", checked),
        ("branch-protection", has("AArch64 feature: BTI, PAC")),
    ])
}

#[test]
fn compilers_and_linkers_are_judged_as_their_flags_say() {
    let folder = Folder::new("compiled");
    let (mut judged, mut compared) = (0, 0);
    for (index, case) in cases().iter().enumerate() {
        let name = format!("{} {}", case.compiler, case.flags.join(" "));
        let file = folder.0.join(format!("{index}"));
        let is_environment = |word: &&String| !word.starts_with('-') && word.contains('=');
        let (environment, flags): (Vec<_>, Vec<_>) = case.flags.iter().partition(is_environment);
        let compiled = compiler(&case.compiler)
            .envs(environment.iter().filter_map(|word| word.split_once('=')))
            .args(flags)
            .arg("-o")
            .arg(&file)
            .arg(&case.source)
            .output();
        let Ok(compiled) = compiled else {
            support::skip(&format!("there is no {}: {}", case.compiler, case.source.display()));
            continue;
        };
        let said = String::from_utf8_lossy(&compiled.stderr);
        if name.contains("-static") && said.contains("cannot find -lc") {
            support::skip(&format!("there is no static C library: {name}"));
            continue;
        }
        assert!(compiled.status.success(), "{name}: {said}");
        let machine = if case.compiler.starts_with("aarch64") { "aarch64" } else { std::env::consts::ARCH };
        let verdicts = verdicts(&file, machine);
        for (rule, expected) in &case.expected {
            let verdict = &verdicts[rule.as_str()];
            assert_eq!(word(verdict), expected, "{rule} of {name}: {verdict:?}");
            judged += 1;
        }
        for (rule, holds) in by_readelf(&file).unwrap_or_default() {
            let verdict = &verdicts[rule];
            let agrees =
                matches!(verdict, Verdict::NotApplicable { .. }) || (word(verdict) == "pass") == holds;
            assert!(agrees, "{rule} of {name}: {verdict:?}, readelf: {holds}");
            compared += 1;
        }
    }
    if judged > 0 && compared == 0 {
        support::skip("there is no readelf");
    }
    println!("{judged} verdicts as expected, {compared} compared with readelf");
}
