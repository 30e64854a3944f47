//! What a statement is worth by who made the output: built, found, copied, or not known, as in the first version.

use sarsen::statement::rebuild::Making;
use serde_json::json;

use super::*;

/// Opinions under `any`, `distinct` and `built`, with a threshold of 2, and the exit code of each. Whatever is asked,
/// reports say how many would be distinct.
fn opinions(name: &str, bundle: &str, more: &str) -> [(u64, i32); 3] {
    let judged = ["any", "distinct", "built"].map(|require| {
        let policy = policy() + &format!("[independence]\nrequire = \"{require}\"\n{more}");
        let name = format!("origins {name} {require}");
        judge(&name, &policy, &trust(), bundle.as_bytes(), &[b"program"])
    });
    if more.is_empty() {
        assert_eq!(judged[0].json["distinct"], judged[1].json["opinions"], "{name}");
    }
    judged.map(|said| (said.json["opinions"].as_u64().unwrap(), said.exit))
}

const MET: i32 = 0;
const SHORT: i32 = 1;

/// A statement about inputs that nobody copied.
fn own(organisation: &str) -> Statement<Rebuild> {
    with_own_inputs(produced(organisation, "app", APP))
}

fn utility_statement() -> Statement<Rebuild> {
    own("utility.example")
}
fn laboratory_statement() -> Statement<Rebuild> {
    own("laboratory.example")
}

fn both(one: &Statement<Rebuild>, other: &Statement<Rebuild>) -> String {
    line(one, &[&utility()]) + &line(other, &[&laboratory()])
}

#[test]
fn who_copied_the_output_is_no_builder() {
    let copied = |one: &[&str], other: &[&str]| {
        both(
            &with_origin(utility_statement(), Making::Substituted, one),
            &with_origin(laboratory_statement(), Making::Substituted, other),
        )
    };
    let mut found = with_origin(laboratory_statement(), Making::Found, &[]);
    found.predicate.run.invocation_id = "another".into();
    let one_hand = [(2, MET), (1, SHORT), (0, SHORT)];
    let two_hands = [(2, MET), (2, MET), (0, SHORT)];
    for (name, bundle, expected) in [
        ("one key", copied(&[CACHE], &[CACHE]), one_hand),
        ("one key by two names", copied(&[CACHE], &[CACHE_RENAMED]), one_hand),
        ("unsigned", copied(&[], &[]), one_hand),
        ("two keys of one name", copied(&[CACHE], &[CACHE_OTHER]), two_hands),
        (
            "one that has it of its own too",
            copied(&[CACHE], &[CACHE]) + &line(&found, &[&laboratory()]),
            two_hands,
        ),
        ("one of two keys", copied(&[CACHE], &[CACHE, CACHE_OTHER]), one_hand),
        (
            "one of them",
            both(&utility_statement(), &with_origin(laboratory_statement(), Making::Substituted, &[CACHE])),
            [(2, MET), (2, MET), (1, SHORT)],
        ),
    ] {
        assert_eq!(opinions(name, &bundle, ""), expected, "{name}");
    }
}

#[test]
fn who_found_the_output_is_distinct_and_did_not_build_it() {
    let found = |statement| with_origin(statement, Making::Found, &[]);
    let bundle = both(&found(utility_statement()), &found(laboratory_statement()));
    assert_eq!(opinions("found", &bundle, ""), [(2, MET), (2, MET), (0, SHORT)]);
    let bundle = both(&utility_statement(), &laboratory_statement());
    assert_eq!(opinions("built", &bundle, ""), [(2, MET), (2, MET), (2, MET)]);
    let bundle = both(&utility_statement(), &found(laboratory_statement()));
    assert_eq!(opinions("one found", &bundle, ""), [(2, MET), (2, MET), (1, SHORT)]);
    // Who finds an output and builds it again later counts by what it built.
    let mut again = laboratory_statement();
    again.predicate.run.invocation_id = "again".into();
    let bundle = bundle + &line(&again, &[&laboratory()]);
    assert_eq!(opinions("built later", &bundle, ""), [(2, MET), (2, MET), (2, MET)]);
}

#[test]
fn some_copied_inputs_are_tolerated_and_no_copied_output() {
    let one = produced("utility.example", "app", APP);
    let other = produced("laboratory.example", "app", APP);
    let (few, many) = ("max-substituted = 2\n", "max-substituted = 1\n");
    let bundle = both(&one, &other);
    assert_eq!(opinions("few", &bundle, few), [(2, MET), (2, MET), (2, MET)]);
    assert_eq!(opinions("many", &bundle, many), [(2, MET), (1, SHORT), (0, SHORT)]);
    let copied = |statement| with_origin(statement, Making::Substituted, &[CACHE]);
    let bundle = both(&copied(one), &copied(other));
    assert_eq!(opinions("copied", &bundle, few), [(2, MET), (1, SHORT), (0, SHORT)]);
}

#[test]
fn all_of_the_first_version_are_one_hand_and_none_that_built() {
    let (one, other) = (utility_statement(), laboratory_statement());
    let first = first_line(&one, &[&utility()]);
    let others = first_line(&other, &[&laboratory()]);
    let third = line(&own("vendor.example"), &[&vendor()]);
    for (name, bundle, expected) in [
        ("two", first.clone() + &others, [(2, MET), (1, SHORT), (0, SHORT)]),
        ("one", first.clone() + &line(&other, &[&laboratory()]), [(2, MET), (2, MET), (1, SHORT)]),
        ("two of three", first.clone() + &others + &third, [(3, MET), (2, MET), (1, SHORT)]),
        // A later statement of the same organisation counts instead.
        ("one stated again", first + &line(&one, &[&utility()]) + &others, [(2, MET), (2, MET), (1, SHORT)]),
    ] {
        assert_eq!(opinions(&format!("first version {name}"), &bundle, ""), expected, "{name}");
    }
}

#[test]
fn the_first_version_still_disputes() {
    let good = both(&utility_statement(), &laboratory_statement());
    let other = first_line(&produced("vendor.example", "app", OTHER), &[&vendor()]);
    let differs_ = first_line(&differs("vendor.example", "app", OTHER, APP), &[&vendor()]);
    let agrees = first_line(&own("vendor.example"), &[&vendor()]);
    let failure = first_line(&failed("vendor.example", "app"), &[&vendor()]);
    for (name, vendors, exit, standing) in [
        ("other bytes", other, 5, "vendor-1 differs"),
        ("differs", differs_, 5, "vendor-1 differs"),
        ("the same bytes", agrees, 0, "vendor-1 substituted"),
        ("a failed build", failure, 0, "vendor-1 failed"),
    ] {
        let policy = policy() + "[independence]\nrequire = \"built\"\n";
        let name = format!("first version {name}");
        let said = judge(&name, &policy, &trust(), (good.clone() + &vendors).as_bytes(), &[b"program"]);
        assert_eq!(said.exit, exit, "{name}: {}", said.stderr);
        assert_eq!(said.standings(), ["laboratory-1 counts", "utility-1 counts", standing], "{name}");
    }
}

/// A statement, and what the reports say of it under `built`: origin, reason, and words for people.
struct Told {
    statement: String,
    made: Value,
    version: u64,
    lack: Option<&'static str>,
    column: &'static str,
    words: &'static str,
}

#[test]
#[allow(clippy::too_many_lines, reason = "it is a table")]
fn reports_say_who_made_the_output_and_why_a_statement_does_not_count() {
    let by = |statement: &Statement<Rebuild>| line(statement, &[&laboratory()]);
    let copied = |signers: &[&str]| by(&with_origin(laboratory_statement(), Making::Substituted, signers));
    let out = |word: &str| json!({ "out": word });
    for (name, told) in [
        (
            "built",
            Told {
                statement: by(&laboratory_statement()),
                made: out("built"),
                version: 2,
                lack: None,
                column: "built",
                words: "",
            },
        ),
        (
            "found",
            Told {
                statement: by(&with_origin(laboratory_statement(), Making::Found, &[])),
                made: out("found"),
                version: 2,
                lack: Some("found-output"),
                column: "found",
                words: "the output was found, not built by this run",
            },
        ),
        (
            "copied",
            Told {
                statement: copied(&[CACHE]),
                made: out("substituted"),
                version: 2,
                lack: Some("copied-output"),
                column: "copied",
                words: "signed by 6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY=",
            },
        ),
        (
            "copied unsigned",
            Told {
                statement: copied(&[]),
                made: out("substituted"),
                version: 2,
                lack: Some("copied-output"),
                column: "copied",
                words: "signed by nobody whom its Nix trusts",
            },
        ),
        (
            "copied inputs",
            Told {
                statement: by(&produced("laboratory.example", "app", APP)),
                made: out("built"),
                version: 2,
                lack: Some("copied-inputs"),
                column: "built",
                words: "2 inputs were copied, more than the policy allows",
            },
        ),
        (
            "first version",
            Told {
                statement: first_line(&laboratory_statement(), &[&laboratory()]),
                made: json!({}),
                version: 1,
                lack: Some("first-version"),
                column: "unknown",
                words: "version 1 does not state who made the output",
            },
        ),
        (
            "failed",
            Told {
                statement: by(&failed("laboratory.example", "app")),
                made: json!({}),
                version: 2,
                lack: None,
                column: "-",
                words: "the disk was full",
            },
        ),
    ] {
        let policy = policy() + "[independence]\nrequire = \"built\"\n";
        let bundle = line(&utility_statement(), &[&utility()]) + &told.statement;
        let said = judge(&format!("told {name}"), &policy, &trust(), bundle.as_bytes(), &[b"program"]);
        let statement = &said.json["statements"][1];
        assert_eq!(
            (&statement["made"], statement["version"].as_u64(), statement["lack"].as_str()),
            (&told.made, Some(told.version), told.lack),
            "{name}"
        );
        assert_eq!(statement["standing"] == "substituted", told.lack.is_some(), "{name}");
        let folder = Folder::new(&format!("attestations-words-{}", name.replace(' ', "-")));
        let (policy, trust) = (folder.file("p", policy.as_bytes()), folder.file("t", trust().as_bytes()));
        let (bundle, file) = (folder.file("b", bundle.as_bytes()), folder.file("app", b"program"));
        let output = sarsen(&["verify-attestation", "--policy", &policy, "--trust", &trust, &bundle, &file]);
        let text = stdout(&output);
        let row = text.lines().find(|line| line.contains("laboratory-1")).unwrap();
        assert_eq!(row.split_whitespace().nth(5), Some(told.column), "{name}:\n{text}");
        assert!(row.contains(told.words), "{name}:\n{text}");
        let is_copied = told.lack == Some("copied-output");
        assert_eq!(statement["copied-from"].as_array().unwrap().len(), usize::from(is_copied), "{name}");
    }
}
