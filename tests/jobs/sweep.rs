//! The job `sweep`: what unfinished uploads left behind goes after a day, and what is still coming stays.

use bytes::Bytes;
use domain::{BlobId, Timestamp};
use metadata::blobs::{self, State};
use services::files;
use uuid::Uuid;

use super::{DAY, execute, wait_until};
use crate::support::{TestHouse, Wire, database, ground};

#[test]
fn what_an_upload_left_behind_goes_after_a_day() {
    let house = TestHouse::new();
    // As a database that could not be reached for an hour leaves it.
    let (id, store) = (BlobId(Uuid::now_v7()), house.backends().blobs.receiving().kind());
    let long_ago = Timestamp::from_millis(1_700_000_000_000);
    house.run(blobs::register(&house.backends().metadata, id, store, long_ago)).unwrap();
    assert_eq!(house.blobs(State::Pending), [id]);
    house.run(async {
        let mut writer = house.backends().blobs.receiving().create(id, Default::default()).await.unwrap();
        writer.write(Bytes::from_static(b"half of it")).await.unwrap();
        writer.finish().await.unwrap();
    });
    house.run_due_jobs(Timestamp::now());
    assert_eq!(house.blobs(State::Pending), [id], "its last bytes came just now");
    house.run_due_jobs(Timestamp::now().after(DAY * 2));
    assert_eq!(house.blobs(State::Pending), []);
    assert_eq!(house.run(house.backends().blobs.receiving().find(id)).unwrap(), None);
}

#[test]
fn an_upload_that_takes_longer_than_a_day_is_left_alone() {
    let house = TestHouse::new().with_user("ann");
    let body = vec![b'x'; 1 << 20];
    let mut wire = half_sent(&house, &body);
    execute(&house, "UPDATE blobs SET created_ms = created_ms - 172800000 WHERE NOT live");
    house.run_due_jobs(Timestamp::now());
    wire.send(&body[body.len() / 2..]);
    assert_eq!(wire.answer().status, 201);
    assert_eq!(house.get("/slow").body, body);
}

#[test]
fn what_is_still_coming_is_not_taken_over_from_a_server_that_had_given_it_up() {
    if !ground::is_scaled() {
        return;
    }
    let house = TestHouse::new().with_user("ann");
    let body = vec![b'x'; 1 << 20];
    let mut wire = half_sent(&house, &body);
    // Another server took this one for gone, and is gone itself.
    execute(&house, "UPDATE blobs SET server_id = gen_random_uuid() WHERE NOT live");
    house.run(database::a_minute_passes(house.folder()));
    assert_eq!(house.run(blobs::left_over(&house.backends().metadata)).unwrap().len(), 1);
    assert_eq!(house.run(files::discard_unfinished(house.backends())).unwrap(), 0);
    house.run_due_jobs(Timestamp::now().after(DAY * 2));
    assert_eq!(house.blobs(State::Pending).len(), 1);
    wire.send(&body[body.len() / 2..]);
    assert_eq!(wire.answer().status, 503);
    assert_eq!(house.blobs(State::Pending), []);
}

/// Sends the head and half the body of an upload, and waits until it is under way.
fn half_sent(house: &TestHouse, body: &[u8]) -> Wire {
    let mut wire = house.wire();
    let (authorization, length) = (house.authorization(), body.len());
    wire.send(format!(
        "PUT /dav/slow HTTP/1.1\r\nHost: larder\r\nAuthorization: {authorization}\r\nContent-Length: {length}\r\n\r\n"
    ));
    wire.send(&body[..length / 2]);
    wait_until("the upload is under way", || house.blobs(State::Pending).len() == 1);
    wire
}
