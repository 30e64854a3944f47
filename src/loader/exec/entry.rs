//! The first instruction, and the start code of programs that relocate themselves.

use std::path::Path;

use super::header::{ET_DYN, Object};
use super::map::Space;
use super::{Attempt, Stop};
use crate::elf::{Bytes, Image};
use crate::loader::{End, Signal};
use crate::start::{self, Death as Halt, Outcome};

/// What decides about the first instruction.
pub const SOURCE: &str = "the processor; Linux mm/fault.c of the architecture, do_page_fault";

/// Why the first instruction is the last.
#[derive(Debug)]
pub struct Death {
    pub id: &'static str,
    pub signal: Signal,
    pub evidence: String,
}

/// What happens at `entry`; nothing, if an instruction is there.
pub fn judge(space: &Space, entry: u64, files: [Option<&Object>; 2], machine: &str) -> Option<Death> {
    let death = |id, signal, evidence: &str| Some(Death { id, signal, evidence: evidence.into() });
    if machine == "aarch64" && entry % 4 != 0 {
        return death(
            "entry-misaligned",
            Signal::SIGBUS,
            "the entry point is not a multiple of 4, as instructions are",
        );
    }
    let Some(area) = space.at(entry) else {
        return death("entry-unmapped", Signal::SIGSEGV, "no PT_LOAD segment covers the entry point");
    };
    let beyond = space.is_beyond_file(entry);
    // An x86-64 kernel brings the page before it looks whether instructions may be fetched from it (access_error).
    let beyond_first = beyond && machine == "x86_64" && area.flags != 0;
    if area.flags & 1 == 0 && !beyond_first {
        return death(
            "entry-not-executable",
            Signal::SIGSEGV,
            "the page with the entry point is not executable: its segment is not, or a later one covers the page",
        );
    }
    if beyond {
        return death(
            "entry-beyond-file",
            Signal::SIGBUS,
            "the page with the entry point is behind the end of the file",
        );
    }
    let word = if space.is_zero(entry) {
        Some(0)
    } else {
        space.offset(entry).and_then(|(file, offset)| {
            // What the last page holds behind the file's end is zeros.
            let bytes = Bytes::new(&files[file]?.bytes);
            let byte = |at| bytes.array::<1>(offset + at).map_or(0, |[byte]| u32::from(byte) << (8 * at));
            Some((0..4).map(byte).sum())
        })
    };
    match (machine, word) {
        ("aarch64", Some(word)) if word >> 16 == 0 => death(
            "entry-undefined",
            Signal::SIGILL,
            "zeros are at the entry point: an undefined instruction (udf)",
        ),
        // add %al, (%rax), with rax 0 at exec.
        ("x86_64", Some(0)) => {
            death("entry-undefined", Signal::SIGSEGV, "zeros are at the entry point: add %al,(%rax)")
        }
        _ => None,
    }
}

impl Attempt<'_> {
    /// A position-independent program without interpreter has to relocate itself: its start code is run.
    pub(super) fn relocates_itself(&mut self, path: &Path, program: &Object) -> Result<(), Stop> {
        // The emulator has A64 alone; what it needs to know is in a file that can be parsed.
        if self.kernel.machine != "aarch64" || program.header.kind != ET_DYN {
            return Ok(());
        }
        let Ok(image) = Image::parse(&program.bytes, &path.display().to_string()) else { return Ok(()) };
        let count = image.relocations.relative;
        if count == 0 {
            return Ok(());
        }
        let call = "run the start code until it has relocated the program";
        let (death, instead) = match start::run(&image) {
            Outcome::Relocates { instructions, sampled } => {
                self.step(
                    call,
                    "ok",
                    format!("{sampled} relocations seen applied within {instructions} instructions"),
                );
                return Ok(());
            }
            Outcome::Unclear { why } => {
                self.depends
                    .push(format!("whether the start code applies the {count} relative relocations: {why}"));
                return Ok(());
            }
            Outcome::DoesNot { death: None, instead, .. } => {
                self.depends.push(format!(
                    "its {count} relative relocations are not applied when the start code {instead}: the first use of \
                     such a pointer is SIGSEGV"
                ));
                return Ok(());
            }
            Outcome::DoesNot { death: Some(death), instead, .. } => (death, instead),
        };
        let signal = match death {
            Halt::Fault => Signal::SIGSEGV,
            Halt::Breakpoint => Signal::SIGTRAP,
            Halt::Undefined => Signal::SIGILL,
        };
        let evidence = format!("nothing applies its {count} relative relocations; the start code {instead}");
        self.step(call, signal.name(), evidence.clone());
        self.dies(signal);
        let fix = "link rcrt1.o instead of crt1.o (-static-pie)";
        let source = "the start code, emulated; sarsen rules self-relocating";
        Err(Stop::cause("not-self-relocating", End::Signal(signal), source, evidence, fix))
    }
}
