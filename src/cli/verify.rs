//! `sarsen verify`

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::envelope;
use crate::error::{Code, Error};
use crate::exit::Exit;
use crate::key::{self, Algorithm, PublicKey, USUAL_IDENTITY};
use crate::report::verify::{self as report, Verdict};
use crate::visible::shown;
use crate::{input, output};

/// Verify the signature of a file, or those in an envelope (DSSE)
///
/// Files may have any size; envelopes of up to 64 MiB are read into memory. A private key is refused: whoever verifies
/// should not hold it.
#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("signed").args(["signature", "envelope"]).required(true).multiple(true))]
pub struct Arguments {
    // clap takes no notice of `requires` where what is required conflicts with something that is there: each option that
    // is for envelopes, or for signatures, conflicts with the other itself.
    /// A public key in PEM; may be given again for an envelope
    #[arg(long = "key", value_name = "FILE", required = true)]
    keys: Vec<PathBuf>,
    /// The identity of SM2 keys whose files do not name it
    #[arg(long, value_name = "ID")]
    identity: Option<String>,
    /// The signature of FILE
    #[arg(long, value_name = "SIG", conflicts_with = "envelope", requires = "file")]
    signature: Option<PathBuf>,
    /// That signature is of SM2, as the 64 bytes r and s instead of DER
    #[arg(long, requires = "signature", conflicts_with = "envelope")]
    raw: bool,
    /// The envelope
    #[arg(long, value_name = "FILE", conflicts_with = "file")]
    envelope: Option<PathBuf>,
    /// How many of the keys must have signed the envelope; keys with the same bytes are one [default: all]
    #[arg(long, value_name = "N", requires = "envelope", conflicts_with = "signature")]
    threshold: Option<usize>,
    /// What the envelope must hold
    #[arg(long, value_name = "TYPE", requires = "envelope", conflicts_with = "signature")]
    payload_type: Option<String>,
    /// Where to write the bytes that the envelope's signatures cover, once they are verified
    #[arg(
        short,
        long,
        value_name = "OUT",
        requires = "envelope",
        requires = "payload_type",
        conflicts_with = "signature"
    )]
    output: Option<PathBuf>,
    /// Lines for people, or one JSON document (sarsen.verify/1)
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
    /// The file that was signed
    #[arg(value_name = "FILE", requires = "signature")]
    file: Option<PathBuf>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    Human,
    Json,
}

pub fn run(arguments: &Arguments, out: &mut dyn Write) -> io::Result<Exit> {
    let done =
        keys(arguments).and_then(|keys| match (&arguments.file, &arguments.signature, &arguments.envelope) {
            (Some(file), Some(signature), _) => detached(arguments, &keys, file, signature),
            (_, _, Some(envelope)) => enveloped(arguments, keys, envelope),
            _ => unreachable!("the arguments demand one of them"),
        });
    let (verdict, exit) = match done {
        Ok(done) => done,
        Err(error) => return Ok(super::refused(&error)),
    };
    match arguments.format {
        Format::Human => report::human(out, &verdict)?,
        Format::Json => report::json(out, &verdict)?,
    }
    Ok(exit)
}

/// The keys, each once.
fn keys(arguments: &Arguments) -> Result<Vec<PublicKey>, Error> {
    let identity = arguments.identity.as_deref();
    let mut keys: Vec<PublicKey> = Vec::new();
    for path in &arguments.keys {
        let key = super::keys::read(path, identity)?.into_public(&shown(path))?;
        match keys.iter().find(|other| other.bytes() == key.bytes()) {
            Some(other) if *other != key => {
                return Err(Error::new(
                    Code::KeyIdentity,
                    format!(
                        "{} is a key that was given before, with another identity: it is one signer",
                        shown(path)
                    ),
                ));
            }
            Some(_) => {}
            None => keys.push(key),
        }
    }
    super::keys::identity_is_used(identity, keys.iter())?;
    Ok(keys)
}

fn detached(
    arguments: &Arguments,
    keys: &[PublicKey],
    file: &Path,
    signature: &Path,
) -> Result<(Verdict, Exit), Error> {
    let [key] = keys else {
        return Err(Error::new(
            Code::KeyKind,
            format!("{} keys are given for one signature, which is of one key", keys.len()),
        ));
    };
    let bytes = input::whole(signature)?;
    if arguments.raw && key.algorithm() != Algorithm::Sm2 {
        let why = "--raw is for signatures of SM2: those of Ed25519 are 64 bytes in any case";
        return Err(Error::new(Code::KeyKind, why));
    }
    let der = if arguments.raw {
        key::signature::from_raw(&bytes).map(|raw| key::signature::to_der(&raw))
    } else {
        Ok(bytes.clone())
    };
    let exit = match der.and_then(|der| judge(arguments, key, file, &der)) {
        Ok(()) => Exit::Ok,
        Err(error) if matches!(error.code, Code::SignatureMalformed | Code::SignatureWrong) => {
            let advice = match error.code {
                Code::SignatureMalformed => key::advice(key.algorithm(), arguments.raw, &bytes),
                _ => None,
            };
            let advice = advice.map(|advice| format!("; {advice}")).unwrap_or_default();
            let message = format!("{} of {}: {}{advice}", shown(signature), shown(file), error.message);
            super::refused(&Error::new(error.code, message))
        }
        Err(error) => return Err(error),
    };
    let keys = vec![(key.clone(), exit == Exit::Ok)];
    let verdict = Verdict { file: shown(file), payload_type: None, wanted_type: None, threshold: 1, keys };
    Ok((verdict, exit))
}

/// As [`key::verify_file`]; if the signature does not fit the key's identity, the error says which common one it fits.
fn judge(arguments: &Arguments, key: &PublicKey, file: &Path, signature: &[u8]) -> Result<(), Error> {
    let wrong = match key::verify_file(key, file, signature) {
        Err(error) if error.code == Code::SignatureWrong => error,
        result => return result,
    };
    let fits = |identity: &&str| {
        let other = key.under(identity).and_then(|other| key::verify_file(&other, file, signature));
        key.identity().is_some_and(|own| own != *identity) && other.is_ok()
    };
    let next = match ["", USUAL_IDENTITY].into_iter().find(fits) {
        None => return Err(wrong),
        Some("") => "the empty identity, with which OpenSSL before 4.0 signs where no distid is given: let it be signed as \
                     in `openssl dgst -sm3 -sign KEY -sigopt distid:ID -out NEW FILE` (pkeyutl: -pkeyopt distid:ID), \
                     where ID is the identity above"
            .into(),
        Some(usual) => {
            // What the key's file says cannot be overruled.
            let is_own = arguments.keys.first().is_some_and(|path| key::file::read(path, None).is_ok());
            let change = if is_own {
                format!("let the key's file say so, as by `sed 's/^identity:.*/identity: {usual}/' KEY > NEW`")
            } else {
                format!("give --identity {usual}")
            };
            format!("the identity {usual:?}, with which programs sign where none is named: if it is the signer's, {change}")
        }
    };
    Err(Error::new(wrong.code, format!("{}; it fits {next}", wrong.message)))
}

fn enveloped(arguments: &Arguments, keys: Vec<PublicKey>, path: &Path) -> Result<(Verdict, Exit), Error> {
    let threshold = arguments.threshold.unwrap_or(keys.len());
    if threshold == 0 || threshold > keys.len() {
        return Err(Error::new(
            Code::ThresholdInvalid,
            format!(
                "the threshold {threshold} is not from 1 to {}, the number of different keys",
                keys.len()
            ),
        ));
    }
    if let Some(output) = &arguments.output {
        let keys = arguments.keys.iter().map(PathBuf::as_path);
        output::is_not_input(output, keys.chain([path]))?;
    }
    let envelope = envelope::file(path)?;
    let signed = envelope.signers(&keys.iter().collect::<Vec<_>>());
    let verdict = Verdict {
        file: shown(path),
        payload_type: Some(envelope.payload_type.clone()),
        wanted_type: arguments.payload_type.clone(),
        threshold,
        keys: keys.into_iter().enumerate().map(|(place, key)| (key, signed.contains(&place))).collect(),
    };
    let exit = match signed.len() {
        0 => Exit::Forged,
        count if count < threshold => Exit::Failed,
        _ if !verdict.is_verified() => {
            super::say(format_args!(
                "{} is signed as {:?}, and {:?} is asked for: it is not read as something else",
                shown(path),
                envelope.payload_type,
                arguments.payload_type.as_deref().unwrap_or_default()
            ));
            Exit::Failed
        }
        _ => {
            if let Some(output) = &arguments.output {
                output::replace(output, &envelope.payload, 0o644)?;
            }
            Exit::Ok
        }
    };
    Ok((verdict, exit))
}
