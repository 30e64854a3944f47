//! Version 3 of a crate that the program has in four.

/// The version.
#[derive(named::Named)]
pub struct Version3;

/// A function that stays one: where it lies in the file follows from the order in which LTO reads the crates.
#[inline(never)]
pub fn version(times: u64) -> String {
    format!("{} in version 3", Version3::NAME.repeat(times as usize))
}
