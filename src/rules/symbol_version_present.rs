//! `symbol-version-present`: the libraries that are found provide the versions that are asked of them.

use super::library_present::missing;
use super::{Check, Place, Rule, Severity, Subject, Verdict};
use crate::loader::dynamic::{Family, Linked, Trouble, When};

/// The rule.
pub const RULE: Rule = Rule {
    id: "symbol-version-present",
    summary: "the libraries in the image provide the symbol versions that are asked of them",
    what: "Each version in the DT_VERNEED of the program and of its libraries is defined (DT_VERDEF) by the library that \
           the loader finds under that name.",
    why: "glibc compares versions before the program runs and exits with status 1: \"version `GLIBC_2.38' not found\". \
          That happens wherever a program is built on a newer system than the device's.",
    fix: "Build against the device's own libraries, or bring newer ones.",
    source: "glibc elf/dl-version.c, _dl_check_map_versions; LSB, \"Symbol Versioning\"",
    severity: Severity::Deny,
    check: Check::Linked(check),
};

fn check(_: &Subject, _: &Place, linked: &Linked) -> Verdict {
    if linked.family == Family::Musl {
        return Verdict::not_applicable(
            "musl's loader takes symbols by their names and compares no versions",
        );
    }
    if let Some(problem) = missing(linked) {
        return Verdict::not_applicable(format!("{} cannot be loaded: see library-present", problem.name));
    }
    let mut of_versions = linked.problems.iter().filter(|problem| problem.trouble == Trouble::VersionMissing);
    let fatal: Vec<_> = of_versions.clone().filter(|problem| problem.when == When::Start).collect();
    let Some(first) = fatal.first() else {
        return Verdict::pass(match of_versions.next() {
            Some(warned) => format!("the loader only warns: {}", warned.cause.evidence),
            None => "every version that is asked for is defined".into(),
        });
    };
    let more = if fatal.len() > 1 { format!("; {} versions in all", fatal.len()) } else { String::new() };
    Verdict::fail(
        format!("{}{more}", first.cause.evidence),
        format!("the process ends before main: {}", linked.says()),
        first.cause.fix.clone(),
    )
}
