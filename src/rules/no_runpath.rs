//! `no-runpath`: the file names no folders to search for libraries.

use super::{Check, Rule, Severity, Subject, Verdict};
use crate::elf::tag;

/// The rule.
pub const RULE: Rule = Rule {
    id: "no-runpath",
    summary: "the file names no folders to search for libraries",
    what: "There is no DT_RPATH and no DT_RUNPATH entry.",
    why: "A folder named there is searched before the system's own. If it is missing on the device, whoever \
          can create it decides which code runs; if it is a build machine's, the file also says where it was \
          built.",
    fix: "Link without -rpath, or remove the entry.",
    source: "gABI, \"Shared Object Dependencies\"; ld.so(8)",
    severity: Severity::Deny,
    check: Check::Segments(check),
};

fn check(subject: &Subject) -> Verdict {
    let mut paths = subject.image.dynamic_strings(tag::RPATH);
    paths.extend(subject.image.dynamic_strings(tag::RUNPATH));
    if paths.is_empty() {
        Verdict::pass("no DT_RPATH, no DT_RUNPATH")
    } else {
        Verdict::fail(
            format!("libraries are searched in {}", paths.join(":")),
            "whoever can create that folder decides which code is loaded",
            "link without -rpath",
        )
    }
}
