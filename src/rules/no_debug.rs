//! `no-debug`: no debug information is left.

use super::{Check, Rule, Severity, Subject, Verdict};

/// The rule.
pub const RULE: Rule = Rule {
    id: "no-debug",
    summary: "no debug information is left",
    what: "There is no section .debug_… or .zdebug_… (DWARF), .gdb_index, .stab… or .gnu_debugdata (a compressed \
           symbol table). A .gnu_debuglink, which only names the file that was split off, is no debug \
           information.",
    why: "It is often larger than the program, and names source paths, variables and the compiler's command line.",
    fix: "Strip it (strip --strip-debug; Cargo: strip = \"debuginfo\" or \"symbols\"; Go: -ldflags=-w), and keep \
          the unstripped file.",
    source: "DWARF 5, appendix B; gdb manual, \"Separate Debug Files\" and \"MiniDebugInfo\"",
    severity: Severity::Deny,
    check: Check::Segments(check),
};

fn check(subject: &Subject) -> Verdict {
    super::without_sections(
        subject,
        |name| {
            [".debug_", ".zdebug_", ".stab"].iter().any(|start| name.starts_with(start))
                || matches!(name, ".gdb_index" | ".gnu_debugdata")
        },
        "debug section",
        "source paths and the names of variables go to the device",
        "strip it (strip --strip-debug; Cargo: strip = \"debuginfo\"; Go: -ldflags=-w)",
    )
}
