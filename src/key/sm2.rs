//! SM2 signatures (GB/T 32918.2) over SM3, on the curve of GB/T 32918.5.

use std::hint::black_box;
use std::sync::Arc;

pub use sm2::dsa::Signature;
use sm2::dsa::signature::hazmat::{PrehashSigner, PrehashVerifier};
use sm2::dsa::{SigningKey, VerifyingKey};
use sm2::elliptic_curve::Group;
use sm2::elliptic_curve::ops::Reduce;
use sm2::elliptic_curve::sec1::ToEncodedPoint;
use sm2::{NonZeroScalar, ProjectivePoint, Scalar, U256};
use sm3::{Digest, Sm3};
use zeroize::Zeroizing;

use super::signature;
use crate::error::{Code, Error};

/// a, b and the base point's coordinates, which the identity is hashed with (GB/T 32918.5).
const CURVE: [u8; 128] = curve([
    0xfffffffeffffffffffffffffffffffff,
    0xffffffff00000000fffffffffffffffc,
    0x28e9fa9e9d9f5e344d5a9e4bcf6509a7,
    0xf39789f515ab8f92ddbcbd414d940e93,
    0x32c4ae2c1f1981195f9904466a39c994,
    0x8fe30bbff2660be1715a4589334c74c7,
    0xbc3736a2f4f6779c59bdcee36b692153,
    0xd0a9877cc62a474002df32e52139f0a0,
]);

const fn curve(words: [u128; 8]) -> [u8; 128] {
    let mut bytes = [0; 128];
    let mut at = 0;
    while at < 128 {
        bytes[at] = (words[at / 16] >> (120 - at % 16 * 8)) as u8;
        at += 1;
    }
    bytes
}

/// A key that verifies, shared by its copies.
#[derive(Clone)]
pub struct Public(Arc<Shared>);

struct Shared {
    bytes: [u8; 65],
    identity: String,
    /// Z, the hash of the identity and the key.
    hash: [u8; 32],
    key: VerifyingKey,
}

impl Public {
    /// # Errors
    /// `key-invalid` if `bytes` are no uncompressed point of the curve, `key-unsupported` if they are a compressed one.
    pub fn new(bytes: &[u8], name: &str, identity: &str) -> Result<Self, Error> {
        let invalid = |why: &str| Error::new(Code::KeyInvalid, format!("{name} {why}"));
        let whole = "`openssl ec -pubin -in FILE -conv_form uncompressed -out NEW` writes it in full";
        match bytes {
            [0x02 | 0x03, ..] => {
                let why = "holds a compressed point, so that one key would have two spellings";
                return Err(Error::new(Code::KeyUnsupported, format!("{name} {why}: {whole}")));
            }
            [0x06 | 0x07, ..] if bytes.len() == 65 => {
                return Err(invalid(&format!(
                    "holds a hybrid point, and an SM2 key has 65 bytes of which the first is 04: {whole}"
                )));
            }
            _ => {}
        }
        let Some(bytes) = <[u8; 65]>::try_from(bytes).ok().filter(|bytes| bytes[0] == 0x04) else {
            return Err(invalid(&format!(
                "has {} bytes, and an SM2 key has 65, of which the first is 04",
                bytes.len()
            )));
        };
        let key = VerifyingKey::from_sec1_bytes(identity, &bytes)
            .map_err(|_| invalid("is no point of the curve of SM2: no signature verifies with it"))?;
        let hash = Sm3::new()
            .chain_update((identity.len() as u16 * 8).to_be_bytes())
            .chain_update(identity)
            .chain_update(CURVE)
            .chain_update(&bytes[1..])
            .finalize()
            .into();
        Ok(Self(Arc::new(Shared { bytes, identity: identity.into(), hash, key })))
    }

    pub fn identity(&self) -> &str {
        &self.0.identity
    }

    pub fn bytes(&self) -> &[u8; 65] {
        &self.0.bytes
    }

    /// The beginning of SM3(Z ‖ message).
    pub fn hasher(&self) -> Sm3 {
        Sm3::new().chain_update(self.0.hash)
    }

    /// The signature that is spelled so; none if no message fits.
    ///
    /// # Errors
    /// `signature-malformed`.
    pub fn signature(der: &[u8]) -> Result<Option<Signature>, Error> {
        signature::from_der(der).map(|raw| Signature::from_bytes(&raw).ok())
    }

    /// GB/T 32918.2, 7.1, from step B4 on, as the crate judges, but for the point at infinity, which has no x of step B6.
    /// The crate says 0, so that it accepts signatures with r = e, made with the nonce 0: then the point is looked at.
    pub fn fits(&self, prehash: &[u8; 32], signature: &Signature) -> bool {
        let (r, s) = signature.split_scalars();
        let sum =
            || ProjectivePoint::GENERATOR * *s + ProjectivePoint::from(*self.0.key.as_affine()) * (*r + *s);
        let e = <Scalar as Reduce<U256>>::reduce_bytes(prehash.into());
        self.0.key.verify_prehash(prehash, signature).is_ok() && (*r != e || !bool::from(sum().is_identity()))
    }
}

/// A key that signs. In a box, so that moving it leaves no copies.
pub struct Secret(Box<SigningKey>);

impl Secret {
    /// # Errors
    /// `key-invalid` if the number is not from 1 to n - 2 (GB/T 32918.1, 6.1).
    pub fn new(number: &[u8; 32], name: &str, identity: &str) -> Result<(Self, Public), Error> {
        let invalid = || {
            Error::new(
                Code::KeyInvalid,
                format!("{name} holds a number that is no SM2 key: one is from 1 to n - 2"),
            )
        };
        let secret = Self(Box::new(SigningKey::from_slice(identity, number).map_err(|_| invalid())?));
        // n - 1 is below the order, but signing divides by the number plus 1.
        if *secret.0.as_nonzero_scalar().as_ref() == -Scalar::ONE {
            return Err(invalid());
        }
        let point = secret.0.verifying_key().to_encoded_point(false);
        let public = Public::new(point.as_bytes(), name, identity)?;
        Ok((secret, public))
    }

    pub fn bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes().into())
    }

    /// The signature in DER, with the nonce of RFC 6979: it needs no random bytes, and the same message yields the same.
    pub fn sign(&self, prehash: &[u8; 32]) -> Result<Vec<u8>, Error> {
        let signature: Signature = self.0.sign_prehash(prehash).map_err(|_| {
            Error::new(
                Code::SignatureFailed,
                "the SM2 key yields no signature for these bytes, which happens to one message in 2^256: sign other bytes",
            )
        })?;
        Ok(signature::to_der(&signature.to_bytes()))
    }
}

impl Drop for Secret {
    /// The crate leaves the number in memory; another key is written over it.
    fn drop(&mut self) {
        let one = NonZeroScalar::from_uint(U256::ONE).expect("1 is below the order");
        *self.0 = SigningKey::from_nonzero_scalar("", one).expect("1 is a key");
        // Without a reader the compiler may leave the write out.
        black_box(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use sm2::elliptic_curve::point::AffineCoordinates;

    use super::*;

    const KEYS: usize = 5;

    /// The oracle is the standard's text, step by step (GB/T 32918.2, 7.1).
    fn fits(public: &Public, prehash: &[u8; 32], signature: &Signature) -> bool {
        let (r, s) = signature.split_scalars();
        let t = *r + *s;
        let key = ProjectivePoint::from(*public.0.key.as_affine());
        let point = ProjectivePoint::GENERATOR * *s + key * t;
        let number = |bytes| <Scalar as Reduce<U256>>::reduce_bytes(bytes);
        !bool::from(t.is_zero() | point.is_identity())
            && *r == number(prehash.into()) + number(&point.to_affine().x())
    }

    /// Over right signatures and over such with one bit changed.
    #[test]
    fn signatures_are_judged_as_the_standard_judges_them() {
        let mut seed = [0; 32];
        let mut draw = || {
            seed = Sm3::digest(seed).into();
            seed
        };
        let (mut right, mut wrong) = (0, 0);
        for _ in 0..KEYS {
            let (secret, public) = Secret::new(&draw(), "key", "identity").unwrap();
            for _ in 0..20 {
                let mut prehash = draw();
                let mut raw = signature::from_der(&secret.sign(&prehash).unwrap()).unwrap();
                for change in [false, true] {
                    if change {
                        let at = usize::from(u16::from_be_bytes([draw()[0], draw()[1]])) % (96 * 8);
                        match raw.get_mut(at / 8) {
                            Some(byte) => *byte ^= 1 << (at % 8),
                            None => prehash[at / 8 - 64] ^= 1 << (at % 8),
                        }
                    }
                    let Ok(signature) = Signature::from_bytes(&raw) else { continue };
                    let judged = public.fits(&prehash, &signature);
                    assert_eq!(judged, fits(&public, &prehash, &signature), "{raw:x?}");
                    *if judged { &mut right } else { &mut wrong } += 1;
                }
            }
        }
        assert_eq!(right, KEYS * 20);
        assert!(wrong > KEYS * 18, "{wrong}");
    }

    #[test]
    fn numbers_that_add_up_to_the_order_are_refused() {
        let (_, public) = Secret::new(&[7; 32], "key", "").unwrap();
        let raw: Vec<u8> =
            [Scalar::from(5u64), -Scalar::from(5u64)].iter().flat_map(|n| n.to_bytes()).collect();
        assert!(!public.fits(&[0; 32], &Signature::from_slice(&raw).unwrap()));
    }

    /// Made with the nonce 0 by who has the key of GM/T 0003.5, for its message: r = e and s = -r d / (1 + d), so that
    /// s G + (r + s) P is the point at infinity.
    #[test]
    fn a_signature_without_a_nonce_is_refused() {
        let bytes = |digits: &str| crate::digest::unhex(digits).unwrap();
        let number = bytes("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8");
        let (_, public) = Secret::new(&number.try_into().unwrap(), "key", "1234567812345678").unwrap();
        let r = bytes("f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640");
        let s = bytes("3da760dd7383633800a1adecfe9790f8ee194f453a81b16507c3285b8f170e1b");
        let signature = Signature::from_slice(&[r.as_slice(), &s].concat()).unwrap();
        assert!(!public.fits(&r.try_into().unwrap(), &signature));
    }
}
