//! Symbols and versions are those that readelf(1) sees in files that nobody here made.

mod support;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use sarsen::elf::{Image, symbol};

/// This program, the libraries of this machine, and the inputs that the flake's test check names.
fn files() -> Vec<PathBuf> {
    let mut files = vec![std::env::current_exe().unwrap()];
    let folders =
        ["/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/usr/aarch64-linux-gnu/lib"].map(PathBuf::from);
    let inputs = std::env::var_os("SARSEN_REAL_INPUTS").map(PathBuf::from);
    for folder in folders.into_iter().chain(inputs) {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        let mut here: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        here.sort();
        let is_elf = |path: &&PathBuf| {
            path.is_file() && path.metadata().is_ok_and(|m| m.len() < 4 << 20) && starts_as_elf(path)
        };
        files.extend(here.iter().filter(is_elf).take(60).cloned());
    }
    files
}

fn starts_as_elf(path: &Path) -> bool {
    use std::io::Read;
    let mut start = [0; 5];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok() && start == *b"\x7fELF\x02"
}

/// The lines of readelf(1); none if it is not here.
fn readelf(arguments: &[&str], path: &Path) -> Option<Vec<String>> {
    let output = Command::new("readelf").args(arguments).arg(path).env("LC_ALL", "C").output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
}

fn named<const N: usize>(names: [(u8, &str); N], value: u8) -> String {
    names
        .iter()
        .find(|(known, _)| *known == value)
        .map_or_else(|| format!("<{value}>"), |(_, name)| (*name).into())
}

/// Kind, binding, whether it is defined, name and version, as readelf shows them.
fn symbols(image: &Image) -> Vec<String> {
    let mut versions: HashMap<u16, (String, bool)> = HashMap::new();
    for version in image.version_definitions().iter().filter(|version| !version.is_base) {
        versions.insert(version.index, (version.name.to_string(), true));
    }
    for version in image.version_needs().iter().flat_map(|need| &need.versions) {
        versions.insert(version.index, (version.name.to_string(), false));
    }
    let line = |symbol: &sarsen::elf::Symbol| {
        let kind = named(
            [
                (symbol::NOTYPE, "NOTYPE"),
                (symbol::OBJECT, "OBJECT"),
                (symbol::FUNC, "FUNC"),
                (3, "SECTION"),
                (symbol::TLS, "TLS"),
                (symbol::GNU_IFUNC, "IFUNC"),
            ],
            symbol.kind,
        );
        let binding = named(
            [
                (symbol::LOCAL, "LOCAL"),
                (symbol::GLOBAL, "GLOBAL"),
                (symbol::WEAK, "WEAK"),
                (symbol::GNU_UNIQUE, "UNIQUE"),
            ],
            symbol.binding,
        );
        let visibility =
            named([(0, "DEFAULT"), (1, "INTERNAL"), (2, "HIDDEN"), (3, "PROTECTED")], symbol.visibility);
        let place = if !symbol.is_defined {
            "UND"
        } else if symbol.is_absolute {
            "ABS"
        } else {
            "here"
        };
        // The symbol that stands for a version has its name.
        let version = versions.get(&symbol.version).filter(|(name, _)| *name != symbol.name);
        let version = version.map_or_else(String::new, |(name, is_own)| {
            let sign = if *is_own && !symbol.is_hidden_version { "@@" } else { "@" };
            format!("{sign}{name}")
        });
        format!("{:016x} {kind} {binding} {visibility} {place} {}{version}", symbol.value, symbol.name)
    };
    image.dynamic_symbols().iter().map(line).collect()
}

fn readelf_symbols(lines: &[String]) -> Vec<String> {
    let symbol = |line: &String| {
        let words: Vec<&str> = line.split_whitespace().filter(|word| *word != "[VARIANT_PCS]").collect();
        let [number, value, _, kind, binding, visibility, place, rest @ ..] = &words[..] else { return None };
        if !number.ends_with(':') || ["Num:", "0:"].contains(number) {
            return None;
        }
        let place = if place.parse::<u32>().is_ok() { "here" } else { *place };
        // Some readelfs name a section symbol after its section; it has no name of its own.
        let name = rest.first().filter(|_| *kind != "SECTION").unwrap_or(&"");
        Some(format!("{value} {kind} {binding} {visibility} {place} {name}"))
    };
    lines.iter().filter_map(symbol).collect()
}

/// `NAME index flags` of what is provided and needed.
fn versions(image: &Image) -> Vec<String> {
    let provided = image.version_definitions();
    let needed = image.version_needs();
    let all = provided.iter().chain(needed.iter().flat_map(|need| &need.versions));
    let flags = |base, weak| match (base, weak) {
        (true, _) => "BASE",
        (_, true) => "WEAK",
        _ => "none",
    };
    all.map(|v| format!("{} {} {}", v.name, v.index, flags(v.is_base, v.is_weak))).collect()
}

fn readelf_versions(lines: &[String]) -> Vec<String> {
    let after = |line: &str, key: &str| {
        let rest = line.split_once(key)?.1.trim_start();
        Some(rest.split_whitespace().next()?.to_owned())
    };
    let version = |line: &String| {
        let flags = after(line, "Flags:")?;
        let index = after(line, "Index:").or_else(|| after(line, "Version:"))?;
        Some(format!("{} {index} {flags}", after(line, "Name:")?))
    };
    let mut found: Vec<String> = lines.iter().filter_map(version).collect();
    // The order of the two sections is the linker's choice.
    found.sort();
    found
}

#[test]
fn symbols_and_versions_are_those_of_readelf() {
    let (mut compared, mut versioned) = (0, 0);
    for path in files() {
        let bytes = std::fs::read(&path).unwrap();
        let image = Image::parse(&bytes, "file").unwrap();
        let Some(lines) = readelf(&["--dyn-syms", "-W"], &path) else {
            support::skip("there is no readelf");
            return;
        };
        let (ours, theirs) = (symbols(&image), readelf_symbols(&lines));
        let differs = ours.iter().zip(&theirs).find(|(ours, theirs)| ours != theirs);
        assert_eq!(differs, None, "{}", path.display());
        assert_eq!(ours.len(), theirs.len(), "{}", path.display());
        let mut ours = versions(&image);
        ours.sort();
        assert_eq!(ours, readelf_versions(&readelf(&["-V", "-W"], &path).unwrap()), "{}", path.display());
        compared += 1;
        versioned += usize::from(!ours.is_empty());
    }
    println!("{compared} files, {versioned} with versions");
    assert!(versioned > 0);
}
