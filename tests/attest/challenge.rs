//! `sarsen challenge --build`: what is built here beside what was stated of the same derivation.

use serde_json::Value;

use super::support::attest::entry;
use super::*;

/// An output that is a file, and one that is a folder.
const TWO: &str = "echo 1 > $out; mkdir -p $dev/include; echo 2 > $dev/include/a.h";

/// Packages with `out` of two outputs, which `script` makes.
fn two(script: &str) -> String {
    format!(
        "out = shell \"out\" \"export PATH=/bin:/usr/bin; {script}\" {{ outputs = [ \"out\" \"dev\" ]; }};"
    )
}

impl Flake {
    /// Builds and compares with the statements made so far, whose key is trusted.
    fn challenge(&self, more: &[&str]) -> Output {
        let trust = entry("one", "tests", &self.key, "roles = [\"rebuilder\"]");
        fs::write(self.path("trust.toml"), trust).unwrap();
        let mut command = self.command(env!("CARGO_BIN_EXE_sarsen"));
        command.arg("challenge").arg("--trust").arg(self.path("trust.toml"));
        command.arg("--bundle").arg(self.path("bundle.jsonl")).args(more);
        command.output().unwrap()
    }

    /// The exit code and the report on the flake's `out`.
    fn built(&self, more: &[&str]) -> (Option<i32>, Value) {
        let installable = self.installable("out");
        let output = self.challenge(&[&["--build", &installable, "--format", "json"], more].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        (output.status.code(), serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{said}")))
    }
}

/// The names that have this answer.
fn with<'v>(report: &'v Value, answer: &str) -> Vec<&'v str> {
    let items = report["items"].as_array().unwrap().iter().filter(|item| item["answer"] == answer);
    items.map(|item| item["name"].as_str().unwrap()).collect()
}

#[test]
fn what_is_built_here_is_identical_or_nobody_states_its_derivation() {
    let Some(flake) = Flake::new("challenge", &two(TWO)) else { return };
    let (_, stated) = flake.state("out", &[]);
    let (code, report) = flake.built(&[]);
    assert_eq!(code, Some(0), "{report}");
    assert_eq!(with(&report, "identical"), ["dev:include/a.h", "out", "nar:dev", "nar:out"]);
    assert_eq!(report["drv-sha256"], stated.predicate.recipe.drv_digest["sha256"]);
    assert_eq!(report["failed"], Value::Null);
    // A file of that name with other bytes is told by its name, wherever it lies.
    let copy = flake.path("copy");
    fs::create_dir(&copy).unwrap();
    fs::write(copy.join("out"), "other").unwrap();
    assert_eq!(flake.challenge(&[copy.join("out").to_str().unwrap()]).status.code(), Some(5));

    // What is not there is built.
    flake.forget();
    let (code, report) = flake.built(&[]);
    assert_eq!((code, with(&report, "identical").len()), (Some(0), 4), "{report}");
    if flake.can_rebuild() {
        let (code, report) = flake.built(&["--rebuild"]);
        assert_eq!((code, with(&report, "identical").len()), (Some(0), 4), "{report}");
        assert!(left(&flake).is_empty(), "the store of the rebuild is removed");
    }

    flake.write(&two(&format!("{TWO}; : of another recipe")));
    let (code, report) = flake.built(&[]);
    assert_eq!(code, Some(3), "{report}");
    assert_eq!(with(&report, "inconclusive").len(), 4, "{report}");
}

#[test]
fn what_is_built_here_differs_in_the_output_that_is_not_the_same() {
    let script = format!("{TWO}; {RANDOM} echo $id > $dev/include/b.h");
    let Some(flake) = Flake::new("challenge-differs", &two(&script)) else { return };
    flake.state("out", &[]);
    if flake.can_rebuild() {
        let (code, report) = flake.built(&["--rebuild"]);
        assert_eq!(
            (code, with(&report, "differs")),
            (Some(5), vec!["dev:include/b.h", "nar:dev"]),
            "{report}"
        );
        assert_eq!(left(&flake).len(), 1, "what differs stays");
    }
    flake.forget();
    let (code, report) = flake.built(&[]);
    assert_eq!((code, with(&report, "differs")), (Some(5), vec!["dev:include/b.h", "nar:dev"]), "{report}");
    assert_eq!(with(&report, "identical"), ["dev:include/a.h", "out", "nar:out"]);
}

#[test]
fn a_build_that_fails_here_is_reported_and_nothing_is_compared() {
    // It works where the statement is made, and neither afterwards nor in a rebuild, which does not see the folder.
    let Some(flake) = Flake::new("challenge-fails", STABLE) else { return };
    let works = flake.path("works");
    flake.write(&two(&format!("[ -e {} ] || exit 9; {TWO}", works.display())));
    fs::write(&works, "").unwrap();
    assert_eq!(flake.state("out", &[]).0, Some(0));
    fs::remove_file(&works).unwrap();
    let failed = |more: &[&str]| {
        let (code, report) = flake.built(more);
        assert_eq!((code, &report["items"]), (Some(7), &Value::Array(vec![])), "{report}");
        assert!(report["failed"].as_str().unwrap().contains("exit code 9"), "{report}");
        let output = flake.challenge(&[&["--build", &flake.installable("out")], more].concat());
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains("failed") && said.contains("this machine: ") && said.contains("exit code 9"));
        assert!(left(&flake).is_empty(), "the store of the rebuild is removed");
    };
    if flake.can_rebuild() {
        failed(&["--rebuild"]);
    }
    flake.forget();
    failed(&[]);

    // What is forged is said, and does not hide that nothing was built.
    let bundle = flake.path("bundle.jsonl");
    let text = fs::read_to_string(&bundle).unwrap();
    let mut line: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    line["signatures"][0]["sig"] = format!("{}==", "A".repeat(86)).into();
    fs::write(&bundle, format!("{line}\n")).unwrap();
    let output = flake.challenge(&["--build", &flake.installable("out")]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(7) && said.contains("error[signature-forged]"), "{said}");

    // What does not evaluate is no build.
    let output = flake.challenge(&["--build", &flake.installable("nothing-of-this-name")]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(7) && said.contains("error[helper-failed]"), "{said}");
    assert!(output.stdout.is_empty());
}

#[test]
fn what_is_compared_is_named_once() {
    let Some(flake) = Flake::new("challenge-arguments", STABLE) else { return };
    let drv = "0".repeat(64);
    for arguments in
        [&[][..], &["--rebuild", "x"], &["--build", ".#x", "x"], &["--build", ".#x", "--drv", &drv]]
    {
        let output = flake.challenge(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && said.contains("Usage"), "{arguments:?}: {said}");
    }
}
