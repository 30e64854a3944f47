//! Real programs with flipped bytes, thousands of variants: every one is judged or refused, without a panic, without a
//! hang, and in memory that the file's size bounds.

mod support;

use std::path::PathBuf;

use peak_alloc::PeakAlloc;
use sarsen::check::Judge;
use sarsen::profile::Profile;
use support::Numbers;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Of a small program; of larger ones as many as take about the same time.
const VARIANTS: usize = 1500;
const SMALL: usize = 64 << 10;

/// What judging may take besides a multiple of the file: the emulator's pages are the most of it.
const CONSTANT: usize = 24 << 20;

/// Debian's arm64 programs where the flake names them, and small programs that most machines have.
fn programs() -> Vec<PathBuf> {
    let samples = std::env::var_os("SARSEN_REAL_INPUTS").map(PathBuf::from);
    let samples =
        samples.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap()).map(|e| e.unwrap().path());
    let common = ["/bin/true", "/bin/cat", "/lib/ld-musl-x86_64.so.1"].map(PathBuf::from);
    samples.chain(common).filter(|path| path.is_file()).collect()
}

/// Changes a few bytes: mostly in the headers and the tables they lead to, where a byte decides most.
fn damage(bytes: &mut [u8], numbers: &mut Numbers) {
    for _ in 0..=numbers.below(8) {
        let bound = if numbers.below(3) == 0 { bytes.len() } else { bytes.len().min(0x400) };
        let at = numbers.below(bound);
        bytes[at] = match numbers.below(4) {
            0 => 0,
            1 => 0xff,
            2 => bytes[at] ^ (1 << numbers.below(8)),
            _ => numbers.below(256) as u8,
        };
    }
}

// One test: its figures are of the whole process.
#[test]
fn damaged_programs_are_judged_in_bounded_memory() {
    let programs = programs();
    if programs.is_empty() {
        support::skip("there are no SARSEN_REAL_INPUTS and none of the usual small programs");
    }
    let profile = Profile::load("grid-arm64").unwrap();
    let judge = Judge::new(&profile);
    let mut numbers = Numbers::new(0x0dd_b17e5);
    for path in programs {
        let whole = std::fs::read(&path).unwrap();
        for variant in 0..(VARIANTS * SMALL / whole.len().max(1)).clamp(30, VARIANTS) {
            let mut bytes = whole.clone();
            damage(&mut bytes, &mut numbers);
            if numbers.below(8) == 0 {
                bytes.truncate(numbers.below(whole.len()));
            }
            let before = MEMORY.current_usage();
            MEMORY.reset_peak_usage();
            let _ = judge.image(&bytes, "damaged");
            let taken = MEMORY.peak_usage() - before;
            let most = 4 * whole.len() + CONSTANT;
            assert!(taken <= most, "variant {variant} of {} takes {taken} bytes", path.display());
        }
    }
}
