//! `no-foreign-libc`: the file is built on a C library that the device's profile names.

use super::{Rule, Subject, Verdict, find_bytes};
use crate::profile::Libc;
pub const RULE: Rule = Rule {
    id: "no-foreign-libc",
    summary: "the file is built on a C library that the device's profile names",
    what: "Text that a statically linked C library leaves in the file: glibc's release banner and its GLIBC_2 \
          version names, musl's loader and message texts. Without a trace of either the file counts as free \
          of a C library.",
    why: "glibc linked statically still wants its shared libraries, locales and NSS modules at run time, and \
          checks the kernel at start. It also slips into musl builds unnoticed through a wrong compiler.",
    fix: "Build with a musl toolchain throughout; see which object brought the other library in with the \
          linker's -Map.",
    source: "glibc csu/version.c; musl src/errno and src/internal/version.h",
    check,
};

/// Texts that only the respective library contains, once it is linked in.
const MARKS: [(Libc, &str, &[u8]); 4] = [
    (Libc::Glibc, "GNU C Library", b"GNU C Library"),
    (Libc::Glibc, "GLIBC_2.", b"\0GLIBC_2."),
    (Libc::Glibc, "FATAL: kernel too old", b"FATAL: kernel too old"),
    (Libc::Musl, "ld-musl-", b"ld-musl-"),
];

fn check(subject: &Subject) -> Verdict {
    let allowed = &subject.profile.elf.libc;
    let bytes = subject.image.bytes.all();
    let found = MARKS.iter().find(|(_, _, mark)| find_bytes(bytes, mark).is_some());
    match found {
        None if allowed.contains(&Libc::None) || allowed.contains(&Libc::Musl) => {
            Verdict::pass("no trace of glibc")
        }
        None => Verdict::not_applicable("no trace of any C library"),
        Some((libc, name, _)) if allowed.contains(libc) => {
            Verdict::pass(format!("it holds the text \"{name}\""))
        }
        Some((libc, name, _)) => Verdict::fail(
            format!("it holds the text \"{name}\", which is {}'s", libc.name()),
            "a second C library, which wants files and kernel features that the device may lack",
            "build every object with the musl toolchain",
        ),
    }
}
