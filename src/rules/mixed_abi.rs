//! `mixed-abi`: one process holds files for one machine, one C library and the device's pages.

use super::{Check, Place, Rule, Severity, Subject, Verdict};
use crate::elf::machine_name;
use crate::loader::dynamic::{Family, Library, Linked};

/// The rule.
pub const RULE: Rule = Rule {
    id: "mixed-abi",
    summary: "everything in the program's process is for one machine, one C library and the device's pages",
    what: "Among the files that the loader brings together: the machine and class are the program's, none was built for \
           a C library other than the loader's, no second C library is loaded, and the segments of each library can be \
           mapped with the largest pages of the profile.",
    why: "musl's loader checks neither machine nor C library: it applies relocations, and foreign code runs until it \
          crashes. Two C libraries have two heaps and two sets of thread-local data. A library linked for pages smaller \
          than the kernel's cannot be mapped.",
    fix: "Build every library with the device's own toolchain, with -z max-page-size=65536, and remove foreign ones from \
          the folders that the loader searches.",
    source: "musl ldso/dynlink.c, map_library; glibc elf/dl-load.c, open_verify and _dl_map_object_from_fd",
    severity: Severity::Deny,
    check: Check::Linked(check),
};

fn check(subject: &Subject, _: &Place, linked: &Linked) -> Verdict {
    if subject.image.interpreter().is_none() {
        return Verdict::not_applicable("a library is judged with the programs that load it");
    }
    let page = subject.profile.kernel.largest_page();
    let mut libc: Option<&str> = None;
    for (index, object) in linked.objects.iter().enumerate() {
        let (facts, name) = (&object.facts, &object.opened);
        if !facts.fits(&linked.objects[0].facts) {
            let machine = facts.ident.map_or_else(|| "nothing".into(), |ident| machine_name(ident.machine));
            return fail(
                format!("{name} ({}) is made for {machine}", object.because),
                "its code is none for this processor".into(),
            );
        }
        if let Some(foreign) = foreign(facts, linked) {
            return fail(
                format!("{name} {foreign}, and the loader is {}'s", linked.family.name()),
                "functions of one C library get data of another".into(),
            );
        }
        if facts.is_libc() {
            if let Some(other) = libc {
                return fail(
                    format!("{other} and {name} are both C libraries"),
                    "two heaps, two sets of streams and thread-local data in one process".into(),
                );
            }
            libc = Some(name);
        }
        // The program's own segments are another rule's.
        let limit = facts.page_limit.filter(|limit| index > 0 && *limit < page);
        if let Some(limit) = limit {
            return fail(
                format!(
                    "the segments of {name} are for pages of at most {limit} bytes; kernels of the device have up to {page}"
                ),
                "the library cannot be mapped on such a kernel".into(),
            );
        }
    }
    Verdict::pass(format!("{} files, all for {}", linked.objects.len(), linked.family.name()))
}

fn fail(evidence: String, effect: String) -> Verdict {
    Verdict::fail(evidence, effect, "replace it by one that was built with the device's own toolchain")
}

/// What says that a file was built for another C library than the loader's.
fn foreign(facts: &Library, linked: &Linked) -> Option<String> {
    match linked.family {
        Family::Musl => {
            facts.glibc_version().map(|version| format!("asks for version {version}, which is glibc's"))
        }
        Family::Glibc => {
            let musl = facts.needed.iter().find(|name| *name == "libc.so" || name.starts_with("libc.musl-"));
            musl.map(|name| format!("needs {name}, which is musl's"))
        }
    }
}
