//! Counts who states the bytes of the files at hand. A function of policy, trust store, bundle and digests; nothing is met
//! unless it was counted.

mod counting;

use std::collections::BTreeSet;

use super::independence::Lack;
use super::policy::{Effect, Policy};
use super::testimony::{self, Ignored, Outputs, Testimony};
use super::trust::Trust;
use crate::content::File;
use crate::error::{Code, Error};
use crate::exit::Exit;
use crate::statement::bundle::Bundle;

/// What came of it. One that nothing was counted into is not met.
#[derive(Debug, Default)]
pub struct Report {
    /// The policy's name.
    pub policy: String,
    /// How many opinions it wants.
    pub threshold: usize,
    /// The organisations that are expected to speak: the denominator.
    pub expected: Vec<String>,
    /// The files, each with the name by which the agreed statements know it.
    pub files: Vec<(File, Option<String>)>,
    /// The outputs that the files belong to.
    pub agreed: Option<Outputs>,
    /// Who stated what, in the order of the bundle: one for each statement and key.
    pub rows: Vec<Row>,
    /// The statements that the rows speak of.
    pub testimonies: Vec<Testimony>,
    /// Builders of the policy, key and organisation, that say nothing about this recipe.
    pub absent: Vec<(String, String)>,
    /// Lines that say nothing here.
    pub ignored: Vec<Ignored>,
    /// The organisations that count.
    pub counted: Vec<String>,
    /// How many opinions they are.
    pub opinions: usize,
    /// How many they would be if those that copied anything from one hand were one.
    pub distinct: usize,
    /// Whether the policy asks where inputs come from.
    pub independent: bool,
    /// What keeps the policy from being met, or the bundle from being believed.
    pub problems: Vec<Error>,
    /// What is worth knowing and does not.
    pub warnings: Vec<Error>,
}

/// What one key stated.
#[derive(Clone, Debug)]
pub struct Row {
    /// The key's name in the trust store.
    pub key: String,
    /// Its organisation there.
    pub organisation: String,
    /// The position of the statement in [`Report::testimonies`].
    pub testimony: usize,
    /// What it is worth.
    pub standing: Standing,
    /// Why it is none about outputs that its run built, where it counts for nothing for that reason.
    pub lack: Option<Lack>,
}

/// What a statement is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It counts.
    Counts,
    /// It states other bytes, or that others were expected.
    Differs,
    /// The build gave nothing.
    Failed,
    /// The build was not tried.
    NotBuilt,
    /// It is about something else.
    OtherRecipe,
    /// Its key states two outputs of one derivation.
    Equivocates,
    /// Another key of the same organisation states other bytes.
    Divided,
    /// It lacks a digest that the policy demands.
    DigestMissing,
    /// One of its digests is right and another wrong.
    DigestContradictory,
    /// The policy does not name its key.
    Unlisted,
    /// It is about outputs that its run did not build, or built from more copied inputs than the policy allows.
    Substituted,
    /// Its organisation has not signed with every algorithm that the policy demands.
    AlgorithmMissing,
}

impl Standing {
    /// As reports have it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counts => "counts",
            Self::Differs => "differs",
            Self::Failed => "failed",
            Self::NotBuilt => "not-built",
            Self::OtherRecipe => "other-recipe",
            Self::Equivocates => "equivocates",
            Self::Divided => "divided",
            Self::DigestMissing => "digest-missing",
            Self::DigestContradictory => "digest-contradictory",
            Self::Unlisted => "unlisted",
            Self::Substituted => "substituted",
            Self::AlgorithmMissing => "algorithm-missing",
        }
    }
}

impl Report {
    /// Whether the policy is met: enough opinions were counted, and nothing speaks against it.
    pub fn met(&self) -> bool {
        self.exit() == Exit::Ok
    }

    /// The exit code: [`Exit::Ok`] only if at least one and at least `threshold` opinions agree on these files, and there
    /// is no problem.
    pub fn exit(&self) -> Exit {
        let worst = self.problems.iter().map(|problem| weight(problem.code)).max_by_key(|exit| *exit as u8);
        match worst {
            Some(exit) => exit,
            None if self.agreed.is_some() && self.opinions >= self.threshold.max(1) => Exit::Ok,
            None => Exit::Failed,
        }
    }
}

/// What a problem of this kind does to the exit code.
pub(super) fn weight(code: Code) -> Exit {
    match code {
        Code::ThresholdNotMet | Code::BuildFailed => Exit::Failed,
        Code::Dissent | Code::Equivocation => Exit::Disputed,
        Code::SignatureForged | Code::DigestContradictory | Code::FileNotStated => Exit::Forged,
        _ => Exit::Unusable,
    }
}

/// Judges `files` by what the lines of `bundle` state under `policy` and `trust`.
pub fn verify(policy: &Policy, trust: &Trust, bundle: &Bundle, files: &[File]) -> Report {
    let evidence = testimony::read(bundle, trust);
    let mut expected: Vec<String> = Vec::new();
    for key in policy.expected(trust) {
        if !expected.contains(&key.organisation) {
            expected.push(key.organisation.clone());
        }
    }
    let mut report = Report {
        policy: policy.name.clone(),
        threshold: policy.threshold,
        expected,
        files: files.iter().map(|file| (file.clone(), None)).collect(),
        agreed: None,
        rows: Vec::new(),
        testimonies: evidence.testimonies,
        absent: Vec::new(),
        ignored: evidence.ignored,
        counted: Vec::new(),
        opinions: 0,
        distinct: 0,
        independent: policy.independence.require != super::policy::Require::Any,
        problems: evidence.problems,
        warnings: Vec::new(),
    };
    counting::count(&mut report, policy, trust);
    report
}

impl Report {
    /// A problem if `effect` blocks, else a warning.
    fn object(&mut self, effect: Effect, error: Error) {
        match effect {
            Effect::Block => self.problems.push(error),
            Effect::Warn => self.warnings.push(error),
        }
    }

    /// The keys that speak about `drvs`.
    fn speakers(&self, drvs: &BTreeSet<&str>) -> BTreeSet<String> {
        let speaks = |row: &&Row| drvs.contains(self.testimonies[row.testimony].drv.as_str());
        self.rows.iter().filter(speaks).map(|row| row.key.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_met_that_was_not_counted() {
        let mut report = Report::default();
        assert_eq!(report.exit(), Exit::Failed);
        report.opinions = 5;
        assert!(!report.met(), "opinions about no file");
        report.agreed = Some(Outputs::new());
        assert!(report.met());
        report.threshold = 6;
        assert!(!report.met());
        (report.threshold, report.opinions) = (0, 0);
        assert!(!report.met(), "a threshold of 0 is 1");
        report.opinions = 5;
        report.problems.push(Error::new(Code::EnvelopeInvalid, ""));
        assert_eq!(report.exit(), Exit::Unusable);
        report.problems.insert(0, Error::new(Code::SignatureForged, ""));
        assert_eq!(report.exit(), Exit::Forged, "the worst wins, wherever it stands");
    }
}
