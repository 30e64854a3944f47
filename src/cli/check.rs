//! `sarsen check`

use std::io::{self, Write};
use std::path::PathBuf;

use crate::check;
use crate::exit::Exit;
use crate::profile::{BUILT_IN, Profile};
use crate::report::{colour, human, json};

/// Judge ELF files against a device profile
#[derive(clap::Args)]
pub struct Arguments {
    /// A built-in profile's name, or the path of a TOML file
    #[arg(long, value_name = "NAME|FILE", default_value = BUILT_IN[0].0)]
    profile: String,
    /// Text for people, or one JSON document (sarsen.check/1)
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
    /// The files to judge
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    Human,
    Json,
}

pub fn run(arguments: &Arguments, out: &mut dyn Write) -> io::Result<Exit> {
    let profile = match Profile::load(&arguments.profile) {
        Ok(profile) => profile,
        Err(error) => {
            super::say(format_args!("{error}"));
            return Ok(Exit::Unusable);
        }
    };
    let mut reports = Vec::new();
    for path in &arguments.files {
        let report = check::file(path, &profile);
        if let Err(error) = &report.outcome {
            super::say(format_args!("{error}"));
        }
        if let Format::Human = arguments.format {
            human::file(out, &report, &profile, colour())?;
        }
        reports.push(report);
    }
    let tally = check::tally(&reports);
    match arguments.format {
        Format::Human => human::summary(out, tally)?,
        Format::Json => {
            serde_json::to_writer_pretty(&mut *out, &json::document(&reports, &profile, tally))?;
            writeln!(out)?;
        }
    }
    Ok(tally.exit())
}
