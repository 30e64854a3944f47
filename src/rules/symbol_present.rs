//! `symbol-present`: some file of the process defines each symbol that is asked for.

use super::library_present::missing;
use super::{Check, Place, Rule, Severity, Subject, Verdict};
use crate::loader::dynamic::{Linked, Trouble, When};

/// The rule.
pub const RULE: Rule = Rule {
    id: "symbol-present",
    summary: "the libraries in the image define every symbol that the program and they themselves ask for",
    what: "For each relocation against an undefined symbol that is not weak, some file of the process defines the \
           symbol, in the version that is asked for where the loader looks at versions.",
    why: "musl names every symbol that is absent and exits with 127. glibc ends with \"symbol lookup error\" and 127 at \
          start, or, where functions are bound when they are first called, in the middle of the work.",
    fix: "Bring the library in the version that the file was linked with, or link again against the device's.",
    source: "musl ldso/dynlink.c, do_relocs; glibc elf/dl-lookup.c, _dl_lookup_symbol_x",
    severity: Severity::Deny,
    check: Check::Linked(check),
};

fn check(subject: &Subject, _: &Place, linked: &Linked) -> Verdict {
    if subject.image.interpreter().is_none() {
        return Verdict::not_applicable("what a library lacks may come from the program that loads it");
    }
    if let Some(problem) = missing(linked) {
        return Verdict::not_applicable(format!("{} cannot be loaded: see library-present", problem.name));
    }
    let stops = |trouble, when| linked.problems.iter().find(|p| p.trouble == trouble && p.when == when);
    if stops(Trouble::VersionMissing, When::Start).is_some() {
        return Verdict::not_applicable("a version is not there: see symbol-version-present");
    }
    if let Some(problem) = stops(Trouble::SymbolMissing, When::Start) {
        let effect = format!("the process ends before main: {}", linked.says());
        return Verdict::fail(problem.cause.evidence.clone(), effect, problem.cause.fix.clone());
    }
    if let Some(problem) = stops(Trouble::SymbolMissing, When::FirstCall) {
        let effect = format!("the process ends with status 127 when {} is first called", problem.name);
        return Verdict::fail(problem.cause.evidence.clone(), effect, problem.cause.fix.clone());
    }
    Verdict::pass("every symbol that is asked for is defined")
}
