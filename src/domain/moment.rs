//! Moments as people write them where a name stands: `2026-11-20T14:00`, `2026-11-20`, `yesterday`, `3d`.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use crate::{Error, Result, Timestamp};

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
/// The milliseconds of a day.
const DAY: i64 = 24 * HOUR;

/// A moment of the past, and how it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    at: Timestamp,
}

impl Moment {
    /// Reads a moment, seen from now. Without an offset it is in UTC; a day alone means its end, or now for today.
    ///
    /// # Errors
    /// [`NotFound`](Error::NotFound) for what is no moment, and for one that has not come yet.
    pub fn parse(text: &str, now: Timestamp) -> Result<Self> {
        let unknown = || {
            let text = format!(
                "{text:?} is no moment; write 2026-11-20T14:00 or 2026-11-20 (in UTC), yesterday, 30m, 1h, 3d or 2w."
            );
            Error::NotFound(text.into())
        };
        let at = read(text, now).ok_or_else(unknown)?;
        match at > now {
            true => Err(Error::NotFound("This moment has not come yet.".into())),
            false => Ok(Self { at }),
        }
    }

    /// The end of a day, counted in days since 1970.
    pub fn end_of_day(day: i64) -> Self {
        Self { at: Timestamp::from_millis(day.saturating_add(1).saturating_mul(DAY).saturating_sub(1)) }
    }

    /// When it was.
    pub fn at(self) -> Timestamp {
        self.at
    }
}

impl Timestamp {
    /// As a moment is written, to the millisecond, in UTC: `2026-11-20T14:00:07.089`.
    pub fn moment(self) -> String {
        let at = chrono::DateTime::from_timestamp_millis(self.millis()).unwrap_or_default();
        at.format("%Y-%m-%dT%H:%M:%S%.3f").to_string()
    }

    /// The day it is in, in UTC, counted in days since 1970.
    pub fn day(self) -> i64 {
        self.millis().div_euclid(DAY)
    }

    /// The same day as it is written: `2026-11-20`.
    pub fn date(self) -> String {
        self.moment().split('T').next().unwrap_or_default().to_owned()
    }
}

fn read(text: &str, now: Timestamp) -> Option<Timestamp> {
    if text.eq_ignore_ascii_case("yesterday") {
        return ago(now, DAY);
    }
    if let Some(span) = span(text) {
        return ago(now, span);
    }
    let (date, time) = text.split_at_checked(10)?;
    // Only as it is always written; the library would take a year of any length.
    let is_date = date.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    let date = is_date.then(|| NaiveDate::parse_from_str(date, "%Y-%m-%d").ok())??;
    if time.is_empty() {
        let day = date.signed_duration_since(NaiveDate::default()).num_days();
        let end = Moment::end_of_day(day).at;
        return Some(if day == now.day() { now } else { end });
    }
    // A name cannot have a colon on Windows.
    let time = time.strip_prefix(['T', 't', ' '])?.replace('.', ":");
    let (time, offset) = split_offset(&time)?;
    // The library would take a fraction of any length, and one digit for two.
    let form = match time.len() {
        5 => "%H:%M",
        8 => "%H:%M:%S",
        12 => "%H:%M:%S:%3f",
        _ => return None,
    };
    let at = NaiveDateTime::new(date, NaiveTime::parse_from_str(time, form).ok()?);
    Some(Timestamp::from_millis(at.and_utc().timestamp_millis().checked_sub(offset)?))
}

fn ago(now: Timestamp, span: i64) -> Option<Timestamp> {
    now.millis().checked_sub(span).map(Timestamp::from_millis)
}

/// A number and a unit, in milliseconds.
fn span(text: &str) -> Option<i64> {
    let unit = match text.chars().next_back()? {
        'm' => MINUTE,
        'h' => HOUR,
        'd' => DAY,
        'w' => 7 * DAY,
        _ => return None,
    };
    let count = text.get(..text.len() - 1)?;
    let is_number = !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| count.parse::<i64>().ok()?.checked_mul(unit)).flatten()
}

/// The time before an offset from UTC, and that offset in milliseconds.
fn split_offset(time: &str) -> Option<(&str, i64)> {
    if let Some(time) = time.strip_suffix(['Z', 'z']) {
        return Some((time, 0));
    }
    let Some(at) = time.find(['+', '-']) else { return Some((time, 0)) };
    let (time, offset) = time.split_at_checked(at)?;
    let (sign, offset) = offset.split_at_checked(1)?;
    let offset = NaiveTime::parse_from_str(offset, if offset.len() == 4 { "%H%M" } else { "%H:%M" }).ok()?;
    let millis = offset.signed_duration_since(NaiveTime::MIN).num_milliseconds();
    Some((time, if sign == "-" { -millis } else { millis }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-21 08:15:00 UTC
    const NOW: Timestamp = Timestamp::from_millis(1_795_248_900_000);

    fn moment(text: &str) -> Option<i64> {
        Moment::parse(text, NOW).ok().map(|moment| moment.at().millis())
    }

    #[test]
    fn a_moment_is_read_in_all_its_spellings() {
        // 2026-11-20 14:00 UTC
        let two = NOW.millis() - 18 * HOUR - 15 * MINUTE;
        for (text, at) in [
            ("2026-11-20T14:00", two),
            ("2026-11-20t14:00", two),
            ("2026-11-20 14:00", two),
            ("2026-11-20T14.00", two),
            ("2026-11-20 14.00", two),
            ("2026-11-20T14:00:07", two + 7 * SECOND),
            ("2026-11-20 14.00.07", two + 7 * SECOND),
            ("2026-11-20T14:00:07.089Z", two + 7 * SECOND + 89),
            ("2026-11-20T14:00Z", two),
            ("2026-11-20T14:00:00z", two),
            ("2026-11-20T15:00+01:00", two),
            ("2026-11-20 15.00+01.00", two),
            ("2026-11-20T15:00+0100", two),
            ("2026-11-20T08:30-05:30", two),
            ("2026-11-20", two + 10 * HOUR - 1),
            ("2026-11-21", NOW.millis()),
            ("1970-01-01", DAY - 1),
            ("0001-02-28T00:00", -62_130_585_600_000),
            ("yesterday", NOW.millis() - DAY),
            ("Yesterday", NOW.millis() - DAY),
            ("0m", NOW.millis()),
            ("30m", NOW.millis() - 30 * MINUTE),
            ("1h", NOW.millis() - HOUR),
            ("3d", NOW.millis() - 3 * DAY),
            ("2w", NOW.millis() - 14 * DAY),
            ("15000w", NOW.millis() - 15_000 * 7 * DAY),
        ] {
            assert_eq!(moment(text), Some(at), "{text}");
        }
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in [
            "",
            "h",
            "1",
            "1y",
            "-1h",
            "+1h",
            "1 h",
            "1.5h",
            "99999999999999999999w",
            "999999999999999w",
            "tomorrow",
            "2026",
            "2026-11",
            "2026-11-31",
            "2026-13-01",
            "26-11-20",
            "2026-1-20",
            "+026-11-20",
            "2026-11-20T",
            "2026-11-20T14",
            "2026-11-20T24:00",
            "2026-11-20T14:60",
            "2026-11-20T14:0",
            "2026-11-20T14:00:00:00",
            "2026-11-20T14:00:00.1",
            "2026-11-20X14:00",
            "2026-11-20T14:00+",
            "2026-11-20T14:00+1",
            "2026-11-20T14:00+01:00:00",
            "2026-11-20T14:00+25:00",
            "2026-11-20T14:00 Z",
            "2026-11-20Z",
            "２０２６-11-20",
            "2026-11-2\u{f6}",
            "1\u{f6}",
            ".DS_Store",
        ] {
            assert_eq!(moment(text), None, "{text}");
        }
    }

    #[test]
    fn what_has_not_come_yet_is_no_part_of_history() {
        for text in ["2026-11-21T08:16", "2026-11-22", "9999-12-31T23:59", "2026-11-21T08:15-00:01"] {
            let refused = Moment::parse(text, NOW).unwrap_err();
            assert!(refused.message().user().contains("not come"), "{text}: {refused}");
        }
    }

    #[test]
    fn a_day_is_written_as_it_is_read() {
        for days in [0, 1, 400, 20_000] {
            let at = Timestamp::from_millis(NOW.millis() - days * DAY - HOUR);
            let expected = if days == 0 { NOW } else { Moment::end_of_day(at.day()).at() };
            assert_eq!(moment(&at.date()), Some(expected.millis()), "{}", at.date());
            assert_eq!(moment(&at.moment()), Some(at.millis()), "{}", at.moment());
        }
    }
}
