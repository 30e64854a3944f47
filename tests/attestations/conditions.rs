//! What a statement is worth by how its build was done, where the policy has conditions.

use sarsen::statement::rebuild::Making;
use serde_json::json;

use super::*;

/// A statement about inputs that nobody copied.
fn own(organisation: &str) -> Statement<Rebuild> {
    with_own_inputs(produced(organisation, "app", APP))
}

/// A policy with these conditions.
fn conditions(asked: &[&str]) -> String {
    let asked: Vec<String> = asked.iter().map(|name| format!("{name} = true")).collect();
    policy() + "[conditions]\n" + &asked.join("\n") + "\n"
}

/// What is edited in a laboratory's statement, the condition that it does not meet then, and why.
#[test]
#[allow(clippy::too_many_lines, reason = "it is a table")]
fn conditions_decide_what_counts_and_say_why() {
    let statement = own("laboratory.example");
    let edit = |edit: fn(&mut Value)| edited(&statement, |s| edit(&mut s["predicate"]), &laboratory());
    let settings = |change: fn(&mut Value)| {
        edited(&statement, |s| change(&mut s["predicate"]["environment"]["settings"]), &laboratory())
    };
    let by = |who: &'static str| {
        let change = |s: &mut Value| {
            s["predicate"]["environment"]["builtBy"] = who.into();
            drop(s["predicate"]["environment"].as_object_mut().unwrap().remove("settings"));
        };
        edited(&statement, change, &laboratory())
    };
    let made = |making| line(&with_origin(statement.clone(), making, &[]), &[&laboratory()]);
    let first = |change: fn(&mut Value)| {
        let mut value = first_version(&statement);
        change(&mut value["predicate"]);
        signed(IN_TOTO, value.to_string().into_bytes(), &[&laboratory()]).to_json() + "\n"
    };
    for (name, laboratorys, unmet) in [
        ("all met", line(&statement, &[&laboratory()]), None),
        (
            "the shell of Nix",
            settings(|s| {
                s["sandboxPaths"] = json!(["/bin/sh=/nix/store/0123456789abcdfghijklmnpqrsvwxyz-sh/bin/sh"]);
            }),
            None,
        ),
        ("another hook", settings(|s| s["hooks"] = json!(["post-build-hook=/h"])), None),
        (
            "no sandbox",
            settings(|s| s["sandbox"] = "false".into()),
            Some(("sandbox", "its sandbox was \"false\"")),
        ),
        (
            "relaxed",
            settings(|s| s["sandbox"] = "relaxed".into()),
            Some(("sandbox", "its sandbox was \"relaxed\"")),
        ),
        (
            "fallback",
            settings(|s| s["sandboxFallback"] = true.into()),
            Some(("sandbox", "(sandbox-fallback)")),
        ),
        (
            "paths",
            settings(|s| s["sandboxPaths"] = json!(["/etc=/etc"])),
            Some(("sandbox", "builds saw /etc=/etc")),
        ),
        (
            "out of the store",
            settings(|s| s["sandboxPaths"] = json!(["/bin/sh=/nix/store/../../bin/sh"])),
            Some(("sandbox", "builds saw /bin/sh=")),
        ),
        (
            "a hook",
            settings(|s| s["hooks"] = json!(["pre-build-hook=/h"])),
            Some(("sandbox", "/h could show builds")),
        ),
        (
            "a daemon",
            by("daemon"),
            Some(("sandbox", "Nix's daemon built it, by settings that are not stated")),
        ),
        ("others", by("remote"), Some(("sandbox", "other machines built some of it"))),
        ("found", made(Making::Found), Some(("sandbox", "its run did not build the output"))),
        ("copied", made(Making::Substituted), Some(("sandbox", "its run did not build the output"))),
        ("version 1", first(|_| {}), Some(("sandbox", "version 1 does not state by which settings"))),
        (
            "dirty",
            edit(|p| p["source"]["dirty"] = true.into()),
            Some(("clean-source", "changes that no commit holds")),
        ),
        (
            "no commit",
            edit(|p| p["source"]["digest"] = json!({})),
            Some(("clean-source", "it states no git commit of its source")),
        ),
        ("impure", edit(|p| p["recipe"]["pure"] = false.into()), Some(("pure", "more than locked inputs"))),
    ] {
        let bundle = utility_line() + &laboratorys;
        let name = format!("condition {name}");
        for asked in ["sandbox", "clean-source", "pure", ""] {
            let policy = conditions(if asked.is_empty() { &[] } else { std::slice::from_ref(&asked) });
            let said = judge(&format!("{name} {asked}"), &policy, &trust(), bundle.as_bytes(), &[b"program"]);
            let counts = unmet.is_none_or(|(condition, _)| condition != asked);
            assert_eq!(said.exit, i32::from(!counts), "{name} {asked}: {}", said.stderr);
            let standing = if counts { "laboratory-1 counts" } else { "laboratory-1 condition" };
            assert_eq!(said.standings(), [standing, "utility-1 counts"], "{name} {asked}");
            let told = said.json["statements"][1]["unmet"].as_array().unwrap();
            assert_eq!(told.len(), usize::from(unmet.is_some()), "{name} {asked}: {told:?}");
            if let Some((condition, why)) = unmet {
                assert_eq!(
                    (&told[0]["condition"], &told[0]["asked"]),
                    (&json!(condition), &json!(!counts)),
                    "{name}"
                );
                assert!(told[0]["why"].as_str().unwrap().contains(why), "{name}: {}", told[0]);
            }
        }
    }
    // Of the first version too it is known whether its source was clean, and whether its evaluation was pure.
    let bundle = utility_line() + &first(|_| {});
    let said = judge(
        "old and clean",
        &conditions(&["clean-source", "pure"]),
        &trust(),
        bundle.as_bytes(),
        &[b"program"],
    );
    assert_eq!((said.exit, said.standings()), (0, COUNT.iter().map(|s| (*s).to_owned()).collect()));
    let bundle = utility_line() + &settings(|s| s["sandboxPaths"] = json!(["/bin/sh=/bin/dash"]));
    let said = judge("another shell", &conditions(&["sandbox"]), &trust(), bundle.as_bytes(), &[b"program"]);
    assert_eq!(said.exit, 1, "{}", said.stderr);
    let misspelled = policy() + "[conditions]\nclean = true\n";
    let said = judge("misspelled condition", &misspelled, &trust(), bundle.as_bytes(), &[b"program"]);
    assert!(said.exit == 2 && said.stderr.contains("unknown field `clean`"), "{}", said.stderr);
}

#[test]
fn a_statement_that_meets_no_condition_still_disputes() {
    let good = utility_line() + &laboratory_line();
    let asked = conditions(&["sandbox", "clean-source", "pure"]);
    let open = |statement: &Statement<Rebuild>| {
        let change = |s: &mut Value| {
            s["predicate"]["environment"]["settings"]["sandbox"] = "false".into();
            s["predicate"]["source"]["dirty"] = true.into();
            s["predicate"]["recipe"]["pure"] = false.into();
        };
        edited(statement, change, &vendor())
    };
    for (name, vendors, exit, standing) in [
        ("the same bytes", open(&own("vendor.example")), 0, "vendor-1 condition"),
        ("other bytes", open(&produced("vendor.example", "app", OTHER)), 5, "vendor-1 differs"),
        ("differs", open(&differs("vendor.example", "app", OTHER, APP)), 5, "vendor-1 differs"),
        ("a failed build", open(&failed("vendor.example", "app")), 0, "vendor-1 failed"),
        (
            "an old one",
            first_line(&produced("vendor.example", "app", OTHER), &[&vendor()]),
            5,
            "vendor-1 differs",
        ),
    ] {
        let name = format!("condition and {name}");
        let said = judge(&name, &asked, &trust(), (good.clone() + &vendors).as_bytes(), &[b"program"]);
        assert_eq!(said.exit, exit, "{name}: {}", said.stderr);
        assert_eq!(said.standings(), ["laboratory-1 counts", "utility-1 counts", standing], "{name}");
    }
    let folder = Folder::new("attestations-conditions-words");
    let (policy, trust) = (folder.file("p", asked.as_bytes()), folder.file("t", trust().as_bytes()));
    let bundle = folder.file("b", (good + &open(&own("vendor.example"))).as_bytes());
    let file = folder.file("app", b"program");
    let text =
        stdout(&sarsen(&["verify-attestation", "--policy", &policy, "--trust", &trust, &bundle, &file]));
    let row = text.lines().find(|line| line.contains("vendor-1")).unwrap();
    for said in [
        "condition",
        "sandbox: its sandbox was \"false\", not \"true\"; clean-source: its source had changes that no commit holds; \
         pure: its recipe was evaluated with access to more than locked inputs",
    ] {
        assert!(row.contains(said), "{said}:\n{text}");
    }
}

/// What may stand in `sandboxPaths` and `hooks` where the policy asks for a sandbox, and what may not.
#[test]
fn a_sandbox_has_no_holes_however_they_are_written() {
    const SHELL: &str = "0123456789abcdfghijklmnpqrsvwxyz-busybox-1.36";
    let statement = own("laboratory.example");
    let shells = [
        (SHELL.to_owned(), true),
        (format!("{SHELL}?"), true),
        (format!("{SHELL}/bin/sh"), true),
        (String::new(), false),
        ("..".into(), false),
        ("/..".into(), false),
        ("./..".into(), false),
        ("x/../../..".into(), false),
        ("a /etc".into(), false),
        ("abc/bin/sh".into(), false),
        (".links".into(), false),
        (SHELL[1..].to_owned(), false),
        (SHELL[..33].to_owned(), false),
        (SHELL.replacen('a', "e", 1), false),
        (format!("{SHELL}/"), false),
        (format!("{SHELL}//bin"), false),
        (format!("{SHELL}/."), false),
        (format!("{SHELL}/.."), false),
        (format!("{SHELL} /etc"), false),
        (format!("{SHELL}/bin/sh /etc"), false),
        (format!("{SHELL}/bin\u{a0}sh"), false),
    ];
    let shells = shells.map(|(path, closed)| ("sandboxPaths", format!("/bin/sh=/nix/store/{path}"), closed));
    let hooks = [
        ("post-build-hook=/h", true),
        ("diff-hook=/h", true),
        ("pre-build-hook=/h", false),
        ("pre-build-hook = /h", false),
        (" pre-build-hook=/h", false),
        ("\tpre-build-hook\t=/h", false),
        ("pre-build-hook", false),
        ("build-hook=/h", false),
        ("later-hook=/h", false),
    ]
    .map(|(hook, closed)| ("hooks", hook.to_owned(), closed));
    for (number, (key, text, closed)) in shells.into_iter().chain(hooks).enumerate() {
        let change = |s: &mut Value| {
            // The second of two is looked at too.
            let usual = if key == "hooks" {
                json!("diff-hook=/d")
            } else {
                json!(format!("/bin/sh=/nix/store/{SHELL}"))
            };
            s["predicate"]["environment"]["settings"][key] = json!([usual, text]);
        };
        let bundle = utility_line() + &edited(&statement, change, &laboratory());
        let name = format!("holes {number}");
        let said = judge(&name, &conditions(&["sandbox"]), &trust(), bundle.as_bytes(), &[b"program"]);
        assert_eq!(said.exit, i32::from(!closed), "{text:?}: {}", said.stderr);
        let standing = if closed { "laboratory-1 counts" } else { "laboratory-1 condition" };
        assert_eq!(said.standings(), [standing, "utility-1 counts"], "{text:?}");
    }
}
