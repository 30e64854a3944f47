//! Every format over the same files: what is printed is compared with tests/snapshots, and read by other parsers.

mod support;

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use sarsen::check::{FileReport, Judge};
use sarsen::profile::Profile;
use sarsen::report::Format;
use support::{Elf, Folder, sarif, sarsen, stderr, stdout};

const FORMATS: [(Format, &str); 6] = [
    (Format::Human, "human"),
    (Format::Brief, "brief"),
    (Format::Json, "json"),
    (Format::Sarif, "sarif"),
    (Format::Junit, "junit"),
    (Format::Github, "github"),
];

/// Names that could break out of where they are printed, as a shell, XML, JSON, a terminal and GitHub's runner see it.
const HOSTILE: &[&[u8]] =
    &[b"a b \"c\" <d>&'e'.so", b"x\n::error::y,z=1\r%0A\x1b[31m", b"na\xffme", b"c:\\d]]>"];

/// grid-arm64 under another name, with these severities alone: every other rule is not asked.
fn asking(name: &str, severities: &[(&str, &str)]) -> String {
    let severity = |id: &str| severities.iter().find(|(asked, _)| *asked == id).map_or("allow", |(_, s)| *s);
    let lines: Vec<String> =
        sarsen::rules::ALL.iter().map(|rule| format!("{} = {:?}", rule.id, severity(rule.id))).collect();
    format!("name = {name:?}\nextends = \"grid-arm64\"\n[rules]\n{}\n", lines.join("\n"))
}

/// Few rules, so that a new rule changes no snapshot.
fn profile() -> Profile {
    let asked =
        [("machine", "deny"), ("no-interpreter", "deny"), ("relro", "deny"), ("noexec-stack", "warn")];
    let suppressions = r#"
        [[suppress]]
        rule = "relro"
        file = "accepted"
        reason = "vendor's <blob>; ticket 7"

        [[suppress]]
        rule = "relro"
        file = "gone"
        reason = "fixed long ago"
    "#;
    Profile::parse(&(asking("snapshot", &asked) + suppressions), "snapshot").unwrap()
}

/// One document in `format` on files that pass, fail, warn, are accepted, cannot be judged, have hostile names, or are
/// in an archive.
fn document(format: Format, profile: &Profile) -> String {
    let judge = Judge::new(profile);
    let path = |bytes: &[u8]| PathBuf::from(OsStr::from_bytes(bytes));
    let judged = |name: &[u8], bytes: &[u8]| FileReport {
        path: path(name),
        archive: None,
        outcome: judge.image(bytes, &String::from_utf8_lossy(name)),
    };
    let refused = Elf::with(|e| {
        (e.interpreter, e.relro, e.stack_flags) = (Some("/lib/ld-[x](1)-0.so"), false, Some(7));
    });
    let warned = Elf::with(|e| e.stack_flags = Some(7));
    let accepted = Elf::with(|e| e.relro = false);
    let mut reports = vec![
        judged(b"good", &Elf::default().bytes()),
        judged(b"bin/refused", &refused),
        judged(b"bin/warned", &warned),
        judged(b"vendor/accepted", &accepted),
        judged(b"notes.txt", b"some text"),
    ];
    reports.extend(HOSTILE.iter().map(|name| judged(name, &refused)));
    let member = FileReport {
        archive: Some(path(b"out/root fs.cpio")),
        ..judged(b"out/root fs.cpio:/usr/bin/a:b", &warned)
    };
    reports.push(member);

    let mut out = Vec::new();
    let mut summary = judge.summary();
    let mut report = format.report(profile, false);
    report.begin(&mut out).unwrap();
    for file in &reports {
        summary.add(file);
        report.file(&mut out, file).unwrap();
    }
    report.end(&mut out, &summary).unwrap();
    String::from_utf8(out).expect("every format is UTF-8")
}

/// `SARSEN_REGENERATE=1 cargo test --test report` rewrites the files.
#[test]
fn every_format_prints_what_it_printed() {
    let profile = profile();
    for (format, name) in FORMATS {
        // The version is in SARIF; a release changes no snapshot.
        let printed = document(format, &profile).replace(env!("CARGO_PKG_VERSION"), "VERSION");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots").join(name);
        if std::env::var_os("SARSEN_REGENERATE").is_some() {
            std::fs::write(&path, &printed).unwrap();
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(printed, expected, "{name}: run with SARSEN_REGENERATE=1");
    }
}

#[test]
fn sarif_obeys_the_standard() {
    let document: Value = serde_json::from_str(&document(Format::Sarif, &profile())).unwrap();
    assert_eq!(sarif::faults(&document), Vec::<String>::new());
    let run = &document["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(result["ruleId"], rules[index]["id"]);
    }
    for rule in rules {
        assert!(results.iter().any(|result| result["ruleId"] == rule["id"]), "{rule} did not fire");
    }
    let mut prints: Vec<&str> = results
        .iter()
        .map(|r| r["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap())
        .collect();
    prints.sort_unstable();
    prints.dedup();
    assert_eq!(prints.len(), results.len(), "fingerprints differ");
    let suppressed: Vec<&Value> = results.iter().filter(|r| r.get("suppressions").is_some()).collect();
    assert_eq!(suppressed.len(), 1);
    assert_eq!(suppressed[0]["suppressions"][0]["justification"], "vendor's <blob>; ticket 7");
    let member = &results.last().unwrap()["locations"][0];
    assert_eq!(member["physicalLocation"]["artifactLocation"]["uri"], "out/root%20fs.cpio");
    assert_eq!(member["logicalLocations"][0]["fullyQualifiedName"], "/usr/bin/a:b");
    let invocation = &run["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(invocation["exitCode"], 2);
    assert_eq!(invocation["toolExecutionNotifications"][0]["descriptor"]["id"], "input-not-elf");
}

/// What the check above can see.
#[test]
fn faults_in_sarif_are_seen() {
    let good: Value = serde_json::from_str(&document(Format::Sarif, &profile())).unwrap();
    let result = "/runs/0/results/0";
    let place = "/runs/0/results/0/locations/0/physicalLocation";
    // Which object, which of its keys, and what it becomes: null takes the key away.
    for (object, key, value) in [
        (result, "file", json!("x")),
        (result, "message", Value::Null),
        (result, "locations", json!([])),
        (result, "level", json!("deny")),
        (place, "artifactLocation", json!({ "uri": "a b" })),
        (place, "region", json!({ "startLine": 0 })),
        ("/runs/0/invocations/0", "executionSuccessful", json!("no")),
    ] {
        let mut document = good.clone();
        let entries = document.pointer_mut(object).unwrap().as_object_mut().unwrap();
        if value.is_null() {
            entries.remove(key);
        } else {
            entries.insert(key.to_owned(), value);
        }
        assert_eq!(sarif::faults(&document).len(), 1, "{object}/{key}: {:?}", sarif::faults(&document));
    }
}

#[test]
fn junit_is_xml_with_true_counts() {
    let text = document(Format::Junit, &profile());
    let document = roxmltree::Document::parse(&text).unwrap();
    let root = document.root_element();
    assert_eq!(root.tag_name().name(), "testsuites");
    let suites: Vec<_> = root.children().filter(roxmltree::Node::is_element).collect();
    assert_eq!(suites.len(), 6 + HOSTILE.len());
    for suite in &suites {
        let cases: Vec<_> = suite.children().filter(roxmltree::Node::is_element).collect();
        let with = |tag: &str| {
            cases
                .iter()
                .filter(|case| case.children().any(|child| child.has_tag_name(tag)))
                .count()
                .to_string()
        };
        for (attribute, count) in [
            ("tests", cases.len().to_string()),
            ("failures", with("failure")),
            ("errors", with("error")),
            ("skipped", with("skipped")),
        ] {
            assert_eq!(suite.attribute(attribute), Some(count.as_str()), "{attribute} of {suite:?}");
        }
        for case in cases {
            assert_eq!(case.attribute("classname"), suite.attribute("name"));
            assert!(case.attribute("name").is_some());
        }
    }
    // What XML can carry comes back unchanged; the escape character is spelled, the bad byte is replaced.
    let names: Vec<_> = suites.iter().filter_map(|suite| suite.attribute("name")).collect();
    for name in
        ["a b \"c\" <d>&'e'.so", "x\n::error::y,z=1\r%0A\\u{1b}[31m", "na\u{fffd}me", "c:\\d]]>", "notes.txt"]
    {
        assert!(names.contains(&name), "{name:?} in {names:?}");
    }
}

/// Name, properties and message.
type Command = (String, Vec<(String, String)>, String);

/// Reads a line as actions/runner does (ActionCommand.TryParseV2).
fn command(line: &str) -> Option<Command> {
    let unescape = |text: &str, all: bool| {
        let mut text = text.replace("%0D", "\r").replace("%0A", "\n");
        if all {
            text = text.replace("%3A", ":").replace("%2C", ",");
        }
        text.replace("%25", "%")
    };
    let (head, message) = line.trim_start().strip_prefix("::")?.split_once("::")?;
    let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
    let pairs = properties.split(',').filter_map(|pair| pair.split_once('='));
    let pairs = pairs.map(|(key, value)| (key.to_owned(), unescape(value, true))).collect();
    Some((name.to_owned(), pairs, unescape(message, false)))
}

#[test]
fn github_reads_our_commands_and_no_others() {
    let text = document(Format::Github, &profile());
    let commands: Vec<_> = text.lines().filter_map(command).collect();
    assert_eq!(commands.len(), text.lines().count() - 1, "all but the last line are commands:\n{text}");
    let count = |name: &str| commands.iter().filter(|(command, ..)| command == name).count();
    // Two refusals and a warning in each refused file; one file is not ELF; one suppression is idle.
    let refused = 1 + HOSTILE.len();
    assert_eq!(count("error"), 2 * refused + 1);
    assert_eq!(count("warning"), refused + 2 + 1);
    assert_eq!(count("notice"), 1);
    for (_, properties, message) in &commands {
        assert!(properties.iter().all(|(key, _)| key == "file" || key == "title"), "{properties:?}");
        assert!(!message.is_empty());
    }
    let hostile = String::from_utf8_lossy(HOSTILE[1]).into_owned();
    assert!(commands.iter().any(|(_, properties, _)| properties[0] == ("file".into(), hostile.clone())));
    assert!(text.ends_with("not judged\n"), "the summary is last");
}

#[test]
fn text_for_people_holds_nothing_that_acts_on_a_terminal() {
    let profile = profile();
    for format in [Format::Human, Format::Brief] {
        let text = document(format, &profile);
        assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
        assert!(!text.lines().any(|line| line.trim_start().starts_with("::")), "{text}");
    }
    let brief = document(Format::Brief, &profile);
    let refused = brief.lines().find(|line| line.contains("bin/refused")).unwrap();
    assert!(refused.starts_with("fail  bin/refused: no-interpreter PT_INTERP"), "{refused}");
    assert!(refused.ends_with("(+1 more: relro) (warns: noexec-stack)"), "{refused}");
    let last = brief.lines().last().unwrap();
    assert!(last.starts_with("9 files: 2 clean, 5 refused, 2 with warnings; 1 not judged; "), "{last}");
    assert!(last.contains("rules that refused: no-interpreter 5, relro 5; "), "{last}");
}

#[test]
fn colour_is_only_for_people() {
    let profile = profile();
    let judge = Judge::new(&profile);
    let bytes = Elf::with(|e| e.relro = false);
    let file = FileReport { path: "bad".into(), archive: None, outcome: judge.image(&bytes, "bad") };
    for (format, name) in FORMATS {
        let mut out = Vec::new();
        format.report(&profile, true).file(&mut out, &file).unwrap();
        let coloured = String::from_utf8(out).unwrap().contains("\u{1b}[31mfail\u{1b}[0m");
        assert_eq!(coloured, matches!(format, Format::Human | Format::Brief), "{name}");
    }
}

#[test]
fn the_command_line_prints_every_format() {
    let folder = Folder::new("formats");
    let bad = folder.file("bad", &Elf::with(|e| e.relro = false));
    for (name, shown) in [
        ("human", "  fail  relro"),
        ("brief", "1 file: 0 clean, 1 refused; rules that refused: relro 1\n"),
        ("json", "\"files-refused\":1"),
        ("sarif", "\"ruleId\":\"relro\""),
        ("junit", "<failure type=\"relro\" message=\"no PT_GNU_RELRO segment\">"),
        ("github", "title=relro::no PT_GNU_RELRO segment. On the device: "),
    ] {
        let output = sarsen(&["check", "--format", name, &bad]);
        assert_eq!(output.status.code(), Some(1), "{name}: {}", stderr(&output));
        assert!(stdout(&output).contains(shown), "{name}: {}", stdout(&output));
    }
}

#[test]
fn a_folder_is_reported_in_brief_unless_asked_otherwise() {
    let folder = Folder::new("tree");
    let bad = folder.file("bad", &Elf::with(|e| e.relro = false));
    folder.file("good", &Elf::default().bytes());
    let tree = folder.0.to_str().unwrap();
    let output = sarsen(&["check", tree]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let lines = format!(
        "fail  {bad}: relro no PT_GNU_RELRO segment\n2 files: 1 clean, 1 refused; rules that refused: relro 1\n"
    );
    assert_eq!(stdout(&output), lines);
    assert!(stdout(&sarsen(&["check", "--format", "human", tree])).contains("  pass  relro"));
    assert!(stdout(&sarsen(&["check", &bad])).contains("  pass  machine"));
}

#[test]
fn nothing_judged_is_no_success_in_any_report() {
    let folder = Folder::new("silence");
    let good = folder.file("good", &Elf::default().bytes());
    let silent = folder.file("silent.toml", asking("silent", &[]).as_bytes());
    let output = sarsen(&["check", "--profile", &silent, "--format", "junit", &good]);
    assert_eq!(output.status.code(), Some(3));
    assert!(stdout(&output).contains("<error type=\"nothing-judged\""), "{}", stdout(&output));
    let output = sarsen(&["check", "--profile", &silent, "--format", "sarif", &good]);
    let document: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(sarif::faults(&document), Vec::<String>::new());
    assert_eq!(document["runs"][0]["invocations"][0]["executionSuccessful"], false);
    assert_eq!(document["runs"][0]["results"], Value::Array(vec![]));
}

/// Memory does not grow with the number of files, not even of those that cannot be judged.
#[test]
fn sarif_names_a_bounded_number_of_unusable_files() {
    let profile = profile();
    let judge = Judge::new(&profile);
    let (mut out, mut summary, mut report) =
        (Vec::new(), judge.summary(), Format::Sarif.report(&profile, false));
    report.begin(&mut out).unwrap();
    for index in 0..1002 {
        let name = format!("text-{index}");
        let file =
            FileReport { path: name.clone().into(), archive: None, outcome: judge.image(b"text", &name) };
        summary.add(&file);
        report.file(&mut out, &file).unwrap();
    }
    report.end(&mut out, &summary).unwrap();
    let document: Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(sarif::faults(&document), Vec::<String>::new());
    let said = document["runs"][0]["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
    assert_eq!(said.len(), 1001);
    assert_eq!(said[1000]["message"]["text"], "2 more files could not be judged.");
}

#[test]
fn the_page_on_formats_names_each() {
    let page = include_str!("../docs/formats/check-output.md");
    for (_, name) in FORMATS {
        assert!(page.contains(&format!("\n| `{name}` | ")), "docs/formats/check-output.md lacks {name}");
    }
}
