//! What is in a store, checked: every path that is stated is read here, and is what Nix has recorded, what its recipe fixes and
//! what its name says. Whose signature on a path holds is decided here too, not by Nix's records.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::derivation::Output;
use super::facts::Facts;
use super::nix::{self, PathInfo, Store};
use crate::error::{Code, Error};
use crate::nar;
use crate::nar::fixed::{self, Fit, Fixed};
use crate::nar::signature::{PublicKey, Signature, fingerprint};
use crate::nar::store_path;
use crate::parallel;
use crate::statement::rebuild::{Input, Origin};

/// Why a path is in the closure.
#[derive(Clone)]
enum Part {
    /// Evaluation put it there.
    Source,
    /// A derivation fixes its content, by this hash.
    Fixed(String),
    /// A derivation makes it.
    Made,
    /// Something else refers to it.
    Referred,
}

/// Where a path of a store is on this machine. Whatever a store in a folder is called, its files are in `nix/store` of it.
pub fn place(path: &Path, store: Store) -> PathBuf {
    store.map_or_else(
        || path.to_owned(),
        |root| root.join("nix/store").join(path.file_name().unwrap_or_default()),
    )
}

/// The keys of `trusted`, as nix.conf has them, whose signatures on this path verify; sorted, as `NAME:BASE64`.
pub fn signers(path: &Path, info: &PathInfo, trusted: &[PublicKey]) -> Vec<String> {
    let text =
        path.to_str().and_then(|path| fingerprint(path, &info.nar_hash, info.nar_size, &info.references));
    let Some(text) = text else { return Vec::new() };
    let signatures: Vec<Signature> =
        info.signatures.iter().filter_map(|s| Signature::parse(s).ok()).collect();
    let signed = |key: &&PublicKey| signatures.iter().any(|signature| key.verifies(&text, signature));
    let mut signers: Vec<String> = trusted.iter().filter(signed).map(ToString::to_string).collect();
    signers.sort_unstable();
    signers.dedup();
    signers
}

/// An error if what is at a path is not what Nix has recorded of it.
///
/// # Errors
/// `store-modified`
pub fn is_recorded(path: &Path, here: &[u8; 32], info: &PathInfo) -> Result<(), Error> {
    if *here == info.nar_hash {
        return Ok(());
    }
    let message = format!(
        "{} is not what Nix has recorded: its archive is {}, and was {}; somebody has written to it, or Nix reads another \
         store; look at nix-store --verify-path, and delete or repair it",
        path.display(),
        nar::sri(here),
        nar::sri(&info.nar_hash)
    );
    Err(Error::new(Code::StoreModified, message))
}

/// An error if a derivation fixes the content of its own output, and that is another one.
///
/// # Errors
/// `content-forged`; an `input-…` code if it cannot be read.
pub fn is_what_is_fixed(facts: &Facts, path: &Path, place: &Path) -> Result<(), Error> {
    let derivation = &facts.graph[&facts.drv];
    let is_fixed = |output: &&Output| output.path == path && !output.hash.is_empty();
    let Some(output) = derivation.outputs.values().find(is_fixed) else { return Ok(()) };
    let Fixed { nar, fit, .. } = fixed::fits(place, &output.hash)?;
    match fit {
        Fit::Other { seen } => Err(misfit(path, &output.hash, &seen, &nar)),
        Fit::Fits | Fit::Unknown => Ok(()),
    }
}

/// The build closure without the output itself, and all that its paths refer to: what `store` has of all that the
/// derivations need, each path read once, on all processors. With `is_used` the output has just been built from it, so that what it is built from must be there.
///
/// # Errors
/// The `helper-…` codes; `store-changed`; `store-modified` if a path is not what Nix has recorded; `content-forged` if one is
/// not what its recipe fixes, or a source does not give its store path; an `input-…` code if one cannot be read.
pub fn closure(
    facts: &Facts,
    store: Store,
    trusted: &[PublicKey],
    is_used: bool,
) -> Result<Vec<Input>, Error> {
    let mut parts: BTreeMap<PathBuf, Part> = BTreeMap::new();
    for (path, derivation) in &facts.graph {
        if *path != facts.drv {
            let part =
                |hash: &String| if derivation.is_fixed() { Part::Fixed(hash.clone()) } else { Part::Made };
            parts.extend(derivation.outputs.values().map(|output| (output.path.clone(), part(&output.hash))));
        }
    }
    // Whoever makes a path, as what a recipe takes as it is it must be given by its content.
    for derivation in facts.graph.values() {
        parts.extend(derivation.sources.iter().map(|source| (source.clone(), Part::Source)));
    }
    facts.outputs.values().for_each(|own| drop(parts.remove(own)));
    let missing = nix::missing(&parts.keys().cloned().collect::<Vec<_>>(), store)?;
    for path in &missing {
        parts.remove(path);
    }
    if is_used {
        let derivation = &facts.graph[&facts.drv];
        let outputs = |drv: &PathBuf| facts.outputs_of(drv).iter().any(|path| parts.contains_key(*path));
        let lost = derivation.sources.iter().find(|source| missing.contains(source));
        if let Some(lost) = lost.or_else(|| derivation.inputs.iter().find(|input| !outputs(input))) {
            let message = format!(
                "{} was built a moment ago, and what it was built from, {}, is gone: who made that cannot be stated; try again \
                 without a garbage collection beside it",
                facts.drv.display(),
                lost.display()
            );
            return Err(Error::new(Code::StoreChanged, message));
        }
    }
    let mut infos = nix::path_infos(&parts.keys().cloned().collect::<Vec<_>>(), store)?;
    // A path may refer to what no derivation names; builds see that too.
    loop {
        let references = infos.values().flat_map(|info| info.references.iter().map(PathBuf::from));
        let is_new =
            |path: &PathBuf| !infos.contains_key(path) && !facts.outputs.values().any(|own| own == path);
        let new: BTreeSet<PathBuf> = references.filter(is_new).collect();
        if new.is_empty() {
            break;
        }
        parts.extend(new.iter().map(|path| (path.clone(), Part::Referred)));
        infos.extend(nix::path_infos(&Vec::from_iter(new), store)?);
    }
    let work = |(path, info): (&PathBuf, &PathInfo)| input(path, info, &parts[path], store, trusted);
    let mut inputs = Vec::new();
    parallel::in_order(infos.iter(), work, |input: Result<Input, Error>| {
        input.map(|input| inputs.push(input))
    })?;
    Ok(inputs)
}

fn input(
    path: &Path,
    info: &PathInfo,
    part: &Part,
    store: Store,
    trusted: &[PublicKey],
) -> Result<Input, Error> {
    let place = place(path, store);
    let recorded = if info.ultimate { Origin::Built } else { Origin::Substituted };
    let (here, origin) = match part {
        Part::Source => {
            let (given, here, _) =
                store_path::is_given_by(&path.display().to_string(), &place, &info.references)?;
            if !given {
                return Err(forged(path, "a source whose content gives its name", &nar::sri(&here)));
            }
            (here, Origin::Source)
        }
        Part::Fixed(hash) => {
            let Fixed { nar, fit, .. } = fixed::fits(&place, hash)?;
            match fit {
                Fit::Fits => (nar, Origin::FixedOutput),
                Fit::Other { seen } => return Err(misfit(path, hash, &seen, &nar)),
                // Nobody here can tell what it should be, so it is whose it is.
                Fit::Unknown => (nar, recorded),
            }
        }
        Part::Made => (nar::hash(&place)?.0, recorded),
        Part::Referred => {
            let (given, here, _) =
                store_path::is_given_by(&path.display().to_string(), &place, &info.references)?;
            (here, if given { Origin::Source } else { recorded })
        }
    };
    is_recorded(&place, &here, info)?;
    let signers = if origin == Origin::Substituted { signers(path, info, trusted) } else { Vec::new() };
    Ok(Input { path: path.display().to_string(), nar_hash: nar::sri(&here), origin, signers })
}

fn misfit(path: &Path, fixed: &str, seen: &str, here: &[u8; 32]) -> Error {
    forged(path, &format!("{fixed}, which its recipe fixes, but is {seen}"), &nar::sri(here))
}

/// An error about a path that should be `what`, and whose archive is `here`, as [`nar::sri`] writes it.
pub fn forged(path: &Path, what: &str, here: &str) -> Error {
    let message = format!(
        "{} should be {what}, and its archive is {here}: it was changed, or a cache gave something else under its name; \
         delete it (nix-store --delete) and have it fetched from where it comes from",
        path.display()
    );
    Error::new(Code::ContentForged, message)
}
