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
        return Verdict::not_applicable("the profile lists none (provenance.build-paths and build-hosts)");
    }
    let found: Vec<_> = subject.texts(RULE.id).collect();
    let [first, ..] = found.as_slice() else {
        return Verdict::pass(format!("none of {listed} kinds of build path and host"));
    };
    let kinds: Vec<String> = found.iter().map(|found| format!("{} ({})", found.text, found.count)).collect();
    Verdict::fail(
        format!("{}; the first at offset {:#x}: {}", kinds.join(", "), first.offset, first.excerpt),
        "it says where it was built, and differs when built elsewhere",
        "remap paths when compiling (--remap-path-prefix, -ffile-prefix-map, -trimpath)",
    )
}

/// A folder counts where a path begins and with a name behind it: `go/build/x` is no path below /build, and text that
/// only speaks of the folder is none either. A machine's name counts as a whole word.
fn is_whole(hit: &Hit) -> bool {
    let is_word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    let (before, after) = (hit.before().last(), hit.after());
    if !hit.text().contains(&b'/') {
        return !before.is_some_and(is_word) && !after.first().is_some_and(is_word);
    }
    let is_named = match after {
        [b'.', next, ..] => next.is_ascii_lowercase(),
        [next, ..] => is_word(next),
        [] => false,
    };
    // A folder such as /.cargo/ is found below any other.
    let is_inner = hit.text().starts_with(b"/.");
    let is_inside = before.is_some_and(|b| is_word(b) || b"-.~)}".contains(b));
    is_named && (is_inner || !is_inside || is_rust_source(after))
}

/// rustc joins string constants without a byte between them, so any letter may stand before a path: only its end tells.
fn is_rust_source(path: &[u8]) -> bool {
    const LONGEST: usize = 256;
    let end = path.iter().take(LONGEST).position(|b| !(b.is_ascii_alphanumeric() || b"/._-+@".contains(b)));
    path[..end.unwrap_or(path.len().min(LONGEST))].windows(3).any(|three| three == b".rs")
}
