//! `no-foreign-libc`: the file is built on a C library that the device's profile names.

use super::{Reads, Rule, Subject, Verdict, find_bytes};
use crate::profile::Libc;

/// The rule.
pub const RULE: Rule = Rule {
    id: "no-foreign-libc",
    summary: "the file is built on a C library that the device's profile names",
    what: "Text that a C library leaves in a file: glibc's release banner, tunables and symbol versions, musl's \
          loader path.",
    why: "glibc linked statically still wants its shared libraries, locales and NSS modules at run time, and \
          checks the kernel at start. It also slips into musl builds unnoticed through a wrong compiler.",
    fix: "Build with a musl toolchain throughout; see which object brought the other library in with the \
          linker's -Map.",
    source: "glibc csu/version.c; musl src/errno and src/internal/version.h",
    reads: Reads::Header,
    check,
};

/// Texts that only the respective library leaves in a file, each as its tail and its head: a judge that held them whole
/// would find them in itself.
const MARKS: [(Libc, &str, &str); 4] = [
    (Libc::Glibc, "rary (", "GNU C Lib"),
    (Libc::Glibc, "C_2.", "\0GLIB"),
    (Libc::Glibc, "lloc.tcache_count", "glibc.ma"),
    (Libc::Musl, "usl-", "ld-m"),
];

fn check(subject: &Subject) -> Verdict {
    let allowed = &subject.profile.elf.libc;
    let bytes = subject.image.bytes.all();
    let found = MARKS
        .iter()
        .map(|(libc, tail, head)| (*libc, [*head, *tail].concat()))
        .filter(|(_, mark)| find_bytes(bytes, mark.as_bytes()).is_some());
    let (mut ours, mut foreign) = (None, None);
    for (libc, mark) in found {
        let place = if allowed.contains(&libc) { &mut ours } else { &mut foreign };
        place.get_or_insert((libc, mark.trim_start_matches('\0').to_owned()));
    }
    match (foreign, ours) {
        (Some((libc, mark)), _) => Verdict::fail(
            format!("it holds the text \"{mark}\", which is {}'s", libc.name()),
            "a second C library, which wants files and kernel features that the device may lack",
            "build every object with the toolchain of the device's C library",
        ),
        (None, Some((libc, mark))) => {
            Verdict::pass(format!("it holds the text \"{mark}\", which is {}'s", libc.name()))
        }
        (None, None) => Verdict::pass("no trace of another C library"),
    }
}
