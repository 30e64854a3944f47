//! `stripped`: no symbol table and no debug information are left.

use super::{Check, Rule, Severity, Subject, Verdict};

/// The rule.
pub const RULE: Rule = Rule {
    id: "stripped",
    summary: "no symbol table and no debug information are left",
    what: "There is no section .symtab or .strtab, and none whose name starts with .debug_ or .zdebug_.",
    why: "Names of functions and paths of sources go to the device, with the bytes they take. A stripped \
          file is also easier to reproduce.",
    fix: "Link with -s or --strip-all (Cargo: strip = \"symbols\"), and keep the unstripped file for \
          debugging.",
    source: "gABI, \"Sections\"; strip(1)",
    severity: Severity::Deny,
    check: Check::Segments(check),
};

fn check(subject: &Subject) -> Verdict {
    let left: Vec<_> = subject
        .image
        .sections
        .iter()
        .filter(|s| {
            matches!(s.name.as_str(), ".symtab" | ".strtab")
                || s.name.starts_with(".debug_")
                || s.name.starts_with(".zdebug_")
        })
        .collect();
    let bytes: u64 = left.iter().fold(0, |sum, s| sum.saturating_add(s.size));
    match left.as_slice() {
        [] => Verdict::pass("no symbol table, no debug sections"),
        [first, ..] => Verdict::fail(
            format!("{} such sections, {bytes} bytes, the first is {}", left.len(), first.name),
            "names and source paths go to the device",
            "strip it (strip --strip-all; Cargo: strip = \"symbols\")",
        ),
    }
}
