//! Whoever sends too many requests waits a little, and is refused only when that would take too long.

use std::time::Duration;

use domain::Timestamp;
use services::limits::{Class, Sender, count};

use crate::support::TestHouse;

/// A house of ann's in which two may look at once, and so many in a minute.
fn house(per_minute: &str) -> TestHouse {
    let limits = [("limits.read_per_minute", per_minute), ("limits.read_burst", "2")];
    TestHouse::with_settings(&limits).with_user("ann")
}

/// Lets so many requests of ann's go before the next.
fn look(house: &TestHouse, times: u32) {
    let ann = house.run(services::users::list(house.backends())).unwrap().remove(0).id;
    let (sender, patience) = (Sender { user: Some(ann), address: None }, Duration::from_secs(60));
    for _ in 0..times {
        house.run(count(house.backends(), Class::Read, sender, Timestamp::now(), patience));
    }
}

#[test]
fn a_request_too_many_waits_its_turn_and_is_answered_as_always() {
    let house = house("600");
    for _ in 0..4 {
        assert_eq!(house.propfind("/", "0", "").status, 207);
    }
    let answer = house.propfind("/", "0", "");
    assert!(answer.status == 207 && answer.header("Retry-After").is_none(), "{answer:?}");
}

#[test]
fn a_turn_that_is_too_far_away_is_refused_with_when_to_come_again() {
    let house = house("60");
    look(&house, 31);
    let refused = house.propfind("/", "0", "");
    assert_eq!(refused.status, 429, "{refused:?}");
    let after: u64 = refused.header("Retry-After").unwrap().parse().unwrap();
    assert!((10..=31).contains(&after), "{after}");
    assert!(refused.text().contains("Too many requests"), "{}", refused.text());
    // Of other classes there is as much as ever.
    assert_eq!(house.put("/file", "x").status, 201);
    assert_eq!(house.get("/file").status, 200);
}
