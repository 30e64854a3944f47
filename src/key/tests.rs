use super::*;

/// The example of GM/T 0003.5: key, identity, message and signature.
const NUMBER: &str = "3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8";
const POINT: &str = "0409F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020\
                     CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13";
const R: &str = "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3";
const S: &str = "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA";
const ORDER: &str = "FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123";

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn example() -> (SecretKey, PublicKey) {
    let number = unhex(NUMBER).try_into().unwrap();
    let secret = SecretKey::named(Algorithm::Sm2, &number, "example", Some(USUAL_IDENTITY)).unwrap();
    let public = PublicKey::from_bytes(Algorithm::Sm2, &unhex(POINT), Some(USUAL_IDENTITY)).unwrap();
    (secret, public)
}

fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
    let body = [&[2, r.len() as u8], r, &[2, s.len() as u8], s].concat();
    [&[0x30, body.len() as u8], body.as_slice()].concat()
}

/// `number` as an INTEGER has it.
fn signed(number: &str) -> Vec<u8> {
    [vec![0], unhex(number)].concat()
}

#[test]
fn the_example_of_the_standard() {
    let (secret, public) = example();
    assert_eq!(secret.public().bytes(), public.bytes());
    let e = "F0B43E94BA45ACCAACE692ED534382EB17E6AB5A19CE7B31F4486FDFC0D28640";
    assert_eq!(public.prehash(b"message digest").unwrap().to_vec(), unhex(e));
    let signature = der(&signed(R), &signed(S));
    public.verify(b"message digest", &signature).unwrap();
    assert_eq!(signature::to_der(&[unhex(R), unhex(S)].concat().try_into().unwrap()), signature);
    for (message, identity) in
        [("message digesu", USUAL_IDENTITY), ("message digest", "12345678"), ("message digest", "ALICE")]
    {
        let key = PublicKey::from_bytes(Algorithm::Sm2, &public.bytes(), Some(identity)).unwrap();
        let error = key.verify(message.as_bytes(), &signature).unwrap_err();
        assert_eq!(error.code, Code::SignatureWrong);
    }
}

#[test]
fn a_signature_has_one_spelling() {
    let (_, public) = example();
    let (r, s) = (signed(R), signed(S));
    let good = der(&r, &s);
    let plus_order = |number: &str| {
        let (mut sum, mut carry) = (Vec::new(), 0);
        for (a, b) in unhex(number).iter().zip(&unhex(ORDER)).rev() {
            carry += u16::from(*a) + u16::from(*b);
            sum.insert(0, carry as u8);
            carry >>= 8;
        }
        sum.insert(0, carry as u8);
        sum
    };
    let cases: [(&str, Vec<u8>, &str); 19] = [
        ("empty", vec![], "incomplete"),
        ("no length", vec![0x30], "incomplete"),
        ("truncated", good[..good.len() - 1].to_vec(), "incomplete"),
        ("trailing byte", [good.clone(), vec![0]].concat(), "1 bytes remaining"),
        ("long form", [&[0x30, 0x81], &good[1..]].concat(), "length for SEQUENCE"),
        (
            "long form within",
            {
                let mut der = vec![0x30, good[1] + 1, 2, 0x81];
                der.extend(&good[3..]);
                der
            },
            "length for INTEGER",
        ),
        ("indefinite length", [&[0x30, 0x80], &good[2..], &[0, 0]].concat(), "indefinite length"),
        ("a SET", [&[0x31], &good[1..]].concat(), "got SET"),
        (
            "a third number",
            {
                let body = [&good[2..], &[2, 1, 1]].concat();
                [&[0x30, body.len() as u8], body.as_slice()].concat()
            },
            "3 bytes remaining",
        ),
        ("one number", [&[0x30, 35, 2, 33], r.as_slice()].concat(), "incomplete"),
        ("a zero too many", der(&[&[0], r.as_slice()].concat(), &s), "not canonically"),
        ("negative", der(&r[1..], &s), "value for INTEGER"),
        ("nothing", der(&[], &s), "not canonically"),
        ("r = 0", der(&[0], &s), "r is 0"),
        ("s = 0", der(&r, &[0]), "s is 0"),
        ("r = n", der(&signed(ORDER), &s), "r is not below"),
        ("s = n", der(&r, &signed(ORDER)), "s is not below"),
        ("r + n", der(&plus_order(R), &s), "r has 33 bytes"),
        ("s + n", der(&r, &plus_order(S)), "s has 33 bytes"),
    ];
    for (name, bytes, why) in cases {
        let error = public.verify(b"message digest", &bytes).unwrap_err();
        assert_eq!(error.code, Code::SignatureMalformed, "{name}: {error}");
        assert!(error.message.contains(why), "{name}: {error}");
    }
    // Well formed, and still not the signature: unlike ECDSA, SM2 has no second one with n - s.
    let negated = unhex("4E4955D520DED02789CE7D43F2BDE35DB673A66E0246C256CFB08A44B4197F79");
    for (name, bytes) in [
        ("swapped", der(&s, &r)),
        ("n - s", der(&r, &negated)),
        ("r = 1", der(&[1], &s)),
        ("s = 1", der(&r, &[1])),
    ] {
        let error = public.verify(b"message digest", &bytes).unwrap_err();
        assert_eq!(error.code, Code::SignatureWrong, "{name}: {error}");
    }
}

#[test]
fn files_are_signed_and_verified_as_their_bytes_are() {
    let path = std::env::temp_dir().join(format!("sarsen-key-stream-{}", std::process::id()));
    let ed25519 = SecretKey::generate(Algorithm::Ed25519, None).unwrap();
    let (sm2, _) = example();
    for length in [0, 1, (128 << 10) - 1, 128 << 10, 300_001] {
        let message: Vec<u8> = (0..length).map(|at: usize| (at % 251) as u8).collect();
        std::fs::write(&path, &message).unwrap();
        for key in [&ed25519, &sm2] {
            let signature = key.sign(&message).unwrap();
            assert_eq!(sign_file(key, &path).unwrap(), signature, "both are deterministic");
            verify_file(key.public(), &path, &signature).unwrap();
            let other = key.sign(&[&message[..], b"x"].concat()).unwrap();
            assert_eq!(verify_file(key.public(), &path, &other).unwrap_err().code, Code::SignatureWrong);
        }
    }
    std::fs::File::create(&path).unwrap().set_len(crate::input::LIMIT + 1).unwrap();
    let error = sign_file(&ed25519, &path).unwrap_err();
    assert!(error.code == Code::InputTooLarge && error.message.contains("sarsen digest"), "{error}");
    std::fs::remove_file(&path).unwrap();
    for error in [sign_file(&sm2, &path).unwrap_err(), sign_file(&ed25519, &path).unwrap_err()] {
        assert_eq!(error.code, Code::InputMissing);
    }
}

#[test]
fn only_sm2_signs_a_hash_of_the_message() {
    let (secret, public) = example();
    let prehash = public.prehash(b"message digest").unwrap();
    let signature = secret.sign_prehash(&prehash).unwrap();
    public.verify_prehash(&prehash, &signature).unwrap();
    public.verify(b"message digest", &signature).unwrap();
    assert_eq!(public.verify_prehash(&[0; 32], &signature).unwrap_err().code, Code::SignatureWrong);
    let ed25519 = SecretKey::generate(Algorithm::Ed25519, None).unwrap();
    assert!(secret.takes_prehash() && !ed25519.takes_prehash());
    for error in [
        ed25519.sign_prehash(&prehash).unwrap_err(),
        ed25519.public().verify_prehash(&prehash, &[0; 64]).unwrap_err(),
    ] {
        assert_eq!(error.code, Code::KeyUnsupported);
    }
}

/// RFC 8032, section 7.1, test 2.
#[test]
fn ed25519_signs_as_its_standard_says() {
    let seed = unhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb").try_into().unwrap();
    let key = SecretKey::named(Algorithm::Ed25519, &seed, "key", None).unwrap();
    let public = unhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
    let signature = unhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
         085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    );
    assert_eq!((key.public().bytes(), key.sign(&[0x72]).unwrap()), (public, signature.clone()));
    let verify = |message: &[u8], signature: &[u8]| {
        key.public().verify(message, signature).map_err(|error| error.code)
    };
    assert_eq!(verify(&[0x72], &signature), Ok(()));
    assert_eq!(verify(&[0x73], &signature), Err(Code::SignatureWrong));
    // R is the neutral point and S is k a: RFC 8032 would accept it, and nothing random was needed to make it.
    let without_nonce = unhex(
        "0100000000000000000000000000000000000000000000000000000000000000\
         675d054595fa17cb6a44e3ada6ca385e55667e41a63fdab0ac22d10000354002",
    );
    assert_eq!(verify(&[0x72], &without_nonce), Err(Code::SignatureWrong));
    assert_eq!(verify(&[0x72], &signature[..63]), Err(Code::SignatureMalformed));
    assert_eq!(verify(&[0x72], &[signature.as_slice(), &[0]].concat()), Err(Code::SignatureMalformed));
}

#[test]
fn small_numbers_are_short_in_der() {
    for (r, s, length) in [(1u8, 0x7f, 8), (0x80, 1, 9), (0xff, 0xff, 10)] {
        let mut raw = [0; 64];
        (raw[31], raw[63]) = (r, s);
        let der = signature::to_der(&raw);
        assert_eq!(der.len(), length);
        assert_eq!(signature::from_der(&der).unwrap(), raw);
        assert_eq!(signature::from_raw(&raw).unwrap(), raw);
    }
    for raw in [vec![1; 63], vec![1; 65], vec![0; 64], vec![255; 64]] {
        assert_eq!(signature::from_raw(&raw).unwrap_err().code, Code::SignatureMalformed);
    }
}

#[test]
fn keys_are_generated_written_and_read() {
    for (algorithm, identity) in [
        (Algorithm::Ed25519, None),
        (Algorithm::Sm2, Some(USUAL_IDENTITY)),
        (Algorithm::Sm2, Some("\u{5f20} 7")),
    ] {
        let key = SecretKey::generate(algorithm, identity).unwrap();
        let signature = key.sign(b"message").unwrap();
        for text in [key.pem().to_string(), key.public().pem()] {
            let again = Key::parse(text.as_bytes(), "key", None).unwrap();
            assert_eq!(again.public().bytes(), key.public().bytes());
            assert_eq!(again.public().identity(), identity);
            assert_eq!(again.public().id(), key.public().id());
            again.public().verify(b"message", &signature).unwrap();
        }
        let again = SecretKey::parse(key.pem().as_bytes(), "key", identity).unwrap();
        assert_eq!(again.sign(b"message").unwrap(), signature, "both algorithms are deterministic");
        assert_eq!(key.public().verify(b"other", &signature).unwrap_err().code, Code::SignatureWrong);
        let other = SecretKey::generate(algorithm, identity).unwrap();
        assert_ne!(other.public().bytes(), key.public().bytes());
        assert_eq!(other.public().verify(b"message", &signature).unwrap_err().code, Code::SignatureWrong);
        let debug = format!("{key:?}");
        assert!(debug.contains(&key.public().id()) && !debug.contains("secret_scalar"), "{debug}");
    }
}

/// What OpenSSL wrote: `openssl genpkey -algorithm ed25519`, and of SM2 the form that this program writes.
#[test]
fn the_form_is_that_of_openssl() {
    let seed = unhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60").try_into().unwrap();
    let key = SecretKey::named(Algorithm::Ed25519, &seed, "key", None).unwrap();
    assert_eq!(
        key.pem().as_str(),
        "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n"
    );
    let (secret, _) = example();
    assert!(secret.pem().starts_with("identity: 1234567812345678\n-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqBHM9VAYItBG0wawIBAQQg"));
    assert_eq!(secret.public().pem().lines().count(), 5);
}

#[test]
fn an_identity_is_named_once() {
    let (_, public) = example();
    let text = public.pem();
    let bare = text.split_once('\n').unwrap().1;
    let with = |line: &str| format!("{line}{bare}");
    for (text, asked, identity) in [
        (text.clone(), None, USUAL_IDENTITY),
        (text.clone(), Some(USUAL_IDENTITY), USUAL_IDENTITY),
        (bare.into(), Some("ALICE"), "ALICE"),
        (with("identity:a\n"), None, "a"),
        (with("A key of ours.\r\nidentity: \u{5f20}\u{4e09}\r\n\r\n"), None, "\u{5f20}\u{4e09}"),
    ] {
        let key = PublicKey::parse(text.as_bytes(), "key", asked).unwrap();
        assert_eq!(key.identity(), Some(identity));
    }
    let long = "x".repeat(8192);
    for (text, asked, why) in [
        (bare.into(), None, "without an identity"),
        (text.clone(), Some("ALICE"), "no signature covers both"),
        (with("identity: a\nidentity: a\n"), None, "two lines"),
        (with("identity:\n"), None, "is empty"),
        (bare.into(), Some(""), "is empty"),
        (with("identity:  a\n"), None, "spaces around it"),
        (with("identity: a\u{7}\n"), None, "control characters"),
        (bare.into(), Some("a\nb"), "control characters"),
        (bare.into(), Some(long.as_str()), "8192 bytes"),
    ] {
        let error = PublicKey::parse(text.as_bytes(), "key", asked).unwrap_err();
        assert_eq!(error.code, Code::KeyIdentity, "{error}");
        assert!(error.message.contains(why), "{why}: {error}");
    }
    let key = SecretKey::generate(Algorithm::Ed25519, None).unwrap();
    for error in [
        SecretKey::generate(Algorithm::Ed25519, Some("a")).unwrap_err(),
        SecretKey::generate(Algorithm::Sm2, None).unwrap_err(),
        PublicKey::parse(key.public().pem().as_bytes(), "key", Some("a")).unwrap_err(),
    ] {
        assert_eq!(error.code, Code::KeyIdentity, "{error}");
    }
}

#[test]
fn one_kind_of_key_is_not_the_other() {
    let (secret, public) = example();
    let error = PublicKey::parse(secret.pem().as_bytes(), "key", None).unwrap_err();
    assert_eq!(error.code, Code::KeyKind, "{error}");
    assert_eq!(SecretKey::parse(public.pem().as_bytes(), "key", None).unwrap_err().code, Code::KeyKind);
}

#[test]
fn keys_that_are_no_keys() {
    let sm2 = |bytes: Vec<u8>| PublicKey::from_bytes(Algorithm::Sm2, &bytes, Some("a"));
    let ed25519 = |bytes: &str| PublicKey::from_bytes(Algorithm::Ed25519, &unhex(bytes), None);
    let point = unhex(POINT);
    let off = [&point[..64], &[point[64] ^ 1]].concat();
    let compressed = [&[3], &point[1..33]].concat();
    let hybrid = [&[7], &point[1..]].concat();
    let p = "FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF";
    for (result, code, why) in [
        (sm2(off), Code::KeyInvalid, "no point of the curve"),
        (sm2(vec![0]), Code::KeyInvalid, "has 1 bytes"),
        (sm2([vec![4], vec![0; 64]].concat()), Code::KeyInvalid, "no point of the curve"),
        (sm2([vec![4], unhex(p), unhex(p)].concat()), Code::KeyInvalid, "no point of the curve"),
        (sm2(hybrid), Code::KeyInvalid, "first is 04"),
        (sm2(compressed), Code::KeyUnsupported, "-conv_form uncompressed"),
        (ed25519(&"00".repeat(32)), Code::KeyInvalid, "small order"),
        (ed25519(&format!("01{}", "00".repeat(31))), Code::KeyInvalid, "small order"),
        (ed25519(&"00".repeat(31)), Code::KeyInvalid, "has 31 bytes"),
        (ed25519(&format!("02{}", "00".repeat(31))), Code::KeyInvalid, "no point of the curve"),
        // y = p + 3, another spelling of 3.
        (ed25519(&format!("f0{}7f", "ff".repeat(30))), Code::KeyInvalid, "another way"),
    ] {
        let error = result.unwrap_err();
        assert_eq!(error.code, code, "{error}");
        assert!(error.message.contains(why), "{why}: {error}");
    }
    for number in ["00".repeat(32), ORDER.into(), ORDER.replace("4123", "4122"), "FF".repeat(32)] {
        let number = unhex(&number).try_into().unwrap();
        let error = SecretKey::named(Algorithm::Sm2, &number, "key", Some("a")).unwrap_err();
        assert_eq!(error.code, Code::KeyInvalid, "{error}");
    }
}

#[test]
fn files_that_are_no_keys() {
    let (secret, public) = example();
    let (private, text) = (secret.pem().to_string(), public.pem());
    let info =
        |parts: &[&str]| pem::write("PUBLIC KEY", Some("a"), &wrapped(&unhex(&parts.concat()))).to_string();
    let point = format!("034200{POINT}").replace(' ', "");
    let algorithm = "301306072a8648ce3d020106082a811ccf5501822d";
    let body = |text: &str| pem::read(text.as_bytes(), "key").unwrap().der.to_vec();
    let other = SecretKey::generate(Algorithm::Sm2, Some("a")).unwrap().pem().to_string();
    let (mut mixed, other) = (body(&private), body(&other));
    let half = mixed.len() - 65;
    mixed[half..].copy_from_slice(&other[half..]);
    let cases = [
        (String::new(), Code::KeyInvalid, "no line -----BEGIN"),
        ("x".repeat(70_000), Code::KeyInvalid, "70000 bytes"),
        (format!("{text}{text}"), Code::KeyInvalid, "second block"),
        (format!("{text}{private}"), Code::KeyInvalid, "second block"),
        (text.replace("-----END", "----END"), Code::KeyInvalid, "it ends before"),
        (text.replace("END PUBLIC", "END PRIVATE"), Code::KeyInvalid, "ends as PRIVATE KEY"),
        (text.replace("MFk", "MF*"), Code::KeyInvalid, "not strict base64"),
        (text.replace("=\n", "\n"), Code::KeyInvalid, "not strict base64"),
        (text.replace("MFkw", "MFkw MFkw"), Code::KeyInvalid, "not strict base64"),
        (text.replace("PUBLIC KEY", "CERTIFICATE"), Code::KeyUnsupported, "openssl x509"),
        (text.replace("PUBLIC KEY", "SOMETHING"), Code::KeyUnsupported, "-pubout"),
        (private.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"), Code::KeyUnsupported, "decrypts it"),
        (private.replace("PRIVATE KEY", "EC PRIVATE KEY"), Code::KeyUnsupported, "-topk8"),
        (
            private.replace("PRIVATE KEY-----\nM", "PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nM"),
            Code::KeyUnsupported,
            "decrypts it",
        ),
        (info(&[algorithm, &point, "00"]), Code::KeyInvalid, "no SubjectPublicKeyInfo"),
        (info(&[algorithm, &point.replace("034200", "034201")]), Code::KeyInvalid, "within a byte"),
        (
            info(&[&algorithm.replace("822d", "822e"), &point]),
            Code::KeyUnsupported,
            "on the curve 1.2.156.10197.1.302",
        ),
        (
            info(&["301306072a8648ce3d020106082a8648ce3d030107", &point]),
            Code::KeyUnsupported,
            "on the curve 1.2.840",
        ),
        (
            info(&["301506092a811ccf5501822d0106082a811ccf5501822d", &point]),
            Code::KeyUnsupported,
            "as Botan does",
        ),
        (info(&["300d06092a864886f70d0101010500", &point]), Code::KeyUnsupported, "1.2.840.113549.1.1.1"),
        (info(&["300906072a8648ce3d0201", &point]), Code::KeyUnsupported, "named curve"),
        (info(&["300706032b65700500", "032100", &"00".repeat(32)]), Code::KeyInvalid, "gives parameters"),
        (pem::write("PRIVATE KEY", Some("a"), &mixed).to_string(), Code::KeyInvalid, "does not belong"),
        (
            pem::write("PRIVATE KEY", Some("a"), &body(&text)).to_string(),
            Code::KeyInvalid,
            "no PrivateKeyInfo",
        ),
        (
            pem::write("PUBLIC KEY", Some("a"), &[body(&text), vec![0]].concat()).to_string(),
            Code::KeyInvalid,
            "no Subject",
        ),
    ];
    for (text, code, why) in cases {
        let error = Key::parse(text.as_bytes(), "key", None).unwrap_err();
        assert!(error.code == code && error.message.contains(why), "{why}: {error}\n{text}");
    }
    let error = Key::parse(&body(&text), "key", None).unwrap_err();
    assert!(error.message.contains("openssl pkey -inform DER"), "{error}");
    // Without the public key, and with the curve named again: other programs write both.
    for extra in ["", "a00a06082a811ccf5501822d"] {
        let key = wrapped(&unhex(&["020101", "0420", NUMBER, extra].concat()));
        let parts = [unhex("020100"), unhex(algorithm), vec![4, key.len() as u8], key].concat();
        let text = pem::write("PRIVATE KEY", Some(USUAL_IDENTITY), &wrapped(&parts));
        assert_eq!(SecretKey::parse(text.as_bytes(), "key", None).unwrap().public(), &public);
    }
}

/// `body` as a SEQUENCE.
fn wrapped(body: &[u8]) -> Vec<u8> {
    assert!(body.len() < 128);
    [&[0x30, body.len() as u8], body].concat()
}
