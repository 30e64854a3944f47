//! Policies (docs/formats/policy.md) about a recipe that trusted keys state. Its digest is their claim, and is marked
//! so.

use std::collections::{BTreeMap, BTreeSet};

use super::quoted;
use crate::attest::evidence::{self, Evidence, Ignored, Why};
use crate::attest::policy::{Policy, number};
use crate::attest::refusal::Refusal;
use crate::attest::testimony::Testimony;
use crate::attest::trust::{Key, Trust};
use crate::error::{Code, Error};
use crate::statement::bundle::Bundle;
use crate::visible::visible;

/// The most names that a message lists.
const LISTED: usize = 16;

/// What is asked for beside what the bundle says.
#[derive(Clone, Copy, Debug, Default)]
pub struct Order<'a> {
    /// The policy's name; the attribute without it.
    pub name: Option<&'a str>,
    /// How many organisations must agree; all that state the recipe without it.
    pub threshold: Option<usize>,
    /// The attribute, where the statements are about several.
    pub attribute: Option<&'a str>,
    /// SHA-256 of the derivation's text, where they are about several.
    pub drv: Option<&'a str>,
}

/// A policy that was read back.
#[derive(Debug)]
pub struct Draft {
    /// Its TOML.
    pub text: String,
    /// What it says.
    pub policy: Policy,
    /// The organisations of its builders, sorted.
    pub organisations: Vec<String>,
}

/// Who states one recipe.
struct Stated<'a> {
    attribute: &'a str,
    drv: &'a str,
    testimonies: Vec<&'a Testimony>,
}

/// A policy about the recipe that keys of `trust` state in `bundle`; `name` is what the bundle is called. Its builders
/// are the keys that state it, whatever came of it: who dissents is asked too.
///
/// # Errors
/// Every problem of the bundle: a line that cannot be used may be dissent, or that of a key that should be asked.
/// `expected-nothing` if no trusted key states such a recipe, `recipe-ambiguous` if several are stated,
/// `threshold-invalid`.
pub fn draft(trust: &Trust, bundle: &Bundle, name: &str, order: &Order) -> Result<Draft, Refusal> {
    let mut evidence = evidence::read(bundle, trust);
    let mut problems = std::mem::take(&mut evidence.problems);
    let done = stated(&evidence, trust, name, order)
        .map_err(Vec::from)
        .and_then(|stated| written(&stated, trust, name, order))
        .map_err(|errors| problems.extend(errors));
    match done {
        Ok(draft) if problems.is_empty() => Ok(draft),
        _ => Err(Refusal(problems)),
    }
}

/// The one recipe that is meant.
fn stated<'a>(evidence: &'a Evidence, trust: &Trust, name: &str, order: &Order) -> Result<Stated<'a>, Error> {
    if evidence.testimonies.is_empty() {
        return Err(Error::new(Code::ExpectedNothing, nothing(&evidence.ignored, name)));
    }
    let mut recipes: BTreeMap<(&str, &str), Vec<&Testimony>> = BTreeMap::new();
    for testimony in &evidence.testimonies {
        recipes.entry((&testimony.attribute, &testimony.drv)).or_default().push(testimony);
    }
    let list = |recipes: &BTreeMap<(&str, &str), Vec<&Testimony>>| {
        let one = |((attribute, drv), testimonies): (&(&str, &str), &Vec<&Testimony>)| {
            let names: Vec<&str> = keys(testimonies, trust).map(|key| key.name.as_str()).collect();
            let names = names.join(", ");
            if is_plain(attribute) {
                format!("--attribute {attribute} --drv {drv} (stated by {names})")
            } else {
                format!("--drv {drv} (attribute {attribute:?}, stated by {names})")
            }
        };
        recipes.iter().map(one).collect::<Vec<_>>().join("; ")
    };
    let all = list(&recipes);
    recipes.retain(|(attribute, drv), _| {
        order.attribute.is_none_or(|wanted| wanted == *attribute)
            && order.drv.is_none_or(|wanted| wanted == *drv)
    });
    let several = recipes.len() > 1;
    if several {
        let message = format!(
            "the statements of trusted keys in {name} are about {} recipes, a policy is about one: choose it with {}",
            recipes.len(),
            list(&recipes)
        );
        return Err(Error::new(Code::RecipeAmbiguous, message));
    }
    let recipe = recipes.pop_first();
    let recipe = recipe.map(|((attribute, drv), testimonies)| Stated { attribute, drv, testimonies });
    recipe.ok_or_else(|| {
        let message = format!("no trusted key states that recipe in {name}: what is stated is {all}");
        Error::new(Code::ExpectedNothing, message)
    })
}

/// The keys that signed these, in the order of the trust store.
fn keys<'t>(testimonies: &[&Testimony], trust: &'t Trust) -> impl Iterator<Item = &'t Key> {
    let signers: BTreeSet<usize> =
        testimonies.iter().flat_map(|testimony| testimony.signers.iter().copied()).collect();
    signers.into_iter().map(|at| &trust.keys()[at])
}

/// Why a bundle says nothing to who trusts these keys, and what to do.
fn nothing(ignored: &[Ignored], name: &str) -> String {
    let of = |why| {
        let keys: BTreeSet<&str> = ignored
            .iter()
            .filter(|line| line.why == why)
            .flat_map(|line| line.keys.iter().map(String::as_str))
            .filter(|key| !key.is_empty())
            .collect();
        // An id has 71 characters; of others it is enough to see that they are none.
        let mut names: Vec<String> =
            keys.iter().take(LISTED).map(|key| key.chars().take(80).collect()).collect();
        names.extend((keys.len() > LISTED).then(|| format!("and {} more", keys.len() - LISTED)));
        names.join(", ")
    };
    let mut said = vec![format!("no trusted key signed a rebuild statement in {name}")];
    for (why, what) in [
        (Why::Role, "without the role rebuilder in the trust store"),
        (Why::Revoked, "revoked in the trust store"),
        (Why::OtherType, "under statements of other types alone"),
    ] {
        let names = of(why);
        said.extend((!names.is_empty()).then(|| format!("{names} signed, {what}")));
    }
    let ids = of(Why::UnknownKey);
    let ids = if ids.is_empty() {
        "it carries no key ids".to_owned()
    } else {
        format!("it carries the key ids {ids}, which are claimed, not verified")
    };
    said.extend(ignored.iter().any(|line| line.why == Why::UnknownKey).then(|| {
        format!(
            "{ids}: ask the builders whom you trust for their public keys, compare the ids (`sarsen key show KEY`) and \
             add them with `sarsen trust add`"
        )
    }));
    said.extend(ignored.is_empty().then(|| "it has no line".to_owned()));
    said.join("; ")
}

fn written(stated: &Stated, trust: &Trust, name: &str, order: &Order) -> Result<Draft, Vec<Error>> {
    let Stated { attribute, drv, testimonies } = stated;
    let organisations: BTreeSet<&str> =
        keys(testimonies, trust).map(|key| key.organisation.as_str()).collect();
    let all = organisations.len();
    let threshold = order.threshold.unwrap_or(all);
    if threshold == 0 || threshold > all {
        let why = if threshold == 0 { "everything would satisfy it" } else { "it could never be met" };
        let message = format!(
            "the threshold is {threshold}, and {} ({}): {why}; ask for 1 to {all}",
            if all == 1 {
                "1 organisation states this recipe".into()
            } else {
                format!("{all} organisations state this recipe")
            },
            organisations.iter().copied().collect::<Vec<_>>().join(", ")
        );
        return Err(Error::new(Code::ThresholdInvalid, message).into());
    }
    let single = if all == 1 {
        "# There is one: that proves repetition, not independence. Take this out once others state the recipe.\n\
         allow-single-organisation = true\n"
    } else {
        ""
    };
    let text = format!(
        "# Made from what trusted keys signed in {}. Read it before it decides anything: docs/formats/policy.md says\n\
         # what each key means. What is left out has the strict meaning.\n\
         name = {}\n\
         # How many organisations must state the same bytes; {} this recipe.\n\
         threshold = {threshold}\n{single}builders = [\n{}]\n\n[[recipe]]\nattribute = {}\n{}{}",
        visible(name),
        quoted(order.name.unwrap_or(attribute)),
        if all == 1 { "1 states".into() } else { format!("{all} state") },
        builders(testimonies, trust),
        quoted(attribute),
        digest(attribute, drv),
        lock(testimonies),
    );
    let policy = Policy::parse(&text, &format!("for {name}"), trust)?;
    Ok(Draft { text, policy, organisations: organisations.into_iter().map(str::to_owned).collect() })
}

/// A line for each key that states the recipe, with what it says came of it.
fn builders(testimonies: &[&Testimony], trust: &Trust) -> String {
    let mut lines = String::new();
    for (at, key) in trust.keys().iter().enumerate() {
        let own = testimonies.iter().filter(|testimony| testimony.signers.contains(&at));
        let said: Vec<String> = own
            .map(|testimony| format!("{} on line {}", testimony.result.as_str(), testimony.line))
            .collect();
        if !said.is_empty() {
            let comment = format!("{}: {}", key.organisation, said.join(", "));
            lines.extend(["    ", &quoted(&key.name), ", # ", &visible(&comment), "\n"]);
        }
    }
    lines
}

/// Whether a shell takes it as it is.
fn is_plain(attribute: &str) -> bool {
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b"._-+".contains(&b);
    attribute.bytes().all(is_word) && !attribute.starts_with('-')
}

/// The digest of the derivation, and how to come to an own one.
fn digest(attribute: &str, drv: &str) -> String {
    let attribute = if is_plain(attribute) { attribute } else { "ATTRIBUTE" };
    format!(
        "# The builders' claim, not evaluated here, and reports say so. To replace it, evaluate the source that you have\n\
         # read, FLAKE, with Nix, write the digest here, and drv-from = \"source\":\n\
         #   sha256sum \"$(nix eval --raw 'FLAKE#{attribute}.drvPath')\"\n\
         drv-sha256 = {}\ndrv-from = \"builder\"\n",
        quoted(drv)
    )
}

/// The digest of the lock file, where all state the same.
fn lock(testimonies: &[&Testimony]) -> String {
    let locks: BTreeSet<Option<&str>> = testimonies.iter().map(|t| t.flake_lock.as_deref()).collect();
    let mut stated = locks.iter().flatten();
    match (locks.len(), stated.next()) {
        (1, Some(lock)) => format!("flake-lock-sha256 = {}\n", quoted(lock)),
        (1, None) => String::new(),
        _ => format!(
            "# No flake-lock-sha256: the statements do not agree about it ({}). The derivation binds what it locked.\n",
            number(locks.len(), "answer")
        ),
    }
}
