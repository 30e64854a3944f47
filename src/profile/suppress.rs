//! Known failures that a profile accepts: which, where, why and until when.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::Deserialize;

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
    /// The last day on which it holds, as `2027-01-31`; for ever if not given.
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

    /// Whether it holds on `day`, see [`today`].
    pub fn holds_on(&self, day: &str) -> bool {
        // Days of this form sort as text.
        self.until.as_deref().is_none_or(|until| day <= until)
    }
}

/// Today in UTC as `2026-11-24`; SOURCE_DATE_EPOCH, in seconds, stands for the clock where it is set.
pub fn today() -> String {
    let given = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|s| s.parse::<u64>().ok());
    let seconds =
        given.unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs()));
    day_of(seconds / 86400)
}

/// The calendar day `days` after 1970-01-01, by eras of 400 years that begin on 1 March.
fn day_of(days: u64) -> String {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

fn is_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let number = |part: &str, size: usize| (part.len() == size).then(|| part.parse::<u32>().ok()).flatten();
    match parts.as_slice() {
        [year, month, day] => {
            number(year, 4).is_some()
                && number(month, 2).is_some_and(|m| (1..=12).contains(&m))
                && number(day, 2).is_some_and(|d| (1..=31).contains(&d))
        }
        _ => false,
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
    use super::{Suppression, day_of, is_day};

    #[test]
    fn days_are_those_of_the_calendar() {
        for (days, day) in
            [(0, "1970-01-01"), (59, "1970-03-01"), (19_782, "2024-02-29"), (20_781, "2026-11-24")]
        {
            assert_eq!(day_of(days), day);
            assert!(is_day(day));
        }
        assert!(!is_day("2026-13-01") && !is_day("26-1-1") && !is_day("tomorrow"));
    }

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
    fn a_suppression_ends_after_its_last_day() {
        let one = Suppression {
            rule: "relro".into(),
            file: "*".into(),
            reason: "r".into(),
            until: Some("2026-11-24".into()),
        };
        assert!(one.holds_on("2026-11-24") && !one.holds_on("2026-11-25"));
    }
}
