//! `no-textrel`: no relocation changes code or other read-only memory.

use super::{Check, Rule, Severity, Subject, Verdict};
use crate::elf::tag;

/// The rule.
pub const RULE: Rule = Rule {
    id: "no-textrel",
    summary: "no relocation changes code or other read-only memory",
    what: "There is no DT_TEXTREL, DF_TEXTREL is not set, and no dynamic relocation lies in a segment that is \
          not writable.",
    why: "Somebody would have to make code writable while it is relocated. SELinux refuses that (execmod), \
          and a static-PIE's own start code does not do it: it dies with SIGSEGV.",
    fix: "Compile everything with -fPIE or -fPIC and link with -z text, which names the object at fault.",
    source: "gABI, \"Dynamic Section\", DT_TEXTREL; SELinux execmod",
    severity: Severity::Deny,
    check: Check::Segments(check),
};

const DF_TEXTREL: u64 = 4;

fn check(subject: &Subject) -> Verdict {
    let image = subject.image;
    let Some(dynamic) = &image.dynamic else {
        return Verdict::pass("no dynamic table, so no relocation");
    };
    let seen = if let Some(slot) = image.relocations.in_read_only {
        format!("a relocation at {slot:#x} lies in a segment that is not writable")
    } else if dynamic.value(tag::TEXTREL).is_some() || dynamic.has_flag(tag::FLAGS, DF_TEXTREL) {
        "the dynamic table announces text relocations".into()
    } else {
        let count = image.relocations.relative + image.relocations.other;
        return Verdict::pass(format!("{count} relocations, all in writable segments"));
    };
    Verdict::fail(
        seen,
        "SIGSEGV at start, or refused by SELinux (execmod)",
        "compile with -fPIE and link with -z text",
    )
}
