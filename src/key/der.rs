//! The structures that hold keys, in DER: PrivateKeyInfo (PKCS#8, RFC 5958) and SubjectPublicKeyInfo (RFC 5280, 4.1), with
//! the contents that RFC 5480 and RFC 5915 name for elliptic curves and RFC 8410 for Ed25519.

use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier, OctetStringRef};
use der::{Decode, Encode, Tag, Tagged};
use pkcs8::PrivateKeyInfo;
use pkcs8::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};
use sec1::{EcParameters, EcPrivateKey};
use zeroize::Zeroizing;

use super::{Algorithm, foreign};
use crate::error::{Code, Error};

/// id-ecPublicKey, RFC 5480.
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// The curve of GB/T 32918.5, by GM/T 0006.
pub const SM2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.301");
/// SM2 as a way to sign, by GM/T 0006: not what a key is marked with.
const SM2_SIGNATURE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.301.1");
/// id-Ed25519, RFC 8410.
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// What a PrivateKeyInfo holds.
pub struct Parts<'a> {
    pub algorithm: Algorithm,
    /// The seed of Ed25519 or the number of SM2.
    pub secret: Zeroizing<[u8; 32]>,
    /// The public key, which may be left out.
    pub public: Option<&'a [u8]>,
}

/// The SubjectPublicKeyInfo of a key's bytes.
pub fn write_public(algorithm: Algorithm, bytes: &[u8]) -> Vec<u8> {
    let bits = BitStringRef::from_bytes(bytes).expect("a key is short");
    let info = SubjectPublicKeyInfoRef { algorithm: identifier(algorithm), subject_public_key: bits };
    std::mem::take(&mut encode(&info))
}

/// The PrivateKeyInfo, version 1, of a key's 32 secret bytes; that of SM2 with its public key, which others ask for.
pub fn write_secret(algorithm: Algorithm, secret: &[u8; 32], public: &[u8]) -> Zeroizing<Vec<u8>> {
    let key = match algorithm {
        Algorithm::Ed25519 => encode(&OctetStringRef::new(secret).expect("a key is short")),
        Algorithm::Sm2 => {
            encode(&EcPrivateKey { private_key: secret, parameters: None, public_key: Some(public) })
        }
    };
    encode(&PrivateKeyInfo::new(identifier(algorithm), &key))
}

/// As OpenSSL writes it.
fn identifier(algorithm: Algorithm) -> AlgorithmIdentifierRef<'static> {
    match algorithm {
        Algorithm::Ed25519 => AlgorithmIdentifierRef { oid: ED25519, parameters: None },
        Algorithm::Sm2 => AlgorithmIdentifierRef { oid: EC, parameters: Some(AnyRef::from(&SM2)) },
    }
}

/// `value` in one allocation of the final size, so that no copy is left behind by growth.
fn encode(value: &impl Encode) -> Zeroizing<Vec<u8>> {
    let length = value.encoded_len().and_then(usize::try_from).expect("a key is short");
    let mut der = Zeroizing::new(vec![0; length]);
    value.encode_to_slice(&mut der).expect("it is as long as it says");
    der
}

/// The algorithm and the bytes of the key in a SubjectPublicKeyInfo.
///
/// # Errors
/// `key-invalid` if it is none in strict DER, `key-unsupported` for a key of another algorithm.
pub fn read_public<'a>(info: &'a [u8], name: &str) -> Result<(Algorithm, &'a [u8]), Error> {
    let info = SubjectPublicKeyInfoRef::from_der(info)
        .map_err(|error| invalid(name, "SubjectPublicKeyInfo", error, &foreign::expected(info, true)))?;
    let algorithm = algorithm(&info.algorithm, name, true)?;
    let Some(bytes) = info.subject_public_key.as_bytes() else {
        return Err(Error::new(Code::KeyInvalid, format!("{name} holds a key that ends within a byte")));
    };
    Ok((algorithm, bytes))
}

/// What is in a PrivateKeyInfo.
///
/// # Errors
/// As [`read_public`].
pub fn read_secret<'a>(info: &'a [u8], name: &str) -> Result<Parts<'a>, Error> {
    let info = PrivateKeyInfo::from_der(info)
        .map_err(|error| invalid(name, "PrivateKeyInfo", error, &foreign::expected(info, false)))?;
    let algorithm = algorithm(&info.algorithm, name, false)?;
    let again =
        "`openssl pkey -in FILE -out NEW` writes it again if OpenSSL can read it, or else it is damaged";
    let (secret, public) = match algorithm {
        Algorithm::Ed25519 => {
            let secret = OctetStringRef::from_der(info.private_key)
                .map_err(|error| invalid(name, "CurvePrivateKey", error, again))?;
            (secret.as_bytes(), info.public_key)
        }
        Algorithm::Sm2 => {
            let key = EcPrivateKey::from_der(info.private_key)
                .map_err(|error| invalid(name, "ECPrivateKey", error, again))?;
            if let Some(EcParameters::NamedCurve(curve)) = key.parameters {
                same_curve(curve, name)?;
            }
            if let (Some(_), Some(_)) = (key.public_key, info.public_key) {
                let why = format!("{name} holds its public key twice: which is meant must not be a guess");
                return Err(Error::new(Code::KeyInvalid, why));
            }
            (key.private_key, key.public_key.or(info.public_key))
        }
    };
    let mut bytes = Zeroizing::new([0; 32]);
    if secret.len() != bytes.len() {
        let zeros = secret.iter().take_while(|byte| **byte == 0).count();
        let next = match (algorithm, secret.len() - zeros) {
            (Algorithm::Sm2, 1..=32) => "`openssl pkey -in FILE -out NEW` writes it with 32",
            _ => "it is damaged",
        };
        let why =
            format!("{name} holds {} secret bytes, and a key of {algorithm} has 32: {next}", secret.len());
        return Err(Error::new(Code::KeyInvalid, why));
    }
    bytes.copy_from_slice(secret);
    Ok(Parts { algorithm, secret: bytes, public })
}

fn invalid(name: &str, what: &str, error: der::Error, next: &str) -> Error {
    Error::new(Code::KeyInvalid, format!("{name} holds no {what} in DER ({error}): {next}"))
}

/// Which algorithm is meant, of a public or a private key.
fn algorithm(identifier: &AlgorithmIdentifierRef, name: &str, is_public: bool) -> Result<Algorithm, Error> {
    let unsupported = |why: String| Err(Error::new(Code::KeyUnsupported, format!("{name} {why}")));
    let curve = identifier.parameters.map(AnyRef::decode_as::<ObjectIdentifier>);
    // Of what OpenSSL does not read.
    let other_wrapping = || {
        if is_public {
            format!("{} writes it so", foreign::point())
        } else {
            "`sarsen key generate --algorithm sm2 --identity ID -o NEW` makes a new one".into()
        }
    };
    match identifier.oid {
        ED25519 if identifier.parameters.is_none() => Ok(Algorithm::Ed25519),
        ED25519 => Err(Error::new(
            Code::KeyInvalid,
            format!("{name} gives parameters to Ed25519, which has none (RFC 8410, section 3)"),
        )),
        EC => match (curve, identifier.parameters) {
            (Some(Ok(curve)), _) => same_curve(curve, name).map(|()| Algorithm::Sm2),
            (_, Some(parameters)) if parameters.tag() == Tag::Sequence => unsupported(
                if is_public { foreign::EXPLICIT_PUBLIC } else { foreign::EXPLICIT_SECRET }.into(),
            ),
            _ => unsupported("is a key on no named curve: which is meant must not be a guess".into()),
        },
        SM2 if curve == Some(Ok(SM2)) => {
            let option = if is_public { " -pubin" } else { "" };
            unsupported(format!(
                "is marked with SM2's curve {SM2} where its algorithm {EC} belongs: `openssl pkey{option} -in FILE \
                 -out NEW` writes it so"
            ))
        }
        SM2 => unsupported(format!(
            "is marked with SM2's curve {SM2} where its algorithm {EC} belongs, with the curve behind it: {}",
            other_wrapping()
        )),
        SM2_SIGNATURE => unsupported(format!(
            "is marked with the algorithm {SM2_SIGNATURE}, as Botan does: OpenSSL and others read SM2 keys that are marked \
             {EC} on the curve {SM2}; {}",
            other_wrapping()
        )),
        other => {
            unsupported(format!("is a key of the algorithm {other}{}: {}", known(other), foreign::NEW_KEY))
        }
    }
}

/// The name of an algorithm that people know by one.
fn known(algorithm: ObjectIdentifier) -> &'static str {
    match algorithm.to_string().as_str() {
        "1.2.840.113549.1.1.1" => " (RSA)",
        "1.3.101.110" => " (X25519, which does not sign)",
        "1.3.101.113" => " (Ed448)",
        _ => "",
    }
}

fn same_curve(curve: ObjectIdentifier, name: &str) -> Result<(), Error> {
    if curve == SM2 {
        return Ok(());
    }
    Err(Error::new(
        Code::KeyUnsupported,
        format!("{name} is a key on the curve {curve}, and SM2 has another ({SM2}): {}", foreign::NEW_KEY),
    ))
}
