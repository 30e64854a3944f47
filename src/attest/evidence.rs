//! What a bundle comes to under a trust store: who signed each line, and what it says. Only signed bytes are read; what no
//! trusted key has signed is not even parsed.

use std::collections::HashMap;
use std::convert::Infallible;

use super::signers::{self, Effort, Found, Plan, Planner};
use super::testimony::Testimony;
use super::trust::{Key, Role, Trust};
use crate::digest;
use crate::envelope::{Envelope, IN_TOTO};
use crate::error::{Code, Error};
use crate::parallel;
use crate::statement::bundle::{Bundle, Line};
use crate::statement::{self, Rebuild, Statement};

/// How many bytes of lines are opened before they are verified.
const BATCH: usize = 4 << 20;

/// How many problems of a bundle are told one by one.
const PROBLEMS: usize = 1000;

/// A bundle, read.
#[derive(Debug, Default)]
pub struct Evidence {
    /// Rebuild statements that a key of role rebuilder signed, in the order of their first lines.
    pub testimonies: Vec<Testimony>,
    /// Lines that say nothing here, and why.
    pub ignored: Vec<Ignored>,
    /// Lines that cannot be used and signatures that are not what they say, in the order of the lines.
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
    /// Earlier lines have its signatures on the same statement.
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

/// What one line comes to.
enum Reading {
    Says(Box<Testimony>),
    Nothing(Why, Vec<String>),
    Broken,
}

/// An envelope, with the number of its line and the SHA-256 of its payload.
struct Opened {
    line: usize,
    envelope: Envelope,
    payload: [u8; 32],
}

/// Reads every line of `bundle`, on all processors; a line that cannot be used does not keep the others from being read.
/// What hostile lines cost is bounded (docs/formats/bundle.md); where that ends it early, a problem says so.
pub fn read(bundle: &Bundle, trust: &Trust) -> Evidence {
    let mut gathered = Gathered::default();
    let (mut planner, mut effort) = (Planner::new(trust), Effort::default());
    let mut lines = bundle.lines().peekable();
    while lines.peek().is_some() {
        let work = |(opened, plan): (Opened, Plan)| {
            let found = signers::find(&opened.envelope, &plan, trust);
            let (reading, problems) = look(&opened, &bundle.place(opened.line), &found, trust);
            (opened.line, reading, problems, found.in_vain)
        };
        let opened = open(bundle, batch(&mut lines), &mut gathered);
        let planned = opened.into_iter().map(|opened| {
            let plan = planner.plan(&opened.envelope, &opened.payload);
            (opened, plan)
        });
        let done = parallel::in_order(planned, work, |(line, reading, problems, in_vain)| {
            gathered.problems(line, problems);
            gathered.take(line, reading);
            if effort.allows(in_vain) { Ok(()) } else { Err(line) }
        });
        if let Err(line) = done {
            let message = format!(
                "{} and those before it have so many signatures that do not hold that what follows is not judged: take \
                 such lines out of the bundle",
                bundle.place(line)
            );
            gathered.problems(line, vec![Error::new(Code::BundleCostly, message)]);
            break;
        }
    }
    gathered.finish()
}

/// The next lines, as many as fit into the processor's caches once they are decoded.
fn batch<'b>(lines: &mut impl Iterator<Item = Line<'b>>) -> Vec<Line<'b>> {
    let mut taken = Vec::new();
    let mut bytes = 0;
    while bytes < BATCH {
        let Some(line) = lines.next() else { break };
        // The parts of a line around its bytes count too: there may be a million.
        bytes += line.bytes.len() + 100;
        taken.push(line);
    }
    taken
}

/// The envelopes of these lines.
fn open(bundle: &Bundle, lines: Vec<Line>, gathered: &mut Gathered) -> Vec<Opened> {
    let work = |line: Line| {
        let opened = bundle.envelope(&line).map(|envelope| {
            let payload = digest::sha256(&envelope.payload);
            Opened { line: line.number, envelope, payload }
        });
        (line.number, opened)
    };
    let mut opened = Vec::new();
    let done: Result<(), Infallible> = parallel::in_order(lines.into_iter(), work, |(line, envelope)| {
        match envelope {
            Ok(envelope) => opened.push(envelope),
            Err(error) => gathered.problems(line, vec![error]),
        }
        Ok(())
    });
    match done {
        Ok(()) => opened,
        Err(never) => match never {},
    }
}

/// What a line says, by the signatures on it that hold.
fn look(opened: &Opened, place: &str, found: &Found, trust: &Trust) -> (Reading, Vec<Error>) {
    let Opened { line, envelope, payload } = opened;
    let keys = trust.keys();
    let mut problems = found.problems(place, trust);
    let names = || found.signers.iter().map(|&at| keys[at].name.clone()).collect::<Vec<_>>();
    if found.signers.is_empty() {
        let ids = envelope.signatures.iter().map(|signature| signature.keyid.clone()).collect();
        let why = if found.seen { Why::Repeated } else { Why::UnknownKey };
        // Of a forged one everything is said already.
        let reading = if problems.is_empty() { Reading::Nothing(why, ids) } else { Reading::Broken };
        return (reading, problems);
    }
    let trusted: Vec<usize> = found.signers.iter().copied().filter(|&at| may_state(&keys[at])).collect();
    if trusted.is_empty() {
        let revoked = found.signers.iter().any(|&at| keys[at].revoked.is_some());
        return (Reading::Nothing(if revoked { Why::Revoked } else { Why::Role }, names()), problems);
    }
    let read = if envelope.payload_type == IN_TOTO {
        Statement::<Rebuild>::parse(&envelope.payload, place)
    } else if statement::mentions_rebuild(&envelope.payload) {
        // It may be dissent: not something to pass over.
        Err(Error::new(
            Code::StatementInvalid,
            format!(
                "{place} is a rebuild statement that {} signed as {:?}, and statements are signed as {IN_TOTO:?}: what it \
                 was meant to say counts for nothing; ask for it again",
                names().join(", "),
                envelope.payload_type
            ),
        ))
    } else {
        return (Reading::Nothing(Why::OtherType, names()), problems);
    };
    match read {
        Ok(statement) => {
            (Reading::Says(Box::new(Testimony::new(*line, trusted, *payload, statement))), problems)
        }
        Err(error) if error.code == Code::StatementOther => {
            (Reading::Nothing(Why::OtherType, names()), problems)
        }
        Err(error) => {
            problems.push(error);
            (Reading::Broken, problems)
        }
    }
}

fn may_state(key: &Key) -> bool {
    key.revoked.is_none() && key.roles.contains(&Role::Rebuilder)
}

/// What was read so far.
#[derive(Default)]
struct Gathered {
    testimonies: Vec<Testimony>,
    /// The place of each in the list, by the SHA-256 of its payload.
    places: HashMap<[u8; 32], usize>,
    ignored: Vec<Ignored>,
    problems: Vec<(usize, Error)>,
    untold: usize,
}

impl Gathered {
    /// Two envelopes around the same bytes are one statement, signed by whoever signed either.
    fn take(&mut self, line: usize, reading: Reading) {
        match reading {
            Reading::Says(testimony) => {
                if let Some(&place) = self.places.get(&testimony.payload) {
                    let known = &mut self.testimonies[place];
                    known.lines.extend(testimony.lines);
                    known.signers.extend(testimony.signers);
                    known.signers.sort_unstable();
                    known.signers.dedup();
                } else {
                    self.places.insert(testimony.payload, self.testimonies.len());
                    self.testimonies.push(*testimony);
                }
            }
            Reading::Nothing(why, keys) => self.ignored.push(Ignored { line, why, keys }),
            Reading::Broken => {}
        }
    }

    fn problems(&mut self, line: usize, problems: Vec<Error>) {
        for problem in problems {
            // One of each kind in any case: by that is exited.
            let is_told = self.problems.len() < PROBLEMS
                || self.problems.iter().all(|(_, other)| other.code != problem.code);
            if is_told {
                self.problems.push((line, problem));
            } else {
                self.untold += 1;
            }
        }
    }

    fn finish(mut self) -> Evidence {
        self.problems.sort_by_key(|(line, _)| *line);
        self.ignored.sort_by_key(|ignored| ignored.line);
        let mut problems: Vec<Error> = self.problems.into_iter().map(|(_, problem)| problem).collect();
        if self.untold > 0 {
            let message = format!("the bundle has {} problems more, which are not listed", self.untold);
            problems.push(Error::new(Code::BundleCostly, message));
        }
        Evidence { testimonies: self.testimonies, ignored: self.ignored, problems }
    }
}
