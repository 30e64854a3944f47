//! Comparing versions (elf/dl-version.c): every library must define each version that is asked of it by name.

use std::sync::Arc;

use super::{Loader, Trouble, When};
use crate::loader::{Cause, End};

const SOURCE: &str = "glibc elf/dl-version.c, _dl_check_map_versions";

impl Loader<'_> {
    /// Whether the start goes on.
    pub(super) fn check_versions(&mut self) -> bool {
        let mut good = true;
        for index in 0..self.process.objects.len() {
            let facts = Arc::clone(&self.process.objects[index].facts);
            for need in &facts.needs {
                let called = |other: &usize| self.is_called(*other, &need.library);
                let library = (0..self.process.objects.len()).find(called);
                let defined = match library {
                    Some(library) => self.process.objects[library].facts.clone(),
                    // The loader is in the list without being needed.
                    None if self.is_loader(&need.library) => Arc::clone(&self.process.program.loader),
                    None => {
                        self.unknown(index, &need.library);
                        return false;
                    }
                };
                let opened =
                    library.map_or_else(|| self.process.program.interpreter.to_owned(), |l| self.name_of(l));
                for (version, is_weak) in &need.versions {
                    match &defined.versions {
                        None => self.no_versions(index, &opened, version),
                        Some(have) if have.iter().any(|have| have == version) => {}
                        Some(_) => {
                            self.absent(index, &opened, version, *is_weak);
                            good &= is_weak;
                        }
                    }
                }
            }
            if self.settings.checks_relr && self.lacks_relr_version(index) {
                return false;
            }
        }
        good
    }

    fn absent(&mut self, index: usize, library: &str, version: &str, is_weak: bool) {
        let (weak, status, when) = if is_weak { ("weak ", 0, When::Never) } else { ("", 1, When::Start) };
        let by = self.name_of(index);
        let says = format!(
            "{}: {library}: {weak}version `{version}' not found (required by {by})",
            self.program_name()
        );
        let cause = Cause {
            id: "version-missing",
            end: End::Exit { status, says },
            source: SOURCE,
            evidence: format!("{by} needs {weak}version {version}, which {library} does not define"),
            fix: format!("build {by} against the device's library, or bring a {library} that has {version}"),
        };
        self.report(Trouble::VersionMissing, when, index, version, cause);
    }

    /// A library without versions serves for all of them, with a word about it.
    fn no_versions(&mut self, index: usize, library: &str, version: &str) {
        let by = self.name_of(index);
        let says = format!(
            "{}: {library}: no version information available (required by {by})",
            self.program_name()
        );
        let cause = Cause {
            id: "version-missing",
            end: End::Exit { status: 0, says },
            source: SOURCE,
            evidence: format!("{by} needs version {version} of {library}, which has no versions at all"),
            fix: format!("build {by} against the {library} of the device"),
        };
        self.report(Trouble::VersionMissing, When::Never, index, version, cause);
    }

    /// A library that versions are asked of without being needed: glibc ends in an assertion.
    fn unknown(&mut self, index: usize, library: &str) {
        let by = self.name_of(index);
        let says = "Inconsistency detected by ld.so: dl-version.c: _dl_check_map_versions: Assertion `needed != NULL' failed!";
        let cause = Cause {
            id: "version-missing",
            end: End::Exit { status: 127, says: says.into() },
            source: SOURCE,
            evidence: format!("{by} asks for versions of {library}, which nothing in the process needs"),
            fix: format!("link {by} again: its DT_NEEDED and DT_VERNEED do not agree"),
        };
        self.report(Trouble::VersionMissing, When::Start, index, library, cause);
    }

    fn lacks_relr_version(&mut self, index: usize) -> bool {
        const VERSION: &str = "GLIBC_ABI_DT_RELR";
        let facts = &self.process.objects[index].facts;
        let announced =
            facts.needs.iter().flat_map(|need| &need.versions).any(|(name, _)| &**name == VERSION);
        let needs_libc = facts.needed.iter().any(|name| name.starts_with("libc.so."));
        if !facts.has_relr || announced || !needs_libc || facts.needs.is_empty() {
            return false;
        }
        let name = self.name_of(index);
        let says = format!(
            "{}: error while loading shared libraries: {name}: DT_RELR without {VERSION} dependency",
            self.program_name()
        );
        let cause = Cause {
            id: "version-missing",
            end: End::Exit { status: 127, says },
            source: SOURCE,
            evidence: format!("{name} has packed relative relocations and does not ask for {VERSION}"),
            fix:
                "link it with -z pack-relative-relocs, which adds that version, or without packed relocations"
                    .into(),
        };
        self.report(Trouble::VersionMissing, When::Start, index, VERSION, cause);
        true
    }
}
