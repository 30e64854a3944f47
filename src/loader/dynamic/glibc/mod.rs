//! glibc's loader (elf/rtld.c): loads breadth-first and stops at the first failure, then compares versions and names
//! every one that is absent, then relocates and stops at the first symbol that is absent.

mod bind;
mod open;
mod search;
mod tokens;
mod versions;

use std::collections::HashSet;
use std::sync::Arc;

use super::cache::Cache;
use super::family::Glibc;
use super::process::{Process, Program};
use super::world::Opened;
use super::{Family, Linked, Object, Trouble, Unmodelled, When};
use crate::loader::{Cause, End};
use crate::rootfs::Errno;

use open::{Failure, Fault};

const PRELOAD: &str = "/etc/ld.so.preload";

pub(super) fn link(program: &Program, settings: &Glibc) -> Result<Linked, Unmodelled> {
    let mut loader = Loader {
        settings,
        cache: program.world.cache(&settings.cache),
        cache_is_open: false,
        names: vec![Vec::new()],
        needs: vec![Vec::new()],
        absent: HashSet::new(),
        errno: None,
        process: Process::new(program),
    };
    loader.preload();
    if loader.load() && loader.check_versions() {
        loader.relocate();
    }
    loader.process.finish(Family::Glibc)
}

struct Loader<'w> {
    settings: &'w Glibc,
    process: Process<'w>,
    cache: Option<Arc<Cache>>,
    cache_is_open: bool,
    /// By which names each object is known, besides its path and soname.
    names: Vec<Vec<String>>,
    /// The objects that each object needs, in order.
    needs: Vec<Vec<usize>>,
    /// Folders that are known not to exist.
    absent: HashSet<String>,
    /// errno, as far as it is set by opening files.
    errno: Option<Errno>,
}

impl Loader<'_> {
    /// The name by which messages call the program.
    fn program_name(&self) -> String {
        let program = &self.process.program;
        program.environment.argv0.clone().unwrap_or_else(|| program.path.to_string_lossy().into_owned())
    }

    /// The name by which messages call an object (DSO_FILENAME).
    fn name_of(&self, index: usize) -> String {
        if index == 0 { self.program_name() } else { self.process.objects[index].opened.clone() }
    }

    /// LD_PRELOAD and /etc/ld.so.preload. What cannot be loaded is named and passed over.
    fn preload(&mut self) {
        let environment = self.process.program.environment;
        let mut wanted: Vec<(String, &str)> = Vec::new();
        if let (Some(list), false) = (&environment.preload, environment.secure) {
            wanted.extend(list.split([' ', ':']).map(|name| (name.to_owned(), "LD_PRELOAD")));
        }
        // access(2) comes first; a file that is not there is not worth a step.
        if let Ok(text) = self.process.program.world.text(PRELOAD) {
            let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default());
            let names = lines.flat_map(|line| line.split([' ', '\t', ':']));
            wanted.extend(names.map(|name| (name.to_owned(), PRELOAD)));
        }
        for (name, origin) in wanted.into_iter().filter(|(name, _)| !name.is_empty()) {
            let first = self.process.steps.len();
            let Err(failure) = self.map(&name, 0, origin) else { continue };
            let text = failure.text;
            let says =
                format!("ERROR: ld.so: object '{name}' from {origin} cannot be preloaded ({text}): ignored.");
            let end = End::Exit { status: 0, says };
            self.process.no_library(
                first,
                0,
                &name,
                Trouble::LibraryMissing,
                end,
                "glibc elf/rtld.c, do_preload",
            );
            if let Some(problem) = self.process.problems.last_mut() {
                problem.when = When::Never;
            }
        }
    }

    /// _dl_map_object_deps. Whether everything is there.
    fn load(&mut self) -> bool {
        self.errno = None;
        let mut index = 0;
        while index < self.process.objects.len() {
            let facts = Arc::clone(&self.process.objects[index].facts);
            for wanted in &facts.needed {
                let name = self.expand(index, wanted);
                let first = self.process.steps.len();
                match self.map(&name, index, "DT_NEEDED") {
                    Ok(found) => self.needs[index].push(found),
                    Err(failure) => {
                        self.fail(first, index, wanted, &failure);
                        return false;
                    }
                }
            }
            index += 1;
        }
        true
    }

    fn fail(&mut self, first: usize, index: usize, name: &str, failure: &Failure) {
        let program = self.program_name();
        let says = format!(
            "{program}: error while loading shared libraries: {}: {}",
            failure.object,
            failure.message()
        );
        let trouble = match failure.fault {
            Fault::Absent => Trouble::LibraryMissing,
            Fault::Unusable => Trouble::LibraryUnusable,
        };
        let end = End::Exit { status: 127, says };
        self.process.no_library(first, index, name, trouble, end, "glibc elf/dl-load.c, _dl_map_object");
    }

    /// Whether an object is known by `name` (_dl_name_match_p, and its soname).
    fn is_called(&self, index: usize, name: &str) -> bool {
        let loaded = &self.process.objects[index];
        self.names[index].iter().any(|known| known == name)
            || index > 0 && loaded.opened == name
            || loaded.facts.soname.as_deref() == Some(name)
    }

    /// The loader is in every process; it takes its place in the list when it is first asked for.
    fn is_loader(&self, name: &str) -> bool {
        let program = &self.process.program;
        name == program.interpreter || program.loader.soname.as_deref() == Some(name)
    }

    /// _dl_map_object: the object called `name`, which `by` needs.
    fn map(&mut self, name: &str, by: usize, reason: &str) -> Result<usize, Failure> {
        if let Some(index) = (0..self.process.objects.len()).find(|index| self.is_called(*index, name)) {
            return Ok(index);
        }
        if self.is_loader(name) {
            let program = &self.process.program;
            let object = Object {
                facts: Arc::clone(&program.loader),
                path: program.loader_path.to_owned(),
                opened: program.interpreter.to_owned(),
                name: name.to_owned(),
                needed_by: Some(by),
                because: "the loader itself".into(),
            };
            return Ok(self.add(object, name));
        }
        let mut other_class = false;
        let found = if name.contains('/') {
            self.open_verify(name, &format!("{reason} names a path"), &mut other_class)?
                .map(|file| (name.to_owned(), file, format!("{reason} names this path")))
        } else {
            self.search(name, by, &mut other_class)?
        };
        let Some((opened, file, because)) = found else {
            return Err(Failure {
                object: name.to_owned(),
                text: if other_class {
                    "wrong ELF class: ELFCLASS32"
                } else {
                    "cannot open shared object file"
                },
                errno: self.errno.filter(|_| !other_class),
                fault: if other_class { Fault::Unusable } else { Fault::Absent },
            });
        };
        if let Some(index) = self.process.loaded(&file.path).filter(|i| !self.is_the_loader(*i)) {
            self.names[index].push(name.to_owned());
            return Ok(index);
        }
        if let Some(text) = file.facts.refused_as_library() {
            self.process.remark(text);
            let fault = Fault::Unusable;
            return Err(Failure { object: name.to_owned(), text, errno: None, fault });
        }
        let object = Object {
            facts: file.facts,
            path: file.path.to_path_buf(),
            opened,
            name: name.to_owned(),
            needed_by: Some(by),
            because,
        };
        Ok(self.add(object, name))
    }

    /// The loader was mapped by the kernel: its file is not known to be the same (l_file_id is not set).
    fn is_the_loader(&self, index: usize) -> bool {
        self.process.objects[index].path == self.process.program.loader_path
            && self.process.objects[index].opened == self.process.program.interpreter
    }

    fn add(&mut self, object: Object, name: &str) -> usize {
        self.names.push(vec![name.to_owned()]);
        self.needs.push(Vec::new());
        self.process.add(object)
    }

    fn report(&mut self, trouble: Trouble, when: When, object: usize, name: &str, cause: Cause) {
        self.process.report(trouble, when, object, name, cause);
    }
}
