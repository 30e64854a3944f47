//! Which instructions in the executable memory of an AArch64 file are beyond a processor.
//!
//! A64 instructions are words of 32 bits, and the feature that introduces one can be read off its bits: [`table`] lists
//! them, [`feature_of`] and [`scan`] look words up, [`survey()`] looks through a file and tells instructions from data, and
//! a [`Baseline`] says what a processor has. Nothing is executed: an instruction that a program never reaches on this
//! processor counts like any other, and [`sign`] says whether the program seems to choose.

mod baseline;
mod code;
mod feature;
mod guard;
mod lookup;
mod survey;
pub mod table;

pub use baseline::{Baseline, Version};
pub use feature::{Feature, names};
pub use guard::sign;
pub use lookup::{feature_of, scan};
pub use survey::{Occurrence, SHOWN, Survey, Usage, survey};
