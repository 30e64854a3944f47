//! `machine`: the file is for the device's processor: 64-bit, little-endian, its instruction set.

use super::{Check, Rule, Severity, Subject, Verdict};
use crate::elf::machine_name;

/// The rule.
pub const RULE: Rule = Rule {
    id: "machine",
    summary: "the file is for the device's processor: 64-bit, little-endian, its instruction set",
    what: "e_machine, EI_CLASS, EI_DATA, and EI_OSABI, which must be System V or GNU/Linux.",
    why: "execve answers ENOEXEC, which shells print as \"Exec format error\" or try to read the file as a \
          script.",
    fix: "Compile for the device: for this profile's machine, not for the machine that builds.",
    source: "gABI, \"ELF Header\"; Linux fs/binfmt_elf.c, elf_check_arch",
    severity: Severity::Deny,
    check: Check::Header(check),
};

/// System V, and GNU/Linux, which toolchains write when a file uses GNU extensions.
const OS_ABIS: [u8; 2] = [0, 3];

fn check(subject: &Subject) -> Verdict {
    let header = &subject.image.header;
    let seen = format!(
        "{}-bit {}-endian {}, OS/ABI {}",
        if header.is_64_bit { 64 } else { 32 },
        if header.is_little_endian { "little" } else { "big" },
        machine_name(header.machine),
        header.os_abi
    );
    let wanted = &subject.profile.elf.machine;
    let fits = header.is_64_bit && header.is_little_endian && machine_name(header.machine) == *wanted;
    if fits && OS_ABIS.contains(&header.os_abi) {
        Verdict::pass(seen)
    } else {
        Verdict::fail(
            format!("{seen}; the device is 64-bit little-endian {wanted}"),
            "ENOEXEC, \"Exec format error\"",
            format!("compile for {wanted} Linux"),
        )
    }
}
