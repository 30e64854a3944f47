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
/// What may be one of these in a word is left out with what stands before it.
pub fn in_text(text: &str) -> String {
    let ends = |c: char| c.is_whitespace() || "\"`<>".contains(c);
    text.split_inclusive(ends).map(in_word).collect()
}

fn in_word(word: &str) -> String {
    let (word, end) = word.split_at(word.trim_end().len());
    let is_scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    let Some(at) = word.find("://") else {
        // `USER:PASSWORD@HOST`
        return match word.rfind('@') {
            Some(user) if word[..user].contains(':') => format!("{}{end}", &word[user + 1..]),
            _ => format!("{word}{end}"),
        };
    };
    let start = word[..at].trim_end_matches(is_scheme).len();
    let (scheme, rest) = (&word[start..at + 3], &word[at + 3..]);
    let host = rest.rfind('@').map_or(rest, |user| &rest[user + 1..]);
    let host = host.split(['?', '#']).next().unwrap_or_default();
    format!("{}{scheme}{host}{end}", &word[..start])
}

/// Whether an address that somebody gives tells no secret that can be known as one: it has a scheme, one account at most, which is
/// that of SSH, and no parameters but those of Nix.
pub fn is_public(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once(':') else { return false };
    let account = rest.strip_prefix("//").and_then(|rest| rest.split('/').next()?.split_once('@'));
    let accounts = url.matches('@').count() + url.to_ascii_lowercase().matches("%40").count();
    let is_account = match account {
        Some((user, _)) => accounts == 1 && scheme.ends_with("ssh") && !user.contains([':', '%']),
        None => accounts == 0,
    };
    let is_plain = |c: char| c.is_ascii_graphic() && c != ';' || c.is_alphanumeric();
    !scheme.is_empty() && is_account && url.chars().all(is_plain) && of_source(url) == url
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
            ("unable to download 'https://u:p@h/x?token=t': 404", "unable to download 'https://h/x 404"),
            ("https://h/a?b https://u@h", "https://h/a https://h"),
            ("'https://u:s3c'ret@h/x?token=t'", "'https://h/x"),
            ("https://u:a|b@h/ http://a,http://u:t@h/x", "https://h/ http://h/x"),
            ("cloning user:token@h and git@h:x", "cloning h and git@h:x"),
            ("ü://x?y | no address: //", "ü://x | no address: //"),
            ("nothing, but words", "nothing, but words"),
        ] {
            assert_eq!(in_text(text), clean);
        }
    }

    #[test]
    fn only_addresses_without_secrets_are_published() {
        for (url, expected) in [
            ("https://git.example/x", true),
            ("git+https://git.example/x?ref=main", true),
            ("git+ssh://git@git.example/x", true),
            ("github:owner/name", true),
            ("urn:test", true),
            ("https:/u:pw@h/x", false),
            ("//u:pw@h/x", false),
            ("u:pw@h/x", false),
            ("https:u:pw@h", false),
            ("https://h/https://u:pw@h2/x", false),
            ("https://u:p/w@h/", false),
            ("git+ssh://git%3Apw@h/", false),
            ("https://u%3Apw%40h/", false),
            ("https://h/x;token=abc", false),
            ("mailto:u:pw@h", false),
            ("", false),
            ("x y", false),
            ("https://h/\n", false),
        ] {
            assert_eq!(is_public(url), expected, "{url}");
        }
    }
}
