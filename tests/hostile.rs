//! Damaged files: thousands of deterministic variants of good ones; none may panic, hang or grow without bound.

mod support;

use sarsen::check::{self, Judge};
use sarsen::profile::Profile;
use support::{Elf, Numbers, RELOCATES_PACKED, abi};

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
    ]
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
    let profile = Profile::load("grid-arm64").unwrap();
    let judge = Judge::new(&profile);
    let mut numbers = Numbers::new(0x5a75_5e4e);
    for seed in seeds() {
        for _ in 0..3000 {
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
