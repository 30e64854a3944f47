//! `no-comment`: no section names the compilers.

use super::{Check, Rule, Severity, Subject, Verdict};

/// The rule.
pub const RULE: Rule = Rule {
    id: "no-comment",
    summary: "no section names the compilers",
    what: "There is no section .comment.",
    why: "It lists the versions of compilers and linkers. That helps whoever has to find out what a file was \
          built with, and tells everybody else; each device's owner decides, so the rule is off unless a profile \
          switches it on.",
    fix: "Remove it: objcopy --remove-section .comment, or strip --strip-all --remove-section .comment.",
    source: "gABI, \"Special Sections\"; objcopy(1)",
    severity: Severity::Allow,
    check: Check::Segments(check),
};

fn check(subject: &Subject) -> Verdict {
    super::without_sections(
        subject,
        |name| name == ".comment",
        "comment section",
        "it names the compilers and linkers that made the file",
        "objcopy --remove-section .comment",
    )
}
