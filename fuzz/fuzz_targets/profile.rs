//! Any text is a profile or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sarsen::profile::Profile;

fuzz_target!(|text: &str| {
    let _ = Profile::parse(text, "input");
});
