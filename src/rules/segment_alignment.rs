//! `segment-alignment`: segments can be mapped with the largest pages that the device's kernels have.

use super::{Check, Rule, Severity, Subject, Verdict};
use crate::elf::kind;

/// The rule.
pub const RULE: Rule = Rule {
    id: "segment-alignment",
    summary: "segments can be mapped with the largest pages that the device's kernels have",
    what: "Each PT_LOAD segment's p_align is at least the largest page size of the profile, and its file \
          offset and address agree modulo that size.",
    why: "arm64 kernels have pages of 4, 16 or 64 KiB. A file linked for smaller pages than the kernel's \
          cannot be mapped: execve ends in EINVAL or the process is killed while it is loaded.",
    fix: "Link with -z max-page-size=65536, which serves all three.",
    source: "gABI, \"Program Loading\"; Linux fs/binfmt_elf.c, elf_map; Documentation/arch/arm64/memory.rst",
    severity: Severity::Deny,
    check: Check::Segments(check),
};

fn check(subject: &Subject) -> Verdict {
    let page = subject.profile.kernel.largest_page();
    let unfit =
        subject.image.segments_of(kind::LOAD).find(|s| s.align < page || s.offset % page != s.address % page);
    match unfit {
        None => Verdict::pass(format!("every PT_LOAD segment fits pages of {} KiB", page / 1024)),
        Some(segment) => Verdict::fail(
            format!(
                "the segment at {:#x} is aligned to {:#x}, its file offset is {:#x}; kernels of the device have pages of up to {page:#x}",
                segment.address, segment.align, segment.offset
            ),
            "it cannot be mapped on such a kernel: EINVAL, or killed while it is loaded",
            format!("link with -z max-page-size={page}"),
        ),
    }
}
