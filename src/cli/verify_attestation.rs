//! `sarsen verify-attestation`

use std::io::{self, Write};
use std::path::PathBuf;

use crate::attest::policy::Policy;
use crate::attest::refusal::{Problems, Refusal};
use crate::attest::trust::Trust;
use crate::attest::verify::{Report, verify};
use crate::content::Content;
use crate::exit::Exit;
use crate::report::attest;
use crate::statement::bundle::Bundle;

/// Count which organisations state the bytes of files, and say whether that satisfies a policy
#[derive(clap::Args)]
pub struct Arguments {
    /// The policy, a TOML file: how many must agree on what
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
    /// The trust store, a TOML file: whose key each key is
    #[arg(long, value_name = "FILE")]
    trust: PathBuf,
    /// Text for people, or one JSON document (sarsen.verify-attestation/1)
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
    /// The statements: DSSE envelopes, one a line
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,
    /// What is to be proved, all of one build: files by paths that end as they are stated (bin/app), or under a name that
    /// their paths do not have, or the directory of a whole output
    #[arg(required = true, value_name = "[NAME=]FILE|OUTPUT")]
    files: Vec<PathBuf>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
pub enum Format {
    Human,
    Json,
}

pub fn run(arguments: &Arguments, out: &mut dyn Write) -> io::Result<Exit> {
    let report = match judge(arguments) {
        Ok(report) => report,
        Err(refusal) => return Ok(super::all_refused(&refusal)),
    };
    for warning in &report.warnings {
        super::say(format_args!("warning[{}]: {}", warning.code.as_str(), warning.message));
    }
    report.problems.iter().for_each(|problem| super::say(format_args!("{problem}")));
    match arguments.format {
        Format::Human => attest::verify::human(out, &report)?,
        Format::Json => attest::verify::json(out, &report)?,
    }
    Ok(report.exit())
}

fn judge(arguments: &Arguments) -> Result<Report, Refusal> {
    let mut problems = Problems::default();
    let trust = problems.keep(Trust::load(&arguments.trust));
    let policy = if let Some(trust) = &trust {
        problems.keep(Policy::load(&arguments.policy, trust))
    } else {
        problems.0.extend(Policy::own_faults(&arguments.policy));
        None
    };
    let bundle = problems.keep(Bundle::load(&arguments.bundle));
    let at_hand = problems.keep(Content::given(arguments.files.iter().map(PathBuf::as_path)));
    let ((trust, policy), (bundle, at_hand)) = problems.end(trust.zip(policy).zip(bundle.zip(at_hand)))?;
    Ok(verify(&policy, &trust, &bundle, &at_hand))
}
