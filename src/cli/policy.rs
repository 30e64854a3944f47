//! `sarsen policy`

use std::io::{self, Write};
use std::path::PathBuf;

use crate::attest::draft::policy::{Draft, Order, draft};
use crate::attest::refusal::{Problems, Refusal};
use crate::attest::trust::Trust;
use crate::error::Error;
use crate::exit::Exit;
use crate::statement::bundle::Bundle;
use crate::visible::shown;

/// Make a policy from what trusted keys state in a bundle
#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    Init(Init),
}

/// Make a policy about the recipe that trusted keys state: its builders are those keys, its recipe is their claim
#[derive(clap::Args)]
struct Init {
    /// The trust store, a TOML file: whose key each key is
    #[arg(long, value_name = "FILE")]
    trust: PathBuf,
    /// The statements: DSSE envelopes, one a line
    #[arg(long, value_name = "BUNDLE")]
    bundle: PathBuf,
    /// What reports call the policy [default: the attribute]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// How many organisations must agree [default: all that state the recipe]
    #[arg(long, value_name = "N", allow_negative_numbers = true,
        value_parser = clap::value_parser!(u32).range(1..))]
    threshold: Option<u32>,
    /// The attribute, where the statements are about several
    #[arg(long, value_name = "ATTRIBUTE")]
    attribute: Option<String>,
    /// The derivation, by the SHA-256 of its text, where the statements are about several
    #[arg(long, value_name = "SHA256", value_parser = super::challenge::sha256)]
    drv: Option<String>,
    /// The file; it must not exist [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Arguments {
    pub fn prints_result(&self) -> bool {
        let Command::Init(Init { output, .. }) = &self.command;
        output.is_none()
    }
}

pub fn run(arguments: &Arguments, out: &mut dyn Write) -> io::Result<Exit> {
    let Command::Init(arguments) = &arguments.command;
    let draft = match drafted(arguments) {
        Ok(draft) => draft,
        Err(refusal) => return Ok(super::all_refused(&refusal)),
    };
    if arguments.output.is_none() {
        return out.write_all(draft.text.as_bytes()).map(|()| Exit::Ok);
    }
    Ok(written(arguments, &draft).map_or_else(|error| super::refused(&error), |()| Exit::Ok))
}

fn drafted(arguments: &Init) -> Result<Draft, Refusal> {
    let mut problems = Problems::default();
    let trust = problems.keep(Trust::load(&arguments.trust));
    let bundle = problems.keep(Bundle::load(&arguments.bundle));
    let order = Order {
        name: arguments.name.as_deref(),
        threshold: arguments.threshold.map(|threshold| threshold as usize),
        attribute: arguments.attribute.as_deref(),
        drv: arguments.drv.as_deref(),
    };
    let name = shown(&arguments.bundle);
    let draft =
        trust.zip(bundle).and_then(|(trust, bundle)| problems.keep(draft(&trust, &bundle, &name, &order)));
    problems.keep(arguments.output.as_deref().map_or(Ok(()), super::is_free));
    problems.end(draft)
}

fn written(arguments: &Init, Draft { text, policy, organisations }: &Draft) -> Result<(), Error> {
    let Some(path) = &arguments.output else { return Ok(()) };
    super::create(path, text)?;
    super::say(format_args!(
        "{}: wants {} of {} ({}); its recipe is what they claim, until you evaluate it from the source",
        path.display(),
        policy.threshold,
        crate::attest::policy::number(organisations.len(), "organisation"),
        organisations.join(", ")
    ));
    Ok(())
}
