//! Bundles: DSSE envelopes as JSON Lines (in-toto/attestation, spec/v1/bundle.md; docs/formats/bundle.md). Nothing binds the
//! lines to each other: each is judged on its own, and a line that somebody took out is not missed here.

use std::io::Read;
use std::path::Path;

use crate::envelope::Envelope;
use crate::error::{Code, Error};
use crate::input;

/// The longest line, in bytes: 16 MiB. A statement with a closure of a thousand paths has less than one.
pub const LINE: usize = 16 << 20;

/// The largest bundle, in bytes: 256 MiB.
pub const LIMIT: usize = 256 << 20;

/// The bytes of a bundle.
#[derive(Clone, Debug)]
pub struct Bundle {
    name: String,
    bytes: Vec<u8>,
}

/// A line that is not empty.
#[derive(Clone, Copy, Debug)]
pub struct Line<'b> {
    /// Counted from 1, as editors count.
    pub number: usize,
    /// Its bytes, without the end of the line.
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
        let mut bytes = Vec::new();
        input::open(path)?
            .take(LIMIT as u64 + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| input::because(path, &error))?;
        Self::new(bytes, &name)
    }

    /// A bundle of these bytes, of which messages speak as `name`.
    ///
    /// # Errors
    /// `bundle-too-large`
    pub fn new(bytes: Vec<u8>, name: &str) -> Result<Self, Error> {
        if bytes.len() > LIMIT {
            let message =
                format!("{name} has more than {LIMIT} bytes (256 MiB): it is not read; split it by lines");
            return Err(Error::new(Code::BundleTooLarge, message));
        }
        Ok(Self { name: name.into(), bytes })
    }

    /// The lines that are not empty. A line may end as Windows ends it.
    pub fn lines(&self) -> impl Iterator<Item = Line<'_>> + Send {
        let last = self.bytes.split(|byte| *byte == b'\n').count();
        self.bytes
            .split(|byte| *byte == b'\n')
            .enumerate()
            .map(move |(index, bytes)| Line {
                number: index + 1,
                bytes: bytes.trim_ascii(),
                open: index + 1 == last,
            })
            .filter(|line| !line.bytes.is_empty())
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
        Envelope::parse(line.bytes, &place).map_err(|error| {
            let cut = line.open && line.bytes.starts_with(b"{") && !line.bytes.ends_with(b"}");
            let truncated = || {
                Error::new(
                    Code::BundleTruncated,
                    format!("{place} ends in the middle of an envelope: what it said, assent or dissent, is lost; copy the bundle again"),
                )
            };
            if cut { truncated() } else { error }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle(text: &str) -> Bundle {
        Bundle::new(text.as_bytes().to_vec(), "b").unwrap()
    }

    const ENVELOPE: &str = r#"{"payload":"e30=","payloadType":"t","signatures":[{"sig":"AA=="}]}"#;

    #[test]
    fn lines_are_counted_as_editors_count_and_may_end_either_way() {
        let bundle = bundle(&format!("\n{ENVELOPE}\r\n  \n{ENVELOPE}\n"));
        let lines: Vec<_> = bundle.lines().collect();
        assert_eq!(lines.iter().map(|line| line.number).collect::<Vec<_>>(), [2, 4]);
        for line in &lines {
            assert_eq!(bundle.envelope(line).unwrap().payload, b"{}");
        }
        assert_eq!(self::bundle("").lines().count(), 0);
    }

    #[test]
    fn what_is_wrong_with_a_line_is_told_apart() {
        for (text, code) in [
            (ENVELOPE[..ENVELOPE.len() - 9].to_owned(), Code::BundleTruncated),
            (format!("{}\n", &ENVELOPE[..ENVELOPE.len() - 9]), Code::EnvelopeInvalid),
            ("[]".into(), Code::EnvelopeInvalid),
            (format!("{ENVELOPE}{ENVELOPE}"), Code::EnvelopeInvalid),
            (format!("\u{feff}{ENVELOPE}"), Code::EnvelopeInvalid),
            ("[".repeat(LINE), Code::EnvelopeInvalid),
            ("{\"a\":".repeat(1 << 20), Code::BundleTruncated),
            ("[".repeat(LINE + 1), Code::BundleLineTooLong),
        ] {
            let bundle = bundle(&text);
            let error = bundle.envelope(&bundle.lines().next().unwrap()).unwrap_err();
            assert_eq!(error.code, code, "{error}");
            assert!(error.message.contains("line 1 of b"), "{error}");
        }
    }
}
