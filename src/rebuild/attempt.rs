//! One attempt: Nix builds, takes what is there, or builds all of it again in a store of its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::closure::{self, is_recorded, signers};
use super::facts::Facts;
use super::machine::Config;
use super::nix::{self, Built, Manner, PathInfo};
use super::private::{Folder, Store};
use super::{Depth, address, difference, machine};
use crate::content::Content;
use crate::error::{Code, Error};
use crate::nar;
use crate::nar::signature::PublicKey;
use crate::statement::rebuild::{Attempt, BuiltBy, Difference, Input, Making, Origin, Other, Output};

/// This machine's Nix.
pub struct Machine {
    /// Its settings.
    pub config: Config,
    /// A daemon builds, not the Nix that is called.
    pub daemon: bool,
    /// The keys that it believes.
    pub trusted: Vec<PublicKey>,
}

impl Machine {
    /// Asks Nix.
    ///
    /// # Errors
    /// The `helper-…` codes; `store-foreign`; `key-invalid`.
    pub fn ask() -> Result<Self, Error> {
        let config = nix::settings()?;
        let daemon = nix::has_daemon(&config)?;
        let trusted = machine::trusted_keys(&config)?;
        Ok(Self { config, daemon, trusted })
    }

    /// How Nix calls this machine's store.
    pub fn store(&self) -> &'static str {
        if self.daemon { "daemon" } else { "local" }
    }
}

/// Outputs that are there: where, what they hold, and who made them.
pub struct Held {
    /// Where each is now, by its name.
    pub places: BTreeMap<String, PathBuf>,
    /// What was read there.
    pub content: Content,
    /// As statements name them.
    pub outputs: Vec<Output>,
}

/// What came of an attempt.
pub struct Attempted {
    /// Which it was.
    pub attempt: Attempt,
    /// What did the building.
    pub built_by: BuiltBy,
    /// The outputs, or why there are none.
    pub result: Result<Held, String>,
    /// What this machine had before everything was built again.
    pub before: Option<Held>,
    /// The first difference between that and this, in a dependency or in the output.
    pub difference: Option<Difference>,
    /// The closure, in the store that was built in.
    pub closure: Vec<Input>,
    /// The store of a rebuild.
    pub store: Option<Store>,
    /// Keeps the outputs of this machine's store as long as they are needed.
    _root: Folder,
}

impl Attempted {
    /// Leaves the store of a rebuild for people to look at.
    pub fn keep(&mut self, progress: &mut dyn FnMut(&str)) {
        if let Some(store) = &mut self.store {
            store.keep();
            let root = store.root().display();
            progress(&format!("what differs stays in {root}: remove it when you have seen it"));
        }
    }
}

/// Builds what `facts` name or takes it; with a depth, builds it again.
///
/// # Errors
/// `nix-broken` if a build fails and so does one that nothing can be wrong with: then nothing is known of the recipe. Those of
/// [`closure::closure`]; `rebuild-uncompared` if one of two builds is not there to be compared.
pub fn attempt(
    facts: &Facts,
    machine: &Machine,
    depth: Option<Depth>,
    progress: &mut dyn FnMut(&str),
) -> Result<Attempted, Error> {
    let root = Folder::new("sarsen-root")?;
    let paths: Vec<PathBuf> = facts.outputs.values().cloned().collect();
    let absent = nix::missing(&paths, None)?;
    let link = root.path().join("output");
    let mut built = Built { succeeded: true, ..Built::default() };
    if absent.is_empty() {
        nix::root(&paths, &link)?;
    } else {
        progress(&format!("building {}", facts.drv.display()));
        built = nix::realise(&facts.drv, Manner::Usual, Some(&link), progress)?;
    }
    let attempt = match depth {
        Some(_) => Attempt::Rebuild,
        None if absent.is_empty() => Attempt::Taken,
        None => Attempt::First,
    };
    let built_by = match &built {
        Built { elsewhere: true, .. } => BuiltBy::Remote,
        Built { here, .. } if here.is_empty() => BuiltBy::Nobody,
        _ if machine.daemon => BuiltBy::Daemon,
        _ => BuiltBy::Nix,
    };
    let mut attempted = Attempted {
        attempt,
        built_by,
        result: Err(String::new()),
        before: None,
        difference: None,
        closure: Vec::new(),
        store: None,
        _root: root,
    };
    if !built.succeeded {
        // There was nothing to be built again.
        attempted.attempt = Attempt::First;
        attempted.result = Err(failure(facts, &built, Manner::Usual)?);
        attempted.closure = closure::closure(facts, None, &machine.trusted, false)?;
        return Ok(attempted);
    }
    let making = |name: &str, info: &PathInfo| {
        let path = &facts.outputs[name];
        if !info.ultimate {
            Making::Substituted
        } else if absent.contains(path) && built.here.contains(&facts.drv) {
            Making::Built
        } else {
            Making::Found
        }
    };
    let held = held(facts, None, machine, &making)?;
    let Some(depth) = depth else {
        let is_used = built.here.contains(&facts.drv);
        attempted.closure = closure::closure(facts, None, &machine.trusted, is_used)?;
        attempted.result = Ok(held);
        return Ok(attempted);
    };
    attempted.before = Some(held);
    again(facts, machine, depth, &mut attempted, progress)?;
    Ok(attempted)
}

/// Builds everything again and compares.
fn again(
    facts: &Facts,
    machine: &Machine,
    depth: Depth,
    attempted: &mut Attempted,
    progress: &mut dyn FnMut(&str),
) -> Result<(), Error> {
    let store = Store::new()?;
    progress(&format!("copying sources and downloads to {}", store.root().display()));
    store.fill(facts, depth, &machine.trusted, progress)?;
    progress(&format!("building {} again, with what it needs", facts.drv.display()));
    let sandbox_paths = machine::sandbox_paths(&machine.config).join(" ");
    let manner = Manner::Alone(store.root(), &sandbox_paths);
    let built = nix::realise(&facts.drv, manner, None, progress)?;
    attempted.built_by = BuiltBy::Rebuild;
    attempted.result = if built.succeeded {
        if !built.here.contains(&facts.drv) {
            return Err(uncompared(&facts.drv, "Nix does not say that it built it again"));
        }
        let making = |_: &str, info: &PathInfo| {
            if info.ultimate && !built.elsewhere { Making::Built } else { Making::Substituted }
        };
        let held = held(facts, Some(store.root()), machine, &making)?;
        if held.outputs.iter().any(|output| output.origin != Making::Built) {
            return Err(uncompared(&facts.drv, "Nix says that another machine built it"));
        }
        Ok(held)
    } else {
        Err(failure(facts, &built, manner)?)
    };
    let is_used = attempted.result.is_ok();
    attempted.closure = closure::closure(facts, Some(store.root()), &machine.trusted, is_used)?;
    let foreign = attempted.closure.iter().find(|input| input.origin == Origin::Substituted);
    if let (Some(input), Depth::Everything) = (foreign, depth) {
        let why = format!(
            "{} came into its store from elsewhere, through what a source refers to or another machine",
            input.path
        );
        return Err(uncompared(&facts.drv, &why));
    }
    if attempted.result.is_ok() {
        attempted.difference = first_difference(facts, &store)?;
    }
    attempted.store = Some(store);
    Ok(())
}

/// Reads the outputs of a store, each once, and compares them with what Nix has recorded.
fn held(
    facts: &Facts,
    store: nix::Store,
    machine: &Machine,
    making: &dyn Fn(&str, &PathInfo) -> Making,
) -> Result<Held, Error> {
    let paths: Vec<PathBuf> = facts.outputs.values().cloned().collect();
    let infos = nix::path_infos(&paths, store)?;
    let place = |(name, path): (&String, &PathBuf)| (name.clone(), closure::place(path, store));
    let places: BTreeMap<String, PathBuf> = facts.outputs.iter().map(place).collect();
    let content = Content::of(&places)?;
    let mut outputs = Vec::new();
    for (name, path) in &facts.outputs {
        closure::is_what_is_fixed(facts, path, &places[name])?;
        let (info, here) = (&infos[path], &content.archives[name].0);
        is_recorded(&places[name], here, info)?;
        let origin = making(name, info);
        let signers =
            if origin == Making::Substituted { signers(path, info, &machine.trusted) } else { Vec::new() };
        outputs.push(Output {
            name: name.clone(),
            path: path.display().to_string(),
            nar_hash: nar::sri(here),
            origin,
            signers,
        });
    }
    Ok(Held { places, content, outputs })
}

/// The first output that is not what this machine had: those of dependencies come before those that are made of them.
fn first_difference(facts: &Facts, store: &Store) -> Result<Option<Difference>, Error> {
    let paths: Vec<PathBuf> =
        facts.order().iter().flat_map(|drv| facts.outputs_of(drv)).map(Path::to_path_buf).collect();
    // Asked about a path that is not there, Nix would ask caches.
    let there = |store: nix::Store| {
        let missing = nix::missing(&paths, store)?;
        let there: Vec<PathBuf> = paths.iter().filter(|path| !missing.contains(path)).cloned().collect();
        nix::path_infos(&there, store)
    };
    let (had, has) = (there(None)?, there(Some(store.root()))?);
    for path in &paths {
        let is_own = facts.outputs.values().any(|output| output == path);
        let (had, has) = match (had.get(path), has.get(path)) {
            (Some(had), Some(has)) => (had, has),
            // Of dependencies only those can be compared that are in both.
            _ if !is_own => continue,
            _ => return Err(uncompared(path, "it is not in both stores any more")),
        };
        if had.nar_hash == has.nar_hash {
            continue;
        }
        let Some(found) = difference::between(path, &store.place(path))? else {
            return Err(uncompared(
                path,
                "Nix has recorded two archives of it, and the same files are there",
            ));
        };
        return Ok(Some(Difference {
            path: if is_own { found.path } else { format!("{}: {}", path.display(), found.path) },
            from: if is_own { Other::Found } else { Other::Dependency },
            ..found
        }));
    }
    Ok(None)
}

/// Why a build failed, without what only this machine should know.
fn failure(facts: &Facts, built: &Built, manner: Manner) -> Result<String, Error> {
    let broken = |why: &str| {
        let message = format!(
            "this machine's Nix cannot build, which says nothing about {} ({}): {why}; nothing is stated",
            facts.drv.display(),
            built.reason()
        );
        Error::new(Code::NixBroken, message)
    };
    if let Some(why) = built.hindrance {
        return Err(broken(why));
    }
    if built.here.is_empty() && !built.elsewhere {
        return Err(broken("Nix did not begin to build anything; see what it says, and what it needs"));
    }
    match nix::probe(&facts.recipe.system, &machine::invocation()?, manner)? {
        Some(why) => Err(broken(&format!("a derivation that only makes an empty folder fails too: {why}"))),
        None => Ok(address::in_text(&built.reason())),
    }
}

fn uncompared(path: &Path, why: &str) -> Error {
    let message = format!(
        "{} was built again, and cannot be compared with what this machine had: {why}; nothing is stated; try again when nobody \
         else changes the store",
        path.display()
    );
    Error::new(Code::RebuildUncompared, message)
}
