//! Hostile lines cost a bounded effort, and where it ends nothing is taken for read that was not.

use sarsen::envelope::{Envelope, Signature};

use super::*;

/// An envelope that nobody signed, around so many bytes that a few signatures on it use up the effort for them.
fn unsigned(keyid: impl Fn(u8) -> String) -> String {
    let payload = vec![b' '; 2 << 20];
    let signatures = (0..64).map(|n| {
        // Below the order of the group, so that the whole message is hashed.
        let sig = [[n; 63].as_slice(), &[0]].concat();
        Signature { keyid: keyid(n), sig }
    });
    Envelope { payload_type: IN_TOTO.into(), payload, signatures: signatures.collect() }.to_json() + "\n"
}

fn small(keyid: &str, n: usize) -> String {
    let sig = [[1; 62].as_slice(), &[n as u8, 0]].concat();
    let signatures = vec![Signature { keyid: keyid.into(), sig }];
    Envelope { payload_type: IN_TOTO.into(), payload: n.to_string().into_bytes(), signatures }.to_json()
        + "\n"
}

#[test]
fn signatures_of_nobody_are_tried_as_long_as_the_effort_lasts() {
    let good = utility_line() + &laboratory_line();
    let mut nameless =
        signed(IN_TOTO, serde_json::to_vec(&produced("v", "app", OTHER)).unwrap(), &[&vendor()]);
    nameless.signatures[0].keyid = String::new();
    let dissent = nameless.to_json() + "\n";
    let of_others = || unsigned(|n| format!("sha256:{}", digest(&n.to_string())));
    let of_nobody = || unsigned(|_| String::new());
    let odd = || unsigned(|n| digest(&n.to_string()));
    let named = || unsigned(|_| "vendor-1".into());
    for (name, bundle, exit, said) in [
        ("keys of others", of_others() + &good, 0, vec![]),
        ("dissent without an id after large lines", of_others() + &good + &dissent, 5, vec!["dissent"]),
        ("no key ids", of_nobody() + &good, 2, vec!["bundle-costly"]),
        ("key ids of another form", odd() + &good, 2, vec!["bundle-costly"]),
        ("the names of trusted keys", named() + &good, 6, vec!["signature-forged", "bundle-costly"]),
    ] {
        let said_ = judge(name, &policy(), &trust(), bundle.as_bytes(), &[b"program"]);
        assert_eq!((said_.exit, codes(&said_.stderr)), (exit, said), "{name}: {}", said_.stderr);
        assert_eq!(said_.json["opinions"], 2, "{name}: honest lines are judged all the same");
    }
}

#[test]
fn problems_are_told_up_to_a_number_and_each_kind_of_them() {
    let good = utility_line() + &laboratory_line();
    let broken = (0..1500).fold(String::new(), |text, n| format!("{text}{{\"line\":{n}}}\n"));
    let forged = small("vendor-1", 7);
    let said = judge("many", &policy(), &trust(), (broken + &good + &forged).as_bytes(), &[b"program"]);
    assert_eq!((said.exit, &said.json["opinions"]), (6, &Value::from(2)));
    let codes = codes(&said.stderr);
    assert_eq!(codes.iter().filter(|code| **code == "envelope-invalid").count(), 1000);
    assert_eq!(&codes[1000..], ["signature-forged", "bundle-costly"], "{:?}", &codes[998..]);
    assert!(said.stderr.contains("has 500 problems more"), "the last: {:?}", said.stderr.lines().last());
}

/// The same signatures on the same statement are verified once, in however many envelopes they are.
#[test]
fn a_signature_in_another_envelope_is_a_repetition() {
    let again = utility_line().replacen('{', "{ \"more\": 1, ", 1);
    let bundle = utility_line() + &again + &laboratory_line();
    let said = judge("again", &policy(), &trust(), bundle.as_bytes(), &[b"program"]);
    assert_eq!((said.exit, &said.json["opinions"]), (0, &Value::from(2)), "{}", said.stderr);
    assert_eq!(said.json["ignored"][0]["line"], 2);
    assert_eq!(said.json["ignored"][0]["why"], "repeated");
    // With another type they are on something else.
    let other = utility_line().replace("vnd.in-toto", "vnd.other");
    let said = judge("retyped", &policy(), &trust(), (other + &bundle).as_bytes(), &[b"program"]);
    assert_eq!((said.exit, &said.json["opinions"]), (6, &Value::from(2)), "{}", said.stderr);
}
