//! What Go's linker writes into every program about its build: the compiler, the modules and the build settings.
//!
//! The format is that of Go's debug/buildinfo: 32 bytes that start with a magic text, and behind them two strings with
//! their lengths as varints; before Go 1.18, addresses of two string headers instead. The second string is the module
//! information, lines of words separated by tabs, between two sentinels of 16 bytes each.

use super::{Bytes, Image};

/// The build of a Go program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GoBuild {
    /// The compiler, such as `go1.24.3`; empty if the file does not hold it.
    pub version: String,
    /// The package path of the program; empty if it was built without modules.
    pub path: String,
    /// The modules that it depends on, as path and version.
    pub dependencies: Vec<(String, String)>,
    /// The settings, such as `CGO_ENABLED` and `-trimpath`; none before Go 1.18.
    pub settings: Vec<(String, String)>,
}

const MAGIC: &[u8; 14] = b"\xff Go buildinf:";
const HEADER: u64 = 32;
const SENTINEL: usize = 16;
/// Bit 0: big-endian; bit 1: the strings are behind the header.
const BIG_ENDIAN: u8 = 1;
const INLINE: u8 = 2;

impl Image<'_> {
    /// The build that the file tells of, if Go's linker made it.
    pub fn go_build(&self) -> Option<GoBuild> {
        let at = self.go_section().or_else(|| self.go_in_data())?;
        GoBuild::read(self.bytes, at, |address| self.offset_of(address))
    }

    /// Go's linker made it: it tells of its build, or has the section of Go's function table.
    pub fn is_go(&self) -> bool {
        self.sections.iter().any(|s| s.name == ".gopclntab") || self.go_build().is_some()
    }

    fn go_section(&self) -> Option<u64> {
        let section = self.sections.iter().find(|s| s.name == ".go.buildinfo")?;
        self.bytes.slice(section.offset, 14).filter(|magic| magic == MAGIC).map(|_| section.offset)
    }

    /// Without section headers: Go aligns the magic to 16 bytes, in memory that may be written.
    fn go_in_data(&self) -> Option<u64> {
        self.loaded().filter(|(segment, _)| segment.is_writable()).find_map(|(segment, bytes)| {
            let skipped = segment.offset.checked_next_multiple_of(16)? - segment.offset;
            let data = bytes.get(usize::try_from(skipped).ok()?..)?;
            let found = data.chunks_exact(16).position(|chunk| chunk.starts_with(MAGIC))?;
            Some(segment.offset + skipped + 16 * found as u64)
        })
    }
}

impl GoBuild {
    /// Reads the build whose magic is at the offset `at` of a 64-bit file; `offset_of` finds addresses in the file. None
    /// if no magic is there.
    pub fn read(bytes: Bytes, at: u64, offset_of: impl Fn(u64) -> Option<u64>) -> Option<Self> {
        let [magic @ .., _, flags] = bytes.array::<16>(at)?;
        if &magic != MAGIC {
            return None;
        }
        let (version, modules) = if flags & INLINE != 0 {
            let mut next = at.checked_add(HEADER)?;
            let mut string = || {
                let (size, behind) = varint(bytes, next)?;
                next = behind.checked_add(size)?;
                bytes.slice(behind, size)
            };
            (string(), string())
        } else if flags & BIG_ENDIAN != 0 {
            (None, None)
        } else {
            let string = |pointer: u64| {
                let header = offset_of(bytes.u64(pointer)?)?;
                bytes.slice(offset_of(bytes.u64(header)?)?, bytes.u64(header.checked_add(8)?)?)
            };
            (string(at + 16), string(at + 24))
        };
        let mut build = Self { version: text(version.unwrap_or_default()), ..Self::default() };
        build.read_modules(&text(without_sentinels(modules.unwrap_or_default())));
        Some(build)
    }

    /// The value of a setting.
    pub fn setting(&self, key: &str) -> Option<&str> {
        self.settings.iter().find(|(k, _)| k == key).map(|(_, value)| value.as_str())
    }

    fn read_modules(&mut self, text: &str) {
        for line in text.lines() {
            let mut words = line.split('\t');
            match (words.next(), words.next()) {
                (Some("path"), Some(path)) => path.clone_into(&mut self.path),
                (Some("dep"), Some(path)) => {
                    self.dependencies.push((path.into(), words.next().unwrap_or_default().into()));
                }
                // What the module before it was replaced by.
                (Some("=>"), Some(path)) => {
                    if let Some(last) = self.dependencies.last_mut() {
                        *last = (path.into(), words.next().unwrap_or_default().into());
                    }
                }
                (Some("build"), Some(setting)) => {
                    let (key, value) = setting.split_once('=').unwrap_or((setting, ""));
                    self.settings.push((key.into(), value.trim_matches(['"', '`']).into()));
                }
                _ => {}
            }
        }
    }
}

/// The unsigned varint at `at` (7 bits a byte, the lowest first) and the offset behind it.
fn varint(bytes: Bytes, at: u64) -> Option<(u64, u64)> {
    let mut value = 0u64;
    for index in 0..9 {
        let [byte] = bytes.array::<1>(at.checked_add(index)?)?;
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte < 0x80 {
            return Some((value, at + index + 1));
        }
    }
    None
}

fn without_sentinels(modules: &[u8]) -> &[u8] {
    let inner = modules.len().checked_sub(SENTINEL).and_then(|end| modules.get(SENTINEL..end));
    inner.filter(|inner| inner.ends_with(b"\n")).unwrap_or_default()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{Bytes, GoBuild};

    const MODULES: &str = "0123456789abcdefpath\texample.test/a\nmod\texample.test/a\t(devel)\t\n\
        dep\texample.test/b\tv1.2.3\th1:x=\n=>\t./b\t\ndep\texample.test/c\tv0.1.0\th1:y=\n\
        build\t-ldflags=\"-s -w\"\nbuild\tCGO_ENABLED=0\nfedcba9876543210";

    fn inline() -> Vec<u8> {
        let mut bytes = b"\xff Go buildinf:\x08\x02".to_vec();
        bytes.resize(32, 0);
        bytes.push(8);
        bytes.extend(b"go1.24.3");
        bytes.extend([MODULES.len() as u8 | 0x80, (MODULES.len() >> 7) as u8]);
        bytes.extend(MODULES.bytes());
        bytes
    }

    /// The form before Go 1.18; addresses are offsets plus 0x1000.
    fn by_address() -> Vec<u8> {
        let mut bytes = b"\xff Go buildinf:\x08\x00".to_vec();
        for word in [0x1020u64, 0x1030, 0x1040, 8, 0x1048, MODULES.len() as u64] {
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend(b"go1.17.1");
        bytes.extend(MODULES.bytes());
        bytes
    }

    fn read(bytes: &[u8]) -> Option<GoBuild> {
        GoBuild::read(Bytes::new(bytes), 0, |address| address.checked_sub(0x1000))
    }

    #[test]
    fn both_forms_are_read() {
        for (bytes, version) in [(inline(), "go1.24.3"), (by_address(), "go1.17.1")] {
            let build = read(&bytes).unwrap();
            assert_eq!((build.version.as_str(), build.path.as_str()), (version, "example.test/a"));
            let names: Vec<_> = build.dependencies.iter().map(|(path, _)| path.as_str()).collect();
            assert_eq!(names, ["./b", "example.test/c"]);
            assert_eq!(build.setting("CGO_ENABLED"), Some("0"));
            assert_eq!(build.setting("-ldflags"), Some("-s -w"));
            assert_eq!(build.setting("-trimpath"), None);
        }
    }

    #[test]
    fn damage_is_no_panic_and_no_other_file_is_go() {
        assert_eq!(read(b"\xff Go buildinf;\x08\x02"), None);
        for whole in [inline(), by_address()] {
            for end in 0..whole.len() {
                let _ = read(&whole[..end]);
            }
            for at in 14..whole.len().min(80) {
                for value in [0, 1, 0x7f, 0x80, 0xff] {
                    let mut changed = whole.clone();
                    changed[at] = value;
                    let _ = read(&changed);
                }
            }
        }
        // A length that no 64-bit number holds.
        let mut endless = inline();
        endless[32..48].fill(0xff);
        assert_eq!(read(&endless).unwrap().version, "");
    }
}
