//! An entry of the trust store, and everything that is wrong with it.

use base64ct::{Base64, Encoding};
use serde::Deserialize;

use super::{Key, Kind, Role};
use crate::attest::spelling::{label, number, shown, unseen};
use crate::error::{Code, Error};
use crate::key::{Algorithm, PublicKey, USUAL_IDENTITY};

/// `[[key]]`
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Entry {
    /// What policies and reports call it.
    pub name: String,
    /// Who answers for it. However many keys an organisation has, it is one opinion.
    pub organisation: String,
    /// The public key as PEM (SPKI, RFC 7468); or `algorithm` and `bytes` instead.
    #[serde(default)]
    pem: Option<String>,
    /// The algorithm of `bytes`.
    #[serde(default)]
    algorithm: Option<Kind>,
    /// The public key in base 64: 32 bytes for Ed25519; 65 for SM2, uncompressed.
    #[serde(default)]
    bytes: Option<String>,
    /// The identity that SM2 signatures of this key are made with. Required for SM2, here or in the PEM's text.
    #[serde(default)]
    identity: Option<String>,
    /// What it may sign.
    roles: Vec<Role>,
    /// Why nothing that it signs counts any more, whenever it was signed.
    #[serde(default)]
    revoked: Option<String>,
}

impl Entry {
    /// The key.
    ///
    /// # Errors
    /// One sentence fragment for each fault.
    pub fn key(self) -> Result<Key, Vec<String>> {
        let called = label(&self.name);
        let mut faults = Vec::new();
        for (what, text) in [("name", &self.name), ("organisation", &self.organisation)] {
            faults.extend(
                nameless(text).map(|why| format!("the {what} {} of key {called} {why}", shown(text))),
            );
        }
        if self.roles.is_empty() {
            faults.push(format!(
                "key {called} has no role, so it may sign nothing: roles = [\"rebuilder\"] lets it sign statements \
                 about builds, [\"release\"] releases"
            ));
        }
        match self.public() {
            Ok(public) if faults.is_empty() => {
                let Self { name, organisation, roles, revoked, .. } = self;
                let id = public.id();
                return Ok(Key { name, organisation, public, roles, revoked, id });
            }
            Ok(_) => {}
            Err(why) => faults.push(format!("key {called} {why}")),
        }
        Err(faults)
    }

    fn public(&self) -> Result<PublicKey, String> {
        let identity = self.identity.as_deref();
        let (public, own) = match (&self.pem, self.algorithm, &self.bytes) {
            (Some(pem), None, None) if pem.contains("PRIVATE KEY-----") => {
                return Err("is a private key, which belongs in no trust store: whoever has read this file can sign in \
                            its name; make a new one, and write into the entry what `sarsen key public` says of it"
                    .into());
            }
            (Some(pem), None, None) => {
                let own = pem.lines().any(|line| line.starts_with("identity:"));
                (PublicKey::parse(pem.as_bytes(), "its pem", identity), own)
            }
            (None, Some(kind), Some(bytes)) => {
                let bytes = Base64::decode_vec(bytes).map_err(|_| {
                    format!(
                        "has bytes that are not base 64 (RFC 4648, section 4, with padding): {}",
                        shown(bytes)
                    )
                })?;
                (PublicKey::from_bytes(kind.into(), &bytes, identity), false)
            }
            _ => return Err("wants either pem, or algorithm and bytes".into()),
        };
        let lacks = identity.is_none() && !own;
        match public {
            Ok(key) if key.algorithm() == Algorithm::Sm2 && key.identity().is_none() => Err(no_identity()),
            Err(Error { code: Code::KeyIdentity, .. }) if lacks => Err(no_identity()),
            Err(Error { code: Code::KeyIdentity, message }) => {
                Err(format!("has a wrong identity: {message}; mend `identity` in its entry, or its pem"))
            }
            Err(error) => Err(format!("cannot be read: {}", error.message)),
            Ok(key) => Ok(key),
        }
    }
}

fn no_identity() -> String {
    format!(
        "is an SM2 key without an identity, which every signature of it covers: add `identity = \"…\"` to its entry; \
         {USUAL_IDENTITY} is the usual one, and its owner knows"
    )
}

/// Why a text is no name.
fn nameless(text: &str) -> Option<String> {
    if text.is_empty() {
        return Some("is empty".into());
    }
    if let Some(letter) = unseen(text) {
        return Some(format!(
            "has {} in it, which nobody sees as it is: two names could look like one; take it out",
            number(Some(letter))
        ));
    }
    (text.trim() != text).then(|| "begins or ends with a space: take that out".into())
}
