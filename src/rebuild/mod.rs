//! Builds a flake output, or takes or rebuilds it, and states what came of it ([`crate::statement::rebuild`]). Nix does the
//! building; here is what is asked of it and what is made of the answers.

mod address;
mod attempt;
mod checkout;
mod closure;
pub mod derivation;
mod difference;
mod facts;
mod machine;
mod nix;
mod outputs;
mod private;
mod record;
mod source;
mod verdict;

use std::path::{Path, PathBuf};

use crate::attest::trust::Trust;
use crate::clock;
use crate::content::Content;
use crate::error::{Code, Error};
use crate::statement::rebuild::{Builder, Outcome, Rebuild, Run, TYPE};
use crate::statement::{Statement, Subject};

use attempt::{Attempted, Machine, attempt};
use facts::Facts;
pub use record::{add, expected, unsigned, written};

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

/// Does what `order` says; `progress` is told what is being done, a line at a time. A build that fails or differs is no
/// error: it is what is stated.
///
/// # Errors
/// `helper-…` if Nix is not there, does not evaluate or is not understood; `nix-broken` if it cannot build anything;
/// `store-…` and `content-forged` if what is in its store is not what it should be; `source-moved`, `lock-outdated`,
/// `derivation-unfixed` and `derivation-invalid` for what cannot be stated of the recipe; `rebuild-uncompared`; an `input-…` or
/// `expected-…` code if what is expected cannot be used; `statement-invalid` if what would be stated contradicts itself.
pub fn state(order: Order, progress: &mut dyn FnMut(&str)) -> Result<Statement<Rebuild>, Error> {
    publishable(&order)?;
    let started = clock::seconds();
    let machine = Machine::ask()?;
    progress(&format!("evaluating {}", order.installable));
    let facts =
        Facts::gather(order.installable, order.uri, order.rebuild.is_some(), machine.store(), progress)?;
    // What is built again is another build than the one that was stated before.
    let own: &[String] = if order.rebuild.is_some() { &[] } else { &order.builder.keys };
    let expected = order.expected.map(|path| record::expected(path, facts.drv_sha256(), order.trust, own));
    let expected = expected.transpose()?;
    if let (Some(Expected::Tree(tree)), true) = (&expected, facts.outputs.len() > 1) {
        let names = facts.outputs.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        let message = format!(
            "{} is one output, and this derivation has {names}: what the others should be is not known; expect a bundle",
            tree.display()
        );
        return Err(Error::new(Code::ExpectedSeveral, message));
    }
    let mut attempted = attempt(&facts, &machine, order.rebuild, progress)?;
    let own = attempted.result.as_ref().map_or_else(|_| Vec::new(), |held| outputs::subjects(&held.content));
    let verdict = verdict::verdict(&attempted, &own, expected)?;
    if verdict.result == Outcome::Differs || !verdict.found.is_empty() {
        attempted.keep(progress);
    }
    let subject = if verdict.result.has_output() { own } else { vec![derivation(&facts)] };
    let Attempted { attempt, built_by, result, closure, .. } = attempted;
    let predicate = Rebuild {
        source: facts.source,
        recipe: facts.recipe,
        outputs: result.map_or_else(|_| Vec::new(), |held| held.outputs),
        closure,
        environment: machine::environment(built_by, &machine.config),
        builder: order.builder,
        run: Run {
            invocation_id: machine::invocation()?,
            started_on: clock::timestamp(started),
            finished_on: clock::timestamp(clock::seconds()),
            clock: machine::clock(started),
            attempt,
        },
        verdict,
    };
    let statement = Statement::new(subject, TYPE, predicate);
    statement.validate().map_err(|why| {
        Error::new(
            Code::StatementInvalid,
            format!("what would be stated contradicts itself: {why}; nothing is signed"),
        )
    })?;
    Ok(statement)
}

/// The subject where there is no output.
fn derivation(facts: &Facts) -> Subject {
    Subject {
        name: format!("drv:{}", facts.drv.display()),
        digest: facts.recipe.drv_digest.clone(),
        annotations: None,
    }
}

/// Whether what the caller says of itself may be signed and published; a build takes hours, so it is asked before.
fn publishable(order: &Order) -> Result<(), Error> {
    order.builder.validate().map_err(|why| {
        Error::new(Code::StatementInvalid, format!("{why}: nothing is built, since it could not be stated"))
    })?;
    let Builder { id, organisation, .. } = &order.builder;
    let said = [
        ("the source's address", order.uri, order.uri.is_none_or(address::is_public)),
        ("the builder", Some(id.as_str()), address::is_public(id)),
        ("the organisation", Some(organisation.as_str()), address::in_text(organisation) == *organisation),
    ];
    if let Some((what, text, _)) = said.into_iter().find(|(_, _, is_public)| !is_public) {
        return Err(Error::new(
            Code::StatementInvalid,
            format!(
                "{what} {:?} is no address, or was given with a user, a password or parameters that Nix knows nothing of, such as \
                 a token, which everybody would read: leave them out",
                address::in_text(&address::of_source(text.unwrap_or_default()))
            ),
        ));
    }
    Ok(())
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
    let machine = Machine::ask()?;
    progress(&format!("evaluating {installable}"));
    let facts = Facts::gather(installable, None, depth.is_some(), machine.store(), progress)?;
    let mut attempted = attempt(&facts, &machine, depth, progress)?;
    let is_own = |held: &attempt::Held| {
        attempted.before.as_ref().is_none_or(|before| before.content.archives == held.content.archives)
    };
    if !attempted.result.as_ref().map_or(true, is_own) {
        progress("what is built again is not what this machine had");
        attempted.keep(progress);
    }
    let content = attempted.result.map(|held| held.content);
    Ok(Made { drv_sha256: facts.drv_sha256().to_owned(), content })
}
