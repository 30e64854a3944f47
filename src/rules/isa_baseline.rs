//! `isa-baseline`: the device's processor has every instruction.

use super::{Check, Rule, Severity, Subject, Verdict};
use crate::isa::{self, Baseline, Feature, Usage};

/// The rule.
pub const RULE: Rule = Rule {
    id: "isa-baseline",
    summary: "the device's processor has every instruction",
    what: "Each word of executable memory is looked up in a table of the A64 instructions that came after \
          Armv8.0, by the feature that introduced them, and compared with cpu.architecture and cpu.features. \
          Words that stand among data do not count, nor do hints such as PACIASP and BTI, which older \
          processors ignore, nor atomics behind the test of a byte (outline atomics), nor the features under \
          cpu.tested. Nothing is executed: whether a program gets to an instruction is not known.",
    why: "The first instruction that the processor lacks kills the program with SIGILL, perhaps months after \
          it was installed, on the one device of the older kind.",
    fix: "Compile for the device: -march=armv8.2-a for GCC and clang, -C target-cpu for rustc, GOARM64 for \
          Go. Where the program asks the kernel first (HWCAP), name the features under cpu.tested.",
    source: "Arm ARM DDI 0487, C4 \"A64 Instruction Set Encoding\" and A2 \"Architecture Extensions\"; Linux \
          Documentation/arch/arm64/elf_hwcaps.rst",
    severity: Severity::Deny,
    check: Check::Whole(check),
};

const AARCH64: u16 = 183;

fn check(subject: &Subject) -> Verdict {
    let cpu = &subject.profile.cpu;
    let Some(architecture) = &cpu.architecture else {
        return Verdict::not_applicable("the profile names no architecture");
    };
    if subject.image.header.machine != AARCH64 {
        return Verdict::not_applicable("instructions are known of aarch64 only");
    }
    // Profiles that were read have known names only.
    let (baseline, tested) =
        match (Baseline::new(architecture, &cpu.features), Baseline::features(&cpu.tested)) {
            (Ok(baseline), Ok(tested)) => (baseline, tested),
            (Err(why), _) | (_, Err(why)) => return Verdict::not_applicable(why),
        };
    let survey = isa::survey(subject.image);
    if survey.bytes == 0 {
        return Verdict::not_applicable("the file brings no executable memory");
    }
    let lacking: Vec<(Feature, &Usage)> = survey
        .used
        .iter()
        .map(|(feature, usage)| (*feature, usage))
        .filter(|(feature, usage)| usage.count > 0 && !baseline.has(*feature))
        .collect();
    let is_tested =
        |(feature, usage): &(Feature, &Usage)| tested.contains(feature) || is_outlined(*feature, usage);
    let (excused, refused): (Vec<_>, Vec<_>) = lacking.into_iter().partition(is_tested);
    if refused.is_empty() {
        return Verdict::pass(passed(survey.bytes, architecture, &excused));
    }
    let may = match isa::sign(subject.image) {
        Some(sign) => format!("{sign}: may be reached only behind a HWCAP test"),
        None => "no sign of a HWCAP test was seen; whether they are reached is not known".into(),
    };
    let counts: Vec<String> = refused.iter().map(|(feature, usage)| described(*feature, usage)).collect();
    Verdict::fail(
        format!("{}; {may}", counts.join("; ")),
        format!("SIGILL where a processor of {architecture} without that reaches one"),
        "compile for the device's processor, or list under cpu.tested what the program tests for first",
    )
}

/// All are atomics, each behind the test of a byte.
fn is_outlined(feature: Feature, usage: &Usage) -> bool {
    feature == Feature::Lse && usage.behind_test == usage.count
}

fn passed(bytes: u64, architecture: &str, excused: &[(Feature, &Usage)]) -> String {
    let mut said = format!("{bytes} bytes of code want nothing that the profile's {architecture} lacks");
    for (feature, usage) in excused {
        let why = if is_outlined(*feature, usage) {
            "each is preceded by a test of one byte (outline atomics)"
        } else {
            "the profile says that programs test for it"
        };
        said = format!("{said}; {} of {}: {why}", usage.count, feature.name());
    }
    said
}

/// `3 instructions of sve at 0x1000 (0420e3e7), 0x1004 (…), …`
fn described(feature: Feature, usage: &Usage) -> String {
    let shown: Vec<String> =
        usage.first.iter().map(|found| format!("{:#x} ({:08x})", found.address, found.word)).collect();
    let (plural, more) =
        (if usage.count == 1 { "" } else { "s" }, if usage.count > shown.len() as u64 { ", …" } else { "" });
    format!("{} instruction{plural} of {} at {}{more}", usage.count, feature.name(), shown.join(", "))
}
