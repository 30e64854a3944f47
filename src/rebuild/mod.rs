//! Builds a flake output, or takes or rebuilds it, and states what came of it ([`crate::statement::rebuild`]). Nix does the
//! building; here is what is asked of it and what is made of the answers.

pub mod derivation;
mod difference;
mod facts;
mod machine;
mod nix;
mod outputs;
mod record;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::clock;
use crate::error::{Code, Error};
use crate::statement::rebuild::{Attempt, Builder, Difference, Origin, Outcome, Rebuild, Run, TYPE, Verdict};
use crate::statement::{Statement, Subject};

use facts::Facts;
use nix::Again;

pub use record::{append, expected};

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
}

/// How far a rebuild goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Every derivation of the build closure whose content is not fixed.
    Everything,
    /// All but those whose outputs were substituted; the statement says which.
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
}

/// Does what `order` says; `progress` is told what is being done, a line at a time. A build that fails or differs is no
/// error: it is what is stated.
///
/// # Errors
/// `helper-…` if Nix is not there, does not evaluate or is not understood; `derivation-unfixed`; an `input-…` code if
/// what is expected cannot be read; `statement-invalid` if what is expected contradicts itself.
pub fn state(order: Order, progress: &mut dyn FnMut(&str)) -> Result<Statement<Rebuild>, Error> {
    let started = clock::seconds();
    progress(&format!("evaluating {}", order.installable));
    let facts = Facts::gather(order.installable, order.uri)?;
    let expected = order
        .expected
        .map(|path| record::expected(path, facts.recipe.drv_digest.get("sha256").map(String::as_str)));
    let expected = expected.transpose()?;
    let environment = machine::environment(&nix::settings()?);
    let result = build(&facts, order.rebuild, progress)?;
    let closure = facts.closure()?;

    let own = outputs::subjects(&result.outputs)?;
    let verdict = verdict(&result, &own, expected)?;
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

fn build(facts: &Facts, depth: Option<Depth>, progress: &mut dyn FnMut(&str)) -> Result<Attempted, Error> {
    let paths: Vec<PathBuf> = facts.outputs.values().cloned().collect();
    let was_there = nix::missing(&paths)?.is_empty();
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
    };
    if !was_there {
        progress(&format!("building {}", facts.drv.display()));
        if let Err(reason) = nix::realise(&facts.drv)? {
            return Ok(nothing(reason));
        }
    }
    let mut result =
        Attempted { attempt, outputs: facts.outputs.clone(), first: None, difference: None, reason: None };
    let Some(depth) = depth else { return Ok(result) };

    let order = rebuilt(facts, depth)?;
    for (index, drv) in order.iter().enumerate() {
        progress(&format!("building again, {} of {}: {}", index + 1, order.len(), drv.display()));
        // A dependency that was never needed here has to be there to be compared with.
        if let Err(reason) = nix::realise(drv)? {
            return Ok(nothing(format!("{}: {reason}", drv.display())));
        }
        match nix::build_again(drv)? {
            Again::Same => {}
            Again::Failed(reason) => return Ok(nothing(format!("{}: {reason}", drv.display()))),
            Again::Other => differs(facts, drv, &mut result)?,
        }
    }
    Ok(result)
}

/// The derivations to build again, each after those that it needs.
fn rebuilt(facts: &Facts, depth: Depth) -> Result<Vec<&Path>, Error> {
    let mut order = facts.order();
    if depth == Depth::ButSubstituted {
        let closure = facts.closure()?;
        let is_built = |path: &Path| {
            closure.iter().any(|input| input.origin == Origin::Built && Path::new(&input.path) == path)
        };
        order.retain(|drv| *drv == facts.drv || facts.outputs_of(drv).into_iter().any(is_built));
    }
    Ok(order)
}

/// Notes that building `drv` again gave something else, and where.
fn differs(facts: &Facts, drv: &Path, result: &mut Attempted) -> Result<(), Error> {
    let is_own = drv == facts.drv;
    for path in facts.outputs_of(drv) {
        let kept = nix::kept(path);
        if !kept.exists() {
            continue;
        }
        if result.difference.is_none() {
            result.difference = difference::between(path, &kept)?.map(|found| Difference {
                path: if is_own { found.path } else { format!("{}: {}", path.display(), found.path) },
                ..found
            });
        }
        if is_own {
            result.first.get_or_insert_with(|| facts.outputs.clone());
            result
                .outputs
                .values_mut()
                .filter(|output| *output == path)
                .for_each(|output| output.clone_from(&kept));
        }
    }
    if is_own && result.first.is_none() {
        let reason =
            format!("{} gave something else when it was built again, and Nix did not keep it", drv.display());
        (result.outputs, result.reason) = (BTreeMap::new(), Some(reason));
    }
    Ok(())
}

fn verdict(result: &Attempted, own: &[Subject], expected: Option<Expected>) -> Result<Verdict, Error> {
    let mut difference = result.difference.clone();
    let expected = match (&result.first, expected) {
        (_, Some(Expected::Subjects(subjects))) => subjects,
        (_, Some(Expected::Tree(tree))) => {
            if let (Some(out), None) = (result.outputs.get("out"), &result.first) {
                difference = difference::between(&tree, out)?.or(difference);
            }
            outputs::subjects(&BTreeMap::from([("out".to_owned(), tree)]))?
        }
        (Some(first), None) => outputs::subjects(first)?,
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
