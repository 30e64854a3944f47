//! Damaged files: thousands of deterministic variants of good ones; none may panic, hang or grow without bound.

mod support;

use sarsen::check::{self, Judge};
use sarsen::profile::Profile;
use support::{Elf, Numbers, RELOCATES_PACKED, abi, protections};

fn seeds() -> Vec<Vec<u8>> {
    vec![
        Elf::default().bytes(),
        Elf::with(|e| (e.packed, e.code) = (true, RELOCATES_PACKED.to_vec())),
        Elf::with(|e| e.sections = vec![(".symtab", vec![0; 8])]),
        Elf::with(|e| {
            e.interpreter = Some("/lib/ld.so");
            e.notes = vec![abi(5, 10)];
            e.dynamic.extend([(1, 1), (29, 9)]);
        }),
        Elf::with(|e| {
            e.interpreter = Some("/lib/ld-linux-aarch64.so.1");
            e.imports = &["__stack_chk_fail", "printf"];
            e.notes = vec![protections(3), (3, vec![7; 20])];
        }),
        Elf::with(|e| e.sections = vec![(".go.buildinfo", go_build()), (".dep-v0", vec![0x78, 0x01, 3, 0])]),
    ]
}

fn go_build() -> Vec<u8> {
    let mut bytes = b"\xff Go buildinf:\x08\x02".to_vec();
    bytes.resize(32, 0);
    bytes.extend(b"\x08go1.24.3\x340123456789abcdefbuild\tCGO_ENABLED=0\nfedcba9876543210");
    bytes
}

/// Asks everything that a profile may ask.
fn demanding() -> Profile {
    let text = "name = \"demanding\"\nextends = \"grid-arm64\"\n[elf]\nlinkage = \"any\"\n\
                [hardening]\nbranch-protection = [\"bti\"]\n[provenance]\nrust-deps = true\n\
                build-id = \"required\"\n[limits]\nfile-size = 1\nmemory-size = 1\n[rules]\nno-comment = \"deny\"";
    Profile::parse(text, "demanding").unwrap()
}

/// Where a fuzzer should start: `SARSEN_SEEDS=fuzz/corpus/judge cargo test --test hostile` writes these files.
#[test]
fn seeds_are_good_files() {
    let profile = Profile::load("grid-arm64").unwrap();
    for (index, seed) in seeds().iter().enumerate() {
        assert!(check::image(seed, "seed", &profile).is_ok());
        if let Some(folder) = std::env::var_os("SARSEN_SEEDS") {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(std::path::Path::new(&folder).join(format!("seed-{index}")), seed).unwrap();
        }
    }
}

#[test]
fn changed_bytes_never_panic() {
    let profile = demanding();
    let judge = Judge::new(&profile);
    let mut numbers = Numbers::new(0x5a75_5e4e);
    for seed in seeds() {
        for _ in 0..2000 {
            let mut bytes = seed.clone();
            for _ in 0..=numbers.below(6) {
                // Mostly the headers and tables, where a byte decides most.
                let bound = if numbers.below(4) == 0 { bytes.len() } else { 0x400 };
                let at = numbers.below(bound);
                bytes[at] = [0, 1, 0x7f, 0x80, 0xff, numbers.below(256) as u8][numbers.below(6)];
            }
            let _ = judge.image(&bytes, "changed");
        }
    }
}

#[test]
fn every_prefix_is_judged_or_refused() {
    let profile = Profile::load("grid-arm64").unwrap();
    let judge = Judge::new(&profile);
    for seed in seeds() {
        for end in 0..seed.len() {
            let _ = judge.image(&seed[..end], "cut");
        }
    }
}

#[test]
fn random_start_code_never_panics() {
    let profile = Profile::load("grid-arm64").unwrap();
    let judge = Judge::new(&profile);
    let mut numbers = Numbers::new(0xa64_a64_a64);
    for _ in 0..4000 {
        let code = (0..24).map(|_| (numbers.below(1 << 32)) as u32).collect();
        let bytes = Elf::with(|e| e.code = code);
        let _ = judge.image(&bytes, "code");
    }
}
