//! Numbers in tar headers, and the records of pax extended headers (POSIX.1-2017, pax, "pax Extended Header").

use super::image::text;

/// What extended headers say of a member. Attributes that decide nothing here, such as times, are not kept.
#[derive(Debug, Default)]
pub(super) struct Records {
    pub(super) path: Option<Vec<u8>>,
    pub(super) target: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    pub(super) uid: Option<u64>,
    pub(super) gid: Option<u64>,
    /// Whether the content is stored with its holes left out, in one of GNU's ways.
    pub(super) sparse: bool,
    /// GNU's long names, which come in members of their own.
    pub(super) long_name: Option<Vec<u8>>,
    pub(super) long_target: Option<Vec<u8>>,
}

impl Records {
    /// Adds the records of `body`: each its length in decimal, a space, `keyword=value` and a newline. An empty value
    /// takes back an earlier one.
    pub(super) fn read(&mut self, mut body: &[u8]) -> Result<(), String> {
        while !body.is_empty() && body.iter().any(|byte| *byte != 0) {
            let broken = || {
                let start = &body[..body.len().min(40)];
                format!(
                    "{} is no record of a pax extended header (length keyword=value)",
                    start.escape_ascii()
                )
            };
            let space = body.iter().position(|byte| *byte == b' ').ok_or_else(broken)?;
            let length =
                decimal(&body[..space]).and_then(|length| usize::try_from(length).ok()).ok_or_else(broken)?;
            let record = body.get(space + 1..length).ok_or_else(broken)?;
            let record = record.strip_suffix(b"\n").ok_or_else(broken)?;
            let equals = record.iter().position(|byte| *byte == b'=').ok_or_else(broken)?;
            self.set(&record[..equals], &record[equals + 1..])?;
            body = &body[length..];
        }
        Ok(())
    }

    fn set(&mut self, keyword: &[u8], value: &[u8]) -> Result<(), String> {
        let bytes = (!value.is_empty()).then(|| value.to_owned());
        let number = || {
            if value.is_empty() {
                return Ok(None);
            }
            decimal(value).map(Some).ok_or_else(|| {
                format!("{} in a pax extended header is no number: {}", text(keyword), value.escape_ascii())
            })
        };
        match keyword {
            b"path" if value.contains(&0) => return Err("a pax path with a NUL in it".to_owned()),
            b"linkpath" if value.contains(&0) => return Err("a pax linkpath with a NUL in it".to_owned()),
            b"path" => self.path = bytes,
            b"linkpath" => self.target = bytes,
            b"size" => self.size = number()?,
            b"uid" => self.uid = number()?,
            b"gid" => self.gid = number()?,
            _ if keyword.starts_with(b"GNU.sparse.") => self.sparse = true,
            _ => {}
        }
        Ok(())
    }

    /// These, and for what they do not say, `others`.
    pub(super) fn over(self, others: &Self) -> Self {
        Self {
            path: self.path.or_else(|| others.path.clone()),
            target: self.target.or_else(|| others.target.clone()),
            size: self.size.or(others.size),
            uid: self.uid.or(others.uid),
            gid: self.gid.or(others.gid),
            sparse: self.sparse || others.sparse,
            long_name: self.long_name,
            long_target: self.long_target,
        }
    }
}

fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// A number of a tar header: octal digits between spaces or NULs, or, if the first bit is set, two's complement (GNU
/// tar's base-256). Negative numbers and such that need more than 64 bits are none.
pub(super) fn field(bytes: &[u8]) -> Option<u64> {
    if let [first, rest @ ..] = bytes {
        if first & 0x80 != 0 {
            let start = u64::from(first & 0x7f);
            return rest
                .iter()
                .try_fold(start, |number, byte| (number >> 56 == 0).then(|| number << 8 | u64::from(*byte)));
        }
    }
    let digits = bytes.trim_ascii_start();
    let end = digits.iter().position(|byte| matches!(byte, 0 | b' ')).unwrap_or(digits.len());
    digits[..end].iter().try_fold(0u64, |number, digit| {
        (matches!(digit, b'0'..=b'7') && number >> 61 == 0).then(|| number << 3 | u64::from(digit - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_octal_or_binary() {
        for (bytes, number) in [
            (&b"0000644\0"[..], Some(0o644)),
            (b"    644 ", Some(0o644)),
            (b"77777777777", Some(0o77777777777)),
            (b"\0\0\0\0", Some(0)),
            (b"648\0", None),
            (b"-1\0", None),
            (&[0x80, 0, 0, 1, 0, 0, 0, 0], Some(1 << 32)),
            (&[0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], Some(u64::MAX)),
            (&[0xff; 12], None),
            (&[0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0], None),
        ] {
            assert_eq!(field(bytes), number, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn records_have_a_length() {
        let mut records = Records::default();
        records.read(b"12 path=a=b\n9 uid=42\n20 mtime=1700000000\n").unwrap();
        assert_eq!((records.path.as_deref(), records.uid), (Some(&b"a=b"[..]), Some(42)));
        records.read(b"8 path=\n").unwrap();
        assert_eq!(records.path, None);
        for broken in
            ["9 uid=x2\n", "99 uid=1\n", "3 =", "0 path=x\n", "8 uid=1 ", "x", "18446744073709551616 a=b\n"]
        {
            assert!(records.read(broken.as_bytes()).is_err(), "{broken}");
        }
    }
}
