//! Where bytes are in the old file and in the new one.

use super::refuse::headers;
use super::sections::{Fate, HEADER, Section};
use super::tail::End;
use crate::elf::Image;

/// A stretch of the file that headers or segments describe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// Its first byte in the old file.
    pub start: u64,
    /// The byte behind it.
    pub end: u64,
    /// By how much it moves towards the beginning.
    pub shift: u64,
}

/// All blocks, in order, and what else is known to be in the file.
#[derive(Debug)]
pub(super) struct Layout {
    pub blocks: Vec<Block>,
    /// Sections and section headers: what is described, but by no segment. In order, without overlaps.
    described: Vec<(u64, u64)>,
    size: u64,
}

const X86_64: u16 = 62;
const PT_NULL: u32 = 0;

impl Layout {
    /// The blocks of headers and segments, not yet moved; the last PT_LOAD segment ends at `end`, if that is given.
    pub fn of_segments(image: &Image, end: Option<End>) -> Self {
        let mut ranges: Vec<(u64, u64)> = headers(image).to_vec();
        ranges.extend(image.segments.iter().enumerate().filter_map(|(index, segment)| {
            let size = match end {
                Some(end) if end.segment == index => end.file_size,
                _ => segment.file_size,
            };
            // One without bytes too: the file must reach its offset. Kernels before 6.6 map the page of the file that it
            // starts in, and clear the rest of it (fs/binfmt_elf.c, elf_map and padzero).
            (segment.kind != PT_NULL).then(|| (segment.offset, segment.offset.saturating_add(size)))
        }));
        let blocks = merged(ranges).into_iter().map(|(start, end)| Block { start, end, shift: 0 }).collect();
        Self { blocks, described: Vec::new(), size: image.bytes.len() }
    }

    /// Moves blocks towards the beginning over what is not kept between them, by whole pages of the largest size that
    /// the processor has, and by multiples of every segment's alignment, so that each offset stays congruent to its
    /// address (gABI, "Program Header", p_align). Data that nothing describes is not moved over.
    pub fn close_holes(&mut self, image: &Image, sections: &[Section], content: &[u8]) {
        let table = image.bytes.u64(super::refuse::field::SECTION_HEADERS).unwrap_or_default();
        let mut described = vec![(table, table.saturating_add((sections.len() * HEADER) as u64))];
        described.extend(
            sections
                .iter()
                .filter(|s| s.size != 0 && s.fate != Fate::Stays)
                .map(|s| (s.offset, s.offset.saturating_add(s.size))),
        );
        self.described = merged(described);

        let page = if image.header.machine == X86_64 { 0x1000 } else { 0x10000 };
        let step = image.segments.iter().map(|s| s.align).fold(page, u64::max);
        let mut shift = 0;
        for index in 1..self.blocks.len() {
            let (from, to) = (self.blocks[index - 1].end, self.blocks[index].start);
            let whole = (to - from) / step * step;
            if whole != 0 && !self.holds_payload(to - whole, to, content) {
                shift += whole;
            }
            self.blocks[index].shift = shift;
        }
    }

    /// The block that holds all of these bytes.
    pub fn covers(&self, offset: u64, size: u64) -> bool {
        self.block_of(offset).is_some_and(|b| offset.checked_add(size).is_some_and(|end| end <= b.end))
    }

    /// Where the byte at `offset` is in the new file; what no block holds goes with the block before it.
    pub fn moved(&self, offset: u64) -> u64 {
        offset - self.block_of(offset).map_or(0, |block| block.shift)
    }

    /// How many of these bytes no block holds.
    pub fn outside_of_blocks(&self, offset: u64, size: u64) -> u64 {
        let end = offset.saturating_add(size);
        let inside = |b: &Block| b.end.min(end).saturating_sub(b.start.max(offset));
        let first = self.blocks.partition_point(|b| b.end <= offset);
        size.saturating_sub(self.blocks[first..].iter().take_while(|b| b.start < end).map(inside).sum())
    }

    /// How many bytes are behind the last block that nothing describes, stretches of zeros not counted.
    pub fn appended(&self, content: &[u8]) -> u64 {
        let start = self.blocks.last().map_or(0, |b| b.end);
        let holds = |range: &(u64, u64)| bytes(content, *range).iter().any(|&b| b != 0);
        self.undescribed(start, self.size).into_iter().filter(holds).map(|(start, end)| end - start).sum()
    }

    /// The bytes that fill the hole between two blocks: what nothing describes stays, all else is zero.
    pub fn hole(&self, start: u64, end: u64, content: &[u8]) -> Vec<u8> {
        let mut hole = bytes(content, (start, end)).to_vec();
        let first = self.described.partition_point(|d| d.1 <= start);
        for &(from, to) in self.described[first..].iter().take_while(|d| d.0 < end) {
            hole[(from.max(start) - start) as usize..(to.min(end) - start) as usize].fill(0);
        }
        hole
    }

    fn block_of(&self, offset: u64) -> Option<&Block> {
        self.blocks[..self.blocks.partition_point(|b| b.start <= offset)].last()
    }

    fn holds_payload(&self, start: u64, end: u64, content: &[u8]) -> bool {
        self.undescribed(start, end).into_iter().any(|range| bytes(content, range).iter().any(|&b| b != 0))
    }

    fn undescribed(&self, start: u64, end: u64) -> Vec<(u64, u64)> {
        let mut found = Vec::new();
        let mut at = start;
        let first = self.described.partition_point(|d| d.1 <= start);
        for &(from, to) in self.described[first..].iter().take_while(|d| d.0 < end) {
            if from > at {
                found.push((at, from));
            }
            at = at.max(to);
        }
        if at < end {
            found.push((at, end));
        }
        found
    }
}

fn bytes(content: &[u8], range: (u64, u64)) -> &[u8] {
    content.get(range.0 as usize..range.1 as usize).unwrap_or_default()
}

/// The ranges in order, those that overlap or touch as one.
fn merged(mut ranges: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    ranges.sort_unstable();
    let mut merged: Vec<(u64, u64)> = Vec::new();
    for (start, end) in ranges {
        match merged.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => merged.push((start, end)),
        }
    }
    merged
}
