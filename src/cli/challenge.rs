//! `sarsen challenge`

use std::io::{self, Write};
use std::path::PathBuf;

use super::verify_attestation::Format;
use crate::attest::challenge::{Challenge, challenge};
use crate::attest::refusal::{Problems, Refusal};
use crate::attest::trust::Trust;
use crate::content::Content;
use crate::digest::unhex;
use crate::exit::Exit;
use crate::rebuild::{self, Depth};
use crate::report::attest;
use crate::statement::bundle::Bundle;

/// Compare what this machine has or builds with what others state: identical, differs or inconclusive
#[derive(clap::Args)]
pub struct Arguments {
    /// The trust store, a TOML file: whose statements are compared with
    #[arg(long, value_name = "FILE")]
    trust: PathBuf,
    /// The statements: DSSE envelopes, one a line
    #[arg(long, value_name = "BUNDLE")]
    bundle: PathBuf,
    /// The derivation, by the SHA-256 of its text, where the statements are about several
    #[arg(long, value_name = "SHA256", value_parser = sha256)]
    drv: Option<String>,
    /// A table for people, or one JSON document (sarsen.challenge/1)
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
    /// Build this flake output, FLAKE#ATTRIBUTE such as .#arm64, or take it where it is built, and compare what it holds
    #[arg(long, value_name = "INSTALLABLE", conflicts_with_all = ["path", "drv"])]
    build: Option<String>,
    /// Build it again with every dependency, in a new store that holds sources and downloads only
    // What PATH excludes would not be required beside it.
    #[arg(long, requires = "build", conflicts_with = "path")]
    rebuild: bool,
    /// Files by paths that end as they are stated (bin/app), or under a name that their paths do not have, or the
    /// directory of a whole output
    #[arg(value_name = "[NAME=]FILE|OUTPUT", required_unless_present = "build")]
    path: Vec<PathBuf>,
}

pub fn run(arguments: &Arguments, out: &mut dyn Write) -> io::Result<Exit> {
    let challenge = match compare(arguments) {
        Ok(challenge) => challenge,
        Err(refusal) => return Ok(super::all_refused(&refusal)),
    };
    challenge.problems.iter().for_each(|problem| super::say(format_args!("{problem}")));
    match arguments.format {
        Format::Human => attest::challenge::human(out, &challenge)?,
        Format::Json => attest::challenge::json(out, &challenge)?,
    }
    Ok(challenge.exit())
}

pub fn sha256(text: &str) -> Result<String, String> {
    match unhex(text) {
        Some(bytes) if bytes.len() == 32 => Ok(text.to_owned()),
        _ => Err("a SHA-256 is 64 hexadecimal digits in lower case".into()),
    }
}

fn compare(arguments: &Arguments) -> Result<Challenge, Refusal> {
    let mut problems = Problems::default();
    let trust = problems.keep(Trust::load(&arguments.trust));
    let bundle = problems.keep(Bundle::load(&arguments.bundle));
    let others = trust.zip(bundle);
    let Some(installable) = &arguments.build else {
        let at_hand = problems.keep(Content::given(arguments.path.iter().map(PathBuf::as_path)));
        let ((trust, bundle), at_hand) = problems.end(others.zip(at_hand))?;
        return challenge(&trust, &bundle, &at_hand, arguments.drv.as_deref());
    };
    // A build that has nothing to be compared with is not started.
    let (trust, bundle) = problems.end(others)?;
    let depth = arguments.rebuild.then_some(Depth::Everything);
    let made = rebuild::make(installable, depth, &mut |line| super::say(format_args!("{line}")))?;
    let (content, failed) = match made.content {
        Ok(content) => (content, None),
        Err(reason) => (Content::default(), Some(reason)),
    };
    let challenge = challenge(&trust, &bundle, &content, Some(&made.drv_sha256))?;
    Ok(Challenge { failed, ..challenge })
}
