//! Bundles: DSSE envelopes as JSON Lines (in-toto/attestation, spec/v1/bundle.md; docs/formats/bundle.md). Nothing binds the
//! lines to each other: each is judged on its own, and a line that somebody took out is not missed here.

mod spans;
#[cfg(test)]
mod tests;

use std::io::Read;
use std::path::Path;

use memchr::{memchr_iter, memmem};

use crate::envelope::Envelope;
use crate::envelope::form::{self, Place};
use crate::envelope::shape::Shape;
use crate::error::{Code, Error};
use crate::input;
use spans::Span;

/// The longest line, in bytes: 16 MiB. A statement with a closure of a thousand paths has less than one.
pub const LINE: usize = 16 << 20;

/// The largest bundle, in bytes: 256 MiB.
pub const LIMIT: usize = 256 << 20;

/// The most lines that are not empty, each of which is tried with each key: a million. A release that a hundred
/// builders state has hundreds.
pub const LINES: usize = 1_000_000;

/// The bytes of a bundle.
#[derive(Clone, Debug)]
pub struct Bundle {
    name: String,
    bytes: Vec<u8>,
    spans: Vec<Span>,
    sigstore: Sigstore,
}

/// Lines that are Sigstore bundles: one error is enough for all of them.
#[derive(Clone, Copy, Debug, Default)]
struct Sigstore {
    first: usize,
    more: usize,
}

/// A line that is not empty; or lines that are one JSON value together, which is an error.
#[derive(Clone, Copy, Debug)]
pub struct Line<'b> {
    /// Counted from 1, as editors count; the first of several.
    pub number: usize,
    /// Its bytes, without the end of the line; of several, with those between them.
    pub bytes: &'b [u8],
    /// It is the last one and has no end.
    pub open: bool,
}

impl Bundle {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// `bundle-too-large`, or an `input-…` code if the file cannot be read.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let name = path.to_string_lossy().into_owned();
        let file = input::open(path)?;
        // Growing it would copy it several times.
        let mut bytes = Vec::with_capacity(file.size().min(LIMIT as u64) as usize + 1);
        let read = file.take(LIMIT as u64 + 1).read_to_end(&mut bytes);
        read.map_err(|error| input::because(path, &error))?;
        Self::new(bytes, &name)
    }

    /// A bundle of these bytes, of which messages speak as `name`. It is judged line by line, so that none hides
    /// another. But where no line is an envelope, or the whole is one JSON value over several lines, there is nothing
    /// to judge.
    ///
    /// # Errors
    /// `bundle-too-large` with more than [`LIMIT`] bytes or [`LINES`] lines; `envelope-invalid` if it is something else
    /// as a whole, with the command that makes a bundle of it where there is one.
    pub fn new(bytes: Vec<u8>, name: &str) -> Result<Self, Error> {
        if bytes.len() > LIMIT {
            let message =
                format!("{name} has more than {LIMIT} bytes (256 MiB): it is not read; split it by lines");
            return Err(Error::new(Code::BundleTooLarge, message));
        }
        let Some(spans) = spans::all(&bytes) else {
            let message = format!(
                "{name} has more than {LINES} lines, and each would be tried with each key: it is not read; split it \
                 by lines, into a bundle for each thing that was built"
            );
            return Err(Error::new(Code::BundleTooLarge, message));
        };
        let mut bundle = Self { name: name.into(), bytes, spans, sigstore: Sigstore::default() };
        bundle.check_form()?;
        bundle.spans = spans::joined(&bundle.bytes, bundle.spans);
        bundle.join_sigstore();
        Ok(bundle)
    }

    /// The lines that are not empty. A line may end as Windows ends it. What is one error is one line here: lines that
    /// are one JSON value together, and of lines that are Sigstore bundles the first.
    pub fn lines(&self) -> impl Iterator<Item = Line<'_>> + Send {
        self.spans.iter().map(|span| span.line(&self.bytes))
    }

    /// # Errors
    /// `envelope-invalid` if no line can be judged as one.
    fn check_form(&self) -> Result<(), Error> {
        let is_line = |line: &Line| {
            line.is_cut() || line.bytes.len() > LINE || Shape::only(line.bytes) == Some(Shape::Envelope)
        };
        let mut lines = self.lines();
        let Some(first) = lines.next() else { return Ok(()) };
        if is_line(&first) {
            return Ok(());
        }
        let known = || form::known(&self.bytes, Place::Bundle, &self.name);
        if Shape::only(&self.bytes).is_some() {
            if let Some(error) = known() {
                return Err(error);
            }
        }
        if lines.any(|line| is_line(&line)) {
            return Ok(());
        }
        if let Some(error) = known() {
            return Err(error);
        }
        if self.spans.len() == 1 {
            return Ok(());
        }
        let wrong = |Error { code, message }| {
            Error::new(code, format!("{message}, and none of the {} lines is an envelope", self.spans.len()))
        };
        self.envelope(&first).map_or_else(|error| Err(wrong(error)), |_| Ok(()))
    }

    fn join_sigstore(&mut self) {
        let member = memmem::Finder::new("\"dsseEnvelope\"");
        if member.find(&self.bytes).is_none() {
            return;
        }
        let is_one = |line: &Line| {
            let found = line.bytes.len() <= LINE && member.find(line.bytes).is_some();
            found && Shape::only(line.bytes) == Some(Shape::Within(".dsseEnvelope".into()))
        };
        let found: Vec<usize> = self.lines().filter(is_one).map(|line| line.number).collect();
        if let [first, more @ ..] = found.as_slice() {
            self.spans.retain(|span| more.binary_search(&span.number).is_err());
            self.sigstore = Sigstore { first: *first, more: more.len() };
        }
    }

    /// Its bytes again.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// How messages speak of a line.
    pub fn place(&self, number: usize) -> String {
        format!("line {number} of {}", self.name)
    }

    /// The envelope of a line.
    ///
    /// # Errors
    /// `bundle-line-too-long`; `bundle-truncated` for a last line that ends in the middle; `envelope-invalid`.
    pub fn envelope(&self, line: &Line) -> Result<Envelope, Error> {
        let place = self.place(line.number);
        if line.bytes.len() > LINE {
            return Err(Error::new(
                Code::BundleLineTooLong,
                format!(
                    "{place} has {} bytes, and {LINE} (16 MiB) are read: no statement is that long",
                    line.bytes.len()
                ),
            ));
        }
        let more = memchr_iter(b'\n', line.bytes).count();
        if more > 0 {
            let place = format!("{place} (to line {})", line.number + more);
            return Err(self.refused(line, &place, "it is JSON over several lines"));
        }
        Envelope::read(line.bytes).map_err(|why| {
            if line.is_cut() {
                return Error::new(
                    Code::BundleTruncated,
                    format!("{place} ends in the middle of an envelope: what it said, assent or dissent, is lost; copy the bundle again"),
                );
            }
            self.refused(line, &place, &why)
        })
    }

    fn refused(&self, line: &Line, place: &str, why: &str) -> Error {
        let error = form::refused(line.bytes, Place::Line, place, why);
        match self.sigstore {
            Sigstore { first, more: more @ 1.. } if first == line.number => {
                Error::new(error.code, format!("{}, and {more} more such lines are in it", error.message))
            }
            _ => error,
        }
    }
}

impl Line<'_> {
    /// Whether it ends in the middle of an object.
    fn is_cut(&self) -> bool {
        self.open && self.bytes.starts_with(b"{") && !self.bytes.ends_with(b"}")
    }
}
