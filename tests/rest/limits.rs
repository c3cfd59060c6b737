//! How many requests there may be: each answer tells, and one too many is refused with when to come again.

use std::collections::BTreeMap;

use serde_json::json;

use crate::support::{Answer, TestHouse};

/// A header that is a list of strings with numbers as parameters, as RFC 9651 has them written.
#[track_caller]
fn members(answer: &Answer, name: &str) -> Vec<(String, BTreeMap<String, u64>)> {
    let value = answer.header(name).unwrap_or_else(|| panic!("no {name}: {answer:?}"));
    let members = value.split(',').map(|member| {
        let mut parts = member.trim_matches([' ', '\t']).split(';');
        let text = parts.next().and_then(|text| text.strip_prefix('"')?.strip_suffix('"'));
        let text = text
            .filter(|text| text.bytes().all(|byte| matches!(byte, b' '..=b'~') && !b"\"\\".contains(&byte)));
        let params = parts.map(|param| {
            let (key, number) = param.trim_start_matches(' ').split_once('=').unwrap();
            let first = key.bytes().next().unwrap();
            assert!(first.is_ascii_lowercase() || first == b'*', "{value}");
            assert!(
                !number.is_empty() && number.len() <= 15 && number.bytes().all(|byte| byte.is_ascii_digit())
            );
            (key.to_owned(), number.parse().unwrap())
        });
        (text.unwrap_or_else(|| panic!("{value}")).to_owned(), params.collect())
    });
    members.collect()
}

fn assert_refused(answer: &Answer) {
    assert_eq!((answer.status, answer.code().as_str()), (429, "too_many_requests"), "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    let after: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&after), "{after}");
}

#[test]
fn every_answer_tells_how_its_request_stands_with_its_limits() {
    let house = TestHouse::with_settings(&[("limits.log_in_per_minute", "1"), ("limits.log_in_burst", "3")])
        .with_user("ann");
    let api = house.anonymous_api();
    let guess = json!({"login": "ann", "password": "wrong"});
    for remaining in [2, 1, 0] {
        let answer = api.post("/auth/log-in", &guess);
        assert_eq!(answer.status, 401, "{answer:?}");
        assert_eq!(answer.header("ratelimit-policy"), Some(r#""log-in-by-address";q=3;w=180"#));
        let standing = answer.header("ratelimit").unwrap();
        assert!(standing.starts_with(&format!(r#""log-in-by-address";r={remaining};t="#)), "{standing}");
    }
    let refused = api.post("/auth/log-in", &guess);
    assert_refused(&refused);
    assert!(refused.header("ratelimit").unwrap().contains(";r=0;"));
}

#[test]
fn limits_are_told_as_the_draft_has_them_written() {
    let settings =
        [("limits.read_per_minute", "1"), ("limits.read_burst", "2"), ("limits.address_factor", "3")];
    let house = TestHouse::with_settings(&settings).with_user("ann");
    let ann = house.api("ann");
    let mut refused = 0;
    for _ in 0..4 {
        let answer = ann.get("/me");
        let (policies, standings) = (members(&answer, "ratelimit-policy"), members(&answer, "ratelimit"));
        let names = |members: &[(String, BTreeMap<String, u64>)]| {
            members.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(names(&policies), ["read", "read-by-address"]);
        assert_eq!(names(&standings), names(&policies), "each standing is one with a policy");
        for ((_, policy), (_, standing)) in policies.iter().zip(&standings) {
            assert_eq!(policy.keys().collect::<Vec<_>>(), ["q", "w"]);
            assert_eq!(standing.keys().collect::<Vec<_>>(), ["r", "t"]);
            assert!(policy["w"] > 0 && standing["r"] < policy["q"] && standing["t"] <= policy["w"]);
            // Whoever is told both comes again no earlier than what `t` promises.
            if let Some(after) = answer.header("retry-after") {
                refused += 1;
                assert!(after.parse::<u64>().unwrap() >= standing["t"], "{answer:?}");
            }
        }
    }
    assert!(refused > 0, "one a minute and two at once are not four at once");
}

#[test]
fn whoever_is_known_has_limits_of_their_own_and_whoever_tries_tokens_counts_by_address() {
    let settings =
        [("limits.write_per_minute", "1"), ("limits.write_burst", "2"), ("limits.address_factor", "0")];
    let house = TestHouse::with_settings(&settings).with_user("ann");
    let ann = house.api("ann");
    let answer = ann.post("/auth/log-out", &json!(null));
    assert_eq!((answer.status, answer.header("ratelimit-policy")), (204, Some(r#""write";q=2;w=120"#)));
    assert_eq!(house.api("ann").post("/auth/log-out", &json!(null)).status, 204);
    assert_refused(&house.api("ann").post("/auth/log-out", &json!(null)));

    let house = TestHouse::with_settings(&[("limits.read_per_minute", "1"), ("limits.read_burst", "2")]);
    let stranger = house.anonymous_api().with_authorization("Bearer guessed");
    for _ in 0..2 {
        assert_eq!(stranger.post("/auth/log-out", &json!(null)).status, 401);
    }
    assert_refused(&stranger.post("/auth/log-out", &json!(null)));
}

#[test]
fn without_a_limit_there_is_nothing_to_tell() {
    let house = TestHouse::new().with_user("ann");
    let answer = house.api("ann").post("/auth/log-out", &json!(null));
    assert_eq!(
        (answer.status, answer.header("ratelimit"), answer.header("ratelimit-policy")),
        (204, None, None)
    );
}
