//! `sarsen explain`

use std::io::{self, Write};
use std::path::PathBuf;

use crate::error::Error;
use crate::exit::Exit;
use crate::explain::{self, Explanation, Question, human, json};
use crate::loader::dynamic::Environment;
use crate::loader::exec::User;
use crate::profile::{BUILT_IN, Profile};
use crate::report::colour;

/// Say whether a program would start on a device, and if not, at which step what ends it
#[derive(clap::Args)]
pub struct Arguments {
    /// The root file system: a folder, an initramfs or a tar
    #[arg(long, value_name = "DIR|IMAGE")]
    rootfs: PathBuf,
    /// A built-in profile's name, or the path of a TOML file
    #[arg(long, value_name = "NAME|FILE", default_value = BUILT_IN[0].0)]
    profile: String,
    /// Who starts the program; 0 has all capabilities
    #[arg(long, value_name = "UID[:GID]", default_value = "0", value_parser = user)]
    user: User,
    /// A variable that the dynamic loader reads: LD_LIBRARY_PATH, LD_PRELOAD, LD_BIND_NOW; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    env: Vec<(Variable, String)>,
    /// Text for people, or one JSON document (sarsen.explain/1)
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
    /// A path in the root file system; or, if nothing is there, a file of this machine, taken as if copied to /NAME
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    Human,
    Json,
}

#[derive(Clone, Copy)]
enum Variable {
    LibraryPath,
    Preload,
    BindNow,
}

fn user(text: &str) -> Result<User, String> {
    let (uid, gid) = text.split_once(':').unwrap_or((text, text));
    match (uid.parse(), gid.parse()) {
        (Ok(uid), Ok(gid)) => Ok(User { uid, gid }),
        _ => Err("a user is a number, or two with a colon between: 1000, 1000:100".into()),
    }
}

fn variable(text: &str) -> Result<(Variable, String), String> {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    let variable = match name {
        "LD_LIBRARY_PATH" => Variable::LibraryPath,
        "LD_PRELOAD" => Variable::Preload,
        "LD_BIND_NOW" => Variable::BindNow,
        _ => return Err("the loaders' variables are LD_LIBRARY_PATH, LD_PRELOAD and LD_BIND_NOW".into()),
    };
    Ok((variable, value.to_owned()))
}

pub fn run(arguments: &Arguments, out: &mut dyn Write) -> io::Result<Exit> {
    let (profile, explanation) = match answer(arguments) {
        Ok(answer) => answer,
        Err(error) => {
            super::say(format_args!("{error}"));
            return Ok(Exit::Unusable);
        }
    };
    match arguments.format {
        Format::Human => human::write(out, &explanation, colour())?,
        Format::Json => json::write(out, &explanation, &profile.name)?,
    }
    Ok(if explanation.starts() { Exit::Ok } else { Exit::Failed })
}

fn answer(arguments: &Arguments) -> Result<(Profile, Explanation), Error> {
    let profile = Profile::load(&arguments.profile)?;
    let mut environment = Environment::default();
    for (variable, value) in &arguments.env {
        match variable {
            Variable::LibraryPath => environment.library_path = Some(value.clone()),
            Variable::Preload => environment.preload = Some(value.clone()),
            Variable::BindNow => environment.bind_now = !value.is_empty(),
        }
    }
    let (world, path, copied) = explain::world(&arguments.rootfs, &arguments.file)?;
    let question = Question { profile: &profile, user: arguments.user, environment };
    let attempts = explain::explain(&world, &path, &question)?;
    Ok((profile, Explanation { path, copied, attempts }))
}
