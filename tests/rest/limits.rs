//! How many requests there may be: each answer tells, and one too many is refused with when to come again.

use serde_json::json;

use crate::support::{Answer, TestHouse};

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
