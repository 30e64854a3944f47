//! What this machine has, beside what others state.

use std::io::{self, Write};

use serde::Serialize;

use super::{BY_DIGEST, Remark, Unused, remarks, table, unused, write_ignored};
use crate::attest::challenge::{Answer, Challenge};
use crate::attest::outputs::prefix;

/// The version that documents carry. Fields may be added to it; none is removed or changes its meaning.
pub const SCHEMA: &str = "sarsen.challenge/1";

/// The result of `sarsen challenge`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
struct Document<'a> {
    /// `sarsen.challenge/1`
    schema: &'a str,
    /// SHA-256 of the text of the derivation that the statements are about.
    drv_sha256: Option<&'a str>,
    /// How many are identical.
    identical: usize,
    /// How many are different.
    differs: usize,
    /// Of how many nobody states anything.
    inconclusive: usize,
    /// The files, and the whole output as `nar:out`.
    items: Vec<Item<'a>>,
    /// Why this machine got nothing, where it was to build (`--build`); null if it was not or did.
    failed: Option<&'a str>,
    /// Builders that got nothing.
    unable: Vec<Unable<'a>>,
    /// Lines that say nothing here.
    ignored: Vec<Unused<'a>>,
    /// Lines that cannot be used, and what is forged.
    problems: Vec<Remark<'a>>,
}

/// One thing that was compared.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
struct Item<'a> {
    /// Its name here.
    name: &'a str,
    /// `identical`, `differs` or `inconclusive`.
    answer: &'a str,
    /// Its SHA-256 here; null if it is not here.
    sha256: Option<&'a str>,
    /// What others state.
    others: Vec<Other<'a>>,
    /// Nothing but its digests says which of the stated files it is: no statement names one that is called so.
    by_digest_alone: bool,
}

/// What a key states of it.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Other<'a> {
    /// The key's name in the trust store.
    key: &'a str,
    /// Its organisation there.
    organisation: &'a str,
    /// The line of the bundle.
    line: usize,
    /// The SHA-256 that is stated; null if none is, or there is no such file.
    sha256: Option<&'a str>,
    /// The statement has such a file.
    stated: bool,
    /// All digests that are stated are those found here.
    same: bool,
}

/// A builder that got nothing.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Unable<'a> {
    /// The key's name in the trust store.
    key: &'a str,
    /// Its organisation there.
    organisation: &'a str,
    /// The line of the bundle.
    line: usize,
    /// `failed` or `not-built`.
    result: &'a str,
    /// Why.
    reason: Option<&'a str>,
}

/// Writes one JSON document.
///
/// # Errors
/// Those of `out`.
pub fn json(out: &mut dyn Write, challenge: &Challenge) -> io::Result<()> {
    let items = challenge.items.iter().map(|item| Item {
        name: &item.name,
        answer: item.answer().as_str(),
        sha256: item.sha256.as_deref(),
        others: item
            .others
            .iter()
            .map(|other| Other {
                key: &other.key,
                organisation: &other.organisation,
                line: other.line,
                sha256: other.sha256.as_deref(),
                stated: other.sha256.is_some() || other.digest.is_some(),
                same: other.same,
            })
            .collect(),
        by_digest_alone: item.by_digest_alone,
    });
    let unable = challenge.unable.iter().map(|unable| Unable {
        key: &unable.key,
        organisation: &unable.organisation,
        line: unable.line,
        result: unable.result.as_str(),
        reason: unable.reason.as_deref(),
    });
    let document = Document {
        schema: SCHEMA,
        drv_sha256: challenge.drv.as_deref(),
        identical: challenge.count(Answer::Identical),
        differs: challenge.count(Answer::Differs),
        inconclusive: challenge.count(Answer::Inconclusive),
        items: items.collect(),
        failed: challenge.failed.as_deref(),
        unable: unable.collect(),
        ignored: unused(&challenge.ignored),
        problems: remarks(&challenge.problems),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

/// Writes a table for people: a line for each thing, and one below for each who states something else.
///
/// # Errors
/// Those of `out`.
pub fn human(out: &mut dyn Write, challenge: &Challenge) -> io::Result<()> {
    let mut rows = Vec::new();
    if let Some(reason) = &challenge.failed {
        rows.push(vec!["failed".into(), "-".into(), format!("this machine: {reason}")]);
    }
    for item in &challenge.items {
        let digest = item.sha256.as_deref().map_or("not here", prefix);
        let by = if item.by_digest_alone { BY_DIGEST } else { "" };
        rows.push(vec![item.answer().as_str().to_owned(), digest.into(), format!("{}{by}", item.name)]);
        for other in item.others.iter().filter(|other| !other.same) {
            let digest = match (&other.sha256, &other.digest) {
                (Some(sha256), _) => prefix(sha256).to_owned(),
                (None, Some((algorithm, value))) => format!("{algorithm} {}", prefix(value)),
                (None, None) => "no such file".into(),
            };
            rows.push(vec![
                String::new(),
                digest,
                format!("{} of {}, line {}", other.key, other.organisation, other.line),
            ]);
        }
    }
    for unable in &challenge.unable {
        let reason = unable.reason.as_deref().map_or_else(String::new, |reason| format!(": {reason}"));
        let text = format!("{} of {}, line {}{reason}", unable.key, unable.organisation, unable.line);
        rows.push(vec![unable.result.as_str().into(), "-".into(), text]);
    }
    table(out, &rows)?;
    write_ignored(out, &challenge.ignored)?;
    let [identical, differs, inconclusive] =
        [Answer::Identical, Answer::Differs, Answer::Inconclusive].map(|answer| challenge.count(answer));
    let all = challenge.items.len();
    writeln!(out, "{all} compared: {identical} identical, {differs} differ, {inconclusive} inconclusive")
}

#[cfg(test)]
mod tests {
    /// `SARSEN_REGENERATE=1 cargo test` rewrites the file.
    #[test]
    fn the_schema_file_is_the_types() {
        crate::schema::compare::<super::Document>("challenge-1");
    }
}
