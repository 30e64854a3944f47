//! `sarsen rules`

use std::io::{self, Write};

use crate::error::{Code, Error};
use crate::exit::Exit;
use crate::profile::nearest;
use crate::report::rules::{Format, write};
use crate::rules::{ALL, find};

/// List the rules, or say all about one of them
#[derive(clap::Args)]
pub struct Arguments {
    /// How they are printed
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
    /// The rule to explain
    #[arg(value_name = "ID")]
    id: Option<String>,
}

pub fn run(arguments: &Arguments, out: &mut dyn Write) -> io::Result<Exit> {
    let rule = arguments.id.as_deref().map(|id| (id, find(id)));
    if let Some((id, None)) = rule {
        let hint = nearest(id, ALL.iter().map(|rule| rule.id));
        let message = format!("no rule is called {id}{hint}; `sarsen rules` lists them");
        super::say(format_args!("{}", Error::new(Code::RuleUnknown, message)));
        return Ok(Exit::Unusable);
    }
    write(out, rule.and_then(|(_, rule)| rule), arguments.format)?;
    Ok(Exit::Ok)
}
