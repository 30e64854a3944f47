//! A crate of a registry.

/// Which of the two it is.
#[inline(never)]
pub fn place(times: u64) -> String {
    format!("{} of the registry", "Place".repeat(times as usize))
}
