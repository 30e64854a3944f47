//! Days and times: UTC, written as RFC 3339 has them, without a time zone database.

mod today;

use std::time::{SystemTime, UNIX_EPOCH};

pub use today::{Source, Today};

/// This version, and the day on which it was released, or the last one on which its release was prepared: no clock that
/// is right shows an earlier day. Who makes a release sets both with the version in Cargo.toml and the heading in
/// CHANGELOG.md; a test refuses a version that is not that of Cargo.toml.
const RELEASE: (&str, &str) = ("0.1.0", "2026-11-28");

/// The last second that [`timestamp`] and [`day`] write with four digits for the year: 9999-12-31T23:59:59Z.
const LAST: u64 = 253_402_300_799;

/// Seconds since 1970-01-01 UTC by the system clock, 0 if that shows an earlier time. SOURCE_DATE_EPOCH is not asked:
/// what is stated of this run is when it really was.
pub fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |passed| passed.as_secs())
}

/// Whether no clock that is right shows this time of [`seconds`]: it is before the release of this program.
pub fn is_too_early(seconds: u64) -> bool {
    seconds <= LAST && day(seconds / 86400).as_str() < RELEASE.1
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
    use super::{LAST, RELEASE, day, is_day, is_timestamp, is_too_early, timestamp};

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
    fn the_release_has_a_version_and_a_day() {
        let (version, released) = RELEASE;
        assert_eq!(version, env!("CARGO_PKG_VERSION"), "set the day of the release too");
        assert!(is_day(released));
        let first = (0..LAST / 86400).find(|&days| day(days) == released).unwrap() * 86400;
        assert!(is_too_early(0) && is_too_early(first - 1));
        assert!(!is_too_early(first) && !is_too_early(LAST) && !is_too_early(u64::MAX));
    }

    #[test]
    fn times_are_written_as_rfc_3339_and_nothing_else_passes_for_one() {
        assert_eq!(timestamp(1_795_593_599), "2026-11-25T07:59:59Z");
        assert_eq!(timestamp(LAST), "9999-12-31T23:59:59Z");
        assert!(is_timestamp(&timestamp(0)));
        for text in
            ["2026-11-25", "2026-11-25T24:00:00Z", "2026-11-25T07:59:59+01:00", "2026-11-25 07:59:59Z", ""]
        {
            assert!(!is_timestamp(text), "{text}");
        }
    }
}
