//! Builds a flake output, or takes or rebuilds it, and states what came of it ([`crate::statement::rebuild`]). Nix does the
//! building; here is what is asked of it and what is made of the answers.

mod address;
pub mod derivation;
mod difference;
mod facts;
mod machine;
mod nix;
mod outputs;
mod private;
mod record;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::attest::trust::Trust;
use crate::clock;
use crate::content::Content;
use crate::error::{Code, Error};
use crate::statement::rebuild::{Attempt, Builder, Difference, Outcome, Rebuild, Run, TYPE, Verdict};
use crate::statement::{Statement, Subject};

use facts::Facts;
pub use record::{append, expected, written};

/// What is to be stated.
pub struct Order<'a> {
    /// `FLAKE#ATTRIBUTE`; the attribute of a flake's packages may be given by its name alone.
    pub installable: &'a str,
    /// Who states it.
    pub builder: Builder,
    /// Where others find the source.
    pub uri: Option<&'a str>,
    /// Whether what is there is built again.
    pub rebuild: Option<Depth>,
    /// What the output should be: a folder or a bundle, see [`expected`].
    pub expected: Option<&'a Path>,
    /// Whose statements in that bundle are believed.
    pub trust: Option<&'a Trust>,
}

/// How far a rebuild goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Every derivation of the build closure whose content is not fixed, from nothing that anybody has built.
    Everything,
    /// All but those whose outputs this machine had from others; the statement says which.
    ButSubstituted,
}

/// What an output is compared with.
pub enum Expected {
    /// Another output, file by file.
    Tree(PathBuf),
    /// What others stated of one, digest by digest.
    Subjects(Vec<Subject>),
}

/// What came of an attempt.
struct Attempted {
    attempt: Attempt,
    /// The outputs by name, where they are now; none if it failed.
    outputs: BTreeMap<String, PathBuf>,
    /// What the first build gave, if this one gave something else.
    first: Option<BTreeMap<String, PathBuf>>,
    /// The first difference that was met on the way, in a dependency too.
    difference: Option<Difference>,
    /// Why there is no output.
    reason: Option<String>,
    /// Where it was built, if not in this machine's store.
    store: Option<private::Store>,
}

/// Does what `order` says; `progress` is told what is being done, a line at a time. A build that fails or differs is no
/// error: it is what is stated.
///
/// # Errors
/// `helper-…` if Nix is not there, does not evaluate or is not understood; `derivation-unfixed`; an `input-…` code if
/// what is expected cannot be read; `statement-invalid` if what is expected contradicts itself.
pub fn state(order: Order, progress: &mut dyn FnMut(&str)) -> Result<Statement<Rebuild>, Error> {
    publishable(&order)?;
    let started = clock::seconds();
    progress(&format!("evaluating {}", order.installable));
    let facts = Facts::gather(order.installable, order.uri)?;
    let expected = order.expected.map(|path| record::expected(path, facts.drv_sha256(), order.trust));
    let expected = expected.transpose()?;
    if let (Some(Expected::Tree(tree)), true) = (&expected, facts.outputs.len() > 1) {
        let names = facts.outputs.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        let message = format!(
            "{} is one output, and this derivation has {names}: what the others should be is not known; expect a bundle",
            tree.display()
        );
        return Err(Error::new(Code::ExpectedSeveral, message));
    }
    let mut environment = machine::environment(&nix::settings()?);
    let mut result = build(&facts, order.rebuild, progress)?;
    let closure = facts.closure(result.store.as_ref().map(private::Store::root))?;
    if result.store.is_some() {
        environment.substituters.clear();
    }

    let own = outputs::subjects(&Content::of(&result.outputs)?);
    let verdict = verdict(&result, &own, expected)?;
    if verdict.result == Outcome::Differs {
        keep(&mut result, progress);
    }
    let subject = if verdict.result.has_output() {
        own
    } else {
        vec![Subject {
            name: format!("drv:{}", facts.drv.display()),
            digest: facts.recipe.drv_digest.clone(),
            annotations: None,
        }]
    };
    let run = Run {
        invocation_id: machine::invocation()?,
        started_on: clock::timestamp(started),
        finished_on: clock::timestamp(clock::seconds()),
        clock: machine::clock(),
        attempt: result.attempt,
    };
    let Facts { source, recipe, .. } = facts;
    let builder = order.builder;
    let statement = Statement::new(
        subject,
        TYPE,
        Rebuild { source, recipe, closure, environment, builder, run, verdict },
    );
    statement.validate().map_err(|why| {
        Error::new(
            Code::StatementInvalid,
            format!("what would be stated contradicts itself: {why}; nothing is signed"),
        )
    })?;
    Ok(statement)
}

/// Whether what the caller says of itself may be signed and published; a build takes hours, so it is asked before.
fn publishable(order: &Order) -> Result<(), Error> {
    order.builder.validate().map_err(|why| {
        Error::new(Code::StatementInvalid, format!("{why}: nothing is built, since it could not be stated"))
    })?;
    match order.uri {
        Some(uri) if address::anonymous(uri) != uri => Err(Error::new(
            Code::StatementInvalid,
            format!(
                "the source's address {} names a user or a password, which everybody would read: leave them out",
                address::anonymous(uri)
            ),
        )),
        _ => Ok(()),
    }
}

/// What a build gave, before anybody states or compares it.
pub struct Made {
    /// SHA-256 of the derivation's text, in hexadecimal.
    pub drv_sha256: String,
    /// What its outputs hold, or why there are none.
    pub content: Result<Content, String>,
}

/// Builds `installable`, or takes it where it is built; with a depth, builds it again. `progress` is as for [`state`].
///
/// # Errors
/// As for [`state`].
pub fn make(installable: &str, depth: Option<Depth>, progress: &mut dyn FnMut(&str)) -> Result<Made, Error> {
    progress(&format!("evaluating {installable}"));
    let facts = Facts::gather(installable, None)?;
    let mut result = build(&facts, depth, progress)?;
    if result.first.is_some() {
        progress("what is built again is not what this machine had");
        keep(&mut result, progress);
    }
    let content = match result.reason.take() {
        Some(reason) => Err(reason),
        None => Ok(Content::of(&result.outputs)?),
    };
    Ok(Made { drv_sha256: facts.drv_sha256().to_owned(), content })
}

/// Leaves the store of a rebuild for people to look at.
fn keep(result: &mut Attempted, progress: &mut dyn FnMut(&str)) {
    if let Some(store) = &mut result.store {
        store.keep();
        progress(&format!(
            "what differs stays in {}: remove it when you have seen it",
            store.root().display()
        ));
    }
}

fn build(facts: &Facts, depth: Option<Depth>, progress: &mut dyn FnMut(&str)) -> Result<Attempted, Error> {
    let paths: Vec<PathBuf> = facts.outputs.values().cloned().collect();
    let was_there = nix::missing(&paths, None)?.is_empty();
    let attempt = match depth {
        Some(_) => Attempt::Rebuild,
        None if was_there => Attempt::Taken,
        None => Attempt::First,
    };
    let nothing = |reason: String| Attempted {
        attempt,
        outputs: BTreeMap::new(),
        first: None,
        difference: None,
        reason: Some(reason),
        store: None,
    };
    if !was_there {
        progress(&format!("building {}", facts.drv.display()));
        if let Err(reason) = nix::realise(&facts.drv, progress)? {
            return Ok(nothing(reason));
        }
    }
    let mut result = Attempted {
        attempt,
        outputs: facts.outputs.clone(),
        first: None,
        difference: None,
        reason: None,
        store: None,
    };
    let Some(depth) = depth else { return Ok(result) };

    let store = private::Store::new()?;
    progress(&format!("copying sources and downloads to {}", store.root().display()));
    store.fill(facts, depth, progress)?;
    progress(&format!("building {} again, with what it needs", facts.drv.display()));
    let made = nix::realise_alone(&facts.drv, store.root(), progress)?;
    if let Err(reason) = made {
        result = nothing(reason);
    } else {
        compare(facts, &store, &mut result)?;
    }
    result.store = Some(store);
    Ok(result)
}

/// Takes the outputs from where they were built again, and notes the first that is not what this machine had: those of
/// dependencies come before those that are made of them.
fn compare(facts: &Facts, store: &private::Store, result: &mut Attempted) -> Result<(), Error> {
    let order = facts.order();
    let paths: Vec<PathBuf> =
        order.iter().flat_map(|drv| facts.outputs_of(drv)).map(Path::to_path_buf).collect();
    // Asked about a path that is not there, Nix would ask caches.
    let there = |store: nix::Store| {
        let missing = nix::missing(&paths, store)?;
        let there: Vec<PathBuf> = paths.iter().filter(|path| !missing.contains(path)).cloned().collect();
        nix::path_infos(&there, store)
    };
    let (had, has) = (there(None)?, there(Some(store.root()))?);
    for path in &paths {
        let is_own = facts.outputs.values().any(|output| output == path);
        // What was not there before cannot be compared with, and what was not needed is not here.
        let (Some(had), Some(has)) = (had.get(path), has.get(path)) else { continue };
        if had.nar_hash == has.nar_hash {
            continue;
        }
        if result.difference.is_none() {
            result.difference = difference::between(path, &store.place(path))?.map(|found| Difference {
                path: if is_own { found.path } else { format!("{}: {}", path.display(), found.path) },
                ..found
            });
        }
        if is_own {
            result.first.get_or_insert_with(|| facts.outputs.clone());
        }
    }
    result.outputs.values_mut().for_each(|output| *output = store.place(output));
    Ok(())
}

fn verdict(result: &Attempted, own: &[Subject], expected: Option<Expected>) -> Result<Verdict, Error> {
    let mut difference = result.difference.clone();
    let expected = match (&result.first, expected) {
        (_, Some(Expected::Subjects(subjects))) => subjects,
        (_, Some(Expected::Tree(tree))) => {
            // There is one output, or none if the build failed.
            let (name, output) = result.outputs.first_key_value().unzip();
            if let (Some(output), None) = (output, &result.first) {
                difference = difference::between(&tree, output)?.or(difference);
            }
            let name = name.map_or("out", String::as_str).to_owned();
            outputs::subjects(&Content::of(&BTreeMap::from([(name, tree)]))?)
        }
        (Some(first), None) => outputs::subjects(&Content::of(first)?),
        (None, None) if result.attempt == Attempt::Rebuild => own.to_vec(),
        (None, None) => Vec::new(),
    };
    let outcome = match &result.reason {
        Some(_) => Outcome::Failed,
        None if expected.is_empty() => Outcome::Produced,
        None if outputs::are_same(own, &expected) => Outcome::Matches,
        None => Outcome::Differs,
    };
    if outcome == Outcome::Differs && difference.is_none() {
        difference = outputs::first_difference(own, &expected);
    }
    let expected = if outcome == Outcome::Matches { own.to_vec() } else { expected };
    Ok(Verdict { result: outcome, expected, difference, reason: result.reason.clone() })
}
