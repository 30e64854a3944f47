//! musl's loader (ldso/dynlink.c), which is its libc too: searches, loads and relocates everything at start, names every
//! failure it meets and then exits with 127.

use std::sync::Arc;

use super::family::Musl;
use super::library::Library;
use super::process::{NAMED, Process, Program};
use super::symbols::{Purpose, Want, hash};
use super::world::Opened;
use super::{Family, Linked, Object, Trouble, Unmodelled, When};
use crate::elf::machine_name;
use crate::loader::{Cause, End};
use crate::rootfs::Errno;

/// Libraries that are part of musl: `lib`, one of these, a dot.
const OWN: [&str; 7] = ["c", "pthread", "rt", "m", "dl", "util", "xnet"];
const FLAGS: &str = "O_RDONLY|O_LARGEFILE|O_CLOEXEC";
const NAME_MAX: usize = 255;

pub(super) fn link(program: &Program, settings: &Musl) -> Result<Linked, Unmodelled> {
    let mut musl = Loader {
        settings,
        secure: program.environment.secure,
        process: Process::new(program),
        short_names: vec![None],
        itself: None,
        folders: None,
        error: "No error information",
    };
    if !musl.secure {
        for name in program.environment.preload.as_deref().unwrap_or_default().split([':', ' ', '\t', '\n']) {
            // A failure is not reported.
            let _ = (!name.is_empty()).then(|| musl.load(name, None, "LD_PRELOAD"));
        }
    }
    let mut index = 0;
    while index < musl.process.objects.len() {
        musl.load_needs(index);
        index += 1;
    }
    // The program last: its copy relocations need relocated libraries.
    for index in (1..musl.process.objects.len()).chain([0]) {
        musl.relocate(index);
    }
    musl.process.finish(Family::Musl)
}

struct Loader<'w> {
    settings: &'w Musl,
    secure: bool,
    process: Process<'w>,
    /// The name by which each object can be found without a search.
    short_names: Vec<Option<String>>,
    /// The index of the loader once it is part of the chain.
    itself: Option<usize>,
    /// The folders of the path file or the default ones, once they were asked for, and which they are.
    folders: Option<(String, String)>,
    /// What errno says.
    error: &'static str,
}

/// Where a search ends.
enum Search {
    Found(String, Opened, String),
    /// Nothing there: the next list is searched.
    Nothing,
    /// An error that ends the whole search.
    Stopped,
}

impl Loader<'_> {
    fn load_needs(&mut self, index: usize) {
        if self.itself == Some(index) {
            return;
        }
        let facts = Arc::clone(&self.process.objects[index].facts);
        for name in &facts.needed {
            let first = self.process.steps.len();
            if self.load(name, Some(index), "DT_NEEDED").is_none() {
                let by = &self.process.objects[index].opened;
                let says = format!("Error loading shared library {name}: {} (needed by {by})", self.error);
                let trouble = match self.error {
                    "Exec format error" | "Is a directory" | "Invalid argument" => Trouble::LibraryUnusable,
                    _ => Trouble::LibraryMissing,
                };
                let end = End::Exit { status: 127, says };
                self.process.no_library(
                    first,
                    index,
                    name,
                    trouble,
                    end,
                    "musl ldso/dynlink.c, load_library",
                );
            }
        }
    }

    /// load_library: the index of the object, or none with [`Loader::error`] set.
    fn load(&mut self, name: &str, by: Option<usize>, reason: &str) -> Option<usize> {
        if name.is_empty() {
            self.error = "Invalid argument";
            return None;
        }
        if is_own(name) || name == self.process.program.interpreter {
            return Some(self.add_itself(name, by));
        }
        let (pathname, opened, because) = if name.contains('/') {
            let opened = self.process.open(name, FLAGS, format!("{reason} names a path"));
            self.note(&opened);
            (name.to_owned(), opened, format!("{reason} names this path"))
        } else {
            if let Some(index) = self.short_names.iter().position(|short| short.as_deref() == Some(name)) {
                return Some(index);
            }
            if name.len() > NAME_MAX {
                return None;
            }
            self.search(name, by)?
        };
        match opened {
            Opened::File(path) => {
                let short = (!name.contains('/')).then(|| base_name(&pathname).to_owned());
                if let Some(index) = self.process.loaded(&path).filter(|index| self.itself != Some(*index)) {
                    // Known by a path until now, and by its name from now on.
                    if self.short_names[index].is_none() && short.is_some() {
                        let name = base_name(&self.process.objects[index].opened).to_owned();
                        self.short_names[index] = Some(name);
                    }
                    return Some(index);
                }
                let facts = match self.process.program.world.library(&path) {
                    Ok(facts) => facts,
                    Err(why) => {
                        self.process.remark(&why);
                        self.error = "I/O error";
                        return None;
                    }
                };
                if let Some(error) = facts.musl_error {
                    self.process.remark(&format!("it cannot be mapped: {error}"));
                    self.error = error;
                    return None;
                }
                if facts.is_libc() {
                    self.process.remark("it is a C library, of which the loader is the only one");
                    return Some(self.add_itself("libc.so", by));
                }
                let object = Object {
                    facts,
                    path: path.to_path_buf(),
                    opened: pathname,
                    name: name.to_owned(),
                    needed_by: by,
                    because,
                };
                self.short_names.push(short);
                Some(self.process.add(object))
            }
            Opened::Directory => {
                self.process.remark("it is a directory");
                self.error = "Is a directory";
                None
            }
            Opened::Failed(_) => None,
        }
    }

    /// The loader joins the chain when it is first asked for, by whatever of its names.
    fn add_itself(&mut self, name: &str, by: Option<usize>) -> usize {
        *self.itself.get_or_insert_with(|| {
            let program = &self.process.program;
            let object = Object {
                facts: Arc::clone(&program.loader),
                path: program.loader_path.to_owned(),
                opened: program.interpreter.to_owned(),
                name: name.to_owned(),
                needed_by: by,
                because: "the loader itself, which is musl's libc".into(),
            };
            self.short_names.push(None);
            self.process.add(object)
        })
    }

    fn note(&mut self, opened: &Opened) {
        if let Opened::Failed(errno) = opened {
            self.error = strerror(*errno);
        }
    }

    /// The search for a name without `/`: LD_LIBRARY_PATH, the paths of the objects up the chain, the path file or the
    /// default folders.
    fn search(&mut self, name: &str, by: Option<usize>) -> Option<(String, Opened, String)> {
        let environment = self.process.program.environment.library_path.clone().filter(|_| !self.secure);
        let mut found = Search::Nothing;
        if let Some(path) = environment {
            found = self.look(name, &path, "LD_LIBRARY_PATH");
        }
        let mut next = by;
        while let (Search::Nothing, Some(index)) = (&found, next) {
            let loaded = &self.process.objects[index];
            let why = |tag| format!("{tag} of {}", self.process.objects[index].path.display());
            let path = loaded
                .facts
                .search_path()
                .and_then(|(tag, path)| Some((why(tag), self.expand(index, path)?)));
            next = loaded.needed_by;
            if let Some((why, path)) = path {
                found = self.look(name, &path, &why);
            }
        }
        if let Search::Nothing = found {
            let (path, why) = self.folders();
            found = self.look(name, &path, &why);
        }
        match found {
            Search::Found(path, opened, why) => Some((path, opened, why)),
            Search::Nothing | Search::Stopped => None,
        }
    }

    /// path_open: one list of folders, separated by colons or line ends.
    fn look(&mut self, name: &str, path: &str, why: &str) -> Search {
        for folder in path.split([':', '\n']).filter(|folder| !folder.is_empty()) {
            let candidate = format!("{folder}/{name}");
            if candidate.len() >= 2 * NAME_MAX + 2 {
                continue;
            }
            match self.process.open(&candidate, FLAGS, why) {
                Opened::Failed(errno) => {
                    self.error = strerror(errno);
                    if !matches!(errno, Errno::ENOENT | Errno::ENOTDIR | Errno::EACCES | Errno::ENAMETOOLONG)
                    {
                        self.process.remark("such an error ends the search");
                        return Search::Stopped;
                    }
                }
                opened => return Search::Found(candidate, opened, why.to_owned()),
            }
        }
        Search::Nothing
    }

    /// fixup_rpath: `$ORIGIN` is the only token; a path with another one is not searched at all.
    fn expand(&self, index: usize, path: &str) -> Option<String> {
        if !path.contains('$') {
            return Some(path.to_owned());
        }
        let tokens = path.split('$').skip(1);
        if !tokens.clone().all(|rest| rest.starts_with("ORIGIN") || rest.starts_with("{ORIGIN}")) {
            return None;
        }
        let loaded = &self.process.objects[index];
        let name = if index == 0 {
            // The caller of a program with changed user chooses its path, so that it is not trusted.
            if self.secure {
                return None;
            }
            loaded.path.to_string_lossy().into_owned()
        } else {
            loaded.opened.clone()
        };
        let origin = name.rfind('/').map_or(".", |slash| &name[..slash]);
        if self.secure && !name.starts_with('/') {
            return None;
        }
        Some(path.replace("${ORIGIN}", origin).replace("$ORIGIN", origin))
    }

    /// The folders that are searched last, with the reason: a path file takes the place of the default ones.
    fn folders(&mut self) -> (String, String) {
        if let Some(known) = &self.folders {
            return known.clone();
        }
        // The file is beside the folder of the loader: /lib/ld-musl.so.1 reads below /etc, /opt/lib/… below /opt/etc.
        let interpreter = self.process.program.interpreter;
        let prefix = if interpreter.starts_with('/') {
            let folder = &interpreter[..interpreter.rfind('/').unwrap_or(0)];
            &folder[..folder.rfind('/').unwrap_or(0)]
        } else {
            ""
        };
        let file = format!("{prefix}/etc/{}", self.settings.path_file);
        let folders =
            match self.process.open(&file, FLAGS, "a path file takes the place of the default folders") {
                Opened::File(_) => match self.process.program.world.text(&file) {
                    Ok(text) => (text.split('\0').next().unwrap_or_default().to_owned(), file),
                    Err(_) => (String::new(), file),
                },
                Opened::Failed(errno) => {
                    self.error = strerror(errno);
                    if errno == Errno::ENOENT {
                        (self.settings.folders.clone(), "a default folder of the loader".into())
                    } else {
                        (String::new(), file)
                    }
                }
                Opened::Directory => {
                    self.error = "Is a directory";
                    (String::new(), file)
                }
            };
        self.folders = Some(folders.clone());
        folders
    }

    /// reloc_all for one object, as far as it can fail: calls first, then the other relocations.
    fn relocate(&mut self, index: usize) {
        if self.itself == Some(index) {
            return;
        }
        let facts = Arc::clone(&self.process.objects[index].facts);
        let wanted = facts.symbols.wanted();
        let calls = wanted.iter().filter(|want| want.is_call);
        let missing = calls.chain(wanted.iter().filter(|want| !want.is_call)).filter(|want| !want.is_weak);
        let missing: Vec<&Want> = missing.filter(|want| !self.finds(want)).collect();
        let opened = self.process.objects[index].opened.clone();
        for want in missing.iter().take(NAMED) {
            let line = format!("Error relocating {opened}: {}: symbol not found", want.name);
            let says = vec![line; want.count.min(NAMED as u32) as usize].join("\n");
            let count = missing.len();
            let all = if count > 1 { format!("; so are {count} symbols in all") } else { String::new() };
            let evidence =
                format!("{opened} wants the symbol {}, which no loaded file defines{all}", want.name);
            let cause = Cause {
                id: "symbol-missing",
                end: End::Exit { status: 127, says },
                source: "musl ldso/dynlink.c, do_relocs",
                evidence,
                fix: format!(
                    "install the library that defines {} in the version it was linked with",
                    want.name
                ),
            };
            self.process.report(Trouble::SymbolMissing, When::Start, index, &want.name, cause);
        }
        self.relocate_foreign(index, &facts);
    }

    /// No check of the machine comes before this: a foreign file fails at the first relocation that musl does not know,
    /// and one that has none such is taken.
    fn relocate_foreign(&mut self, index: usize, facts: &Library) {
        let own = self.process.program.loader.ident.map_or(0, |ident| ident.machine);
        let Some(kind) = facts.relocation_kinds.iter().find(|kind| !knows_relocation(own, **kind)) else {
            return;
        };
        let object = &self.process.objects[index];
        let machine = facts.ident.map_or_else(String::new, |ident| machine_name(ident.machine));
        let cause = Cause {
            id: "library-unusable",
            end: End::Exit {
                status: 127,
                says: format!("Error relocating {}: unsupported relocation type {kind}", object.opened),
            },
            source: "musl ldso/dynlink.c, do_relocs",
            evidence: format!("{} ({}) is made for {machine}", object.opened, object.because),
            fix: format!("take {} out of that folder, or replace it by one for this machine", object.name),
        };
        let (by, name) = (object.needed_by.unwrap_or(0), object.name.clone());
        self.process.report(Trouble::LibraryUnusable, When::Start, by, &name, cause);
    }

    /// find_sym over all objects, then get_lfs64.
    fn finds(&self, want: &Want) -> bool {
        // Values are copied into the program, so not from it.
        let skip = usize::from(want.purpose == Purpose::Copy);
        let mut objects = self.process.objects.iter().skip(skip);
        objects.any(|loaded| loaded.facts.symbols.satisfies_musl(want)) || {
            let own = large_file_name(&want.name);
            own.is_some_and(|name| self.process.program.loader.symbols.has_for_musl(hash(name), true))
        }
    }
}

/// What strerror(3) says of an open that failed (src/errno/__strerror.h).
fn strerror(errno: Errno) -> &'static str {
    match errno {
        Errno::ENOENT => "No such file or directory",
        Errno::ENOTDIR => "Not a directory",
        Errno::ELOOP => "Symbolic link loop",
        Errno::ENAMETOOLONG => "Filename too long",
        Errno::EACCES => "Permission denied",
        _ => "I/O error",
    }
}

/// The relocations of reloc.h; on machines that are not listed here, all are taken to be known.
fn knows_relocation(machine: u16, kind: u32) -> bool {
    match machine {
        62 => matches!(kind, 0..=2 | 5..=8 | 16..=18 | 36),
        183 => matches!(kind, 0 | 257 | 1024..=1031),
        _ => true,
    }
}

fn is_own(name: &str) -> bool {
    let name = name.strip_prefix("lib").and_then(|rest| rest.split_once('.'));
    name.is_some_and(|(name, _)| OWN.contains(&name))
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The function that serves for one of glibc's names with a 64 at the end (get_lfs64, since musl 1.2.4).
fn large_file_name(name: &str) -> Option<&str> {
    const NAMES: &str = " aio_cancel aio_error aio_fsync aio_read aio_return aio_suspend aio_write alphasort creat \
        fallocate fgetpos fopen freopen fseeko fsetpos fstat fstatat fstatfs fstatvfs ftello ftruncate ftw getdents \
        getrlimit glob globfree lio_listio lockf lseek lstat mkostemp mkostemps mkstemp mkstemps mmap nftw open openat \
        posix_fadvise posix_fallocate pread preadv prlimit pwrite pwritev readdir scandir sendfile setrlimit stat \
        statfs statvfs tmpfile truncate versionsort __fxstat __fxstatat __lxstat __xstat ";
    if name == "readdir64_r" {
        return Some("readdir_r");
    }
    let name = name.strip_suffix("64")?;
    NAMES.split(' ').any(|known| !known.is_empty() && known == name).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::{is_own, large_file_name};

    #[test]
    fn names_of_musl_itself() {
        for own in
            ["libc.so", "libc.so.6", "libpthread.so.0", "libm.so", "libdl.so.2", "libc.musl-aarch64.so.1"]
        {
            assert!(is_own(own), "{own}");
        }
        for other in ["libcrypt.so.1", "libc", "libmount.so.1", "c.so", "liblibc.so"] {
            assert!(!is_own(other), "{other}");
        }
        assert_eq!(large_file_name("open64"), Some("open"));
        assert_eq!(large_file_name("readdir64_r"), Some("readdir_r"));
        assert_eq!(large_file_name("foo64"), None);
    }
}
