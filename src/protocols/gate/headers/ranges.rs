//! Which part of a file a client wants.

use http::header::RANGE;
use http::{HeaderMap, HeaderValue};

/// The last byte a range may end at: dav-server adds one to it, and `u64::MAX` overflows.
const LAST_BYTE_MAX: u64 = i64::MAX as u64;

/// `Range`, if it asks for one range of bytes. Several are answered with the whole, as RFC 9110 §14.2
/// allows: overlapping ones would make a small request cost many times the file.
pub fn single_range(headers: &HeaderMap) -> Option<HeaderValue> {
    let mut values = headers.get_all(RANGE).iter();
    let (Some(range), None) = (values.next(), values.next()) else { return None };
    let (unit, range) = range.to_str().ok()?.split_once('=')?;
    let (first, last) = range.trim().split_once('-').filter(|_| unit.trim().eq_ignore_ascii_case("bytes"))?;
    let range = match (position(first)?, position(last)?) {
        (Some(first), Some(last)) if first <= last => format!("bytes={first}-{last}"),
        (Some(first), None) => format!("bytes={first}-"),
        (None, Some(length)) => format!("bytes=-{length}"),
        _ => return None,
    };
    HeaderValue::try_from(range).ok()
}

/// A part of something of a known length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// From the first of these offsets to before the second.
    From(u64, u64),
    /// None: the part begins behind the end.
    Beyond,
}

/// Which part of something a range of [`single_range`] means (RFC 9110 §14.1.2).
pub fn part(range: Option<&HeaderValue>, size_bytes: u64) -> Part {
    let range = range.and_then(|range| range.to_str().ok()?.strip_prefix("bytes=")?.split_once('-'));
    let Some((first, last)) = range else { return Part::Whole };
    let (start, end) = match (first.parse::<u64>().ok(), last.parse::<u64>().ok()) {
        (Some(first), Some(last)) => (first, last.saturating_add(1).min(size_bytes)),
        (Some(first), None) => (first, size_bytes),
        (None, Some(length)) => (size_bytes.saturating_sub(length), size_bytes),
        (None, None) => return Part::Whole,
    };
    if start < end { Part::From(start, end) } else { Part::Beyond }
}

/// Where a range ends that [`single_range`] gave, if it says so: the offset of the first byte behind it.
pub fn range_end(range: &HeaderValue) -> Option<u64> {
    let (first, last) = range.to_str().ok()?.strip_prefix("bytes=")?.split_once('-')?;
    last.parse::<u64>().ok().filter(|_| !first.is_empty())?.checked_add(1)
}

/// A position in a range: `Some(None)` where it is left out, none for what is not a number.
fn position(digits: &str) -> Option<Option<u64>> {
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // More digits than a number can hold are beyond any end.
    Some((!digits.is_empty()).then(|| digits.parse().unwrap_or(LAST_BYTE_MAX).min(LAST_BYTE_MAX)))
}

/// Entity tags without their marks of weakness. All tags of the house are strong, so a tag that a proxy
/// marked weak still names the same bytes.
pub fn strong(value: &HeaderValue) -> HeaderValue {
    let stripped =
        value.to_str().ok().filter(|text| text.contains("W/\"")).map(|text| text.replace("W/\"", "\""));
    stripped.and_then(|text| HeaderValue::try_from(text).ok()).unwrap_or_else(|| value.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(RANGE, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn only_one_range_reaches_the_file() {
        assert!(single_range(&with("bytes=0-1")).is_some());
        for sent in ["bytes=0-,0-", "lines=1-2", "bytes", "bytes=-", "bytes=5-3", "bytes=+1-2", "bytes=1--2"]
        {
            assert_eq!(single_range(&with(sent)), None, "{sent}");
        }
    }

    #[test]
    fn a_range_is_passed_on_without_numbers_that_overflow() {
        let end = "bytes=0-9223372036854775807";
        let table = [
            ("bytes=98304-", "bytes=98304-"),
            ("bytes=-500", "bytes=-500"),
            ("Bytes = 0-5 ", "bytes=0-5"),
            ("bytes=0-18446744073709551615", end),
            ("bytes=0-99999999999999999999999", end),
        ];
        for (sent, passed_on) in table {
            assert_eq!(single_range(&with(sent)).unwrap(), passed_on, "{sent}");
        }
    }

    #[test]
    fn a_range_means_a_part_of_what_there_is() {
        for (range, meant) in [
            ("bytes=0-", Part::From(0, 10)),
            ("bytes=2-4", Part::From(2, 5)),
            ("bytes=2-99", Part::From(2, 10)),
            ("bytes=-3", Part::From(7, 10)),
            ("bytes=-99", Part::From(0, 10)),
            ("bytes=9-9", Part::From(9, 10)),
            ("bytes=10-", Part::Beyond),
            ("bytes=-0", Part::Beyond),
        ] {
            let range = single_range(&with(range));
            assert_eq!(part(range.as_ref(), 10), meant, "{range:?}");
        }
        assert_eq!(part(single_range(&with("bytes=0-")).as_ref(), 0), Part::Beyond);
        assert_eq!(part(None, 10), Part::Whole);
    }
}
