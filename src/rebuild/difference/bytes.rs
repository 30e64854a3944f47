//! Two files: whether they are the same, and if not, where and how.

use std::io::{self, Read};
use std::path::Path;

use super::elf;
use crate::error::Error;
use crate::input::{self, Opened};

/// Bytes that are read of each file at one time.
const BLOCK: usize = 64 << 10;

/// The largest file of which more than offsets is told: both are in memory then.
const WHOLE: u64 = 256 << 20;

/// The longest excerpt of a text, in bytes on each side of the difference.
const EXCERPT: usize = 24;

/// Whether two regular files hold the same bytes. In constant memory.
pub(super) fn same(expected: &Path, found: &Path) -> Result<bool, Error> {
    let (left, right) = (input::open(expected)?, input::open(found)?);
    if left.size() != right.size() {
        return Ok(false);
    }
    let scan = Scan::of((left, expected), (right, found), true)?;
    Ok(scan.first.is_none() && scan.sizes.0 == scan.sizes.1)
}

/// What is different about two files that are not the same.
pub(super) fn summary(expected: &Path, found: &Path) -> Result<Vec<String>, Error> {
    let (left, right) = (input::open(expected)?, input::open(found)?);
    if left.size().max(right.size()) > WHOLE {
        let scan = Scan::of((left, expected), (right, found), false)?;
        let mut lines = vec![sizes(scan.sizes.0, scan.sizes.1)];
        lines.extend(scan.first.map(|first| count(scan.count, first)));
        return Ok(lines);
    }
    let read = |mut file: Opened, path: &Path| {
        let mut bytes = Vec::new();
        let done = file.by_ref().take(WHOLE).read_to_end(&mut bytes);
        done.map(|_| bytes).map_err(|error| input::because(path, &error))
    };
    Ok(explain(&read(left, expected)?, &read(right, found)?))
}

/// The same of their bytes.
pub(super) fn explain(expected: &[u8], found: &[u8]) -> Vec<String> {
    let common = expected.len().min(found.len());
    let first = (0..common).find(|&at| expected[at] != found[at]);
    let mut lines = Vec::new();
    if expected.len() != found.len() {
        lines.push(sizes(expected.len() as u64, found.len() as u64));
    }
    let place = first.unwrap_or(common);
    if let Some(lines_of_text) = text(expected, found, place) {
        lines.extend(lines_of_text);
        return lines;
    }
    if let Some(first) = first {
        let differing = expected.iter().zip(found).filter(|(a, b)| a != b).count();
        lines.push(count(differing as u64, first as u64));
    }
    if let Some(structure) = elf::explain(expected, found, place as u64) {
        lines.extend(structure);
    }
    // Dates, paths and names are what most builds leave behind.
    if let (Some(a), Some(b)) = (letters(expected, place), letters(found, place)) {
        lines.push(format!("expected there {}, found {}", quoted(a), quoted(b)));
    }
    lines
}

fn sizes(expected: u64, found: u64) -> String {
    format!("size: expected {expected} bytes, found {found}")
}

fn count(differing: u64, first: u64) -> String {
    let verb = if differing == 1 { "byte differs" } else { "bytes differ" };
    format!("{differing} {verb} at the same offset, the first at {first:#x}")
}

/// Bytes as a text in quotes, with everything but printable ASCII spelled out.
pub(super) fn quoted(bytes: &[u8]) -> String {
    format!("\"{}\"", bytes.escape_ascii())
}

/// If both are texts: the first line that differs, and both of it.
fn text(expected: &[u8], found: &[u8], place: usize) -> Option<Vec<String>> {
    let is_text = |bytes: &[u8]| !bytes.is_empty() && memchr::memchr(0, bytes).is_none() && is_utf8(bytes);
    if !is_text(expected) || !is_text(found) {
        return None;
    }
    let number = memchr::memchr_iter(b'\n', &expected[..place]).count() + 1;
    let start = memchr::memrchr(b'\n', &expected[..place]).map_or(0, |at| at + 1);
    let line = |bytes: &[u8]| {
        let rest = &bytes[start..];
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        // A long line is shown around the difference.
        let skipped = (place - start).saturating_sub(EXCERPT).min(end);
        let shown = &rest[skipped..end.min(skipped + 3 * EXCERPT)];
        if start == bytes.len() { "the end of the file".into() } else { quoted(shown) }
    };
    Some(vec![
        format!("the first line that differs is {number}"),
        format!("expected {}", line(expected)),
        format!("found {}", line(found)),
    ])
}

fn is_utf8(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok()
}

/// The printable text around a place, if it is in one of at least four letters.
fn letters(bytes: &[u8], place: usize) -> Option<&[u8]> {
    let is_letter = |byte: &u8| matches!(byte, b' '..=b'~');
    if !bytes.get(place).is_some_and(is_letter) {
        return None;
    }
    let before = bytes[..place].iter().rev().take(EXCERPT).take_while(|byte| is_letter(byte)).count();
    let behind = bytes[place..].iter().take(EXCERPT).take_while(|byte| is_letter(byte)).count();
    (before + behind >= 4).then(|| &bytes[place - before..place + behind])
}

/// A comparison of two files block by block.
struct Scan {
    sizes: (u64, u64),
    first: Option<u64>,
    count: u64,
}

impl Scan {
    /// Of both files from where they stand; `hurry` ends at the first difference.
    fn of(left: (Opened, &Path), right: (Opened, &Path), hurry: bool) -> Result<Self, Error> {
        let ((mut left, left_path), (mut right, right_path)) = (left, right);
        let (mut a, mut b) = (vec![0; BLOCK], vec![0; BLOCK]);
        let mut scan = Self { sizes: (0, 0), first: None, count: 0 };
        loop {
            let left = fill(&mut left, &mut a).map_err(|error| input::because(left_path, &error))?;
            let right = fill(&mut right, &mut b).map_err(|error| input::because(right_path, &error))?;
            let at = scan.sizes.0;
            scan.sizes = (scan.sizes.0 + left as u64, scan.sizes.1 + right as u64);
            let common = left.min(right);
            if a[..common] != b[..common] {
                let differing = (0..common).filter(|&i| a[i] != b[i]);
                let first = differing.clone().next().map(|i| at + i as u64);
                scan.first = scan.first.or(first);
                scan.count += differing.count() as u64;
            }
            // Both blocks are full, or one of the files is at its end and offsets no longer meet.
            if left + right == 0 || (hurry && (scan.first.is_some() || left != right)) {
                return Ok(scan);
            }
        }
    }
}

/// Reads until the block is full or the file ends.
fn fill(file: &mut Opened, block: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < block.len() {
        match file.read(&mut block[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
