//! What a loader was built for, read from its own bytes: distributions change search paths when they compile it.

use crate::elf::machine_name;

/// A dynamic loader.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Loader {
    Musl(Musl),
    Glibc(Glibc),
}

/// What musl's loader was compiled with.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Musl {
    /// The name of the file in /etc that replaces the default folders: `ld-musl-aarch64.path`.
    pub path_file: String,
    /// The default folders.
    pub folders: String,
}

/// What glibc's loader was compiled with.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Glibc {
    /// The default folders, each with a final `/`.
    pub folders: Vec<String>,
    /// The path of the cache of libraries.
    pub cache: String,
    /// What `$PLATFORM` stands for.
    pub platform: String,
    /// It searches `glibc-hwcaps` (since 2.33).
    pub has_hwcaps: bool,
    /// It refuses packed relative relocations without the version that announces them (since 2.36).
    pub checks_relr: bool,
}

impl Loader {
    /// The loader whose file has these bytes, by texts that only it has; none: neither of the two.
    pub fn read(bytes: &[u8], machine: u16) -> Option<Self> {
        if let Some(path) = text_around(bytes, b"/etc/ld-musl-") {
            let path_file = path.rsplit('/').next().unwrap_or_default().to_owned();
            let folders = text_around(bytes, b":/usr/local/lib:");
            let folders = folders.unwrap_or_else(|| "/lib:/usr/local/lib:/usr/lib".into());
            return Some(Self::Musl(Musl { path_file, folders }));
        }
        // uClibc's loader reads a cache of that name too, but has no such symbol version.
        let cache = text_around(bytes, b"/ld.so.cache")?;
        text_around(bytes, b"GLIBC_PRIVATE")?;
        Some(Self::Glibc(Glibc {
            folders: folders(bytes),
            cache,
            platform: machine_name(machine),
            has_hwcaps: text_around(bytes, b"glibc-hwcaps").is_some(),
            checks_relr: text_around(bytes, b"DT_RELR without GLIBC_ABI_DT_RELR").is_some(),
        }))
    }
}

impl Glibc {
    /// What `$LIB` stands for: the last part of slibdir, which is the first default folder too (elf/Makefile,
    /// trusted-dirs.st), such as `lib64`. Debian, whose folders have the machine for a last part, takes all of it:
    /// `lib/aarch64-linux-gnu`.
    pub fn lib(&self) -> &str {
        let folder = self.folders.first().map_or("lib", |folder| folder.trim_matches('/'));
        if folder.contains("-linux-gnu") { folder } else { folder.rsplit('/').next().unwrap_or(folder) }
    }
}

/// The whole text, from NUL to NUL, that has `part` in it.
fn text_around(bytes: &[u8], part: &[u8]) -> Option<String> {
    let at = memchr::memmem::find(bytes, part)?;
    let start = bytes[..at].iter().rposition(|&b| b == 0).map_or(0, |nul| nul + 1);
    let end = at + bytes[at..].iter().position(|&b| b == 0)?;
    (end - start < 4096).then(|| String::from_utf8_lossy(&bytes[start..end]).into_owned())
}

/// glibc's system_dirs: texts that begin and end with `/`, one right behind the other. The longest row of them is it.
fn folders(bytes: &[u8]) -> Vec<String> {
    let (mut best, mut row) = (Vec::new(), Vec::new());
    for text in bytes.split(|&b| b == 0) {
        match text {
            [b'/', .., b'/'] if text.iter().all(u8::is_ascii_graphic) && text.len() < 4096 => row.push(text),
            _ => {
                if row.len() > best.len() {
                    best.clone_from(&row);
                }
                row.clear();
            }
        }
    }
    let best = best.into_iter().map(|text| String::from_utf8_lossy(text).into_owned());
    best.collect()
}

#[cfg(test)]
mod tests {
    use super::{Glibc, Loader, Musl};

    #[test]
    fn a_loader_is_known_by_its_own_texts() {
        let musl = b"\0musl libc\0/opt/lib:/usr/local/lib:/usr/lib\0%.*s/etc/ld-musl-aarch64.path\0";
        assert_eq!(
            Loader::read(musl, 183),
            Some(Loader::Musl(Musl {
                path_file: "ld-musl-aarch64.path".into(),
                folders: "/opt/lib:/usr/local/lib:/usr/lib".into()
            }))
        );
        let glibc =
            b"\0/x/\0\0/lib/aarch64-linux-gnu/\0/lib/\0\0GLIBC_PRIVATE\0/nix/glibc/etc/ld.so.cache\0/\0";
        assert_eq!(
            Loader::read(glibc, 183),
            Some(Loader::Glibc(Glibc {
                folders: vec!["/lib/aarch64-linux-gnu/".into(), "/lib/".into()],
                cache: "/nix/glibc/etc/ld.so.cache".into(),
                platform: "aarch64".into(),
                has_hwcaps: false,
                checks_relr: false,
            }))
        );
        for (folder, lib) in [
            ("/lib/aarch64-linux-gnu/", "lib/aarch64-linux-gnu"),
            ("/lib64/", "lib64"),
            ("/usr/lib/", "lib"),
            ("/nix/store/x-glibc/lib/", "lib"),
        ] {
            let text = format!("\0{folder}\0/usr/x/\0\0GLIBC_PRIVATE\0/etc/ld.so.cache\0");
            let Some(Loader::Glibc(glibc)) = Loader::read(text.as_bytes(), 183) else { panic!("{text:?}") };
            assert_eq!(glibc.lib(), lib);
        }
        for other in [&b"\0/system/bin/linker64\0"[..], b"\0/etc/ld.so.cache\0uClibc\0", b""] {
            assert_eq!(Loader::read(other, 183), None);
        }
    }
}
