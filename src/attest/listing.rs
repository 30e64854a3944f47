//! Lists what the lines of a bundle state. Nothing is counted or compared; without a trust store nothing is known of
//! who wrote them.

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;

use serde::Deserialize;

use super::signers::{self, Effort, Plan, Planner};
use super::trust::{Key, Role, Trust};
use super::verify::weight;
use crate::envelope::{Envelope, IN_TOTO};
use crate::error::{Code, Error};
use crate::exit::Exit;
use crate::statement::bundle::{Bundle, Line};
use crate::statement::rebuild::{Making, Outcome};
use crate::statement::{self, Rebuild, Statement, Subject};
use crate::{digest, json, parallel};

/// The most lines that are listed: more statements than the largest bundle has room for.
pub const LINES: usize = 100_000;

/// The lines of a bundle.
#[derive(Debug)]
pub struct Listing {
    /// Whether signatures were compared with the keys of a trust store.
    pub checked: bool,
    /// The lines that are not empty, in their order.
    pub entries: Vec<Entry>,
    /// Lines that cannot be used, and signatures that are not whose they say.
    pub problems: Vec<Error>,
}

/// A line.
#[derive(Debug)]
pub struct Entry {
    /// Its number.
    pub line: usize,
    /// The trusted keys whose signatures hold; empty without a trust store.
    pub signers: Vec<Signer>,
    /// The key ids that it carries, which nobody signed; an empty text where a signature has none.
    pub key_ids: Vec<String>,
    /// What it says.
    pub content: Content,
}

/// A trusted key.
#[derive(Clone, Debug)]
pub struct Signer {
    /// Its name in the trust store.
    pub key: String,
    /// Its organisation there.
    pub organisation: String,
    /// Nothing that it signs counts any more.
    pub revoked: bool,
    /// It may sign statements about builds.
    pub rebuilder: bool,
}

/// What a line says.
#[derive(Debug)]
pub enum Content {
    /// A rebuild statement.
    Rebuild(Box<Stated>),
    /// A statement of another type, which is not read.
    Other(String),
    /// A payload that is no statement, by its type.
    Payload(String),
    /// What an earlier line says, under signatures that it has.
    Repeated(usize),
    /// No trusted key signed it, so it was not read.
    Unread,
    /// It cannot be used, and why.
    Unusable(Error),
}

/// A rebuild statement, as far as it is listed. All of it is what somebody says.
#[derive(Debug)]
pub struct Stated {
    /// The statement's type.
    pub kind: String,
    /// What came of it.
    pub result: Outcome,
    /// What was built.
    pub attribute: String,
    /// SHA-256 of the derivation's text.
    pub drv: String,
    /// Where the source is.
    pub source: Option<String>,
    /// Its commit.
    pub commit: Option<String>,
    /// The builder's organisation.
    pub organisation: String,
    /// What it is about: files, whole outputs, or the derivation.
    pub subjects: Vec<Subject>,
    /// Who made each output, by its name; empty if there is none, or the statement is of the first version.
    pub makings: BTreeMap<String, Making>,
    /// Why there is no output.
    pub reason: Option<String>,
    /// Which run it is about.
    pub run: String,
    /// When that ended.
    pub finished: String,
}

impl Listing {
    /// The exit code: of several problems the largest.
    pub fn exit(&self) -> Exit {
        self.problems.iter().map(|problem| weight(problem.code)).max().unwrap_or(Exit::Ok)
    }
}

/// A line whose envelope was looked at.
struct Opened {
    line: usize,
    /// Or what there is to say without it.
    envelope: Result<Envelope, Content>,
    /// SHA-256 of the payload, and the first line with it.
    payload: ([u8; 32], usize),
}

/// Lists every line of `bundle`, on all processors. With `trust`, what no key of it signed is not read; what hostile
/// signatures cost is bounded as where statements are counted (docs/formats/bundle.md). The first [`LINES`] are listed.
pub fn list(bundle: &Bundle, trust: Option<&Trust>) -> Listing {
    let mut listing = Listing { checked: trust.is_some(), entries: Vec::new(), problems: Vec::new() };
    let opened = open(bundle);
    let envelopes = opened.iter().filter_map(|o| o.envelope.as_ref().ok().map(|e| (e, &o.payload.0)));
    let plans: Vec<Plan> = trust.map_or_else(Vec::new, |trust| {
        let mut planner = Planner::new(trust);
        envelopes.map(|(envelope, payload)| planner.plan(envelope, payload)).collect()
    });
    let mut plans = plans.into_iter();
    let planned = opened.into_iter().map(|opened| {
        let plan = opened.envelope.is_ok().then(|| plans.next()).flatten();
        (opened, plan)
    });
    let work = |(opened, plan)| one(bundle, opened, trust.zip(plan));
    let mut effort = Effort::default();
    let done = parallel::in_order(planned, work, |(entry, problems, in_vain)| {
        let line = entry.line;
        listing.problems.extend(problems);
        listing.entries.push(entry);
        if effort.allows(in_vain) { Ok(()) } else { Err(line) }
    });
    let costly = |why: String| Error::new(Code::BundleCostly, why);
    if let Err(line) = done {
        listing.problems.push(costly(format!(
            "{} and those before it have so many signatures that do not hold that what follows is not listed: take such \
             lines out of the bundle",
            bundle.place(line)
        )));
    } else if let Some(line) = bundle.lines().nth(LINES) {
        listing.problems.push(costly(format!(
            "{} and what follows is not listed: {LINES} lines are; split the bundle by lines",
            bundle.place(line.number)
        )));
    }
    listing
}

/// The envelopes, each once.
fn open(bundle: &Bundle) -> Vec<Opened> {
    let work = |line: Line| {
        let envelope = bundle.envelope(&line).map_err(Content::Unusable);
        let payload = envelope.as_ref().map_or([0; 32], |envelope| digest::sha256(&envelope.payload));
        (line.number, digest::sha256(line.bytes), payload, envelope)
    };
    let (mut lines, mut payloads) = (HashMap::new(), HashMap::new());
    let mut all = Vec::new();
    let done: Result<(), Infallible> =
        parallel::in_order(bundle.lines().take(LINES), work, |(line, bytes, payload, envelope)| {
            let first = *lines.entry(bytes).or_insert(line);
            let envelope = if first == line { envelope } else { Err(Content::Repeated(first)) };
            let payload = (payload, *payloads.entry(payload).or_insert(line));
            all.push(Opened { line, envelope, payload });
            Ok(())
        });
    match done {
        Ok(()) => all,
        Err(never) => match never {},
    }
}

/// One line, what is wrong with it, and what was spent on signatures that do not hold.
fn one(bundle: &Bundle, opened: Opened, trust: Option<(&Trust, Plan)>) -> (Entry, Vec<Error>, u64) {
    let Opened { line, envelope, payload: (_, first) } = opened;
    let place = bundle.place(line);
    let mut entry = Entry { line, signers: Vec::new(), key_ids: Vec::new(), content: Content::Unread };
    let (mut problems, mut in_vain) = (Vec::new(), 0);
    match envelope {
        Err(content) => entry.content = content,
        Ok(envelope) => {
            entry.key_ids = envelope.signatures.iter().map(|signature| signature.keyid.clone()).collect();
            let found = trust.map(|(trust, plan)| (trust, signers::find(&envelope, &plan, trust)));
            let is_read = found.as_ref().is_none_or(|(_, found)| !found.signers.is_empty());
            if let Some((trust, found)) = found {
                (problems, in_vain) = (found.problems(&place, trust), found.in_vain);
                entry.signers = found.signers.iter().map(|&at| signer(&trust.keys()[at])).collect();
                if !is_read && found.seen {
                    entry.content = Content::Repeated(first);
                }
            }
            if is_read {
                entry.content = content(envelope, &place);
            }
        }
    }
    if let Content::Unusable(error) = &entry.content {
        problems.push(error.clone());
    }
    (entry, problems, in_vain)
}

fn signer(key: &Key) -> Signer {
    Signer {
        key: key.name.clone(),
        organisation: key.organisation.clone(),
        revoked: key.revoked.is_some(),
        rebuilder: key.roles.contains(&Role::Rebuilder),
    }
}

fn content(envelope: Envelope, place: &str) -> Content {
    /// All that is read of a statement of another type.
    #[derive(Deserialize)]
    struct Head {
        #[serde(rename = "predicateType")]
        predicate_type: String,
    }
    if envelope.payload_type != IN_TOTO {
        let kind = envelope.payload_type;
        if !statement::mentions_rebuild(&envelope.payload) {
            return Content::Payload(kind);
        }
        // It may be dissent: not something to pass over.
        let message = format!(
            "{place} is a rebuild statement in a payload of type {kind:?}, and statements are signed as {IN_TOTO:?}: what \
             it was meant to say counts for nothing; ask for it again"
        );
        return Content::Unusable(Error::new(Code::StatementInvalid, message));
    }
    match Statement::<Rebuild>::parse(&envelope.payload, place) {
        Ok(statement) => Content::Rebuild(Box::new(Stated::new(statement))),
        Err(error) if error.code == Code::StatementOther => json::checked::<Head>(&envelope.payload)
            .map_or(Content::Unusable(error), |head| Content::Other(head.predicate_type)),
        Err(error) => Content::Unusable(error),
    }
}

impl Stated {
    fn new(statement: Statement<Rebuild>) -> Self {
        let Statement { subject, predicate_type, predicate, .. } = statement;
        let Rebuild { source, recipe, outputs, builder, run, verdict, .. } = predicate;
        Self {
            kind: predicate_type,
            result: verdict.result,
            attribute: recipe.attribute,
            drv: recipe.drv_digest.get("sha256").cloned().unwrap_or_default(),
            source: source.uri,
            commit: source.digest.get("gitCommit").cloned(),
            organisation: builder.organisation,
            subjects: subject,
            makings: outputs.into_iter().map(|output| (output.name, output.origin)).collect(),
            reason: verdict.reason,
            run: run.invocation_id,
            finished: run.finished_on,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;

    #[test]
    fn what_is_listed_is_bounded() {
        let lines = |count: usize| {
            let first = "{\"payload\":\"e30=\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"AA==\"}]}\n";
            let text = (1..count).fold(first.to_owned(), |mut text, line| {
                let _ = writeln!(text, "{line}");
                text
            });
            list(&Bundle::new(text.into_bytes(), "b").unwrap(), None)
        };
        let most = lines(LINES);
        assert_eq!((most.entries.len(), most.problems.len()), (LINES, LINES - 1));
        let more = lines(LINES + 1);
        assert_eq!((more.entries.len(), more.problems.len()), (LINES, LINES));
        let last = more.problems.last().unwrap();
        assert_eq!((last.code, more.exit()), (Code::BundleCostly, Exit::Unusable));
        assert!(last.message.starts_with("line 100001 of b "), "{last}");
    }
}
