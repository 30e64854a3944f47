//! `no-interpreter`: the file asks for no dynamic loader.

use super::{Check, Rule, Severity, Subject, Verdict};
use crate::profile::Linkage;

/// The rule.
pub const RULE: Rule = Rule {
    id: "no-interpreter",
    summary: "the file asks for no dynamic loader",
    what: "There is no PT_INTERP segment. It counts even if nothing is needed: Go's -buildmode=pie makes such \
          files.",
    why: "The kernel starts the loader that PT_INTERP names instead of the program. If that path does not \
          exist on the device, execve fails with ENOENT, and the shell says \"No such file or directory\" \
          about a file that is there.",
    fix: "Link statically: -static-pie; in Go without -buildmode=pie, or through an external linker.",
    source: "Linux fs/binfmt_elf.c, load_elf_binary (open_exec of the interpreter); execve(2), ENOENT",
    severity: Severity::Deny,
    check: Check::Segments(check),
};

fn check(subject: &Subject) -> Verdict {
    if matches!(subject.profile.elf.linkage, Linkage::Any | Linkage::Pie) {
        return Verdict::not_applicable("the device has a loader, by the profile's linkage");
    }
    match subject.image.interpreter() {
        None => Verdict::pass("no PT_INTERP"),
        Some(path) => Verdict::fail(
            format!("PT_INTERP names {path}"),
            "ENOENT, \"No such file or directory\", about a file that exists",
            "link statically (-static-pie)",
        ),
    }
}
