//! `no-date-macros`: no date of a compilation is inside.

use super::{Check, Rule, Severity, Subject, Texts, Verdict};
use crate::texts::{Hidden, Hit, hidden};

/// The rule.
pub const RULE: Rule = Rule {
    id: "no-date-macros",
    summary: "no date of a compilation is inside",
    what: "The whole file is searched for dates in the form that a C compiler gives `__DATE__`: the month's English \
           abbreviation, the day in two columns, the year. A date that somebody wrote into a source file in this \
           form looks the same.",
    why: "A file that holds the time of its compilation differs each time it is built, so nobody can reproduce it.",
    fix: "Remove `__DATE__` and `__TIME__` (-Wdate-time finds them), or set SOURCE_DATE_EPOCH to the time of the last \
          change of the sources, which GCC and clang use instead of the clock.",
    source: "C17, 6.10.8.1; reproducible-builds.org, \"SOURCE_DATE_EPOCH\"",
    severity: Severity::Warn,
    check: Check::Texts(Texts {
        wanted: |_| MONTHS.iter().map(|(month, _)| month.reveal()).collect(),
        counts: is_date,
        check,
    }),
};

/// Each month with its most days.
const MONTHS: [(Hidden, u32); 12] = [
    (hidden!("Jan "), 31),
    (hidden!("Feb "), 29),
    (hidden!("Mar "), 31),
    (hidden!("Apr "), 30),
    (hidden!("May "), 31),
    (hidden!("Jun "), 30),
    (hidden!("Jul "), 31),
    (hidden!("Aug "), 31),
    (hidden!("Sep "), 30),
    (hidden!("Oct "), 31),
    (hidden!("Nov "), 30),
    (hidden!("Dec "), 31),
];

/// Bytes of `Mmm dd yyyy`.
const SIZE: u64 = 11;

fn check(subject: &Subject) -> Verdict {
    let found: Vec<_> = subject.texts(RULE.id).collect();
    let [first, ..] = found.as_slice() else {
        return Verdict::pass("no date in the form of __DATE__");
    };
    let count: usize = found.iter().map(|found| found.count).sum();
    let date = subject.image.bytes.slice(first.offset as u64, SIZE).unwrap_or_default();
    Verdict::fail(
        format!(
            "{count} in the form of __DATE__, the first at offset {:#x}: {}",
            first.offset,
            String::from_utf8_lossy(date)
        ),
        "the file differs each time it is built, unless SOURCE_DATE_EPOCH was set",
        "find __DATE__ and __TIME__ with -Wdate-time, or set SOURCE_DATE_EPOCH when building",
    )
}

/// Behind the month: the day, padded with a space, and a year from 1990 on, neither part of a longer word.
fn is_date(hit: &Hit) -> bool {
    let Some((&[tens, ones, b' ', ref year @ ..], behind)) = hit.after().split_first_chunk::<7>() else {
        return false;
    };
    let number = |digits: &[u8]| std::str::from_utf8(digits).ok()?.parse::<u32>().ok();
    let day = if tens == b' ' { number(&[ones]) } else { number(&[tens, ones]).filter(|day| *day > 9) };
    let most = MONTHS.iter().find(|(month, _)| month.is(hit.text())).map_or(0, |(_, most)| *most);
    let is_letter = |b: &u8| b.is_ascii_alphanumeric();
    day.is_some_and(|day| (1..=most).contains(&day))
        && number(year).is_some_and(|year| (1990..2100).contains(&year))
        && !hit.before().last().is_some_and(is_letter)
        && !behind.first().is_some_and(u8::is_ascii_digit)
}
