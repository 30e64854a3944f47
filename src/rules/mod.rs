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

use crate::elf::{Image, Kind};
use crate::profile::{Profile, Severity};
use crate::start;
use crate::texts::{Finder, Found, Hit};

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
    /// What its failure means where a profile does not say otherwise.
    pub severity: Severity,
    /// How it is asked, and what it needs for that.
    pub check: Check,
}

/// How a rule is asked.
#[derive(Debug)]
pub enum Check {
    /// It needs the ELF header, or only bytes.
    Header(fn(&Subject) -> Verdict),
    /// It needs the program headers and what they lead to.
    Segments(fn(&Subject) -> Verdict),
    /// It needs to know which texts are in the file.
    Texts(Texts),
}

/// Texts that a rule looks for. All rules' texts are found in one pass over the file.
#[derive(Debug)]
pub struct Texts {
    /// What to look for on this device.
    pub wanted: fn(&Profile) -> Vec<String>,
    /// Whether an occurrence counts, by what is around it.
    pub counts: fn(&Hit) -> bool,
    /// Judges what was found, see [`Subject::texts`].
    pub check: fn(&Subject) -> Verdict,
}

impl Rule {
    /// Judges one file.
    pub fn judge(&self, subject: &Subject) -> Verdict {
        match &self.check {
            Check::Header(check) => check(subject),
            Check::Segments(check) => unread(subject.image).unwrap_or_else(|| check(subject)),
            Check::Texts(texts) => (texts.check)(subject),
        }
    }
}

/// What a rule judges.
pub struct Subject<'a> {
    /// The file's facts.
    pub image: &'a Image<'a>,
    /// The device.
    pub profile: &'a Profile,
    finder: &'a Finder,
    start: OnceCell<start::Outcome>,
    texts: OnceCell<Vec<Found>>,
}

impl<'a> Subject<'a> {
    /// One file on one device; `finder` knows the texts of the same profile.
    pub fn new(image: &'a Image<'a>, profile: &'a Profile, finder: &'a Finder) -> Self {
        Self { image, profile, finder, start: OnceCell::new(), texts: OnceCell::new() }
    }

    /// Which texts of the rule `id` are in the file, in the order of their first occurrence.
    pub fn texts(&self, id: &str) -> impl Iterator<Item = &Found> {
        let found = self.texts.get_or_init(|| self.finder.find(self.image.bytes.all()));
        found.iter().filter(move |found| found.rule == id)
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
    } else if let Kind::Other(kind) = image.header.kind {
        return Some(Verdict::not_applicable(format!("e_type {kind}: neither a program nor a library")));
    } else if image.segments.is_empty() {
        "the file has no usable program headers"
    } else {
        return None;
    };
    Some(Verdict::not_applicable(reason))
}
