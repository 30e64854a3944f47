//! What a C library refuses before it looks at anything else: an old kernel.

use crate::elf::Image;
use crate::loader::{Cause, End, Signal};
use crate::profile::Profile;

const TEXT: &str = "FATAL: kernel too old";

/// glibc up to 2.35 compares the kernel's version with the one it was configured for, which is in the NT_GNU_ABI_TAG
/// notes of its programs and libraries; later ones do not, and neither does musl. The code is in the dynamic `loader`,
/// or in a static `program`.
pub fn refuses_kernel(program: &Image, loader: Option<&Image>, profile: &Profile) -> Option<Cause> {
    // Debian's loaders carry no note of their own.
    let note = loader.and_then(Image::abi_kernel).or_else(|| program.abi_kernel());
    let (wanted, have) = (note?, profile.kernel.numbers()?);
    if wanted <= have || !contains(loader.unwrap_or(program).bytes.all(), TEXT.as_bytes()) {
        return None;
    }
    let (end, source) = if loader.is_some() {
        (
            End::Exit { status: 127, says: TEXT.into() },
            "glibc sysdeps/unix/sysv/linux/dl-sysdep.c (DL_SYSDEP_OSCHECK in _dl_sysdep_start)",
        )
    } else {
        (End::Signal(Signal::SIGABRT), "glibc csu/libc-start.c (DL_SYSDEP_OSCHECK in __libc_start_main)")
    };
    Some(Cause {
        id: "kernel-too-old",
        end,
        source,
        evidence: format!(
            "its glibc asks for Linux {}.{}.{}, the device has {}: it prints {TEXT:?} and ends",
            wanted.0, wanted.1, wanted.2, profile.kernel.version
        ),
        fix: "build against a C library that is configured for the device's kernel, or against musl".into(),
    })
}

fn contains(bytes: &[u8], text: &[u8]) -> bool {
    aho_corasick::AhoCorasick::new([text]).is_ok_and(|finder| finder.is_match(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(file: &[u8]) -> Image<'_> {
        Image::parse(file, "file").unwrap()
    }

    /// Measured: Debian 11's static busybox (glibc 2.31, note 3.7.0) under `qemu-aarch64 -r 3.6.9` says so and aborts,
    /// its ld.so exits with 127; Debian 13's (glibc 2.41, the same note) starts.
    #[test]
    fn only_a_libc_that_looks_refuses() {
        let profile = Profile::parse(
            "name = \"old\"\n[elf]\nmachine = \"aarch64\"\n[kernel]\nversion = \"3.6.9\"\npage-sizes = [4096]",
            "old",
        )
        .unwrap();
        let file = |text: &str, version: u32| {
            let mut file = b"\x7fELF\x02\x01\x01".to_vec();
            file.resize(16, 0);
            file.extend([3u16, 183].map(u16::to_le_bytes).concat());
            file.extend([0; 12]);
            file.extend(64u64.to_le_bytes());
            file.extend([0; 14]);
            file.extend([56u16, 1, 0, 0, 0].map(u16::to_le_bytes).concat());
            file.extend([4u32, 4].map(u32::to_le_bytes).concat());
            file.extend([120u64, 0, 0, 32, 32, 4].map(u64::to_le_bytes).concat());
            let note = [4, 16, 1, u32::from_le_bytes(*b"GNU\0"), 0, 3, version, 0];
            file.extend(note.map(u32::to_le_bytes).concat());
            file.extend(text.as_bytes());
            file
        };
        let (new, old, silent) = (file(TEXT, 7), file(TEXT, 6), file("", 7));
        let end = |program: &[u8], loader: Option<&[u8]>| {
            let loader = loader.map(image);
            refuses_kernel(&image(program), loader.as_ref(), &profile).map(|cause| cause.end)
        };
        assert_eq!(end(&new, None), Some(End::Signal(Signal::SIGABRT)));
        assert_eq!(end(&old, None), None);
        assert_eq!(end(&silent, None), None);
        assert_eq!(end(&silent, Some(&new)), Some(End::Exit { status: 127, says: TEXT.into() }));
        assert_eq!(end(&new, Some(&silent)), None);
    }
}
