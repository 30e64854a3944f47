//! The search for a library without `/` in its name (elf/dl-load.c, _dl_map_object and open_path).

use super::Loader;
use super::open::{Failure, File};
use crate::loader::dynamic::library::NODEFLIB;
use crate::loader::dynamic::world::Opened;
use crate::rootfs::Errno;

/// The path, the file and the rule by which it was found.
type Found = Option<(String, File, String)>;

impl Loader<'_> {
    pub(super) fn search(&mut self, name: &str, by: usize, other_class: &mut bool) -> Result<Found, Failure> {
        let asking = self.process.objects[by].facts.clone();
        if asking.runpath.is_none() {
            if let Some(found) = self.search_rpaths(name, by, other_class)? {
                return Ok(Some(found));
            }
        }
        let environment = self.process.program.environment;
        if let (Some(path), false) = (&environment.library_path, environment.secure) {
            // Both separators are allowed here, unlike in the file's own paths.
            let path = path.replace(';', ":");
            if let Some(found) = self.search_path(name, 0, &path, "LD_LIBRARY_PATH", other_class)? {
                return Ok(Some(found));
            }
        }
        if let Some(path) = &asking.runpath {
            let why = format!("RUNPATH of {}", self.process.objects[by].path.display());
            if let Some(found) = self.search_path(name, by, path, &why, other_class)? {
                return Ok(Some(found));
            }
        }
        let no_defaults = asking.flags_1 & NODEFLIB != 0;
        if let Some(found) = self.search_cache(name, no_defaults, other_class)? {
            return Ok(Some(found));
        }
        if no_defaults {
            return Ok(None);
        }
        let folders = self.settings.folders.clone();
        self.look(name, &folders, "a default folder of the loader", other_class)
    }

    /// DT_RPATH of the object, of those that needed it up the chain, and of the program.
    fn search_rpaths(&mut self, name: &str, by: usize, other_class: &mut bool) -> Result<Found, Failure> {
        let mut next = Some(by);
        let mut did_program = false;
        while let Some(index) = next {
            did_program |= index == 0;
            if let Some(found) = self.search_rpath(name, index, other_class)? {
                return Ok(Some(found));
            }
            next = self.process.objects[index].needed_by;
        }
        if did_program { Ok(None) } else { self.search_rpath(name, 0, other_class) }
    }

    fn search_rpath(&mut self, name: &str, index: usize, other_class: &mut bool) -> Result<Found, Failure> {
        let loaded = &self.process.objects[index];
        // An object's RUNPATH takes its RPATH out of effect.
        let Some(path) = loaded.facts.rpath.clone().filter(|_| loaded.facts.runpath.is_none()) else {
            return Ok(None);
        };
        let why = format!("RPATH of {}", loaded.path.display());
        self.search_path(name, index, &path, &why, other_class)
    }

    /// One list of folders, in the words of the object `index`.
    fn search_path(
        &mut self,
        name: &str,
        index: usize,
        path: &str,
        why: &str,
        other_class: &mut bool,
    ) -> Result<Found, Failure> {
        if path.is_empty() {
            return Ok(None);
        }
        let mut folders: Vec<String> = Vec::new();
        for part in path.split(':') {
            // An empty part is the folder that the program is started in; one that expands to nothing is left out.
            let mut folder = self.expand(index, part);
            if folder.is_empty() && !part.is_empty() {
                continue;
            }
            while folder.len() > 1 && folder.ends_with('/') {
                folder.pop();
            }
            if !folder.is_empty() && !folder.ends_with('/') {
                folder.push('/');
            }
            if !folders.contains(&folder) {
                folders.push(folder);
            }
        }
        self.look(name, &folders, why, other_class)
    }

    /// open_path: every folder, its subfolders for better processors first.
    fn look(
        &mut self,
        name: &str,
        folders: &[String],
        why: &str,
        other_class: &mut bool,
    ) -> Result<Found, Failure> {
        let mut subfolders = Vec::new();
        if self.settings.has_hwcaps {
            let hwcaps = &self.process.program.environment.hwcaps;
            subfolders.extend(hwcaps.iter().map(|level| format!("glibc-hwcaps/{level}/")));
        }
        subfolders.push(String::new());
        for folder in folders {
            let mut exists = false;
            for subfolder in &subfolders {
                let place = format!("{folder}{subfolder}");
                if self.absent.contains(&place) {
                    continue;
                }
                let path = format!("{place}{name}");
                if let Some(file) = self.open_verify(&path, why, other_class)? {
                    return Ok(Some((path, file, why.to_owned())));
                }
                if place.starts_with('/')
                    && !matches!(self.process.program.world.open(&place), Opened::Directory)
                {
                    self.absent.insert(place);
                    self.errno = Some(Errno::ENOENT);
                } else {
                    exists = true;
                }
            }
            if exists && !matches!(self.errno, Some(Errno::ENOENT | Errno::EACCES)) {
                self.process.remark("such an error ends the search of this list");
                return Ok(None);
            }
        }
        Ok(None)
    }

    /// The cache that ldconfig wrote. An entry whose file is gone does not end the search.
    fn search_cache(
        &mut self,
        name: &str,
        no_defaults: bool,
        other_class: &mut bool,
    ) -> Result<Found, Failure> {
        let settings = self.settings;
        if !std::mem::replace(&mut self.cache_is_open, true) {
            let opened = self.process.open(&settings.cache, "O_RDONLY|O_CLOEXEC", "the cache of libraries");
            if let Opened::Failed(errno) = opened {
                self.errno = Some(errno);
            }
        }
        let Some(cache) = self.cache.clone() else { return Ok(None) };
        let Some(machine) = self.process.program.loader.ident.map(|ident| ident.machine) else {
            return Ok(None);
        };
        let Some(path) = cache.find(name, machine, &self.process.program.environment.hwcaps) else {
            return Ok(None);
        };
        if no_defaults && settings.folders.iter().any(|folder| path.starts_with(folder.as_str())) {
            return Ok(None);
        }
        let why = settings.cache.clone();
        Ok(self.open_verify(path, &why, other_class)?.map(|file| (path.to_owned(), file, why)))
    }
}
