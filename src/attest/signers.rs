//! Which trusted keys signed an envelope, at a bounded cost: a bundle comes from anybody.
//!
//! A key id says which key to try. Where it names none of the trusted ones, or the wrong one, others may have signed
//! nevertheless, and are tried as long as the effort for that lasts.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use super::trust::{Key, Trust};
use crate::digest::{self, unhex};
use crate::envelope::{Envelope, Signature, pae};
use crate::error::{Code, Error};
use crate::key::PublicKey;

/// What may be spent on signatures of a bundle that name no trusted key, in microseconds of some processor of 2020: a second.
/// No clock is read, so that the same bundle comes to the same everywhere.
const GUESSES: u64 = 1_000_000;

/// What may be spent on signatures that do not hold: of one line, and of a bundle.
const IN_VAIN: (u64, u64) = (1_000_000, 10_000_000);

/// What is tried for one signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Try {
    /// An earlier line has it on the same statement.
    Seen,
    /// The key at this place, by the key id; then all others.
    Claimed(usize),
    /// Every key.
    Each,
    /// None: its key id is that of another key, as sarsen writes them, and the effort is spent.
    Foreign,
    /// None: nothing says whose it is, and the effort is spent.
    Unsaid,
}

/// What is tried for each signature of an envelope.
pub struct Plan(Vec<Try>);

/// Makes plans, in the order of the bundle.
pub struct Planner<'t> {
    trust: &'t Trust,
    /// The places of the keys by their ids and names.
    claims: HashMap<&'t str, usize>,
    /// The signatures so far, hashed with what they are on.
    seen: HashSet<[u8; 32]>,
    spent: u64,
}

impl<'t> Planner<'t> {
    /// One for a bundle.
    pub fn new(trust: &'t Trust) -> Self {
        let mut claims: HashMap<&str, usize> = HashMap::new();
        // An id goes before a name, and the first key before a later one.
        for (at, key) in trust.keys().iter().enumerate().rev() {
            claims.insert(&key.name, at);
        }
        for (at, key) in trust.keys().iter().enumerate().rev() {
            claims.insert(&key.id, at);
        }
        Self { trust, claims, seen: HashSet::new(), spent: 0 }
    }

    /// The plan for the next envelope, whose payload has this SHA-256.
    pub fn plan(&mut self, envelope: &Envelope, payload: &[u8; 32]) -> Plan {
        let every: u64 = self.trust.keys().iter().map(|key| cost(&key.public, envelope.payload.len())).sum();
        let tried = |Signature { keyid, sig }: &Signature| {
            let of = [payload.as_slice(), envelope.payload_type.as_bytes(), &[0], sig].concat();
            if !self.seen.insert(digest::sha256(&of)) {
                return Try::Seen;
            }
            match self.claims.get(keyid.as_str()) {
                Some(&at) => Try::Claimed(at),
                None if self.spent + every <= GUESSES => {
                    self.spent += every;
                    Try::Each
                }
                None if is_own_form(keyid) => Try::Foreign,
                None => Try::Unsaid,
            }
        };
        Plan(envelope.signatures.iter().map(tried).collect())
    }
}

/// Whether this is how sarsen writes key ids, so that the key is another one than those whose ids are not this.
fn is_own_form(keyid: &str) -> bool {
    keyid.strip_prefix("sha256:").and_then(unhex).is_some_and(|bytes| bytes.len() == 32)
}

/// What verifying costs, in the unit of [`GUESSES`].
fn cost(key: &PublicKey, bytes: usize) -> u64 {
    let (base, rate) = match key.identity() {
        None => (60, 300),
        Some(_) => (400, 200),
    };
    base + bytes as u64 / rate
}

/// Who signed an envelope.
#[derive(Debug, Default)]
pub struct Found {
    /// Places in the trust store of the keys whose signatures hold, in order.
    pub signers: Vec<usize>,
    /// A signature was left out that an earlier line has on the same statement.
    pub seen: bool,
    /// What was spent on signatures that do not hold.
    pub in_vain: u64,
    /// Places of the keys that signatures claim to be of, and are of none.
    forged: Vec<usize>,
    /// Signatures were not tried with every key that could have made them.
    untried: bool,
}

impl Found {
    /// What is wrong with the signatures of the envelope at `place`.
    pub fn problems(&self, place: &str, trust: &Trust) -> Vec<Error> {
        let forged = self.forged.iter().map(|&at| {
            let Key { name, public, .. } = &trust.keys()[at];
            let identity =
                public.identity().map_or_else(String::new, |i| format!(", for the identity {i:?}"));
            Error::new(
                Code::SignatureForged,
                format!(
                    "{place} says that key {name} signed it, and it did not{identity}: the statement or its type was \
                     changed, or somebody else signed; ask the builder for the statement again"
                ),
            )
        });
        let untried = self.untried.then(|| {
            Error::new(
                Code::BundleCostly,
                format!(
                    "{place} has signatures whose key ids name no trusted key, and the effort for trying every key is \
                     spent: whether it is dissent is not known; take such lines out of the bundle, or write the key's \
                     id or name from the trust store into keyid, which nobody signs"
                ),
            )
        });
        forged.chain(untried).collect()
    }
}

/// What may still be spent in vain on one bundle.
#[derive(Debug, Default)]
pub struct Effort(u64);

impl Effort {
    /// Whether there is some left after this much more.
    pub fn allows(&mut self, in_vain: u64) -> bool {
        self.0 += in_vain;
        self.0 <= IN_VAIN.1
    }
}

/// The trusted keys that signed an envelope.
pub fn find(envelope: &Envelope, Plan(plan): &Plan, trust: &Trust) -> Found {
    let mut found = Found::default();
    let message = OnceCell::new();
    let message = || message.get_or_init(|| pae(&envelope.payload_type, &envelope.payload));
    // The longest part of verifying SM2 over a long message is the same for all signatures.
    let hashes: Vec<OnceCell<Option<[u8; 32]>>> = vec![OnceCell::new(); trust.keys().len()];
    let holds = |at: usize, sig: &[u8]| {
        let key = &trust.keys()[at].public;
        match hashes[at].get_or_init(|| key.prehash(message())) {
            Some(hash) => key.verify_prehash(hash, sig).is_ok(),
            None => key.verify(message(), sig).is_ok(),
        }
    };
    for (Signature { sig, .. }, tried) in envelope.signatures.iter().zip(plan) {
        let claimed = match tried {
            Try::Seen => {
                found.seen = true;
                continue;
            }
            Try::Foreign => continue,
            Try::Unsaid => {
                found.untried = true;
                continue;
            }
            Try::Claimed(at) => Some(*at),
            Try::Each => None,
        };
        let others = (0..trust.keys().len()).filter(|at| Some(*at) != claimed);
        let mut signer = None;
        for at in claimed.into_iter().chain(others) {
            if found.in_vain > IN_VAIN.0 {
                found.untried = true;
                break;
            }
            if holds(at, sig) {
                signer = Some(at);
                break;
            }
            found.in_vain += cost(&trust.keys()[at].public, envelope.payload.len());
        }
        match (signer, claimed) {
            (Some(signer), _) => found.signers.push(signer),
            (None, Some(claimed)) if !found.forged.contains(&claimed) => found.forged.push(claimed),
            (None, _) => {}
        }
    }
    found.signers.sort_unstable();
    found.signers.dedup();
    found
}
