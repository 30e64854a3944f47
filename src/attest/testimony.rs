//! What a bundle comes to under a trust store: who signed each line, and what it says. Only signed bytes are read; what no
//! trusted key has signed is not even parsed.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::convert::Infallible;

use base64ct::{Base64, Encoding};

use super::trust::{Key, Role, Trust};
use crate::digest::{self, Algorithm};
use crate::envelope::{Envelope, IN_TOTO, pae};
use crate::error::{Code, Error};
use crate::nar::signature::PublicKey;
use crate::parallel;
use crate::statement::agreement;
use crate::statement::bundle::{Bundle, Line};
use crate::statement::rebuild::{Attempt, Difference, Making, Origin, Outcome};
use crate::statement::{Rebuild, Statement, Subject};

/// Digests in hexadecimal by the algorithm's name, by the name of the subject. Only digests that sarsen computes.
pub type Outputs = agreement::Outputs;

/// A bundle, read.
#[derive(Debug, Default)]
pub struct Evidence {
    /// Rebuild statements that a key of role rebuilder signed, in the order of their first lines.
    pub testimonies: Vec<Testimony>,
    /// Lines that say nothing here, and why.
    pub ignored: Vec<Ignored>,
    /// Lines that cannot be used and signatures that are not what they say.
    pub problems: Vec<Error>,
}

/// A line that says nothing here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// Its number.
    pub line: usize,
    /// Why.
    pub why: Why,
    /// Names of the trusted keys that signed it, or the key ids that it carries where there are none.
    pub keys: Vec<String>,
}

/// Why a line says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The same bytes as an earlier line.
    Repeated,
    /// No trusted key has signed it.
    UnknownKey,
    /// Who signed it is trusted with other things, not with statements about builds.
    Role,
    /// Who signed it is trusted no more.
    Revoked,
    /// It is signed, and no rebuild statement.
    OtherType,
}

impl Why {
    /// As reports have it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Repeated => "repeated",
            Self::UnknownKey => "unknown-key",
            Self::Role => "role",
            Self::Revoked => "revoked",
            Self::OtherType => "other-type",
        }
    }
}

/// What a signed rebuild statement says, as far as anything is decided by it.
#[derive(Clone, Debug)]
pub struct Testimony {
    /// The line that it was first seen on.
    pub line: usize,
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
    /// The output was there already, whoever built it.
    pub taken: bool,
    /// When, in the builder's words.
    pub finished: String,
}

/// What one line comes to.
enum Reading {
    Says(Box<Testimony>),
    Nothing(Ignored),
    Broken,
}

/// Reads every line of `bundle`, on all processors; a line that cannot be used does not keep the others from being read.
pub fn read(bundle: &Bundle, trust: &Trust) -> Evidence {
    let mut evidence = Evidence::default();
    let mut seen: HashMap<[u8; 32], usize> = HashMap::new();
    let mut first = Vec::new();
    for line in bundle.lines() {
        let repeated = *seen.entry(digest::sha256(line.bytes)).or_insert(line.number) != line.number;
        first.push((line, repeated));
    }
    let work = |(line, repeated): (Line, bool)| {
        if repeated {
            return (
                Reading::Nothing(Ignored { line: line.number, why: Why::Repeated, keys: Vec::new() }),
                Vec::new(),
            );
        }
        one(bundle, &line, trust)
    };
    let done: Result<(), Infallible> = parallel::in_order(first.into_iter(), work, |(reading, problems)| {
        evidence.problems.extend(problems);
        match reading {
            Reading::Says(testimony) => evidence.add(*testimony),
            Reading::Nothing(ignored) => evidence.ignored.push(ignored),
            Reading::Broken => {}
        }
        Ok(())
    });
    match done {
        Ok(()) => evidence,
        Err(never) => match never {},
    }
}

impl Evidence {
    /// Two envelopes around the same bytes are one statement, signed by whoever signed either.
    fn add(&mut self, testimony: Testimony) {
        match self.testimonies.iter_mut().find(|known| known.payload == testimony.payload) {
            Some(known) => {
                known.signers.extend(testimony.signers);
                known.signers.sort_unstable();
                known.signers.dedup();
            }
            None => self.testimonies.push(testimony),
        }
    }
}

fn one(bundle: &Bundle, line: &Line, trust: &Trust) -> (Reading, Vec<Error>) {
    let place = bundle.place(line.number);
    let envelope = match bundle.envelope(line) {
        Ok(envelope) => envelope,
        Err(error) => return (Reading::Broken, vec![error]),
    };
    let (signers, mut problems) = signers(&envelope, &place, trust);
    let nothing = |why, keys| Reading::Nothing(Ignored { line: line.number, why, keys });
    let keys = trust.keys();
    let names = || signers.iter().map(|&at| keys[at].name.clone()).collect();
    if signers.is_empty() {
        let ids = envelope.signatures.iter().map(|signature| signature.keyid.clone()).collect();
        // Of a forged one everything is said already.
        let reading = if problems.is_empty() { nothing(Why::UnknownKey, ids) } else { Reading::Broken };
        return (reading, problems);
    }
    let trusted: Vec<usize> = signers.iter().copied().filter(|&at| may_state(&keys[at])).collect();
    if trusted.is_empty() {
        let revoked = signers.iter().any(|&at| keys[at].revoked.is_some());
        return (nothing(if revoked { Why::Revoked } else { Why::Role }, names()), problems);
    }
    if envelope.payload_type != IN_TOTO {
        return (nothing(Why::OtherType, names()), problems);
    }
    match Statement::<Rebuild>::parse(&envelope.payload, &place) {
        Ok(statement) => {
            let payload = digest::sha256(&envelope.payload);
            (Reading::Says(Box::new(Testimony::new(line.number, trusted, payload, statement))), problems)
        }
        Err(error) if error.code == Code::StatementOther => (nothing(Why::OtherType, names()), problems),
        Err(error) => {
            problems.push(error);
            (Reading::Broken, problems)
        }
    }
}

fn may_state(key: &Key) -> bool {
    key.revoked.is_none() && key.roles.contains(&Role::Rebuilder)
}

/// The trusted keys, by position, that signed these bytes. The key id only says which to try first, and whom a signature
/// that nobody made pretends to be from.
fn signers(envelope: &Envelope, place: &str, trust: &Trust) -> (Vec<usize>, Vec<Error>) {
    let message = pae(&envelope.payload_type, &envelope.payload);
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    for signature in &envelope.signatures {
        let claimed =
            trust.keys().iter().position(|key| key.id == signature.keyid || key.name == signature.keyid);
        let others = (0..trust.keys().len()).filter(|at| Some(*at) != claimed);
        let signer = claimed
            .into_iter()
            .chain(others)
            .find(|&at| trust.keys()[at].public.verify(&message, &signature.sig).is_ok());
        match (signer, claimed.map(|at| &trust.keys()[at])) {
            (Some(signer), _) => found.push(signer),
            (None, Some(Key { name, public, .. })) => {
                let identity =
                    public.identity().map_or_else(String::new, |i| format!(", for the identity {i:?}"));
                problems.push(Error::new(
                    Code::SignatureForged,
                    format!(
                        "{place} says that key {name} signed it, and it did not{identity}: the statement or its type was \
                         changed, or somebody else signed; ask the builder for the statement again"
                    ),
                ));
            }
            (None, None) => {}
        }
    }
    found.sort_unstable();
    found.dedup();
    (found, problems)
}

impl Testimony {
    /// Who made the outputs: of several origins the one that proves least. `None` if there are none, or nothing is said of
    /// it.
    pub fn made(&self) -> Option<Making> {
        self.makings.values().max().copied()
    }

    fn new(line: usize, signers: Vec<usize>, payload: [u8; 32], statement: Statement<Rebuild>) -> Self {
        let first_version = statement.is_first_version();
        let Statement { subject, predicate, .. } = statement;
        let (built, substituted) = (predicate.count(Origin::Built), predicate.count(Origin::Substituted));
        let sources = sources(&predicate);
        let makings = predicate.outputs.iter().map(|output| (output.name.clone(), output.origin)).collect();
        let copied = predicate.outputs.iter().filter(|output| output.origin == Making::Substituted);
        let copied_from = copied.flat_map(|output| hands(&output.signers)).collect();
        let fixed = predicate.closure.len() - built - substituted;
        let Rebuild { source, recipe, verdict, run, .. } = predicate;
        let result = verdict.result;
        let sizes = subject.iter().filter_map(|s| Some((s.name.clone(), s.annotations?.size))).collect();
        Self {
            line,
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

/// Who signed what was copied.
fn sources(rebuild: &Rebuild) -> BTreeMap<String, usize> {
    let mut sources = BTreeMap::new();
    let copied = rebuild.closure.iter().filter(|input| input.origin == Origin::Substituted);
    for hand in copied.flat_map(|input| hands(&input.signers)) {
        *sources.entry(hand).or_default() += 1;
    }
    sources
}

/// The keys by their bytes: one key under two names is one hand, and so is all that nobody signed.
fn hands(signers: &[String]) -> BTreeSet<String> {
    if signers.is_empty() {
        return BTreeSet::from([String::new()]);
    }
    let key = |signer: &String| PublicKey::parse(signer).map(|key| Base64::encode_string(&key.bytes()));
    // What is no key made the statement invalid before.
    signers.iter().filter_map(|signer| key(signer).ok()).collect()
}
