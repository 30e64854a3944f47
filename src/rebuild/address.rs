//! Addresses without what only this machine should know. Statements are published, and settings hold passwords and tokens.

/// What a flake reference says after its question mark that others need to find the same source (nix flake, "Flake
/// reference attributes"). Anything else may be a token.
const KEPT: [&str; 7] = ["allRefs", "dir", "host", "narHash", "ref", "rev", "submodules"];

/// A cache's address, without user, password and settings.
pub fn of_cache(url: &str) -> String {
    let url = anonymous(url);
    url.split('?').next().unwrap_or_default().to_owned()
}

/// A flake reference, without user, password and parameters that are none of it.
pub fn of_source(url: &str) -> String {
    let url = anonymous(url);
    let Some((place, query)) = url.split_once('?') else { return url };
    let kept = |part: &&str| KEPT.contains(&part.split('=').next().unwrap_or_default());
    let query = query.split('&').filter(kept).collect::<Vec<_>>().join("&");
    if query.is_empty() { place.to_owned() } else { format!("{place}?{query}") }
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
            ("daemon", "daemon", "daemon"),
            ("/some/where", "/some/where", "/some/where"),
            ("", "", ""),
        ] {
            assert_eq!((of_cache(url).as_str(), of_source(url).as_str()), (cache, source), "{url}");
        }
    }
}
