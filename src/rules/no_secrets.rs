//! `no-secrets`: no private key and no access token is inside.

use super::{Check, Rule, Severity, Subject, Texts, Verdict};
use crate::texts::{Hidden, Hit, hidden};

/// The rule.
pub const RULE: Rule = Rule {
    id: "no-secrets",
    summary: "no private key and no access token is inside",
    what: "The whole file is searched for private keys in PEM and age form and for access tokens of AWS, GitHub, \
           GitLab, Google, npm, Slack and Stripe: their first letters, with as many letters of the right kind \
           behind them as such a secret has. Neither can be told from an example that somebody made up, nor is any \
           other kind of secret found.",
    why: "Whoever has the file has the secret; on a device in the field that is everybody.",
    fix: "Revoke the secret, take it out of the sources, and read it at run time from where only the program may.",
    source: "RFC 7468; the issuers' descriptions of their token formats",
    severity: Severity::Warn,
    check: Check::Texts(Texts {
        wanted: |_| KINDS.iter().map(|kind| kind.start.reveal()).collect(),
        counts: is_secret,
        check,
    }),
};

struct Kind {
    name: &'static str,
    start: Hidden,
    /// How much of a secret the bytes behind the start are: its letters, or nothing.
    body: fn(&[u8]) -> Option<&[u8]>,
}

const KINDS: [Kind; 14] = [
    Kind { name: "a private key (PEM)", start: hidden!("-----BEGIN "), body: pem },
    Kind {
        name: "a private key (age)",
        start: hidden!("AGE-SECRET-KEY-1"),
        body: |b| run(b, 58, 58, capital),
    },
    Kind { name: "an AWS access key id", start: hidden!("AKIA"), body: |b| run(b, 16, 16, capital) },
    Kind { name: "a GitHub token", start: hidden!("ghp_"), body: |b| run(b, 36, 255, letter) },
    Kind { name: "a GitHub token", start: hidden!("gho_"), body: |b| run(b, 36, 255, letter) },
    Kind { name: "a GitHub token", start: hidden!("ghs_"), body: |b| run(b, 36, 255, letter) },
    Kind { name: "a GitHub token", start: hidden!("github_pat_"), body: |b| run(b, 82, 255, word) },
    Kind { name: "a GitLab token", start: hidden!("glpat-"), body: |b| run(b, 20, 64, word) },
    Kind { name: "a Google API key", start: hidden!("AIza"), body: |b| run(b, 35, 35, word) },
    Kind { name: "an npm token", start: hidden!("npm_"), body: |b| run(b, 36, 255, letter) },
    Kind { name: "a Slack token", start: hidden!("xoxb-"), body: slack },
    Kind { name: "a Slack token", start: hidden!("xoxp-"), body: slack },
    Kind { name: "a Stripe key", start: hidden!("sk_live_"), body: |b| run(b, 24, 255, letter) },
    Kind { name: "a Stripe key", start: hidden!("rk_live_"), body: |b| run(b, 24, 255, letter) },
];

/// A body of fewer different letters is a placeholder such as a row of X.
const DIFFERENT: usize = 8;

fn check(subject: &Subject) -> Verdict {
    // The secrets themselves stay out of reports, which travel further than the file.
    let seen: Vec<String> = subject
        .texts(RULE.id)
        .filter_map(|found| {
            let kind = KINDS.iter().find(|kind| kind.start.is(found.text.as_bytes()))?;
            let more = if found.count > 1 { format!(" and {} more", found.count - 1) } else { String::new() };
            Some(format!("{} at offset {:#x}{more}", kind.name, found.offset))
        })
        .collect();
    if seen.is_empty() {
        return Verdict::pass("none of the known kinds of key and token");
    }
    Verdict::fail(
        seen.join(", "),
        "whoever has the file has the secret",
        "revoke it, take it out of the sources, and read it at run time",
    )
}

fn is_secret(hit: &Hit) -> bool {
    let Some(kind) = KINDS.iter().find(|kind| kind.start.is(hit.text())) else { return false };
    // Short starts of letters alone also occur inside packed data.
    let is_inside = hit.before().last().is_some_and(|b| b.is_ascii_alphanumeric() || b"+/_".contains(b));
    let needs_start = hit.text().iter().all(u8::is_ascii_alphanumeric);
    (kind.body)(hit.after()).is_some_and(is_varied) && !(needs_start && is_inside)
}

fn is_varied(body: &[u8]) -> bool {
    let mut seen = [false; 256];
    for b in body {
        seen[usize::from(*b)] = true;
    }
    seen.iter().filter(|seen| **seen).count() >= DIFFERENT && !body.ends_with(b"EXAMPLE")
}

/// The letters of the wanted kind at the start of `bytes`, if they are as many as that.
fn run(bytes: &[u8], least: usize, most: usize, kind: fn(u8) -> bool) -> Option<&[u8]> {
    let size = bytes.iter().take(most + 1).take_while(|b| kind(**b)).count();
    (least..=most).contains(&size).then(|| &bytes[..size])
}

/// `… PRIVATE KEY-----` and the end of the line, which may be spelled as in a string constant, before base64.
fn pem(bytes: &[u8]) -> Option<&[u8]> {
    const END: &[u8] = b"PRIVATE KEY-----";
    let label = bytes.iter().take(16).take_while(|b| b.is_ascii_uppercase() || **b == b' ').count();
    let end = (0..=label).find(|at| bytes[*at..].starts_with(END))?;
    let line = &bytes[end + END.len()..];
    let body =
        [&b"\r\n"[..], b"\n", b"\\r\\n", b"\\n"].iter().find_map(|newline| line.strip_prefix(*newline))?;
    run(&body[..body.len().min(40)], 40, 40, |b| b.is_ascii_alphanumeric() || b"+/".contains(&b))
}

/// Two or more numbers and a secret of letters, joined by hyphens.
fn slack(bytes: &[u8]) -> Option<&[u8]> {
    let body = run(bytes, 40, 255, |b| b.is_ascii_alphanumeric() || b == b'-')?;
    let (team, rest) = body.split_at(body.iter().position(|b| *b == b'-')?);
    (team.len() >= 10 && team.iter().all(u8::is_ascii_digit) && rest[1..].first()?.is_ascii_digit())
        .then_some(body)
}

fn letter(b: u8) -> bool {
    b.is_ascii_alphanumeric()
}

fn word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"_-".contains(&b)
}

fn capital(b: u8) -> bool {
    b.is_ascii_uppercase() || b.is_ascii_digit()
}
