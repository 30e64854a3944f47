//! Each rule has an input that passes and one that fails, made by one change to a file that passes them all.

mod support;

use std::sync::LazyLock;

use sarsen::check::{self, Judge, Judgement};
use sarsen::profile::{BUILT_IN, Profile};
use sarsen::rules::{self, Check, Rule, Verdict};
use support::{EXITS, Elf, FOLLOWS, RELOCATES, RELOCATES_PACKED, abi, protections};

/// grid-arm64, and with it everything that a profile may ask for.
const DEMANDS: &str = r#"
name = "demanding"
extends = "grid-arm64"
[hardening]
branch-protection = ["bti", "pac"]
[provenance]
build-id = "required"
rust-deps = true
[limits]
file-size = 8192
memory-size = 0x60000
[rules]
no-comment = "warn"
"#;

static DEMANDING: LazyLock<Profile> = LazyLock::new(|| Profile::parse(DEMANDS, "demanding").unwrap());
static JUDGE: LazyLock<Judge> = LazyLock::new(|| Judge::new(&DEMANDING));

fn judge(bytes: &[u8]) -> Vec<Judgement<'static>> {
    JUDGE.image(bytes, "fixture").unwrap()
}

/// The same for a device with a loader.
static DYNAMIC: LazyLock<Profile> = LazyLock::new(|| {
    let text = "name = \"dynamic\"\nextends = \"grid-arm64\"\n[elf]\nlinkage = \"any\"\nlibc = []";
    Profile::parse(text, "dynamic").unwrap()
});
static DYNAMIC_JUDGE: LazyLock<Judge> = LazyLock::new(|| Judge::new(&DYNAMIC));

/// Judgements of files that pass whatever they are asked, and together are asked everything.
fn good_judgements() -> Vec<Judgement<'static>> {
    let hardened = dynamic(&["__stack_chk_fail", "__printf_chk"]);
    let mut all = DYNAMIC_JUDGE.image(&hardened, "fixture").unwrap();
    all.extend(good_files().iter().flat_map(|file| judge(file)));
    all
}

fn good_files() -> Vec<Vec<u8>> {
    let marks = || vec![protections(3), (3, vec![0xb1; 20])];
    let plain = Elf { notes: marks(), ..Elf::default() };
    vec![
        plain.bytes(),
        Elf { packed: true, code: RELOCATES_PACKED.to_vec(), ..plain.clone() }.bytes(),
        Elf { notes: [marks(), vec![abi(3, 7)]].concat(), ..plain.clone() }.bytes(),
        Elf { sections: go_section(&["CGO_ENABLED=0", "-trimpath=true"]), ..plain.clone() }.bytes(),
        Elf { sections: vec![(".dep-v0", DEPENDENCIES.to_vec())], ..plain }.bytes(),
    ]
}

/// A program for glibc that imports these functions.
fn dynamic(imports: &'static [&'static str]) -> Vec<u8> {
    Elf::with(|e| (e.interpreter, e.imports) = (Some("/lib/ld-linux-aarch64.so.1"), imports))
}

/// What the rule says under a profile that extends grid-arm64.
fn verdict_under(keys: &str, bytes: &[u8], rule: &str) -> Verdict {
    let profile = Profile::parse(&format!("name = \"p\"\nextends = \"grid-arm64\"\n{keys}"), "p").unwrap();
    let judgements = check::image(bytes, "fixture", &profile).unwrap();
    judgements.into_iter().find(|j| j.rule.id == rule).unwrap().verdict
}

fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Pass { .. } => "pass",
        Verdict::Fail { .. } => "fail",
        Verdict::NotApplicable { .. } => "n/a",
    }
}

fn verdict(bytes: &[u8], rule: &str) -> Verdict {
    judge(bytes).into_iter().find(|j| j.rule.id == rule).unwrap().verdict
}

/// The start code of a good file with `word` where it sets the exit code, and a return, so that it ends like a function.
fn with_word(word: u32) -> Vec<u32> {
    const RET: u32 = 0xd65f_03c0;
    RELOCATES.iter().map(|old| if *old == 0xd280_0000 { word } else { *old }).chain([RET]).collect()
}

fn beyond(word: u32) -> Vec<u8> {
    Elf::with(|e| e.code = with_word(word))
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
        ("stripped", section(".symtab"), ".symtab, 8 bytes"),
        ("no-debug", section(".debug_info"), ".debug_info, 8 bytes"),
        ("no-debug", section(".zdebug_line"), ".zdebug_line, 8 bytes"),
        ("no-debug", section(".gnu_debugdata"), ".gnu_debugdata, 8 bytes"),
        ("stack-protector", dynamic(&["printf"]), "does not import __stack_chk_fail"),
        ("fortify", dynamic(&["printf"]), "it imports printf and no checking variant"),
        ("allocator-page-size", jemalloc(&[0xf140_041f, 0x5400_0048]), "for pages of 4096 bytes"),
        ("allocator-page-size", jemalloc(&[0xf140_041f, 0x5400_0040]), "does not show for which page size"),
        ("no-comment", section(".comment"), ".comment, 8 bytes"),
        ("lean-dynamic", Elf::with(|e| e.dynamic.push((21, 0))), "it holds DT_DEBUG"),
        ("branch-protection", Elf::default().bytes(), "does not mark BTI and PAC"),
        ("branch-protection", Elf::with(|e| e.notes = vec![protections(2)]), "does not mark BTI"),
        ("build-id", Elf::default().bytes(), "no build id"),
        ("no-secrets", tail(&pem_key()), "a private key (PEM) at offset 0xa00"),
        ("no-date-macros", tail(b"built Feb  4 2026\0"), "the first at offset 0xa06: Feb  4 2026"),
        ("rust-deps", tail(b"library/core/src/panicking.rs"), "compiled by rustc, and no section .dep-v0"),
        ("rust-deps", section(".dep-v0"), "cannot be read: it is not packed"),
        ("go-cgo", go(&["CGO_ENABLED=1", "-trimpath=true"]), "of go1.24.3, 1 dependencies, CGO_ENABLED=1"),
        ("go-cgo", go(&["CGO_ENABLED=0"]), "no -trimpath"),
        ("go-cgo", go(&["CGO_ENABLED=1"]), "CGO_ENABLED=1 and no -trimpath"),
        ("file-size", Elf::with(|e| e.tail = vec![0; 0x2000]), "2560 more than the 8192"),
        ("memory-size", Elf::with(|e| e.data_memory = 0x7_0000), "of them are the RW segment at 0x20800"),
        ("segment-alignment", Elf::with(|e| e.align = 0x1000), "aligned to 0x1000"),
        // CNTD; SM3PARTW1.
        ("isa-baseline", beyond(0x04e0_e3e0), "1 instruction of sve at 0x10424 (04e0e3e0); no sign"),
        ("isa-baseline", beyond(0xce60_c400), "1 instruction of sm3 at 0x10424"),
        (
            "isa-baseline",
            Elf::with(|e| (e.code, e.tail) = (with_word(0x04e0_e3e0), b"getauxval".to_vec())),
            "the file speaks of getauxval: may be reached only behind a HWCAP test",
        ),
        ("kernel-version", Elf::with(|e| e.notes = vec![abi(6, 1)]), "asks for Linux 6.1.0"),
        (
            "no-build-paths",
            tail(b"at /home/ci/src/main.rs"),
            "/home/ (1); the first at offset 0xa03: /home/ci/src/main.rs",
        ),
    ]
}

/// Behind the start code: two instructions, `ret`, and code that forms the address of jemalloc's text behind it.
fn jemalloc(guard: &[u32]) -> Vec<u8> {
    let mut code = [RELOCATES, guard, &[0xd65f_03c0, 0x1000_0020]].concat();
    let text = b"<jemalloc>: Unsupported system page size\n\0\0\0";
    code.extend(text.chunks_exact(4).map(|b| u32::from_le_bytes(b.try_into().unwrap())));
    Elf::with(|e| e.code = code)
}

/// The section in which Go's linker tells of these build settings.
fn go_section(settings: &[&str]) -> Vec<(&'static str, Vec<u8>)> {
    let lines = settings.iter().map(|setting| format!("build\t{setting}\n")).collect::<Vec<_>>().concat();
    let modules = format!("0123456789abcdefpath\tp\ndep\tq\tv1.0.0\th1:x=\n{lines}fedcba9876543210");
    assert!(modules.len() < 128, "a length of one byte");
    let mut content = b"\xff Go buildinf:\x08\x02".to_vec();
    content.resize(32, 0);
    for text in ["go1.24.3", &modules] {
        content.push(text.len() as u8);
        content.extend(text.bytes());
    }
    vec![(".go.buildinfo", content)]
}

fn go(settings: &[&str]) -> Vec<u8> {
    Elf::with(|e| e.sections = go_section(settings))
}

/// `{"packages":[{},{}]}`, packed by zlib without compression.
const DEPENDENCIES: &[u8] = b"\x78\x01\x01\x14\x00\xeb\xff{\"packages\":[{},{}]}M)\x07\x8a";

/// The key is built here, so that no test holds one.
fn pem_key() -> Vec<u8> {
    [&b"-----BEGIN "[..], b"EC ", b"PRIVATE KEY-----\n", b"MHcCAQEEIBaZq1w2e3r4t5y6u7i8o9p0AbCdEfGh\n"]
        .concat()
}

fn tail(bytes: &[u8]) -> Vec<u8> {
    Elf::with(|e| e.tail = bytes.to_vec())
}

fn section(name: &'static str) -> Vec<u8> {
    Elf::with(|e| e.sections = vec![(name, vec![0; 8])])
}

#[test]
fn a_good_file_fails_nothing() {
    for judgement in good_judgements() {
        let fails = matches!(judgement.verdict, Verdict::Fail { .. });
        assert!(!fails, "{}: {:?}", judgement.rule.id, judgement.verdict);
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
    let good = good_judgements();
    // Those that need an image, or a device with libraries, are shown both in tests/image.rs.
    let elsewhere = |rule: &&&Rule| {
        matches!(rule.check, Check::World(_) | Check::Linked(_) | Check::Member(_))
            || rule.id == "symbol-versions"
    };
    for rule in rules::ALL.iter().filter(|rule| !elsewhere(rule)) {
        assert!(faults().iter().any(|(id, ..)| *id == rule.id), "{} was never seen to fail", rule.id);
        let passes = good.iter().any(|j| j.rule.id == rule.id && word(&j.verdict) == "pass");
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
        ("branch-protection", Elf::with(|e| e.machine = 62), "only aarch64 files"),
        ("go-cgo", Elf::default().bytes(), "not a Go program"),
        ("rust-deps", Elf::default().bytes(), "not a Rust program"),
        ("stack-protector", Elf::default().bytes(), "static and stripped"),
        ("stack-protector", go(&[]), "a Go program"),
        ("stack-protector", tail(b"library/std/src/io/mod.rs"), "compiled by rustc"),
        ("fortify", Elf::default().bytes(), "static: whether calls"),
        ("fortify", dynamic(&["memcpy"]), "no function whose every call"),
        (
            "fortify",
            Elf::with(|e| (e.interpreter, e.imports) = (Some("/lib/ld-musl-aarch64.so.1"), &["printf"])),
            "musl has no checking variants",
        ),
        ("go-cgo", go(&[]), "holds no build settings"),
        ("go-cgo", section(".gopclntab"), "build information was removed"),
        ("lean-dynamic", Elf::with(|e| e.dynamic.push((1, 1))), "a loader reads"),
        ("lean-dynamic", Elf::with(|e| e.dynamic[1].1 = 1), "a shared library"),
        ("stripped", Elf::with(|e| e.data = 2), "big-endian"),
        ("isa-baseline", Elf::with(|e| e.machine = 62), "of aarch64 only"),
        ("isa-baseline", Elf::with(|e| e.text_flags = 4), "no executable memory"),
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
        ("pie", &fixed, "static-pie", "fail"),
        ("pie", &dynamic, "static-pie", "pass"),
        ("pie", &dynamic, "no-interpreter", "n/a"),
    ] {
        let seen = word(&verdict_under(&format!("[elf]\nlinkage = \"{linkage}\""), file, rule));
        assert_eq!(seen, expected, "{rule} where the device wants {linkage}");
    }
}

#[test]
fn what_the_profile_does_not_ask_is_not_applicable_and_names_the_key() {
    let file = Elf::default().bytes();
    for (rule, key) in [
        ("branch-protection", "hardening.branch-protection"),
        ("build-id", "provenance.build-id"),
        ("file-size", "limits.file-size"),
        ("memory-size", "limits.memory-size"),
        ("rust-deps", "provenance.rust-deps"),
    ] {
        match verdict_under("", &file, rule) {
            Verdict::NotApplicable { because } => assert!(because.contains(key), "{rule}: {because}"),
            other => panic!("{rule}: {other:?}"),
        }
    }
}

#[test]
fn secrets_have_the_shape_of_secrets() {
    let letters = "q1W2e3R4t5Y6u7I8o9P0aSdFgHjKlZxCvBnM";
    let pem = String::from_utf8(pem_key()).unwrap();
    for (text, expected) in [
        (["ghp_", letters].concat(), "fail"),
        (["glpat-", &letters[..20]].concat(), "fail"),
        (["AKIA", "Q1W2E3R4T5Y6U7I8"].concat(), "fail"),
        (["xoxb-", "1234567890123-1234567890123-", &letters[..24]].concat(), "fail"),
        (pem.replace('\n', "\\n"), "fail"),
        // Too short, a row of one letter, the documentation's example, inside packed data.
        (["ghp_", &letters[..35]].concat(), "pass"),
        (["ghp_", &"x".repeat(36)].concat(), "pass"),
        (["AKIA", "IOSFODNN7EXAMPLE"].concat(), "pass"),
        (["zzAKIA", "Q1W2E3R4T5Y6U7I8"].concat(), "pass"),
        // Readers of keys hold the marks; public parts are public.
        (pem[..30].to_owned(), "pass"),
        (pem.replace("EC PRIVATE KEY", "CERTIFICATE"), "pass"),
    ] {
        match verdict(&tail(text.as_bytes()), "no-secrets") {
            Verdict::Fail { evidence, .. } => {
                assert_eq!(expected, "fail", "{text}: {evidence}");
                assert!(!evidence.contains(&text[6..12]), "the secret is in the report: {evidence}");
            }
            other => assert_eq!((word(&other), expected), ("pass", "pass"), "{text}"),
        }
    }
}

#[test]
fn dates_are_those_of_compilers() {
    for (text, expected) in [
        ("Jan 31 2024", "fail"),
        ("Feb 30 2024", "pass"),
        // A compiler pads the day with a space, and writes no more behind the year.
        ("Feb 4 2024", "pass"),
        ("Feb 04 2024", "pass"),
        ("Jan 31 20241", "pass"),
        ("Jan 31 1883", "pass"),
        ("xJan 31 2024", "pass"),
        ("Jan 31 202", "pass"),
    ] {
        assert_eq!(word(&verdict(&tail(text.as_bytes()), "no-date-macros")), expected, "{text}");
    }
}

#[test]
fn build_paths_are_paths_and_hosts_are_words() {
    let keys = "[provenance]\nbuild-hosts = [\"buildbox\"]";
    for (text, expected) in [
        ("\0/build/app/main.c\0", "fail"),
        ("file:///build/app/main.c", "fail"),
        // Below a relative folder, an address, or nothing.
        ("\0go/build/build.go\0", "pass"),
        ("https://example.test/home/page", "pass"),
        ("\"/home/\", \"/root/\"", "pass"),
        // rustc's constants follow each other without a byte between.
        ("None value/home/ci/src/main.rs", "fail"),
        ("/opt/ci/.cargo/registry/src/x", "fail"),
        ("by root@buildbox 2026", "fail"),
        ("rebuildbox buildbox2", "pass"),
    ] {
        let seen = word(&verdict_under(keys, &Elf::with(|e| e.tail = text.into()), "no-build-paths"));
        assert_eq!(seen, expected, "{text:?}");
    }
}

#[test]
fn jemalloc_is_judged_by_the_page_size_it_was_built_for() {
    // cmp x0, #16, lsl #12; b.hi: built for pages of 64 KiB.
    let fits_all = jemalloc(&[0xf140_401f, 0x5400_0048]);
    assert_eq!(word(&verdict(&fits_all, "allocator-page-size")), "pass");
    let fits_one = jemalloc(&[0xf140_041f, 0x5400_0048]);
    for (pages, expected) in [("[4096]", "pass"), ("[4096, 16384]", "fail")] {
        let keys = format!("[kernel]\npage-sizes = {pages}");
        assert_eq!(word(&verdict_under(&keys, &fits_one, "allocator-page-size")), expected);
    }
}

#[test]
fn a_build_id_may_be_forbidden() {
    let forbidden = "[provenance]\nbuild-id = \"forbidden\"";
    let marked = Elf::with(|e| e.notes = vec![(3, vec![0xb1, 0x0c])]);
    // Go's linker has the note in a section, and in no segment.
    let note =
        [4u32, 2, 3, u32::from_le_bytes(*b"GNU\0"), 0x0cb1].iter().flat_map(|w| w.to_le_bytes()).collect();
    let in_section = Elf::with(|e| e.sections = vec![(".note.gnu.build-id", note)]);
    for file in [marked, in_section] {
        match verdict_under(forbidden, &file, "build-id") {
            Verdict::Fail { evidence, .. } => assert_eq!(evidence, "the build id is b10c"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(word(&verdict_under(forbidden, &Elf::default().bytes(), "build-id")), "pass");
}

#[test]
fn instructions_count_where_the_processor_may_lack_them() {
    let judged = |word: u32, from: &str, to: &str| {
        let text = BUILT_IN[0].1.replace(from, to);
        let profile = Profile::parse(&text, "p").unwrap();
        let judgements = check::image(&beyond(word), "fixture", &profile).unwrap();
        judgements.into_iter().find(|j| j.rule.id == "isa-baseline").unwrap().verdict
    };
    let passes = |verdict: &Verdict| matches!(verdict, Verdict::Pass { .. });
    let (aese, cas, cntd, pacia, paciasp) = (0x4e28_4820, 0x88a0_7c41, 0x04e0_e3e0, 0xdac1_0020, 0xd503_233f);
    for (word, from, to, expected) in [
        (aese, "\"aes\",", "\"aes\",", true),
        (aese, "\"aes\",", "", false),
        (cas, "", "", true),
        (cas, "armv8.2-a", "armv8-a", true),
        (cas, "\"atomics\",", "", true),
        (cntd, "\"mte\"", "\"sve\"", true),
        (cntd, "armv8.2-a", "armv9-a", true),
        (pacia, "", "", false),
        (pacia, "armv8.2-a", "armv8.3-a", true),
        (paciasp, "armv8.2-a", "armv8-a", true),
    ] {
        let verdict = judged(word, from, to);
        assert_eq!(passes(&verdict), expected, "{word:08x} after {from:?} became {to:?}: {verdict:?}");
    }
    let older = judged(cas, "architecture = \"armv8.2-a\"", "architecture = \"armv8-a\"\n#");
    assert!(passes(&older), "atomics are still listed: {older:?}");
    assert!(matches!(judged(cas, "architecture =", "# architecture ="), Verdict::NotApplicable { .. }));
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
