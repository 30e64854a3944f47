//! `kernel-version`: the file's C library accepts the device's kernel.

use super::{Check, Rule, Severity, Subject, Verdict};

/// The rule.
pub const RULE: Rule = Rule {
    id: "kernel-version",
    summary: "the file's C library accepts the device's kernel",
    what: "The NT_GNU_ABI_TAG note, if there is one, names a kernel no newer than the profile's.",
    why: "glibc compares the running kernel with the note and ends the program with \"FATAL: kernel too old\". \
          musl has no such note.",
    fix: "Build against a C library that was configured for the device's kernel.",
    source: "Linux Standard Base, \"NT_GNU_ABI_TAG\"; glibc sysdeps/unix/sysv/linux/dl-sysdep.h",
    severity: Severity::Deny,
    check: Check::Segments(check),
};

fn check(subject: &Subject) -> Verdict {
    let (Some(wanted), Some(have)) = (subject.image.abi_kernel(), subject.profile.kernel.numbers()) else {
        return Verdict::not_applicable(
            "no NT_GNU_ABI_TAG note: nothing in the file asks for a kernel version",
        );
    };
    let seen = format!("the file asks for Linux {}.{}.{}", wanted.0, wanted.1, wanted.2);
    if wanted <= have {
        Verdict::pass(seen)
    } else {
        Verdict::fail(
            format!("{seen}, the device has {}", subject.profile.kernel.version),
            "\"FATAL: kernel too old\" at start",
            "build against a C library configured for that kernel",
        )
    }
}
