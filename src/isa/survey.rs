//! What a whole file uses.

use std::collections::BTreeMap;

use super::code::{Neighbourhood, regions};
use super::{Feature, guard, scan};
use crate::elf::Image;

/// One instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// Its address as linked.
    pub address: u64,
    /// The instruction word.
    pub word: u32,
}

/// How a file uses one feature.
#[derive(Clone, Debug, Default)]
pub struct Usage {
    /// How many of its instructions there are.
    pub count: u64,
    /// How many of them stand right behind the test of a byte, as outline atomics do.
    pub behind_test: u64,
    /// The first ones, at most [`SHOWN`].
    pub first: Vec<Occurrence>,
    /// How many words would be its instructions but stand among data; they are not counted above.
    pub among_data: u64,
}

/// What a file uses beyond Armv8.0.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// Per feature.
    pub used: BTreeMap<Feature, Usage>,
    /// Bytes of executable memory that were looked at.
    pub bytes: u64,
}

/// How many occurrences of a feature are kept.
pub const SHOWN: usize = 4;

/// Looks at all executable memory of an AArch64 image.
pub fn survey(image: &Image) -> Survey {
    let regions = regions(image);
    let mut survey = Survey::default();
    for region in &regions {
        let mut neighbours = Neighbourhood::new(region, &regions);
        survey.bytes += region.bytes.len() as u64;
        scan(region.bytes, |offset, word, feature| {
            let usage = survey.used.entry(feature).or_default();
            if !neighbours.is_code(offset / 4, feature) {
                usage.among_data += 1;
                return;
            }
            usage.count += 1;
            usage.behind_test += u64::from(guard::is_behind_test(&region.bytes[..offset]));
            if usage.first.len() < SHOWN {
                let address = region.address.wrapping_add(offset as u64);
                usage.first.push(Occurrence { address, word });
            }
        });
    }
    survey
}
