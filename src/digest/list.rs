//! Lists of digests as people keep them beside files: `SM3 (NAME) = HEX`, the form of the BSDs that names its algorithm, and
//! `HEX  NAME`, that of sha256sum, which does not. A name with a line break or backslash is written with escapes behind a
//! backslash at the start of the line (GNU coreutils manual, "cksum output modes").

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use super::{Algorithm, unhex};
use crate::error::{Code, Error};

/// The algorithms by their names in lists; OpenSSL 3 calls SHA-256 by another.
const TAGS: [(&str, Algorithm); 3] =
    [("SHA256", Algorithm::Sha256), ("SM3", Algorithm::Sm3), ("SHA2-256", Algorithm::Sha256)];

/// What a list says of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The file.
    pub name: OsString,
    /// Its digests, all of which must fit; sorted, without repetitions.
    pub digests: Vec<(Algorithm, [u8; 32])>,
    /// Whether no line names an algorithm, so that another can be asked for.
    pub is_untagged: bool,
}

/// The line, without its end, that says that the file `name` has the digest `hex` by `algorithm`; with `tag` it names the
/// algorithm.
pub fn line(name: &OsStr, algorithm: Algorithm, hex: &str, tag: bool) -> Vec<u8> {
    let mut line = Vec::new();
    let mut escaped = Vec::new();
    for byte in name.as_bytes() {
        match byte {
            b'\\' => escaped.extend(b"\\\\"),
            b'\n' => escaped.extend(b"\\n"),
            b'\r' => escaped.extend(b"\\r"),
            byte => escaped.push(*byte),
        }
    }
    if escaped.len() > name.len() {
        line.push(b'\\');
    }
    if tag {
        let (tag, _) = TAGS.iter().find(|(_, other)| *other == algorithm).unwrap_or(&TAGS[0]);
        line.extend(tag.as_bytes());
        line.extend(b" (");
        line.extend(escaped);
        line.extend(b") = ");
        line.extend(hex.as_bytes());
    } else {
        line.extend(hex.as_bytes());
        line.extend(b"  ");
        line.extend(escaped);
    }
    line
}

/// What the list `bytes` called `list` says, file by file in the order of their first lines. Lines without a tag are of the
/// algorithm `untagged`. Empty lines and those that start with `#` say nothing.
///
/// Beside it `digest-list-invalid` if some lines are nothing of the kind, or no line says anything.
pub fn parse(bytes: &[u8], list: &str, untagged: Algorithm) -> (Vec<Claim>, Option<Error>) {
    let mut claims: Vec<Claim> = Vec::new();
    let mut places: HashMap<OsString, usize> = HashMap::new();
    let mut bad: Vec<usize> = Vec::new();
    for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() || line[0] == b'#' {
            continue;
        }
        let Some((name, tag, digest)) = read(line) else {
            bad.push(index + 1);
            continue;
        };
        let place = *places.entry(name.clone()).or_insert(claims.len());
        if place == claims.len() {
            claims.push(Claim { name, digests: Vec::new(), is_untagged: true });
        }
        claims[place].is_untagged &= tag.is_none();
        let algorithm = tag.unwrap_or(untagged);
        let digests = &mut claims[place].digests;
        if let Err(at) = digests.binary_search(&(algorithm, digest)) {
            digests.insert(at, (algorithm, digest));
        }
    }
    let message = match bad.as_slice() {
        [] if claims.is_empty() => {
            format!("{list} holds no digest: nothing was compared; is it the right file?")
        }
        [] => return (claims, None),
        [first, rest @ ..] => {
            let others = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
            format!(
                "line {first}{others} of {list} is no digest of SHA-256 or SM3: what it is about was not compared; \
                 correct the list or make it anew"
            )
        }
    };
    (claims, Some(Error::new(Code::DigestListInvalid, message)))
}

/// The name, the algorithm if it is named, and the digest in a line of either form.
fn read(line: &[u8]) -> Option<(OsString, Option<Algorithm>, [u8; 32])> {
    let (escaped, line) = line.strip_prefix(b"\\").map_or((false, line), |line| (true, line));
    let tagged = tagged(line).map(|(name, algorithm, hex)| (name, Some(algorithm), hex));
    let (name, algorithm, hex) = tagged.or_else(|| {
        let (hex, rest) = line.split_at_checked(64)?;
        let name = rest.strip_prefix(b"  ").or_else(|| rest.strip_prefix(b" *"))?;
        Some((name, None, hex))
    })?;
    let hex = std::str::from_utf8(hex).ok()?.to_ascii_lowercase();
    let digest = unhex(&hex)?.try_into().ok()?;
    let name = if escaped { unescape(name)? } else { name.to_vec() };
    (!name.is_empty()).then_some((OsString::from_vec(name), algorithm, digest))
}

/// `TAG (NAME) = HEX`; OpenSSL leaves out two of the spaces. The name may hold parentheses itself.
fn tagged(line: &[u8]) -> Option<(&[u8], Algorithm, &[u8])> {
    let (rest, algorithm) =
        TAGS.iter().find_map(|(tag, algorithm)| Some((line.strip_prefix(tag.as_bytes())?, *algorithm)))?;
    let rest = rest.strip_prefix(b" ").unwrap_or(rest).strip_prefix(b"(")?;
    let end = rest.iter().rposition(|byte| *byte == b')')?;
    let (name, hex) = (&rest[..end], &rest[end + 1..]);
    Some((name, algorithm, hex.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start()))
}

fn unescape(name: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::with_capacity(name.len());
    let mut bytes = name.iter();
    while let Some(byte) = bytes.next() {
        plain.push(match byte {
            b'\\' => match bytes.next()? {
                b'\\' => b'\\',
                b'n' => b'\n',
                b'r' => b'\r',
                _ => return None,
            },
            byte => *byte,
        });
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::hex;

    const DIGEST: [u8; 32] = [0xab; 32];

    #[test]
    fn every_name_is_written_and_read() {
        for name in ["a", "a\nb", "a\\nb", "\r", "x)y", "a (b) = c", " *a", "\\", "#", "-"] {
            for tag in [true, false] {
                let line = line(OsStr::new(name), Algorithm::Sm3, &hex(&DIGEST), tag);
                assert!(!line.contains(&b'\n') && !line.contains(&b'\r'));
                let (claims, error) = parse(&[&line[..], b"\n"].concat(), "list", Algorithm::Sm3);
                let digests = vec![(Algorithm::Sm3, DIGEST)];
                let claim = Claim { name: name.into(), digests, is_untagged: !tag };
                assert!(error.is_none() && claims == [claim], "{name:?} {tag}: {claims:?}");
            }
        }
    }

    #[test]
    fn lines_of_one_file_are_one_claim() {
        let (ab, cd) = ("ab".repeat(32), "CD".repeat(32));
        let text = format!(
            "# made by hand\r\n\nSM3 (a) = {ab}\r\nSHA2-256(b)= {ab}\n{ab} *a\n{cd}  a\n{ab}  a\nSHA256 (a) = {ab}"
        );
        let (claims, error) = parse(text.as_bytes(), "list", Algorithm::Sha256);
        assert!(error.is_none());
        let names: Vec<_> = claims.iter().map(|claim| claim.name.to_str().unwrap()).collect();
        assert_eq!(names, ["a", "b"]);
        let sha256 = |byte| (Algorithm::Sha256, [byte; 32]);
        assert_eq!(claims[0].digests, [sha256(0xab), sha256(0xcd), (Algorithm::Sm3, DIGEST)]);
        assert_eq!(claims[1].digests, [sha256(0xab)]);
        assert!(!claims[0].is_untagged, "one line is enough");
    }

    #[test]
    fn what_is_no_digest_is_named() {
        let ab = "ab".repeat(32);
        for line in [
            "words",
            &format!("SHA512 (a) = {ab}"),
            &format!("SM3 (a) = {ab}ab"),
            &format!("SM3 (a) {ab}"),
            &format!("SM3 a) = {ab}"),
            &format!("SM3 () = {ab}"),
            &format!("{ab} a"),
            &format!("{ab}  "),
            &format!("\\{ab}  a\\x"),
            &format!("\\{ab}  a\\"),
            &format!("zz{}  a", &ab[2..]),
            &format!("é{}  a", &ab[1..]),
            &ab,
        ] {
            let text = format!("SM3 (good) = {ab}\n{line}\n");
            let (claims, error) = parse(text.as_bytes(), "list", Algorithm::Sha256);
            let error = error.unwrap_or_else(|| panic!("{line:?} is taken for {claims:?}"));
            assert!(error.message.contains("line 2 of list is no digest"), "{error}");
            assert_eq!(claims.len(), 1, "the rest counts");
        }
        for text in ["", "\n\n", "# nothing\n"] {
            let (_, error) = parse(text.as_bytes(), "list", Algorithm::Sha256);
            assert!(error.unwrap().message.contains("holds no digest"));
        }
    }
}
