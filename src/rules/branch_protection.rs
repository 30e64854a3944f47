//! `branch-protection`: the file is marked for the branch protections that the device's profile asks for.

use super::{Check, Rule, Severity, Subject, Verdict};
use crate::elf::machine_name;
use crate::profile::BranchProtection;

/// The rule.
pub const RULE: Rule = Rule {
    id: "branch-protection",
    summary: "the file is marked for the branch protections that the device's profile asks for",
    what: "The bits BTI and PAC of GNU_PROPERTY_AARCH64_FEATURE_1_AND in the GNU property note, against \
          hardening.branch-protection of the profile.",
    why: "Kernel and loader switch branch target identification on only for files that carry the mark, and the \
          linker sets it only if every object has it: one object without, an assembler file or a prebuilt \
          standard library, and indirect jumps may land anywhere. The PAC mark changes nothing at run time: it \
          says that every object was compiled to sign its return addresses.",
    fix: "Compile everything with -mbranch-protection=standard, the C library, start files and assembler \
          sources included; -z force-bti makes the linker name the objects that lack it.",
    source: "ELF for the Arm 64-bit Architecture, \"Program Property\"; Linux arch/arm64/kernel/process.c, \
             arch_elf_adjust_prot; processors have BTI from Armv8.5, pointer authentication from Armv8.3",
    severity: Severity::Deny,
    check: Check::Segments(check),
};

fn check(subject: &Subject) -> Verdict {
    let wanted = &subject.profile.hardening.branch_protection;
    if wanted.is_empty() {
        return Verdict::not_applicable("the profile asks for none (hardening.branch-protection)");
    }
    let machine = machine_name(subject.image.header.machine);
    if machine != "aarch64" {
        return Verdict::not_applicable(format!("only aarch64 files are marked so, this is {machine}"));
    }
    let marks = subject.image.protections();
    let is_marked = |protection: &BranchProtection| match protection {
        BranchProtection::Bti => marks.bti,
        BranchProtection::Pac => marks.pac,
    };
    let (have, lack): (Vec<_>, Vec<_>) = wanted.iter().partition(|p| is_marked(p));
    let names = |list: &[&BranchProtection]| list.iter().map(|p| p.name()).collect::<Vec<_>>().join(" and ");
    if lack.is_empty() {
        return Verdict::pass(format!("the GNU property note marks {}", names(&have)));
    }
    Verdict::fail(
        format!("the GNU property note does not mark {}", names(&lack)),
        "the processor does not check where indirect jumps and returns of this file go",
        "compile every object with -mbranch-protection=standard and link with -z force-bti",
    )
}
