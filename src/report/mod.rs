//! Renders what was judged: for people, for machines, and the rules' own documentation.

pub mod attest;
pub mod brief;
pub mod digest;
mod finding;
pub mod github;
pub mod human;
pub mod json;
pub mod junit;
pub mod key;
pub mod rules;
pub mod sarif;
pub mod slim;
pub mod stated;
mod uri;
pub mod verify;

pub use finding::{date, idle};

use std::io::{self, Write};

use crate::check::{FileReport, Summary};
use crate::profile::Profile;
use crate::rules::{ALL, Rule};

/// The ways to render verdicts, by the names that the command line gives them. What each promises is in
/// docs/formats/check-output.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Text for people: every verdict
    Human,
    /// Text for people: a line for each file that fails
    Brief,
    /// One JSON document, sarsen.check/1
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// JUnit XML, for test reports
    Junit,
    /// Workflow commands of GitHub Actions
    Github,
}

impl Format {
    /// A report of this kind on verdicts by `profile`; `colour` matters to text for people alone.
    pub fn report(self, profile: &Profile, colour: bool) -> Box<dyn Report + '_> {
        match self {
            Self::Human => Box::new(human::Human::new(profile, colour)),
            Self::Brief => Box::new(brief::Brief::new(colour)),
            Self::Json => Box::new(json::Json::new(profile)),
            Self::Sarif => Box::new(sarif::Sarif::new(profile)),
            Self::Junit => Box::new(junit::Junit::new(profile)),
            Self::Github => Box::new(github::Github),
        }
    }
}

/// One way to render verdicts. Files are written as they are judged, so that memory does not grow with their number.
pub trait Report {
    /// What comes before the first file.
    ///
    /// # Errors
    /// What `out` says; likewise below.
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()>;
    /// One file.
    ///
    /// # Errors
    /// What `out` says.
    fn file(&mut self, out: &mut dyn Write, report: &FileReport) -> io::Result<()>;
    /// What comes behind the last file.
    ///
    /// # Errors
    /// What `out` says.
    fn end(&mut self, out: &mut dyn Write, summary: &Summary) -> io::Result<()>;
}

/// Whether to colour what goes to standard output: a terminal, `NO_COLOR` unset or empty, `TERM` not `dumb`.
pub fn colour() -> bool {
    use std::io::IsTerminal;
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    std::io::stdout().is_terminal()
        && !set("NO_COLOR")
        && std::env::var_os("TERM").is_some_and(|t| t != "dumb")
}

/// Columns of the longest rule id.
const ID_WIDTH: usize = widest(ALL);

const fn widest(rules: &[&Rule]) -> usize {
    let (mut widest, mut index) = (0, 0);
    while index < rules.len() {
        if rules[index].id.len() > widest {
            widest = rules[index].id.len();
        }
        index += 1;
    }
    widest
}

/// Escape sequences around words, all empty where there is no colour (ECMA-48, SGR).
#[derive(Clone, Copy, Debug, Default)]
struct Palette {
    red: &'static str,
    yellow: &'static str,
    green: &'static str,
    dim: &'static str,
    end: &'static str,
}

impl Palette {
    fn new(colour: bool) -> Self {
        if !colour {
            return Self::default();
        }
        Self { red: "\x1b[31m", yellow: "\x1b[33m", green: "\x1b[32m", dim: "\x1b[2m", end: "\x1b[0m" }
    }
}
