//! Cases behind the point of no return: segments and the first instruction.

use super::case::*;
use super::program::*;
use super::support::{EXITS, Elf, FOLLOWS, RELOCATES, RELOCATES_PACKED};

/// Where the second segment of a case is in memory: no page of it is one of the first's, whatever the page size.
const FAR: u64 = BASE + 0x10_0000;

pub fn cases(machine: Machine) -> Vec<Case> {
    let mut cases = segments(machine);
    cases.extend(zeros(machine));
    cases.extend(entries(machine));
    cases.extend(low(machine));
    cases.extend(starts(machine));
    cases
}

fn changed(
    machine: Machine,
    name: &'static str,
    id: &'static str,
    end: End,
    change: &dyn Fn(&mut Program),
) -> Case {
    Case::program(name, &Program::new(machine).with(|program| change(program)), id, end)
}

fn segments(machine: Machine) -> Vec<Case> {
    let new = |name, id, end, change: &dyn Fn(&mut Program)| changed(machine, name, id, end, change);
    let more = |s: Segment| move |p: &mut Program| p.segments.push(s);
    let old = |on: On| on.version < (5, 18);
    vec![
        new("misaligned", "segment-misaligned", SIGSEGV, &more(segment(LOAD, 6, 0x10, FAR, 0x10))),
        // Linked for pages of 4 KiB.
        new("aligned-4k", "segment-misaligned", SIGSEGV, &more(segment(LOAD, 6, 0, FAR + 0x1000, 0x10)))
            .ends(|on| if on.page > 4096 { SIGSEGV } else { STARTS }),
        new("aligned-16k", "segment-misaligned", SIGSEGV, &more(segment(LOAD, 6, 0, FAR + 0x4000, 0x10)))
            .ends(|on| if on.page > 16384 { SIGSEGV } else { STARTS }),
        // p_align itself is not looked at.
        new("align-3", "", STARTS, &|p| p.segments[0].align = 3),
        new("align-0", "", STARTS, &|p| p.segments[0].align = 0),
        new("file-larger", "segment-size", SIGSEGV, &|p| p.segments[0].memory = 0x900),
        new("far-away", "segment-address", SIGSEGV, &more(segment(LOAD, 6, 0, 1 << 60, 0x10))),
        new(
            "kernel-address",
            "segment-address",
            SIGSEGV,
            &more(segment(LOAD, 6, 0, 0xffff_0000_0000_0000, 0x10)),
        ),
        new("last-page", "segment-address", SIGSEGV, &more(segment(LOAD, 6, 0, u64::MAX << 16, 0x10))),
        new("wrapped", "segment-address", SIGSEGV, &more(segment(LOAD, 6, 0, FAR, u64::MAX << 16))),
        new("huge-memory", "segment-address", SIGSEGV, &|p| p.segments[0].memory = 1 << 60),
        new("offset-far", "segment-offset", SIGSEGV, &more(segment(LOAD, 6, 1 << 63, FAR, 0x10))),
        new(
            "offset-wrapped",
            "segment-offset",
            SIGSEGV,
            &more(segment(LOAD, 6, u64::MAX << 16, FAR, 0x20000)),
        ),
        // Mapping behind the end of the file is no error as long as nobody touches it.
        new("beyond-file", "", STARTS, &more(segment(LOAD, 4, 0x10_0000, FAR, 0x1000))),
        new("no-flags", "", STARTS, &more(segment(LOAD, 0, 0, FAR, 0x1000))),
        new("write-execute", "", STARTS, &|p| p.segments[0].flags = 7),
        new("execute-only", "", STARTS, &|p| p.segments[0].flags = 1),
        // What is mapped later replaces what was there.
        new("overlap-same", "", STARTS, &more(segment(LOAD, 5, 0, BASE, SIZE))),
        new("overlap-data", "entry-not-executable", SIGSEGV, &more(segment(LOAD, 6, 0, BASE, SIZE))),
        new(
            "shared-page",
            "entry-not-executable",
            SIGSEGV,
            &more(segment(LOAD, 6, 0x2000, BASE + 0x2000, 0x10)),
        )
        .ends(|on| if on.page > 4096 { SIGSEGV } else { STARTS }),
        Case::program(
            "no-load",
            &Program::new(machine).with(|p| p.segments[0].kind = 0),
            "entry-unmapped",
            SIGSEGV,
        ),
        Case::program(
            "movable-no-load",
            &Program::new(machine).movable().with(|p| p.segments[0].kind = 0),
            "entry-unmapped",
            SIGSEGV,
        ),
        Case::program(
            "movable-no-size",
            &Program::new(machine).movable().with(|p| (p.segments[0].file, p.segments[0].memory) = (0, 0)),
            "no-segments",
            SIGSEGV,
        ),
        Case::program(
            "movable-high",
            &Program::new(machine).movable().with(|p| p.segments.push(segment(LOAD, 6, 0, 1 << 60, 0x10))),
            "segment-address",
            SIGSEGV,
        ),
        // The extent of a file was taken from its first to its last segment.
        Case::program(
            "movable-unsorted",
            &Program::new(machine).movable().with(|p| {
                p.segments.insert(0, segment(LOAD, 6, 0, 0x10_0000, 0x10));
            }),
            "segment-address",
            SIGSEGV,
        )
        .ends(move |on| if old(on) { SIGSEGV } else { STARTS }),
        Case::program(
            "movable-base",
            &Program::new(machine).movable().with(|p| {
                p.entry += 0x7_0000_0000;
                p.segments[0].address = 0x7_0000_0000;
            }),
            "",
            STARTS,
        ),
        new("unsorted", "", STARTS, &|p| p.segments.insert(0, segment(LOAD, 6, 0, FAR, 0x10))),
    ]
}

/// Zeroed memory (.bss).
fn zeros(machine: Machine) -> Vec<Case> {
    let new = |name, id, end, change: &dyn Fn(&mut Program)| changed(machine, name, id, end, change);
    let old = |on: On| on.version < (6, 7);
    let bss = |flags, file, memory| {
        move |p: &mut Program| {
            p.segments.push(Segment { file, memory, ..segment(LOAD, flags, 0, FAR, 0) });
        }
    };
    vec![
        new("bss", "", STARTS, &bss(6, 0x10, 0x30000)),
        new("bss-alone", "", STARTS, &bss(6, 0, 0x30000)),
        new("bss-read-only", "segment-padding", SIGSEGV, &bss(4, 0x10, 0x30000))
            .ends(move |on| if old(on) { SIGSEGV } else { STARTS }),
        new("bss-of-code", "segment-padding", SIGSEGV, &|p| {
            p.segments[0].memory = 0x30000 + p.segments[0].file;
        })
        .ends(move |on| if old(on) && on.page > SIZE { SIGSEGV } else { STARTS }),
        new("bss-of-code-cut", "segment-padding", SIGSEGV, &|p| {
            (p.segments[0].file, p.segments[0].memory) = (0x900, 0x30000);
        })
        .ends(move |on| if old(on) { SIGSEGV } else { STARTS }),
        new("bss-behind-file", "segment-padding", SIGSEGV, &bss(6, 0x10_0010, 0x20_0000)),
        // What is cleared behind the second segment's bytes is the code.
        new("bss-over-code", "entry-undefined", SIGSEGV, &|p| {
            p.segments.push(Segment { file: 0x20, memory: 0x30, ..segment(LOAD, 7, 0, BASE, 0) });
        })
        .ends(move |on| match on.machine {
            _ if old(on) => STARTS,
            Machine::Aarch64 => SIGILL,
            Machine::X86_64 => SIGSEGV,
        }),
        // An empty segment at an odd place.
        new("bss-odd", "segment-misaligned", SIGSEGV, &|p| {
            p.segments.push(Segment { file: 0, memory: 0x100, ..segment(LOAD, 6, 0x123, FAR + 0x10, 0) });
        })
        .ends(move |on| if old(on) { SIGSEGV } else { STARTS }),
    ]
}

/// The first instruction.
fn entries(machine: Machine) -> Vec<Case> {
    let new = |name, id, end, change: &dyn Fn(&mut Program)| changed(machine, name, id, end, change);
    let zeros = |on: On| if on.machine == Machine::Aarch64 { SIGILL } else { SIGSEGV };
    vec![
        new("entry-zero", "entry-unmapped", SIGSEGV, &|p| p.entry = 0),
        new("entry-outside", "entry-unmapped", SIGSEGV, &|p| p.entry = FAR),
        new("entry-huge", "entry-unmapped", SIGSEGV, &|p| p.entry = 1 << 62),
        new("entry-in-data", "entry-not-executable", SIGSEGV, &|p| p.segments[0].flags = 6),
        new("entry-read-only", "entry-not-executable", SIGSEGV, &|p| p.segments[0].flags = 4),
        new("entry-cut", "entry-beyond-file", SIGBUS, &|p| {
            (p.segments[0].file, p.segments[0].memory) = (0x20_0000, 0x20_0000);
            p.entry = BASE + 0x10_0000;
        }),
        new("entry-in-zeros", "entry-undefined", SIGSEGV, &|p| p.entry = BASE + 0xf00).ends(zeros),
        new("entry-in-bss", "entry-undefined", SIGSEGV, &|p| {
            p.segments.push(Segment { file: 0, memory: 0x1000, ..segment(LOAD, 7, 0, FAR, 0) });
            p.entry = FAR;
        })
        .ends(zeros),
        // On x86-64 the bytes in between are another instruction, which is not looked at: it is made the good one.
        new("entry-odd", "entry-misaligned", SIGBUS, &|p| {
            p.entry += 2;
            if machine == Machine::X86_64 {
                p.bytes[0].0 += 2;
            }
        })
        .ends(|on| if on.machine == Machine::Aarch64 { SIGBUS } else { STARTS }),
    ]
}

/// Addresses below vm.mmap_min_addr, which need CAP_SYS_RAWIO.
fn low(machine: Machine) -> Vec<Case> {
    let zero = |name, id, end| {
        let program = Program::new(machine).with(|p| {
            (p.entry, p.segments[0].address) = (CODE, 0);
        });
        let mut case = Case::program(name, &program, id, end);
        case.real_root = true;
        case
    };
    vec![zero("address-0", "", STARTS), zero("address-0-user", "segment-low", SIGSEGV).user(1000)]
}

/// Start code of position-independent programs without an interpreter. It is judged for arm64 alone.
fn starts(machine: Machine) -> Vec<Case> {
    if machine != Machine::Aarch64 {
        return Vec::new();
    }
    let new =
        |name, code: &[u32], id, end| Case::new(name, Elf::with(|elf| elf.code = code.to_vec()), id, end);
    // add x0, x0, x0; the instruction; exit(0): what a Cortex-A76 has, and what came later.
    let after = |name, word: u32, id, end| {
        let code = [0x8b00_0000, word, 0xd280_0000, 0xd280_0ba8, 0xd400_0001];
        Case::new(name, Elf::with(|elf| elf.code = code.to_vec()), id, end)
    };
    let packed = |elf: &mut Elf| (elf.packed, elf.code) = (true, RELOCATES_PACKED.to_vec());
    vec![
        new("relocates-itself", RELOCATES, "", End::Exit(0)),
        // x0 is not set: 0, as the kernel leaves it, plus what the loop did.
        Case::new("relocates-packed", Elf::with(packed), "", End::Exit(0)),
        new("crt1", FOLLOWS, "not-self-relocating", SIGSEGV),
        new("breakpoint", &[0xd420_0000], "not-self-relocating", SIGTRAP),
        new("undefined", &[0xd503_201f, 0], "not-self-relocating", SIGILL),
        // ldadd x0, x1, [sp]; ldaprb w0, [sp]; udot v0.4s, v0.16b, v0.16b; paciasp, a hint.
        after("has-atomics", 0xf820_03e1, "", End::Exit(0)),
        after("has-lrcpc", 0x38bf_c3e0, "", End::Exit(0)),
        after("has-dotprod", 0x6e80_9400, "", End::Exit(0)),
        after("hint-paciasp", 0xd503_233f, "", End::Exit(0)),
        // cntd x0; sm3ss1 v0.4s, v0.4s, v0.4s, v0.4s; pacia x0, x1; ldapurb w0, [sp]; bcax v0, v0, v0, v0; rmif x0, 0, 0.
        after("lacks-sve", 0x04e0_e3e0, "instruction-missing", SIGILL),
        after("lacks-sm3", 0xce40_0000, "instruction-missing", SIGILL),
        after("lacks-pauth", 0xdac1_0020, "instruction-missing", SIGILL),
        after("lacks-rcpc2", 0x1940_03e0, "instruction-missing", SIGILL),
        after("lacks-sha3", 0xce20_0000, "instruction-missing", SIGILL),
        after("lacks-flagm", 0xba00_0400, "instruction-missing", SIGILL),
        // It ends before it gets there.
        new("lacks-behind-exit", &[0xd280_0000, 0xd280_0ba8, 0xd400_0001, 0x04e0_e3e0], "", End::Exit(0)),
        // It ends before it needs a relocation: that cannot be told from one that uses none.
        new("exits-first", EXITS, "", End::Exit(0)),
    ]
}
