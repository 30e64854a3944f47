//! A crate of the checkout; ../sources has another one of the same name and version.

/// The crate.
#[derive(named::Named)]
pub struct Place;

/// Which of the two it is.
#[inline(never)]
pub fn place(times: u64) -> String {
    format!("{} of the checkout", Place::NAME.repeat(times as usize))
}
