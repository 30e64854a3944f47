//! `noexec-stack`: the stack is not executable.

use super::{Check, Rule, Severity, Subject, Verdict};
use crate::elf::kind;

/// The rule.
pub const RULE: Rule = Rule {
    id: "noexec-stack",
    summary: "the stack is not executable",
    what: "There is a PT_GNU_STACK segment without the execute flag. On arm64 a missing one also means a \
          stack that is not executable, but only since Linux 5.8 for every kind of file, and other tools \
          read it as executable.",
    why: "Bytes that an attacker places on the stack can be run as code; SELinux refuses such a process \
          (execstack).",
    fix: "Link with -z noexecstack; assembler sources need a .note.GNU-stack section.",
    source: "Linux fs/binfmt_elf.c and arch/arm64/include/asm/elf.h, elf_read_implies_exec; SELinux execstack",
    severity: Severity::Deny,
    check: Check::Segments(check),
};

fn check(subject: &Subject) -> Verdict {
    let next = "link with -z noexecstack";
    let effect = "bytes on the stack can be run as code; SELinux refuses the process (execstack)";
    match subject.image.segments_of(kind::GNU_STACK).next() {
        Some(segment) if segment.is_executable() => {
            Verdict::fail(format!("PT_GNU_STACK is {}", segment.flag_letters()), effect, next)
        }
        Some(segment) => Verdict::pass(format!("PT_GNU_STACK is {}", segment.flag_letters())),
        None => Verdict::fail("no PT_GNU_STACK segment: the file does not say", effect, next),
    }
}
