//! Facts of one file that a loader may bring into a process: owned and compact, so that thousands can be kept.

use std::collections::HashMap;

use super::symbols::{Definition, Symbols, hash};
use crate::elf::{Bytes, Image, kind, tag};

/// Facts of one file.
#[derive(Debug, Default)]
pub struct Library {
    /// What its first bytes say; none if it has fewer than an ELF header's 64.
    pub ident: Option<Ident>,
    /// What musl's map_library makes of it: the error of its errno, such as `Exec format error`.
    pub musl_error: Option<&'static str>,
    /// It has a dynamic table.
    pub is_dynamic: bool,
    /// The largest page size, in bytes, with which its PT_LOAD segments can be mapped; none if it has no such segment.
    pub page_limit: Option<u64>,
    /// DT_SONAME.
    pub soname: Option<String>,
    /// DT_NEEDED, in order.
    pub needed: Vec<String>,
    /// DT_RPATH.
    pub rpath: Option<String>,
    /// DT_RUNPATH.
    pub runpath: Option<String>,
    /// DT_FLAGS_1.
    pub flags_1: u64,
    /// It asks to be bound at start.
    pub binds_now: bool,
    /// It has packed relative relocations.
    pub has_relr: bool,
    /// The versions that it defines; none if it has no DT_VERDEF.
    pub versions: Option<Vec<Box<str>>>,
    /// The versions that it needs, by library.
    pub needs: Vec<Need>,
    /// Its dynamic symbols.
    pub symbols: Symbols,
    /// The types of its relocations, each once, in the order in which musl meets them.
    pub relocation_kinds: Vec<u32>,
}

/// The start of a file, read as an ELF header of this machine's class whatever it is.
#[derive(Clone, Copy, Debug)]
pub struct Ident {
    /// `e_ident`.
    pub bytes: [u8; 16],
    /// `e_type`.
    pub kind: u16,
    /// `e_machine`.
    pub machine: u16,
    /// `e_version`.
    pub version: u32,
    /// `e_phentsize`.
    pub entry: u16,
}

/// The versions wanted of one library.
#[derive(Debug)]
pub struct Need {
    /// The library, as DT_NEEDED names it.
    pub library: Box<str>,
    /// Each version, and whether it may be absent (VER_FLG_WEAK).
    pub versions: Vec<(Box<str>, bool)>,
}

/// DF_1_NODEFLIB: the default folders are not searched.
pub(super) const NODEFLIB: u64 = 0x800;
/// DF_1_PIE: it is a program.
pub(super) const PIE: u64 = 0x0800_0000;

impl Library {
    /// The facts of a file's bytes, whatever it is.
    pub fn read(bytes: &[u8]) -> Self {
        const CLASS_AND_DATA: std::ops::Range<usize> = 4..6;
        let Ok(image) = Image::parse(bytes, "") else { return Self::header(Bytes::new(bytes)) };
        let own = Self::of(&image);
        let is_read = image.header.is_64_bit && image.header.is_little_endian;
        if is_read || own.musl_error.is_some() {
            return own;
        }
        // musl maps it without a look at these bytes, as if they were the usual ones.
        let mut usual = bytes.to_vec();
        usual[CLASS_AND_DATA].copy_from_slice(&[2, 1]);
        match Image::parse(&usual, "") {
            Ok(image) => Self { ident: own.ident, ..Self::of(&image) },
            Err(_) => own,
        }
    }

    fn header(bytes: Bytes) -> Self {
        let ident = || {
            Some(Ident {
                bytes: bytes.array(0)?,
                kind: bytes.u16(16)?,
                machine: bytes.u16(18)?,
                version: bytes.u32(20)?,
                entry: bytes.u16(54)?,
            })
        };
        let ident = if bytes.len() < 64 { None } else { ident() };
        Self { ident, musl_error: musl_error(bytes), ..Self::default() }
    }

    /// The facts of an image.
    pub fn of(image: &Image) -> Self {
        let mut library = Self::header(image.bytes);
        library.page_limit = image
            .segments_of(kind::LOAD)
            .map(|s| s.align.min(1 << (s.offset ^ s.address).trailing_zeros().min(63)))
            .min();
        let Some(dynamic) = &image.dynamic else { return library };
        library.is_dynamic = true;
        let first = |tag| image.dynamic_strings(tag).into_iter().next();
        library.soname = first(tag::SONAME);
        library.needed = image.dynamic_strings(tag::NEEDED);
        library.rpath = first(tag::RPATH);
        library.runpath = first(tag::RUNPATH);
        library.flags_1 = dynamic.value(tag::FLAGS_1).unwrap_or(0);
        library.binds_now = dynamic.value(tag::BIND_NOW).is_some()
            || dynamic.has_flag(tag::FLAGS, 8)
            || dynamic.has_flag(tag::FLAGS_1, 1);
        library.has_relr = dynamic.value(tag::RELR).is_some();
        // The versions by their number in the version table. The base version is no version of a symbol.
        let mut numbered = HashMap::new();
        if dynamic.value(tag::VERDEF).is_some() {
            let defined = image.version_definitions();
            for version in defined.iter().filter(|version| !version.is_base) {
                numbered.insert(version.index, version.name.as_ref().into());
            }
            library.versions =
                Some(defined.into_iter().map(|version| version.name.as_ref().into()).collect());
        }
        for need in image.version_needs() {
            for version in &need.versions {
                numbered.entry(version.index).or_insert_with(|| version.name.as_ref().into());
            }
            let versions = need.versions.iter().map(|v| (v.name.as_ref().into(), v.is_weak)).collect();
            library.needs.push(Need { library: need.library.as_ref().into(), versions });
        }
        library.symbols = Symbols::of(image, &numbered);
        library.relocation_kinds = image.relocation_kinds();
        library
    }

    /// It is a C library: it defines what only one of them in a process may define.
    pub fn is_libc(&self) -> bool {
        let defines = |name| self.symbols.definitions(hash(name)).any(Definition::is_defined);
        defines("__libc_start_main") && defines("stdin")
    }

    /// Whether it was made for the machine and class of `other`.
    pub fn fits(&self, other: &Library) -> bool {
        let key = |library: &Library| library.ident.map(|i| (i.bytes[4], i.bytes[5], i.machine));
        key(self) == key(other)
    }

    /// The search path that it brings for its own needs: DT_RUNPATH before DT_RPATH, with the tag's name.
    pub fn search_path(&self) -> Option<(&'static str, &str)> {
        let runpath = self.runpath.as_deref().map(|path| ("RUNPATH", path));
        runpath.or_else(|| self.rpath.as_deref().map(|path| ("RPATH", path)))
    }

    /// A version of glibc that it asks for, which tells what it was built for.
    pub fn glibc_version(&self) -> Option<&str> {
        let mut all = self.needs.iter().flat_map(|need| &need.versions);
        all.find(|(name, _)| name.starts_with("GLIBC_")).map(|(name, _)| name.as_ref())
    }

    /// It is no library but a program: linked to a fixed address, or marked as position-independent executable.
    pub fn is_program(&self) -> bool {
        self.ident.is_some_and(|ident| ident.kind == 2) || self.flags_1 & PIE != 0
    }
}

/// What is wrong for musl's map_library, which looks at neither class nor machine: it reads every file as if it were of
/// its own class.
fn musl_error(bytes: Bytes) -> Option<&'static str> {
    const BUFFER: u64 = 960;
    const NO_EXEC: Option<&str> = Some("Exec format error");
    let all = bytes.len();
    let (Some(kind), Some(offset), Some(entry), Some(count)) =
        (bytes.u16(16), bytes.u64(32), bytes.u16(54), bytes.u16(56))
    else {
        return NO_EXEC;
    };
    if all < 64 || (kind != 2 && kind != 3) {
        return NO_EXEC;
    }
    let size = u64::from(entry) * u64::from(count);
    let outside = size > BUFFER - 64 || offset.wrapping_add(size) > all.min(BUFFER);
    if outside && offset > i64::MAX as u64 {
        return Some("Invalid argument");
    }
    if bytes.slice(offset, size).is_none() {
        return NO_EXEC;
    }
    let dynamic = (0..u64::from(count)).any(|index| {
        let at = offset + index * u64::from(entry);
        bytes.u32(at) == Some(kind::DYNAMIC) && bytes.u64(at + 16).is_some_and(|address| address != 0)
    });
    if dynamic { None } else { NO_EXEC }
}
