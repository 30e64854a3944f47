//! Any bytes are an envelope or refused. What is read means the same after it is written and read again, and nobody has
//! signed it; once somebody has, that is seen.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sarsen::envelope::Envelope;
use sarsen::key::{Algorithm, SecretKey, Sign, USUAL_IDENTITY};

static KEYS: LazyLock<[SecretKey; 2]> = LazyLock::new(|| {
    [(Algorithm::Ed25519, None), (Algorithm::Sm2, Some(USUAL_IDENTITY))]
        .map(|(algorithm, identity)| SecretKey::generate(algorithm, identity).expect("random bytes"))
});

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut envelope) = Envelope::parse(bytes, "input") else { return };
    assert_eq!(Envelope::parse(envelope.to_json().as_bytes(), "again").expect("it was read"), envelope);
    let keys = KEYS.each_ref().map(Sign::public);
    assert!(envelope.signers(&keys).is_empty());
    if envelope.signatures.len() < 4 {
        envelope.sign(&KEYS[0]).expect("a key signs");
        assert_eq!(envelope.signers(&keys), [0]);
    }
});
