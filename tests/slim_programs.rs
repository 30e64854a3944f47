//! `sarsen slim` on programs that compilers make: before and after they say the same, to the kernel, to readelf and in
//! memory. What needs a tool that is not there says so and is skipped.

mod support;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sarsen::check;
use sarsen::elf::{Image, kind};
use sarsen::profile::Profile;
use sarsen::slim::{Options, slim};
use support::compiler::compiler;
use support::{Elf, Folder, Numbers};

/// Exercises what a wrong rewrite would break: constructors, thread-local variables with and without a first value,
/// a function chosen at start (IFUNC), data that ends in zeros, zeroed data, and the notes that the program itself sees.
const PROGRAM: &str = r#"
#define _GNU_SOURCE
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static int made;
__attribute__((constructor)) static void make(void) { made = 7; }
static __thread int with_value = 42;
static __thread int zero[64];
static int chosen(void) { return 5; }
static int (*choose(void))(void) { return chosen; }
int late(void) __attribute__((ifunc("choose")));
__attribute__((section("zeros"))) char data[20000] = { 1 }; // the last of the program that is loaded
char bss[100000];
const char *const pointer = "relocated";
static int visit(struct dl_phdr_info *info, size_t size, void *notes) {
  for (int i = 0; info->dlpi_name[0] == 0 && i < info->dlpi_phnum; i++)
    if (info->dlpi_phdr[i].p_type == PT_NOTE)
      for (size_t at = 0; at < info->dlpi_phdr[i].p_memsz; at++)
        *(unsigned *)notes = *(unsigned *)notes * 31 + ((unsigned char *)info->dlpi_addr + info->dlpi_phdr[i].p_vaddr)[at];
  return 0;
}
static unsigned long sum(const char *bytes, size_t size) {
  unsigned long sum = 0;
  for (size_t i = 0; i < size; i++) sum = sum * 31 + (unsigned char)bytes[i];
  return sum;
}
int main(int argc, char **argv) {
  unsigned notes = 0;
  dl_iterate_phdr(visit, &notes);
  memset(malloc(300000), 1, 300000);
  printf("%d %d %d %d %lu %lu %s %x %s\n", made, with_value, zero[63], late(), sum(data, sizeof data),
         sum(bss, sizeof bss), pointer, notes, argv[1]);
  bss[0] = data[19999] = 1;
  return argc == 2 && data[19999] ? 23 : 1;
}
"#;

/// The same in a library.
const LIBRARY: &str = r#"
static int made;
__attribute__((constructor)) static void make(void) { made = 7; }
static __thread int with_value = 42;
static int chosen(void) { return made + with_value++; }
static int (*choose(void))(void) { return chosen; }
int late(void) __attribute__((ifunc("choose")));
char data[20000] = { 1 };
int answer(void) { return late() + data[0] + data[19999]; }
"#;
const CALLER: &str = r#"
#include <stdio.h>
int answer(void);
int main(void) { int first = answer(); printf("%d %d\n", first, answer()); return 9; }
"#;

const BOTH: [Options; 2] = [
    Options { no_section_headers: false, drop_appended: false },
    Options { no_section_headers: true, drop_appended: false },
];

/// Runs a tool; nothing if there is no such tool.
fn run(tool: &str, arguments: &[&OsStr]) -> Option<Output> {
    done(tool, Command::new(tool).args(arguments).env("LC_ALL", "C"))
}

fn done(tool: &str, command: &mut Command) -> Option<Output> {
    match command.output() {
        Ok(output) => Some(output),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            support::skip(&format!("there is no {tool}"));
            None
        }
        Err(error) => panic!("{tool}: {error}"),
    }
}

/// Compiles `source`; nothing, after saying why, if there is no compiler or it lacks what the flags ask for.
fn compiled(folder: &Folder, name: &str, source: &str, flags: &[&str]) -> Option<PathBuf> {
    let input = folder.file(&format!("{name}.c"), source.as_bytes());
    let path = folder.0.join(name);
    let mut arguments: Vec<&OsStr> =
        vec!["-O1".as_ref(), "-g".as_ref(), "-o".as_ref(), path.as_ref(), input.as_ref()];
    arguments.extend(flags.iter().map(OsStr::new));
    let output = done("gcc", compiler("gcc").args(&arguments))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if flags.iter().any(|flag| flag.starts_with("-static")) && said.contains("cannot find -lc") {
        support::skip(&format!("there is no static C library: gcc {flags:?}"));
        return None;
    }
    assert!(output.status.success(), "gcc {flags:?}: {said}");
    Some(path)
}

/// Makes the file smaller beside it and judges the result by everything but running it.
fn slimmed(file: &Path, options: Options) -> PathBuf {
    let before = std::fs::read(file).unwrap();
    let result = slim(&before, &file.display().to_string(), &options).unwrap_or_else(|e| panic!("{e}"));
    let path = file.with_extension(if options.no_section_headers { "bare" } else { "slim" });
    sarsen::output::replace(&path, &result.bytes, 0o755).unwrap();
    same_in_memory(&before, &result.bytes, &result.removed.dynamic_entries);
    let sum: i64 = result.removed.kinds().iter().map(|(_, size)| size).sum();
    assert_eq!(sum, before.len() as i64 - result.bytes.len() as i64, "{}", file.display());
    assert_eq!(slim(&result.bytes, "again", &options).unwrap().bytes, result.bytes);
    readelf_is_content(&path);
    no_larger_than_stripped(file, &result.bytes, options);
    no_new_failures(&before, &result.bytes);
    if !options.no_section_headers {
        assert_eq!(sections_of_symbols(&before), sections_of_symbols(&result.bytes), "{}", file.display());
    }
    path
}

/// Every segment has the same bytes at the same address, but for the fields that say where things are in the file, and
/// the dynamic table if entries were taken out of it.
fn same_in_memory(before: &[u8], after: &[u8], dropped: &[&str]) {
    let images = [Image::parse(before, "before").unwrap(), Image::parse(after, "after").unwrap()];
    assert!(images[1].problems.is_empty(), "{:?}", images[1].problems);
    assert_eq!(images[0].segments.len(), images[1].segments.len());
    let headers = 64 + 56 * images[0].segments.len();
    for (old, new) in images[0].segments.iter().zip(&images[1].segments) {
        assert_eq!((old.kind, old.flags, old.align), (new.kind, new.flags, new.align));
        assert_eq!((old.address, old.memory_size), (new.address, new.memory_size));
        assert_eq!(old.offset % 0x10000, new.offset % 0x10000, "congruent with the largest pages");
        let memory = |image: &Image, segment: &sarsen::elf::Segment| {
            let mut memory = image.bytes.slice(segment.offset, segment.file_size).unwrap().to_vec();
            memory.resize(segment.memory_size as usize, 0);
            if segment.offset == 0 && segment.kind == kind::LOAD {
                memory[..headers].fill(0);
            }
            if let Some(table) = image.segments_of(kind::DYNAMIC).next().filter(|_| !dropped.is_empty()) {
                let start = table.address.wrapping_sub(segment.address) as usize;
                if start < memory.len() {
                    memory[start..start + table.memory_size as usize].fill(0);
                }
            }
            memory
        };
        if matches!(old.kind, kind::LOAD | kind::NOTE | kind::INTERP | kind::DYNAMIC) {
            assert!(memory(&images[0], old) == memory(&images[1], new), "segment at {:#x}", old.address);
        }
    }
}

/// The name of the section that each dynamic symbol is in.
fn sections_of_symbols(bytes: &[u8]) -> Vec<String> {
    let image = Image::parse(bytes, "file").unwrap();
    let symbols = image.section_bytes(".dynsym").unwrap_or_default().chunks_exact(24);
    symbols
        .map(|s| usize::from(u16::from_le_bytes([s[6], s[7]])))
        .map(|index| image.sections.get(index).map_or("none".into(), |section| section.name.clone()))
        .collect()
}

/// What `sarsen check` finds wrong with the result it found wrong before.
fn no_new_failures(before: &[u8], after: &[u8]) {
    let profile = Profile::load("grid-arm64").unwrap();
    let failing = |bytes: &[u8]| {
        let judgements = check::image(bytes, "file", &profile).unwrap();
        judgements.iter().filter(|j| j.fails()).map(|j| j.rule.id).collect::<Vec<_>>()
    };
    let (old, new) = (failing(before), failing(after));
    assert!(new.iter().all(|rule| old.contains(rule)), "{old:?}, now {new:?}");
}

fn readelf_is_content(file: &Path) {
    let Some(output) = run("readelf", &["-aW".as_ref(), file.as_ref()]) else { return };
    let text =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    let complaint = text.lines().find(|l| l.contains("readelf: Warning") || l.contains("readelf: Error"));
    assert_eq!(complaint, None, "{}", file.display());
}

fn no_larger_than_stripped(file: &Path, slim: &[u8], options: Options) {
    let stripped = file.with_extension("stripped");
    let arguments = ["--strip-all", "-R", ".comment", "-o"].map(OsStr::new);
    let arguments = [&arguments[..], &[stripped.as_ref(), file.as_ref()]].concat();
    let Some(output) = run("strip", &arguments) else { return };
    if !output.status.success() {
        // GNU's may not know a foreign machine.
        support::limited(&format!(
            "strip does not know this file: {}",
            String::from_utf8_lossy(&output.stderr)
        ));
        return;
    }
    let theirs = std::fs::read(&stripped).unwrap();
    if sections_of_symbols(&theirs) != sections_of_symbols(&std::fs::read(file).unwrap()) {
        support::limited(&format!("strip made symbols name other sections: {}", file.display()));
        return;
    }
    let size = theirs.len();
    let ours = slim.len() + usize::from(options.no_section_headers);
    assert!(ours <= size, "{}: {} bytes, strip leaves {size}", file.display(), slim.len());
}

/// Output and exit status of a program.
fn said(program: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(program).args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn programs_of_every_linkage_do_the_same() {
    let folder = Folder::new("slim-programs");
    for (name, flags) in [
        ("dynamic", &["-pie", "-fPIE"][..]),
        ("fixed", &["-no-pie", "-fno-pie"]),
        ("static", &["-static", "-no-pie"]),
        ("static-pie", &["-static-pie", "-fPIE"]),
        ("large-pages", &["-static-pie", "-fPIE", "-Wl,-z,max-page-size=65536"]),
        ("apart", &["-pie", "-fPIE", "-Wl,-z,separate-code,-z,max-page-size=65536"]),
        ("together", &["-pie", "-fPIE", "-Wl,-z,noseparate-code,-z,norelro,-z,lazy"]),
        ("relocations", &["-pie", "-fPIE", "-Wl,--emit-relocs,--hash-style=both"]),
        ("two-segments", &["-static", "-no-pie", "-Wl,-z,noseparate-code,-z,norelro"]),
    ] {
        let Some(program) = compiled(&folder, name, PROGRAM, flags) else { continue };
        let expected = said(&program, &["argument"]);
        assert!(expected.0 == Some(23) && expected.1.starts_with("7 42 0 5 "), "{name}: {expected:?}");
        for options in BOTH {
            let slim = slimmed(&program, options);
            assert_eq!(said(&slim, &["argument"]), expected, "{name} {options:?}");
            let zeros = slim_zeros(&program, options);
            let gone = zeros > 19000;
            assert!(!gone || options.no_section_headers, "{name}: {zeros} zeros of data are gone");
            // Some static C libraries have sections of their own behind the zeros, others do not.
            let is_last = !flags.iter().any(|flag| flag.starts_with("-static"));
            assert!(
                gone || !options.no_section_headers || !is_last,
                "{name}: {zeros} zeros of data are gone"
            );
        }
    }
}

/// How many zeros at its end a file loses.
fn slim_zeros(file: &Path, options: Options) -> u64 {
    slim(&std::fs::read(file).unwrap(), "file", &options).unwrap().removed.zeros
}

#[test]
fn a_shared_library_does_the_same() {
    let folder = Folder::new("slim-library");
    let Some(library) =
        compiled(&folder, "libanswer.so", LIBRARY, &["-shared", "-fPIC", "-Wl,--emit-relocs"])
    else {
        return;
    };
    let search = format!("-Wl,-rpath,{}", folder.0.display());
    let caller = compiled(&folder, "caller", CALLER, &[library.to_str().unwrap(), &search]).unwrap();
    let expected = said(&caller, &[]);
    assert_eq!((expected.0, expected.1.as_str()), (Some(9), "50 51\n"));
    let original = std::fs::read(&library).unwrap();
    for options in BOTH {
        std::fs::copy(slimmed(&library, options), &library).unwrap();
        assert_eq!(said(&caller, &[]), expected, "{options:?}");
        std::fs::write(&library, &original).unwrap();
    }
}

/// Debian's arm64 programs, and our own, as tests/real.rs describes them.
#[test]
fn arm64_programs_do_the_same() {
    let folder = Folder::new("slim-arm64");
    let samples = std::env::var_os("SARSEN_REAL_INPUTS").map(PathBuf::from);
    let own = std::env::var_os("SARSEN_ARM64").map(PathBuf::from);
    for (variable, value) in [("SARSEN_REAL_INPUTS", &samples), ("SARSEN_ARM64", &own)] {
        if value.is_none() {
            support::skip(&format!("{variable} is not set; the flake's test check sets it"));
        }
    }
    let sample = |name: &str| samples.as_ref().map(|folder| folder.join(name));
    for (file, arguments) in [
        (sample("busybox"), Some(&["sh", "-c", "echo $((6 * 7)); exit 3"][..])),
        (sample("bash-static"), Some(&["-c", "echo $((6 * 7)); exit 3"])),
        (sample("ld-musl-aarch64.so.1"), Some(&["--version"])),
        (sample("ls"), None),
        (own, Some(&["rules"])),
    ] {
        let Some(file) = file else { continue };
        let copy = folder.0.join(file.file_name().unwrap());
        std::fs::copy(&file, &copy).unwrap();
        for options in BOTH {
            let slim = slimmed(&copy, options);
            let Some(arguments) = arguments else { continue };
            let emulated = |program: &Path| {
                let words: Vec<&OsStr> =
                    std::iter::once(program.as_os_str()).chain(arguments.iter().map(OsStr::new)).collect();
                run("qemu-aarch64", &words).map(|o| (o.status.code(), o.stdout))
            };
            let Some(expected) = emulated(&copy) else { continue };
            assert_eq!(emulated(&slim), Some(expected), "{} {options:?}", file.display());
        }
    }
}

#[test]
fn changed_bytes_never_panic_and_results_stay_as_they_are() {
    let folder = Folder::new("slim-changed");
    let mut seeds = vec![
        Elf::default().bytes(),
        Elf::with(|e| (e.sections, e.relro) = (vec![(".symtab", vec![0; 8])], false)),
        Elf::with(|e| e.dynamic.insert(0, (21, 0))),
    ];
    let small = "int main(void) { return 0; }";
    for flags in [&["-pie", "-fPIE"][..], &["-shared", "-fPIC"]] {
        let program = compiled(&folder, "small", small, flags);
        seeds.extend(program.map(|path| std::fs::read(path).unwrap()));
    }
    let mut numbers = Numbers::new(0x5e11_a71e);
    let (mut made, mut refused) = (0, 0);
    for seed in &seeds {
        let tables = u64::from_le_bytes(seed[40..48].try_into().unwrap()) as usize;
        for round in 0..2000 {
            let mut bytes = seed.clone();
            for _ in 0..=numbers.below(4) {
                // Mostly headers: of the file, of segments, of sections.
                let at = match numbers.below(4) {
                    0 => numbers.below(bytes.len()),
                    1 if tables != 0 => tables + numbers.below(bytes.len() - tables),
                    _ => numbers.below(0x300),
                };
                bytes[at] = [0, 1, 0x7f, 0x80, 0xff, numbers.below(256) as u8][numbers.below(6)];
            }
            let options = Options { no_section_headers: round % 2 == 0, drop_appended: round % 3 == 0 };
            let Ok(slimmed) = slim(&bytes, "changed", &options) else {
                refused += 1;
                continue;
            };
            made += 1;
            assert!(slimmed.bytes.len() <= bytes.len());
            let image = Image::parse(&slimmed.bytes, "slim").unwrap();
            assert!(image.problems.is_empty(), "{:?}", image.problems);
            assert_eq!(slim(&slimmed.bytes, "slim", &options).unwrap().bytes, slimmed.bytes);
        }
    }
    assert!(made > 1000 && refused > 1000, "{made} made, {refused} refused: neither way was tried much");
}

#[test]
fn every_prefix_is_refused_or_made() {
    let seed = Elf::with(|e| e.sections = vec![(".symtab", vec![0; 8])]);
    for end in 0..seed.len() {
        assert!(slim(&seed[..end], "cut", &BOTH[1]).is_err(), "the first {end} bytes");
    }
}
