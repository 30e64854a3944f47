//! `no-wx`: no memory is writable and executable at once.

use super::{Check, Rule, Severity, Subject, Verdict};
use crate::elf::kind;

/// The rule.
pub const RULE: Rule = Rule {
    id: "no-wx",
    summary: "no memory is writable and executable at once",
    what: "No PT_LOAD segment has both the write and the execute flag.",
    why: "Code can be changed while it runs. SELinux and hardened kernels refuse the mapping, and the \
          program does not start.",
    fix: "Do not link with -N or --omagic, and keep sections with the flags \"awx\" out of assembler sources.",
    source: "gABI, \"Segment Permissions\"; SELinux execmem",
    severity: Severity::Deny,
    check: Check::Segments(check),
};

fn check(subject: &Subject) -> Verdict {
    let both = subject.image.segments_of(kind::LOAD).find(|s| s.is_writable() && s.is_executable());
    match both {
        None => Verdict::pass(format!("{} PT_LOAD segments", subject.image.segments_of(kind::LOAD).count())),
        Some(segment) => Verdict::fail(
            format!("the segment at {:#x} is {}", segment.address, segment.flag_letters()),
            "code can be changed while it runs; SELinux refuses the mapping (execmem)",
            "link without -N",
        ),
    }
}
