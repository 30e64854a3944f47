//! `no-foreign-libc`: the file is built on a C library that the device's profile names.

use super::{Check, Rule, Severity, Subject, Texts, Verdict};
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
    severity: Severity::Deny,
    check: Check::Texts(Texts {
        wanted: |_| MARKS.iter().map(|(_, tail, head)| [*head, *tail].concat()).collect(),
        counts: |_| true,
        check,
    }),
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
    if allowed.is_empty() {
        return Verdict::not_applicable("the profile accepts any C library");
    }
    let (mut ours, mut foreign) = (None, None);
    for found in subject.texts(RULE.id) {
        let whose = MARKS.iter().find(|(_, tail, head)| [*head, *tail].concat() == found.text);
        let Some((libc, ..)) = whose else { continue };
        let place = if allowed.contains(libc) { &mut ours } else { &mut foreign };
        place.get_or_insert((*libc, found.text.trim_start_matches('\0')));
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
