//! Any bytes behind Go's magic are a build or none: no panic, no memory by a hostile length.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sarsen::elf::{Bytes, GoBuild};

fuzz_target!(|bytes: &[u8]| {
    let _ = GoBuild::read(Bytes::new(bytes), 0, Some);
    let mut file = b"\xff Go buildinf:".to_vec();
    file.extend(bytes);
    let _ = GoBuild::read(Bytes::new(&file), 0, Some);
});
