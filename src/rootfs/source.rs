//! Bytes at offsets: a file of this machine that is not copied, or memory.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, Read};
use std::os::unix::fs::FileExt;

/// Where bytes are.
#[derive(Debug)]
pub(super) enum Source {
    /// A file, and its size when it was opened.
    File(File, u64),
    /// Unpacked bytes, or ones that a caller handed in.
    Memory(Vec<u8>),
}

impl Source {
    pub(super) fn file(file: File) -> io::Result<Self> {
        let size = file.metadata()?.len();
        Ok(Self::File(file, size))
    }

    pub(super) fn size(&self) -> u64 {
        match self {
            Self::File(_, size) => *size,
            Self::Memory(bytes) => bytes.len() as u64,
        }
    }

    /// At most `size` bytes from `offset`: fewer only at the end.
    pub(super) fn read(&self, offset: u64, size: usize) -> io::Result<Cow<'_, [u8]>> {
        let left = usize::try_from(self.size().saturating_sub(offset)).unwrap_or(usize::MAX);
        let size = size.min(left);
        match self {
            Self::File(file, _) => {
                let mut bytes = vec![0; size];
                file.read_exact_at(&mut bytes, offset)?;
                Ok(Cow::Owned(bytes))
            }
            Self::Memory(bytes) => {
                let from = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
                Ok(Cow::Borrowed(&bytes[from..from + size]))
            }
        }
    }
}

/// A source from one offset on, as a stream that knows where it is.
pub(super) struct Stream<'a> {
    source: &'a Source,
    /// Where `ahead` starts.
    offset: u64,
    ahead: Cow<'a, [u8]>,
    used: usize,
    starved: bool,
}

impl<'a> Stream<'a> {
    pub(super) fn new(source: &'a Source, offset: u64) -> Self {
        Self { source, offset, ahead: Cow::Borrowed(&[]), used: 0, starved: false }
    }

    /// Whether bytes were asked for after the last one.
    pub(super) fn is_starved(&self) -> bool {
        self.starved
    }

    /// The offset of the next byte.
    pub(super) fn position(&self) -> u64 {
        self.offset + self.used as u64
    }
}

impl Read for Stream<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(into)?;
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Stream<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        /// Bytes that are read at once.
        const AHEAD: usize = 64 << 10;
        if self.used == self.ahead.len() {
            self.offset = self.position();
            self.used = 0;
            self.ahead = self.source.read(self.offset, AHEAD)?;
            self.starved = self.ahead.is_empty();
        }
        Ok(&self.ahead[self.used..])
    }

    fn consume(&mut self, count: usize) {
        self.used = self.ahead.len().min(self.used + count);
    }
}
