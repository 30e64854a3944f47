//! `#!` lines, byte for byte as fs/binfmt_script.c, load_script reads them.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use super::Kernel;

/// What the first line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The interpreter's path.
    pub interpreter: PathBuf,
    /// All that follows it, as one argument.
    pub argument: Option<String>,
}

/// Why a line that starts with `#!` names no interpreter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Nothing but blanks behind `#!`.
    Empty,
    /// The path reaches the end of the bytes that are looked at.
    Cut,
}

/// Reads the line at the start of `head`, the file's first [`Kernel::head`] bytes, filled up with zeros. `None`: it does
/// not start with `#!`.
pub fn parse(head: &[u8], kernel: Kernel) -> Option<Result<Line, Refused>> {
    if !head.starts_with(b"#!") {
        return None;
    }
    Some(if kernel.cuts_script_lines() { cut(head) } else { whole(head) })
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// The first index from `first` to `last`, both included, at which `wanted` holds.
fn find(head: &[u8], first: usize, last: usize, wanted: impl Fn(u8) -> bool) -> Option<usize> {
    (first..=last).find(|&index| head.get(index).copied().is_some_and(&wanted))
}

/// Since 5.1.
fn whole(head: &[u8]) -> Result<Line, Refused> {
    let last = head.len() - 1;
    let ends = |byte| is_blank(byte) || byte == 0;
    let mut end = if let Some(newline) = head.iter().position(|&byte| byte == b'\n') {
        newline
    } else {
        let name = find(head, 2, last, |byte| !is_blank(byte)).ok_or(Refused::Empty)?;
        find(head, name, last, ends).ok_or(Refused::Cut)?;
        last
    };
    while is_blank(head[end - 1]) {
        end -= 1;
    }
    let name =
        find(head, 2, end, |byte| !is_blank(byte)).filter(|&name| name != end).ok_or(Refused::Empty)?;
    let behind = find(head, name, end, ends);
    let argument = behind
        .filter(|&behind| head[behind] != 0)
        .and_then(|behind| find(head, behind, end, |byte| !is_blank(byte)))
        .filter(|&argument| argument < end);
    Ok(line(head, name, behind.unwrap_or(end).min(end), argument.map(|argument| (argument, end))))
}

/// Until 5.0: what does not fit is left out without a word.
fn cut(head: &[u8]) -> Result<Line, Refused> {
    let last = head.len() - 1;
    let mut end = head[..last].iter().position(|&byte| byte == b'\n' || byte == 0).unwrap_or(last);
    while end > 2 && is_blank(head[end - 1]) {
        end -= 1;
    }
    let name = find(head, 2, end - 1, |byte| !is_blank(byte)).filter(|_| end > 2).ok_or(Refused::Empty)?;
    let behind = find(head, name, end - 1, is_blank);
    let argument = behind.and_then(|behind| find(head, behind, end - 1, |byte| !is_blank(byte)));
    Ok(line(head, name, behind.unwrap_or(end), argument.map(|argument| (argument, end))))
}

fn line(head: &[u8], name: usize, behind: usize, argument: Option<(usize, usize)>) -> Line {
    // C strings: a NUL ends them early.
    let text =
        |start: usize, end: usize| head[start..end].split(|&byte| byte == 0).next().unwrap_or_default();
    Line {
        interpreter: PathBuf::from(OsStr::from_bytes(text(name, behind))),
        argument: argument.map(|(start, end)| String::from_utf8_lossy(text(start, end)).into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Kernel, Refused, parse};

    fn read(text: &str, version: (u32, u32, u32)) -> Option<Result<(String, Option<String>), Refused>> {
        let kernel = Kernel { machine: "aarch64", version, page: 4096, noexec: &[] };
        let mut head = text.as_bytes().to_vec();
        head.resize(kernel.head(), 0);
        let line = parse(&head, kernel)?;
        Some(line.map(|line| (line.interpreter.to_str().unwrap().to_owned(), line.argument)))
    }

    #[test]
    fn lines_are_read_as_the_kernel_reads_them() {
        let new = |text: &str| read(text, (5, 10, 0));
        let named = |name: &str, argument: Option<&str>| Some(Ok((name.into(), argument.map(Into::into))));
        assert_eq!(new("/bin/sh"), None);
        assert_eq!(new("#!/bin/sh\n"), named("/bin/sh", None));
        assert_eq!(new("#!/bin/sh"), named("/bin/sh", None));
        assert_eq!(new("#! \t/bin/sh  -e  -x \nexit"), named("/bin/sh", Some("-e  -x")));
        assert_eq!(new("#!/bin/sh\r\n"), named("/bin/sh\r", None));
        assert_eq!(new("#!/bin/sh -e\r\n"), named("/bin/sh", Some("-e\r")));
        assert_eq!(new("#!\n"), Some(Err(Refused::Empty)));
        assert_eq!(new("#!  \n"), Some(Err(Refused::Empty)));
        assert_eq!(new("#!"), named("", None), "zeros behind the end of the file are a name");
        let long = |bytes: usize| format!("#!/{}", "x".repeat(bytes - 3));
        assert_eq!(new(&long(255)), named(&long(255)[2..], None));
        assert_eq!(new(&long(256)), Some(Err(Refused::Cut)));
        assert_eq!(new(&format!("{}\n", long(255))), named(&long(255)[2..], None));
        assert_eq!(new(&format!("{} {}\n", long(200), "y".repeat(90))).unwrap().unwrap().0, long(200)[2..]);
    }

    #[test]
    fn old_kernels_cut_at_127_bytes() {
        let old = |text: &str| read(text, (4, 19, 0));
        let long = format!("#!/{}\n", "x".repeat(200));
        assert_eq!(old(&long), Some(Ok((long[2..127].into(), None))));
        assert_eq!(old("#!/bin/sh -e\n"), Some(Ok(("/bin/sh".into(), Some("-e".into())))));
        assert_eq!(old("#! \n"), Some(Err(Refused::Empty)));
        assert_eq!(old("#!"), Some(Err(Refused::Empty)));
    }
}
