//! The rules: one a file, each with its documentation beside its check. A rule turns facts and a profile into a verdict.

mod bind_now;
mod elf_valid;
mod kernel_version;
mod machine;
mod no_build_paths;
mod no_foreign_libc;
mod no_interpreter;
mod no_needed;
mod no_runpath;
mod no_textrel;
mod no_wx;
mod noexec_stack;
mod relro;
mod segment_alignment;
mod self_relocating;
mod static_pie;
mod stripped;

use std::cell::OnceCell;

use crate::elf::Image;
use crate::profile::Profile;
use crate::start;

/// Every rule, in the order of reports. A new rule is a new file and a line here.
pub const ALL: &[&Rule] = &[
    &elf_valid::RULE,
    &machine::RULE,
    &static_pie::RULE,
    &self_relocating::RULE,
    &no_interpreter::RULE,
    &no_needed::RULE,
    &no_runpath::RULE,
    &no_textrel::RULE,
    &no_foreign_libc::RULE,
    &relro::RULE,
    &bind_now::RULE,
    &noexec_stack::RULE,
    &no_wx::RULE,
    &stripped::RULE,
    &segment_alignment::RULE,
    &kernel_version::RULE,
    &no_build_paths::RULE,
];

/// One rule. Its texts are the only source of what `sarsen rules`, docs/rules.md and reports say about it.
#[derive(Debug)]
pub struct Rule {
    /// The stable name: the property that must hold, in kebab case.
    pub id: &'static str,
    /// The property as a sentence fragment.
    pub summary: &'static str,
    /// What exactly is looked at.
    pub what: &'static str,
    /// What happens on the device otherwise.
    pub why: &'static str,
    /// How to make a file that passes.
    pub fix: &'static str,
    /// The standard, kernel file or manual that decides.
    pub source: &'static str,
    /// How much of a file it needs.
    pub reads: Reads,
    check: fn(&Subject) -> Verdict,
}

/// How much of a file a rule needs in order to say anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// The ELF header, or only bytes.
    Header,
    /// The program headers and what they lead to.
    Segments,
}

impl Rule {
    /// Judges one file.
    pub fn judge(&self, subject: &Subject) -> Verdict {
        match self.reads {
            Reads::Segments => unread(subject.image).unwrap_or_else(|| (self.check)(subject)),
            Reads::Header => (self.check)(subject),
        }
    }
}

/// What a rule judges.
pub struct Subject<'a> {
    /// The file's facts.
    pub image: &'a Image<'a>,
    /// The device.
    pub profile: &'a Profile,
    start: OnceCell<start::Outcome>,
}

impl<'a> Subject<'a> {
    /// One file on one device.
    pub fn new(image: &'a Image<'a>, profile: &'a Profile) -> Self {
        Self { image, profile, start: OnceCell::new() }
    }

    /// What the start code does; it is run when first asked for.
    pub fn start(&self) -> &start::Outcome {
        self.start.get_or_init(|| start::run(self.image))
    }
}

/// What a rule says of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The property holds.
    Pass {
        /// What was seen.
        evidence: String,
    },
    /// It does not.
    Fail {
        /// What was seen.
        evidence: String,
        /// What that means on the device, for this very file.
        effect: String,
        /// The shortest way out.
        next: String,
    },
    /// The question makes no sense for this file or device.
    NotApplicable {
        /// Why.
        because: String,
    },
}

impl Verdict {
    fn pass(evidence: impl Into<String>) -> Self {
        Self::Pass { evidence: evidence.into() }
    }

    fn fail(evidence: impl Into<String>, effect: impl Into<String>, next: impl Into<String>) -> Self {
        Self::Fail { evidence: evidence.into(), effect: effect.into(), next: next.into() }
    }

    fn not_applicable(because: impl Into<String>) -> Self {
        Self::NotApplicable { because: because.into() }
    }
}

/// The rule called `id`.
pub fn find(id: &str) -> Option<&'static Rule> {
    ALL.iter().find(|rule| rule.id == id).copied()
}

/// Why a file's facts are not there, for rules that need more than a header.
fn unread(image: &Image) -> Option<Verdict> {
    let reason = if !image.header.is_64_bit {
        "only the header of a 32-bit file is read"
    } else if !image.header.is_little_endian {
        "only the header of a big-endian file is read"
    } else if image.segments.is_empty() {
        "the file has no usable program headers"
    } else {
        return None;
    };
    Some(Verdict::not_applicable(reason))
}

/// Where `needle` first is in `haystack`.
fn find_bytes(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let (first, rest) = needle.split_first()?;
    let mut from = 0;
    while let Some(at) = haystack[from..].iter().position(|b| b == first) {
        let behind = from + at + 1;
        if haystack[behind..].starts_with(rest) {
            return Some(behind - 1);
        }
        from = behind;
    }
    None
}
