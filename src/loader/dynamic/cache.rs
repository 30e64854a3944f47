//! glibc's /etc/ld.so.cache (elf/cache.c writes it, elf/dl-cache.c reads it): libraries by name, found by ldconfig.

use std::collections::HashMap;

use crate::elf::Bytes;

/// The libraries of a cache in the format of glibc 2.2 and later, alone or behind the older one.
#[derive(Debug, Default)]
pub(super) struct Cache {
    entries: HashMap<Box<str>, Vec<Entry>>,
}

#[derive(Debug)]
struct Entry {
    flags: u32,
    path: Box<str>,
    demand: Demand,
}

/// What an entry asks of the processor.
#[derive(Debug)]
enum Demand {
    Nothing,
    /// A subfolder of glibc-hwcaps.
    Subfolder(Box<str>),
    /// Capabilities as loaders before 2.33 named them, which are not modelled: such entries are passed over.
    Legacy,
}

const OLD: &[u8] = b"ld.so-1.7.0";
const NEW: &[u8] = b"glibc-ld.so.cache1.1";
const HEADER: u64 = 48;
const ENTRY: u64 = 24;
const EXTENSION_MAGIC: u32 = 0xeaa4_2174;
const TAG_HWCAPS: u32 = 1;
/// DL_CACHE_HWCAP_EXTENSION in the upper half; the lower half is a number in the list of subfolders, and the bits in
/// between are the x86-64 level that the library was marked for.
const EXTENSION: u64 = 1 << 62;
const LEVEL: u64 = 0x3ff << 32;

impl Cache {
    /// The cache in a file's bytes; none if it is damaged or of another byte order, as the loader ignores it then.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let bytes = Bytes::new(bytes);
        let base = if bytes.slice(0, NEW.len() as u64)? == NEW {
            0
        } else {
            // ld.so-1.7.0: the number of entries of 12 bytes each, then the new format, aligned for its 64-bit words.
            if bytes.slice(0, OLD.len() as u64)? != OLD {
                return None;
            }
            let end = 16 + u64::from(bytes.u32(12)?) * 12;
            end.next_multiple_of(8)
        };
        let bytes = Bytes::new(bytes.slice(base, bytes.len().checked_sub(base)?)?);
        if bytes.slice(0, NEW.len() as u64)? != NEW {
            return None;
        }
        let count = u64::from(bytes.u32(20)?);
        // 0: written before byte orders were noted; 2: little-endian (elf/dl-cache.h, cache_file_new_matches_endian).
        if !matches!(bytes.array::<1>(28)?[0] & 3, 0 | 2) || bytes.len().checked_sub(HEADER)? / ENTRY < count
        {
            return None;
        }
        let subfolders = subfolders(bytes).unwrap_or_default();
        let mut cache = Self::default();
        for at in (0..count).map(|index| HEADER + index * ENTRY) {
            let Some((name, entry)) = entry(bytes, at, &subfolders) else { continue };
            cache.entries.entry(name).or_default().push(entry);
        }
        Some(cache)
    }

    /// The path that the loader of a machine takes for `name`. Of several, the first of the best subfolder in `hwcaps`,
    /// which names them best first, or the first that asks for nothing.
    pub fn find(&self, name: &str, machine: u16, hwcaps: &[String]) -> Option<&str> {
        let fits = |entry: &&Entry| entry.flags == flags(machine);
        let entries = || self.entries.get(name).into_iter().flatten().filter(fits);
        let best = hwcaps.iter().find_map(|wanted| {
            entries().find(|e| matches!(&e.demand, Demand::Subfolder(have) if **have == **wanted))
        });
        let plain = || entries().find(|entry| matches!(entry.demand, Demand::Nothing));
        best.or_else(plain).map(|entry| entry.path.as_ref())
    }
}

fn entry(bytes: Bytes, at: u64, subfolders: &[Box<str>]) -> Option<(Box<str>, Entry)> {
    let text = |at: u64| Some(bytes.c_string(u64::from(bytes.u32(at)?))?.as_ref().into());
    let hwcap = bytes.u64(at + 16)?;
    let demand = if hwcap == 0 {
        Demand::Nothing
    } else if hwcap & !LEVEL & !0xffff_ffff == EXTENSION {
        Demand::Subfolder(subfolders.get(hwcap as u32 as usize)?.clone())
    } else {
        Demand::Legacy
    };
    Some((text(at + 4)?, Entry { flags: bytes.u32(at)?, path: text(at + 8)?, demand }))
}

fn subfolders(bytes: Bytes) -> Option<Vec<Box<str>>> {
    let extension = u64::from(bytes.u32(32)?);
    if extension == 0 || bytes.u32(extension)? != EXTENSION_MAGIC {
        return None;
    }
    let count = u64::from(bytes.u32(extension + 4)?).min(64);
    let sections = (0..count).map(|index| extension + 8 + index * 16);
    let section = sections.into_iter().find(|at| bytes.u32(*at) == Some(TAG_HWCAPS))?;
    let table = bytes.slice(u64::from(bytes.u32(section + 8)?), u64::from(bytes.u32(section + 12)?))?;
    let offsets = table.chunks_exact(4).filter_map(|b| Some(u32::from_le_bytes(b.try_into().ok()?)));
    Some(offsets.map(|at| bytes.c_string(u64::from(at)).unwrap_or_default().as_ref().into()).collect())
}

/// FLAG_ELF_LIBC6 with the machine's own bits (sysdeps/unix/sysv/linux/…/dl-cache.h, _DL_CACHE_DEFAULT_ID).
fn flags(machine: u16) -> u32 {
    match machine {
        62 => 0x0303,
        183 => 0x0a03,
        243 => 0x1003,
        _ => 0x0003,
    }
}

#[cfg(test)]
mod tests {
    use super::Cache;

    /// (flags, name, path, hwcap)
    fn cache(entries: &[(u32, &str, &str, u64)], subfolder: &str) -> Vec<u8> {
        let mut strings = Vec::new();
        let start = 48 + 24 * entries.len();
        let mut text = |text: &str| {
            strings.extend(text.as_bytes());
            strings.push(0);
            (start + strings.len() - text.len() - 1) as u32
        };
        let mut body = Vec::new();
        for (flags, name, path, hwcap) in entries {
            for word in [*flags, text(name), text(path), 0] {
                body.extend(word.to_le_bytes());
            }
            body.extend(hwcap.to_le_bytes());
        }
        let named = text(subfolder);
        strings.resize(strings.len().next_multiple_of(4), 0);
        let extension = (start + strings.len()) as u32;
        let mut file = b"glibc-ld.so.cache1.1".to_vec();
        for word in [entries.len() as u32, strings.len() as u32, 2, extension, 0, 0, 0] {
            file.extend(word.to_le_bytes());
        }
        file.extend(body);
        file.extend(strings);
        for word in [0xeaa4_2174, 1, 1, 0, extension + 24, 4, named] {
            file.extend(word.to_le_bytes());
        }
        file
    }

    #[test]
    fn the_entry_of_the_machine_and_processor_is_taken() {
        let hwcap = 1 << 62 | 3 << 32;
        let entries = [
            (0x0303, "libm.so.6", "/v3/libm.so.6", hwcap),
            (0x0303, "libm.so.6", "/old/libm.so.6", 1 << 5),
            (0x0803, "libm.so.6", "/x32/libm.so.6", 0),
            (0x0303, "libm.so.6", "/lib/libm.so.6", 0),
            (0x0a03, "libm.so.6", "/arm/libm.so.6", 0),
        ];
        let file = cache(&entries, "x86-64-v3");
        let read = Cache::read(&file).unwrap();
        let v3 = ["x86-64-v3".to_owned()];
        assert_eq!(read.find("libm.so.6", 62, &v3), Some("/v3/libm.so.6"));
        assert_eq!(read.find("libm.so.6", 62, &[]), Some("/lib/libm.so.6"));
        assert_eq!(read.find("libm.so.6", 183, &v3), Some("/arm/libm.so.6"));
        assert_eq!(read.find("libc.so.6", 62, &[]), None);
        // Behind the older format, whose one entry is not looked at.
        let mut both = b"ld.so-1.7.0\0\x01\0\0\0            \0\0\0\0".to_vec();
        both.extend(&file);
        assert_eq!(Cache::read(&both).unwrap().find("libm.so.6", 62, &[]), Some("/lib/libm.so.6"));
    }

    #[test]
    fn a_damaged_cache_is_none() {
        let file = cache(&[(0x0303, "a", "/a", 0)], "x");
        for size in 0..file.len() {
            let _ = Cache::read(&file[..size]);
        }
        assert!(Cache::read(&file[..60]).is_none());
        let mut big_endian = file.clone();
        big_endian[28] = 3;
        assert!(Cache::read(&big_endian).is_none());
        let mut many = file;
        many[20..24].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(Cache::read(&many).is_none());
    }
}
