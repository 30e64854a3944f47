//! `no-build-paths`: no path of a build machine is inside.

use super::{Reads, Rule, Subject, Verdict, find_bytes};

/// The rule.
pub const RULE: Rule = Rule {
    id: "no-build-paths",
    summary: "no path of a build machine is inside",
    what: "The whole file is searched for the folders that the profile lists under provenance.build-paths, such \
          as /nix/store/ and /home/.",
    why: "A path names people and machines to whoever reads the file, and makes its bytes depend on where it \
          was built, so that nobody else can reproduce it.",
    fix: "Remap paths when compiling: --remap-path-prefix for rustc, -ffile-prefix-map for GCC and clang, \
          -trimpath for Go.",
    source: "reproducible-builds.org, \"Build path\"; rustc book, \"Remap source paths\"",
    reads: Reads::Header,
    check,
};

fn check(subject: &Subject) -> Verdict {
    let bytes = subject.image.bytes.all();
    let listed = &subject.profile.provenance.build_paths;
    if listed.is_empty() {
        return Verdict::not_applicable("the profile lists no build paths");
    }
    let found: Vec<(usize, &str)> = listed
        .iter()
        .filter(|text| !text.is_empty())
        .filter_map(|text| Some((find_path(bytes, text.as_bytes())?, text.as_str())))
        .collect();
    match found.iter().min() {
        None => Verdict::pass(format!("none of {} kinds of build path", listed.len())),
        Some((offset, _)) => Verdict::fail(
            format!("at offset {offset:#x}: {}", excerpt(&bytes[*offset..])),
            "it says where it was built, and differs when built elsewhere",
            "remap paths when compiling (--remap-path-prefix, -ffile-prefix-map, -trimpath)",
        ),
    }
}

/// Where `folder` first is in `bytes` with a name behind it: text that only speaks of the folder is no path below it.
fn find_path(bytes: &[u8], folder: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = find_bytes(&bytes[from..], folder) {
        let behind = &bytes[from + at + folder.len()..];
        let named = match behind {
            [b'.', next, ..] => next.is_ascii_lowercase(),
            [next, ..] => next.is_ascii_alphanumeric() || *next == b'_',
            [] => false,
        };
        if named {
            return Some(from + at);
        }
        from += at + folder.len();
    }
    None
}

/// The printable text at the start of `bytes`, at most 60 characters of it.
fn excerpt(bytes: &[u8]) -> String {
    bytes.iter().take(60).take_while(|b| b.is_ascii_graphic()).map(|b| char::from(*b)).collect()
}
