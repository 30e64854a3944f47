//! What is a statement, in both versions, and what is refused.

use serde_json::{Value, json};

use super::*;

/// A statement as docs/formats/rebuild.md shows it.
fn example() -> String {
    let page = include_str!("../../docs/formats/rebuild.md");
    page.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap().to_owned()
}

/// A statement of the first version.
const FIRST: &str = include_str!("../../tests/statements/rebuild-1.json");

fn parse(text: &str) -> Result<Statement<Rebuild>, Error> {
    Statement::<Rebuild>::parse(text.as_bytes(), "it")
}

#[test]
fn the_schemas_in_docs_are_what_the_types_say() {
    crate::schema::compare::<Statement<Rebuild>>("rebuild-2");
    crate::schema::compare::<Statement<rebuild::v1::Rebuild>>("rebuild-1");
}

#[test]
fn the_documented_example_is_read_and_written_back() {
    let text = example();
    let statement = Statement::<Rebuild>::parse(text.as_bytes(), "the example").unwrap();
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_value(&statement).unwrap(), value);
    assert_eq!(statement.predicate.count(rebuild::Origin::Built), 1);
}

#[test]
fn the_first_version_is_read_without_what_it_does_not_say() {
    let statement = parse(FIRST).unwrap();
    assert!(statement.is_first_version() && !parse(&example()).unwrap().is_first_version());
    let Rebuild { outputs, closure, environment, verdict, .. } = &statement.predicate;
    assert!(outputs.is_empty() && closure.iter().all(|input| input.signers.is_empty()));
    assert_eq!((environment.built_by, &environment.settings), (rebuild::BuiltBy::Unknown, &None));
    assert_eq!((verdict.result, closure.len()), (rebuild::Outcome::Matches, 2));
    // What one version has is not known in the other.
    for text in [
        FIRST.replace("rebuild:1", "rebuild:2"),
        example().replace("rebuild:2", "rebuild:1"),
        FIRST.replacen("\"closure\"", "\"outputs\": [], \"closure\"", 1),
        FIRST.replace("\"sandbox\"", "\"builtBy\": \"nix\", \"sandbox\""),
    ] {
        let error = parse(&text).unwrap_err();
        assert!(error.code == Code::StatementInvalid && error.message.contains("unknown field"), "{error}");
    }
    let later = parse(&example().replace("rebuild:2", "rebuild:3")).unwrap_err();
    assert!(later.code == Code::StatementInvalid && later.message.contains("reads urn:sarsen:rebuild:2"));
}

/// Each edit of the example makes it unbelievable, and the message says why.
#[test]
fn what_contradicts_itself_is_refused() {
    let text = example();
    let digest = text.split("\"sha256\": \"").nth(1).unwrap()[..64].to_owned();
    for (from, to, said) in [
        (digest.as_str(), "ab", "hexadecimal digits"),
        (&digest[..8], "ABCDEF00", "hexadecimal digits"),
        ("\"result\": \"matches\"", "\"result\": \"produced\"", "compares with something"),
        ("\"result\": \"matches\"", "\"result\": \"differs\"", "names nothing else"),
        ("\"result\": \"matches\"", "\"result\": \"failed\"", "its subject names an output"),
        ("\"result\": \"matches\"", "\"result\": \"perfect\"", "unknown variant"),
        ("\"nar:out\"", "\"bin/sarsen\"", "twice"),
        ("\"bin/sarsen\"", "\"../sarsen\"", "the path of no file"),
        ("\"bin/sarsen\"", "\"/bin/sarsen\"", "the path of no file"),
        ("\"bin/sarsen\"", "\"dev:bin//sarsen\"", "the path of no file"),
        ("\"bin/sarsen\"", "\"bin/./sarsen\"", "the path of no file"),
        ("\"bin/sarsen\"", "\"\"", "the path of no file"),
        ("\"dirty\": false", "\"dirty\": false, \"dirty\": false", "two members are called \"dirty\""),
        ("\"dirty\": false", "\"dirty\": false, \"clean\": true", "unknown field"),
        ("\"https://builds.utility.example/sarsen\"", "\"not a uri\"", "is no URI"),
        ("\"organisation\": \"utility.example\"", "\"organisation\": \" x\"", "is no name"),
        ("\"_type\"", "\"more\": 1, \"_type\"", "unknown field"),
        ("\"annotations\": { ", "\"annotations\": { \"more\": 1, ", "unknown field"),
        ("T07:59:59Z", " 07:59:59", "not of the form"),
        ("\"sha256\": \"", "\"md5\": \"", "sha256"),
        ("\"sm3\": ", "\"sm3\": \"\", \"sm3\": ", "two members are called \"sm3\""),
        ("\"gitTree\": ", "\"gitCommit\": ", "two members are called \"gitCommit\""),
        ("\"flakeLock\": { ", "\"flakeLock\": { \"sha256\": \"\", ", "two members are called \"sha256\""),
    ] {
        assert!(text.contains(from), "{from}");
        // One place only, so that the two sides of a comparison do not change alike.
        let edited =
            if from.starts_with("\"sha256\"") { text.replace(from, to) } else { text.replacen(from, to, 1) };
        let error = parse(&edited).unwrap_err();
        assert_eq!(error.code, Code::StatementInvalid);
        assert!(error.message.contains(said), "{from} to {to}: {error}");
    }
    let other = text.replace(rebuild::TYPE, "https://slsa.dev/provenance/v1");
    assert_eq!(Statement::<Rebuild>::parse(other.as_bytes(), "it").unwrap_err().code, Code::StatementOther);
    let nested = "[".repeat(10_000_000);
    assert_eq!(
        Statement::<Rebuild>::parse(nested.as_bytes(), "it").unwrap_err().code,
        Code::StatementInvalid
    );
}

#[test]
fn the_view_for_slsa_names_what_was_built_from_what() {
    let statement = Statement::<Rebuild>::parse(example().as_bytes(), "the example").unwrap();
    let view = serde_json::to_value(slsa::view(&statement).unwrap()).unwrap();
    assert_eq!(view["predicateType"], "https://slsa.dev/provenance/v1");
    assert_eq!(view["subject"][0]["digest"]["sha256"], statement.subject[0].digest["sha256"]);
    let definition = &view["predicate"]["buildDefinition"];
    assert_eq!(definition["externalParameters"]["attribute"], statement.predicate.recipe.attribute);
    assert_eq!(
        definition["resolvedDependencies"][0]["digest"]["gitCommit"],
        statement.predicate.source.digest["gitCommit"]
    );
    assert_eq!(view["predicate"]["runDetails"]["builder"]["id"], statement.predicate.builder.id);
    let mut failed = statement;
    failed.predicate.verdict.result = rebuild::Outcome::Failed;
    assert!(slsa::view(&failed).is_none());
}

const KEY: &str = "cache.example-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY=";

/// An edit of JSON.
type Edit = fn(&mut Value);

/// Edits of the example's predicate, and why they are refused; nothing, if they are not.
/// Another origin of the output, and what goes with it.
fn taken(p: &mut serde_json::Value, origin: &str, attempt: &str, by: &str) {
    (p["outputs"][0]["origin"], p["run"]["attempt"]) = (json!(origin), json!(attempt));
    p["environment"]["builtBy"] = json!(by);
    p["environment"].as_object_mut().unwrap().remove("settings");
}

#[test]
fn who_made_outputs_is_stated_of_each_and_fits() {
    let edits: [(&str, Edit, Option<&str>); 25] = [
        ("as it is", |_| {}, None),
        ("no outputs", |p| p["outputs"] = json!([]), Some("where its output \"out\" came from")),
        ("no member", |p| drop(p.as_object_mut().unwrap().remove("outputs")), Some("missing field")),
        (
            "another hash",
            |p| p["outputs"][0]["narHash"] = json!(crate::nar::sri(&[0; 32])),
            Some("nar:out says otherwise"),
        ),
        ("no hash", |p| p["outputs"][0]["narHash"] = json!("sha256-x"), Some("nar:out says otherwise")),
        ("another output", |p| p["outputs"][0]["name"] = json!("dev"), Some("nar:dev says otherwise")),
        (
            "twice",
            |p| p["outputs"] = json!([p["outputs"][0], p["outputs"][0]]),
            Some("its outputs name \"out\" twice"),
        ),
        ("another word", |p| p["outputs"][0]["origin"] = json!("own"), Some("unknown variant")),
        ("found", |p| taken(p, "found", "taken", "nobody"), None),
        ("copied", |p| taken(p, "substituted", "first", "nobody"), None),
        ("built again by a daemon", |p| taken(p, "built", "rebuild", "daemon"), Some("rules out")),
        ("an input with another hash", |p| p["closure"][0]["narHash"] = json!("x"), Some("no SHA-256")),
        ("an input built and signed", |p| p["closure"][0]["signers"] = json!([KEY]), Some("was not copied")),
        ("built again and found", |p| p["outputs"][0]["origin"] = json!("found"), Some("was not")),
        ("taken and built", |p| p["run"]["attempt"] = json!("taken"), Some("nothing was built")),
        (
            "another list",
            |p| p["recipe"]["outputs"] = json!(["out", "dev"]),
            Some("its recipe has the outputs"),
        ),
        (
            "found beside a first build",
            |p| {
                (p["verdict"]["found"], p["run"]["attempt"]) =
                    (p["verdict"]["expected"].clone(), json!("first"));
            },
            Some("nothing was built again"),
        ),
        (
            "copied and signed",
            |p| {
                taken(p, "substituted", "first", "nobody");
                p["outputs"][0]["signers"] = json!([KEY]);
            },
            None,
        ),
        (
            "copied and signed by a name",
            |p| {
                taken(p, "substituted", "first", "nobody");
                p["outputs"][0]["signers"] = json!(["cache.example-1"]);
            },
            Some("is no key of Nix"),
        ),
        (
            "found and signed",
            |p| (p["outputs"][0]["origin"], p["outputs"][0]["signers"]) = (json!("found"), json!([KEY])),
            Some("was not copied"),
        ),
        ("built and signed", |p| p["outputs"][0]["signers"] = json!([KEY]), Some("was not copied")),
        (
            "an input signed by a name",
            |p| p["closure"][1]["signers"] = json!(["cache.example-1"]),
            Some("is no key of Nix"),
        ),
        (
            "settings of a daemon",
            |p| p["environment"]["builtBy"] = json!("daemon"),
            Some("its settings are stated"),
        ),
        (
            "none of Nix",
            |p| {
                p["environment"]["builtBy"] = json!("nix");
                p["environment"].as_object_mut().unwrap().remove("settings");
            },
            Some("its settings are not stated"),
        ),
        (
            "none of a daemon",
            |p| {
                p["run"]["attempt"] = json!("first");
                p["environment"]["builtBy"] = json!("daemon");
                p["environment"].as_object_mut().unwrap().remove("settings");
            },
            None,
        ),
    ];
    for (name, edit, why) in edits {
        refused(name, edit, why);
    }
}

#[test]
fn what_is_expected_is_compared_as_far_as_both_state_it() {
    let edits: [(&str, Edit, Option<&str>); 11] = [
        ("files alone", |v| drop(v["expected"].as_array_mut().unwrap().remove(1)), None),
        ("the whole alone", |v| drop(v["expected"].as_array_mut().unwrap().remove(0)), None),
        (
            "one digest alone",
            |v| drop(v["expected"][0]["digest"].as_object_mut().unwrap().remove("sm3")),
            None,
        ),
        (
            "nothing in common",
            |v| v["expected"] = json!([{ "name": "bin/sarsen", "digest": { "md5": "0" } }]),
            Some("what it expected is not its subject"),
        ),
        ("nothing", |v| v["expected"] = json!([]), Some("what it expected is not its subject")),
        (
            "another digest",
            |v| v["expected"][0]["digest"]["sm3"] = json!("0".repeat(64)),
            Some("what it expected is not its subject"),
        ),
        (
            "another file",
            |v| v["expected"][0]["name"] = json!("bin/other"),
            Some("what it expected is not its subject"),
        ),
        (
            "other bytes",
            |v| {
                v["result"] = json!("differs");
                v["expected"][0]["digest"] = json!({ "sm3": "0".repeat(64) });
            },
            None,
        ),
        (
            "fewer digests, and no others",
            |v| {
                v["result"] = json!("differs");
                v["expected"].as_array_mut().unwrap().remove(1);
            },
            Some("names nothing else"),
        ),
        (
            "what was found",
            |v| v["found"] = json!([{ "name": "nar:out", "digest": { "sha256": "0".repeat(64) } }]),
            None,
        ),
        (
            "what was found, without a digest",
            |v| v["found"] = json!([{ "name": "nar:out", "digest": {} }]),
            Some("its output that was found \"nar:out\" has no digest"),
        ),
    ];
    for (name, edit, why) in edits {
        refused(name, |predicate| edit(&mut predicate["verdict"]), why);
    }
    // The first version was written where everything was the same.
    let mut first: Value = serde_json::from_str(FIRST).unwrap();
    assert!(parse(&first.to_string()).is_ok());
    first["predicate"]["verdict"]["expected"].as_array_mut().unwrap().remove(1);
    assert!(parse(&first.to_string()).unwrap_err().message.contains("is not its subject"));
}

fn refused(name: &str, edit: impl FnOnce(&mut Value), why: Option<&str>) {
    let mut value: Value = serde_json::from_str(&example()).unwrap();
    edit(&mut value["predicate"]);
    match (parse(&value.to_string()), why) {
        (Ok(_), None) => {}
        (Err(error), Some(why)) => {
            assert!(error.code == Code::StatementInvalid && error.message.contains(why), "{name}: {error}");
        }
        (parsed, why) => panic!("{name}: {:?}, not {why:?}", parsed.map(|_| ())),
    }
}
