//! `file-size`: the file is no larger than the device allows.

use super::{Check, Rule, Severity, Subject, Verdict};

/// The rule.
pub const RULE: Rule = Rule {
    id: "file-size",
    summary: "the file is no larger than the device allows",
    what: "The file's bytes against limits.file-size of the profile.",
    why: "Flash partitions and update slots have a fixed size, and a file that fills them cuts short what is \
          written next.",
    fix: "Strip it, compile for size (opt-level = \"s\", -Os), link with --gc-sections and LTO, or raise the \
          limit.",
    source: "the device's profile",
    severity: Severity::Deny,
    check: Check::Header(check),
};

fn check(subject: &Subject) -> Verdict {
    let size = subject.image.bytes.len();
    match subject.profile.limits.file_size {
        None => Verdict::not_applicable("the profile sets no limit (limits.file-size)"),
        Some(limit) if size <= limit => Verdict::pass(format!("{size} bytes of at most {limit}")),
        Some(limit) => Verdict::fail(
            format!("{size} bytes, {} more than the {limit} that the profile allows", size - limit),
            "it may not fit the place that is reserved for it",
            "strip it, compile for size, or raise limits.file-size",
        ),
    }
}
