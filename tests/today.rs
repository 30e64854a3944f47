//! Suppressions that end: which day it is, by which clock, and what every report says of that.

mod support;

use clap::ValueEnum;
use serde_json::{Value, json};

use sarsen::check::{FileReport, Judge};
use sarsen::clock::{Source, Today};
use sarsen::profile::Profile;
use sarsen::report::Format;
use support::{Elf, Folder, sarif, sarsen_at, stderr, stdout};

/// A profile that accepts one failure of the file `bad`, until a day or for ever.
fn profile(until: &str) -> String {
    let suppress = format!("[[suppress]]\nrule = \"relro\"\nfile = \"bad\"\nreason = \"known\"\n{until}\n");
    format!("name = \"p\"\nextends = \"grid-arm64\"\n{suppress}")
}

/// What `format` prints of that file on a day.
fn document(format: Format, profile: &Profile, today: &Today) -> String {
    let judge = Judge::new(profile).on(today.clone());
    let outcome = judge.image(&Elf::with(|e| e.relro = false), "bad");
    let file = FileReport { path: "bad".into(), archive: None, outcome };
    let (mut out, mut summary, mut report) = (Vec::new(), judge.summary(), format.report(profile, false));
    report.begin(&mut out).unwrap();
    summary.add(&file);
    report.file(&mut out, &file).unwrap();
    report.end(&mut out, &summary).unwrap();
    String::from_utf8(out).expect("every format is UTF-8")
}

/// The exit code is what a gate asks: a clock that is wrong must not keep a suppression alive.
#[test]
fn no_clock_keeps_an_expired_suppression_alive() {
    let folder = Folder::new("expired");
    let bad = folder.file("bad", &Elf::with(|e| e.relro = false));
    let profile = |until: &str| folder.file("p.toml", profile(until).as_bytes());
    for (epoch, until, code, said) in [
        // 2099-06-15, which no system clock of these tests has passed.
        ("4085164800", "until = \"2099-06-15\"", 0, ""),
        ("4085164800", "until = \"2099-06-14\"", 1, "relro for \"bad\" is expired: remove it"),
        // What nixpkgs sets in its builds and shells, and the recipe of the arm64 file.
        ("315532800", "until = \"2020-01-31\"", 1, "relro for \"bad\" is expired: remove it"),
        ("1", "until = \"2020-01-31\"", 1, "relro for \"bad\" is expired: remove it"),
        (
            "tomorrow",
            "until = \"9999-12-31\"",
            1,
            "today is not known, so all of them count as expired: SOURCE_DATE",
        ),
        ("", "until = \"9999-12-31\"", 1, "relro for \"bad\" counts as expired, since today is not known"),
        ("253402300800", "until = \"9999-12-31\"", 1, "behind the year 9999"),
        // What does not end asks no clock.
        ("tomorrow", "", 0, ""),
    ] {
        let arguments = ["check", "--profile", &profile(until), &bad];
        let output = sarsen_at(epoch, &arguments);
        assert_eq!(output.status.code(), Some(code), "{epoch:?} {until}: {}", stdout(&output));
        let message = stderr(&output);
        assert!(
            message.contains(said) && message.is_empty() == said.is_empty(),
            "{epoch:?} {until}: {message}"
        );
    }
}

/// Where a suppression ends, every report names the day and the clock; where none does, none of them depends on either.
#[test]
fn reports_name_the_day_that_suppressions_were_compared_with() {
    let [with, without] =
        ["until = \"2098-12-31\"", ""].map(|until| Profile::parse(&profile(until), "p").unwrap());
    let system = |seconds| Today::of(seconds, None);
    // 2098-12-01T00:00:00Z by a variable, and the clock of a device without a battery.
    let epoch = Today::of(0, Some("4068230400".as_ref()));
    let [in_time, over, never] = [epoch, system(4_070_908_800), system(0)];
    let date = |day: &str, clock: &str| format!("suppressions that end: today is {day}, by {clock}");
    let unknown = "suppressions that end: today is not known, so all of them count as expired: the system clock shows \
                   1970-01-01, and sarsen ";
    for (today, says, level, command) in [
        (&in_time, date("2098-12-01", "SOURCE_DATE_EPOCH"), "note", "notice"),
        (&over, date("2099-01-01", "the system clock"), "note", "notice"),
        (&never, unknown.to_owned(), "warning", "warning"),
    ] {
        let text = |format| document(format, &with, today);
        let (human, brief) = (text(Format::Human), text(Format::Brief));
        let accepted = human.contains(", 1 accepted");
        assert_eq!(accepted, *today == in_time, "{human}");
        for lines in [&human, &brief] {
            let line = lines.lines().rev().nth(1).unwrap();
            assert!(line.starts_with(&says), "{line}");
        }
        let json: Value = serde_json::from_str(&text(Format::Json)).unwrap();
        let said = &json["today"];
        let (day, from) = match today {
            Today::Known { day, from: Source::System } => (json!(day), "system-clock"),
            Today::Known { day, from: Source::Epoch } => (json!(day), "source-date-epoch"),
            Today::Unknown { .. } => (Value::Null, "unknown"),
        };
        assert_eq!((&said["day"], &said["from"]), (&day, &json!(from)));
        assert_eq!(said["why"].is_string(), day.is_null());
        let idle = json["idle-suppressions"].as_array().unwrap();
        assert_eq!(idle.iter().any(|one| one["why"] == "expired"), !accepted);
        let sarif: Value = serde_json::from_str(&text(Format::Sarif)).unwrap();
        assert_eq!(sarif::faults(&sarif), Vec::<String>::new());
        let notice = &sarif["runs"][0]["invocations"][0]["toolConfigurationNotifications"][0];
        assert_eq!(
            (&notice["descriptor"]["id"], &notice["level"]),
            (&json!("suppression-date"), &json!(level))
        );
        assert!(notice["message"]["text"].as_str().unwrap().starts_with(&says), "{notice}");
        let junit = text(Format::Junit);
        let junit = roxmltree::Document::parse(&junit).unwrap();
        let case =
            junit.descendants().find(|node| node.attribute("name") == Some("suppression-date")).unwrap();
        assert!(case.first_element_child().unwrap().text().unwrap().starts_with(&says));
        let github = text(Format::Github);
        assert!(github.contains(&format!("\n::{command} title=suppression-date::{says}")), "{github}");
        for format in Format::value_variants() {
            let text = document(*format, &without, today);
            assert_eq!(text, document(*format, &without, &in_time), "{format:?}");
            assert!(!text.contains("today"), "{format:?}");
        }
    }
}
