//! What the lines of a bundle state: text for people, or the JSON document of docs/schemas/bundle-1.schema.json.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::{Remark, remarks};
use crate::attest::listing::{Content, Entry, Listing, Signer, Stated};
use crate::attest::policy::number;
use crate::visible::visible;

/// The version that documents carry. Fields may be added to it; none is removed or changes its meaning.
pub const SCHEMA: &str = "sarsen.bundle/1";

/// The result of `sarsen bundle`: what lines say, and nothing of whether it is so.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Document<'a> {
    /// `sarsen.bundle/1`
    schema: &'a str,
    /// Whether signatures were compared with the keys of a trust store (`--trust`).
    checked: bool,
    /// The lines that are not empty.
    lines: Vec<Item<'a>>,
    /// Lines that cannot be used, and signatures that are not whose they say.
    problems: Vec<Remark<'a>>,
}

/// A line.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
struct Item<'a> {
    /// Its number.
    line: usize,
    /// The trusted keys whose signatures hold; null where none were compared.
    signers: Option<Vec<By<'a>>>,
    /// The key ids that it carries: claimed, not verified. An empty text where a signature has none.
    claimed_key_ids: &'a [String],
    /// `rebuild`; `other-type`, `other-payload` (no in-toto statement), `repeated`, `unread` (no trusted key signed it)
    /// or `unusable`.
    content: &'a str,
    /// The statement's type, or of another payload the payload's; null where none was read.
    r#type: Option<&'a str>,
    /// The line that it repeats.
    #[serde(skip_serializing_if = "Option::is_none")]
    repeats: Option<usize>,
    /// What is stated; null if that is not about a rebuild, or was not read.
    statement: Option<Claims<'a>>,
    /// Why it cannot be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Remark<'a>>,
}

/// A trusted key whose signature holds.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct By<'a> {
    /// The key's name in the trust store.
    key: &'a str,
    /// Its organisation there.
    organisation: &'a str,
    /// Nothing that it signs counts any more.
    revoked: bool,
    /// It may sign statements about builds.
    rebuilder: bool,
}

impl<'a> From<&'a Signer> for By<'a> {
    fn from(Signer { key, organisation, revoked, rebuilder }: &'a Signer) -> Self {
        Self { key, organisation, revoked: *revoked, rebuilder: *rebuilder }
    }
}

/// What a rebuild statement says, in the words of whoever wrote it.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
struct Claims<'a> {
    /// `produced`, `matches`, `differs`, `failed` or `not-built`.
    result: &'a str,
    /// What was built.
    attribute: &'a str,
    /// SHA-256 of the derivation's text.
    drv_sha256: &'a str,
    /// Where the source is.
    source: Option<&'a str>,
    /// Its commit.
    commit: Option<&'a str>,
    /// The builder's organisation, as claimed.
    organisation: &'a str,
    /// Files, whole outputs or the derivation.
    subjects: Vec<Subject<'a>>,
    /// Who made each output, by its name: `built`, `found` or `substituted`.
    made: BTreeMap<&'a str, &'a str>,
    /// Why there is no output.
    reason: Option<&'a str>,
    /// Which run it is about.
    run: &'a str,
    /// When that ended, in the builder's words.
    finished: &'a str,
}

/// What a statement is about.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Subject<'a> {
    /// Its name.
    name: &'a str,
    /// Its digests by algorithm.
    digest: &'a BTreeMap<String, String>,
}

fn claims(stated: &Stated) -> Claims<'_> {
    let subjects = stated.subjects.iter();
    Claims {
        result: stated.result.as_str(),
        attribute: &stated.attribute,
        drv_sha256: &stated.drv,
        source: stated.source.as_deref(),
        commit: stated.commit.as_deref(),
        organisation: &stated.organisation,
        subjects: subjects.map(|subject| Subject { name: &subject.name, digest: &subject.digest }).collect(),
        made: stated.makings.iter().map(|(name, making)| (name.as_str(), making.as_str())).collect(),
        reason: stated.reason.as_deref(),
        run: &stated.run,
        finished: &stated.finished,
    }
}

fn item(entry: &Entry, checked: bool) -> Item<'_> {
    let mut item = Item {
        line: entry.line,
        signers: checked.then(|| entry.signers.iter().map(By::from).collect()),
        claimed_key_ids: &entry.key_ids,
        content: "rebuild",
        r#type: None,
        repeats: None,
        statement: None,
        problem: None,
    };
    match &entry.content {
        Content::Rebuild(stated) => {
            (item.r#type, item.statement) = (Some(stated.kind.as_str()), Some(claims(stated)));
        }
        Content::Other(kind) => (item.content, item.r#type) = ("other-type", Some(kind.as_str())),
        Content::Payload(kind) => (item.content, item.r#type) = ("other-payload", Some(kind.as_str())),
        Content::Repeated(first) => (item.content, item.repeats) = ("repeated", Some(*first)),
        Content::Unread => item.content = "unread",
        Content::Unusable(error) => {
            item.content = "unusable";
            item.problem = remarks(std::slice::from_ref(error)).pop();
        }
    }
    item
}

/// Writes one JSON document.
///
/// # Errors
/// Those of `out`.
pub fn json(out: &mut dyn Write, listing: &Listing) -> io::Result<()> {
    let document = Document {
        schema: SCHEMA,
        checked: listing.checked,
        lines: listing.entries.iter().map(|entry| item(entry, listing.checked)).collect(),
        problems: remarks(&listing.problems),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

/// Writes a paragraph for each line, and how many there are.
///
/// # Errors
/// Those of `out`.
pub fn human(out: &mut dyn Write, listing: &Listing) -> io::Result<()> {
    let (mut rebuilds, mut unusable) = (0, 0);
    for entry in &listing.entries {
        let what = match &entry.content {
            Content::Rebuild(stated) => {
                rebuilds += 1;
                format!("{}, {}", stated.kind, stated.result.as_str())
            }
            Content::Other(kind) => format!("{kind}, which is not read"),
            Content::Payload(kind) => format!("payload of type {kind}, which is not read"),
            Content::Repeated(first) => format!("repeats line {first}"),
            Content::Unread => "not read: no key of the trust store signed it".into(),
            Content::Unusable(error) => {
                unusable += 1;
                format!("cannot be used: {}", error.message)
            }
        };
        writeln!(out, "line {}: {}", entry.line, visible(&what))?;
        signed(out, entry)?;
        if let Content::Rebuild(stated) = &entry.content {
            write_stated(out, stated)?;
        }
    }
    let lines = number(listing.entries.len(), "line");
    write!(out, "{lines}, {}", number(rebuilds, "rebuild statement"))?;
    if unusable > 0 {
        write!(out, ", {unusable} cannot be used")?;
    }
    let whose = if listing.checked { "what the signers claim" } else { "claimed: no signature was checked" };
    writeln!(out, "; what is listed is {whose}")
}

/// Who signed a line, as far as that is known.
fn signed(out: &mut dyn Write, entry: &Entry) -> io::Result<()> {
    for Signer { key, organisation, revoked, rebuilder } in &entry.signers {
        let mut text = format!("signed by {key} of {organisation}");
        if *revoked {
            text += ", which is revoked";
        } else if !rebuilder {
            text += ", which may not sign statements about builds";
        }
        writeln!(out, "  {}", visible(&text))?;
    }
    if entry.signers.is_empty() {
        for id in &entry.key_ids {
            let id = if id.is_empty() { "none" } else { id };
            writeln!(out, "  key id {} (claimed, not verified)", visible(id))?;
        }
    }
    Ok(())
}

fn write_stated(out: &mut dyn Write, stated: &Stated) -> io::Result<()> {
    let mut rows = vec![
        ("attribute", stated.attribute.clone()),
        ("derivation", format!("sha256 {}", stated.drv)),
        ("organisation", format!("{} (claimed)", stated.organisation)),
    ];
    if let Some(source) = &stated.source {
        let commit = stated.commit.as_ref().map_or_else(String::new, |commit| format!(" at {commit}"));
        rows.push(("source", format!("{source}{commit}")));
    }
    for subject in &stated.subjects {
        for (algorithm, digest) in &subject.digest {
            rows.push(("subject", format!("{} {algorithm} {digest}", subject.name)));
        }
    }
    rows.extend(
        stated.makings.iter().map(|(name, making)| ("output", format!("{name}: {}", making.as_str()))),
    );
    rows.extend(stated.reason.iter().map(|reason| ("because", reason.clone())));
    rows.push(("run", stated.run.clone()));
    rows.push(("finished", format!("{} in the builder's words", stated.finished)));
    for (what, text) in rows {
        writeln!(out, "  {what} {}", visible(&text))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    /// `SARSEN_REGENERATE=1 cargo test` rewrites the file.
    #[test]
    fn the_schema_file_is_the_types() {
        crate::schema::compare::<super::Document>("bundle-1");
    }
}
