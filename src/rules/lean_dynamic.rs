//! `lean-dynamic`: the dynamic table of a static file holds nothing that only a loader would read.

use super::{Check, Rule, Severity, Subject, Verdict};
use crate::elf::{Kind, tag};

/// The rule.
pub const RULE: Rule = Rule {
    id: "lean-dynamic",
    summary: "the dynamic table of a static file holds nothing that only a loader would read",
    what: "In a file without interpreter and without needed libraries: entries DT_DEBUG, DT_SONAME, DT_VERSYM, \
           DT_VERDEF and DT_VERNEED, and symbols that the dynamic symbol table exports by name.",
    why: "Nobody on the device reads them: there is no loader. DT_DEBUG is the one word for whose sake linkers \
          keep the dynamic table writable, and exported names tell what a stripped file contains.",
    fix: "Link without --export-dynamic and, with lld, with -z rodynamic; a file that is already linked can be \
          rewritten.",
    source: "gABI, \"Dynamic Section\"; ld.lld(1), -z rodynamic; ld(1), --export-dynamic",
    severity: Severity::Warn,
    check: Check::Segments(check),
};

const ENTRIES: [(u64, &str); 5] = [
    (tag::DEBUG, "DT_DEBUG"),
    (tag::SONAME, "DT_SONAME"),
    (tag::VERSYM, "DT_VERSYM"),
    (tag::VERDEF, "DT_VERDEF"),
    (tag::VERNEED, "DT_VERNEED"),
];

fn check(subject: &Subject) -> Verdict {
    let image = subject.image;
    let Some(dynamic) = &image.dynamic else {
        return Verdict::not_applicable("no dynamic table");
    };
    if image.interpreter().is_some() || dynamic.value(tag::NEEDED).is_some() {
        return Verdict::not_applicable("a loader reads this file's dynamic table");
    }
    if image.header.kind == Kind::PositionIndependent && !image.is_pie() {
        return Verdict::not_applicable("a shared library: whoever loads it reads its dynamic table");
    }
    let mut idle: Vec<String> = ENTRIES
        .iter()
        .filter(|(tag, _)| dynamic.value(*tag).is_some())
        .map(|(_, name)| (*name).to_owned())
        .collect();
    let symbols = image.dynamic_symbols();
    let exported: Vec<_> = symbols.iter().filter(|symbol| symbol.is_defined).collect();
    if let [first, ..] = exported.as_slice() {
        idle.push(format!("{} exported symbols, the first is {}", exported.len(), first.name));
    }
    if idle.is_empty() {
        return Verdict::pass("only entries that start code reads");
    }
    Verdict::fail(
        format!("it holds {}", idle.join(", ")),
        "nothing there reads them: bytes, names and writable memory for nobody",
        "link with -z rodynamic (lld) and without --export-dynamic",
    )
}
