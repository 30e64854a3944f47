//! Paths as URI references (RFC 3986), byte for byte, so that names which are not UTF-8 survive.

use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path};

/// The URI reference of `path`: relative if the path is, else of the scheme `file`. Everything but RFC 3986's unreserved
/// characters is percent-encoded, the colon too, for the first segment of a relative reference must not look like a
/// scheme (section 4.2). `.` and doubled slashes are dropped; `..` stays, for it may lead through a symbolic link.
pub(super) fn of(path: &Path) -> String {
    let mut uri = String::new();
    for component in path.components() {
        match component {
            Component::RootDir => {
                uri.push_str("file://");
                continue;
            }
            Component::CurDir => continue,
            _ if !uri.is_empty() => uri.push('/'),
            _ => {}
        }
        for byte in component.as_os_str().as_bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
                uri.push(char::from(*byte));
            } else {
                // Writing to a string cannot fail.
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    match uri.as_str() {
        "" => "./".to_owned(),
        "file://" => "file:///".to_owned(),
        _ => uri,
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;

    #[test]
    fn every_path_is_a_valid_reference() {
        for (path, uri) in [
            (&b"out/app"[..], "out/app"),
            (b"./out//app", "out/app"),
            (b"../app", "../app"),
            (b"/srv/a b", "file:///srv/a%20b"),
            (b"c:/x", "c%3A/x"),
            (b"100%#?\"\n", "100%25%23%3F%22%0A"),
            ("caf\u{e9}".as_bytes(), "caf%C3%A9"),
            (b"na\xffme", "na%FFme"),
            (b".", "./"),
            (b"/", "file:///"),
        ] {
            assert_eq!(super::of(Path::new(OsStr::from_bytes(path))), uri);
        }
    }
}
