//! `go-cgo`: a Go program is built without cgo and without the paths of its build machine.

use super::{Check, Rule, Severity, Subject, Verdict};
use crate::elf::GoBuild;

/// The rule.
pub const RULE: Rule = Rule {
    id: "go-cgo",
    summary: "a Go program is built without cgo and without the paths of its build machine",
    what: "The build settings that Go's linker leaves in a program since Go 1.18: CGO_ENABLED must not be 1, and \
           -trimpath must be there.",
    why: "With cgo the program is linked against the C library of the build machine: it wants a loader and \
          libraries, or, linked statically, glibc's name service modules. Without -trimpath its stack traces name \
          folders and people of the build machine, and its bytes depend on them.",
    fix: "CGO_ENABLED=0 go build -trimpath.",
    source: "Go, package debug/buildinfo; go help build, -trimpath; go doc cmd/cgo",
    severity: Severity::Warn,
    check: Check::Whole(check),
};

/// Settings that evidence shows where they are set.
const SHOWN: [&str; 4] = ["-tags", "GOARM64", "vcs.revision", "vcs.modified"];

fn check(subject: &Subject) -> Verdict {
    let Some(build) = subject.image.go_build() else {
        return Verdict::not_applicable(if subject.image.is_go() {
            "a Go program from which the build information was removed"
        } else {
            "no Go build information: not a Go program"
        });
    };
    let seen = describe(&build);
    if build.settings.is_empty() {
        return Verdict::not_applicable(format!("{seen}, which holds no build settings"));
    }
    let cgo = build.setting("CGO_ENABLED") == Some("1");
    let paths = build.setting("-trimpath") != Some("true");
    let (what, effect) = match (cgo, paths) {
        (false, false) => return Verdict::pass(format!("{seen}, CGO_ENABLED=0, -trimpath")),
        (true, false) => ("CGO_ENABLED=1", "it may want a C library, its loader and name service modules"),
        (false, true) => {
            ("no -trimpath", "it names folders of the build machine, and differs when built elsewhere")
        }
        (true, true) => (
            "CGO_ENABLED=1 and no -trimpath",
            "it may want a C library and its loader, and names folders of the build machine",
        ),
    };
    Verdict::fail(format!("{seen}, {what}"), effect, "build it with CGO_ENABLED=0 go build -trimpath")
}

fn describe(build: &GoBuild) -> String {
    let or = |text: &str, other: &str| if text.is_empty() { other.to_owned() } else { text.to_owned() };
    let program = or(&build.path, "a program");
    let version = or(&build.version, "an unknown Go");
    let shown = SHOWN.iter().filter_map(|key| Some(format!(", {key}={}", build.setting(key)?)));
    let shown = shown.collect::<Vec<_>>().concat();
    format!("{program} of {version}, {} dependencies{shown}", build.dependencies.len())
}
