//! The two ways WebDAV writes a moment.

use std::fmt::Write as _;

use chrono::{DateTime, Datelike as _, Timelike as _};
use domain::Timestamp;
use httpdate::HttpDate;

/// 9999-12-31T23:59:59Z: the last second both forms can say. `httpdate` panics beyond it, and clients set
/// modification times freely.
const SECONDS_MAX: i64 = 253_402_300_799;

/// Appends a moment as `DAV:getlastmodified` and HTTP headers have it: `Sun, 06 Nov 1994 08:49:37 GMT`.
pub fn push_http_date(out: &mut String, moment: Timestamp) {
    // A String takes everything that is written to it.
    let _ = write!(out, "{}", HttpDate::from(Timestamp::from_millis(seconds(moment) * 1000).to_system()));
}

/// A moment as HTTP headers have it.
pub fn http_date(moment: Timestamp) -> String {
    let mut out = String::new();
    push_http_date(&mut out, moment);
    out
}

/// Appends a moment as `DAV:creationdate` has it: `1994-11-06T08:49:37Z`.
pub fn push_iso_date(out: &mut String, moment: Timestamp) {
    let utc = DateTime::from_timestamp(seconds(moment), 0).unwrap_or_default();
    let (date, time) = (utc.date_naive(), utc.time());
    let (year, month, day) = (date.year(), date.month(), date.day());
    let (hour, minute, second) = (time.hour(), time.minute(), time.second());
    let _ = write!(out, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z");
}

fn seconds(moment: Timestamp) -> i64 {
    moment.seconds().clamp(0, SECONDS_MAX)
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
        let (http, iso) = both(784_111_777_999);
        assert_eq!((&*http, &*iso), ("Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z"));
        let (http, iso) = both(0);
        assert_eq!((&*http, &*iso), ("Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T00:00:00Z"));
    }

    #[test]
    fn a_modification_time_beyond_the_calendar_is_shown_as_its_edge() {
        assert_eq!(both(i64::MAX), both(SECONDS_MAX * 1000));
        assert_eq!(both(i64::MIN), both(0));
        assert_eq!(both(i64::MAX).1, "9999-12-31T23:59:59Z");
    }
}
