//! What a signed rebuild statement says.

use std::collections::{BTreeMap, BTreeSet};

use base64ct::{Base64, Encoding};

use super::conditions::Circumstances;
use crate::digest::Algorithm;
use crate::nar::signature::PublicKey;
use crate::statement::agreement;
use crate::statement::rebuild::{Attempt, Difference, Making, Origin, Outcome};
use crate::statement::{Rebuild, Statement, Subject};

/// Digests in hexadecimal by the algorithm's name, by the name of the subject. Only digests that sarsen computes.
pub type Outputs = agreement::Outputs;

/// What a signed rebuild statement says, as far as anything is decided by it.
#[derive(Clone, Debug)]
pub struct Testimony {
    /// The line that it was first seen on.
    pub line: usize,
    /// All lines that a trusted key's new signature on it was seen on.
    pub lines: Vec<usize>,
    /// Positions in the trust store of the keys that signed it, all of role rebuilder; never empty.
    pub signers: Vec<usize>,
    /// SHA-256 of the signed bytes: two envelopes around the same bytes are one statement.
    pub payload: [u8; 32],
    /// Which run of the builder it is about.
    pub run: String,
    /// What was built.
    pub attribute: String,
    /// SHA-256 of the derivation's text.
    pub drv: String,
    /// SHA-256 of `flake.lock`.
    pub flake_lock: Option<String>,
    /// What came of it.
    pub result: Outcome,
    /// What this builder got; empty if nothing.
    pub outputs: Outputs,
    /// The sizes of files, where stated.
    pub sizes: BTreeMap<String, u64>,
    /// What it was compared with.
    pub expected: Outputs,
    /// Where the first difference is.
    pub difference: Option<Difference>,
    /// Why there is no output.
    pub reason: Option<String>,
    /// How many paths of the closure were built on that machine.
    pub built: usize,
    /// How many have a content that the recipe fixes, sources included.
    pub fixed: usize,
    /// How many were copied from elsewhere.
    pub substituted: usize,
    /// The paths of the closure copied from elsewhere by the key that signed them, in base 64; an empty text for those that
    /// nobody signed.
    pub sources: BTreeMap<String, usize>,
    /// Who made each output, by its name. Empty if there are none, or where the statement is of the first version.
    pub makings: BTreeMap<String, Making>,
    /// The keys that signed outputs which were copied from elsewhere, as in `sources`.
    pub copied_from: BTreeSet<String>,
    /// It is of the first version, which does not say who made the outputs.
    pub first_version: bool,
    /// How it was built.
    pub circumstances: Circumstances,
    /// The output was there already, whoever built it.
    pub taken: bool,
    /// When, in the builder's words.
    pub finished: String,
}

impl Testimony {
    /// Who made the outputs: of several origins the one that proves least. `None` if there are none, or nothing is said of
    /// it.
    pub fn made(&self) -> Option<Making> {
        self.makings.values().max().copied()
    }

    /// What `statement` says, which `signers` signed on this line as bytes with the SHA-256 `payload`.
    pub fn new(line: usize, signers: Vec<usize>, payload: [u8; 32], statement: Statement<Rebuild>) -> Self {
        let first_version = statement.is_first_version();
        let circumstances = Circumstances::of(&statement.predicate);
        let Statement { subject, predicate, .. } = statement;
        let (built, substituted) = (predicate.count(Origin::Built), predicate.count(Origin::Substituted));
        let mut hands = Hands::default();
        let copied = predicate.closure.iter().filter(|input| input.origin == Origin::Substituted);
        let mut sources = BTreeMap::new();
        for hand in copied.flat_map(|input| hands.of(&input.signers)) {
            *sources.entry(hand).or_default() += 1;
        }
        let makings = predicate.outputs.iter().map(|output| (output.name.clone(), output.origin)).collect();
        let copied = predicate.outputs.iter().filter(|output| output.origin == Making::Substituted);
        let copied_from = copied.flat_map(|output| hands.of(&output.signers)).collect();
        let fixed = predicate.closure.len() - built - substituted;
        let Rebuild { source, recipe, verdict, run, .. } = predicate;
        let result = verdict.result;
        let sizes = subject.iter().filter_map(|s| Some((s.name.clone(), s.annotations?.size))).collect();
        Self {
            line,
            lines: vec![line],
            signers,
            payload,
            attribute: recipe.attribute,
            drv: recipe.drv_digest.get("sha256").cloned().unwrap_or_default(),
            flake_lock: source.flake_lock.and_then(|lock| lock.get("sha256").cloned()),
            result,
            outputs: if result.has_output() { outputs(&subject) } else { Outputs::new() },
            sizes,
            expected: outputs(&verdict.expected),
            difference: verdict.difference,
            reason: verdict.reason,
            built,
            fixed,
            substituted,
            sources,
            makings,
            copied_from,
            first_version,
            circumstances,
            taken: run.attempt == Attempt::Taken,
            finished: run.finished_on,
            run: run.invocation_id,
        }
    }
}

fn outputs(subjects: &[Subject]) -> Outputs {
    let known = |digests: &BTreeMap<String, String>| {
        let names = Algorithm::ALL.map(Algorithm::as_str);
        names.into_iter().filter_map(|name| Some((name.to_owned(), digests.get(name)?.clone()))).collect()
    };
    subjects.iter().map(|subject| (subject.name.clone(), known(&subject.digest))).collect()
}

/// The keys of signers by their bytes: one key under two names is one hand, and so is all that nobody signed. Thousands of
/// paths have few signers, and reading a key takes longer than all else in a path.
#[derive(Default)]
struct Hands<'r>(BTreeMap<&'r str, Option<String>>);

impl<'r> Hands<'r> {
    fn of(&mut self, signers: &'r [String]) -> BTreeSet<String> {
        if signers.is_empty() {
            return BTreeSet::from([String::new()]);
        }
        let key = |signer: &str| PublicKey::parse(signer).map(|key| Base64::encode_string(&key.bytes())).ok();
        // What is no key made the statement invalid before.
        signers
            .iter()
            .filter_map(|signer| self.0.entry(signer).or_insert_with(|| key(signer)).clone())
            .collect()
    }
}
