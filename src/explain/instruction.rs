//! An instruction that the device's processor does not have, on the way that start code always takes.

use crate::elf::Image;
use crate::isa::{self, Baseline};
use crate::loader::{Cause, End, Signal};
use crate::profile::Profile;
use crate::start;

/// The emulator follows a static program from its entry point to the first system call. What it stops at, if the table
/// of later instructions knows it and the profile's processor lacks it, is executed by every start. Everywhere else an
/// instruction may never be reached: that is what `depends` tells.
pub fn undefined(program: &Image, profile: &Profile) -> Option<Cause> {
    if program.header.machine != 183 {
        return None;
    }
    let cpu = &profile.cpu;
    let architecture = cpu.architecture.as_deref()?;
    let baseline = Baseline::new(architecture, &cpu.features).ok()?;
    let (address, word) = start::unknown_instruction(program)?;
    let feature = isa::feature_of(word).filter(|&feature| !baseline.has(feature))?;
    let name = feature.name();
    Some(Cause {
        id: "instruction-missing",
        end: End::Signal(Signal::SIGILL),
        source: "the processor; arch/arm64/kernel/traps.c, do_undefinstr",
        evidence: format!(
            "its start code reaches {word:08x} at {address:#x}, an instruction of {name}, which the device's \
             {architecture} does not have"
        ),
        fix: format!(
            "compile for the device's processor, or, if it has {name}, name that under cpu.features"
        ),
    })
}
