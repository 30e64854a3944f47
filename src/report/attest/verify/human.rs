//! The same for people.

use std::io::{self, Write};

use super::super::{BY_DIGEST, table, write_ignored};
use crate::attest::independence::Lack;
use crate::attest::naming::Names;
use crate::attest::outputs::prefix;
use crate::attest::policy::number;
use crate::attest::testimony::Testimony;
use crate::attest::verify::{Report, Row, Standing};
use crate::digest::hex;
use crate::statement::is_file;
use crate::statement::rebuild::Making;
use crate::visible::visible;

/// Writes tables for people.
///
/// # Errors
/// Those of `out`.
pub fn human(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let (wanted, expected) = (report.threshold, number(report.expected.len(), "organisation"));
    writeln!(out, "policy {} wants {wanted} of {expected}", visible(&report.policy))?;
    writeln!(out, "recipe: {}", report.basis.words())?;
    for judged in &report.files {
        let file = &judged.file;
        let (sha256, sm3) = (hex(&file.digests.sha256), hex(&file.digests.sm3));
        let known = judged.subject.as_ref();
        let known =
            known.map_or_else(|| "in no statement that agrees".into(), |name| format!("stated as {name}"));
        let by = if judged.by_digest_alone() { BY_DIGEST } else { "" };
        let text = format!("{}: {known}{by}; sha256 {}, sm3 {}", file.name, prefix(&sha256), prefix(&sm3));
        writeln!(out, "{}", visible(&text))?;
    }
    for (name, sha256) in &report.wholes {
        let known = if report.agreed.is_some() { "as it is stated" } else { "in no statement that agrees" };
        writeln!(
            out,
            "{}",
            visible(&format!("output {name}: {known}; sha256 of its archive {}", prefix(sha256)))
        )?;
    }
    table(out, &rows(report))?;
    for shared in &report.shared {
        writeln!(out, "  {}", visible(&shared.to_string()))?;
    }
    write_ignored(out, &report.ignored)?;
    let states = if report.opinions == 1 { "organisation states" } else { "organisations state" };
    let which = if report.independent { "independent " } else { "" };
    write!(out, "{} {which}{states} the same bytes for this derivation", report.opinions)?;
    if !report.independent && report.distinct < report.opinions {
        write!(
            out,
            " ({} independent: the others copied from the same signer, or do not state who made the output)",
            report.distinct
        )?;
    }
    writeln!(out, ": policy {} is {}met", visible(&report.policy), if report.met() { "" } else { "not " })
}

fn rows(report: &Report) -> Vec<Vec<String>> {
    let heads =
        ["key", "organisation", "standing", "verdict", "sha256", "output", "built/copied", "finished"];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    for row in &report.rows {
        let Row { key, organisation, standing, .. } = row;
        let testimony = &report.testimonies[row.testimony];
        // Of the first file at hand, as far as it is known by this name; else of any.
        let known = report.files.iter().find_map(|judged| {
            let mut stated = testimony.outputs.iter();
            stated.find(|(name, _)| judged.names != Names::Any && judged.names.contain(name))
        });
        let file = known.or_else(|| testimony.outputs.iter().find(|(name, _)| is_file(name)));
        let file = file.map(|(_, digests)| digests);
        let digest = file.and_then(|digests| digests.get("sha256")).map_or("-", |digest| prefix(digest));
        let mut cells = vec![
            key.clone(),
            organisation.clone(),
            standing.as_str().into(),
            testimony.result.as_str().into(),
            digest.into(),
            made(testimony).into(),
            format!("{}/{}", testimony.built, testimony.substituted),
            testimony.finished.clone(),
        ];
        cells.extend(note(testimony, row));
        rows.push(cells);
    }
    for (key, organisation) in &report.absent {
        rows.push(vec![key.clone(), organisation.clone(), "absent".into()]);
    }
    rows
}

/// Who made the output.
fn made(testimony: &Testimony) -> &'static str {
    match testimony.made() {
        Some(Making::Built) => "built",
        Some(Making::Found) => "found",
        Some(Making::Substituted) => "copied",
        None if testimony.first_version && testimony.result.has_output() => "unknown",
        None => "-",
    }
}

/// What does not fit into a column.
fn note(testimony: &Testimony, row: &Row) -> Option<String> {
    match row.standing {
        Standing::Substituted => row.lack.map(|lack| why(testimony, lack)),
        Standing::Condition => {
            let asked = row.unmet.iter().filter(|unmet| unmet.asked);
            Some(
                asked
                    .map(|unmet| format!("{}: {}", unmet.condition, unmet.why))
                    .collect::<Vec<_>>()
                    .join("; "),
            )
        }
        Standing::Differs => {
            testimony.difference.as_ref().map(|difference| format!("first in {}", difference.path))
        }
        Standing::Failed | Standing::NotBuilt => testimony.reason.clone(),
        Standing::OtherRecipe => {
            Some(format!("{}, derivation {}", testimony.attribute, prefix(&testimony.drv)))
        }
        _ if testimony.taken => Some("taken, not built for this".into()),
        _ if testimony.first_version => Some("version 1 does not state who made the output".into()),
        _ => None,
    }
}

/// Why a statement is none about a build.
fn why(testimony: &Testimony, lack: Lack) -> String {
    match lack {
        Lack::FirstVersion => {
            "version 1 does not state who made the output: ask for a statement by sarsen attest --rebuild"
                .into()
        }
        Lack::CopiedOutput if testimony.copied_from.iter().all(String::is_empty) => {
            "the output was copied, signed by nobody whom its Nix trusts".into()
        }
        Lack::CopiedOutput => {
            let keys: Vec<&str> =
                testimony.copied_from.iter().map(String::as_str).filter(|key| !key.is_empty()).collect();
            format!("the output was copied, signed by {}", keys.join(", "))
        }
        Lack::FoundOutput => {
            "the output was found, not built by this run: when and from what is not known".into()
        }
        Lack::CopiedInputs => {
            format!("{} inputs were copied, more than the policy allows", testimony.substituted)
        }
    }
}
