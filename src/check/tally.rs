//! Counts: what came of all files, one after the other.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{FileReport, Judgement};
use crate::clock::Today;
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
    /// Those of them that are refused.
    pub files_refused: usize,
    /// Those of them that are not refused, but warned of.
    pub files_warned: usize,
    /// Files that could not be judged.
    pub unusable: usize,
}

/// How often one rule failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleTally {
    /// Where the profile says deny.
    pub failed: usize,
    /// Where the profile says warn.
    pub warned: usize,
    /// Known and accepted by the profile.
    pub accepted: usize,
}

/// What came of it all. Its size is bounded by the number of rules and suppressions, not of files.
#[derive(Clone, Debug)]
pub struct Summary<'p> {
    /// The counts.
    pub tally: Tally,
    /// The rules that failed, by id.
    pub rules: BTreeMap<&'static str, RuleTally>,
    suppressions: Vec<(&'p Suppression, State)>,
    today: Today,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Unused,
    Expired,
    Used,
}

impl<'p> Summary<'p> {
    pub(super) fn new(profile: &'p Profile, today: &Today) -> Self {
        let state = |s: &Suppression| if s.holds(today) { State::Unused } else { State::Expired };
        let suppressions = profile.suppress.iter().map(|s| (s, state(s))).collect();
        Self { tally: Tally::default(), rules: BTreeMap::new(), suppressions, today: today.clone() }
    }

    /// The day that suppressions were compared with. Nothing where none of them ends: then no verdict depends on the
    /// day.
    pub fn today(&self) -> Option<&Today> {
        self.suppressions.iter().any(|(suppression, _)| suppression.until.is_some()).then_some(&self.today)
    }

    /// Counts one more file.
    pub fn add(&mut self, report: &FileReport<'p>) {
        let tally = &mut self.tally;
        let Ok(judgements) = &report.outcome else {
            tally.unusable += 1;
            return;
        };
        tally.files += 1;
        if judgements.iter().any(Judgement::refuses) {
            tally.files_refused += 1;
        } else if judgements.iter().any(Judgement::fails) {
            tally.files_warned += 1;
        }
        for judgement in judgements {
            if let Some(accepted) = judgement.accepted {
                for (suppression, state) in &mut self.suppressions {
                    if std::ptr::eq(*suppression, accepted) {
                        *state = State::Used;
                    }
                }
            }
            let of_rule = match &judgement.verdict {
                Verdict::Pass { .. } => {
                    tally.passed += 1;
                    continue;
                }
                Verdict::NotApplicable { .. } => {
                    tally.not_applicable += 1;
                    continue;
                }
                Verdict::Fail { .. } => self.rules.entry(judgement.rule.id).or_default(),
            };
            let (of_rule, of_all) = if judgement.refuses() {
                (&mut of_rule.failed, &mut tally.failed)
            } else if judgement.fails() {
                (&mut of_rule.warned, &mut tally.warned)
            } else {
                (&mut of_rule.accepted, &mut tally.accepted)
            };
            *of_rule += 1;
            *of_all += 1;
        }
    }

    /// The rules of which `count` is not zero, with that count: the most frequent first, equals by id.
    pub fn by_rule(&self, count: impl Fn(&RuleTally) -> usize) -> Vec<(&'static str, usize)> {
        let counted = self.rules.iter().map(|(id, tally)| (*id, count(tally)));
        let mut counts: Vec<_> = counted.filter(|(_, count)| *count > 0).collect();
        counts.sort_by_key(|(_, count)| Reverse(*count));
        counts
    }

    /// Suppressions that no failure needed, each with why: nothing failed there, or its last day is over, or counts as
    /// over.
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
