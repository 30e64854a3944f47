//! Files that are judged by their headers and tables alone get the verdicts that the whole file gets.

mod support;

use sarsen::check::Judge;
use sarsen::elf::{Bytes, Image, Parts};
use sarsen::profile::Profile;
use sarsen::rules::{ALL, Check};
use support::{Elf, Folder, Numbers, RELOCATES_PACKED, abi};

/// grid-arm64 without the rules that look at everything, as `stack-protector` does at a static file.
fn headers() -> Profile {
    let whole = ALL.iter().filter(|rule| {
        matches!(rule.check, Check::Whole(_) | Check::Texts(_)) || rule.id == "stack-protector"
    });
    let allowed: Vec<String> = whole.map(|rule| format!("{} = \"allow\"", rule.id)).collect();
    let text = format!("name = \"headers\"\nextends = \"grid-arm64\"\n[rules]\n{}", allowed.join("\n"));
    Profile::parse(&text, "headers").unwrap()
}

fn said(judge: &Judge, folder: &Folder, bytes: &[u8]) -> [String; 2] {
    let path = folder.file("file", bytes);
    let by_parts = judge.file(path.as_ref()).outcome;
    let whole = judge.image(bytes, &path);
    [format!("{by_parts:?}"), format!("{whole:?}")]
}

#[test]
fn parts_say_what_the_whole_says() {
    let folder = Folder::new("parts");
    let profile = headers();
    let judge = Judge::new(&profile);
    let seeds = [
        Elf::default().bytes(),
        // Larger than what is read at first, with tables and names behind it.
        Elf::with(|e| {
            e.tail = vec![b'x'; 20_000];
            e.sections = vec![(".symtab", vec![0; 8]), (".debug_info", vec![0; 300])];
        }),
        Elf::with(|e| (e.packed, e.code) = (true, RELOCATES_PACKED.to_vec())),
        Elf::with(|e| {
            e.interpreter = Some("/lib/ld.so");
            e.notes = vec![abi(5, 10)];
            e.dynamic.extend([(1, 1), (29, 9)]);
        }),
    ];
    let mut numbers = Numbers::new(0x9a27_5a77);
    for seed in &seeds {
        let [by_parts, whole] = said(&judge, &folder, seed);
        assert_eq!(by_parts, whole);
        for _ in 0..600 {
            let mut bytes = seed.clone();
            for _ in 0..=numbers.below(4) {
                let bound = if numbers.below(3) == 0 { bytes.len() } else { 0x400 };
                let at = numbers.below(bound);
                bytes[at] = [0, 1, 0x40, 0x7f, 0xff, numbers.below(256) as u8][numbers.below(6)];
            }
            if numbers.below(10) == 0 {
                bytes.truncate(1 + numbers.below(seed.len() - 1));
            }
            let [by_parts, whole] = said(&judge, &folder, &bytes);
            assert_eq!(by_parts, whole);
        }
    }
}

#[test]
fn parts_of_this_machines_libraries_say_what_they_say() {
    let folder = Folder::new("parts-real");
    let profile = headers();
    let judge = Judge::new(&profile);
    let mut seen = 0;
    for place in ["/bin", "/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu"] {
        let Ok(entries) = std::fs::read_dir(place) else { continue };
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_file()) {
            let Ok(bytes) = std::fs::read(&path) else { continue };
            if bytes.starts_with(b"\x7fELF") && bytes.len() < 3_000_000 && seen < 120 {
                let [by_parts, whole] = said(&judge, &folder, &bytes);
                assert_eq!(by_parts, whole, "{}", path.display());
                seen += 1;
            }
        }
    }
    if seen == 0 {
        support::limited("this machine has no programs in the usual folders");
    }
    println!("{seen} files compared");
}

#[test]
fn a_large_file_is_not_read_for_its_headers() {
    let bytes = Elf::with(|e| {
        e.tail = vec![b'x'; 1_000_000];
        e.sections = vec![(".symtab", vec![0; 8])];
    });
    let read = std::cell::Cell::new(0);
    let parts = Parts::read(bytes.len() as u64, |offset, buffer| {
        read.set(read.get() + buffer.len());
        buffer.copy_from_slice(&bytes[offset as usize..][..buffer.len()]);
        Ok(())
    });
    let parts = parts.unwrap();
    let image = Image::of(Bytes::parts(&parts), "large").unwrap();
    assert_eq!(image.sections[1].name, ".symtab");
    assert_eq!(image.relocations.relative, 4);
    assert!(!parts.missed() && read.get() < 10_000, "{} bytes were read", read.get());
    // What was not read is no answer, and is told.
    assert_eq!(image.bytes.slice(500_000, 4), None);
    assert!(parts.missed());
}

#[test]
fn headers_that_ask_for_the_same_bytes_again_and_again_get_no_more_than_the_file() {
    // Notes by the hundred, each a byte further on than the one before and almost as large as the file.
    let mut bytes = Elf::with(|e| e.tail = vec![0; 200_000]);
    let (table, count) = (bytes.len() as u64, 400u64);
    for index in 0..count {
        bytes.extend([4u32, 4].iter().flat_map(|word| word.to_le_bytes()));
        for word in [index, 0, 0, 190_000, 190_000, 4] {
            bytes.extend(u64::to_le_bytes(word));
        }
    }
    bytes[32..40].copy_from_slice(&table.to_le_bytes());
    bytes[56..58].copy_from_slice(&(count as u16).to_le_bytes());
    let read = std::cell::Cell::new(0);
    let parts = Parts::read(bytes.len() as u64, |offset, buffer| {
        read.set(read.get() + buffer.len());
        buffer.copy_from_slice(&bytes[offset as usize..][..buffer.len()]);
        Ok(())
    });
    assert!(parts.is_ok());
    assert!(read.get() <= 2 * bytes.len(), "{} bytes of {} were read", read.get(), bytes.len());
}

#[test]
fn a_file_above_the_limit_is_refused_whatever_is_asked() {
    let folder = Folder::new("parts-large");
    let profile = headers();
    let path = folder.file("large", &Elf::default().bytes());
    // Sparse: it takes no room.
    std::fs::File::options().write(true).open(&path).unwrap().set_len(sarsen::input::LIMIT + 1).unwrap();
    let outcome = Judge::new(&profile).file(path.as_ref()).outcome;
    assert_eq!(outcome.err().map(|error| error.code.as_str()), Some("input-too-large"));
}
