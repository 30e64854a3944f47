//! `sarsen attest`

use std::io::{self, Write};
use std::path::PathBuf;

use super::keys::Signers;
use crate::attest::refusal::Refusal;
use crate::attest::trust::Trust;
use crate::envelope::{Envelope, IN_TOTO};
use crate::error::Error;
use crate::exit::Exit;
use crate::rebuild::{self, Depth, Order};
use crate::report;
use crate::statement::rebuild::{Builder, Outcome};
use crate::statement::{Rebuild, Statement, slsa};

/// Build a flake output, or build it again, and sign a statement about what came of it
#[derive(clap::Args)]
pub struct Arguments {
    /// FLAKE#ATTRIBUTE, such as .#arm64
    #[arg(value_name = "INSTALLABLE")]
    installable: String,
    #[command(flatten)]
    signers: Signers,
    /// This builder, as a URI
    #[arg(long, value_name = "URI")]
    builder: String,
    /// Who answers for this builder
    #[arg(long, value_name = "NAME")]
    organisation: String,
    /// Where others find the source
    #[arg(long, value_name = "URI")]
    source_uri: Option<String>,
    /// The bundle that the statements are added to
    #[arg(short, long, value_name = "BUNDLE")]
    output: PathBuf,
    /// Build again with every dependency, in a new store that holds sources and downloads only, and compare
    #[arg(long)]
    rebuild: bool,
    /// With --rebuild, take dependencies that this machine had from others as they are; the statement says which
    #[arg(long, requires = "rebuild")]
    keep_substituted: bool,
    /// What the output should be: an output folder, or a bundle of others' statements, as which every file is read
    #[arg(long, value_name = "PATH")]
    expect: Option<PathBuf>,
    /// The trust store, a TOML file: whose statements in that bundle are believed
    #[arg(long, value_name = "FILE", requires = "expect")]
    trust: Option<PathBuf>,
}

pub fn run(arguments: &Arguments, out: &mut dyn Write) -> io::Result<Exit> {
    match attest(arguments) {
        Ok(statement) => {
            report::stated::stated(out, &statement, &arguments.output)?;
            Ok(match statement.predicate.verdict.result {
                Outcome::Produced | Outcome::Matches => Exit::Ok,
                Outcome::Differs => Exit::Disputed,
                Outcome::Failed | Outcome::NotBuilt => Exit::Helper,
            })
        }
        Err(refusal) => Ok(super::all_refused(&refusal)),
    }
}

fn attest(arguments: &Arguments) -> Result<Statement<Rebuild>, Refusal> {
    // A build takes hours; that a key or the bundle cannot be used is said before.
    let signers = arguments.signers.open()?;
    rebuild::written(&arguments.output)?;
    let builder = Builder {
        id: arguments.builder.clone(),
        organisation: arguments.organisation.clone(),
        keys: signers.iter().map(|signer| signer.public().id()).collect(),
    };
    let depth = if arguments.keep_substituted { Depth::ButSubstituted } else { Depth::Everything };
    let trust = arguments.trust.as_deref().map(Trust::load).transpose()?;
    let order = Order {
        installable: &arguments.installable,
        builder,
        uri: arguments.source_uri.as_deref(),
        rebuild: arguments.rebuild.then_some(depth),
        expected: arguments.expect.as_deref(),
        trust: trust.as_ref(),
    };
    let statement = rebuild::state(order, &mut |line| super::say(format_args!("{line}")))?;
    let signed = |payload: Vec<u8>| {
        let mut envelope = Envelope::new(IN_TOTO, payload);
        signers.iter().try_for_each(|signer| envelope.sign(signer.as_ref())).map(|()| envelope)
    };
    let run = &statement.predicate.run.invocation_id;
    let mut payloads = vec![statement.to_json()];
    payloads.extend(slsa::view(&statement).map(|view| view.to_json()));
    let envelopes: Result<Vec<Envelope>, Error> = payloads.into_iter().map(signed).collect();
    let envelopes =
        envelopes.map_err(|error| rebuild::unsigned(&arguments.output, &statement.to_json(), run, &error))?;
    rebuild::add(&arguments.output, &envelopes, run)?;
    Ok(statement)
}
