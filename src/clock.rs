//! Days and times: UTC, written as RFC 3339 has them, without a time zone database.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970-01-01 UTC; SOURCE_DATE_EPOCH, in seconds, stands for the clock where it is set.
pub fn seconds() -> u64 {
    let given = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|s| s.parse::<u64>().ok());
    given.unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs()))
}

/// Today in UTC as `2026-11-24`, see [`seconds`].
pub fn today() -> String {
    day(seconds() / 86400)
}

/// A time of [`seconds`] as `2026-11-24T08:00:00Z` (RFC 3339 section 5.6).
pub fn timestamp(seconds: u64) -> String {
    let of_day = seconds % 86400;
    format!("{}T{:02}:{:02}:{:02}Z", day(seconds / 86400), of_day / 3600, of_day / 60 % 60, of_day % 60)
}

/// The calendar day `days` after 1970-01-01, by eras of 400 years that begin on 1 March.
fn day(days: u64) -> String {
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

/// Whether `text` has the form of a day, `2026-11-24`.
pub fn is_day(text: &str) -> bool {
    numbers(text, "####-##-##").is_some_and(|n| (1..=12).contains(&n[1]) && (1..=31).contains(&n[2]))
}

/// Whether `text` has the form of [`timestamp`]: UTC, whole seconds. Such texts sort as the times they name.
pub fn is_timestamp(text: &str) -> bool {
    numbers(text, "####-##-##T##:##:##Z").is_some_and(|n| {
        (1..=12).contains(&n[1]) && (1..=31).contains(&n[2]) && n[3] < 24 && n[4] < 60 && n[5] <= 60
    })
}

/// The numbers of a text in which every `#` of `form` is a digit and all else is as in `form`.
fn numbers(text: &str, form: &str) -> Option<Vec<u32>> {
    let fits = |(seen, wanted): (u8, u8)| if wanted == b'#' { seen.is_ascii_digit() } else { seen == wanted };
    (text.len() == form.len() && text.bytes().zip(form.bytes()).all(fits))
        .then(|| text.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect())
}

#[cfg(test)]
mod tests {
    use super::{day, is_day, is_timestamp, timestamp};

    #[test]
    fn days_are_those_of_the_calendar() {
        for (days, text) in
            [(0, "1970-01-01"), (59, "1970-03-01"), (19_782, "2024-02-29"), (20_781, "2026-11-24")]
        {
            assert_eq!(day(days), text);
            assert!(is_day(text));
        }
        assert!(!is_day("2026-13-01") && !is_day("26-1-1") && !is_day("tomorrow") && !is_day("2026-11-2４"));
    }

    #[test]
    fn times_are_written_as_rfc_3339_and_nothing_else_passes_for_one() {
        assert_eq!(timestamp(1_795_593_599), "2026-11-25T07:59:59Z");
        assert!(is_timestamp(&timestamp(0)));
        for text in
            ["2026-11-25", "2026-11-25T24:00:00Z", "2026-11-25T07:59:59+01:00", "2026-11-25 07:59:59Z", ""]
        {
            assert!(!is_timestamp(text), "{text}");
        }
    }
}
