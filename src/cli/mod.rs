//! The command line: arguments in, exit code out. A subcommand a file; what they do is in the library.

mod attest;
mod bundle;
mod challenge;
mod check;
mod digest;
mod explain;
mod key;
mod keys;
mod policy;
mod profiles;
mod rules;
mod sign;
mod slim;
mod stdout;
mod trust;
mod verify;
mod verify_attestation;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::attest::refusal::Refusal;
use crate::error::{Code, Error};
use crate::exit::Exit;
use crate::output;
use crate::visible::visible;
use stdout::Stdout;

/// Judges ELF files against the device they are meant for
#[derive(Parser)]
#[command(name = "sarsen", version, after_help = exit_codes(), arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Attest(attest::Arguments),
    Bundle(bundle::Arguments),
    Challenge(challenge::Arguments),
    Check(check::Arguments),
    Digest(digest::Arguments),
    Explain(explain::Arguments),
    Key(key::Arguments),
    Policy(policy::Arguments),
    Profiles(profiles::Arguments),
    Rules(rules::Arguments),
    Sign(sign::Arguments),
    Slim(slim::Arguments),
    Trust(trust::Arguments),
    Verify(verify::Arguments),
    VerifyAttestation(verify_attestation::Arguments),
}

impl Command {
    /// Whether what it prints is all that it is for; other commands have a verdict or a file beside that, or print what can
    /// be had again.
    fn prints_result(&self) -> bool {
        match self {
            Command::Digest(arguments) => arguments.prints_result(),
            Command::Key(arguments) => arguments.prints_result(),
            Command::Policy(arguments) => arguments.prints_result(),
            Command::Sign(arguments) => arguments.prints_result(),
            Command::Trust(arguments) => arguments.prints_result(),
            Command::Attest(_)
            | Command::Bundle(_)
            | Command::Challenge(_)
            | Command::Check(_)
            | Command::Explain(_)
            | Command::Profiles(_)
            | Command::Rules(_)
            | Command::Slim(_)
            | Command::Verify(_)
            | Command::VerifyAttestation(_) => false,
        }
    }
}

/// Runs the program with its arguments, the name included. What it exits with does not depend on who reads its standard
/// output, except that a result which cannot be written is never a success.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) if error.use_stderr() => {
            let _ = error.print();
            return Exit::Unusable.into();
        }
        // Help and version are results.
        Err(error) => {
            let mut out = Stdout::new(false);
            let printed = write!(out, "{}", error.render());
            return out.end(printed.map_or(Exit::Output, |()| Exit::Ok)).into();
        }
    };
    let mut out = Stdout::new(arguments.command.prints_result());
    let exit = match arguments.command {
        Command::Attest(arguments) => attest::run(&arguments, &mut out),
        Command::Bundle(arguments) => bundle::run(&arguments, &mut out),
        Command::Challenge(arguments) => challenge::run(&arguments, &mut out),
        Command::Check(arguments) => check::run(arguments, &mut out),
        Command::Digest(arguments) => digest::run(&arguments, &mut out),
        Command::Explain(arguments) => explain::run(&arguments, &mut out),
        Command::Key(arguments) => key::run(&arguments, &mut out),
        Command::Policy(arguments) => policy::run(&arguments, &mut out),
        Command::Profiles(arguments) => profiles::run(&arguments, &mut out),
        Command::Rules(arguments) => rules::run(&arguments, &mut out),
        Command::Sign(arguments) => sign::run(&arguments, &mut out),
        Command::Slim(arguments) => slim::run(&arguments, &mut out),
        Command::Trust(arguments) => trust::run(&arguments, &mut out),
        Command::Verify(arguments) => verify::run(&arguments, &mut out),
        Command::VerifyAttestation(arguments) => verify_attestation::run(&arguments, &mut out),
    };
    // `out` never fails, so that each comes to its verdict.
    out.end(exit.unwrap_or(Exit::Output)).into()
}

/// A diagnostic on one line, whatever the names in it hold. If even stderr is closed there is nobody to tell.
fn say(message: std::fmt::Arguments) {
    let _ = writeln!(io::stderr(), "sarsen: {}", visible(&message.to_string()));
}

/// Says what went wrong, and which exit code that is.
fn refused(error: &Error) -> Exit {
    say(format_args!("{error}"));
    match error.code {
        Code::OutputFailed => Exit::Output,
        Code::SignatureMalformed
        | Code::SignatureWrong
        | Code::SignatureForged
        | Code::DigestContradictory
        | Code::StoreModified
        | Code::ContentForged => Exit::Forged,
        Code::SignerFailed
        | Code::SignerAnswer
        | Code::HelperMissing
        | Code::HelperFailed
        | Code::HelperAnswer
        | Code::NixBroken
        | Code::RebuildUncompared
        | Code::SourceMoved
        | Code::StoreChanged => Exit::Helper,
        _ => Exit::Unusable,
    }
}

/// The same of several reasons: of the exit codes the largest.
fn all_refused(refusal: &Refusal) -> Exit {
    let worst = refusal.0.iter().map(refused).max();
    worst.unwrap_or(Exit::Unusable).max(refusal.exit())
}

/// Writes a text that people go on with to a new file.
///
/// # Errors
/// Those of [`output::create`].
fn create(path: &Path, text: &str) -> Result<(), Error> {
    output::create(path, text.as_bytes(), 0o644).map_err(|error| match error.code {
        Code::OutputExists => occupied(path),
        _ => error,
    })
}

/// # Errors
/// `output-exists` and `output-missing` where [`create`] could not make the file, to be told beside other problems.
fn is_free(path: &Path) -> Result<(), Error> {
    match path.symlink_metadata() {
        Ok(_) => Err(occupied(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound && !output::folder(path).is_dir() => {
            Err(output::no_directory(path))
        }
        Err(_) => Ok(()),
    }
}

fn occupied(path: &Path) -> Error {
    let message = format!("{} exists, and what is in it would be lost: name a new file", path.display());
    Error::new(Code::OutputExists, message)
}

fn exit_codes() -> String {
    let lines = Exit::TABLE.iter().map(|(exit, meaning)| format!("\n  {}  {meaning}", *exit as u8));
    format!("Exit codes:{}", lines.collect::<String>())
}
