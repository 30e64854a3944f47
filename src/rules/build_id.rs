//! `build-id`: the file carries a build id, or none, as the device's profile asks.

use super::{Check, Rule, Severity, Subject, Verdict};
use crate::profile::BuildId;

/// The rule.
pub const RULE: Rule = Rule {
    id: "build-id",
    summary: "the file carries a build id, or none, as the device's profile asks",
    what: "The NT_GNU_BUILD_ID note, against provenance.build-id of the profile: any, required or forbidden.",
    why: "A build id joins a crash on the device with the unstripped file and the symbols that were kept of it. \
          Where the id is random or hashes debug information that is then stripped, two builders of one source \
          get different files.",
    fix: "Link with --build-id=sha1 or --build-id=none.",
    source: "ld(1), --build-id; elf.h, NT_GNU_BUILD_ID",
    severity: Severity::Deny,
    check: Check::Segments(check),
};

fn check(subject: &Subject) -> Verdict {
    let id =
        subject.image.build_id().map(|id| id.iter().map(|b| format!("{b:02x}")).collect::<Vec<_>>().concat());
    match (subject.profile.provenance.build_id, id) {
        (BuildId::Any, _) => {
            Verdict::not_applicable("the profile asks for none and forbids none (provenance.build-id)")
        }
        (BuildId::Required, Some(id)) if !id.is_empty() => Verdict::pass(format!("the build id is {id}")),
        (BuildId::Required, _) => Verdict::fail(
            "no build id",
            "a crash cannot be joined with the symbols that were kept of the file",
            "link with --build-id=sha1",
        ),
        (BuildId::Forbidden, None) => Verdict::pass("no build id"),
        (BuildId::Forbidden, Some(id)) => Verdict::fail(
            format!("the build id is {id}"),
            "the file names its build, which this device's profile forbids",
            "link with --build-id=none, or strip it (objcopy --remove-section .note.gnu.build-id)",
        ),
    }
}
