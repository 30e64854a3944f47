//! `self-relocating`: a position-independent file without a loader relocates itself before it uses a pointer.

use super::{Check, Rule, Severity, Subject, Verdict};
use crate::elf::{Kind, kind};
use crate::start::Outcome;

/// The rule.
pub const RULE: Rule = Rule {
    id: "self-relocating",
    summary: "a position-independent file without a loader relocates itself before it uses a pointer",
    what: "If the file is ET_DYN without an interpreter and has relative relocations (RELA or RELR), its \
          start code is executed in a small A64 emulator, with the stack that the kernel would lay out. It \
          passes once the start code has written the relocated words; it fails if the code faults, makes a \
          system call or runs on without having done so. Symbols are not needed, so a stripped file is \
          judged alike.",
    why: "Nobody else applies the relocations of a static-PIE: there is no loader. Linked with crt1.o \
          instead of rcrt1.o, the first pointer the program follows is unrelocated and it dies with SIGSEGV \
          before main, while file(1), checksec and readelf show a perfect static-PIE.",
    fix: "Link rcrt1.o instead of crt1.o: -static-pie with a musl or glibc toolchain that ships it (and no \
          -static, which wins). With rustc on aarch64 musl, -C relocation-model=pie -C link-arg=-pie is not \
          enough: see nix/arm64.nix.",
    source: "musl ldso/dlstart.c and crt/rcrt1.c; glibc elf/dl-reloc-static-pie.c; Linux fs/binfmt_elf.c, \
          create_elf_tables",
    severity: Severity::Deny,
    check: Check::Whole(check),
};

const AARCH64: u16 = 183;

fn check(subject: &Subject) -> Verdict {
    let image = subject.image;
    let count = image.relocations.relative;
    if image.segments_of(kind::INTERP).next().is_some() {
        return Verdict::not_applicable("its interpreter relocates it");
    }
    if image.header.kind != Kind::PositionIndependent {
        return Verdict::not_applicable("only position-independent files need relocation");
    }
    if count == 0 {
        return Verdict::not_applicable("it has no relative relocations");
    }
    if image.header.entry == 0 {
        return Verdict::not_applicable("it has no entry point: a library, relocated by whoever loads it");
    }
    if image.header.machine != AARCH64 {
        return Verdict::not_applicable("start code is emulated for aarch64 only");
    }
    let entry = image.header.entry;
    let next = "link rcrt1.o instead of crt1.o (-static-pie)";
    match subject.start() {
        Outcome::Relocates { instructions, sampled } => Verdict::pass(format!(
            "start code applies the {count} relative relocations: {sampled} seen within {instructions} instructions"
        )),
        Outcome::DoesNot { instead, instructions, .. } => Verdict::fail(
            format!(
                "{count} relative relocations, no interpreter, and the code at {entry:#x} does not apply them: \
                 after {instructions} instructions it {instead}"
            ),
            "SIGSEGV before main; file(1) and checksec call this file fine",
            next,
        ),
        Outcome::Unclear { why } => Verdict::fail(
            format!(
                "{count} relative relocations, no interpreter, and no proof that the code at {entry:#x} applies them: {why}"
            ),
            "SIGSEGV before main, if it does not",
            "run it under qemu-aarch64; if it starts there, report the instruction so that it can be modelled",
        ),
    }
}
