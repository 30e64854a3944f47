//! What is built and what goes into it, gathered from the flake, its derivation and the store.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::derivation::Derivation;
use super::nix::{self, Evaluated, PathInfo, Place};
use super::private::Folder;
use super::{closure, source};
use crate::digest::hex;
use crate::error::{Code, Error};
use crate::nar::store_path;
use crate::parallel;
use crate::statement::rebuild::{Recipe, Source};

/// A derivation with all that it needs, evaluated here.
pub struct Facts {
    /// Where the source comes from.
    pub source: Source,
    /// What is built of it.
    pub recipe: Recipe,
    /// Its derivation.
    pub drv: PathBuf,
    /// Its outputs by name.
    pub outputs: BTreeMap<String, PathBuf>,
    /// It and every derivation that it needs.
    pub graph: BTreeMap<PathBuf, Derivation>,
}

impl Facts {
    /// Evaluates an installable, `FLAKE#ATTRIBUTE`. The reference is resolved and locked once; source, commit, `flake.lock`
    /// and derivation are all of what came of that. Alone, nothing is taken from caches for it. `main` is
    /// how Nix calls this machine's store.
    ///
    /// # Errors
    /// The `helper-…` codes of Nix; those of [`source::locked`]; `derivation-unfixed` if the paths of its outputs depend on
    /// what is built, which repeating a build does not check.
    pub fn gather(
        installable: &str,
        uri: Option<&str>,
        is_alone: bool,
        main: &str,
        progress: &mut dyn FnMut(&str),
    ) -> Result<Self, Error> {
        let (flake, attribute) = installable.split_once('#').unwrap_or((installable, ""));
        let flake = if flake.is_empty() { "." } else { flake };
        let attribute = match attribute {
            "" => format!("packages.{}.default", nix::system()?),
            full if ["packages.", "checks.", "legacyPackages."].iter().any(|set| full.starts_with(set)) => {
                full.to_owned()
            }
            name => format!("packages.{}.{name}", nix::system()?),
        };
        let names = names(&attribute).ok_or_else(|| {
            let message = format!(
                "{attribute:?} is no name of an attribute, such as packages.x86_64-linux.arm64: an empty name, or a quotation \
                 mark too many"
            );
            Error::new(Code::AttributeInvalid, message)
        })?;
        let locked = source::locked(flake, uri, progress)?;
        locked.has_its_inputs()?;
        let place = if is_alone { Place::Alone } else { Place::Usual };
        let beside = Folder::new("sarsen-flake")?;
        let evaluated = nix::evaluate(&locked.flake, &names, place, beside.path())?;
        locked.has_its_inputs()?;
        let apart = Folder::new("sarsen-evaluation")?;
        let again = nix::evaluate(&locked.flake, &names, Place::Apart(apart.path(), main), beside.path())?;
        is_of_content(&locked.flake.name(), [&evaluated, &again], apart.path())?;
        if evaluated.nar_hash != locked.source.nar_hash {
            let message = format!(
                "the source of {flake} was {} when it was locked and {} when it was evaluated: what would be stated of one is not \
                 so of the other; try again when nobody changes it",
                locked.source.nar_hash, evaluated.nar_hash
            );
            return Err(Error::new(Code::SourceMoved, message));
        }
        let graph = graph(&evaluated.drv)?;
        let derivation = &graph[&evaluated.drv];
        if graph.values().any(|drv| drv.outputs.values().any(|output| output.path.as_os_str().is_empty())) {
            let message = format!(
                "{} needs a derivation whose output path depends on its content: Nix does not compare such builds",
                evaluated.drv.display()
            );
            return Err(Error::new(Code::DerivationUnfixed, message));
        }
        let stated = derivation.outputs.iter().map(|(name, output)| (name.clone(), output.path.clone()));
        if stated.collect::<BTreeMap<_, _>>() != evaluated.outputs {
            let message = format!(
                "{} has other outputs than {attribute}, which says that they are {:?}: an output that the recipe does not name \
                 is not built",
                evaluated.drv.display(),
                evaluated.outputs
            );
            return Err(Error::new(Code::DerivationInvalid, message));
        }
        let recipe = Recipe {
            attribute,
            drv_path: evaluated.drv.display().to_string(),
            drv_digest: BTreeMap::from([("sha256".into(), hex(&derivation.sha256))]),
            outputs: evaluated.outputs.keys().cloned().collect(),
            system: derivation.system.clone(),
            nix: nix::version()?,
            pure: true,
        };
        Ok(Self { source: locked.source, recipe, drv: evaluated.drv, outputs: evaluated.outputs, graph })
    }

    /// SHA-256 of the derivation's text, in hexadecimal.
    pub fn drv_sha256(&self) -> &str {
        &self.recipe.drv_digest["sha256"]
    }

    /// The derivations that are built, each after those that it needs: all but those of fixed content.
    pub fn order(&self) -> Vec<&Path> {
        let mut order = Vec::new();
        let mut seen = BTreeSet::new();
        // A stack instead of recursion: graphs of distributions are deep.
        let mut stack = vec![(self.drv.as_path(), false)];
        while let Some((drv, is_done)) = stack.pop() {
            let Some((drv, derivation)) = self.graph.get_key_value(drv) else { continue };
            if is_done {
                order.push(drv.as_path());
            } else if seen.insert(drv) && !derivation.is_fixed() {
                stack.push((drv, true));
                stack.extend(derivation.inputs.iter().map(|input| (input.as_path(), false)));
            }
        }
        order
    }

    /// The outputs of one of the derivations.
    pub fn outputs_of(&self, drv: &Path) -> Vec<&Path> {
        self.graph[drv].outputs.values().map(|output| output.path.as_path()).collect()
    }

    /// The outputs that a derivation fixes by a hash, with that hash.
    pub fn fixed(&self) -> impl Iterator<Item = (&Path, &str)> {
        let fixed = self.graph.values().filter(|derivation| derivation.is_fixed());
        fixed.flat_map(|d| d.outputs.values()).map(|output| (output.path.as_path(), output.hash.as_str()))
    }
}

/// Whether all that an evaluation read is what its content says. Nix takes trees that a hash fixes from its store, and some from
/// caches, by their names; it was evaluated once more in `store`, which was empty and has nothing else now than what was read.
///
/// # Errors
/// The `helper-…` codes; `content-forged`; `source-moved` if something else came of it.
fn is_of_content(name: &str, twice: [&Evaluated; 2], store: &Path) -> Result<(), Error> {
    let [evaluated, again] = twice;
    if again.drv != evaluated.drv {
        let message = format!(
            "evaluating {name} twice gave {} and {}: what it reads is not what it was; try again when nobody changes it",
            evaluated.drv.display(),
            again.drv.display()
        );
        return Err(Error::new(Code::SourceMoved, message));
    }
    let infos = nix::all(store)?;
    let work = |(path, info): (&PathBuf, &PathInfo)| {
        let (path, place) = (path.display().to_string(), closure::place(path, Some(store)));
        if store_path::is_given_by(&path, &place, &info.references)?.0 {
            return Ok(());
        }
        let message = format!(
            "{path} was read while {name} was evaluated, and its content does not give its name: it was changed, a cache gave \
             something else, or it was built, so that it would steer the recipe; delete it (nix-store --delete) and have it \
             fetched from where it comes from"
        );
        Err(Error::new(Code::ContentForged, message))
    };
    parallel::in_order(infos.iter(), work, |result| result)
}

/// The names of an attribute path: between points that are not inside quotation marks (Nix manual, "Attribute selection").
fn names(attribute: &str) -> Option<Vec<String>> {
    let mut names = vec![String::new()];
    let mut quoted = false;
    for letter in attribute.chars() {
        match letter {
            '"' => quoted = !quoted,
            '.' if !quoted => names.push(String::new()),
            other => names.last_mut()?.push(other),
        }
    }
    (!quoted && names.iter().all(|name| !name.is_empty())).then_some(names)
}

/// A derivation and all that it needs, each of which gives its own path: what binds them together are these names.
fn graph(drv: &Path) -> Result<BTreeMap<PathBuf, Derivation>, Error> {
    let mut graph = BTreeMap::new();
    let mut open = vec![drv.to_owned()];
    while let Some(path) = open.pop() {
        if let Entry::Vacant(place) = graph.entry(path) {
            let derivation = Derivation::read(place.key())?;
            let given = derivation.path(place.key());
            if given.as_deref() != Some(place.key()) {
                let message = format!(
                    "{} holds another derivation than its name says ({}): it was changed; delete it and evaluate again",
                    place.key().display(),
                    given.unwrap_or_default().display()
                );
                return Err(Error::new(Code::ContentForged, message));
            }
            open.extend(derivation.inputs.iter().cloned());
            place.insert(derivation);
        }
    }
    Ok(graph)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_inside_quotation_marks_divide_nothing() {
        let read = |text| names(text).map(|names| names.join("|"));
        assert_eq!(read("packages.x86_64-linux.out").as_deref(), Some("packages|x86_64-linux|out"));
        assert_eq!(read("packages.x86_64-linux.\"a.b\"").as_deref(), Some("packages|x86_64-linux|a.b"));
        for text in ["", "packages..out", "packages.\"a", "packages."] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
