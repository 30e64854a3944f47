//! What is built and what goes into it, gathered from the flake, its derivation and the store.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::address;
use super::derivation::Derivation;
use super::nix::{self, Metadata, Store};
use crate::digest::{self, hex};
use crate::error::{Code, Error};
use crate::statement::rebuild::{Input, Origin, Pin, Recipe, Source};

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
    graph: BTreeMap<PathBuf, Derivation>,
}

impl Facts {
    /// Evaluates an installable, `FLAKE#ATTRIBUTE`.
    ///
    /// # Errors
    /// The `helper-…` codes of Nix; `derivation-unfixed` if the paths of its outputs depend on what is built, which
    /// repeating a build does not check.
    pub fn gather(installable: &str, uri: Option<&str>) -> Result<Self, Error> {
        let (flake, attribute) = installable.split_once('#').unwrap_or((installable, ""));
        let flake = if flake.is_empty() { "." } else { flake };
        let attribute = match attribute {
            "" => format!("packages.{}.default", nix::system()?),
            full if ["packages.", "checks.", "legacyPackages."].iter().any(|set| full.starts_with(set)) => {
                full.to_owned()
            }
            name => format!("packages.{}.{name}", nix::system()?),
        };
        let metadata = nix::metadata(flake)?;
        let evaluated = nix::evaluate(flake, &attribute)?;
        let graph = graph(&evaluated.drv)?;
        let derivation = &graph[&evaluated.drv];
        if graph.values().any(|drv| drv.outputs.values().any(|output| output.path.as_os_str().is_empty())) {
            let message = format!(
                "{} needs a derivation whose output path depends on its content: Nix does not compare such builds",
                evaluated.drv.display()
            );
            return Err(Error::new(Code::DerivationUnfixed, message));
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
        let source = source(metadata, uri)?;
        Ok(Self { source, recipe, drv: evaluated.drv, outputs: evaluated.outputs, graph })
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

    /// The build closure without the output itself: what `store` has of all that the derivations need.
    ///
    /// # Errors
    /// The `helper-…` codes.
    pub fn closure(&self, store: Store) -> Result<Vec<Input>, Error> {
        let mut origins: BTreeMap<PathBuf, Option<Origin>> = BTreeMap::new();
        for (path, derivation) in &self.graph {
            origins.extend(derivation.sources.iter().map(|source| (source.clone(), Some(Origin::Source))));
            if *path != self.drv {
                let origin = derivation.is_fixed().then_some(Origin::FixedOutput);
                origins.extend(derivation.outputs.values().map(|output| (output.path.clone(), origin)));
            }
        }
        let missing = nix::missing(&origins.keys().cloned().collect::<Vec<_>>(), store)?;
        for path in missing {
            origins.remove(&path);
        }
        let infos = nix::path_infos(&origins.keys().cloned().collect::<Vec<_>>(), store)?;
        let input = |(path, info): (PathBuf, nix::PathInfo)| {
            let known = origins.get(&path).copied().flatten();
            let origin = known.unwrap_or(if info.ultimate { Origin::Built } else { Origin::Substituted });
            let names = info.signatures.iter().filter_map(|signature| signature.split(':').next());
            let mut signers: Vec<String> = match origin {
                Origin::Substituted => names.map(str::to_owned).collect(),
                _ => Vec::new(),
            };
            signers.sort_unstable();
            signers.dedup();
            Input { path: path.display().to_string(), nar_hash: info.nar_hash, origin, signers }
        };
        Ok(infos.into_iter().map(input).collect())
    }
}

fn graph(drv: &Path) -> Result<BTreeMap<PathBuf, Derivation>, Error> {
    let mut graph = BTreeMap::new();
    let mut open = vec![drv.to_owned()];
    while let Some(path) = open.pop() {
        if let Entry::Vacant(place) = graph.entry(path) {
            let derivation = Derivation::read(place.key())?;
            open.extend(derivation.inputs.iter().cloned());
            place.insert(derivation);
        }
    }
    Ok(graph)
}

fn source(metadata: Metadata, uri: Option<&str>) -> Result<Source, Error> {
    let Metadata { url, path, revision, locked, locks } = metadata;
    let commit = revision.or(locked.rev.clone());
    let mut digest = BTreeMap::new();
    if let Some(commit) = &commit {
        digest.insert("gitCommit".to_owned(), commit.clone());
        if let Some(tree) = checkout(&url).and_then(|folder| git_tree(folder, commit)) {
            digest.insert("gitTree".to_owned(), tree);
        }
    }
    let flake = locked.dir.as_ref().map_or(path.clone(), |dir| path.join(dir));
    let of = |file: PathBuf| -> Result<Option<BTreeMap<String, String>>, Error> {
        if !file.exists() {
            return Ok(None);
        }
        Ok(Some(BTreeMap::from([("sha256".to_owned(), hex(&digest::file(&file)?.sha256))])))
    };
    let pin = |(name, node): (String, nix::Node)| {
        let locked = node.locked?;
        Some(Pin {
            name,
            revision: locked.rev,
            nar_hash: locked.nar_hash,
            last_modified: locked.last_modified,
        })
    };
    let nar_hash = match locked.nar_hash {
        Some(hash) => hash,
        None => crate::nar::sri(&crate::nar::hash(&path)?.0),
    };
    Ok(Source {
        // Where this machine has it is nobody else's affair.
        uri: uri
            .map(str::to_owned)
            .or_else(|| (checkout(&url).is_none() && !url.is_empty()).then(|| address::of_source(&url))),
        dirty: locked.kind == "git" && commit.is_none(),
        digest,
        nar_hash,
        flake_lock: of(flake.join("flake.lock"))?,
        cargo_lock: of(path.join("Cargo.lock"))?,
        inputs: locks.nodes.into_iter().filter_map(pin).collect(),
    })
}

/// The folder that a flake reference of this machine names.
fn checkout(url: &str) -> Option<&Path> {
    let rest = url.strip_prefix("git+file://").or_else(|| url.strip_prefix("path:"))?;
    Some(Path::new(rest.split('?').next().unwrap_or_default()))
}

fn git_tree(folder: &Path, commit: &str) -> Option<String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(["rev-parse", &format!("{commit}^{{tree}}")])
        .output()
        .ok()?;
    let tree = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !tree.is_empty()).then_some(tree)
}
