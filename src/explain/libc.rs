//! What a C library refuses before it looks at anything else: an old kernel.

use crate::elf::Image;
use crate::loader::{Cause, End, Signal};
use crate::profile::Profile;

const TEXT: &str = "FATAL: kernel too old";

/// glibc up to 2.35 compares the kernel's version with the one it was configured for, which is in the NT_GNU_ABI_TAG
/// note too; later ones do not, and neither does musl. `image` has that code: the dynamic loader, or the static program.
pub fn refuses_kernel(image: &Image, is_loader: bool, profile: &Profile) -> Option<Cause> {
    let (wanted, have) = (image.abi_kernel()?, profile.kernel.numbers()?);
    if wanted <= have || !contains(image.bytes.all(), TEXT.as_bytes()) {
        return None;
    }
    let (end, source) = if is_loader {
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
