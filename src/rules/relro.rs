//! `relro`: what is only written during relocation becomes read-only afterwards.

use super::{Check, Rule, Severity, Subject, Verdict};
use crate::elf::kind;

/// The rule.
pub const RULE: Rule = Rule {
    id: "relro",
    summary: "what is only written during relocation becomes read-only afterwards",
    what: "There is a PT_GNU_RELRO segment, of more than no bytes, inside a writable PT_LOAD segment.",
    why: "Tables of function pointers stay writable for the life of the process, and one stray write \
          redirects a call.",
    fix: "Link with -z relro, and keep the start files' code that protects the segment.",
    source: "Linux Standard Base, PT_GNU_RELRO; musl ldso/dynlink.c, reloc_all",
    severity: Severity::Deny,
    check: Check::Segments(check),
};

fn check(subject: &Subject) -> Verdict {
    let image = subject.image;
    if image.relocations.relative + image.relocations.other == 0 {
        return Verdict::not_applicable("nothing is relocated, so nothing needs to be protected afterwards");
    }
    let relro = image.segments_of(kind::GNU_RELRO).find(|s| s.memory_size > 0);
    match relro {
        Some(segment) => Verdict::pass(format!("{} bytes at {:#x}", segment.memory_size, segment.address)),
        None => Verdict::fail(
            "no PT_GNU_RELRO segment",
            "tables of function pointers stay writable",
            "link with -z relro",
        ),
    }
}
