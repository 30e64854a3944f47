//! Dynamic symbols of one file, by the hash of their names.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};

use crate::elf::{Image, Symbol, symbol};

/// What a file defines for others and what it wants of them. Names are kept only of what it wants.
#[derive(Debug, Default)]
pub struct Symbols {
    /// Sorted by hash.
    defined: Vec<Definition>,
    /// The hash of each version, by the numbers that definitions have; 0 where a number means none.
    versions: Vec<u64>,
    /// In the order of relocation: DT_RELA, then DT_JMPREL.
    wanted: Vec<Want>,
    /// The file has a version table.
    is_versioned: bool,
}

/// A symbol that others may find in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Definition {
    name: u64,
    version: u16,
    flags: u16,
}

const DEFINED: u16 = 1;
const HIDDEN_VERSION: u16 = 2;
const FOR_MUSL: u16 = 4;
const FOR_GLIBC: u16 = 8;
const TLS: u16 = 16;

impl Definition {
    /// It is defined here, not only given an address for pointers to compare equal.
    pub fn is_defined(self) -> bool {
        self.flags & DEFINED != 0
    }

    fn has(self, flag: u16) -> bool {
        self.flags & flag != 0
    }
}

/// A symbol that the file does not define, and what for it is wanted.
#[derive(Debug)]
pub struct Want {
    /// Its name.
    pub name: Box<str>,
    /// The version, if one is asked for.
    pub version: Option<Box<str>>,
    /// It may stay undefined.
    pub is_weak: bool,
    /// What for.
    pub purpose: Purpose,
    /// The relocation is in DT_JMPREL.
    pub is_call: bool,
    /// How many relocations of this purpose ask for it.
    pub count: u32,
    hash: u64,
    version_hash: u64,
}

/// What a relocation does with a symbol, as far as lookups differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// It is called, by way of a procedure linkage table.
    Call,
    /// Its initial value is copied into the program.
    Copy,
    /// Anything else.
    Address,
}

/// The hash of a name; never 0.
pub fn hash(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(name.as_bytes());
    hasher.finish().max(1)
}

impl Symbols {
    pub(super) fn of(image: &Image, numbered: &HashMap<u16, Box<str>>) -> Self {
        let all = image.dynamic_symbols();
        let is_versioned = image.dynamic.as_ref().is_some_and(|d| d.value(crate::elf::tag::VERSYM).is_some());
        let mut versions = vec![0; numbered.keys().max().map_or(0, |most| usize::from(*most) + 1)];
        for (index, name) in numbered {
            versions[usize::from(*index)] = hash(name);
        }
        let mut defined: Vec<Definition> = all.iter().filter_map(definition).collect();
        // A name with all its versions is at most 65536 entries, however often a hostile table repeats it.
        defined.sort_unstable();
        defined.dedup();
        let mut wanted: Vec<Want> = Vec::new();
        let mut seen: HashMap<(u64, u64, Purpose, bool), usize> = HashMap::new();
        let mut left = image.bytes.len();
        for reference in image.references() {
            let Some(symbol) = all.get(reference.symbol as usize - 1) else { continue };
            if symbol.is_defined || symbol.binding == symbol::LOCAL {
                continue;
            }
            let purpose = purpose(image.header.machine, reference.kind);
            let version = numbered.get(&symbol.version).filter(|_| is_versioned);
            let (hash, version_hash) = (hash(&symbol.name), version.map_or(0, |version| hash(version)));
            let next = wanted.len();
            let at = *seen.entry((hash, version_hash, purpose, reference.is_call)).or_insert(next);
            if let Some(known) = wanted.get_mut(at) {
                known.count = known.count.saturating_add(1);
                known.is_weak &= symbol.is_weak();
                continue;
            }
            // Names that overlap in a hostile table are more than the file when they are apart.
            left = left.saturating_sub(symbol.name.len() as u64);
            if left == 0 {
                break;
            }
            wanted.push(Want {
                hash,
                version_hash,
                name: symbol.name.as_ref().into(),
                version: version.cloned(),
                is_weak: symbol.is_weak(),
                purpose,
                is_call: reference.is_call,
                count: 1,
            });
        }
        Self { defined, versions, wanted, is_versioned }
    }

    /// What it wants, in the order of relocation: DT_RELA, then DT_JMPREL.
    pub fn wanted(&self) -> &[Want] {
        &self.wanted
    }

    /// Its definitions of a name's hash.
    pub fn definitions(&self, name: u64) -> impl Iterator<Item = Definition> {
        let start = self.defined.partition_point(|definition| definition.name < name);
        self.defined[start..].iter().copied().take_while(move |definition| definition.name == name)
    }

    /// Whether musl's find_sym takes a definition of this file: it compares names alone, but passes over versions that
    /// are not the default.
    pub fn satisfies_musl(&self, want: &Want) -> bool {
        self.has_for_musl(want.hash, want.purpose == Purpose::Call)
    }

    pub(super) fn has_for_musl(&self, name: u64, must_be_defined: bool) -> bool {
        self.definitions(name).any(|found| {
            found.has(FOR_MUSL)
                && !found.has(HIDDEN_VERSION)
                && (found.is_defined() || !(must_be_defined || found.has(TLS)))
        })
    }

    /// Whether glibc's do_lookup_x takes a definition of this file (elf/dl-lookup.c, check_match).
    pub fn satisfies_glibc(&self, want: &Want) -> bool {
        let found = self
            .definitions(want.hash)
            .filter(|found| found.has(FOR_GLIBC) && (found.is_defined() || want.purpose == Purpose::Address));
        if !self.is_versioned {
            return found.count() > 0;
        }
        let mut others = 0;
        for definition in found {
            let version = self.versions.get(usize::from(definition.version)).copied().unwrap_or(0);
            let hidden = definition.has(HIDDEN_VERSION);
            if want.version_hash == 0 {
                if definition.version < 3 {
                    return true;
                }
                others += u32::from(!hidden);
            } else if version == want.version_hash || (version == 0 && !hidden) {
                return true;
            }
        }
        others == 1
    }
}

fn definition(symbol: &Symbol) -> Option<Definition> {
    let kind = symbol.kind;
    let has_value = symbol.value != 0 || kind == symbol::TLS;
    if symbol.binding == symbol::LOCAL || !(symbol.is_defined || symbol.value != 0) {
        return None;
    }
    let is_global = matches!(symbol.binding, symbol::GLOBAL | symbol::WEAK | symbol::GNU_UNIQUE);
    let is_data_or_code =
        matches!(kind, symbol::NOTYPE | symbol::OBJECT | symbol::FUNC | symbol::COMMON | symbol::TLS);
    let for_musl = is_global && is_data_or_code && has_value;
    let for_glibc = is_global
        && (is_data_or_code || kind == symbol::GNU_IFUNC)
        && (has_value || symbol.is_absolute)
        && !matches!(symbol.visibility, 1 | 2);
    let mut flags = 0;
    for (holds, flag) in [
        (symbol.is_defined, DEFINED),
        (symbol.is_hidden_version, HIDDEN_VERSION),
        (for_musl, FOR_MUSL),
        (for_glibc, FOR_GLIBC),
        (kind == symbol::TLS, TLS),
    ] {
        if holds {
            flags |= flag;
        }
    }
    Some(Definition { name: hash(&symbol.name), version: symbol.version, flags })
}

/// R_…_JUMP_SLOT and R_…_COPY by machine.
fn purpose(machine: u16, kind: u32) -> Purpose {
    let (call, copy) = match machine {
        62 => (7, 5),
        183 => (1026, 1024),
        243 | 258 => (5, 4),
        _ => return Purpose::Address,
    };
    if kind == call {
        Purpose::Call
    } else if kind == copy {
        Purpose::Copy
    } else {
        Purpose::Address
    }
}
