//! `stripped`: no symbol table is left.

use super::{Check, Rule, Severity, Subject, Verdict};

/// The rule.
pub const RULE: Rule = Rule {
    id: "stripped",
    summary: "no symbol table is left",
    what: "There is no section .symtab or .strtab.",
    why: "Names of functions and variables go to the device, with the bytes they take; nothing that runs there \
          reads them. A stripped file is also easier to reproduce.",
    fix: "Link with -s or --strip-all (Cargo: strip = \"symbols\"), and keep the unstripped file for \
          debugging.",
    source: "gABI, \"Sections\"; strip(1)",
    severity: Severity::Deny,
    check: Check::Segments(check),
};

fn check(subject: &Subject) -> Verdict {
    super::without_sections(
        subject,
        |name| matches!(name, ".symtab" | ".strtab"),
        "symbol table",
        "names of functions and variables go to the device",
        "strip it (strip --strip-all; Cargo: strip = \"symbols\")",
    )
}
