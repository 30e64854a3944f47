//! `sarsen digest`

use std::ffi::{OsStr, OsString};
use std::io::{self, Read, Write};
use std::path::Path;

use crate::digest::list::{self, Claim};
use crate::digest::{Algorithm, Sums};
use crate::error::{Code, Error};
use crate::exit::Exit;
use crate::input::Opened;
use crate::report::digest::{self as report, Entry, Outcome};
use crate::{input, nar, parallel};

/// Compute or check the SHA-256 and SM3 of files, both in one pass
///
/// The lines that are printed are read by `sha256sum -c`, by `cksum --check` of coreutils 9, and by --check.
#[derive(clap::Args)]
pub struct Arguments {
    /// This digest alone, in lines `HEX  NAME`; with --check, what such lines are [default there: sha256]
    #[arg(short, long, value_name = "ALGORITHM")]
    algorithm: Option<Wanted>,
    /// FILEs are lists of digests: compare the files that they name. All digests of a file must fit
    #[arg(short, long)]
    check: bool,
    /// FILEs are files, links or folders: print the hash of each as a Nix archive, as nix hash path does
    #[arg(long, conflicts_with_all = ["algorithm", "check"])]
    nar: bool,
    /// Lines, or one JSON document (sarsen.digest/1)
    #[arg(long, value_name = "FORMAT", default_value = "lines")]
    format: Format,
    /// Regular files of any size; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<OsString>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Wanted {
    Sha256,
    Sm3,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Lines,
    Json,
}

impl Arguments {
    pub fn prints_result(&self) -> bool {
        !self.check
    }
}

/// The largest list that is read, in bytes: 256 MiB, a million lines or more.
const LIST_LIMIT: u64 = 256 << 20;

pub fn run(arguments: &Arguments, out: &mut dyn Write) -> io::Result<Exit> {
    let algorithm = arguments.algorithm.map(|wanted| match wanted {
        Wanted::Sha256 => Algorithm::Sha256,
        Wanted::Sm3 => Algorithm::Sm3,
    });
    let mut run =
        Run { out, format: arguments.format, tag: algorithm.is_none(), entries: Vec::new(), exit: Exit::Ok };
    let files = &arguments.files;
    if arguments.check {
        run.lists(files, algorithm.unwrap_or(Algorithm::Sha256))?;
    } else if arguments.nar {
        let work = |name: &OsStr| match nar::hash(Path::new(name)) {
            Ok((sha256, size)) => Outcome::Nar(sha256, size),
            Err(error) => Outcome::Unusable(error),
        };
        run.all(files, work)?;
    } else if files.iter().filter(|name| is_stdin(name)).count() > 1 {
        // Which of the two got the bytes would be chance.
        super::say(format_args!(
            "error[input-special]: standard input (-) is named twice, and can be read once"
        ));
        return Ok(Exit::Unusable);
    } else {
        let wanted = algorithm.map_or(Algorithm::ALL.to_vec(), |algorithm| vec![algorithm]);
        let work = |name: &OsStr| sums(name, &wanted).map_or_else(Outcome::Unusable, Outcome::Sums);
        run.all(files, work)?;
    }
    run.end()
}

/// What is printed and what was said so far.
struct Run<'o> {
    out: &'o mut dyn Write,
    format: Format,
    /// Lines name their algorithms.
    tag: bool,
    entries: Vec<Entry>,
    exit: Exit,
}

impl Run<'_> {
    /// Compares what the lists claim.
    fn lists(&mut self, lists: &[OsString], untagged: Algorithm) -> io::Result<()> {
        for list in lists {
            let (claims, error) = match bytes(list) {
                Ok(bytes) => list::parse(&bytes, &list.to_string_lossy(), untagged),
                Err(error) => (Vec::new(), Some(error)),
            };
            parallel::in_order(claims.iter(), compare, |(claim, outcome)| self.take(&claim.name, &outcome))?;
            if let Some(error) = error {
                self.take(list, &Outcome::Unusable(error))?;
            }
        }
        Ok(())
    }

    /// Does `work` on all files, on all processors.
    fn all(
        &mut self,
        files: &[OsString],
        work: impl Fn(&OsStr) -> Outcome<'static> + Sync,
    ) -> io::Result<()> {
        let mut names = files.iter();
        parallel::in_order(
            files.iter(),
            |name| work(name),
            |outcome| names.next().map_or(Ok(()), |name| self.take(name, &outcome)),
        )
    }

    fn take(&mut self, name: &OsStr, outcome: &Outcome) -> io::Result<()> {
        let exit = match outcome {
            Outcome::Unusable(error) => {
                super::say(format_args!("{error}"));
                Exit::Unusable
            }
            outcome if outcome.differing().is_empty() => Exit::Ok,
            _ => Exit::Failed,
        };
        self.exit = self.exit.max(exit);
        if self.format == Format::Lines {
            return report::lines(self.out, name, outcome, self.tag);
        }
        self.entries.push(Entry::new(name, outcome));
        Ok(())
    }

    fn end(self) -> io::Result<Exit> {
        if self.format == Format::Json {
            report::json(self.out, &self.entries)?;
        }
        Ok(self.exit)
    }
}

fn is_stdin(name: &OsStr) -> bool {
    name == "-"
}

/// What becomes of the file that `claim` is about.
fn compare(claim: &Claim) -> (&Claim, Outcome<'_>) {
    let mut wanted: Vec<Algorithm> = claim.digests.iter().map(|(algorithm, _)| *algorithm).collect();
    wanted.dedup();
    let outcome = match sums(&claim.name, &wanted) {
        Ok(sums) => {
            let other = other(claim, &sums);
            Outcome::Compared(sums, claim, other)
        }
        Err(error) => Outcome::Unusable(error),
    };
    (claim, outcome)
}

/// The algorithm by which the one digest of `claim` is right, if it is not by its own. The file is read again for it;
/// standard input cannot be.
fn other(claim: &Claim, sums: &Sums) -> Option<Algorithm> {
    let [(algorithm, digest)] = claim.digests.as_slice() else { return None };
    if sums.digests.get(algorithm) == Some(digest) || is_stdin(&claim.name) {
        return None;
    }
    let other = Algorithm::ALL.into_iter().find(|other| other != algorithm)?;
    let found = self::sums(&claim.name, &[other]).ok()?;
    (found.digests.get(&other) == Some(digest)).then_some(other)
}

/// The digests of the file `name`.
fn sums(name: &OsStr, wanted: &[Algorithm]) -> Result<Sums, Error> {
    open(name, |reader| Sums::read(reader, wanted))
}

/// The bytes of the list `name`.
fn bytes(name: &OsStr) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    open(name, |reader| reader.take(LIST_LIMIT + 1).read_to_end(&mut bytes))?;
    if bytes.len() as u64 > LIST_LIMIT {
        return Err(Error::new(
            Code::InputTooLarge,
            format!(
                "{} has more than {LIST_LIMIT} bytes (256 MiB): no list is that large",
                name.to_string_lossy()
            ),
        ));
    }
    Ok(bytes)
}

/// What `work` makes of the regular file or standard input.
fn open<T>(name: &OsStr, work: impl FnOnce(&mut dyn Read) -> io::Result<T>) -> Result<T, Error> {
    if is_stdin(name) {
        let unreadable = |error: io::Error| {
            let message =
                format!("standard input cannot be read ({error}): its bytes are needed; redirect a file");
            Error::new(Code::InputUnreadable, message)
        };
        return match Opened::standard_input().map_err(unreadable)? {
            Some(mut file) => {
                work(&mut file).map_err(|error| input::because(Path::new("standard input"), &error))
            }
            None => work(&mut io::stdin().lock()).map_err(unreadable),
        };
    }
    let path = Path::new(name);
    let mut file = input::open(path)?;
    work(&mut file).map_err(|error| input::because(path, &error))
}
