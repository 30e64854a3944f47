//! `library-present`: the loader finds every library that the file needs.

use std::path::Path;

use super::{Check, Place, Rule, Severity, Subject, Verdict};
use crate::loader::dynamic::{Linked, Problem, Trouble, When};

/// The rule.
pub const RULE: Rule = Rule {
    id: "library-present",
    summary: "the loader finds every library that the file needs",
    what: "Every DT_NEEDED of the program and of its libraries is resolved as the program's own loader would: musl's \
           (the paths of the chain of objects, /etc/ld-musl-*.path or the default folders) or glibc's (RPATH, RUNPATH, \
           /etc/ld.so.cache, the default folders compiled into the loader). A library that no interpreter is named for \
           is resolved as if a program without paths of its own had opened it.",
    why: "The loader ends the process with exit status 127 before the program's first instruction.",
    fix: "Install the library in a folder that the loader searches, correct the path that should lead to it, or link \
          statically.",
    source: "musl ldso/dynlink.c, load_library; glibc elf/dl-load.c, _dl_map_object; ld.so(8)",
    severity: Severity::Deny,
    check: Check::Linked(check),
};

fn check(subject: &Subject, place: &Place, linked: &Linked) -> Verdict {
    let Some(problem) = missing(linked) else { return found(linked) };
    let is_library = subject.image.interpreter().is_none();
    if is_library && is_beside(place, &problem.name) {
        return Verdict::not_applicable(format!(
            "{} is beside this library, where the loader finds it only if the program names the folder",
            problem.name
        ));
    }
    Verdict::fail(
        problem.cause.evidence.clone(),
        if is_library {
            format!("a program that opens it gets an error about {}", problem.name)
        } else {
            format!("exit status 127 before main: {}", linked.says())
        },
        problem.cause.fix.clone(),
    )
}

/// The first library that keeps the program from starting.
pub(super) fn missing(linked: &Linked) -> Option<&Problem> {
    let of_libraries = |p: &&Problem| matches!(p.trouble, Trouble::LibraryMissing | Trouble::LibraryUnusable);
    linked.problems.iter().filter(|problem| problem.when == When::Start).find(of_libraries)
}

fn found(linked: &Linked) -> Verdict {
    const NAMED: usize = 6;
    let libraries: Vec<String> =
        linked.objects[1..].iter().map(|object| format!("{} ({})", object.opened, object.because)).collect();
    let family = linked.family.name();
    if libraries.is_empty() {
        return Verdict::pass(format!("it needs no library of {family}'s loader"));
    }
    let more = libraries.len().saturating_sub(NAMED);
    let named = libraries[..libraries.len().min(NAMED)].join(", ");
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Verdict::pass(format!("{family}'s loader takes {named}{more}"))
}

fn is_beside(place: &Place, name: &str) -> bool {
    let folder = place.path.parent().unwrap_or(Path::new("/"));
    !name.contains('/') && place.world.tree().resolve(&folder.join(name)).is_ok()
}
