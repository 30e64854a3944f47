//! Lines of a bundle, and who signed them.

use sarsen::envelope::{Envelope, IN_TOTO};
use sarsen::key::Sign;

use super::*;

#[test]
#[allow(clippy::too_many_lines, reason = "it is a table")]
fn what_is_wrong_with_lines_and_signatures_is_told_apart() {
    let good = utility_line() + &laboratory_line();
    let vendor_statement = produced("vendor.example", "app", APP);
    let payload = serde_json::to_vec(&vendor_statement).unwrap();
    let mut swapped = signed(IN_TOTO, payload.clone(), &[&vendor()]);
    swapped.payload_type = "application/json".into();
    let mut changed = signed(IN_TOTO, payload.clone(), &[&vendor()]);
    changed.payload = String::from_utf8(payload.clone()).unwrap().replace("utility", "vtility").into_bytes();
    changed.payload.push(b' ');
    let mut mixed = signed(IN_TOTO, payload.clone(), &[&vendor()]);
    mixed.signatures.push(mixed.signatures[0].clone());
    mixed.signatures[1].keyid = laboratory().public().id();
    mixed.signatures[1].sig[7] ^= 1;
    let mut nameless = signed(IN_TOTO, payload.clone(), &[&vendor()]);
    nameless.signatures[0].keyid = String::new();
    let mut misnamed = nameless.clone();
    misnamed.signatures[0].keyid = laboratory().public().id();
    let other_identity = signed(IN_TOTO, payload.clone(), &[&sm2(2, "somebody")]);
    let json = |envelope: &Envelope| envelope.to_json() + "\n";
    let slsa = signed(
        IN_TOTO,
        br#"{"_type":"https://in-toto.io/Statement/v1","predicateType":"https://slsa.dev/provenance/v1"}"#
            .to_vec(),
        &[&vendor()],
    );
    check(
        vec![
            case("good", good.clone(), 0, &[], COUNT),
            case("an empty bundle", "", 1, &["threshold-not-met"], &[]),
            case("one is stripped", utility_line(), 1, &["threshold-not-met"], &["utility-1 counts"]),
            case(
                "repeated lines",
                utility_line().repeat(3),
                1,
                &["threshold-not-met"],
                &["utility-1 counts"],
            ),
            case(
                "the same bytes in two envelopes",
                line(&produced("u", "app", APP), &[&utility()])
                    + &line(&produced("u", "app", APP), &[&utility_sm2()]),
                1,
                &["threshold-not-met"],
                &["utility-1 counts", "utility-sm2 counts"],
            ),
            case("Windows line ends", good.replace('\n', "\r\n\r\n"), 0, &[], COUNT),
            case("a line that is no envelope", format!("nonsense\n{good}"), 2, &["envelope-invalid"], COUNT),
            case(
                "a last line that is cut",
                good.clone() + &vendor_line()[..400],
                2,
                &["bundle-truncated"],
                COUNT,
            ),
            case("a last line without its end", good.trim_end(), 0, &[], COUNT),
            case("nested JSON", format!("{good}{}\n", "[".repeat(1 << 20)), 2, &["envelope-invalid"], COUNT),
            case("another payload type", good.clone() + &json(&swapped), 6, &["signature-forged"], COUNT),
            case("a changed payload", good.clone() + &json(&changed), 6, &["signature-forged"], COUNT),
            case("another identity", good.clone() + &json(&other_identity), 6, &["signature-forged"], COUNT),
            case(
                "one signature good and one forged",
                utility_line() + &json(&mixed),
                6,
                &["signature-forged"],
                &["utility-1 counts", "vendor-1 counts"],
            ),
            case(
                "no key id",
                utility_line() + &json(&nameless),
                0,
                &[],
                &["utility-1 counts", "vendor-1 counts"],
            ),
            case(
                "the key id of another, whose word it is not",
                utility_line() + &json(&misnamed),
                0,
                &[],
                &["utility-1 counts", "vendor-1 counts"],
            ),
            case(
                "a stranger",
                utility_line() + &line(&vendor_statement, &[&stranger()]),
                1,
                &["threshold-not-met"],
                &["utility-1 counts"],
            ),
            case(
                "a key of another role",
                utility_line() + &line(&vendor_statement, &[&press()]),
                1,
                &["threshold-not-met"],
                &["utility-1 counts"],
            ),
            case(
                "a revoked key",
                utility_line() + &line(&vendor_statement, &[&lost()]),
                1,
                &["threshold-not-met"],
                &["utility-1 counts"],
            ),
            case(
                "signed as something else",
                good.clone() + &json(&signed("application/json", payload.clone(), &[&vendor()])),
                2,
                &["statement-invalid"],
                COUNT,
            ),
            case(
                "something else",
                good.clone() + &json(&signed("text/plain", b"urn:sarsen:build".to_vec(), &[&vendor()])),
                0,
                &[],
                COUNT,
            ),
            case("SLSA beside it", good.clone() + &json(&slsa), 0, &[], COUNT),
            case(
                "a signed statement that contradicts itself",
                good.clone()
                    + &edited(
                        &vendor_statement,
                        |s| s["predicate"]["verdict"]["result"] = "matches".into(),
                        &vendor(),
                    ),
                2,
                &["statement-invalid"],
                COUNT,
            ),
            case(
                "a signed payload that is no JSON",
                good.clone() + &json(&signed(IN_TOTO, b"{".to_vec(), &[&vendor()])),
                2,
                &["statement-invalid"],
                COUNT,
            ),
        ],
        &policy(),
    );
}

/// What a trusted key signed may be dissent, under whatever type it is hidden.
#[test]
fn a_rebuild_statement_in_another_spelling_is_a_problem() {
    let good = utility_line() + &laboratory_line();
    let statement = serde_json::to_value(produced("vendor.example", "app", OTHER)).unwrap();
    let with = |edit: &dyn Fn(&mut Value)| {
        let mut value = statement.clone();
        edit(&mut value);
        serde_json::to_vec(&value).unwrap()
    };
    let plain = with(&|_| {});
    let kind = |kind: &'static str| with(&|s| s["_type"] = kind.into());
    let predicate = |kind: &'static str| with(&|s| s["predicateType"] = kind.into());
    let escaped = String::from_utf8(plain.clone()).unwrap().replace("sarsen:rebuild", "\\u0073arsen:rebuild");
    let broken =
        String::from_utf8(plain.clone()).unwrap().replace("urn:", "urn\\u003A").replacen('}', ",}", 1);
    let broken = broken.into_bytes();
    for (name, payload_type, payload) in [
        ("a payload type with a parameter", "application/vnd.in-toto+json; charset=utf-8", plain.clone()),
        ("a payload type in capitals", "application/vnd.in-toto+JSON", plain.clone()),
        ("no payload type", "", plain.clone()),
        ("escapes", "application/json", escaped.into_bytes()),
        ("a list", "application/json", [b"[".as_slice(), &plain, b"]"].concat()),
        ("broken and spelled by numbers", "a/b", broken),
        ("a colon of full width", IN_TOTO, predicate("urn\u{ff1a}sarsen:rebuild:2")),
        ("a colon by its number", IN_TOTO, predicate("urn:sarsen%3Arebuild:2")),
        ("two lines", "application/json", [plain.as_slice(), b"\n", &plain].concat()),
        ("an earlier statement", IN_TOTO, kind("https://in-toto.io/Statement/v0.1")),
        ("a later statement", IN_TOTO, kind("https://in-toto.io/Statement/v2")),
        ("no type", IN_TOTO, with(&|s| drop(s.as_object_mut().unwrap().remove("_type")))),
        ("a later predicate", IN_TOTO, predicate("urn:sarsen:rebuild:3")),
        ("a draft", IN_TOTO, predicate("urn:sarsen:rebuild:2-draft")),
        ("no version", IN_TOTO, predicate("urn:sarsen:rebuild")),
        ("capitals", IN_TOTO, predicate("URN:Sarsen:Rebuild:2")),
        ("a space", IN_TOTO, predicate(" urn:sarsen:rebuild:2")),
        ("no predicate type", IN_TOTO, with(&|s| drop(s.as_object_mut().unwrap().remove("predicateType")))),
    ] {
        let line = signed(payload_type, payload.clone(), &[&vendor()]).to_json() + "\n";
        let said = judge(name, &policy(), &trust(), (good.clone() + &line).as_bytes(), &[b"program"]);
        assert_eq!(
            (said.exit, codes(&said.stderr)),
            (2, vec!["statement-invalid"]),
            "{name}: {}",
            said.stderr
        );
        // From a stranger, or one who may not state anything, it is a remark.
        for key in [stranger(), press(), lost()] {
            let line = signed(payload_type, payload.clone(), &[&key]).to_json() + "\n";
            let said = judge(name, &policy(), &trust(), (good.clone() + &line).as_bytes(), &[b"program"]);
            assert_eq!((said.exit, said.stderr.as_str()), (0, ""), "{name}");
        }
    }
    for (name, payload_type, payload) in [
        ("other statement", IN_TOTO, predicate("https://slsa.dev/provenance/v1")),
        ("another namespace", IN_TOTO, predicate("urn:other:rebuild:2")),
        ("text", "text/plain", b"a note".to_vec()),
    ] {
        let line = signed(payload_type, payload, &[&vendor()]).to_json() + "\n";
        let said = judge(name, &policy(), &trust(), (good.clone() + &line).as_bytes(), &[b"program"]);
        assert_eq!((said.exit, said.stderr.as_str()), (0, ""), "{name}");
    }
}
