//! What people give as a key that is none here: what it is, and the command that makes a key of it.
//!
//! In commands FILE stands for what was given and NEW for what is made of it. tests/signatures/foreign.rs runs them.

mod der;
mod pem;
mod signature;
mod text;

pub use der::{expected, point};
pub use pem::{block, encrypted, several};
pub use signature::advice;
pub use text::{bytes, words};

/// What helps where a key of another algorithm is given, in place of a command that makes one of the two of it.
pub const NEW_KEY: &str =
    "keys are Ed25519 or SM2, and `sarsen key generate --algorithm ed25519 -o NEW` makes one";

/// What names the curve of a private key that describes it by numbers, in PKCS#8 or in the form of SEC 1.
pub const EXPLICIT_SECRET: &str = "describes its curve by numbers: `openssl ec -in FILE -param_enc named_curve | \
                                   openssl pkcs8 -topk8 -nocrypt -out NEW` writes it with a named curve";
/// The same of a public key.
pub const EXPLICIT_PUBLIC: &str = "describes its curve by numbers: `openssl ec -pubin -in FILE -param_enc named_curve \
                                   -out NEW` writes it with a named curve";

/// The beginning of an Ed25519 key before its 32 bytes, as printf(1) writes it: a SubjectPublicKeyInfo (RFC 8410).
const PUBLIC: &str = r"printf '\060\052\060\005\006\003\053\145\160\003\041\000'";
/// The same of a PrivateKeyInfo.
const SECRET: &str = r"printf '\060\056\002\001\000\060\005\006\003\053\145\160\004\042\004\040'";
/// The same of an SM2 key, before the 65 bytes of its point.
const POINT: &str = concat!(
    r"printf '\060\131\060\023\006\007\052\206\110\316\075\002\001\006\010",
    r"\052\201\034\317\125\001\202\055\003\102\000'"
);

/// The command that writes a public key of `start` and what `rest` prints.
fn public(start: &str, rest: &str) -> String {
    format!("`{{ {start}; {rest}; }} | openssl pkey -inform DER -pubin -out NEW`")
}

/// The command that writes an Ed25519 private key of the 32 bytes that `rest` prints.
fn secret(rest: &str) -> String {
    format!("`{{ {SECRET}; {rest}; }} | openssl pkey -inform DER -out NEW`")
}
