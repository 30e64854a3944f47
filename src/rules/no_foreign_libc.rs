//! `no-foreign-libc`: the file is built on a C library that the device's profile names.

use super::{Check, Rule, Severity, Subject, Texts, Verdict};
use crate::profile::Libc;
use crate::texts::{Hidden, hidden};

/// The rule.
pub const RULE: Rule = Rule {
    id: "no-foreign-libc",
    summary: "the file is built on a C library that the device's profile names",
    what: "Text that a C library leaves in a file: glibc's release banner, tunables and symbol versions, musl's \
          loader path, bionic's loader path and property area.",
    why: "glibc linked statically still wants its shared libraries, locales and NSS modules at run time, and \
          checks the kernel at start. It also slips into musl builds unnoticed through a wrong compiler.",
    fix: "Build with a musl toolchain throughout; see which object brought the other library in with the \
          linker's -Map.",
    source: "glibc csu/version.c; musl configure, LDSO_PATHNAME; bionic libc/system_properties",
    severity: Severity::Deny,
    check: Check::Texts(Texts {
        wanted: |_| MARKS.iter().map(|(_, mark)| mark.reveal()).collect(),
        counts: |_| true,
        check,
    }),
};

/// Texts that only the respective library leaves in a file.
const MARKS: [(Libc, Hidden); 6] = [
    (Libc::Glibc, hidden!("GNU C Library (")),
    (Libc::Glibc, hidden!("\0GLIBC_2.")),
    (Libc::Glibc, hidden!("glibc.malloc.tcache_count")),
    (Libc::Musl, hidden!("ld-musl-")),
    (Libc::Bionic, hidden!("/system/bin/linker64\0")),
    (Libc::Bionic, hidden!("/dev/__properties__")),
];

fn check(subject: &Subject) -> Verdict {
    let allowed = &subject.profile.elf.libc;
    if allowed.is_empty() {
        return Verdict::not_applicable("the profile accepts any C library");
    }
    let (mut ours, mut foreign) = (None, None);
    for found in subject.texts(RULE.id) {
        let Some((libc, _)) = MARKS.iter().find(|(_, mark)| mark.is(found.text.as_bytes())) else { continue };
        let place = if allowed.contains(libc) { &mut ours } else { &mut foreign };
        place.get_or_insert((*libc, found.text.trim_matches('\0')));
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
