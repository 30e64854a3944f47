//! The rules: one a file, each with its documentation beside its check. A rule turns facts and a profile into a verdict.

mod allocator_page_size;
mod bind_now;
mod branch_protection;
mod build_id;
mod dangling_link;
mod elf_valid;
mod file_size;
mod fortify;
mod go_cgo;
mod interpreter_present;
mod isa_baseline;
mod kernel_version;
mod lean_dynamic;
mod library_present;
mod machine;
mod memory_size;
mod mixed_abi;
mod no_build_paths;
mod no_comment;
mod no_date_macros;
mod no_debug;
mod no_foreign_libc;
mod no_interpreter;
mod no_needed;
mod no_runpath;
mod no_secrets;
mod no_textrel;
mod no_wx;
mod noexec_stack;
mod origin;
mod place;
mod relro;
mod rust_deps;
mod script_interpreter;
mod segment_alignment;
mod self_relocating;
mod setuid;
mod stack_protector;
mod static_pie;
mod stripped;
mod symbol_present;
mod symbol_version_present;
mod symbol_versions;

use std::cell::OnceCell;

use crate::elf::{Image, Kind};
use crate::loader::dynamic::{Environment, Linked, Unmodelled};
use crate::profile::{Profile, Severity};
use crate::start;
use crate::texts::{Finder, Found, Hit};

pub use place::{Member, Place};

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
    &symbol_versions::RULE,
    &relro::RULE,
    &bind_now::RULE,
    &noexec_stack::RULE,
    &no_wx::RULE,
    &stack_protector::RULE,
    &fortify::RULE,
    &branch_protection::RULE,
    &stripped::RULE,
    &no_debug::RULE,
    &no_comment::RULE,
    &lean_dynamic::RULE,
    &segment_alignment::RULE,
    &isa_baseline::RULE,
    &allocator_page_size::RULE,
    &kernel_version::RULE,
    &no_build_paths::RULE,
    &no_secrets::RULE,
    &no_date_macros::RULE,
    &build_id::RULE,
    &go_cgo::RULE,
    &rust_deps::RULE,
    &file_size::RULE,
    &memory_size::RULE,
    &interpreter_present::RULE,
    &library_present::RULE,
    &symbol_version_present::RULE,
    &symbol_present::RULE,
    &mixed_abi::RULE,
    &script_interpreter::RULE,
    &dangling_link::RULE,
    &setuid::RULE,
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
    /// It needs those and looks at all of the file, at its code for example.
    Whole(fn(&Subject) -> Verdict),
    /// It needs to know which texts are in the file.
    Texts(Texts),
    /// It needs the root file system that the file is in, see [`Subject::in_place`].
    World(fn(&Subject, &Place) -> Verdict),
    /// It needs that, and what the file's dynamic loader does with it there.
    Linked(fn(&Subject, &Place, &Linked) -> Verdict),
    /// It is about any member of a root file system, not only ELF files: scripts, links, modes. `None`: the rule has
    /// nothing to say of such a member.
    Member(fn(&Member) -> Option<Verdict>),
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
    /// Judges one ELF file. `None`: the rule is about members of a root file system, and not about this one.
    pub fn judge(&self, subject: &Subject) -> Option<Verdict> {
        match &self.check {
            Check::Header(check) => Some(check(subject)),
            Check::Segments(check) | Check::Whole(check) => {
                Some(unread(subject.image).unwrap_or_else(|| check(subject)))
            }
            Check::Texts(texts) => Some((texts.check)(subject)),
            Check::World(check) => Some(match &subject.place {
                None => alone(),
                Some(place) => unread(subject.image).unwrap_or_else(|| check(subject, place)),
            }),
            Check::Linked(check) => Some(match &subject.place {
                None => alone(),
                Some(place) => unread(subject.image).unwrap_or_else(|| match subject.linked(place) {
                    Ok(linked) => check(subject, place, linked),
                    Err(why) => Verdict::not_applicable(why.to_string()),
                }),
            }),
            Check::Member(check) => {
                let Place { world, path, node } = *subject.place()?;
                let head = subject.image.bytes.all();
                check(&Member { profile: subject.profile, world, path, node, head })
            }
        }
    }

    /// Judges a member of a root file system that is not an ELF file; `None` if the rule is not about such a member.
    pub fn judge_member(&self, member: &Member) -> Option<Verdict> {
        match &self.check {
            Check::Member(check) => check(member),
            _ => None,
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
    place: Option<Place<'a>>,
    start: OnceCell<start::Outcome>,
    texts: OnceCell<Vec<Found>>,
    linked: OnceCell<Result<Linked, Unmodelled>>,
}

impl<'a> Subject<'a> {
    /// One file on one device; `finder` knows the texts of the same profile.
    pub fn new(image: &'a Image<'a>, profile: &'a Profile, finder: &'a Finder) -> Self {
        Self {
            image,
            profile,
            finder,
            place: None,
            start: OnceCell::new(),
            texts: OnceCell::new(),
            linked: OnceCell::new(),
        }
    }

    /// The same file where it is in a root file system.
    #[must_use]
    pub fn in_place(self, place: Place<'a>) -> Self {
        Self { place: Some(place), ..self }
    }

    /// Where it is, if its root file system is at hand.
    pub fn place(&self) -> Option<&Place<'a>> {
        self.place.as_ref()
    }

    /// What its dynamic loader does with it there; it is linked when first asked for. `place` is the one that
    /// [`Subject::in_place`] was given.
    fn linked(&self, place: &Place) -> &Result<Linked, Unmodelled> {
        self.linked.get_or_init(|| {
            let secure = place.node.is_setuid() || place.node.is_setgid();
            place.world.link(place.path, self.image, &Environment { secure, ..Environment::default() })
        })
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
    /// What was seen, or why the rule is not applicable.
    pub fn text(&self) -> &str {
        match self {
            Self::Pass { evidence } | Self::Fail { evidence, .. } => evidence,
            Self::NotApplicable { because } => because,
        }
    }

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

fn alone() -> Verdict {
    Verdict::not_applicable("judged without its root file system: name the folder or image, or give --rootfs")
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

/// Judges by the sections whose names are `unwanted`; `what` names one of them.
fn without_sections(
    subject: &Subject,
    unwanted: fn(&str) -> bool,
    what: &str,
    effect: &str,
    next: &str,
) -> Verdict {
    let left: Vec<_> = subject.image.sections.iter().filter(|s| unwanted(&s.name)).collect();
    let bytes = left.iter().fold(0u64, |sum, s| sum.saturating_add(s.size));
    match left.as_slice() {
        [] => Verdict::pass(format!("no {what}")),
        [only] => Verdict::fail(format!("{}, {bytes} bytes", only.name), effect, next),
        [first, ..] => Verdict::fail(
            format!("{} such sections, {bytes} bytes, the first is {}", left.len(), first.name),
            effect,
            next,
        ),
    }
}
