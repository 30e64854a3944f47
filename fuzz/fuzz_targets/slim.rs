//! Any bytes are made smaller or refused: no panic, no hang. A result is never larger, is a file without contradictions,
//! and stays as it is when it is made smaller again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sarsen::elf::Image;
use sarsen::slim::{Options, slim};

fuzz_target!(|bytes: &[u8]| {
    for (no_section_headers, drop_appended) in [(false, false), (false, true), (true, false), (true, true)] {
        let options = Options { no_section_headers, drop_appended };
        let Ok(slimmed) = slim(bytes, "input", &options) else { continue };
        assert!(slimmed.bytes.len() <= bytes.len());
        let image = Image::parse(&slimmed.bytes, "result").expect("it is a file");
        assert!(image.problems.is_empty(), "{:?}", image.problems);
        assert_eq!(slim(&slimmed.bytes, "result", &options).expect("it is usable").bytes, slimmed.bytes);
    }
});
