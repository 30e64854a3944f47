//! `fortify`: calls of functions that write to buffers go through their checking variants.

use super::origin::{dynamic_libc, is_static};
use super::{Check, Rule, Severity, Subject, Verdict};
use crate::profile::Libc;

/// The rule.
pub const RULE: Rule = Rule {
    id: "fortify",
    summary: "calls of functions that write to buffers go through their checking variants",
    what: "A dynamic file for glibc or bionic imports functions such as `__memcpy_chk`, which _FORTIFY_SOURCE puts in \
           the place of memcpy. Where it imports none, but printf and its relatives, whose every call glibc's \
           headers redirect, it was compiled without. Calls that the compiler has proved safe leave no trace, and \
           musl has no such functions, so there the rule cannot be asked; nor of static files, nor of code by rustc \
           or Go.",
    why: "A copy that is longer than its buffer ends the process instead of overwriting what lies behind, and a \
          format string that came from outside cannot write to memory.",
    fix: "Compile with -O2 -D_FORTIFY_SOURCE=2, or 3 with GCC from 12 and clang from 9.",
    source: "feature_test_macros(7), _FORTIFY_SOURCE; glibc libio/bits/stdio2.h",
    severity: Severity::Warn,
    check: Check::Segments(check),
};

/// Functions whose every call glibc's headers redirect where _FORTIFY_SOURCE is 2.
const REDIRECTED: [&str; 12] = [
    "printf",
    "fprintf",
    "vprintf",
    "vfprintf",
    "sprintf",
    "vsprintf",
    "snprintf",
    "vsnprintf",
    "dprintf",
    "vdprintf",
    "asprintf",
    "vasprintf",
];

fn check(subject: &Subject) -> Verdict {
    let image = subject.image;
    if is_static(image) {
        return Verdict::not_applicable("static: whether calls are checked cannot be told");
    }
    let libc = dynamic_libc(image);
    if libc == Some(Libc::Musl) {
        return Verdict::not_applicable(
            "musl has no checking variants; those of fortify-headers leave no trace",
        );
    }
    let symbols = image.dynamic_symbols();
    if symbols.iter().any(|symbol| symbol.is_defined && is_checked(&symbol.name)) {
        return Verdict::not_applicable("it is a library that defines checking variants");
    }
    let imports = || symbols.iter().filter(|symbol| !symbol.is_defined).map(|symbol| &*symbol.name);
    let checked: Vec<&str> = imports().filter(|name| is_checked(name)).collect();
    let plain: Vec<&str> = imports().filter(|name| REDIRECTED.contains(name)).collect();
    match (checked.as_slice(), plain.as_slice()) {
        ([first, ..], []) => Verdict::pass(format!(
            "it imports {} checking variants, such as {first}; that every call is checked cannot be told",
            checked.len()
        )),
        ([first, ..], [unchecked, ..]) if libc == Some(Libc::Glibc) => Verdict::pass(format!(
            "it imports {} checking variants, such as {first}, but also {unchecked}: a part was compiled without",
            checked.len()
        )),
        ([first, ..], _) => {
            Verdict::pass(format!("it imports {} checking variants, such as {first}", checked.len()))
        }
        ([], [first, ..]) if libc == Some(Libc::Glibc) => Verdict::fail(
            format!("it imports {first} and no checking variant of any function"),
            "a buffer that overflows is not noticed",
            "compile with -O2 -D_FORTIFY_SOURCE=2",
        ),
        _ => Verdict::not_applicable("it imports no function whose every call would be redirected"),
    }
}

/// `__memcpy_chk`, not `__stack_chk_fail`.
fn is_checked(name: &str) -> bool {
    name.starts_with("__") && name.ends_with("_chk")
}
