//! Any bytes are a key or refused, as PEM and as the DER in it; what is read is the same after it is written and read again,
//! and verifies nothing that it has not signed. Any bytes are a signature in its only spelling or refused.
#![no_main]

use base64ct::{Base64, Encoding};
use libfuzzer_sys::fuzz_target;
use sarsen::key::{Key, PublicKey, SecretKey, Sign, signature};

fn read(text: &[u8], identity: Option<&str>) {
    let Ok(key) = Key::parse(text, "input", identity) else { return };
    let public = key.public();
    assert_eq!(&PublicKey::parse(public.pem().as_bytes(), "again", None).expect("it was read"), public);
    let again = PublicKey::from_bytes(public.algorithm(), &public.bytes(), public.identity());
    assert_eq!(again.expect("it was read").id(), public.id());
    assert!(public.verify(b"message", &[1; 64]).is_err());
    if let Key::Secret(key) = &key {
        let again = SecretKey::parse(key.pem().as_bytes(), "again", None).expect("it was read");
        let signature = again.sign(b"message").expect("a key signs");
        public.verify(b"message", &signature).expect("it fits");
        assert!(public.verify(b"messagf", &signature).is_err());
    }
}

fuzz_target!(|bytes: &[u8]| {
    for identity in [None, Some("a")] {
        read(bytes, identity);
        for label in ["PUBLIC KEY", "PRIVATE KEY"] {
            let body = Base64::encode_string(bytes);
            read(format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n").as_bytes(), identity);
        }
    }
    if let Ok(raw) = signature::from_der(bytes) {
        assert_eq!(signature::to_der(&raw), bytes, "one spelling");
        assert_eq!(signature::from_raw(&raw).expect("it was in range"), raw);
    }
});
