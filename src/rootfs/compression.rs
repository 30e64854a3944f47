//! Decompression of the formats in which images come: gzip, xz and zstd.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;
use ruzstd::decoding::StreamingDecoder;
use xz4rust::{XzDecoder, XzNextBlockResult};

use super::source::{Source, Stream};

/// How bytes are compressed, by their first ones (lib/decompress.c, compressed_formats).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    /// RFC 1952; its CRC-32 is verified.
    Gzip,
    /// The .xz file format; CRC-32 and CRC-64 are verified.
    Xz,
    /// RFC 8878; the checksum is verified where there is one.
    Zstd,
    /// One that is only known by name.
    Unread(&'static str),
}

/// The most of an .xz file's dictionary that is kept: four times what `xz -9` asks for.
const DICTIONARY: usize = 256 << 20;

/// Why decompression ended early.
#[derive(Debug)]
pub(super) enum Failure {
    /// The input ends inside compressed data.
    Truncated,
    /// There would be more bytes than allowed.
    TooLarge,
    /// The format is only known by name.
    Unread(&'static str),
    /// It is not what its first bytes promise, in the decoder's words.
    Damaged(String),
}

impl Compression {
    /// By the magic bytes at the start of `head`.
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        const MAGIC: [(&[u8], Compression); 9] = [
            (&[0x1f, 0x8b], Compression::Gzip),
            (&[0x1f, 0x9e], Compression::Gzip),
            (&[0xfd, b'7', b'z', b'X', b'Z', 0], Compression::Xz),
            (&[0x28, 0xb5, 0x2f, 0xfd], Compression::Zstd),
            (b"BZh", Compression::Unread("bzip2")),
            (&[0x5d, 0, 0], Compression::Unread("lzma")),
            (&[0x89, b'L', b'Z', b'O', 0], Compression::Unread("lzo")),
            (&[0x02, 0x21, 0x4c, 0x18], Compression::Unread("lz4")),
            (&[0x04, 0x22, 0x4d, 0x18], Compression::Unread("lz4")),
        ];
        MAGIC.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, compression)| *compression)
    }

    /// The name as people type it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Xz => "xz",
            Self::Zstd => "zstd",
            Self::Unread(name) => name,
        }
    }
}

/// Unpacks the one gzip member, xz stream or zstd frame at `offset`, at most `limit` bytes of it, onto the end of
/// `output`; returns the offset of the first byte after it. Memory: the output, and what the decoder looks back at.
pub(super) fn unpack(
    source: &Source,
    offset: u64,
    compression: Compression,
    limit: u64,
    output: &mut Vec<u8>,
) -> Result<u64, Failure> {
    let mut stream = Stream::new(source, offset);
    match compression {
        Compression::Gzip => drain(GzDecoder::new(&mut stream), limit, output)?,
        Compression::Xz => xz(&mut stream, limit, output)?,
        Compression::Zstd => zstd(&mut stream, limit, output).map_err(|failure| match failure {
            // The decoder asked for more than there is, and does not say so.
            Failure::Damaged(_) if stream.is_starved() => Failure::Truncated,
            failure => failure,
        })?,
        Compression::Unread(name) => return Err(Failure::Unread(name)),
    }
    Ok(stream.position())
}

/// The first bytes that unpacking yields: `size`, or fewer if there are no more or they are damaged.
pub(super) fn peek(source: &Source, offset: u64, compression: Compression, size: usize) -> Vec<u8> {
    let mut output = Vec::new();
    // Whatever the end is, the bytes before it are what was asked for.
    let _ = unpack(source, offset, compression, size as u64, &mut output);
    output.truncate(size);
    output
}

/// Appends what `decoder` yields; more than `limit` bytes are too many.
fn drain(decoder: impl Read, limit: u64, output: &mut Vec<u8>) -> Result<(), Failure> {
    let count = decoder.take(limit.saturating_add(1)).read_to_end(output).map_err(|error| failure(&error))?;
    if count as u64 > limit { Err(Failure::TooLarge) } else { Ok(()) }
}

fn failure(error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        Failure::Truncated
    } else {
        Failure::Damaged(error.to_string())
    }
}

fn xz(stream: &mut Stream, limit: u64, output: &mut Vec<u8>) -> Result<(), Failure> {
    let mut decoder = XzDecoder::in_heap_with_alloc_dict_size(0, DICTIONARY);
    let mut block = vec![0; 64 << 10];
    let mut count: u64 = 0;
    loop {
        let input = stream.fill_buf().map_err(|error| failure(&error))?;
        if input.is_empty() {
            return Err(Failure::Truncated);
        }
        let result =
            decoder.decode(input, &mut block).map_err(|error| Failure::Damaged(error.to_string()))?;
        let (consumed, produced) = (result.input_consumed(), result.output_produced());
        stream.consume(consumed);
        count += produced as u64;
        output.extend_from_slice(&block[..produced]);
        if count > limit {
            return Err(Failure::TooLarge);
        }
        match result {
            XzNextBlockResult::EndOfStream(..) => return Ok(()),
            XzNextBlockResult::NeedMoreData(..) => {}
        }
    }
}

fn zstd(stream: &mut Stream, limit: u64, output: &mut Vec<u8>) -> Result<(), Failure> {
    let start = output.len();
    let mut decoder =
        StreamingDecoder::new(&mut *stream).map_err(|error| Failure::Damaged(error.to_string()))?;
    drain(&mut decoder, limit, output)?;
    let decoder = decoder.into_frame_decoder();
    let promised = decoder.content_size();
    let size = (output.len() - start) as u64;
    // Without the field the size reads as 0 (RFC 8878, 3.1.1.1.4); a frame of nothing that has the field is no harm.
    if promised != 0 && promised != size {
        return Err(Failure::Damaged(format!("a frame of {promised} bytes holds {size}")));
    }
    match (decoder.get_checksum_from_data(), decoder.get_calculated_checksum()) {
        (Some(stored), Some(seen)) if stored != seen => {
            Err(Failure::Damaged(format!("the checksum is {seen:08x}, {stored:08x} is stored")))
        }
        _ => Ok(()),
    }
}
