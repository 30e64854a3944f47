//! Signs that a program asks what the processor has before it uses it.

use crate::elf::{Image, tag};

/// How far back the test of an outline atomic is from its instruction.
const NEAR: usize = 4;

/// Whether `code` ends with a test of a byte that was just loaded: `ldrb w16, […]; cbz w16, …`. libgcc's and Rust's
/// outline atomics put that before each instruction of FEAT_LSE (libgcc config/aarch64/lse.S).
pub fn is_behind_test(code: &[u8]) -> bool {
    let words: Vec<u32> = code
        .rchunks_exact(4)
        .take(NEAR)
        .map(|bytes| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
        .collect();
    words.windows(2).any(|pair| {
        let (test, load) = (pair[0], pair[1]);
        // CBZ or CBNZ of a 32-bit register; LDRB with an unsigned offset, or LDARB, into it.
        let tests = test & 0xfe00_0000 == 0x3400_0000;
        let loads = load & 0xffc0_0000 == 0x3940_0000 || load & 0xffff_fc00 == 0x08df_fc00;
        tests && loads && test & 31 == load & 31
    })
}

/// What in the file says that it may choose code by the processor, as a fragment; nothing if no sign is known.
pub fn sign(image: &Image) -> Option<&'static str> {
    if has_ifunc(image) {
        Some("the file has ifunc relocations")
    } else if reads_identification(image) {
        Some("the file reads the processor's identification registers")
    } else if contains(image.bytes.all(), b"getauxval") {
        Some("the file speaks of getauxval")
    } else if contains(image.bytes.all(), b"/proc/self/auxv") {
        Some("the file speaks of /proc/self/auxv")
    } else {
        None
    }
}

const R_AARCH64_IRELATIVE: u64 = 1032;
const SHT_RELA: u32 = 4;

/// Relocations whose value a function of the program chooses at start, by the kernel's HWCAP.
fn has_ifunc(image: &Image) -> bool {
    let by_tags =
        [(tag::RELA, tag::RELASZ), (tag::JMPREL, tag::PLTRELSZ)].into_iter().filter_map(|(at, size)| {
            let dynamic = image.dynamic.as_ref()?;
            Some((image.offset_of(dynamic.value(at)?)?, dynamic.value(size)?))
        });
    let by_sections = image.sections.iter().filter(|s| s.kind == SHT_RELA).map(|s| (s.offset, s.size));
    by_tags.chain(by_sections).any(|(offset, size)| {
        let table = image.bytes.slice(offset, size.min(image.bytes.len().saturating_sub(offset)));
        let kind = |entry: &[u8]| u64::from(u32::from_le_bytes(entry[8..12].try_into().unwrap_or_default()));
        table.is_some_and(|table| table.chunks_exact(24).any(|entry| kind(entry) == R_AARCH64_IRELATIVE))
    })
}

/// MRS of ID_AA64ISAR0_EL1 to ID_AA64ISAR2_EL1, ID_AA64PFR0_EL1 or ID_AA64ZFR0_EL1, which Linux answers for programs
/// (Documentation/arch/arm64/cpu-feature-registers.rst).
fn reads_identification(image: &Image) -> bool {
    super::code::regions(image).iter().any(|region| {
        region.bytes.chunks_exact(4).any(|bytes| {
            let word = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
            matches!(word & 0xffff_ffe0, 0xd538_0400 | 0xd538_0480 | 0xd538_0600 | 0xd538_0620 | 0xd538_0640)
        })
    })
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    let Some((first, rest)) = needle.split_first() else { return true };
    let mut from = haystack;
    while let Some(at) = from.iter().position(|b| b == first) {
        from = &from[at + 1..];
        if from.starts_with(rest) {
            return true;
        }
    }
    false
}
