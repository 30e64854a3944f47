//! `no-needed`: the file needs no shared library.

use super::{Check, Rule, Severity, Subject, Verdict};
use crate::elf::tag;
use crate::profile::Linkage;

/// The rule.
pub const RULE: Rule = Rule {
    id: "no-needed",
    summary: "the file needs no shared library",
    what: "There is no DT_NEEDED entry.",
    why: "The loader looks each library up and ends the program with status 127 if one is missing. Without a \
          loader nobody looks them up, and their symbols stay unresolved.",
    fix: "Link the libraries statically.",
    source: "gABI, \"Shared Object Dependencies\"; musl ldso/dynlink.c, load_deps",
    severity: Severity::Deny,
    check: Check::Segments(check),
};

fn check(subject: &Subject) -> Verdict {
    if matches!(subject.profile.elf.linkage, Linkage::Any | Linkage::Pie) {
        return Verdict::not_applicable("the device has a loader, by the profile's linkage");
    }
    let needed = subject.image.dynamic_strings(tag::NEEDED);
    if needed.is_empty() {
        Verdict::pass("no DT_NEEDED")
    } else {
        Verdict::fail(
            format!("DT_NEEDED names {}", needed.join(", ")),
            "its loader ends it with status 127 when a library is missing",
            "link these libraries statically",
        )
    }
}
