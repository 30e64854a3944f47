//! Known failures that a profile accepts: which, where, why and until when.

use serde::Deserialize;

use crate::clock::{Today, is_day};

/// `[[suppress]]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Suppression {
    /// The rule's id.
    pub rule: String,
    /// The path it is accepted for; `*` stands for any text. A pattern without a leading `/` or `*` also matches the end
    /// of a path behind a `/`.
    pub file: String,
    /// Why. Auditors read it.
    pub reason: String,
    /// The last day on which it holds, as `2027-01-31`, in UTC; for ever if not given. While today is not known it
    /// does not hold.
    #[serde(default)]
    pub until: Option<String>,
}

impl Suppression {
    pub(super) fn validate(&self) -> Result<(), String> {
        let which = format!("the suppression of {} for {:?}", self.rule, self.file);
        if self.reason.trim().is_empty() {
            return Err(format!("{which} needs a reason: auditors ask for it"));
        }
        match &self.until {
            Some(day) if !is_day(day) => {
                Err(format!("{which} has until = {day:?}, not a day such as 2027-01-31"))
            }
            _ => Ok(()),
        }
    }

    /// Whether it is about the rule `id` and the file at `path`.
    pub fn is_about(&self, id: &str, path: &str) -> bool {
        let pattern = self.file.as_str();
        let anchored = pattern.starts_with(['/', '*']);
        self.rule == id && (matches(pattern, path) || !anchored && matches(&format!("*/{pattern}"), path))
    }

    /// Whether it holds: its last day is not over, see [`Today::is_after`].
    pub fn holds(&self, today: &Today) -> bool {
        self.until.as_deref().is_none_or(|until| !today.is_after(until))
    }
}

/// Whether `text` has the form of `pattern`, in which `*` is any text.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(head) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let tail = parts.pop().unwrap_or_default();
    for part in parts {
        let Some(at) = text.find(part) else { return false };
        text = &text[at + part.len()..];
    }
    text.ends_with(tail)
}

#[cfg(test)]
mod tests {
    use super::Suppression;
    use crate::clock::{Source, Today};

    #[test]
    fn patterns_match_whole_paths_or_their_end() {
        let about = |file: &str, path: &str| {
            let one =
                Suppression { rule: "relro".into(), file: file.into(), reason: "r".into(), until: None };
            one.is_about("relro", path) && !one.is_about("no-wx", path)
        };
        assert!(about("/usr/bin/a", "/usr/bin/a"));
        assert!(about("bin/a", "/usr/bin/a"));
        assert!(about("/usr/*/a", "/usr/local/bin/a"));
        assert!(about("*.so", "lib/x.so"));
        assert!(!about("in/a", "/usr/bin/a"));
        assert!(!about("/bin/a", "/usr/bin/a"));
        assert!(!about("/usr/*/b*", "/usr/bin/a"));
    }

    #[test]
    fn a_suppression_ends_after_its_last_day_or_with_the_calendar() {
        let until = |until: Option<&str>| Suppression {
            rule: "relro".into(),
            file: "*".into(),
            reason: "r".into(),
            until: until.map(str::to_owned),
        };
        let today = |day: &str| Today::Known { day: day.into(), from: Source::System };
        let unknown = Today::Unknown { why: "w".into() };
        let one = until(Some("2026-11-24"));
        assert!(one.holds(&today("2026-11-24")) && !one.holds(&today("2026-11-25")) && !one.holds(&unknown));
        assert!(until(None).holds(&today("2026-11-25")) && until(None).holds(&unknown));
    }
}
