//! Any bytes are looked through for instructions: as code, at any length, and as a file whose headers say where code is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sarsen::elf::Image;
use sarsen::isa;

fuzz_target!(|bytes: &[u8]| {
    let mut found = 0;
    isa::scan(bytes, |_, _, _| found += 1);
    assert!(found <= bytes.len() / 4, "more instructions than words");
    if let Ok(image) = Image::parse(bytes, "input") {
        isa::survey(&image);
        isa::sign(&image);
    }
});
