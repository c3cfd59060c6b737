//! Headers of one value.

use std::time::Duration;

use domain::{Error, LockToken, Result, TIMEOUT_MAX};
use http::{HeaderMap, HeaderName};

/// How far down a request goes (RFC 4918 §10.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// The resource itself.
    Zero,
    /// And its members.
    One,
    /// And everything below.
    Infinity,
}

/// What a lock lasts when the client does not say: twice the rhythm in which Finder refreshes its own.
const TIMEOUT_UNASKED: Duration = Duration::from_secs(600);

fn text<'a>(headers: &'a HeaderMap, name: &'static str) -> Option<&'a str> {
    headers.get(HeaderName::from_static(name)).map(|value| value.to_str().unwrap_or("not ASCII").trim())
}

/// `Depth`.
///
/// # Errors
/// [`Invalid`](Error::Invalid) for anything but `0`, `1` and `infinity`.
pub fn depth(headers: &HeaderMap) -> Result<Option<Depth>> {
    match text(headers, "depth") {
        None => Ok(None),
        Some("0") => Ok(Some(Depth::Zero)),
        Some("1") => Ok(Some(Depth::One)),
        Some(depth) if depth.eq_ignore_ascii_case("infinity") => Ok(Some(Depth::Infinity)),
        Some(_) => Err(Error::Invalid("Depth is `0`, `1` or `infinity`.".into())),
    }
}

/// `Overwrite`: yes, unless the client says no (RFC 4918 §10.6).
///
/// # Errors
/// [`Invalid`](Error::Invalid) for anything but `T` and `F`.
pub fn overwrite(headers: &HeaderMap) -> Result<bool> {
    match text(headers, "overwrite") {
        None | Some("T" | "t") => Ok(true),
        Some("F" | "f") => Ok(false),
        Some(_) => Err(Error::Invalid("Overwrite is `T` or `F`.".into())),
    }
}

/// `Timeout` (RFC 4918 §10.7): the first of the client's wishes that can be understood, as far as the house
/// grants it.
pub fn timeout(headers: &HeaderMap) -> Duration {
    let wishes = text(headers, "timeout").unwrap_or_default().split(',');
    let understood = wishes.map(str::trim).find_map(|wish| match wish.split_once('-') {
        Some((unit, seconds)) if unit.eq_ignore_ascii_case("second") => {
            seconds.parse().ok().map(Duration::from_secs)
        }
        _ => wish.eq_ignore_ascii_case("infinite").then_some(TIMEOUT_MAX),
    });
    // A lock of no time at all would end before its token arrives.
    understood.unwrap_or(TIMEOUT_UNASKED).clamp(Duration::from_secs(1), TIMEOUT_MAX)
}

/// `Lock-Token` (RFC 4918 §10.5), with or without its brackets: Windows and npm's webdav leave them away.
///
/// # Errors
/// [`Invalid`](Error::Invalid) when there is none; none of ours is `Ok(None)`.
pub fn lock_token(headers: &HeaderMap) -> Result<Option<LockToken>> {
    let sent = text(headers, "lock-token");
    let sent = sent.ok_or_else(|| Error::Invalid("UNLOCK needs a Lock-Token.".into()))?;
    Ok(LockToken::parse(sent.trim_start_matches('<').trim_end_matches('>')))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn with(name: &'static str, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn depths_are_read_in_any_case_and_nothing_else_is_one() {
        assert_eq!(depth(&HeaderMap::new()).unwrap(), None);
        assert_eq!(depth(&with("depth", "Infinity")).unwrap(), Some(Depth::Infinity));
        assert!(depth(&with("depth", "7")).is_err());
    }

    #[test]
    fn a_timeout_is_granted_up_to_the_limit() {
        let table = [
            ("Second-600", 600),
            ("Infinite, Second-4100000000", TIMEOUT_MAX.as_secs()),
            ("Extend, second-3600", 3600),
            ("Second-99999999999999999999", 600),
            ("", 600),
        ];
        for (sent, seconds) in table {
            assert_eq!(timeout(&with("timeout", sent)).as_secs(), seconds, "{sent}");
        }
    }

    #[test]
    fn a_lock_token_needs_no_brackets() {
        let token = "urn:uuid:0192f5e0-0000-7000-8000-000000000000";
        let bracketed = lock_token(&with("lock-token", &format!("<{token}>"))).unwrap();
        assert_eq!(bracketed, lock_token(&with("lock-token", token)).unwrap());
        assert!(bracketed.is_some());
        assert_eq!(lock_token(&with("lock-token", "<urn:other>")).unwrap(), None);
    }
}
