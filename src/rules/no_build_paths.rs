//! `no-build-paths`: no path of a build machine is inside.

use super::{Check, Rule, Severity, Subject, Texts, Verdict};
use crate::texts::Hit;

/// The rule.
pub const RULE: Rule = Rule {
    id: "no-build-paths",
    summary: "no path or name of a build machine is inside",
    what: "The whole file is searched for the folders that the profile lists under provenance.build-paths, such \
          as /nix/store/ and /home/, with a name behind them, and for the machine names under \
          provenance.build-hosts.",
    why: "A path names people and machines to whoever reads the file, and makes its bytes depend on where it \
          was built, so that nobody else can reproduce it.",
    fix: "Remap paths when compiling: --remap-path-prefix for rustc, -ffile-prefix-map for GCC and clang, \
          -trimpath for Go.",
    source: "reproducible-builds.org, \"Build path\"; rustc book, \"Remap source paths\"",
    severity: Severity::Deny,
    check: Check::Texts(Texts {
        wanted: |profile| {
            let provenance = &profile.provenance;
            provenance.build_paths.iter().chain(&provenance.build_hosts).cloned().collect()
        },
        counts: is_whole,
        check,
    }),
};

fn check(subject: &Subject) -> Verdict {
    let provenance = &subject.profile.provenance;
    let listed = provenance.build_paths.len() + provenance.build_hosts.len();
    if listed == 0 {
        return Verdict::not_applicable("the profile lists no build paths");
    }
    match subject.texts(RULE.id).next() {
        None => Verdict::pass(format!("none of {listed} kinds of build path")),
        Some(found) => Verdict::fail(
            format!("at offset {:#x}: {}", found.offset, found.excerpt),
            "it says where it was built, and differs when built elsewhere",
            "remap paths when compiling (--remap-path-prefix, -ffile-prefix-map, -trimpath)",
        ),
    }
}

/// A folder counts with a name behind it: text that only speaks of the folder is no path below it. A machine's name
/// counts as a whole word.
fn is_whole(hit: &Hit) -> bool {
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    match hit.after() {
        _ if !hit.text().contains(&b'/') => {
            !hit.before().last().is_some_and(|b| is_word(*b))
                && !hit.after().first().is_some_and(|b| is_word(*b))
        }
        [b'.', next, ..] => next.is_ascii_lowercase(),
        [next, ..] => is_word(*next),
        [] => false,
    }
}
