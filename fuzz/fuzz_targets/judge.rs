//! Any bytes are judged or refused, by every rule, the emulated start code included: no panic, no hang, bounded memory.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sarsen::check;
use sarsen::profile::Profile;

static GRID: LazyLock<Profile> = LazyLock::new(|| Profile::load("grid-arm64").expect("it is built in"));

fuzz_target!(|bytes: &[u8]| {
    let _ = check::image(bytes, "input", &GRID);
});
