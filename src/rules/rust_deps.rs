//! `rust-deps`: a Rust program lists the packages that it was built from.

use super::{Check, Rule, Severity, Subject, Verdict};

/// The rule.
pub const RULE: Rule = Rule {
    id: "rust-deps",
    summary: "a Rust program lists the packages that it was built from",
    what: "The section .dep-v0 of cargo-auditable, if the profile asks for it (provenance.rust-deps). A file is \
           taken for Rust if .comment names rustc or a panic message names a source file of the standard library.",
    why: "When a package turns out to be vulnerable, the list says which devices carry it. Without it somebody \
          has to find the lock file of each build.",
    fix: "Build with cargo auditable build; strip keeps the section, tools that drop all section headers do not.",
    source: "cargo-auditable, PARSING.md",
    severity: Severity::Deny,
    check: Check::Whole(check),
};

fn check(subject: &Subject) -> Verdict {
    if !subject.profile.provenance.rust_deps {
        return Verdict::not_applicable("the profile does not ask (provenance.rust-deps)");
    }
    let next = "build it with cargo auditable build";
    let effect = "nobody can tell from the file whether a vulnerable package is inside";
    match subject.image.rust_dependencies() {
        Some(Ok(count)) => Verdict::pass(format!(".dep-v0 lists {count} packages")),
        Some(Err(why)) => Verdict::fail(format!("the section .dep-v0 cannot be read: {why}"), effect, next),
        None if subject.image.is_rust() => {
            Verdict::fail("compiled by rustc, and no section .dep-v0", effect, next)
        }
        None => Verdict::not_applicable("no trace of rustc: not a Rust program"),
    }
}
