//! Counts: what came of all files, one after the other.

use super::FileReport;
use crate::exit::Exit;
use crate::profile::{Profile, Suppression};
use crate::rules::Verdict;

/// How many judgements went which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Passed.
    pub passed: usize,
    /// Failed where the profile says deny.
    pub failed: usize,
    /// Failed where the profile says warn.
    pub warned: usize,
    /// Failed, known and accepted by the profile.
    pub accepted: usize,
    /// Not applicable.
    pub not_applicable: usize,
    /// Files of which anything was said.
    pub files: usize,
    /// Files that could not be judged.
    pub unusable: usize,
}

/// What came of it all.
#[derive(Clone, Debug)]
pub struct Summary<'p> {
    /// The counts.
    pub tally: Tally,
    suppressions: Vec<(&'p Suppression, State)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Unused,
    Expired,
    Used,
}

impl<'p> Summary<'p> {
    pub(super) fn new(profile: &'p Profile, today: &str) -> Self {
        let state = |s: &Suppression| if s.holds_on(today) { State::Unused } else { State::Expired };
        let suppressions = profile.suppress.iter().map(|s| (s, state(s))).collect();
        Self { tally: Tally::default(), suppressions }
    }

    /// Counts one more file.
    pub fn add(&mut self, report: &FileReport<'p>) {
        let tally = &mut self.tally;
        let Ok(judgements) = &report.outcome else {
            tally.unusable += 1;
            return;
        };
        tally.files += 1;
        for judgement in judgements {
            if let Some(accepted) = judgement.accepted {
                for (suppression, state) in &mut self.suppressions {
                    if std::ptr::eq(*suppression, accepted) {
                        *state = State::Used;
                    }
                }
            }
            *match &judgement.verdict {
                Verdict::Pass { .. } => &mut tally.passed,
                Verdict::Fail { .. } if judgement.refuses() => &mut tally.failed,
                Verdict::Fail { .. } if judgement.fails() => &mut tally.warned,
                Verdict::Fail { .. } => &mut tally.accepted,
                Verdict::NotApplicable { .. } => &mut tally.not_applicable,
            } += 1;
        }
    }

    /// Suppressions that no failure needed, each with why: nothing failed there, or its last day is over.
    pub fn idle(&self) -> impl Iterator<Item = (&'p Suppression, &'static str)> + '_ {
        self.suppressions.iter().filter_map(|(suppression, state)| match state {
            State::Unused => Some((*suppression, "unused")),
            State::Expired => Some((*suppression, "expired")),
            State::Used => None,
        })
    }

    /// The exit code that all this means.
    pub fn exit(&self) -> Exit {
        let tally = &self.tally;
        if tally.unusable > 0 {
            Exit::Unusable
        } else if tally.failed > 0 {
            Exit::Failed
        } else if tally.passed + tally.warned + tally.accepted == 0 {
            Exit::Nothing
        } else {
            Exit::Ok
        }
    }
}
