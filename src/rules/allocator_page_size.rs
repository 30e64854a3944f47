//! `allocator-page-size`: an allocator that is built for one page size serves the largest that the device's kernels have.

use super::{Check, Rule, Severity, Subject, Texts, Verdict};
use crate::elf::machine_name;
use crate::texts::{Hidden, hidden};

/// The rule.
pub const RULE: Rule = Rule {
    id: "allocator-page-size",
    summary: "the memory allocator inside serves the largest pages that the device's kernels have",
    what: "jemalloc from 5.0 on, known by the text with which it refuses a page size, and the size that its code \
           compares the kernel's with before it prints that. mimalloc, TCMalloc and the C libraries' own \
           allocators ask the kernel and are not looked for.",
    why: "jemalloc fixes the page size when it is compiled, mostly to that of the build machine. Under a kernel \
          with larger pages it prints \"Unsupported system page size\" and the first allocation fails: most \
          programs abort at start.",
    fix: "Build jemalloc for the largest pages, which serves the smaller ones too: --with-lg-page=16, for \
          tikv-jemallocator JEMALLOC_SYS_WITH_LG_PAGE=16 in the environment. The number is the binary logarithm \
          of the size.",
    source: "jemalloc src/pages.c, pages_boot; INSTALL.md, --with-lg-page",
    severity: Severity::Deny,
    check: Check::Texts(Texts { wanted: |_| vec![JEMALLOC.reveal()], counts: |_| true, check }),
};

const JEMALLOC: Hidden = hidden!("<jemalloc>: Unsupported system page size");

/// The smallest page size that Linux has anywhere, which every allocator serves.
const SMALLEST: u64 = 4096;

fn check(subject: &Subject) -> Verdict {
    let Some(found) = subject.texts(RULE.id).next() else {
        return Verdict::pass("no jemalloc is inside");
    };
    let wanted = subject.profile.kernel.largest_page();
    if wanted == SMALLEST {
        return Verdict::pass(format!("it holds jemalloc; the device's pages of {SMALLEST} bytes fit any"));
    }
    let image = subject.image;
    if machine_name(image.header.machine) != "aarch64" {
        return Verdict::not_applicable("it holds jemalloc; only aarch64 code is read for its page size");
    }
    let effect = "\"Unsupported system page size\" and no memory on a kernel with larger pages";
    let next = format!("build jemalloc with --with-lg-page={0}", wanted.trailing_zeros());
    let guard = image.address_of(found.offset as u64).and_then(|address| image.guard_of(address));
    match guard.filter(|guard| guard.value.is_power_of_two() && guard.value >= SMALLEST) {
        Some(guard) => {
            let seen = format!(
                "jemalloc for pages of {} bytes, by its comparison at {:#x}; the device has up to {wanted}",
                guard.value, guard.at
            );
            if guard.value >= wanted { Verdict::pass(seen) } else { Verdict::fail(seen, effect, next) }
        }
        None => Verdict::fail(
            "it holds jemalloc, and the code does not show for which page size",
            effect,
            format!("{next}, and accept this by a suppression that says so"),
        ),
    }
}
