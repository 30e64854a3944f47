//! `sarsen bundle`

use std::io::{self, Write};
use std::path::PathBuf;

use super::verify_attestation::Format;
use crate::attest::listing::{Listing, list};
use crate::attest::refusal::{Problems, Refusal};
use crate::attest::trust::Trust;
use crate::exit::Exit;
use crate::report::attest;
use crate::statement::bundle::Bundle;

/// List what the lines of a bundle state; nothing is judged
#[derive(clap::Args)]
pub struct Arguments {
    /// The trust store, a TOML file: say which of its keys signed each line, and read no other line
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
    /// Text for people, or one JSON document (sarsen.bundle/1)
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
    /// The statements: DSSE envelopes, one a line
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,
}

pub fn run(arguments: &Arguments, out: &mut dyn Write) -> io::Result<Exit> {
    let listing = match read(arguments) {
        Ok(listing) => listing,
        Err(refusal) => return Ok(super::all_refused(&refusal)),
    };
    listing.problems.iter().for_each(|problem| super::say(format_args!("{problem}")));
    match arguments.format {
        Format::Human => attest::bundle::human(out, &listing)?,
        Format::Json => attest::bundle::json(out, &listing)?,
    }
    Ok(listing.exit())
}

fn read(arguments: &Arguments) -> Result<Listing, Refusal> {
    let mut problems = Problems::default();
    let trust = problems.keep(arguments.trust.as_deref().map(Trust::load).transpose());
    let bundle = problems.keep(Bundle::load(&arguments.bundle));
    let (trust, bundle) = problems.end(trust.zip(bundle))?;
    Ok(list(&bundle, trust.as_ref()))
}
