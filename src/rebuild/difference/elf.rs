//! Two ELF files: which of their parts differ. Both may be damaged on purpose.

use std::collections::{BTreeMap, BTreeSet};

use super::bytes::quoted;
use crate::digest::hex;
use crate::elf::{Image, Section, Segment, Symbol, tag};

/// The most names that are listed of one kind.
const NAMES: usize = 4;

/// The most sections whose bytes are compared.
const SECTIONS: usize = 256;

/// SHT_NOBITS
const NOBITS: u32 = 8;

/// Nothing if one of them is not ELF. `place` is where the first byte differs.
pub(super) fn explain(expected: &[u8], found: &[u8], place: u64) -> Option<Vec<String>> {
    let parse = |bytes| Image::parse(bytes, "it").ok();
    let (expected, found) = (parse(expected)?, parse(found)?);
    let mut lines = vec![format!("the first difference is in {} as expected", part(&expected, place))];
    header(&expected, &found, &mut lines);
    build_id(&expected, &found, &mut lines);
    segments(&expected, &found, &mut lines);
    sections(&expected, &found, &mut lines);
    dynamic(&expected, &found, &mut lines);
    symbols(&expected, &found, &mut lines);
    Some(lines)
}

/// What holds the byte at `place`.
fn part(image: &Image, place: u64) -> String {
    let holds = |offset: u64, size: u64| place.checked_sub(offset).is_some_and(|within| within < size);
    if holds(0, 64) {
        return "the ELF header".into();
    }
    if let Some(s) = image.sections.iter().find(|s| s.kind != NOBITS && holds(s.offset, s.size)) {
        return format!("section {}, {:#x} bytes into it,", quoted(s.name.as_bytes()), place - s.offset);
    }
    if holds(image.header.segment_table_offset(), 56 * image.segments.len() as u64) {
        return "the program headers".into();
    }
    match image.segments.iter().position(|s| holds(s.offset, s.file_size)) {
        Some(index) => format!("segment {index}, and no section,"),
        None => "no section or segment".into(),
    }
}

fn header(expected: &Image, found: &Image, lines: &mut Vec<String>) {
    let (a, b) = (&expected.header, &found.header);
    if (a.kind, a.machine, a.is_64_bit) != (b.kind, b.machine, b.is_64_bit) {
        let words = |image: &Image| {
            let header = &image.header;
            format!("{:?} for {}", header.kind, crate::elf::machine_name(header.machine))
        };
        lines.push(format!("header: expected {}, found {}", words(expected), words(found)));
    }
    if a.entry != b.entry {
        lines.push(format!("entry: expected {:#x}, found {:#x}", a.entry, b.entry));
    }
}

fn build_id(expected: &Image, found: &Image, lines: &mut Vec<String>) {
    let (a, b) = (expected.build_id(), found.build_id());
    if a != b {
        let show = |id: Option<&[u8]>| id.map_or("none".into(), |id| hex(&id[..id.len().min(20)]));
        lines.push(format!("build id: expected {}, found {}", show(a), show(b)));
    }
}

fn segments(expected: &Image, found: &Image, lines: &mut Vec<String>) {
    let (a, b) = (&expected.segments, &found.segments);
    if a.len() != b.len() {
        lines.push(format!("segments: expected {}, found {}", a.len(), b.len()));
    }
    let key = |s: &Segment| (s.kind, s.flags, s.offset, s.address, s.file_size, s.memory_size, s.align);
    if let Some((index, (a, b))) = a.iter().zip(b).enumerate().find(|(_, (a, b))| key(a) != key(b)) {
        let show = |s: &Segment| {
            format!(
                "type {:#x} {} of {:#x} bytes from {:#x}",
                s.kind,
                s.flag_letters(),
                s.file_size,
                s.offset
            )
        };
        lines.push(format!("segment {index}: expected {}, found {}", show(a), show(b)));
    }
}

/// Sections by name; of several with one name the first counts, as for tools that look them up.
fn sections(expected: &Image, found: &Image, lines: &mut Vec<String>) {
    fn by_name<'i>(image: &'i Image) -> BTreeMap<&'i str, &'i Section> {
        image.sections.iter().rev().map(|section| (section.name.as_str(), section)).collect()
    }
    let (a, b) = (by_name(expected), by_name(found));
    only("sections", a.keys().copied(), b.keys().copied(), lines);
    // Sections of a hostile file may all be the whole file: no more is compared than it has bytes.
    let mut budget = expected.bytes.len().saturating_mul(2);
    let mut resized = Vec::new();
    let mut changed = Vec::new();
    for (name, left) in a.iter().take(SECTIONS) {
        let Some(right) = b.get(name) else { continue };
        if left.size != right.size {
            resized.push(format!("{} {:#x} and {:#x}", quoted(name.as_bytes()), left.size, right.size));
            continue;
        }
        let Some(rest) = budget.checked_sub(left.size) else { continue };
        budget = if left.kind == NOBITS { budget } else { rest };
        if content(expected, left) != content(found, right) {
            changed.push(quoted(name.as_bytes()));
        }
    }
    list("sections of another size", &resized, lines);
    list("sections of the same size with other bytes", &changed, lines);
}

fn content<'a>(image: &Image<'a>, section: &Section) -> Option<&'a [u8]> {
    if section.kind == NOBITS { None } else { image.bytes.slice(section.offset, section.size) }
}

fn dynamic(expected: &Image, found: &Image, lines: &mut Vec<String>) {
    for (what, tag) in [
        ("libraries needed", tag::NEEDED),
        ("library name", tag::SONAME),
        ("search path", tag::RUNPATH),
        ("search path", tag::RPATH),
    ] {
        let (a, b) = (expected.dynamic_strings(tag), found.dynamic_strings(tag));
        if a != b {
            let show = |texts: &[String]| if texts.is_empty() { "none".into() } else { texts.join(" ") };
            lines.push(format!("{what}: expected {}, found {}", show(&a), show(&b)));
        }
    }
    let tags = |image: &Image| image.dynamic.as_ref().map_or(0, |dynamic| dynamic.entries().len());
    let (a, b) = (tags(expected), tags(found));
    if a != b {
        lines.push(format!("dynamic entries: expected {a}, found {b}"));
    }
}

fn symbols(expected: &Image, found: &Image, lines: &mut Vec<String>) {
    type Table<'a> = fn(&Image<'a>) -> Vec<Symbol<'a>>;
    let tables: [(&str, Table); 2] =
        [("dynamic symbols", |i| i.dynamic_symbols()), ("symbols", |i| i.static_symbols())];
    for (what, table) in tables {
        let (a, b) = (table(expected), table(found));
        only(what, a.iter().map(|s| s.name.as_ref()), b.iter().map(|s| s.name.as_ref()), lines);
    }
}

/// What only one of them has.
fn only<'n>(
    what: &str,
    expected: impl Iterator<Item = &'n str>,
    found: impl Iterator<Item = &'n str>,
    lines: &mut Vec<String>,
) {
    let expected: BTreeSet<&str> = expected.collect();
    let found: BTreeSet<&str> = found.collect();
    let names = |names: Vec<&&str>| names.iter().map(|n| quoted(n.as_bytes())).collect::<Vec<_>>();
    list(&format!("{what} only expected"), &names(expected.difference(&found).collect()), lines);
    list(&format!("{what} only found"), &names(found.difference(&expected).collect()), lines);
}

fn list(what: &str, names: &[String], lines: &mut Vec<String>) {
    if names.is_empty() {
        return;
    }
    let more = names.len().saturating_sub(NAMES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    lines.push(format!("{what}: {}{more}", names[..names.len().min(NAMES)].join(", ")));
}
