//! Makes small programs and libraries with symbols, versions and search paths, for trees of a test's own.

/// A dynamic file to be: by default a library for aarch64 without any needs.
#[derive(Clone)]
pub struct Object {
    pub machine: u16,
    pub interpreter: Option<&'static str>,
    pub soname: Option<&'static str>,
    pub needed: Vec<&'static str>,
    /// (tag, text): 15 DT_RPATH, 29 DT_RUNPATH.
    pub path: Option<(u64, &'static str)>,
    pub flags_1: u64,
    /// Symbols that it defines, each with the number of its version: 1 none, from 2 those of `versions`, then `needs`.
    pub defines: Vec<(&'static str, u16)>,
    /// Symbols that it calls, numbered likewise.
    pub calls: Vec<(&'static str, u16)>,
    pub versions: Vec<&'static str>,
    /// (library, version)
    pub needs: Vec<(&'static str, &'static str)>,
    pub align: u64,
    pub tail: &'static [u8],
}

impl Default for Object {
    fn default() -> Self {
        Self {
            machine: 183,
            interpreter: None,
            soname: None,
            needed: Vec::new(),
            path: None,
            flags_1: 0,
            defines: Vec::new(),
            calls: Vec::new(),
            versions: Vec::new(),
            needs: Vec::new(),
            align: 0x10000,
            tail: b"",
        }
    }
}

/// Texts by which musl's loader is known.
pub const MUSL: &[u8] = b"\0/lib:/usr/local/lib:/usr/lib\0%.*s/etc/ld-musl-aarch64.path\0";
/// Texts by which glibc's loader is known.
pub const GLIBC: &[u8] = b"\0/lib/\0/usr/lib/\0\0/etc/ld.so.cache\0GLIBC_PRIVATE\0";

/// Texts that are put one behind the other, each ended by NUL.
#[derive(Default)]
struct Texts(Vec<u8>);

impl Texts {
    fn put(&mut self, text: &str) -> u64 {
        let at = self.0.len();
        self.0.extend(text.as_bytes());
        self.0.push(0);
        at as u64
    }
}

fn words(words: &[(u64, usize)]) -> Vec<u8> {
    words.iter().flat_map(|(value, size)| value.to_le_bytes()[..*size].to_vec()).collect()
}

/// The hash by which the symbol versions are told apart (gABI, "Hash Table").
fn version_hash(name: &str) -> u64 {
    let hash = name.bytes().fold(0u32, |hash, byte| {
        let hash = (hash << 4).wrapping_add(byte.into());
        (hash ^ ((hash & 0xf000_0000) >> 24)) & 0x0fff_ffff
    });
    hash.into()
}

impl Object {
    /// The default with some changes.
    pub fn with(change: impl FnOnce(&mut Self)) -> Vec<u8> {
        let mut object = Self::default();
        change(&mut object);
        object.bytes()
    }

    /// The file. One segment holds all of it, at its own offsets.
    pub fn bytes(&self) -> Vec<u8> {
        let mut texts = Texts::default();
        texts.put("");
        let mut dynamic: Vec<(u64, u64)> = Vec::new();
        for name in &self.needed {
            dynamic.push((1, texts.put(name)));
        }
        for (tag, text) in self.soname.map(|soname| (14, soname)).into_iter().chain(self.path) {
            dynamic.push((tag, texts.put(text)));
        }
        if self.flags_1 != 0 {
            dynamic.push((0x6fff_fffb, self.flags_1));
        }
        let symbols = self.symbols(&mut texts);
        let count = symbols.len() as u64 / 24;
        let numbers = [(0, 2)].into_iter();
        let all = self.defines.iter().chain(&self.calls).map(|(_, version)| (u64::from(*version), 2));
        let tables = [
            (6, symbols),
            (
                4,
                words(&[(1, 4), (count, 4), (0, 4)]).into_iter().chain(vec![0; 4 * count as usize]).collect(),
            ),
            (0x6fff_fff0, words(&numbers.chain(all).collect::<Vec<_>>())),
            (0x6fff_fffc, self.definitions(&mut texts)),
            (0x6fff_fffe, self.needs(&mut texts)),
            (23, self.relocations()),
        ];
        let mut file = vec![0; 64 + 3 * 56];
        for (tag, table) in tables {
            let size = table.len() as u64;
            match tag {
                _ if size == 0 => continue,
                0x6fff_fffc => dynamic.push((0x6fff_fffd, self.versions.len() as u64 + 1)),
                0x6fff_fffe => dynamic.push((0x6fff_ffff, self.needs.len() as u64)),
                23 => dynamic.extend([(2, size), (20, 7)]),
                _ => {}
            }
            dynamic.push((tag, append(&mut file, &table)));
        }
        dynamic.push((10, texts.0.len() as u64));
        dynamic.push((5, append(&mut file, &texts.0)));
        let interpreter = self.interpreter.map(|path| {
            let path = [path.as_bytes(), b"\0"].concat();
            (append(&mut file, &path), path.len() as u64)
        });
        dynamic.push((0, 0));
        let table: Vec<u8> =
            dynamic.iter().flat_map(|(tag, value)| words(&[(*tag, 8), (*value, 8)])).collect();
        let at = append(&mut file, &table);
        append(&mut file, self.tail);
        let size = file.len() as u64;
        let mut segments = vec![(1, 0, size, self.align), (2, at, table.len() as u64, 8)];
        segments.extend(interpreter.map(|(at, size)| (3, at, size, 1)));
        let mut header = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        header.extend(words(&[(3, 2), (self.machine.into(), 2), (1, 4), (0, 8), (64, 8), (0, 8), (0, 4)]));
        header.extend(words(&[(64, 2), (56, 2), (segments.len() as u64, 2), (64, 2), (0, 2), (0, 2)]));
        for (kind, at, size, align) in segments {
            header.extend(words(&[
                (kind, 4),
                (7, 4),
                (at, 8),
                (at, 8),
                (at, 8),
                (size, 8),
                (size, 8),
                (align, 8),
            ]));
        }
        file[..header.len()].copy_from_slice(&header);
        file
    }

    fn symbols(&self, texts: &mut Texts) -> Vec<u8> {
        let mut table = vec![0; 24];
        let defined = self.defines.iter().map(|(name, _)| (name, 1, 0x1000));
        for (name, section, value) in defined.chain(self.calls.iter().map(|(name, _)| (name, 0, 0))) {
            table.extend(words(&[(texts.put(name), 4), (0x12, 1), (0, 1), (section, 2), (value, 8), (0, 8)]));
        }
        table
    }

    /// R_AARCH64_JUMP_SLOT or R_X86_64_JUMP_SLOT of each symbol that is called.
    fn relocations(&self) -> Vec<u8> {
        let kind = if self.machine == 62 { 7 } else { 1026 };
        let first = self.defines.len() as u64 + 1;
        let symbols = first..first + self.calls.len() as u64;
        symbols.flat_map(|symbol| words(&[(0, 8), (symbol << 32 | kind, 8), (0, 8)])).collect()
    }

    fn definitions(&self, texts: &mut Texts) -> Vec<u8> {
        if self.versions.is_empty() {
            return Vec::new();
        }
        let mut table = Vec::new();
        let names = std::iter::once(self.soname.unwrap_or("base")).chain(self.versions.iter().copied());
        for (index, name) in names.enumerate() {
            let next = if index == self.versions.len() { 0 } else { 28 };
            let flags = u64::from(index == 0);
            table.extend(words(&[(1, 2), (flags, 2), (index as u64 + 1, 2), (1, 2)]));
            table.extend(words(&[(version_hash(name), 4), (20, 4), (next, 4), (texts.put(name), 4), (0, 4)]));
        }
        table
    }

    fn needs(&self, texts: &mut Texts) -> Vec<u8> {
        let mut table = Vec::new();
        for (index, (library, version)) in self.needs.iter().enumerate() {
            let next = if index + 1 == self.needs.len() { 0 } else { 32 };
            let number = (self.versions.len() + index + 2) as u64;
            table.extend(words(&[(1, 2), (1, 2), (texts.put(library), 4), (16, 4), (next, 4)]));
            table.extend(words(&[
                (version_hash(version), 4),
                (0, 2),
                (number, 2),
                (texts.put(version), 4),
                (0, 4),
            ]));
        }
        table
    }
}

fn append(file: &mut Vec<u8>, table: &[u8]) -> u64 {
    file.resize(file.len().next_multiple_of(8), 0);
    let at = file.len() as u64;
    file.extend(table);
    at
}
