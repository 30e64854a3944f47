//! Judges files: every rule over every file, by one profile.

mod root;
mod sources;
mod tally;

use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::clock::Today;
use crate::elf::{Bytes, Image, Parts};
use crate::error::Error;
use crate::input;
use crate::parallel;
use crate::profile::{Profile, Severity, Suppression};
use crate::rules::{self, Check, Place, Rule, Subject, Verdict};
use crate::texts::Finder;

pub use root::Root;
pub use sources::Sources;
pub use tally::{RuleTally, Summary, Tally};

/// What one rule said of one file.
#[derive(Debug)]
pub struct Judgement<'p> {
    /// The rule.
    pub rule: &'static Rule,
    /// What its failure means on this device.
    pub severity: Severity,
    /// What it said.
    pub verdict: Verdict,
    /// The profile's word that this failure is known and accepted.
    pub accepted: Option<&'p Suppression>,
}

impl Judgement<'_> {
    /// It is a failure that nobody has accepted.
    pub fn fails(&self) -> bool {
        matches!(self.verdict, Verdict::Fail { .. }) && self.accepted.is_none()
    }

    /// The file is refused for this.
    pub fn refuses(&self) -> bool {
        self.fails() && self.severity == Severity::Deny
    }
}

/// Everything said of one file.
#[derive(Debug)]
pub struct FileReport<'p> {
    /// The path as people know it: as it was given, that folder's path and the way from there, or an archive's path, a
    /// colon and the path inside.
    pub path: PathBuf,
    /// The archive that the file is in, if it is in one.
    pub archive: Option<PathBuf>,
    /// The judgements in the order of [`rules::ALL`], or why there are none.
    pub outcome: Result<Vec<Judgement<'p>>, Error>,
}

/// A profile, prepared for judging many files.
#[derive(Debug)]
pub struct Judge<'p> {
    profile: &'p Profile,
    finder: Finder,
    today: Today,
    /// Some rule looks at every byte of a file.
    reads_all: bool,
}

impl<'p> Judge<'p> {
    /// Gathers once what every file is asked for.
    pub fn new(profile: &'p Profile) -> Self {
        let reads_all = asked(profile).any(|rule| matches!(rule.check, Check::Texts(_) | Check::Whole(_)));
        Self { profile, finder: Finder::new(profile), today: Today::ask(), reads_all }
    }

    /// The same judge on another day: suppressions that end are compared with `today` in the place of [`Today::ask`].
    #[must_use]
    pub fn on(mut self, today: Today) -> Self {
        self.today = today;
        self
    }

    /// Judges the file at `path`, by itself.
    pub fn file(&self, path: &Path) -> FileReport<'p> {
        let name = path.display().to_string();
        let outcome = match self.by_parts(path, &name) {
            Some(judgements) => Ok(judgements),
            None => input::read_with(path, |bytes| self.image(bytes, &name)),
        };
        FileReport { path: path.to_owned(), archive: None, outcome }
    }

    /// Judges a file by its headers and tables alone, if no rule asks for more and nothing is wrong with it.
    fn by_parts(&self, path: &Path, name: &str) -> Option<Vec<Judgement<'p>>> {
        if self.reads_all {
            return None;
        }
        let opened = input::open(path).ok().filter(|opened| opened.size() <= input::LIMIT)?;
        let read = |offset, buffer: &mut [u8]| opened.file().read_exact_at(buffer, offset);
        let parts = Parts::read(opened.size(), read).ok()?;
        opened.unchanged().ok()?;
        let judgements = self.elf(Bytes::parts(&parts), &[name], None).ok()?;
        (!parts.missed()).then_some(judgements)
    }

    /// Judges the files at `paths`, each by itself, on all processors; what was said of each is handed to `take` in that
    /// order.
    ///
    /// # Errors
    /// The first error of `take`.
    pub fn files<E>(
        &self,
        paths: &[PathBuf],
        take: impl FnMut(FileReport<'p>) -> Result<(), E>,
    ) -> Result<(), E> {
        parallel::in_order(paths.iter(), |path| self.file(path), take)
    }

    /// Judges the bytes of a file called `name`.
    ///
    /// # Errors
    /// `input-not-elf` or `input-truncated`, see [`Image::parse`].
    pub fn image(&self, bytes: &[u8], name: &str) -> Result<Vec<Judgement<'p>>, Error> {
        self.elf(Bytes::new(bytes), &[name], None)
    }

    /// Judges an ELF file that is known by `names`, the first being the one for errors.
    fn elf(&self, bytes: Bytes, names: &[&str], place: Option<Place>) -> Result<Vec<Judgement<'p>>, Error> {
        let image = Image::of(bytes, names[0])?;
        let mut subject = Subject::new(&image, self.profile, &self.finder);
        if let Some(place) = place {
            subject = subject.in_place(place);
        }
        let said = asked(self.profile).filter_map(|rule| Some((rule, rule.judge(&subject)?)));
        Ok(said.map(|(rule, verdict)| self.judgement(rule, verdict, names)).collect())
    }

    fn judgement(&self, rule: &'static Rule, verdict: Verdict, names: &[&str]) -> Judgement<'p> {
        let fails = matches!(verdict, Verdict::Fail { .. });
        let accepts = |s: &&Suppression| {
            fails && s.holds(&self.today) && names.iter().any(|name| s.is_about(rule.id, name))
        };
        let accepted = self.profile.suppress.iter().find(accepts);
        Judgement { rule, severity: self.profile.severity(rule), verdict, accepted }
    }

    /// What was said over all files, before the first of them.
    pub fn summary(&self) -> Summary<'p> {
        Summary::new(self.profile, &self.today)
    }
}

/// The rules that `profile` does not allow to fail anyway.
fn asked(profile: &Profile) -> impl Iterator<Item = &'static Rule> {
    rules::ALL.iter().copied().filter(|rule| profile.severity(rule) != Severity::Allow)
}

/// Judges the bytes of a single file called `name`, see [`Judge::image`].
///
/// # Errors
/// As there.
pub fn image<'p>(bytes: &[u8], name: &str, profile: &'p Profile) -> Result<Vec<Judgement<'p>>, Error> {
    Judge::new(profile).image(bytes, name)
}
