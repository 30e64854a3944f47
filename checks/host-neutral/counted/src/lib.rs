//! A crate that the build script has without the program's feature.

/// How wide a number is.
#[inline(never)]
pub fn width() -> u32 {
    if cfg!(feature = "wide") { 64 } else { 32 }
}
