//! `sarsen profiles`

use std::io::{self, Write};

use crate::error::{Code, Error};
use crate::exit::Exit;
use crate::profile::{BUILT_IN, Profile, nearest};

/// List the built-in device profiles, or print one of them
#[derive(clap::Args)]
pub struct Arguments {
    /// The profile to print, as TOML
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

pub fn run(arguments: &Arguments, out: &mut dyn Write) -> io::Result<Exit> {
    let Some(name) = &arguments.name else {
        let width = BUILT_IN.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
        for (name, _) in BUILT_IN {
            let description = Profile::load(name).map(|profile| profile.description).unwrap_or_default();
            writeln!(out, "{name:width$}  {description}")?;
        }
        return Ok(Exit::Ok);
    };
    if let Some((_, text)) = BUILT_IN.iter().find(|(built_in, _)| built_in == name) {
        out.write_all(text.as_bytes())?;
        return Ok(Exit::Ok);
    }
    let hint = nearest(name, BUILT_IN.iter().map(|(name, _)| *name));
    let message = format!("no profile called {name} is built in{hint}; `sarsen profiles` lists them");
    super::say(format_args!("{}", Error::new(Code::ProfileUnknown, message)));
    Ok(Exit::Unusable)
}
