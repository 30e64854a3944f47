//! `bind-now`: every symbol is bound at start, none lazily.

use super::{Check, Rule, Severity, Subject, Verdict};
use crate::elf::tag;

/// The rule.
pub const RULE: Rule = Rule {
    id: "bind-now",
    summary: "every symbol is bound at start, none lazily",
    what: "DF_BIND_NOW in DT_FLAGS, DF_1_NOW in DT_FLAGS_1, or DT_BIND_NOW.",
    why: "Lazy binding keeps the procedure linkage table's pointers writable: RELRO is then only partial. A \
          symbol that is missing is found when it is first called, which may be weeks after the start.",
    fix: "Link with -z now.",
    source: "gABI, \"Dynamic Section\", DF_BIND_NOW; ld.so(8), LD_BIND_NOW",
    severity: Severity::Deny,
    check: Check::Segments(check),
};

const DF_BIND_NOW: u64 = 8;
const DF_1_NOW: u64 = 1;

fn check(subject: &Subject) -> Verdict {
    let Some(dynamic) = &subject.image.dynamic else {
        return Verdict::not_applicable("no dynamic table, so nothing is bound at run time");
    };
    if dynamic.has_flag(tag::FLAGS, DF_BIND_NOW) {
        Verdict::pass("DF_BIND_NOW in DT_FLAGS")
    } else if dynamic.has_flag(tag::FLAGS_1, DF_1_NOW) {
        Verdict::pass("DF_1_NOW in DT_FLAGS_1")
    } else if dynamic.value(tag::BIND_NOW).is_some() {
        Verdict::pass("DT_BIND_NOW")
    } else {
        Verdict::fail(
            "neither DF_BIND_NOW nor DF_1_NOW is set",
            "function pointers of the linkage table stay writable",
            "link with -z now",
        )
    }
}
