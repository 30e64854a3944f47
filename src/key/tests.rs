use super::*;
use crate::digest::{hex, unhex};

/// Of GM/T 0003.5-2012, annex A: the private key, its point and the signature of `message digest` for the usual identity.
const D: &str = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8";
const X: &str = "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020";
const Y: &str = "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13";
const R: &str = "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3";
const S: &str = "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa";
const N: &str = "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123";
const MESSAGE: &[u8] = b"message digest";

fn bytes(parts: &[&str]) -> Vec<u8> {
    unhex(&parts.concat()).unwrap()
}

fn national() -> PublicKey {
    PublicKey::from_bytes(Algorithm::Sm2, &bytes(&["04", X, Y]), Some(USUAL_IDENTITY)).unwrap()
}

/// A DER integer that is not made minimal.
fn integer(hex: &str) -> String {
    format!("02{:02x}{hex}", hex.len() / 2)
}

fn sequence(body: &str) -> Vec<u8> {
    bytes(&[&format!("30{:02x}", body.len() / 2), body])
}

/// n minus or plus a number, by the book.
fn order(op: fn(u16, u16, u16) -> (u16, u16), number: &str) -> String {
    let (n, number) = (bytes(&[N]), bytes(&[number]));
    let mut carry = 0;
    let mut out = vec![0u8; 32];
    for at in (0..32).rev() {
        let (digit, next) = op(n[at].into(), number[at].into(), carry);
        (out[at], carry) = (digit as u8, next);
    }
    format!("{}{}", if carry == 1 && op(0, 0, 1).0 == 1 { "01" } else { "" }, hex(&out))
}
fn plus(x: u16, y: u16, carry: u16) -> (u16, u16) {
    ((x + y + carry) & 0xff, (x + y + carry) >> 8)
}
fn minus(x: u16, y: u16, borrow: u16) -> (u16, u16) {
    ((x.wrapping_sub(y + borrow)) & 0xff, u16::from(x < y + borrow))
}

#[test]
fn the_national_vector_verifies_and_only_for_its_identity() {
    let signature = sequence(&[integer(&format!("00{R}")), integer(&format!("00{S}"))].concat());
    national().verify(MESSAGE, &signature).unwrap();
    assert_eq!(der_of(&bytes(&[R, S])).unwrap(), signature);
    assert_eq!(raw_of(&signature).unwrap().to_vec(), bytes(&[R, S]));
    let other =
        PublicKey::from_bytes(Algorithm::Sm2, &bytes(&["04", X, Y]), Some("ALICE123@YAHOO.COM")).unwrap();
    assert_eq!(other.verify(MESSAGE, &signature).unwrap_err().code, Code::SignatureWrong);
    assert_eq!(national().verify(b"message digesT", &signature).unwrap_err().code, Code::SignatureWrong);
    // The private key of the vector has that point.
    let pem = format!("identity: {USUAL_IDENTITY}\n{}", pkcs8(D));
    let secret = SecretKey::parse(pem.as_bytes(), "it", None).unwrap();
    assert_eq!(secret.public(), &national());
    secret.public().verify(MESSAGE, &secret.sign(MESSAGE).unwrap()).unwrap();
}

/// PKCS#8 of an SM2 key without its public half.
fn pkcs8(d: &str) -> String {
    let ec = ["3025020101", "0420", d].concat();
    let algorithm = "301306072a8648ce3d020106082a811ccf5501822d";
    let body = ["020100", algorithm, &format!("04{:02x}", ec.len() / 2), &ec].concat();
    super::pem::write("PRIVATE KEY", &sequence(&body), None).to_string()
}

/// The variants of a good signature that implementations were seen to accept or confuse.
#[test]
fn every_other_encoding_of_a_signature_is_refused() {
    let (r, s) = (integer(&format!("00{R}")), integer(&format!("00{S}")));
    let good = [r.clone(), s.clone()].concat();
    let zero = integer("00");
    let malformed = [
        ("trailing byte", [sequence(&good), vec![0]].concat()),
        ("trailing byte inside", sequence(&[&good, "00"].concat())),
        ("long form of the length", bytes(&["3081", &format!("{:02x}", good.len() / 2), &good])),
        ("non-minimal integer", sequence(&[integer(&format!("0000{R}")), s.clone()].concat())),
        ("negative integer", sequence(&[integer(R), s.clone()].concat())),
        ("r = 0", sequence(&[zero.clone(), s.clone()].concat())),
        ("s = 0", sequence(&[r.clone(), zero].concat())),
        ("r + n", sequence(&[integer(&order(plus, R)), s.clone()].concat())),
        ("s + n", sequence(&[r.clone(), integer(&order(plus, S))].concat())),
        ("r = n", sequence(&[integer(&format!("00{N}")), s.clone()].concat())),
        ("three numbers", sequence(&[&good, "020101"].concat())),
        ("one number", sequence(&r)),
        ("raw", bytes(&[R, S])),
        ("cut", sequence(&good)[..40].to_vec()),
        ("empty", Vec::new()),
    ];
    for (name, signature) in malformed {
        assert_eq!(
            national().verify(MESSAGE, &signature).unwrap_err().code,
            Code::SignatureMalformed,
            "{name}"
        );
    }
    let minimal =
        |hex: &str| integer(&if hex.as_bytes()[0] > b'7' { format!("00{hex}") } else { hex.into() });
    let wrong = [
        ("swapped", sequence(&[s.clone(), r.clone()].concat())),
        ("n - s", sequence(&[r, minimal(&order(minus, S))].concat())),
    ];
    for (name, signature) in wrong {
        assert_eq!(national().verify(MESSAGE, &signature).unwrap_err().code, Code::SignatureWrong, "{name}");
    }
}

/// RFC 8032, section 7.1, test 2.
#[test]
fn ed25519_signs_as_the_rfc_says() {
    let seed = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
    let public = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
    let signature = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
    let der = bytes(&["302e020100300506032b657004220420", seed]);
    let pem = super::pem::write("PRIVATE KEY", &der, None);
    let secret = SecretKey::parse(pem.as_bytes(), "it", None).unwrap();
    assert_eq!(hex(&secret.public().bytes()), public);
    assert_eq!(hex(&secret.sign(&[0x72]).unwrap()), signature);
    assert_eq!(secret.pem().as_str(), pem.as_str());
    secret.public().verify(&[0x72], &bytes(&[signature])).unwrap();
    assert_eq!(secret.public().verify(&[0x72], &[0; 63]).unwrap_err().code, Code::SignatureMalformed);
    assert_eq!(secret.public().verify(&[0x73], &bytes(&[signature])).unwrap_err().code, Code::SignatureWrong);
}

#[test]
fn key_files_are_read_back_and_keep_their_identity() {
    for (algorithm, identity) in [(Algorithm::Ed25519, None), (Algorithm::Sm2, Some("变电站 7"))] {
        let secret = SecretKey::generate(algorithm, identity).unwrap();
        let again = SecretKey::parse(secret.pem().as_bytes(), "it", None).unwrap();
        assert_eq!((again.public(), again.pem()), (secret.public(), secret.pem()));
        let public = PublicKey::parse(secret.public().pem().as_bytes(), "it", None).unwrap();
        assert_eq!((&public, public.identity()), (secret.public(), identity));
        assert!(public.id().starts_with("sha256:"));
        assert!(!format!("{public:?}").is_empty());
    }
}

#[test]
fn identities_are_never_guessed() {
    let secret = SecretKey::generate(Algorithm::Sm2, Some("a")).unwrap();
    let with = secret.public().pem();
    let without = with.split_once('\n').unwrap().1;
    let code = |pem: &str, identity| PublicKey::parse(pem.as_bytes(), "it", identity).map_err(|e| e.code);
    assert_eq!(code(without, None), Err(Code::KeyIdentity));
    assert_eq!(code(&with, Some("b")), Err(Code::KeyIdentity));
    assert_eq!(code(without, Some("")), Err(Code::KeyIdentity));
    assert_eq!(code(without, Some(" b")), Err(Code::KeyIdentity));
    assert_eq!(code(&format!("identity: a\n{with}"), None), Err(Code::KeyInvalid));
    assert!(code(&with, Some("a")).is_ok() && code(without, Some("b")).is_ok());
    let ed = SecretKey::generate(Algorithm::Ed25519, None).unwrap().public().pem();
    assert!(code(&ed, Some("a")).is_ok(), "it is for SM2 keys among several");
    assert_eq!(code(&format!("identity: a\n{ed}"), None), Err(Code::KeyIdentity));
    assert!(SecretKey::generate(Algorithm::Sm2, None).is_err_and(|e| e.code == Code::KeyIdentity));
    assert!(
        SecretKey::generate(Algorithm::Sm2, Some(&"x".repeat(8192)))
            .is_err_and(|e| e.code == Code::KeyIdentity)
    );
}

/// What is no key, and what the message says about it.
#[test]
fn other_files_are_refused_with_their_reason() {
    let sm2 = SecretKey::generate(Algorithm::Sm2, Some("a")).unwrap();
    let (public, private) = (sm2.public().pem(), sm2.pem().to_string());
    let spki = |body: &str| super::pem::write("PUBLIC KEY", &sequence(body), Some("a")).to_string();
    let sm2_algorithm = "301306072a8648ce3d020106082a811ccf5501822d";
    let point = ["034200", "04", X, Y].concat();
    let twisted = point.replace("09f9", "09f8");
    let botan = ["301406082a811ccf5501822d0106082a811ccf5501822d", &point].concat();
    let p256 = ["301306072a8648ce3d020106082a8648ce3d030107", &point].concat();
    let small = "300506032b6570032100".to_owned() + &"00".repeat(32);
    let read = |pem: &str| PublicKey::parse(pem.as_bytes(), "it", None).map_err(|e| (e.code, e.message));
    for (pem, said) in [
        (String::new(), "no -----BEGIN line"),
        ("\u{0}".to_owned(), "no -----BEGIN line"),
        (format!("{public}{public}"), "2 keys"),
        (private, "sarsen key public"),
        (public.replace("PUBLIC KEY", "CERTIFICATE"), "openssl x509"),
        (public.replacen("MF", "M*", 1), "is no key file"),
        (format!("{public}more"), "is no key file"),
        (spki(&botan), "neither Ed25519 nor SM2"),
        (spki(&p256), "neither Ed25519 nor SM2"),
        (spki(&[sm2_algorithm, &twisted].concat()), "neither Ed25519 nor SM2"),
        (spki(&[sm2_algorithm, &point, "00"].concat()), "neither Ed25519 nor SM2"),
        (super::pem::write("PUBLIC KEY", &sequence(&small), None).to_string(), "small order"),
        ("-----BEGIN PUBLIC KEY-----\n".to_owned() + &"A".repeat(70_000), "a few hundred"),
    ] {
        let (code, message) = read(&pem).unwrap_err();
        assert!(code == Code::KeyInvalid && message.contains(said), "{pem}: {message}");
    }
    assert!(read(&spki(&[sm2_algorithm, &point].concat())).is_ok());
    assert_eq!(PublicKey::parse(&[0xff; 9], "it", None).unwrap_err().code, Code::KeyInvalid);

    let secret = |label: &'static str| super::pem::write(label, &bytes(&["3000"]), None).to_string();
    let read = |pem: &str| match SecretKey::parse(pem.as_bytes(), "it", None) {
        Ok(_) => panic!("it is read"),
        Err(error) => error.message,
    };
    assert!(read(&secret("ENCRYPTED PRIVATE KEY")).contains("decrypt it"));
    assert!(read(&secret("EC PRIVATE KEY")).contains("openssl pkcs8"));
    assert!(read(&public).contains("public key"));
    assert!(read(&secret("PRIVATE KEY")).contains("neither"));
    assert!(read(&pkcs8(&"00".repeat(32))).contains("neither"));
    // The public half of somebody else.
    let body =
        |key: &SecretKey| der::pem::decode_vec(&key.pem().as_bytes()[b"identity: a\n".len()..]).unwrap().1;
    let (mut mixed, other) = (body(&sm2), body(&SecretKey::generate(Algorithm::Sm2, Some("a")).unwrap()));
    let half = mixed.len() - 65;
    mixed[half..].copy_from_slice(&other[half..]);
    assert!(read(&super::pem::write("PRIVATE KEY", &mixed, Some("a"))).contains("own public key"));
}
