//! `memory-size`: the file's segments take no more memory than the device allows.

use super::{Check, Rule, Severity, Subject, Verdict};
use crate::elf::{Segment, kind};

/// The rule.
pub const RULE: Rule = Rule {
    id: "memory-size",
    summary: "the file's segments take no more memory than the device allows",
    what: "The memory of all PT_LOAD segments in whole pages of the largest size that the device's kernels have, \
          against limits.memory-size of the profile. Stacks and what the program allocates come on top.",
    why: "Where memory is not overcommitted, or the service has a memory limit, execve ends in ENOMEM or the \
          process is killed while it starts.",
    fix: "Allocate large arrays at run time instead of reserving them in .bss, or raise the limit.",
    source: "gABI, \"Program Loading\"; Linux fs/binfmt_elf.c, elf_map; getrlimit(2), RLIMIT_AS",
    severity: Severity::Deny,
    check: Check::Segments(check),
};

fn check(subject: &Subject) -> Verdict {
    let Some(limit) = subject.profile.limits.memory_size else {
        return Verdict::not_applicable("the profile sets no limit (limits.memory-size)");
    };
    let page = subject.profile.kernel.largest_page();
    let (mut sum, mut largest) = (0u64, None::<(u64, &Segment)>);
    for segment in subject.image.segments_of(kind::LOAD) {
        let size = in_pages(segment, page);
        sum = sum.saturating_add(size);
        if largest.is_none_or(|(most, _)| size > most) {
            largest = Some((size, segment));
        }
    }
    let seen = format!("{sum} bytes in pages of {page}");
    match largest {
        Some((size, segment)) if sum > limit => Verdict::fail(
            format!(
                "{seen}, {} more than the {limit} that the profile allows; {size} of them are the {} segment at {:#x}",
                sum - limit,
                segment.flag_letters(),
                segment.address
            ),
            "ENOMEM at start, or killed by the memory limit",
            "reserve less in .data and .bss, or raise limits.memory-size",
        ),
        _ => Verdict::pass(format!("{seen}, of at most {limit}")),
    }
}

/// The bytes of the whole pages that hold a segment.
fn in_pages(segment: &Segment, page: u64) -> u64 {
    // Page sizes are powers of two.
    let start = segment.address & !(page - 1);
    let end = segment.address.saturating_add(segment.memory_size);
    end.checked_next_multiple_of(page).unwrap_or(u64::MAX).saturating_sub(start)
}
