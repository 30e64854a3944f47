//! Files are judged under the names that they have: one that lies where another belongs is refused, though it is stated.

use sarsen::statement::Subject;
use sarsen::statement::rebuild::Making;

use super::*;

const TWO: &[(&str, &[u8])] = &[("bin/app", b"program"), ("bin/guard", b"guard"), ("lib/app", b"library")];

/// The files of two builders' agreement, in folders, with what judges them.
struct Place {
    folder: Folder,
    policy: String,
    trust: String,
    bundle: String,
}

impl Place {
    /// A folder with the output `out`, and statements about it.
    fn new(name: &str) -> Self {
        let folder = Folder::new(&format!("attestations-names-{name}"));
        let out = folder.0.join("out");
        for (path, bytes) in TWO {
            write(&out.join(path), bytes);
        }
        let (nar, _) = sarsen::nar::hash(&out).unwrap();
        let stated = |organisation| {
            let mut statement = produced(organisation, "app", TWO);
            whole(&mut statement.subject, "out", &nar);
            statement.predicate.outputs = outputs(&statement.subject, Making::Built, &[]);
            statement
        };
        let bundle = line(&stated("utility.example"), &[&utility()])
            + &line(&stated("laboratory.example"), &[&laboratory()]);
        Self {
            policy: folder.file("p", policy().as_bytes()),
            trust: folder.file("t", trust().as_bytes()),
            bundle: folder.file("b", bundle.as_bytes()),
            folder,
        }
    }

    fn path(&self, path: &str) -> String {
        self.folder.0.join(path).to_str().unwrap().to_owned()
    }

    /// What `verify-attestation` and `challenge` exit with and print of these arguments.
    fn judge(&self, files: &[String]) -> [(i32, Value, String); 2] {
        let start = ["--format", "json", "--trust", &self.trust];
        let verify =
            [&["verify-attestation", "--policy", &self.policy], &start[..], &[&self.bundle]].concat();
        let challenge = [&["challenge", "--bundle", &self.bundle], &start[..]].concat();
        [verify, challenge].map(|mut arguments| {
            arguments.extend(files.iter().map(String::as_str));
            let output = sarsen(&arguments);
            let json = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
            (output.status.code().unwrap(), json, stderr(&output))
        })
    }
}

fn write(path: &std::path::Path, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

fn whole(subjects: &mut [Subject], output: &str, nar: &[u8; 32]) {
    let whole = subjects.iter_mut().find(|subject| subject.name == format!("nar:{output}")).unwrap();
    whole.digest.insert("sha256".into(), sarsen::digest::hex(nar));
}

#[test]
fn a_file_in_the_place_of_another_is_refused() {
    let place = Place::new("swapped");
    let at = |path: &str| place.path(path);
    write(&place.folder.0.join("swapped/bin/app"), b"program");
    write(&place.folder.0.join("swapped/bin/guard"), b"program");
    write(&place.folder.0.join("swapped/lib/app"), b"library");
    write(&place.folder.0.join("flat/guard"), b"program");
    write(&place.folder.0.join("flat/app"), b"library");
    write(&place.folder.0.join("flat/renamed"), b"program");
    write(&place.folder.0.join("flat/nar:out"), b"program");
    write(&place.folder.0.join("flat/a=b"), b"guard");
    let hash = "store/0123456789abcdfghijklmnpqrsvwxyz";
    write(&place.folder.0.join(format!("{hash}-x/bin/guard")), b"guard");
    write(&place.folder.0.join(format!("{hash}-guard")), b"guard");
    write(&place.folder.0.join(format!("{hash}-other/bin/guard")), b"program");
    write(&place.folder.0.join("alone/0123456789abcdfghijklmnpqrsvwxyz-guard"), b"program");
    let named = |name: &str, path: &str| format!("{name}={}", at(path));
    for (name, files, verified, challenged) in [
        ("a file", vec![at("out/bin/guard")], 0, 0),
        ("several files", vec![at("out/bin/app"), at("out/bin/guard"), at("out/lib/app")], 0, 0),
        ("a whole output", vec![at("out")], 0, 0),
        ("a whole output by its name", vec![named("out", "out")], 0, 0),
        ("an output and a file", vec![at("out"), at("out/bin/guard")], 0, 0),
        ("a file in its place", vec![at("swapped/bin/guard")], 6, 5),
        ("one of several", vec![at("swapped/bin/app"), at("swapped/bin/guard")], 6, 5),
        ("in the output", vec![at("swapped")], 6, 5),
        ("by its name", vec![named("bin/guard", "flat/renamed")], 6, 5),
        ("by its own name", vec![named("bin/app", "flat/renamed")], 0, 0),
        ("by a name that nobody states", vec![named("bin/new", "flat/renamed")], 6, 5),
        ("in another folder", vec![at("flat/guard")], 6, 5),
        ("one of two that are called so", vec![at("flat/app")], 0, 0),
        ("called like none", vec![at("flat/renamed")], 0, 0),
        ("called like an archive", vec![at("flat/nar:out")], 0, 0),
        ("with = in its path", vec![at("flat/a=b")], 0, 0),
        ("in a store", vec![at(&format!("{hash}-x/bin/guard"))], 0, 0),
        ("an output that is a file", vec![at(&format!("{hash}-guard"))], 0, 0),
        ("another one in a store", vec![at(&format!("{hash}-other/bin/guard"))], 6, 5),
        ("another output that is a file", vec![at("alone/0123456789abcdfghijklmnpqrsvwxyz-guard")], 6, 5),
        ("another output", vec![named("dev", "out")], 6, 3),
        ("two outputs of one name", vec![at("out"), at("swapped")], 2, 2),
        ("an archive's name", vec![named("nar:out", "flat/renamed")], 2, 2),
    ] {
        let [verify, challenge] = place.judge(&files);
        assert_eq!((verify.0, challenge.0), (verified, challenged), "{name}: {}{}", verify.2, challenge.2);
        if verified == 6 {
            assert!(verify.2.contains("file-not-stated"), "{name}: {}", verify.2);
        }
    }
    let [(_, verify, _), (_, challenge, _)] = place.judge(&[at("flat/renamed"), at("out/bin/guard")]);
    let alone = |items: &Value| {
        items.as_array().unwrap().iter().map(|item| item["by-digest-alone"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(alone(&verify["files"]), [true, false]);
    assert_eq!(alone(&challenge["items"]), [true, false]);
    assert_eq!(verify["files"][0]["subject"], "bin/app");
    let [(_, _, why), _] = place.judge(&[at("swapped/bin/guard")]);
    assert!(
        why.contains("is not the file bin/guard") && why.contains("its bytes are those of bin/app"),
        "{why}"
    );
}

#[test]
fn whole_outputs_are_compared_as_such() {
    let place = Place::new("whole");
    let out = place.folder.0.join("out");
    let exits = || place.judge(&[place.path("out")]).map(|(exit, ..)| exit);
    assert_eq!(exits(), [0, 0]);
    write(&out.join("bin/nar:out"), b"");
    assert_eq!(exits(), [6, 5], "a file more");
    std::fs::remove_file(out.join("bin/nar:out")).unwrap();
    write(&out.join("nar:out"), b"program");
    assert_eq!(exits(), [6, 5], "one that is called like the whole");
    let [_, (_, json, _)] = place.judge(&[place.path("out")]);
    let names: Vec<&str> =
        json["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["bin/app", "bin/guard", "lib/app", "out:nar:out", "nar:out"]);
    std::fs::remove_file(out.join("nar:out")).unwrap();
    std::fs::rename(out.join("lib/app"), place.folder.0.join("kept")).unwrap();
    assert_eq!(exits(), [6, 5], "a file less");
    let [(_, json, why), _] = place.judge(&[place.path("out")]);
    assert_eq!(codes(&why), ["file-not-stated", "threshold-not-met"], "only the whole is wrong: {why}");
    assert!(json["whole"]["out"].is_string(), "{json}");
    std::fs::rename(place.folder.0.join("kept"), out.join("lib/app")).unwrap();
    assert_eq!(exits(), [0, 0]);
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(out.join("bin/app"), mode).unwrap();
    assert_eq!(exits(), [6, 5], "a mode");
}

/// Who states another set of outputs of one derivation states no other bytes.
#[test]
fn leaving_an_output_out_is_no_dissent() {
    const DEV: &[(&str, &[u8])] =
        &[("bin/app", b"program"), ("share/app.txt", b"text"), ("dev:a.h", b"header")];
    let with_dev = |organisation, header: &[u8]| {
        let mut statement = produced(organisation, "app", DEV);
        statement.subject[2] =
            Subject { name: "dev:a.h".into(), ..support::attest::subjects(&[("x", header)])[0].clone() };
        let (out, dev) = (
            produced("", "app", APP).subject[2].clone(),
            support::attest::subjects(&[("x", header)])[1].clone(),
        );
        statement.subject[3] = out;
        statement.subject.push(Subject { name: "nar:dev".into(), ..dev });
        statement.predicate.recipe.outputs = vec!["dev".into(), "out".into()];
        statement.predicate.outputs = outputs(&statement.subject, Making::Built, &[]);
        statement
    };
    let both = |header: &[u8]| with_dev("vendor.example", header);
    let vendor_line = line(&both(b"header"), &[&vendor()]);
    let other = line(&with_dev("laboratory.example", b"another"), &[&laboratory()]);
    let own = line(&with_dev("utility.example", b"another"), &[&utility()]);
    for (name, bundle, files, exit, codes_, standings) in [
        (
            "one output and two",
            utility_line() + &vendor_line,
            vec![&b"program"[..]],
            0,
            vec![],
            vec!["utility-1 counts", "vendor-1 counts"],
        ),
        (
            "a file that one leaves out",
            utility_line() + &vendor_line,
            vec![b"header"],
            1,
            vec!["threshold-not-met"],
            vec!["utility-1 output-missing", "vendor-1 counts"],
        ),
        (
            "two about the second output",
            utility_line() + &vendor_line + &other,
            vec![b"program"],
            5,
            vec!["dissent"],
            vec!["laboratory-1 differs", "utility-1 counts", "vendor-1 counts"],
        ),
        (
            "one key about one output and then two",
            utility_line() + &line(&with_dev("utility.example", b"header"), &[&utility()]) + &vendor_line,
            vec![b"program"],
            0,
            vec![],
            vec!["utility-1 counts", "utility-1 counts", "vendor-1 counts"],
        ),
        (
            "one key that states two second outputs",
            utility_line()
                + &line(&with_dev("utility.example", b"header"), &[&utility()])
                + &own
                + &laboratory_line(),
            vec![b"program"],
            5,
            vec!["equivocation", "threshold-not-met"],
            vec![
                "laboratory-1 counts",
                "utility-1 equivocates",
                "utility-1 equivocates",
                "utility-1 equivocates",
            ],
        ),
    ] {
        let said = judge(name, &policy(), &trust(), bundle.as_bytes(), &files);
        assert_eq!(
            (said.exit, codes(&said.stderr)),
            (exit, codes_),
            "{name}: {}{:#}",
            said.stderr,
            said.json
        );
        assert_eq!(said.standings(), standings, "{name}: {}", said.stderr);
    }
}

#[test]
fn lines_that_share_a_run_are_named() {
    let shared = |organisation: &str, key: &SecretKey| {
        let mut statement = produced(organisation, "app", APP);
        statement.predicate.run.invocation_id = "run 7".into();
        line(&statement, &[key])
    };
    let bundle = shared("utility.example", &utility()) + "\n" + &shared("laboratory.example", &laboratory());
    let said = judge("one run", &policy(), &trust(), bundle.as_bytes(), &[b"program"]);
    assert_eq!((said.exit, codes(&said.stderr)), (1, vec!["threshold-not-met"]));
    assert!(said.stderr.contains("lines 1, 3 are about one run (run 7)"), "{}", said.stderr);
    let wanted =
        serde_json::json!([{ "run": "run 7", "lines": [1, 3], "keys": ["laboratory-1", "utility-1"] }]);
    assert_eq!(said.json["shared-runs"], wanted);
    // One statement, signed by both in envelopes of their own.
    let one = produced("utility.example", "app", APP);
    let bundle = line(&one, &[&utility()]) + &line(&one, &[&laboratory()]) + &vendor_line();
    let said = judge("one statement", &policy(), &trust(), bundle.as_bytes(), &[b"program"]);
    assert_eq!((said.exit, &said.json["opinions"]), (0, &Value::from(2)), "{}", said.stderr);
    assert_eq!(said.json["shared-runs"][0]["lines"], serde_json::json!([1, 2]));
    let said = judge(
        "own runs",
        &policy(),
        &trust(),
        (utility_line() + &laboratory_line()).as_bytes(),
        &[b"program"],
    );
    assert_eq!(said.json["shared-runs"], serde_json::json!([]));
}

/// Keys of the store that the policy does not name rename nothing, and whoever dissents is the one who is named.
#[test]
fn only_the_policys_builders_say_what_files_are_called() {
    const RENAMED: &[(&str, &[u8])] = &[("tools/app", b"progrAm")];
    let good = utility_line() + &laboratory_line();
    let mut other = produced("observer.example", "app", RENAMED);
    other.predicate.recipe.attribute = "packages.evil".into();
    let observer = line(&other, &[&observer()]);
    let vendor_twice = line(&produced("vendor.example", "app", RENAMED), &[&vendor()]) + &vendor_line();
    let folder = Folder::new("attestations-renamed");
    for (at, bytes) in [("good/tools/app", b"program"), ("evil/tools/app", b"progrAm")] {
        write(&folder.0.join(at), bytes);
    }
    let trust = folder.file("t", trust().as_bytes());
    for (name, policy, bundle, file, exit, codes_) in [
        ("an unlisted key", policy(), good.clone() + &observer, "good/tools/app", 5, vec!["dissent"]),
        (
            "an unlisted key that is no objection",
            policy_with("dissent = \"warn\""),
            good.clone() + &observer,
            "good/tools/app",
            0,
            vec!["dissent"],
        ),
        (
            "a key that states two outputs",
            policy_with("dissent = \"warn\""),
            good.clone() + &vendor_twice,
            "good/tools/app",
            0,
            vec!["equivocation"],
        ),
        (
            "what only an unlisted key states",
            policy(),
            good.clone() + &observer,
            "evil/tools/app",
            6,
            vec!["file-not-stated", "threshold-not-met"],
        ),
    ] {
        let (policy, bundle) = (folder.file("p", policy.as_bytes()), folder.file("b", bundle.as_bytes()));
        let file = folder.0.join(file);
        let output = sarsen(&[
            "verify-attestation",
            "--policy",
            &policy,
            "--trust",
            &trust,
            &bundle,
            file.to_str().unwrap(),
        ]);
        let said = stderr(&output);
        assert_eq!((output.status.code(), codes(&said)), (Some(exit), codes_), "{name}: {said}");
        assert!(!said.contains("key utility-1") && !said.contains("key laboratory-1"), "{name}: {said}");
    }
    // Compared one by one, each under the name that its statement has.
    let bundle = folder.file("b", (good + &observer).as_bytes());
    let file = folder.0.join("good/tools/app");
    let output = sarsen(&["challenge", "--trust", &trust, "--bundle", &bundle, file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(5), "{}", stdout(&output));
    assert!(!stdout(&output).contains("utility-1"), "{}", stdout(&output));
}

/// A policy that demands one digest does not make the other ones true.
#[test]
fn digests_that_the_policy_does_not_demand_dispute_too() {
    let good = utility_line() + &laboratory_line();
    let sha256 = policy_with("digests = [\"sha256\"]");
    let with = |edit: &dyn Fn(&mut Statement<Rebuild>)| {
        let mut statement = produced("vendor.example", "app", APP);
        edit(&mut statement);
        line(&statement, &[&vendor()])
    };
    let wrong = |name: &'static str| {
        with(&move |s: &mut Statement<Rebuild>| {
            let subject = s.subject.iter_mut().find(|subject| subject.name == name).unwrap();
            subject.digest.insert("sm3".into(), "0".repeat(64));
        })
    };
    let alone = with(&|s| {
        let digest = &mut s.subject[0].digest;
        digest.remove("sha256");
        digest.insert("sm3".into(), "0".repeat(64));
    });
    for (name, bundle, exit, code) in [
        ("another digest of another file", good.clone() + &wrong("share/app.txt"), 5, "dissent"),
        ("another digest of the file at hand", good.clone() + &wrong("bin/app"), 6, "digest-contradictory"),
        ("nothing but another digest", good.clone() + &alone, 5, "dissent"),
    ] {
        let said = judge(name, &sha256, &trust(), bundle.as_bytes(), &[b"program"]);
        assert_eq!((said.exit, codes(&said.stderr)), (exit, vec![code]), "{name}: {}", said.stderr);
        assert_eq!(said.json["opinions"], 2, "{name}");
    }
}
