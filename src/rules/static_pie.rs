//! `static-pie`: the file is linked the way the device wants it.

use super::{Check, Rule, Severity, Subject, Verdict};
use crate::elf::{Kind, kind};
use crate::profile::Linkage;

/// The rule.
pub const RULE: Rule = Rule {
    id: "static-pie",
    summary: "the file is linked the way the device wants it",
    what: "For static-PIE: e_type is ET_DYN and DF_1_PIE is set in DT_FLAGS_1. For static: no interpreter. \
          For pie: ET_DYN. Whether a static-PIE also works is what self-relocating asks.",
    why: "A fixed-address executable (ET_EXEC) loads at the same place every time, so that address space \
          randomisation protects only its stack and heap; hardened kernels and policies refuse it. ET_DYN \
          without DF_1_PIE is a shared object that happens to start.",
    fix: "Link with -static-pie and rcrt1.o. rustc does not do that for aarch64-unknown-linux-musl by \
          itself: see nix/arm64.nix.",
    source: "gABI, \"ELF Header\"; glibc elf/elf.h, DF_1_PIE; Linux fs/binfmt_elf.c, load_elf_binary",
    severity: Severity::Deny,
    check: Check::Segments(check),
};

fn check(subject: &Subject) -> Verdict {
    let image = subject.image;
    let pie = image.is_pie();
    let seen = match image.header.kind {
        Kind::Executable => "ET_EXEC: linked for fixed addresses".to_string(),
        Kind::PositionIndependent if pie => "ET_DYN with DF_1_PIE".to_string(),
        Kind::PositionIndependent => "ET_DYN without DF_1_PIE: a shared object".to_string(),
        Kind::Other(value) => format!("e_type {value}: not a program"),
    };
    match subject.profile.elf.linkage {
        Linkage::Any => Verdict::not_applicable("the profile accepts any linkage"),
        Linkage::Static => {
            let dynamic = image.segments_of(kind::INTERP).next().is_some();
            if dynamic {
                Verdict::fail(
                    seen,
                    "the device has no dynamic loader",
                    "link statically (-static or -static-pie)",
                )
            } else {
                Verdict::pass(seen)
            }
        }
        Linkage::Pie if image.header.kind == Kind::PositionIndependent => Verdict::pass(seen),
        Linkage::Pie => Verdict::fail(
            seen,
            "the device's loader refuses programs that are not position-independent",
            "compile with -fPIE and link with -pie",
        ),
        Linkage::StaticPie if pie => Verdict::pass(seen),
        Linkage::StaticPie => Verdict::fail(
            seen,
            "no address space randomisation for the program itself; hardened policies refuse it",
            "link with -static-pie and rcrt1.o",
        ),
    }
}
