//! Structures in DER, told apart by the types of their elements.

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Decode, Reader, SliceReader, Tag, TagNumber, Tagged};

use super::super::der::SM2;
use super::{EXPLICIT_SECRET, NEW_KEY, POINT, public, secret};

/// What holds a key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Public,
    Private,
    Sec1,
    Encrypted,
    Certificate,
    Request,
    Pkcs12,
    Rsa,
}

impl Kind {
    /// Its name, and the command of OpenSSL that reads it from standard input and writes the key in it.
    fn describe(self) -> (&'static str, Option<&'static str>) {
        match self {
            Kind::Public => ("a public key (SubjectPublicKeyInfo)", Some("pkey -inform DER -pubin")),
            Kind::Private => ("a private key (PKCS#8)", Some("pkey -inform DER")),
            Kind::Sec1 => ("a private key in the form of SEC 1", Some("pkey -inform DER")),
            Kind::Encrypted => ("an encrypted private key", Some("pkey -inform DER")),
            Kind::Certificate => ("a certificate", Some("x509 -inform DER -pubkey -noout")),
            Kind::Request => ("a certificate request", Some("req -inform DER -pubkey -noout")),
            Kind::Pkcs12 => ("a PKCS#12 file", Some("pkcs12 -nocerts -nodes")),
            Kind::Rsa => ("a key of RSA", None),
        }
    }

    fn of(bytes: &[u8]) -> Option<Self> {
        let first = Tag::ContextSpecific { constructed: true, number: TagNumber::N0 };
        let elements = elements(bytes)?;
        let tags: Vec<Tag> = elements.iter().map(Tagged::tag).collect();
        Some(match tags.as_slice() {
            [Tag::Sequence, Tag::BitString] => Kind::Public,
            [Tag::Sequence, Tag::OctetString] => Kind::Encrypted,
            [Tag::Integer, Tag::Sequence, Tag::OctetString, ..] => Kind::Private,
            [Tag::Integer, Tag::OctetString, ..] => Kind::Sec1,
            [Tag::Integer, Tag::Sequence] | [Tag::Integer, Tag::Sequence, Tag::Sequence] => Kind::Pkcs12,
            [Tag::Integer, Tag::Integer, ..] => Kind::Rsa,
            [Tag::Sequence, Tag::Sequence, Tag::BitString] => match inside(elements[0])?.first()?.tag() {
                tag if tag == first => Kind::Certificate,
                _ => Kind::Request,
            },
            _ => return None,
        })
    }
}

/// The elements of the SEQUENCE that `bytes` begin with.
fn elements(bytes: &[u8]) -> Option<Vec<AnyRef<'_>>> {
    let outer = AnyRef::decode(&mut SliceReader::new(bytes).ok()?).ok()?;
    if outer.tag() == Tag::Sequence { inside(outer) } else { None }
}

fn inside(outer: AnyRef<'_>) -> Option<Vec<AnyRef<'_>>> {
    let mut reader = SliceReader::new(outer.value()).ok()?;
    let mut elements = Vec::new();
    while !reader.is_finished() {
        elements.push(AnyRef::decode(&mut reader).ok()?);
    }
    Some(elements)
}

/// What the bytes are and what to do, if they hold a key; `input` is how the command gets them.
pub fn raw(bytes: &[u8], input: impl FnOnce(&str) -> String) -> Option<String> {
    let (name, command) = Kind::of(bytes)?.describe();
    Some(match command {
        Some(command) => {
            format!("{name}: `{} -out NEW` writes the key", input(&format!("openssl {command}")))
        }
        None => format!("{name}: {NEW_KEY}"),
    })
}

/// What to do about a block that is not the structure of its label, that of a public key if `is_public`.
pub fn expected(bytes: &[u8], is_public: bool) -> String {
    let (wanted, option) = if is_public { (Kind::Public, " -pubin") } else { (Kind::Private, "") };
    match Kind::of(bytes) {
        Some(kind) if kind != wanted => {
            let decoded = |command: &str| format!("sed '/-----/d' FILE | base64 -d | {command}");
            raw(bytes, decoded).map(|what| format!("under that label is {what}"))
        }
        Some(Kind::Private) if is_ring(bytes) => {
            let rest = "sed '/-----/d' FILE | base64 -d | tail -c +17 | head -c 32";
            Some(format!(
                "it is version 2 as ring before 0.17 wrote it, which OpenSSL 3.5 reads and 3.0 does not; {} mends it with \
                 both",
                secret(rest)
            ))
        }
        _ => None,
    }
    .unwrap_or_else(|| {
        format!(
            "`openssl pkey{option} -in FILE -out NEW` writes it again if OpenSSL can read it, or else it is damaged"
        )
    })
}

/// Whether the public key of an Ed25519 PrivateKeyInfo stands in an explicit `[1]`, where RFC 5958 has an implicit one.
fn is_ring(info: &[u8]) -> bool {
    let tag = Tag::ContextSpecific { constructed: true, number: TagNumber::N1 };
    info.starts_with(b"\x30\x53\x02\x01\x01\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20")
        && elements(info).is_some_and(|elements| elements.last().is_some_and(|last| last.tag() == tag))
}

/// The command that writes an SM2 public key in another wrapping, of which the point is the end.
pub fn point() -> String {
    public(POINT, "sed '/-----/d' FILE | base64 -d | tail -c 65")
}

/// How OpenSSL decrypts the EncryptedPrivateKeyInfo `info`.
pub fn decrypted(info: &[u8]) -> &'static str {
    // hmacWithSM3 (GM/T 0091), of PBKDF2 in the parameters.
    const HMAC_SM3: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.401.3.1");
    let scheme = elements(info).and_then(|elements| inside(*elements.first()?));
    let oid = scheme.as_ref().and_then(|scheme| scheme.first()?.decode_as::<ObjectIdentifier>().ok());
    let is_old = oid.is_some_and(|oid| match oid.to_string().rsplit_once('.') {
        // RFC 8018, appendix A.3, and RFC 7292, appendix C: with DES, RC2 and RC4.
        Some(("1.2.840.113549.1.5", number)) => ["1", "3", "4", "6", "10", "11"].contains(&number),
        Some(("1.2.840.113549.1.12.1", number)) => ["1", "2", "5", "6"].contains(&number),
        _ => false,
    });
    if is_old {
        "`openssl pkey -in FILE -out NEW -provider legacy -provider default` decrypts it"
    } else if info.windows(HMAC_SM3.as_bytes().len()).any(|part| part == HMAC_SM3.as_bytes()) {
        "its scheme has HMAC with SM3: `openssl pkey -in FILE -out NEW` decrypts it with OpenSSL 3.5, not with 3.0"
    } else {
        "`openssl pkey -in FILE -out NEW` decrypts it"
    }
}

/// What to do about the ECPrivateKey `key`, which names its curve, describes it or does neither.
pub fn sec1(key: &[u8]) -> String {
    let parameters = elements(key).and_then(|elements| inside(*elements.get(2)?)?.first().copied());
    let curve = parameters.and_then(|curve| curve.decode_as::<ObjectIdentifier>().ok());
    match curve {
        Some(curve) if curve != SM2 => format!("it is on the curve {curve}: {NEW_KEY}"),
        None if parameters.is_some_and(|curve| curve.tag() == Tag::Sequence) => {
            format!("it {EXPLICIT_SECRET}")
        }
        _ => "`openssl pkcs8 -topk8 -nocrypt -in FILE -out NEW` writes it as PKCS#8".into(),
    }
}
