//! SARIF 2.1.0 (OASIS Standard, with errata 01), for code scanning.
//!
//! Results are written as files are judged; what describes them (`tool`, `invocations`) follows, for the order of keys
//! in a JSON object is free. There is no time, no machine and no folder of ours in it: the same files give the same bytes.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::finding::{Finding, artifact, date, idle};
use super::rules::{capitalised, parts};
use super::{Report, uri};
use crate::check::{FileReport, Summary};
use crate::clock::Today;
use crate::exit::Exit;
use crate::profile::{Profile, Severity};
use crate::rules::Rule;

/// The published schema that the document obeys.
pub const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// So many files that could not be judged are named; they are kept until the end, so their number is bounded. The rest
/// is counted.
const NAMED: usize = 1000;

/// One document with one run.
#[derive(Debug)]
pub struct Sarif<'p> {
    profile: &'p Profile,
    /// The rules that fired so far: a result refers to its place here.
    fired: Vec<&'static Rule>,
    first: bool,
    notifications: Vec<Value>,
}

impl<'p> Sarif<'p> {
    /// A document on verdicts by `profile`.
    pub fn new(profile: &'p Profile) -> Self {
        Self { profile, fired: Vec::new(), first: true, notifications: Vec::new() }
    }

    fn index(&mut self, rule: &'static Rule) -> usize {
        self.fired.iter().position(|fired| fired.id == rule.id).unwrap_or_else(|| {
            self.fired.push(rule);
            self.fired.len() - 1
        })
    }

    fn result(&mut self, report: &FileReport, finding: &Finding) -> Value {
        let (file, inside) = artifact(report);
        let mut location = json!({
            "physicalLocation": {
                "artifactLocation": { "uri": uri::of(file) },
                // A binary has no lines. GitHub wants one of every result ("SARIF support", physicalLocation object),
                // and the first is where other tools point for a whole file.
                "region": { "startLine": 1 },
            },
        });
        if let Some(inside) = inside {
            location["logicalLocations"] =
                json!([{ "fullyQualifiedName": inside.to_string_lossy(), "kind": "member" }]);
        }
        let mut result = json!({
            "ruleId": finding.rule.id,
            "ruleIndex": self.index(finding.rule),
            "level": if finding.denies { "error" } else { "warning" },
            "message": { "text": literal(&finding.text()) },
            "locations": [location],
            "partialFingerprints": { "primaryLocationLineHash": fingerprint(report, finding) },
        });
        if let Some(reason) = finding.accepted {
            result["suppressions"] =
                json!([{ "kind": "external", "status": "accepted", "justification": reason }]);
        }
        result
    }
}

impl Report for Sarif<'_> {
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        write!(out, "{{\n\"$schema\": \"{SCHEMA}\",\n\"version\": \"2.1.0\",\n\"runs\": [{{\n\"results\": [")
    }

    fn file(&mut self, out: &mut dyn Write, report: &FileReport) -> io::Result<()> {
        let judgements = match &report.outcome {
            Ok(judgements) => judgements,
            Err(error) => {
                if self.notifications.len() < NAMED {
                    let mut notification = notification("error", error.code.as_str(), &error.message);
                    notification["locations"] = json!([{
                        "physicalLocation": { "artifactLocation": { "uri": uri::of(artifact(report).0) } },
                    }]);
                    self.notifications.push(notification);
                }
                return Ok(());
            }
        };
        for finding in judgements.iter().filter_map(Finding::of) {
            writeln!(out, "{}", if std::mem::take(&mut self.first) { "" } else { "," })?;
            let result = self.result(report, &finding);
            serde_json::to_writer(&mut *out, &result)?;
        }
        Ok(())
    }

    fn end(&mut self, out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
        let rules: Vec<Value> = self.fired.iter().map(|rule| descriptor(rule, self.profile)).collect();
        let version = env!("CARGO_PKG_VERSION");
        let tool = json!({
            "driver": { "name": "sarsen", "version": version, "semanticVersion": version, "rules": rules },
        });
        let exit = summary.exit();
        let unnamed = summary.tally.unusable.saturating_sub(self.notifications.len());
        if unnamed > 0 {
            let message = format!("{unnamed} more files could not be judged");
            self.notifications.push(notification("error", "input", &message));
        }
        if exit == Exit::Nothing {
            let message = "no rule applied to any file, so nothing was judged";
            self.notifications.push(notification("error", "nothing-judged", message));
        }
        let today = summary.today();
        let date = today.map(|today| {
            let level = if matches!(today, Today::Unknown { .. }) { "warning" } else { "note" };
            notification(level, "suppression-date", &date(today))
        });
        let unneeded = summary.idle().map(|(suppression, why)| {
            notification("warning", "suppression-idle", &idle(suppression, why, today))
        });
        let invocation = json!({
            "executionSuccessful": matches!(exit, Exit::Ok | Exit::Failed),
            "exitCode": exit as u8,
            "toolExecutionNotifications": self.notifications,
            "toolConfigurationNotifications": date.into_iter().chain(unneeded).collect::<Vec<_>>(),
        });
        write!(out, "\n],\n\"tool\": ")?;
        serde_json::to_writer(&mut *out, &tool)?;
        write!(out, ",\n\"invocations\": [")?;
        serde_json::to_writer(&mut *out, &invocation)?;
        write!(out, "],\n\"automationDetails\": ")?;
        // What is before the last slash is GitHub's category: uploads by two profiles do not replace each other.
        let id = format!("sarsen/{}/", self.profile.name);
        serde_json::to_writer(&mut *out, &json!({ "id": id }))?;
        writeln!(out, "\n}}]\n}}")
    }
}

/// A `reportingDescriptor` (section 3.49).
fn descriptor(rule: &Rule, profile: &Profile) -> Value {
    let level = match profile.severity(rule) {
        Severity::Deny => "error",
        Severity::Warn => "warning",
        Severity::Allow => "none",
    };
    let text = parts(rule).map(|(title, part)| format!("{title}: {part}")).join("\n\n");
    let markdown = parts(rule).map(|(title, part)| format!("**{title}.** {part}")).join("\n\n");
    json!({
        "id": rule.id,
        "shortDescription": { "text": format!("{}.", capitalised(rule.summary)) },
        "fullDescription": { "text": rule.why },
        "help": { "text": text, "markdown": markdown },
        "defaultConfiguration": { "level": level },
    })
}

/// A `notification` (section 3.58) under a stable code.
fn notification(level: &str, code: &str, message: &str) -> Value {
    json!({
        "level": level,
        "descriptor": { "id": code },
        "message": { "text": literal(&format!("{message}.")) },
    })
}

/// Text in which nothing is an embedded link (section 3.11.6): evidence may hold any text of a hostile file.
fn literal(text: &str) -> String {
    text.replace("](", "\\](")
}

/// What tells whether two runs found the same thing: rule, file and the shape of the evidence, as a 64-bit FNV-1a hash in
/// the form that GitHub's own have. GitHub reads no other fingerprint than `primaryLocationLineHash`, and would hash
/// the binary's first line where it is missing: every rebuild would then close an alert and open another.
fn fingerprint(report: &FileReport, finding: &Finding) -> String {
    let (file, inside) = artifact(report);
    let inside = inside.map_or_else(String::new, uri::of);
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in [finding.rule.id, &uri::of(file), &inside, &shape(finding.evidence)] {
        for byte in part.bytes().chain([0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    format!("{hash:016x}:1")
}

/// `evidence` without what changes from build to build: each word with a digit in it, be it an address, a count or a
/// hash, becomes `#`.
fn shape(evidence: &str) -> String {
    let mut shape = String::new();
    let mut rest = evidence;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|letter: char| !letter.is_alphanumeric()).unwrap_or(rest.len());
        let (word, tail) = rest.split_at(end.max(first.len_utf8()));
        shape.push_str(if word.contains(|letter: char| letter.is_ascii_digit()) { "#" } else { word });
        rest = tail;
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::{literal, shape};

    #[test]
    fn the_shape_of_evidence_outlives_a_rebuild() {
        let old = "at offset 0x1a2f: /nix/store/zf4b1cdnm9k0y6x8w7v5q3s2r1p0l9ij-app-1.2/x, 4 times in \u{e9}t\u{e9}";
        assert_eq!(shape(old), "at offset #: /nix/store/#-app-#.#/x, # times in \u{e9}t\u{e9}");
        assert_eq!(shape("DT_NEEDED libc.so.6"), "DT_NEEDED libc.so.#");
        assert_ne!(shape("needs liba"), shape("needs libb"));
        assert_eq!(shape(""), "");
    }

    #[test]
    fn evidence_makes_no_links() {
        assert_eq!(literal("[free](1) [x] (y)"), "[free\\](1) [x] (y)");
    }
}
