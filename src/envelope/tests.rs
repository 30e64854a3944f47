use super::*;
use crate::key::{Algorithm, SecretKey, USUAL_IDENTITY};

fn keys() -> [SecretKey; 2] {
    [
        SecretKey::generate(Algorithm::Ed25519, None).unwrap(),
        SecretKey::generate(Algorithm::Sm2, Some(USUAL_IDENTITY)).unwrap(),
    ]
}

/// The bytes of the protocol's own example.
#[test]
fn the_signed_bytes_are_those_of_the_protocol() {
    assert_eq!(
        pae("http://example.com/HelloWorld", b"hello world"),
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    );
}

#[test]
fn several_keys_sign_one_envelope_and_each_is_counted_once() {
    let [first, second] = keys();
    let mut envelope = Envelope::new(IN_TOTO, b"{}".to_vec());
    for key in [&first, &second, &first] {
        envelope.sign(key).unwrap();
    }
    assert_eq!(envelope.signatures.len(), 2);
    let read = Envelope::parse(envelope.to_json().as_bytes(), "it").unwrap();
    assert_eq!(read, envelope);
    let [stranger, _] = keys();
    let all = [first.public(), stranger.public(), second.public()];
    assert_eq!(read.signers(&all), [0, 2]);
    assert!(read.verifies(second.public()) && !read.verifies(stranger.public()));
}

#[test]
fn another_type_another_payload_and_another_key_id_are_told_apart() {
    let [key, _] = keys();
    let mut envelope = Envelope::new(IN_TOTO, b"{}".to_vec());
    envelope.sign(&key).unwrap();
    let changed = |change: &dyn Fn(&mut Envelope)| {
        let mut other = envelope.clone();
        change(&mut other);
        other.verifies(key.public())
    };
    assert!(changed(&|e| e.signatures[0].keyid = "somebody".into()), "the key id decides nothing");
    assert!(!changed(&|e| e.payload_type = "text/plain".into()));
    assert!(!changed(&|e| e.payload = b"{} ".to_vec()));
    assert!(!changed(&|e| e.signatures[0].sig[0] ^= 1));
    assert!(!changed(&|e| e.signatures[0].sig.push(0)));
}

#[test]
fn both_alphabets_are_read_and_nothing_else() {
    let with = |payload: &str| {
        format!(r#"{{"payload":"{payload}","payloadType":"t","more":[1],"signatures":[{{"sig":"AA=="}}]}}"#)
    };
    let read = |payload: &str| Envelope::parse(with(payload).as_bytes(), "it").map(|e| e.payload);
    assert_eq!(read("+/+/").unwrap(), read("-_-_").unwrap());
    for payload in ["+_+_", "AA", "AB==", "A===", "AA==\\n", " AA=="] {
        assert_eq!(read(payload).unwrap_err().code, Code::EnvelopeInvalid, "{payload}");
    }
}

#[test]
fn what_is_no_envelope_is_refused_at_once() {
    let nested = "[".repeat(100_000_000);
    let twice = r#"{"payload":"","payload":"AA==","payloadType":"t","signatures":[{"sig":""}]}"#;
    let none = r#"{"payload":"","payloadType":"t","signatures":[]}"#;
    let many = format!(
        r#"{{"payload":"","payloadType":"t","signatures":[{}{{"sig":""}}]}}"#,
        r#"{"sig":""},"#.repeat(64)
    );
    let deep = format!(
        r#"{{"payload":"","payloadType":"t","more":{}{},"signatures":[]}}"#,
        "[".repeat(1000),
        "]".repeat(1000)
    );
    for text in ["", "{}", "null", "{\"payload\":", twice, none, &many, &deep, &nested] {
        let error = Envelope::parse(text.as_bytes(), "it").unwrap_err();
        assert_eq!(error.code, Code::EnvelopeInvalid, "{error}");
    }
}
