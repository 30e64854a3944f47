//! `sarsen rules`

use std::io::{self, Write};

use crate::error::{Code, Error};
use crate::exit::Exit;
use crate::profile::nearest;
use crate::report;
use crate::rules::{ALL, find};

/// List the rules, or say all about one of them
#[derive(clap::Args)]
pub struct Arguments {
    /// The rule to explain
    #[arg(value_name = "ID", conflicts_with = "markdown")]
    id: Option<String>,
    /// Print the page docs/rules.md
    #[arg(long)]
    markdown: bool,
}

pub fn run(arguments: &Arguments, out: &mut dyn Write) -> io::Result<Exit> {
    if arguments.markdown {
        report::rules::page(out)?;
        return Ok(Exit::Ok);
    }
    let Some(id) = &arguments.id else {
        report::rules::list(out)?;
        return Ok(Exit::Ok);
    };
    if let Some(rule) = find(id) {
        report::rules::one(out, rule)?;
        Ok(Exit::Ok)
    } else {
        let hint = nearest(id, ALL.iter().map(|rule| rule.id));
        let message = format!("no rule is called {id}{hint}; `sarsen rules` lists them");
        super::say(format_args!("{}", Error::new(Code::RuleUnknown, message)));
        Ok(Exit::Unusable)
    }
}
