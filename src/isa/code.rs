//! Where instructions are in a file, and whether a word stands among instructions.

use super::lookup::feature_of;
use super::{Feature, table};
use crate::elf::{Image, kind, tag};

/// SHT_NOBITS: a section without bytes in the file.
const NOBITS: u32 = 8;

/// A piece of executable memory that the file brings.
#[derive(Clone, Copy, Debug)]
pub struct Region<'a> {
    /// Its address as linked, a multiple of 4.
    pub address: u64,
    /// Its bytes.
    pub bytes: &'a [u8],
}

impl<'a> Region<'a> {
    fn new(image: &Image<'a>, address: u64, offset: u64, size: u64) -> Option<Self> {
        let size = size.min(image.bytes.len().checked_sub(offset)?);
        let bytes = image.bytes.slice(offset, size)?;
        let skipped = (address.wrapping_neg() & 3) as usize;
        Some(Self { address: address.checked_add(skipped as u64)?, bytes: bytes.get(skipped..)? })
    }

    /// The word of that number.
    fn word(&self, number: usize) -> Option<u32> {
        let at = number.checked_mul(4)?;
        Some(u32::from_le_bytes(self.bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
    }

    /// The part from `first` to `last`, and what goes on as instructions on both sides of that; all of it if they are not
    /// inside.
    fn around(self, first: u64, last: u64) -> Self {
        if !self.holds(first) || !self.holds(last) || first > last {
            return self;
        }
        let all = [self];
        let words = Neighbourhood::new(&self, &all);
        let number = |address: u64| ((address - self.address) / 4) as usize;
        // Letters fall into the space of scalable vectors, and texts often stand right behind code.
        let is_scalable = |word: u32| feature_of(word).is_some_and(Feature::is_scalable);
        let goes_on = |number: usize| {
            !matches!(words.flow(number), Flow::None) && !self.word(number).is_some_and(is_scalable)
        };
        let start = (0..number(first)).rev().take_while(|n| goes_on(*n)).last().unwrap_or(number(first));
        let words_in_all = self.bytes.len() / 4;
        let end =
            (number(last)..words_in_all).take_while(|n| goes_on(*n)).last().map_or(number(last), |n| n + 1);
        Self { address: self.address + 4 * start as u64, bytes: &self.bytes[4 * start..4 * end] }
    }

    fn holds(&self, address: u64) -> bool {
        address.wrapping_sub(self.address) < self.bytes.len() as u64
    }
}

/// The executable memory of an image: its executable sections, which leave out most data, or where it has no section
/// headers its executable segments, in which old linkers put read-only data too. Sorted by address; no byte of the file is
/// in two of them, however often headers name it.
pub fn regions<'a>(image: &Image<'a>) -> Vec<Region<'a>> {
    let sections = image.sections.iter().filter(|s| s.is_executable() && s.kind != NOBITS);
    let found = apart(image, sections.map(|s| (s.offset, s.size, s.address)).collect());
    if !found.is_empty() {
        return found;
    }
    let segments = image.segments_of(kind::LOAD).filter(|s| s.is_executable());
    let found = apart(image, segments.map(|s| (s.offset, s.file_size, s.address)).collect());
    match functions(image) {
        Some((first, last)) => found.into_iter().map(|region| region.around(first, last)).collect(),
        None => found,
    }
}

/// The regions of (offset, size, address), without those that begin inside another.
fn apart<'a>(image: &Image<'a>, mut named: Vec<(u64, u64, u64)>) -> Vec<Region<'a>> {
    named.sort_unstable();
    let mut end = 0;
    let mut found = Vec::new();
    for (offset, size, address) in named {
        if offset >= end && size > 0 {
            end = offset.saturating_add(size);
            found.extend(Region::new(image, address, offset, size));
        }
    }
    found.sort_unstable_by_key(|region| region.address);
    found
}

/// The lowest and the highest address at which a function is known to start: the search table of unwind information, that
/// PT_GNU_EH_FRAME points at (LSB, ".eh_frame_hdr"), DT_INIT, DT_FINI and the entry point. Nothing without that table.
fn functions(image: &Image) -> Option<(u64, u64)> {
    let header = image.segments_of(kind::GNU_EH_FRAME).next()?;
    let at = |offset: u64| header.offset.checked_add(offset);
    // Version 1; the pointer and the count take four bytes each, the table is relative to the header.
    if image.bytes.array::<4>(header.offset)? != [1, 0x1b, 0x03, 0x3b] {
        return None;
    }
    let count = u64::from(image.bytes.u32(at(8)?)?);
    let start = |index: u64| {
        let entry = at(12)?.checked_add(index.checked_mul(8)?)?;
        Some(header.address.wrapping_add_signed(i64::from(image.bytes.u32(entry)? as i32)))
    };
    let tags = [tag::INIT, tag::FINI].into_iter().filter_map(|tag| image.dynamic.as_ref()?.value(tag));
    let known = tags.chain([image.header.entry]).filter(|address| *address != 0);
    let (mut first, mut last) = (start(0)?, start(count.checked_sub(1)?)?);
    for address in known {
        (first, last) = (first.min(address), last.max(address));
    }
    Some((first, last))
}

/// Words on each side of an instruction that are looked at.
const REACH: usize = 16;
/// Instructions that must be around it where control flow does not begin or end nearer.
const ENOUGH: usize = 8;

/// Words in a row that may all be instructions: numbers in their region.
#[derive(Debug)]
struct Run {
    start: usize,
    end: usize,
    /// Nothing can come from before it: it starts the region, or behind an unconditional branch.
    opens: bool,
    /// Nothing goes on behind it: it ends the region, or with an unconditional branch.
    closes: bool,
}

/// Tells instructions from data by their neighbours. Most data is no instruction for long: about every third word is
/// allocated in Armv8.0, and branches of a random word lead out of the file.
pub struct Neighbourhood<'r, 'a> {
    region: &'r Region<'a>,
    all: &'r [Region<'a>],
    run: Option<Run>,
}

impl<'r, 'a> Neighbourhood<'r, 'a> {
    /// Of the words of `region`, one of `all`.
    pub fn new(region: &'r Region<'a>, all: &'r [Region<'a>]) -> Self {
        Self { region, all, run: None }
    }

    /// Whether the word of that number, an instruction of `feature`, stands among instructions. To be asked in ascending
    /// order.
    pub fn is_code(&mut self, number: usize, feature: Feature) -> bool {
        let scalable = feature.is_scalable();
        if self.run.as_ref().is_none_or(|run| number >= run.end) {
            self.run = Some(self.run_around(number));
        }
        let Some(run) = &self.run else { return false };
        let (before, behind) = (number - run.start.min(number), run.end - number - 1);
        // Half of the space of scalable vectors is allocated, and letters fall into it.
        let enough = if scalable { 2 * ENOUGH } else { ENOUGH };
        (before >= enough || run.opens) && (behind >= enough || run.closes)
    }

    fn run_around(&self, number: usize) -> Run {
        let (mut start, mut opens) = (number, false);
        while number - start < REACH {
            let Some(before) = start.checked_sub(1) else {
                opens = true;
                break;
            };
            match self.flow(before) {
                Flow::Ends => {
                    opens = true;
                    break;
                }
                Flow::Goes => start = before,
                Flow::None => {
                    opens = self.is_padding(before);
                    break;
                }
            }
        }
        let (mut end, mut closes) = (number + 1, false);
        while !closes {
            match self.region.word(end).map(|_| self.flow(end)) {
                None => closes = true,
                Some(Flow::None) => break,
                Some(Flow::Goes) => end += 1,
                Some(Flow::Ends) => {
                    end += 1;
                    closes = true;
                }
            }
        }
        Run { start, end, opens, closes }
    }

    /// Whether the address is in any region.
    fn is_inside(&self, address: u64) -> bool {
        let behind = self.all.partition_point(|region| region.address <= address);
        self.all[..behind].last().is_some_and(|region| region.holds(address))
    }

    /// Whether the words up to that number are zeros that fill the space behind a function, as Go's linker puts them.
    fn is_padding(&self, number: usize) -> bool {
        let zeros = (0..=number).rev().take(REACH).take_while(|n| self.region.word(*n) == Some(0)).count();
        let behind = (number + 1).checked_sub(zeros + 1).filter(|_| zeros > 0);
        behind.is_some_and(|end| {
            let is_call = self.region.word(end).is_some_and(|word| word >> 26 == 0x25);
            matches!(self.flow(end), Flow::Ends) || is_call && matches!(self.flow(end), Flow::Goes)
        })
    }

    fn flow(&self, number: usize) -> Flow {
        let Some(word) = self.region.word(number) else { return Flow::None };
        let address = self.region.address.wrapping_add(4 * number as u64);
        let leads_nowhere = target(word, address).is_some_and(|to| !self.is_inside(to));
        if leads_nowhere || !is_allocated(word) {
            Flow::None
        } else if ENDS.iter().any(|(mask, value)| word & mask == *value) {
            Flow::Ends
        } else {
            Flow::Goes
        }
    }
}

/// What control flow does at a word.
enum Flow {
    /// It goes on to the next word, or may.
    Goes,
    /// It never does.
    Ends,
    /// It never gets here: the word is no instruction.
    None,
}

/// B; BR; RET; BRK; RETAA and RETAB; BRAAZ, BRABZ, BRAA, BRAB.
const ENDS: [(u32, u32); 6] = [
    (0xfc00_0000, 0x1400_0000),
    (0xffff_fc1f, 0xd61f_0000),
    (0xffff_fc1f, 0xd65f_0000),
    (0xffe0_001f, 0xd420_0000),
    (0xffff_fbff, 0xd65f_0bff),
    (0xfeff_f800, 0xd61f_0800),
];

fn is_allocated(word: u32) -> bool {
    table::ARMV8_0.iter().any(|pattern| pattern.matches(word)) || feature_of(word).is_some()
}

/// Where a direct branch leads.
fn target(word: u32, address: u64) -> Option<u64> {
    let signed = |low: u32, width: u32| i64::from((word << (32 - low - width)) as i32 >> (32 - width)) * 4;
    let offset = match word >> 24 {
        0x14..=0x17 | 0x94..=0x97 => signed(0, 26),
        0x54 | 0x34 | 0x35 | 0xb4 | 0xb5 => signed(5, 19),
        0x36 | 0x37 | 0xb6 | 0xb7 => signed(5, 14),
        _ => return None,
    };
    Some(address.wrapping_add_signed(offset))
}
