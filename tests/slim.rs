//! `sarsen slim` on made files: what it refuses, what it says, what it leaves alone. tests/slim_programs.rs runs programs.

mod support;

use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;

use sarsen::elf::{Image, Kind};
use sarsen::slim::{Options, slim};
use support::{Elf, Folder, RELOCATES_PACKED, sarsen, stderr, stdout};

const BARE: Options = Options { no_section_headers: true, drop_appended: false };
const DROP: Options = Options { no_section_headers: false, drop_appended: true };
const DEBUG: (u64, u64) = (21, 0);

/// The default file with a section called `name` of type `kind` that nothing loads.
fn with_section(name: &'static str, kind: u32) -> Vec<u8> {
    // Zeros in front, so that the result is smaller even where names are longer than what else goes.
    let mut bytes = Elf::with(|e| (e.sections, e.tail) = (vec![(name, b"contents".to_vec())], vec![0; 64]));
    let table = u64::from_le_bytes(bytes[40..48].try_into().unwrap()) as usize;
    bytes[table + 64 + 4..table + 64 + 8].copy_from_slice(&kind.to_le_bytes());
    bytes
}

fn put(bytes: &mut [u8], at: usize, value: u64, size: usize) {
    bytes[at..at + size].copy_from_slice(&value.to_le_bytes()[..size]);
}

/// Offset of the program header of this index.
fn segment(index: usize) -> usize {
    64 + 56 * index
}

#[test]
fn symbols_and_section_headers_go() {
    let bytes = with_section(".symtab", 2);
    let slimmed = slim(&bytes, "file", &Options::default()).unwrap();
    let image = Image::parse(&slimmed.bytes, "file").unwrap();
    let names: Vec<&str> = image.sections.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["", ".shstrtab"]);
    assert_eq!(slimmed.removed.symbols, 8);

    let bare = slim(&bytes, "file", &BARE).unwrap();
    assert!(Image::parse(&bare.bytes, "file").unwrap().sections.is_empty());
    // The last segment ends behind the slots of the relocations; what follows them is zero.
    assert_eq!(bare.bytes.len(), 0xa00, "RELRO reaches to the end of the segment");
    let without_relro = slim(&Elf::with(|e| e.relro = false), "file", &BARE).unwrap();
    assert_eq!((without_relro.bytes.len(), without_relro.removed.zeros), (0x900, 0x100));
    let filled = Elf::with(|e| (e.relro, e.packed, e.code) = (false, true, RELOCATES_PACKED.to_vec()));
    assert_eq!(
        slim(&filled, "file", &BARE).unwrap().bytes.len(),
        0x91b,
        "up to the last byte that is not zero"
    );
}

#[test]
fn zeros_stay_where_the_kernel_could_not_make_them() {
    let read_only = Elf::with(|e| {
        e.relro = false;
        // PT_GNU_STACK becomes unused, the last PT_LOAD read-only.
        e.stack_flags = None;
    });
    let mut bytes = read_only;
    put(&mut bytes, segment(2) + 4, 4, 4);
    let slimmed = slim(&bytes, "file", &BARE).unwrap();
    assert_eq!((slimmed.bytes.len(), slimmed.removed.zeros), (0xa00, 0));
}

/// Older kernels map the page of the file that a segment without bytes starts in, and clear it.
#[test]
fn the_file_reaches_a_segment_without_bytes() {
    for address in [0x30a80, 0x40000] {
        let mut bytes = Elf::with(|e| e.tail = vec![0; 0x200]);
        let at = segment(5);
        put(&mut bytes, at, 1 | 6 << 32, 8);
        for (field, value) in [(8, 0xa80), (16, address), (24, address), (32, 0), (40, 0x100), (48, 0x80)] {
            put(&mut bytes, at + field, value, 8);
        }
        assert_eq!(slim(&bytes, "file", &Options::default()).unwrap().bytes.len(), 0xa80, "at {address:#x}");
    }
}

#[test]
fn only_static_programs_lose_their_debug_entry() {
    let with = |change: &dyn Fn(&mut Elf)| {
        Elf::with(|e| {
            e.dynamic.insert(0, DEBUG);
            change(e);
        })
    };
    let tags = |bytes: &[u8]| {
        let image = Image::parse(bytes, "file").unwrap();
        let dynamic = image.dynamic.unwrap();
        (dynamic.value(21).is_some(), dynamic.value(30), dynamic.value(7))
    };
    let slimmed = slim(&with(&|_| ()), "file", &Options::default()).unwrap();
    assert_eq!(slimmed.removed.dynamic_entries, ["DT_DEBUG"]);
    assert_eq!(tags(&slimmed.bytes), (false, Some(8), Some(0x300)), "all others stay");
    for (why, bytes) in [
        ("a loader fills it in", with(&|e| e.interpreter = Some("/lib/ld.so"))),
        ("it is a library", with(&|e| e.dynamic[2] = (0x6fff_fffb, 1))),
        ("it needs libraries", with(&|e| e.dynamic.push((1, 1)))),
        ("entries of this machine may count others", with(&|e| e.machine = 8)),
    ] {
        let slimmed = slim(&bytes, "file", &Options::default()).unwrap();
        assert!(tags(&slimmed.bytes).0 && slimmed.removed.dynamic_entries.is_empty(), "{why}");
    }
}

#[test]
fn data_that_may_be_the_programs_own_is_not_lost() {
    let appended = Elf::with(|e| e.tail = b"payload payload\0".to_vec());
    let error = slim(&appended, "file", &Options::default()).unwrap_err();
    assert_eq!(error.code.as_str(), "slim-payload");
    assert!(error.message.contains("16 bytes"), "{error}");
    let dropped = slim(&appended, "file", &DROP).unwrap();
    assert_eq!((dropped.bytes.len(), dropped.removed.payload), (0xa00, 16));

    let zeros = Elf::with(|e| e.tail = vec![0; 504]);
    let slimmed = slim(&zeros, "file", &Options::default()).unwrap();
    assert_eq!((slimmed.bytes.len(), slimmed.removed.padding), (0xa00, 504));

    let unknown = with_section("pydata", 1);
    let slimmed = slim(&unknown, "file", &Options::default()).unwrap();
    assert_eq!(slimmed.kept, ["pydata"]);
    let image = Image::parse(&slimmed.bytes, "file").unwrap();
    assert_eq!(image.section_bytes("pydata"), Some(&b"contents"[..]), "wherever it is now");
    let error = slim(&unknown, "file", &BARE).unwrap_err();
    assert!(
        error.code.as_str() == "slim-payload" && error.message.contains("\"pydata\" of 8 bytes"),
        "{error}"
    );
    assert_eq!(slim(&unknown, "file", &DROP).unwrap().removed.payload, 8);

    let probes = with_section(".note.stapsdt", 7);
    assert_eq!(slim(&probes, "file", &Options::default()).unwrap().kept, [".note.stapsdt"]);
    assert_eq!(slim(&probes, "file", &BARE).unwrap().removed.other, 8);
}

/// The default file whose last segment is `gap` bytes further behind, with `filling` in front of it.
fn with_gap(gap: usize, filling: &[u8], align: u64) -> Vec<u8> {
    let elf = Elf { align, ..Elf::default() };
    let whole = elf.bytes();
    let mut bytes = whole[..0x800].to_vec();
    bytes.resize(0x800 + gap - filling.len(), 0);
    bytes.extend_from_slice(filling);
    bytes.extend_from_slice(&whole[0x800..]);
    for index in 2..5 {
        put(&mut bytes, segment(index) + 8, 0x800 + gap as u64, 8);
    }
    bytes
}

#[test]
fn holes_close_by_whole_pages_unless_something_is_in_them() {
    let closed = Elf::default().bytes();
    for (gap, rest) in [(0x10000, 0), (0x30000, 0), (0x8000, 0x8000), (0x28000, 0x8000)] {
        let slimmed = slim(&with_gap(gap, b"", 0x10000), "file", &Options::default()).unwrap();
        assert_eq!(slimmed.bytes.len(), closed.len() + rest, "a hole of {gap:#x}");
        if rest == 0 {
            assert_eq!(slimmed.bytes, closed);
        }
    }
    let strict = slim(&with_gap(0x10000, b"", 0x20_0000), "file", &Options::default()).unwrap();
    assert_eq!(
        strict.bytes.len(),
        closed.len() + 0x10000,
        "an offset is congruent to its address modulo p_align"
    );
    let filled = with_gap(0x10000, b"found by its place", 0x10000);
    assert_eq!(slim(&filled, "file", &Options::default()).unwrap().bytes, filled, "nothing describes it");
}

/// patchelf puts new section headers between segments.
#[test]
fn section_headers_between_segments_stay_there() {
    let mut bytes = with_gap(0x8000, b"", 0x10000);
    let section = with_section(".symtab", 2);
    let names = section.windows(10).position(|w| w == b".shstrtab\0").unwrap() - 1;
    let table = u64::from_le_bytes(section[40..48].try_into().unwrap()) as usize;
    bytes[0x1000..0x1040].copy_from_slice(&section[names..names + 64]);
    bytes[0x2000..0x2000 + 3 * 64].copy_from_slice(&section[table..]);
    for index in [1, 2] {
        put(&mut bytes, 0x2000 + index * 64 + 24, 0x1000, 8);
    }
    put(&mut bytes, 40, 0x2000, 8);
    bytes[58..64].copy_from_slice(&section[58..64]);
    let slimmed = slim(&bytes, "file", &Options::default()).unwrap();
    let image = Image::parse(&slimmed.bytes, "file").unwrap();
    let names: Vec<&str> = image.sections.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["", ".shstrtab"]);
    assert_eq!(
        (slimmed.bytes.len(), image.sections[1].offset),
        (bytes.len(), 0x800),
        "behind the first hole's start"
    );
    assert_eq!(slimmed.bytes[0x2000..0x2040], [0; 64], "the old headers are gone");
}

#[test]
fn files_that_cannot_be_rewritten_with_certainty_are_refused() {
    let patched = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = with_section(".symtab", 2);
        change(&mut bytes);
        bytes
    };
    let table = |bytes: &[u8]| u64::from_le_bytes(bytes[40..48].try_into().unwrap()) as usize;
    let whole = Elf::default().bytes();
    for (code, why, bytes) in [
        ("input-not-elf", "starts with 23 21", b"#!/bin/sh\n".to_vec()),
        ("input-truncated", "inside its ELF header", whole[..60].to_vec()),
        ("slim-class", "64-bit little-endian", Elf::with(|e| e.class = 1)),
        ("slim-class", "64-bit little-endian", Elf::with(|e| e.data = 2)),
        ("slim-kind", "kernel module", Elf::with(|e| e.kind = 1)),
        ("slim-kind", "core file", Elf::with(|e| e.kind = 4)),
        ("slim-kind", "file type 9", Elf::with(|e| e.kind = 9)),
        ("slim-damaged", "wants bytes", Elf::with(|e| e.beyond = 0x10000)),
        ("slim-damaged", "wants bytes", whole[..0x9ff].to_vec()),
        ("slim-damaged", "do not fit the file", patched(&|b| b.truncate(b.len() - 1))),
        (
            "slim-damaged",
            "section 1 of file wants bytes",
            patched(&|b| {
                let at = table(b) + 64 + 32;
                put(b, at, 1 << 40, 8);
            }),
        ),
        (
            "slim-damaged",
            "no segment loads it",
            patched(&|b| {
                let at = table(b) + 64 + 8;
                put(b, at, 2, 8);
            }),
        ),
        (
            "slim-damaged",
            "where no text of",
            patched(&|b| {
                let at = table(b) + 64;
                put(b, at, 99, 4);
            }),
        ),
        (
            "slim-kind",
            "--only-keep-debug",
            patched(&|b| {
                let at = table(b) + 64 + 4;
                put(b, at, 8 | 6 << 32, 8);
            }),
        ),
        ("slim-damaged", "no PT_LOAD", patched(&|b| (0..3).for_each(|i| put(b, segment(i), 0, 4)))),
        ("slim-layout", "twice", Elf::with(|e| e.beyond = 8)),
        ("slim-layout", "no power of two", Elf::with(|e| e.align = 0x11000)),
        ("slim-layout", "extended numbering", patched(&|b| put(b, 60, 0, 2))),
        ("slim-layout", "extended numbering", patched(&|b| put(b, 62, 0xffff, 2))),
        (
            "slim-layout",
            "inside its ELF header",
            patched(&|b| {
                // One program header more, whose type and flags are the end of the ELF header.
                let count = usize::from(b[56]);
                b.copy_within(64..64 + 56 * count, 112);
                b[64..112].fill(0);
                put(b, 32, 56, 8);
                put(b, 56, count as u64 + 1, 2);
            }),
        ),
    ] {
        let error = slim(&bytes, "file", &Options::default()).expect_err(why);
        assert_eq!(error.code.as_str(), code, "{why}: {error}");
        assert!(error.message.contains(why), "{error}");
    }
    assert!(matches!(Image::parse(&whole, "file").unwrap().header.kind, Kind::PositionIndependent));
}

#[test]
fn the_command_says_in_a_line_or_a_document_what_went() {
    let folder = Folder::new("slim-says");
    let file = folder.file("file", &with_section(".symtab", 2));
    let out = folder.0.join("out");
    let out = out.to_str().unwrap();
    let output = sarsen(&["slim", &file, "-o", out]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let before = std::fs::metadata(&file).unwrap().len();
    let after = std::fs::metadata(out).unwrap().len();
    let line = stdout(&output);
    assert!(line.starts_with(&format!("{file}: {before} to {after} bytes, ")), "{line}");
    assert!(line.contains("symbols 8") && line.lines().count() == 1, "{line}");

    let output = sarsen(&["slim", "--no-section-headers", "--format", "json", &file, "-o", out]);
    let document: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    let after = std::fs::metadata(out).unwrap().len();
    assert_eq!(document["schema"], "sarsen.slim/1");
    assert_eq!((&document["before"], &document["after"]), (&before.into(), &after.into()));
    let removed = document["removed"].as_array().unwrap();
    let sum: i64 = removed.iter().map(|kind| kind["bytes"].as_i64().unwrap()).sum();
    assert_eq!(sum, before as i64 - after as i64);
    assert_eq!(sarsen(&["check", out]).status.code(), Some(0));

    let again = format!("{out}-again");
    let output = sarsen(&["slim", "--no-section-headers", out, "-o", &again]);
    assert!(stdout(&output).ends_with("0.0% less; removed: nothing\n"), "{}", stdout(&output));
    assert_eq!(std::fs::read(out).unwrap(), std::fs::read(again).unwrap());
}

#[test]
fn the_output_is_another_file_and_the_input_stays() {
    let folder = Folder::new("slim-output");
    let bytes = with_section(".symtab", 2);
    let file = folder.file("file", &bytes);
    support::set_mode(file.as_ref(), 0o4751);
    let inode = std::fs::metadata(&file).unwrap().ino();
    let path = |name: &str| folder.0.join(name).to_str().unwrap().to_owned();
    symlink("file", path("link")).unwrap();
    std::fs::hard_link(&file, path("hard")).unwrap();
    symlink(&folder.0, path("folder")).unwrap();
    for (output, code, exit) in [
        (file.clone(), "output-same", 2),
        (path("link"), "output-same", 2),
        (path("hard"), "output-same", 2),
        (path("folder/file"), "output-same", 2),
        (folder.0.to_str().unwrap().to_owned(), "output-directory", 2),
        (path("absent/out"), "output-missing", 2),
        ("/dev/full".into(), "output-special", 2),
        ("/proc/self/out".into(), "output-failed", 4),
    ] {
        let result = sarsen(&["slim", &file, "-o", &output]);
        assert_eq!(result.status.code(), Some(exit), "{output}: {}", stderr(&result));
        assert!(stderr(&result).contains(&format!("error[{code}]")), "{output}: {}", stderr(&result));
        assert!(stdout(&result).is_empty(), "{output}");
    }
    let result = sarsen(&["slim", &path("absent"), "-o", &path("out")]);
    assert_eq!(result.status.code(), Some(2));
    assert!(stderr(&result).contains("error[input-missing]") && !Path::new(&path("out")).exists());

    let old = folder.file("out", b"old");
    assert!(sarsen(&["slim", &file, "-o", &old]).status.success());
    assert_eq!(std::fs::metadata(&old).unwrap().permissions().mode() & 0o7777, 0o751);
    assert_eq!((std::fs::read(&file).unwrap(), std::fs::metadata(&file).unwrap().ino()), (bytes, inode));
    let mut names: Vec<_> = std::fs::read_dir(&folder.0)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["file", "folder", "hard", "link", "out"], "no temporary file is left");
}
