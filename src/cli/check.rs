//! `sarsen check`

use std::io::{self, Write};
use std::path::PathBuf;

use crate::check::{Judge, Sources};
use crate::clock::Today;
use crate::exit::Exit;
use crate::profile::{BUILT_IN, Profile};
use crate::report::{Format, colour, date, idle};

/// Judge ELF files, folders and images against a device profile
#[derive(clap::Args)]
pub struct Arguments {
    /// A built-in profile's name, or the path of a TOML file
    #[arg(long, value_name = "NAME|FILE", default_value = BUILT_IN[0].0)]
    profile: String,
    /// How verdicts are printed [default: human, for folders and images brief]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    /// The root file system in which FILE is, and is judged: a folder, an initramfs or a tar
    #[arg(long, value_name = "DIR|IMAGE")]
    rootfs: Option<PathBuf>,
    /// What to judge: ELF files, and folders and images (initramfs, tar) as root file systems
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

pub fn run(arguments: Arguments, out: &mut dyn Write) -> io::Result<Exit> {
    let profile = match Profile::load(&arguments.profile) {
        Ok(profile) => profile,
        Err(error) => {
            super::say(format_args!("{error}"));
            return Ok(Exit::Unusable);
        }
    };
    let sources = Sources::new(arguments.rootfs, arguments.files);
    let usual = if sources.has_trees() { Format::Brief } else { Format::Human };
    let mut format = arguments.format.unwrap_or(usual).report(&profile, colour());
    let judge = Judge::new(&profile);
    let mut summary = judge.summary();
    format.begin(out)?;
    judge.all(&sources, |report| {
        if let Err(error) = &report.outcome {
            super::say(format_args!("{error}"));
        }
        summary.add(&report);
        format.file(out, &report)
    })?;
    if let Some(today @ Today::Unknown { .. }) = summary.today() {
        super::say(format_args!("{}", date(today)));
    }
    for (suppression, why) in summary.idle() {
        super::say(format_args!("{}", idle(suppression, why, summary.today())));
    }
    format.end(out, &summary)?;
    Ok(summary.exit())
}
