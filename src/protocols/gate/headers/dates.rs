//! The ways WebDAV writes a moment, and the ways clients do.

use std::fmt::Write as _;

use chrono::{DateTime, Datelike as _, Timelike as _};
use domain::Timestamp;
use httpdate::HttpDate;

/// From 0001-01-01T00:00:00Z to 9999-12-31T23:59:59Z, in seconds: what a year of four digits can say.
const SECONDS_MIN: i64 = -62_135_596_800;
const SECONDS_MAX: i64 = 253_402_300_799;

/// Appends a moment as `DAV:getlastmodified` and HTTP headers have it: `Sun, 06 Nov 1994 08:49:37 GMT`.
pub fn push_http_date(out: &mut String, moment: Timestamp) {
    let seconds = seconds(moment);
    // A String takes everything that is written to it.
    let _ = match seconds {
        // `httpdate` has no format to read first, and panics at what was before 1970.
        0.. => write!(out, "{}", HttpDate::from(Timestamp::from_millis(seconds * 1000).to_system())),
        _ => write!(out, "{}", utc(seconds).format("%a, %d %b %Y %H:%M:%S GMT")),
    };
}

/// A moment as HTTP headers have it.
pub fn http_date(moment: Timestamp) -> String {
    let mut out = String::new();
    push_http_date(&mut out, moment);
    out
}

/// Appends a moment as `DAV:creationdate` has it: `1994-11-06T08:49:37Z`.
pub fn push_iso_date(out: &mut String, moment: Timestamp) {
    let utc = utc(seconds(moment));
    let (date, time) = (utc.date_naive(), utc.time());
    let (year, month, day) = (date.year(), date.month(), date.day());
    let (hour, minute, second) = (time.hour(), time.minute(), time.second());
    let _ = write!(out, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z");
}

fn utc(seconds: i64) -> DateTime<chrono::Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default()
}

fn seconds(moment: Timestamp) -> i64 {
    moment.seconds().clamp(SECONDS_MIN, SECONDS_MAX)
}

/// Reads a date of HTTP in one of its three forms (RFC 9110 §5.6.7), or in one of mail, which is what it comes
/// from: days of one digit and offsets occur.
pub fn read_http_date(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    match httpdate::parse_http_date(text) {
        Ok(date) => writable(Timestamp::from(date)),
        Err(_) => of_chrono(DateTime::parse_from_rfc2822(text)),
    }
}

/// Reads a date in the form of ISO 8601 that `DAV:creationdate` has (RFC 3339).
pub fn read_iso_date(text: &str) -> Option<Timestamp> {
    of_chrono(DateTime::parse_from_rfc3339(text.trim()))
}

/// Reads seconds since 1970, perhaps with a fraction, as ownCloud's clients and rclone write them.
pub fn read_seconds(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty()
        || ![whole, fraction].iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
    {
        return None;
    }
    let millis: i64 = format!("{fraction:0<3.3}").parse().ok()?;
    let millis = whole.parse::<i64>().ok()?.checked_mul(1000)?.checked_add(millis)?;
    writable(Timestamp::from_millis(if digits == text { millis } else { -millis }))
}

fn of_chrono(parsed: chrono::ParseResult<DateTime<chrono::FixedOffset>>) -> Option<Timestamp> {
    writable(Timestamp::from_millis(parsed.ok()?.timestamp_millis()))
}

/// What an answer could not say is not taken either.
fn writable(moment: Timestamp) -> Option<Timestamp> {
    (SECONDS_MIN..=SECONDS_MAX).contains(&moment.seconds()).then_some(moment)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(millis: i64) -> (String, String) {
        let (mut http, mut iso) = (String::new(), String::new());
        push_http_date(&mut http, Timestamp::from_millis(millis));
        push_iso_date(&mut iso, Timestamp::from_millis(millis));
        (http, iso)
    }

    #[test]
    fn a_moment_reads_the_same_in_both_forms() {
        for (millis, http, iso) in [
            (784_111_777_999, "Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z"),
            (0, "Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T00:00:00Z"),
            (-1, "Wed, 31 Dec 1969 23:59:59 GMT", "1969-12-31T23:59:59Z"),
            (-11_644_473_600_000, "Mon, 01 Jan 1601 00:00:00 GMT", "1601-01-01T00:00:00Z"),
            (SECONDS_MIN * 1000, "Mon, 01 Jan 0001 00:00:00 GMT", "0001-01-01T00:00:00Z"),
            (SECONDS_MAX * 1000, "Fri, 31 Dec 9999 23:59:59 GMT", "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(both(millis), (http.to_owned(), iso.to_owned()));
            let whole_seconds = Timestamp::from_millis(millis.div_euclid(1000) * 1000);
            assert_eq!(read_http_date(http), Some(whole_seconds), "{http}");
            assert_eq!(read_iso_date(iso), Some(whole_seconds), "{iso}");
        }
    }

    #[test]
    fn a_modification_time_beyond_the_calendar_is_shown_as_its_edge() {
        assert_eq!(both(i64::MAX), both(SECONDS_MAX * 1000));
        assert_eq!(both(i64::MIN), both(SECONDS_MIN * 1000));
    }

    #[test]
    fn dates_are_read_as_clients_write_them() {
        for sent in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            " Sun, 6 Nov 1994 08:49:37 GMT\n",
            "6 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 09:49:37 +0100",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ] {
            assert_eq!(read_http_date(sent), Some(Timestamp::from_millis(784_111_777_000)), "{sent}");
        }
        for sent in ["1994-11-06T08:49:37Z", "1994-11-06T09:49:37+01:00", " 1994-11-06t08:49:37.000z"] {
            assert_eq!(read_iso_date(sent), Some(Timestamp::from_millis(784_111_777_000)), "{sent}");
        }
        for (sent, millis) in [
            ("1700000000", 1_700_000_000_000),
            ("1.5", 1500),
            ("12.0345678", 12_034),
            ("-1.5", -1500),
            (" 0 ", 0),
        ] {
            assert_eq!(read_seconds(sent), Some(Timestamp::from_millis(millis)), "{sent}");
        }
    }

    #[test]
    fn what_is_no_date_or_beyond_the_calendar_is_not_read() {
        for sent in [
            "",
            "yesterday",
            "Sun, 06 Nov",
            "Mon, 06 Nov 1994 08:49:37 GMT",
            "Sat, 01 Jan 10000 00:00:00 GMT",
            "784111777",
        ] {
            assert_eq!(read_http_date(sent), None, "{sent}");
        }
        for sent in ["", "1994-11-06", "1994-11-06T08:49:37", "0000-12-31T23:59:59Z", "19941106T084937Z"] {
            assert_eq!(read_iso_date(sent), None, "{sent}");
        }
        for sent in
            ["", "-", ".5", "--1", "+1", "1.x", "1e3", "253402300800", "-62135596801", "99999999999999999999"]
        {
            assert_eq!(read_seconds(sent), None, "{sent}");
        }
    }
}

#[cfg(test)]
mod fuzz {
    use hostile::proptest::prelude::*;
    use hostile::{Memory, Target, seeds, text};

    use super::*;

    #[test]
    fn a_date_that_is_read_can_be_written_and_reads_the_same() {
        let date = prop_oneof![
            any::<i64>().prop_map(|millis| http_date(Timestamp::from_millis(millis))),
            "(Mon|Tuesday|Wed,)?[ ,-]{0,2}[0-9]{1,3}[ -]Feb[ -][0-9]{1,6} [0-9]{2}:[0-6][0-9](:[0-6][0-9])? (GMT|[+-]{1,2}[0-9]{2,5})",
            "[+-]?[0-9]{4,6}-[01]?[0-9]-[0-3][0-9][Tt ][0-9]{2}:[0-9]{2}:[0-6][0-9]([.][0-9]{0,12})?([Zz]|[+-][0-9]{2}:[0-9]{2})",
            "[+-]{0,2}[0-9]{0,21}([.][+-]?[0-9]{0,12})?",
            text::words(),
        ];
        Target {
            grammar: date.prop_map(String::into_bytes).boxed(),
            seeds: seeds::headers(),
            memory: Memory { times: 8, plus: 4096 },
            read: |input| {
                let sent = std::str::from_utf8(input).ok()?;
                read_http_date(sent).or_else(|| read_iso_date(sent)).or_else(|| read_seconds(sent))
            },
            holds: |_, moment| {
                let mut iso = String::new();
                push_iso_date(&mut iso, moment);
                for again in [read_iso_date(&iso), read_http_date(&http_date(moment))] {
                    assert_eq!(again.map(Timestamp::seconds), Some(moment.seconds()), "{iso}");
                }
            },
        }
        .attack();
    }
}
