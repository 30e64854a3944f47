//! Addresses without what only this machine should know. Statements are published, and settings hold passwords and tokens.

/// What a flake reference says after its question mark that others need to find the same source (nix flake, "Flake
/// reference attributes"). Anything else may be a token.
const KEPT: [&str; 7] = ["allRefs", "dir", "host", "narHash", "ref", "rev", "submodules"];

/// A cache's address, without user, password and settings.
pub fn of_cache(url: &str) -> String {
    let url = anonymous(url);
    url.split(['?', '#']).next().unwrap_or_default().to_owned()
}

/// A flake reference, without user, password, fragment and parameters that are none of it or have a value that none of it has.
pub fn of_source(url: &str) -> String {
    let url = anonymous(url);
    let url = url.split('#').next().unwrap_or_default();
    let Some((place, query)) = url.split_once('?') else { return url.to_owned() };
    let query = query.split('&').filter(|part| is_kept(part)).collect::<Vec<_>>().join("&");
    if query.is_empty() { place.to_owned() } else { format!("{place}?{query}") }
}

/// Whether a parameter is one of [`KEPT`], with a value of its kind: some servers read more behind a semicolon.
fn is_kept(part: &str) -> bool {
    let Some((name, value)) = part.split_once('=') else { return false };
    let all = |allowed: &[u8]| value.bytes().all(|b| b.is_ascii_alphanumeric() || allowed.contains(&b));
    KEPT.contains(&name)
        && match name {
            "rev" => all(b""),
            "allRefs" | "submodules" => ["0", "1", "true", "false"].contains(&value),
            "narHash" => all(b"+-/=%"),
            "host" => all(b".-:"),
            _ => all(b"._-/+@"),
        }
}

/// A text that others wrote, such as the last words of a build, whose addresses are without user, password and parameters.
pub fn in_text(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let is_scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
        let start = rest[..at]
            .rfind(|c| !is_scheme(c))
            .map_or(0, |before| before + rest[before..].chars().next().map_or(0, char::len_utf8));
        let ends = |c: char| c.is_whitespace() || "'\"`<>|".contains(c);
        let end = rest[at..].find(ends).map_or(rest.len(), |length| at + length);
        clean.push_str(&rest[..start]);
        clean.push_str(&of_cache(&rest[start..end]));
        rest = &rest[end..];
    }
    clean + rest
}

/// The address without user and password. Only the account of SSH, which is no secret, stays.
pub fn anonymous(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    match authority.rsplit_once('@') {
        Some((user, _)) if scheme.ends_with("ssh") && !user.contains(':') => url.to_owned(),
        Some((_, host)) => format!("{scheme}://{host}{path}"),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_and_tokens_stay_here() {
        for (url, cache, source) in [
            ("https://cache.example", "https://cache.example", "https://cache.example"),
            (
                "https://bob:s3cret@cache.example:8/x",
                "https://cache.example:8/x",
                "https://cache.example:8/x",
            ),
            ("https://token@host/x@y", "https://host/x@y", "https://host/x@y"),
            ("https://bob:p@ss@host?secret=1", "https://host", "https://host"),
            ("s3://bucket?secret=abc&region=x", "s3://bucket", "s3://bucket"),
            ("git+ssh://git@host/a?ref=main", "git+ssh://git@host/a", "git+ssh://git@host/a?ref=main"),
            ("ssh://bob:s3cret@host/a", "ssh://host/a", "ssh://host/a"),
            (
                "git+https://u:p@host/a?dir=b&access_token=c&rev=d",
                "git+https://host/a",
                "git+https://host/a?dir=b&rev=d",
            ),
            ("github:owner/name?host=h&token=t", "github:owner/name", "github:owner/name?host=h"),
            (
                "git+https://host/a?rev=d;token=t&ref=a=b&submodules=x",
                "git+https://host/a",
                "git+https://host/a",
            ),
            (
                "git+https://host/a?ref=v1.0&rev=d#token=t",
                "git+https://host/a",
                "git+https://host/a?ref=v1.0&rev=d",
            ),
            ("https://host/a#token=t", "https://host/a", "https://host/a"),
            ("daemon", "daemon", "daemon"),
            ("/some/where", "/some/where", "/some/where"),
            ("", "", ""),
        ] {
            assert_eq!((of_cache(url).as_str(), of_source(url).as_str()), (cache, source), "{url}");
        }
    }

    #[test]
    fn addresses_inside_a_text_tell_nothing_either() {
        for (text, clean) in [
            ("unable to download 'https://u:p@h/x?token=t': 404", "unable to download 'https://h/x': 404"),
            ("https://h/a?b https://u@h", "https://h/a https://h"),
            ("ü://x?y | no address: //", "ü://x | no address: //"),
            ("nothing", "nothing"),
            ("a s3://b?secret=c|d", "a s3://b|d"),
        ] {
            assert_eq!(in_text(text), clean);
        }
    }
}
