//! Makes small ELF files, each property of which a test can set wrong.

#![allow(dead_code, reason = "each test program uses a part of it")]

pub mod attest;
pub mod compiler;
pub mod device;
pub mod llvm;
pub mod nix;
mod numbers;
pub mod object;
pub mod sarif;
#[path = "../../src/skip.rs"]
mod skip;

use std::path::PathBuf;
use std::process::{Command, Output};

#[allow(unused_imports, reason = "each test program uses a part of it")]
pub use numbers::Numbers;
#[allow(unused_imports, reason = "each test program uses a part of it")]
pub use skip::{limited, line, skip};

/// Copies the files of the checkout's directory `from` into `folder`, as a reader of the pages does (tests/examples.rs).
pub fn examples(folder: &Folder, from: &str) {
    for entry in std::fs::read_dir(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(from)).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), folder.0.join(entry.file_name())).unwrap();
        }
    }
}

/// Start code as rcrt1.o's does it: adds the load bias to each RELA addend and stores the sum.
///
/// ```text
///    adr  x0, . - 0x10400          // load bias
///    add  x1, x0, #0x300           // the relocations
///    mov  x2, #4
/// 1: ldp  x3, x4, [x1], #16        // slot, type
///    ldr  x5, [x1], #8             // addend
///    add  x5, x5, x0
///    str  x5, [x0, x3]
///    subs x2, x2, #1
///    b.ne 1b
///    mov  x0, #0
///    mov  x8, #93                  // exit(0)
///    svc  #0
/// ```
pub const RELOCATES: &[u32] = &[
    0x10f7e000, 0x910c0001, 0xd2800082, 0xa8c11023, 0xf8408425, 0x8b0000a5, 0xf8236805, 0xf1000442,
    0x54ffff61, 0xd2800000, 0xd2800ba8, 0xd4000001,
];

/// The same for packed relocations, whose addends are in the slots.
///
/// ```text
///    adr  x0, . - 0x10400
///    add  x1, x0, #0x20, lsl #12
///    add  x1, x1, #0x900           // the first slot
///    mov  x2, #4
/// 1: ldr  x5, [x1]
///    add  x5, x5, x0
///    str  x5, [x1], #8
///    subs x2, x2, #1
///    b.ne 1b
///    mov  x8, #93
///    svc  #0
/// ```
pub const RELOCATES_PACKED: &[u32] = &[
    0x10f7e000, 0x91408001, 0x91240021, 0xd2800082, 0xf9400025, 0x8b0000a5, 0xf8008425, 0xf1000442,
    0x54ffff81, 0xd2800ba8, 0xd4000001,
];

/// Start code as crt1.o's: follows a pointer that nobody has relocated.
///
/// ```text
///    adr  x0, . - 0x10400
///    add  x1, x0, #0x20, lsl #12
///    ldr  x2, [x1, #0x900]         // the first slot: 0 in the file
///    ldr  x3, [x2]
///    mov  x8, #93
///    svc  #0
/// ```
pub const FOLLOWS: &[u32] = &[0x10f7e000, 0x91408001, 0xf9448022, 0xf9400043, 0xd2800ba8, 0xd4000001];

/// Start code that asks the kernel for something first: `mov x8, #93; svc #0`.
pub const EXITS: &[u32] = &[0xd2800ba8, 0xd4000001];

const TEXT: u64 = 0x400;
const DATA: u64 = 0x800;
const SLOTS: u64 = DATA + 0x100;
const STRINGS: u64 = 0x380;

/// Type, flags, offset, address, size, alignment.
type Segment = (u32, u32, u64, u64, u64, u64);

/// A file to be: by default a static-PIE for aarch64 that every rule of grid-arm64 passes.
#[derive(Clone)]
pub struct Elf {
    pub class: u8,
    pub data: u8,
    pub os_abi: u8,
    pub kind: u16,
    pub machine: u16,
    pub entry: u64,
    pub code: Vec<u32>,
    pub align: u64,
    pub text_flags: u32,
    pub stack_flags: Option<u32>,
    pub relro: bool,
    pub interpreter: Option<&'static str>,
    /// (tag, value); strings of NEEDED, RUNPATH … are offsets into `strings`.
    pub dynamic: Vec<(u64, u64)>,
    pub strings: &'static [u8],
    pub packed: bool,
    /// Sections by name, with their content; a null section and the names are added.
    pub sections: Vec<(&'static str, Vec<u8>)>,
    /// Notes of the owner GNU: type and content, see [`abi`].
    pub notes: Vec<(u32, Vec<u8>)>,
    /// Names of dynamic symbols that some library must define.
    pub imports: &'static [&'static str],
    pub tail: Vec<u8>,
    /// Slot of the first relocation.
    pub slots: u64,
    /// Added to the size of the text segment in the file, which then reaches beyond the end.
    pub beyond: u64,
    /// Bytes in memory of the data segment.
    pub data_memory: u64,
}

impl Default for Elf {
    fn default() -> Self {
        Self {
            class: 2,
            data: 1,
            os_abi: 0,
            kind: 3,
            machine: 183,
            entry: 0x10000 + TEXT,
            code: RELOCATES.to_vec(),
            align: 0x10000,
            text_flags: 5,
            stack_flags: Some(6),
            relro: true,
            interpreter: None,
            dynamic: vec![(30, 8), (0x6fff_fffb, 0x0800_0001)],
            strings: b"\0libc.so\0/opt/lib\0",
            packed: false,
            sections: Vec::new(),
            notes: Vec::new(),
            imports: &[],
            tail: Vec::new(),
            slots: 0x20000 + SLOTS,
            beyond: 0,
            data_memory: 0x200,
        }
    }
}

impl Elf {
    /// The default with one change.
    pub fn with(change: impl FnOnce(&mut Self)) -> Vec<u8> {
        let mut elf = Self::default();
        change(&mut elf);
        elf.bytes()
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut file = vec![0u8; 0xa00];
        self.fill_data(&mut file);
        let mut at = TEXT as usize;
        for word in &self.code {
            file[at..at + 4].copy_from_slice(&word.to_le_bytes());
            at += 4;
        }
        file.extend_from_slice(&self.tail);
        let mut segments = self.segments();
        segments.extend(self.append_notes(&mut file));
        segments.extend(self.append_imports(&mut file));
        let sections = self.append_sections(&mut file);
        let mut header = b"\x7fELF".to_vec();
        header.extend([self.class, self.data, 1, self.os_abi, 0, 0, 0, 0, 0, 0, 0, 0]);
        header.extend(self.kind.to_le_bytes());
        header.extend(self.machine.to_le_bytes());
        header.extend(1u32.to_le_bytes());
        for word in [self.entry, 64, sections.0] {
            header.extend(word.to_le_bytes());
        }
        header.extend(0u32.to_le_bytes());
        for half in [64, 56, segments.len() as u16, 64, sections.1, sections.1.saturating_sub(1)] {
            header.extend(half.to_le_bytes());
        }
        for (kind, flags, offset, address, size, align) in segments {
            header.extend(u32::to_le_bytes(kind));
            header.extend(u32::to_le_bytes(flags));
            let memory = if (kind, flags) == (1, 6) { self.data_memory } else { size };
            for word in [offset, address, address, size, memory, align] {
                header.extend(u64::to_le_bytes(word));
            }
        }
        assert!(header.len() <= 0x300, "program headers run into the relocations");
        file[..header.len()].copy_from_slice(&header);
        file
    }

    fn segments(&self) -> Vec<Segment> {
        let mut segments = vec![
            (1, 4, 0, 0, TEXT, self.align),
            (1, self.text_flags, TEXT, 0x10000 + TEXT, 0x400 + self.beyond, self.align),
            (1, 6, DATA, 0x20000 + DATA, 0x200, self.align),
            (2, 6, DATA, 0x20000 + DATA, 0x100, 8),
        ];
        if self.relro {
            segments.push((0x6474_e552, 4, DATA, 0x20000 + DATA, 0x200, 1));
        }
        if let Some(flags) = self.stack_flags {
            segments.push((0x6474_e551, flags, 0, 0, 0, 0));
        }
        if let Some(path) = self.interpreter {
            segments.push((3, 4, 0x3c0, 0x3c0, path.len() as u64 + 1, 1));
        }
        segments
    }

    fn fill_data(&self, file: &mut [u8]) {
        let mut put =
            |at: u64, bytes: &[u8]| file[at as usize..at as usize + bytes.len()].copy_from_slice(bytes);
        let mut dynamic = self.dynamic.clone();
        if self.imports.is_empty() {
            dynamic.push((5, STRINGS));
        } else {
            // The strings follow the symbols, by which readers know how many there are.
            let symbols = 24 * (self.imports.len() as u64 + 1);
            dynamic.extend([(6, self.imports_address()), (5, self.imports_address() + symbols)]);
        }
        if self.packed {
            dynamic.extend([(36, 0x300), (35, 16)]);
            // One slot, then a bitmap of the three behind it.
            put(0x300, &self.slots.to_le_bytes());
            put(0x308, &0b1111u64.to_le_bytes());
            for index in 0..4 {
                put(SLOTS + 8 * index, &(0x20000 + SLOTS + index).to_le_bytes());
            }
        } else {
            dynamic.extend([(7, 0x300), (8, 96), (9, 24)]);
            for index in 0..4 {
                for (word, value) in
                    [self.slots + 8 * index, 1027, 0x20000 + SLOTS + index].iter().enumerate()
                {
                    put(0x300 + 24 * index + 8 * word as u64, &value.to_le_bytes());
                }
            }
        }
        dynamic.push((0, 0));
        for (index, (tag, value)) in dynamic.iter().enumerate() {
            put(DATA + 16 * index as u64, &tag.to_le_bytes());
            put(DATA + 16 * index as u64 + 8, &value.to_le_bytes());
        }
        put(STRINGS, self.strings);
        if let Some(path) = self.interpreter {
            put(0x3c0, path.as_bytes());
        }
    }

    /// The notes, and the segment that shows them.
    fn append_notes(&self, file: &mut Vec<u8>) -> Option<Segment> {
        file.resize(file.len().next_multiple_of(8), 0);
        let start = file.len() as u64;
        for (kind, content) in &self.notes {
            for word in [4, content.len() as u32, *kind, u32::from_le_bytes(*b"GNU\0")] {
                file.extend(word.to_le_bytes());
            }
            file.extend(content);
            file.resize(file.len().next_multiple_of(4), 0);
        }
        (!self.notes.is_empty()).then_some((4, 4, start, start, file.len() as u64 - start, 4))
    }

    fn imports_address(&self) -> u64 {
        let notes: usize = self.notes.iter().map(|(_, content)| 16 + content.len().next_multiple_of(4)).sum();
        0x30000 + ((0xa00 + self.tail.len()).next_multiple_of(8) + notes).next_multiple_of(8) as u64
    }

    /// The symbol table and its strings, and the segment that loads them.
    fn append_imports(&self, file: &mut Vec<u8>) -> Option<Segment> {
        if self.imports.is_empty() {
            return None;
        }
        file.resize(file.len().next_multiple_of(8), 0);
        let start = file.len() as u64;
        assert_eq!(0x30000 + start, self.imports_address());
        let mut strings = self.strings.to_vec();
        file.extend([0; 24]);
        for name in self.imports {
            // A global function that is not defined here.
            file.extend((strings.len() as u32).to_le_bytes());
            file.extend([0x12, 0, 0, 0]);
            file.extend([0; 16]);
            strings.extend(name.bytes().chain([0]));
        }
        file.extend(strings);
        Some((1, 4, start, 0x30000 + start, file.len() as u64 - start, self.align))
    }

    /// A null section, the wanted ones, and the names: the offset of the table and its entries.
    fn append_sections(&self, file: &mut Vec<u8>) -> (u64, u16) {
        if self.sections.is_empty() {
            return (0, 0);
        }
        let mut headers = vec![(0, 0, 0, 0)];
        let mut names = b"\0.shstrtab\0".to_vec();
        for (name, content) in &self.sections {
            headers.push((names.len() as u32, 1u32, file.len() as u64, content.len() as u64));
            names.extend(name.bytes().chain([0]));
            file.extend(content);
        }
        headers.push((1, 3, file.len() as u64, names.len() as u64));
        file.extend(names);
        file.resize(file.len().next_multiple_of(8), 0);
        let table = file.len() as u64;
        for (name, kind, offset, size) in &headers {
            file.extend(name.to_le_bytes());
            file.extend(kind.to_le_bytes());
            for word in [0, 0, *offset, *size, 0, 0, 0] {
                file.extend(u64::to_le_bytes(word));
            }
        }
        (table, headers.len() as u16)
    }
}

/// The ABI tag note of a file that asks for a Linux kernel.
pub fn abi(major: u32, minor: u32) -> (u32, Vec<u8>) {
    (1, [0, major, minor, 0].iter().flat_map(|word| word.to_le_bytes()).collect())
}

/// A note that marks branch protections: 1 is BTI, 2 PAC.
pub fn protections(bits: u32) -> (u32, Vec<u8>) {
    (5, [0xc000_0000, 4, bits, 0].iter().flat_map(|word: &u32| word.to_le_bytes()).collect())
}

/// Sets the mode of a file. Where set-id bits are forbidden, as in Nix's sandbox, it says so and leaves them out; then the
/// answer is false.
pub fn set_mode(path: &std::path::Path, mode: u32) -> bool {
    use std::os::unix::fs::PermissionsExt;
    let set = |mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode));
    match set(mode) {
        Err(error) if mode & 0o6000 != 0 && error.kind() == std::io::ErrorKind::PermissionDenied => {
            limited("set-id bits are forbidden here");
            set(mode & 0o1777).expect("the file is ours");
            false
        }
        result => {
            result.expect("the file is ours");
            true
        }
    }
}

/// Runs the program. Which day it is does not depend on how these tests were started.
pub fn sarsen(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sarsen"));
    command.env_remove("SOURCE_DATE_EPOCH").args(arguments).output().expect("the program runs")
}

/// The same with a SOURCE_DATE_EPOCH.
pub fn sarsen_at(epoch: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sarsen"));
    command.env("SOURCE_DATE_EPOCH", epoch).args(arguments).output().expect("the program runs")
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("output is UTF-8")
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("diagnostics are UTF-8")
}

/// A folder of one test's own, removed when dropped.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("sarsen-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a temporary folder can be made");
        Self(path)
    }

    /// Writes a file and returns its path as text.
    pub fn file(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).expect("a file can be written");
        path.to_str().expect("the path is UTF-8").to_owned()
    }

    /// Writes a file that only its owner reads, such as a private key, and returns its path as text.
    pub fn private(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.file(name, bytes);
        set_mode(path.as_ref(), 0o600);
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
