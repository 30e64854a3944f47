//! Who stated what, and whether the policy is met.

mod human;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use serde::Serialize;

use super::{Remark, Unused, remarks, unused};
use crate::attest::independence::Lack;
use crate::attest::testimony::{Outputs, Testimony};
use crate::attest::verify::{Report, Row};
use crate::digest::hex;

pub use human::human;

/// The version that documents carry. Fields may be added to it; none is removed or changes its meaning.
pub const SCHEMA: &str = "sarsen.verify-attestation/1";

/// The result of `sarsen verify-attestation`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
struct Document<'a> {
    /// `sarsen.verify-attestation/1`
    schema: &'a str,
    /// The policy's name.
    policy: &'a str,
    /// What the recipe rests on.
    recipe: Recipe<'a>,
    /// Whether it is met: the exit code is 0 then, and only then.
    met: bool,
    /// How many opinions it wants.
    threshold: usize,
    /// How many were counted: organisations, those that are one under `[independence]` once.
    opinions: usize,
    /// How many they would be under `distinct`: if those that copied anything from one hand were one, and so were all
    /// whose statements are of version 1.
    distinct: usize,
    /// The organisations that count.
    counted: &'a [String],
    /// Those that are expected to speak.
    expected: &'a [String],
    /// The files.
    files: Vec<File<'a>>,
    /// The whole outputs at hand: SHA-256 of their NARs, by their names.
    whole: &'a BTreeMap<String, String>,
    /// All that the agreed outputs hold: digests by name.
    agreed: Option<&'a Outputs>,
    /// What was stated, one entry for each statement and key.
    statements: Vec<Statement<'a>>,
    /// Runs that more than one key of those that count signed statements about.
    shared_runs: Vec<Shared<'a>>,
    /// Builders of the policy that say nothing about this recipe.
    absent: Vec<Absent<'a>>,
    /// Lines that say nothing here.
    ignored: Vec<Unused<'a>>,
    /// What keeps the policy from being met.
    problems: Vec<Remark<'a>>,
    /// What does not.
    warnings: Vec<Remark<'a>>,
}

/// What the digest of the recipe that the statements are about rests on. It is not evaluated here.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
struct Recipe<'a> {
    /// The policy's `drv-from`: `builder` or `source`; null if it does not say. Of several recipes, what proves least.
    drv_from: Option<&'a str>,
    /// The same in words, as the text for people has them: `claimed by the builder, not evaluated here`, `as the policy
    /// has it` or `evaluated from the source by the policy's author, not here`.
    basis: &'a str,
}

/// A file at hand.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
struct File<'a> {
    /// As given.
    path: &'a str,
    /// In bytes.
    size: u64,
    /// SHA-256 in hexadecimal.
    sha256: String,
    /// SM3 in hexadecimal.
    sm3: String,
    /// Its name in the statements that agree.
    subject: Option<&'a str>,
    /// Nothing but its digests says which of the stated files it is: no statement names one that is called so.
    by_digest_alone: bool,
}

/// A run that more than one key signed statements about: one opinion.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Shared<'a> {
    /// Its `invocationId`.
    run: &'a str,
    /// The lines of the bundle.
    lines: Vec<usize>,
    /// The keys' names in the trust store.
    keys: Vec<&'a str>,
}

/// What a key stated.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
struct Statement<'a> {
    /// The line of the bundle.
    line: usize,
    /// The version of the statement: 1 does not say who made the outputs.
    version: u8,
    /// The key's name in the trust store.
    key: &'a str,
    /// Its organisation there.
    organisation: &'a str,
    /// What it is worth: `counts`, or why it does not: `differs`, `failed`, `not-built`, `output-missing`, `other-recipe`,
    /// `equivocates`, `divided`, `digest-missing`, `digest-contradictory`, `unlisted`, `substituted`, `condition` or
    /// `algorithm-missing`.
    standing: &'a str,
    /// Why it is `substituted`: `first-version`, `copied-output`, `found-output` or `copied-inputs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    lack: Option<&'a str>,
    /// The conditions that it does not meet: it is `condition` if the policy asks for one of them. Of statements with an
    /// output.
    unmet: Vec<Unmet<'a>>,
    /// `produced`, `matches`, `differs`, `failed` or `not-built`.
    result: &'a str,
    /// SHA-256 of the derivation's text.
    drv_sha256: &'a str,
    /// What was built.
    attribute: &'a str,
    /// Digests by name, of what this builder got.
    outputs: &'a Outputs,
    /// The same of what it was compared with; empty if with nothing.
    expected: &'a Outputs,
    /// The first file that is not the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    difference: Option<&'a str>,
    /// Why there is no output.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// Who made each output, by its name: `built` (by this run), `found` (that machine built it earlier) or
    /// `substituted` (copied from elsewhere); empty if there is none, or the statement is of version 1.
    made: BTreeMap<&'a str, &'a str>,
    /// The keys that signed copied outputs, in base 64; an empty text for nobody.
    copied_from: &'a BTreeSet<String>,
    /// Paths of the closure built on that machine.
    built: usize,
    /// Paths whose content the recipe fixes.
    fixed: usize,
    /// Paths copied from elsewhere.
    substituted: usize,
    /// Those by the key that signed them, in base 64; an empty name for nobody, and for all in version 1, whose signers
    /// nobody has verified.
    substituted_by: &'a BTreeMap<String, usize>,
    /// The output was there already.
    taken: bool,
    /// When, in the builder's words.
    finished: &'a str,
}

/// A condition that a statement does not meet.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Unmet<'a> {
    /// `sandbox`, `clean-source` or `pure`.
    condition: &'a str,
    /// Whether the policy asks for it.
    asked: bool,
    /// Why it is not met.
    why: &'a str,
}

/// A builder that says nothing.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Absent<'a> {
    /// The key's name.
    key: &'a str,
    /// Its organisation.
    organisation: &'a str,
}

fn statement<'a>(row: &'a Row, testimony: &'a Testimony) -> Statement<'a> {
    Statement {
        line: testimony.line,
        version: if testimony.first_version { 1 } else { 2 },
        key: &row.key,
        organisation: &row.organisation,
        standing: row.standing.as_str(),
        lack: row.lack.map(Lack::as_str),
        unmet: row
            .unmet
            .iter()
            .map(|unmet| Unmet { condition: unmet.condition, asked: unmet.asked, why: &unmet.why })
            .collect(),
        result: testimony.result.as_str(),
        drv_sha256: &testimony.drv,
        attribute: &testimony.attribute,
        outputs: &testimony.outputs,
        expected: &testimony.expected,
        difference: testimony.difference.as_ref().map(|difference| difference.path.as_str()),
        reason: testimony.reason.as_deref(),
        made: testimony.makings.iter().map(|(name, making)| (name.as_str(), making.as_str())).collect(),
        copied_from: &testimony.copied_from,
        built: testimony.built,
        fixed: testimony.fixed,
        substituted: testimony.substituted,
        substituted_by: &testimony.sources,
        taken: testimony.taken,
        finished: &testimony.finished,
    }
}

/// Writes one JSON document.
///
/// # Errors
/// Those of `out`.
pub fn json(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let document = Document {
        schema: SCHEMA,
        policy: &report.policy,
        recipe: Recipe { drv_from: report.basis.drv_from(), basis: report.basis.words() },
        met: report.met(),
        threshold: report.threshold,
        opinions: report.opinions,
        distinct: report.distinct,
        counted: &report.counted,
        expected: &report.expected,
        files: report
            .files
            .iter()
            .map(|judged| File {
                path: &judged.file.name,
                size: judged.file.digests.size,
                sha256: hex(&judged.file.digests.sha256),
                sm3: hex(&judged.file.digests.sm3),
                subject: judged.subject.as_deref(),
                by_digest_alone: judged.by_digest_alone(),
            })
            .collect(),
        whole: &report.wholes,
        agreed: report.agreed.as_ref(),
        statements: report
            .rows
            .iter()
            .map(|row| statement(row, &report.testimonies[row.testimony]))
            .collect(),
        shared_runs: report
            .shared
            .iter()
            .map(|shared| Shared {
                run: &shared.run,
                lines: shared.lines.iter().copied().collect(),
                keys: shared.keys.iter().map(String::as_str).collect(),
            })
            .collect(),
        absent: report.absent.iter().map(|(key, organisation)| Absent { key, organisation }).collect(),
        ignored: unused(&report.ignored),
        problems: remarks(&report.problems),
        warnings: remarks(&report.warnings),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

#[cfg(test)]
mod tests {
    /// `SARSEN_REGENERATE=1 cargo test` rewrites the file.
    #[test]
    fn the_schema_file_is_the_types() {
        crate::schema::compare::<super::Document>("verify-attestation-1");
    }
}
