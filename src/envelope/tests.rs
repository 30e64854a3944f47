use super::*;
use crate::key::{Algorithm, SecretKey, USUAL_IDENTITY};

fn keys() -> [SecretKey; 2] {
    [(Algorithm::Ed25519, None), (Algorithm::Sm2, Some(USUAL_IDENTITY))]
        .map(|(algorithm, identity)| SecretKey::generate(algorithm, identity).unwrap())
}

/// The example of the protocol.
#[test]
fn what_is_signed() {
    assert_eq!(
        pae("http://example.com/HelloWorld", b"hello world"),
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    );
    assert_eq!(pae("", b""), b"DSSEv1 0  0 ");
    assert_eq!(pae("\u{e9}", b"\0"), b"DSSEv1 2 \xc3\xa9 1 \0", "lengths are in bytes");
}

#[test]
fn several_keys_sign_once_each() {
    let [first, second] = keys();
    let mut envelope = Envelope::new(IN_TOTO, b"{}".to_vec());
    assert!(!envelope.verifies(first.public()));
    envelope.sign(&first).unwrap();
    assert!(envelope.verifies(first.public()) && !envelope.verifies(second.public()));
    for signer in [&first, &second, &second] {
        envelope.sign(signer).unwrap();
    }
    assert_eq!(envelope.signatures.len(), 2);
    let [_, stranger] = keys();
    assert_eq!(envelope.signers(&[second.public(), stranger.public(), first.public()]), [0, 2]);
    let mut again = Envelope::parse(envelope.to_json().as_bytes(), "envelope").unwrap();
    assert_eq!(again, envelope);
    for key in [first.public(), second.public()] {
        assert!(again.verifies(key));
        // The hint decides nothing, and neither does the order.
        again.signatures.iter_mut().for_each(|signature| signature.keyid = key.id());
        again.signatures.reverse();
    }
    for change in [
        |e: &mut Envelope| e.payload.push(0),
        |e: &mut Envelope| e.payload_type.push('x'),
        |e: &mut Envelope| e.signatures.clear(),
    ] {
        let mut changed = again.clone();
        change(&mut changed);
        assert!(!changed.verifies(first.public()) && !changed.verifies(second.public()));
    }
}

#[test]
fn what_is_written_is_read() {
    let [first, second] = keys();
    let mut envelope = Envelope::new(IN_TOTO, Vec::new());
    envelope.sign(&first).unwrap();
    envelope.signatures.resize(SIGNATURES, Signature { keyid: String::new(), sig: Vec::new() });
    envelope.sign(&first).unwrap();
    let error = envelope.sign(&second).unwrap_err();
    assert_eq!((error.code, envelope.signatures.len()), (Code::EnvelopeInvalid, SIGNATURES), "{error}");
    assert_eq!(Envelope::parse(envelope.write("it").unwrap().as_bytes(), "it").unwrap(), envelope);

    // The line's end counts: it is in the file that is read.
    let room = LIMIT - envelope.write("it").unwrap().len();
    envelope.payload_type += &"t".repeat(room);
    let line = envelope.write("it").unwrap();
    assert!(line.len() == LIMIT && line.ends_with('\n'));
    assert_eq!(Envelope::parse(line.as_bytes(), "it").unwrap(), envelope);
    envelope.payload_type.push('t');
    let error = envelope.write("it").unwrap_err();
    assert_eq!(error.code, Code::InputTooLarge, "{error}");
}

#[test]
fn a_hint_may_be_missing() {
    let written = r#"{"payload":"","payloadType":"","signatures":[{"sig":""}]}"#;
    for hint in ["", r#""keyid":null,"#, r#""keyid":"","#] {
        let text = written.replace(r#""sig""#, &format!(r#"{hint}"sig""#));
        let envelope = Envelope::parse(text.as_bytes(), "envelope").unwrap();
        assert_eq!(envelope.signatures[0].keyid, "");
        assert_eq!(envelope.to_json(), written);
    }
}

#[test]
fn what_is_no_envelope() {
    let good = r#"{"payload":"e30=","payloadType":"t","signatures":[{"keyid":"k","sig":"AA=="}]}"#;
    let parse = |text: &str| Envelope::parse(text.as_bytes(), "envelope");
    for text in [
        good.to_string(),
        good.replace(r#""keyid":"k","#, ""),
        good.replace(r#""keyid":"k""#, r#""keyid":"k","cert":[{"x":1}]"#),
        good.replace(r#""payloadType""#, r#""more":{"payload":1},"payloadType""#),
    ] {
        let envelope = parse(&text).unwrap();
        assert_eq!((envelope.payload, envelope.payload_type.as_str()), (b"{}".to_vec(), "t"), "{text}");
    }
    let many = vec![r#"{"sig":""}"#; SIGNATURES + 1].join(",");
    for (text, why) in [
        (String::new(), "EOF"),
        (good[..good.len() - 1].into(), "EOF"),
        (good.to_string() + "{}", "trailing characters"),
        (good.to_string() + good, "holds several envelopes"),
        (format!("[{good}]"), "`jq -c 'first(.[])' FILE > NEW`"),
        (format!(r#"{{"dsseEnvelope":{good}}}"#), "`jq -c '.dsseEnvelope' FILE > NEW`"),
        ("[]".into(), "expected"),
        (r#"["e30=","t",[{"keyid":"k","sig":"AA=="}]]"#.into(), "invalid type: sequence"),
        (good.replace(r#"{"keyid":"k","sig":"AA=="}"#, r#"["k","AA=="]"#), "invalid type: sequence"),
        (good.replace("e30=", "e30"), "payload is not base64"),
        (good.replace("e30=", "e31="), "payload is not base64"),
        (good.replace("e30=", "-+8="), "characters of both"),
        (good.replace("AA==", "AB=="), "signature of it is not base64"),
        (good.replace(r#""t""#, "1"), "expected a string"),
        (good.replace(r#""k""#, "1"), "expected a string"),
        (good.replace(r#""AA==""#, "null"), "expected a string"),
        (good.replace(r#""payload":"e30=","#, ""), "missing field `payload`"),
        (good.replace(r#""payloadType":"t","#, ""), "missing field `payloadType`"),
        (good.replace(r#","signatures":[{"keyid":"k","sig":"AA=="}]"#, ""), "missing field `signatures`"),
        (good.replace(r#"{"keyid":"k","sig":"AA=="}"#, ""), "0 signatures"),
        (good.replace(r#"{"keyid":"k","sig":"AA=="}"#, &many), "65 signatures"),
        (good.replace(r#","sig":"AA==""#, ""), "missing field `sig`"),
        (good.replace(r#""payload""#, r#""payload":"e30=","payload""#), "two members are called \"payload\""),
        (good.replace(r#""sig""#, r#""sig":"AA==","sig""#), "two members are called \"sig\""),
        (good.replace(r#""keyid""#, r#""x":{"y":1,"y":2},"keyid""#), "two members are called \"y\""),
        (good.replace(r#""t""#, &format!("{}1", "[".repeat(200))), "recursion limit"),
        ("[".repeat(LIMIT), "recursion limit"),
        ("[".repeat(100 << 20), "104857600 bytes"),
    ] {
        let error = parse(&text).unwrap_err();
        assert_eq!(error.code, Code::EnvelopeInvalid, "{error}");
        assert!(error.message.contains(why), "{why}: {error}");
    }
}
