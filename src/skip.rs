//! What tests say where they cannot compare everything. This is the one place that says so: `checks/test.sh` counts
//! these lines by their reason, which ends at the first colon with a space, and refuses skips that it does not expect.

/// An outsider is missing that could be installed. Where all must be there (`tests/outsiders`), that is a failure.
pub fn skip(why: &str) {
    assert!(std::env::var_os("SARSEN_OUTSIDERS").is_none(), "{why}");
    println!("{}", line("skipped", why));
}

/// This user, kernel or file system takes a part of a test away; nothing that is installed would bring it back.
pub fn limited(why: &str) {
    println!("{}", line("limited", why));
}

/// A reason in one line.
pub fn line(kind: &str, why: &str) -> String {
    format!("{kind}: {}", why.split_whitespace().collect::<Vec<_>>().join(" "))
}
