//! Which day it is, as far as that is known: what ends with a day must not live on because a clock is wrong.

use std::ffi::OsStr;

use super::{LAST, RELEASE, day, is_too_early, seconds};

/// Today in UTC. Nothing that holds until a day holds while the day is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Today {
    /// A day as `2026-11-24`; such texts sort as the days they name.
    Known {
        /// The day.
        day: String,
        /// The clock that shows it.
        from: Source,
    },
    /// No clock is believed.
    Unknown {
        /// Why, as a sentence fragment.
        why: String,
    },
}

/// What a day is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The system clock.
    System,
    /// SOURCE_DATE_EPOCH, a time that a build is to take for now (reproducible-builds.org, "SOURCE_DATE_EPOCH
    /// Specification").
    Epoch,
}

impl Source {
    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "the system clock",
            Self::Epoch => "SOURCE_DATE_EPOCH",
        }
    }
}

impl Today {
    /// The later of the system clock and SOURCE_DATE_EPOCH: the variable can bring an end nearer, never put it off.
    /// nixpkgs sets it to 1980 in every build and shell. What lies before the release of this program, or behind the
    /// year 9999, is no day that is known. Nor is it where SOURCE_DATE_EPOCH is no number: it was set to something,
    /// and to what is not known.
    pub fn ask() -> Self {
        Self::of(seconds(), std::env::var_os("SOURCE_DATE_EPOCH").as_deref())
    }

    /// [`Today::ask`] where the system clock shows `system` seconds and SOURCE_DATE_EPOCH is `given`.
    pub fn of(system: u64, given: Option<&OsStr>) -> Self {
        let number = |text: &OsStr| {
            // Rust would take a plus sign.
            let text = text.to_str().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
            text.parse::<u64>().ok()
        };
        let (now, from) = match given.map(|text| number(text).ok_or(text)) {
            Some(Err(text)) => {
                let why = format!(
                    "SOURCE_DATE_EPOCH is {text:?}, not a number of seconds since 1970; unset or mend it"
                );
                return Self::Unknown { why };
            }
            Some(Ok(epoch)) if epoch > system => (epoch, Source::Epoch),
            _ => (system, Source::System),
        };
        let name = from.name();
        let later = if given.is_some() { ", the later of the clock and SOURCE_DATE_EPOCH," } else { "" };
        if now > LAST {
            return Self::Unknown { why: format!("{name}{later} is behind the year 9999; set it") };
        }
        let day = day(now / 86400);
        if is_too_early(now) {
            let (version, released) = RELEASE;
            let why = format!(
                "{name}{later} shows {day}, and sarsen {version} is of {released}: it is wrong; set the system clock"
            );
            return Self::Unknown { why };
        }
        Self::Known { day, from }
    }

    /// The day, if it is known.
    pub fn day(&self) -> Option<&str> {
        match self {
            Self::Known { day, .. } => Some(day),
            Self::Unknown { .. } => None,
        }
    }

    /// Whether `last`, a day as `2026-11-24`, is over. It counts as over while today is not known.
    pub fn is_after(&self, last: &str) -> bool {
        self.day().is_none_or(|day| day > last)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    /// 2099-11-30T00:00:00Z: behind every release.
    const NOW: u64 = 4_099_680_000;

    fn known(day: &str, from: Source) -> Today {
        Today::Known { day: day.into(), from }
    }

    #[test]
    fn today_is_the_later_of_both_clocks() {
        let of = |system, given: &str| Today::of(system, Some(given.as_ref()));
        assert_eq!(Today::of(NOW, None), known("2099-11-30", Source::System));
        // What nixpkgs and the recipe of the arm64 file set.
        for given in ["315532800", "1", "0", "4099679999"] {
            assert_eq!(of(NOW, given), known("2099-11-30", Source::System), "{given}");
        }
        assert_eq!(of(NOW, "4099766400"), known("2099-12-01", Source::Epoch));
        assert_eq!(of(0, "4099766400"), known("2099-12-01", Source::Epoch));
        assert_eq!(of(NOW, "253402300799"), known("9999-12-31", Source::Epoch));
    }

    #[test]
    fn a_clock_that_cannot_be_right_is_not_believed() {
        let why = |system, given: Option<&str>| match Today::of(system, given.map(OsStr::new)) {
            Today::Unknown { why } => why,
            Today::Known { day, from } => panic!("{system} {given:?}: {day} by {}", from.name()),
        };
        for (system, given, said) in [
            (0, None, "the system clock shows 1970-01-01, and sarsen "),
            (
                1,
                Some("315532800"),
                "SOURCE_DATE_EPOCH, the later of the clock and SOURCE_DATE_EPOCH, shows 1980-01-01",
            ),
            (
                315_532_800,
                Some("1"),
                "the system clock, the later of the clock and SOURCE_DATE_EPOCH, shows 1980-01-01",
            ),
            // A year of five digits would sort before those of four.
            (NOW, Some("253402300800"), "behind the year 9999"),
            (NOW, Some("18446744073709551615"), "behind the year 9999"),
            (u64::MAX, None, "the system clock is behind the year 9999"),
        ] {
            assert!(why(system, given).contains(said), "{}", why(system, given));
        }
        for given in
            ["", " ", "x", "-1", "+1796083200", "1796083200 ", "2027-01-01", "18446744073709551616", "１"]
        {
            let why = why(NOW, Some(given));
            assert!(why.starts_with(&format!("SOURCE_DATE_EPOCH is {given:?}, not a number")), "{why}");
        }
        let bytes = Today::of(NOW, Some(OsStr::from_bytes(b"\xff")));
        assert_eq!(bytes.day(), None);
    }

    #[test]
    fn what_ends_is_over_after_its_day_and_while_today_is_unknown() {
        let today = known("2026-11-24", Source::System);
        assert!(!today.is_after("2026-11-24") && today.is_after("2026-11-23"));
        let unknown = Today::Unknown { why: "w".into() };
        assert!(unknown.is_after("2026-11-24") && unknown.is_after("9999-12-31"));
    }
}
