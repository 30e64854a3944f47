//! Where the lines of a bundle are.

use memchr::memchr_iter;

use super::{LINE, LINES, Line};
use crate::envelope::shape::Shape;

/// Where a line that is not empty is, or several lines that are one value.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    pub number: usize,
    pub start: usize,
    pub end: usize,
    pub open: bool,
}

impl Span {
    pub fn line(self, bytes: &[u8]) -> Line<'_> {
        let Self { number, start, end, open } = self;
        Line { number, bytes: bytes[start..end].trim_ascii(), open }
    }
}

/// Those of the lines that are not empty; `None` if there are more than [`LINES`].
pub fn all(bytes: &[u8]) -> Option<Vec<Span>> {
    let mut spans = Vec::new();
    let mut start = 0;
    for (index, end) in memchr_iter(b'\n', bytes).chain([bytes.len()]).enumerate() {
        if !bytes[start..end].trim_ascii().is_empty() {
            spans.push(Span { number: index + 1, start, end, open: end == bytes.len() });
        }
        if spans.len() > LINES {
            return None;
        }
        start = end + 1;
    }
    Some(spans)
}

/// The same, with the lines that are one JSON value together as one: one error is enough for them. None of them may be
/// an envelope by itself, or it would be hidden.
pub fn joined(bytes: &[u8], spans: Vec<Span>) -> Vec<Span> {
    let opens = |span: &Span| {
        let line = span.line(bytes).bytes;
        line.starts_with(b"{") && !line.ends_with(b"}") || line.starts_with(b"[") && !line.ends_with(b"]")
    };
    if !spans.iter().any(opens) {
        return spans;
    }
    // Once, and not for each value: there may be as many spaces as values.
    let end = bytes.trim_ascii_end().len();
    let mut joined = Vec::new();
    let mut rest = spans.as_slice();
    while let Some(first) = rest.first() {
        let mut count = 1;
        if opens(first) {
            // What does not end is looked through once: other lines in it would be so again and again.
            let Some(together) = value(bytes, end, rest) else { break };
            count = together;
        }
        let last = rest[count - 1];
        joined.push(Span { end: last.end, open: last.open, ..*first });
        rest = &rest[count..];
    }
    joined.extend(rest);
    joined
}

/// How many lines the JSON value takes that begins in the first one, if it ends at the end of a line. From `end` on
/// there are only spaces.
fn value(bytes: &[u8], end: usize, spans: &[Span]) -> Option<usize> {
    let start = spans.first()?.start;
    let (_, rest) = Shape::first(&bytes[start..end])?;
    let next = end - rest.len();
    let count = if rest.is_empty() { spans.len() } else { spans.partition_point(|span| span.end <= next) };
    let ends_there = spans.get(count).is_none_or(|span| bytes[span.start..next].trim_ascii().is_empty());
    let is_short = spans[count.checked_sub(1)?].end - start <= LINE;
    let is_envelope = |span: &Span| Shape::only(span.line(bytes).bytes) == Some(Shape::Envelope);
    (ends_there && is_short && !spans[..count].iter().any(is_envelope)).then_some(count)
}
