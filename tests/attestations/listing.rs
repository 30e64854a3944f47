//! `sarsen bundle`.

use sarsen::envelope::IN_TOTO;
use sarsen::key::Sign;
use sarsen::statement::rebuild::Making;

use super::*;

/// A line of every kind.
fn bundle() -> String {
    let payload = serde_json::to_vec(&produced("vendor.example", "app", APP)).unwrap();
    let mut hostile = differs("vendor.example", "app", OTHER, APP);
    hostile.predicate.recipe.attribute = "a\n\u{1b}[2J\u{202e}".into();
    hostile.predicate.builder.organisation = "utility.example".into();
    let slsa = br#"{"_type":"https://in-toto.io/Statement/v1","predicateType":"slsa\u001b"}"#;
    let mut forged = signed(IN_TOTO, payload.clone(), &[&vendor()]);
    forged.payload.push(b' ');
    let mut nameless = signed(IN_TOTO, payload.clone(), &[&stranger()]);
    nameless.signatures[0].keyid = String::new();
    let later = String::from_utf8(payload.clone()).unwrap().replace("rebuild:2", "rebuild:3").into_bytes();
    [
        utility_line(),
        utility_line(),
        line(&hostile, &[&vendor()]),
        first_line(&failed("laboratory.example", "app"), &[&laboratory()]),
        line(&with_origin(produced("l", "app", APP), Making::Substituted, &[CACHE]), &[&lost(), &press()]),
        signed(IN_TOTO, slsa.to_vec(), &[&vendor()]).to_json() + "\n",
        signed("text/plain", b"hello".to_vec(), &[&vendor()]).to_json() + "\n",
        nameless.to_json() + "\n",
        forged.to_json() + "\n",
        "nonsense\n".into(),
        signed(IN_TOTO, later, &[&vendor()]).to_json() + "\n",
        vendor_line()[..400].into(),
    ]
    .concat()
}

fn list(folder: &Folder, arguments: &[&str], bundle: &str) -> (i32, String, String) {
    let bundle = folder.file("b", bundle.as_bytes());
    let output = sarsen(&[&["bundle"], arguments, &[&bundle]].concat());
    (output.status.code().unwrap(), stdout(&output), stderr(&output))
}

#[test]
fn without_a_trust_store_all_is_claimed() {
    let folder = Folder::new("listing-claims");
    let (exit, text, errors) = list(&folder, &[], &bundle());
    assert_eq!(exit, 2, "{errors}");
    assert_eq!(codes(&errors), ["envelope-invalid", "statement-invalid", "bundle-truncated"], "{errors}");
    for said in [
        "line 1: urn:sarsen:rebuild:2, produced\n",
        &format!("  key id {} (claimed, not verified)\n", utility().public().id()),
        &format!("  derivation sha256 {}\n", digest("app")),
        "  organisation utility.example (claimed)\n",
        &format!("  subject bin/app sha256 {}\n", digest("program")),
        "  output out: built\n",
        "  run run of utility.example\n",
        "  finished 2026-11-25T07:59:59Z in the builder's words\n",
        "line 2: repeats line 1\n",
        "line 3: urn:sarsen:rebuild:2, differs\n",
        "  attribute a\\n\\u{1b}[2J\\u{202e}\n",
        "line 4: urn:sarsen:rebuild:1, failed\n",
        "  because the disk was full\n",
        "  output out: substituted\n",
        "line 6: slsa\\u{1b}, which is not read\n",
        "line 7: payload of type text/plain, which is not read\n",
        "  key id none (claimed, not verified)\n",
        "line 10: cannot be used: line 10 of ",
        "line 11: cannot be used: ",
        "line 12: cannot be used: ",
        "12 lines, 6 rebuild statements, 3 cannot be used; what is listed is claimed: no signature was checked\n",
    ] {
        assert!(text.contains(said), "{said}:\n{text}");
    }
    says_no_verdict(&text);
    let (exit, text, errors) = list(&folder, &[], &(utility_line() + &laboratory_line()));
    assert_eq!((exit, errors.as_str()), (0, ""), "{text}");
    assert_eq!(
        list(&folder, &[], "").1,
        "0 lines, 0 rebuild statements; what is listed is claimed: no signature was checked\n"
    );
}

/// A statement signed once more by the same key, and one that is signed as something else.
#[test]
fn what_hides_a_statement_is_told() {
    let folder = Folder::new("listing-hidden");
    let trust = folder.file("t", trust().as_bytes());
    let payload = serde_json::to_vec(&produced("utility.example", "app", APP)).unwrap();
    let mut again = signed(IN_TOTO, payload.clone(), &[&utility()]);
    again.signatures[0].keyid = "other".into();
    let bundle = utility_line() + "\n" + &again.to_json() + "\n";
    let (exit, text, errors) = list(&folder, &["--trust", &trust], &bundle);
    assert_eq!((exit, errors.as_str()), (0, ""), "{text}");
    assert!(text.contains("line 3: repeats line 1\n"), "{text}");
    let disguised = signed("text/plain", payload, &[&utility()]).to_json();
    for arguments in [&["--trust", &trust][..], &[]] {
        let (exit, text, errors) = list(&folder, arguments, &disguised);
        assert_eq!((exit, codes(&errors)), (2, vec!["statement-invalid"]), "{text}");
        assert!(
            text.contains("line 1: cannot be used: ") && text.contains("statements are signed as"),
            "{text}"
        );
    }
}

/// Only what was asked for: `not verified` is no verdict.
fn says_no_verdict(text: &str) {
    let rest = text.replace("claimed, not verified", "");
    let is_verdict = |word: &str| ["met", "verified", "trusted"].contains(&word);
    let mut words = rest.split(|c: char| !c.is_alphanumeric());
    assert!(!words.any(is_verdict), "{text}");
    assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
}

#[test]
fn with_a_trust_store_the_signers_are_named_and_no_other_line_is_read() {
    let folder = Folder::new("listing-signers");
    let trust = folder.file("t", trust().as_bytes());
    let (exit, text, errors) = list(&folder, &["--trust", &trust], &bundle());
    assert_eq!(exit, 6, "{errors}");
    let said = ["signature-forged", "envelope-invalid", "statement-invalid", "bundle-truncated"];
    assert_eq!(codes(&errors), said, "{errors}");
    for said in [
        "line 1: urn:sarsen:rebuild:2, produced\n  signed by utility-1 of utility.example\n",
        "  signed by vendor-1 of vendor.example\n  attribute a\\n",
        "  signed by press of vendor.example, which may not sign statements about builds\n",
        "  signed by lost of laboratory.example, which is revoked\n",
        "line 8: not read: no key of the trust store signed it\n  key id none (claimed, not verified)\n",
        "; what is listed is what the signers claim\n",
    ] {
        assert!(text.contains(said), "{said}:\n{text}");
    }
    says_no_verdict(&text.replace("trust store", ""));
    let (exit, text, _) = list(&folder, &["--trust", &trust, "--format", "json"], &bundle());
    assert_eq!(exit, 6);
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&json["schema"], &json["checked"]), (&"sarsen.bundle/1".into(), &true.into()));
    let contents: Vec<&str> =
        json["lines"].as_array().unwrap().iter().map(|line| line["content"].as_str().unwrap()).collect();
    let expected = [
        "rebuild",
        "repeated",
        "rebuild",
        "rebuild",
        "rebuild",
        "other-type",
        "other-payload",
        "unread",
        "unread",
        "unusable",
        "unusable",
        "unusable",
    ];
    assert_eq!(contents, expected);
    assert_eq!(json["lines"][0]["signers"][0]["key"], "utility-1");
    assert_eq!(json["lines"][0]["statement"]["subjects"][0]["digest"]["sha256"], digest("program"));
    assert_eq!(json["lines"][1]["repeats"], 1);
    assert_eq!(json["lines"][3]["statement"]["reason"], "the disk was full");
    assert_eq!(json["lines"][4]["statement"]["made"]["out"], "substituted");
    assert_eq!(json["lines"][5]["type"], "slsa\u{1b}");
    assert_eq!(json["lines"][9]["problem"]["code"], "envelope-invalid");
    assert_eq!(json["problems"].as_array().unwrap().len(), 4);
    let (_, text, _) = list(&folder, &["--format", "json"], &utility_line());
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&json["checked"], &json["lines"][0]["signers"]), (&false.into(), &Value::Null));
    assert_eq!(json["lines"][0]["claimed-key-ids"][0], utility().public().id());
}
