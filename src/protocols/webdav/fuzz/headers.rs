//! Headers of one value.

use std::time::Duration;

use domain::{SyncToken, TIMEOUT_MAX};
use hostile::proptest::prelude::*;
use hostile::proptest::sample::select;
use hostile::{Memory, Target, seeds, text};
use http::header::RANGE;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::headers;

/// Most of it is the map that the headers stand in.
const MEMORY: Memory = Memory { times: 4, plus: 32 * 1024 };

/// What hyper lets in.
const LINES_MAX: usize = 100;

/// The lines of an input as lines of one header; none where hyper would not let them in.
pub fn lines(name: &HeaderName, input: &[u8]) -> Option<HeaderMap> {
    let lines = || input.split(|byte| *byte == b'\n');
    if lines().nth(LINES_MAX).is_some() {
        return None;
    }
    lines().map(HeaderValue::from_bytes).map(|value| Some((name.clone(), value.ok()?))).collect()
}

#[test]
fn a_range_that_is_passed_on_is_one_that_cannot_overflow() {
    let position = || {
        prop_oneof![
            Just(String::new()),
            any::<u16>().prop_map(|n| n.to_string()),
            any::<u128>().prop_map(|n| n.to_string())
        ]
    };
    let unit = select(&["bytes=", "Bytes = ", "bytes", "lines="][..]);
    let range =
        (unit, position(), position()).prop_map(|(unit, first, last)| format!("{unit}{first}-{last}"));
    Target {
        grammar: range.prop_map(String::into_bytes).boxed(),
        seeds: seeds::headers(),
        memory: MEMORY,
        read: |input| headers::single_range(&lines(&RANGE, input)?),
        holds: |_, range| {
            let again = HeaderMap::from_iter([(RANGE, range.clone())]);
            assert_eq!(headers::single_range(&again).as_ref(), Some(&range));
            let (first, last) =
                range.to_str().unwrap().strip_prefix("bytes=").unwrap().split_once('-').unwrap();
            let position = |digits: &str| (!digits.is_empty()).then(|| digits.parse::<i64>().unwrap());
            match (position(first), position(last)) {
                (Some(first), Some(last)) => assert!(first <= last),
                (first, last) => assert!(first.or(last).is_some()),
            }
        },
    }
    .attack();
}

#[test]
fn a_lock_token_reads_the_same_after_it_is_written_again() {
    let scheme = select(&["urn:uuid:", "opaquelocktoken:", "<urn:uuid:", "DAV:", ""][..]);
    let uuid = any::<u128>().prop_map(|bits| uuid::Uuid::from_u128(bits).to_string());
    Target {
        grammar: (scheme, uuid).prop_map(|(scheme, uuid)| format!("{scheme}{uuid}>").into_bytes()).boxed(),
        seeds: seeds::headers(),
        memory: MEMORY,
        read: |input| headers::lock_token(&lines(&LOCK_TOKEN, input)?).ok()?,
        holds: |_, token| {
            let written = HeaderValue::try_from(format!("<{token}>")).unwrap();
            let again = HeaderMap::from_iter([(LOCK_TOKEN, written)]);
            assert_eq!(headers::lock_token(&again).unwrap(), Some(token));
        },
    }
    .attack();
}

const LOCK_TOKEN: HeaderName = HeaderName::from_static("lock-token");

#[test]
fn a_sync_token_reads_the_same_after_it_is_written_again() {
    let known = prop_oneof!["[0-9]{1,20}", "[0-9]{0,6}-[0-9]{1,6}-(6[1-9a-f]|2[fF]|c3bc){0,40}"];
    let token = known.prop_map(|known| format!("urn:uuid:0192f5e0-0000-7000-8000-000000000000#{known}"));
    Target {
        grammar: token.prop_map(String::into_bytes).boxed(),
        seeds: vec![
            format!("urn:uuid:0192f5e0-0000-7000-8000-000000000000#-1-{}", "612f".repeat(10_000)).into(),
        ],
        memory: Memory { times: 20, plus: 4096 },
        read: |input| SyncToken::parse(std::str::from_utf8(input).ok()?),
        holds: |_, token| assert_eq!(SyncToken::parse(&token.to_string()), Some(token)),
    }
    .attack();
}

#[test]
fn no_timeout_is_longer_or_shorter_than_the_house_grants() {
    let wish = prop_oneof![
        any::<u128>().prop_map(|seconds| format!("Second-{seconds}")),
        Just("Infinite, second-7".to_owned()),
        text::words(),
    ];
    Target {
        grammar: wish.prop_map(String::into_bytes).boxed(),
        seeds: seeds::headers(),
        memory: MEMORY,
        read: |input| Some(headers::timeout(&lines(&HeaderName::from_static("timeout"), input)?)),
        holds: |_, timeout| assert!((Duration::from_secs(1)..=TIMEOUT_MAX).contains(&timeout)),
    }
    .attack();
}

#[test]
fn a_tag_without_its_mark_of_weakness_is_still_a_header() {
    let tag = prop_oneof![Just("W/\"a\", \"b\"".to_owned()), text::words()];
    Target {
        grammar: tag.prop_map(String::into_bytes).boxed(),
        seeds: seeds::headers(),
        memory: MEMORY,
        read: |input| Some(headers::strong(&HeaderValue::from_bytes(input).ok()?)),
        holds: |input, strong| {
            assert!(strong.len() <= input.len() && headers::strong(&strong).len() <= strong.len())
        },
    }
    .attack();
}

#[test]
fn a_checksum_reads_the_same_after_it_is_written_again() {
    let checksum = prop_oneof![
        "(SHA1|sha1): ?[0-9a-fA-F]{40}",
        "MD5:[0-9a-f]{32}",
        " ?[Ss]ha256:[0-9A-F]{64} ",
        "ADLER32:[0-9a-fA-F]{1,8}",
        "(CRC32)?:[+0-9]{8}",
    ];
    Target {
        grammar: checksum.prop_map(String::into_bytes).boxed(),
        seeds: seeds::headers(),
        memory: MEMORY,
        read: |input| headers::checksums(&lines(&OC_CHECKSUM, input)?).ok()?.pop(),
        holds: |_, checksum| {
            let written = HeaderValue::try_from(checksum.to_string()).unwrap();
            let again = HeaderMap::from_iter([(OC_CHECKSUM, written)]);
            assert_eq!(headers::checksums(&again).unwrap(), [checksum]);
        },
    }
    .attack();
}

const OC_CHECKSUM: HeaderName = HeaderName::from_static("oc-checksum");
