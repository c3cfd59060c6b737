//! The job `original-paths`: what stands with the bytes in a bucket follows what is renamed, later and gently.

use std::net::Ipv4Addr;
use std::time::Duration;

use ::jobs::{JOBS, Outcome};
use bucket::{Bucket, Fault};
use domain::{Caller, Door, NodeName, NodePath, RequestId, Timestamp};
use metadata::nodes::{self, NewNode};
use metadata::spaces;
use services::auth;
use uuid::Uuid;

use super::{DAY, queue};
use crate::support::TestHouse;

const KIND: &str = "original-paths";

/// Ann's house on a bucket, whose schedules have had their first turn.
fn house(bucket: &Bucket, settings: &[(&str, &str)]) -> TestHouse {
    let of_bucket = bucket.settings();
    let mut all: Vec<_> = of_bucket.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    all.extend(settings);
    let house = TestHouse::with_settings(&all).with_user("ann");
    house.run_due_jobs(Timestamp::now());
    house
}

/// What stands with all objects of the bucket, in order.
fn labels(house: &TestHouse, bucket: &Bucket) -> Vec<String> {
    let mut labels = house.run(async {
        let client = bucket.client();
        let mut labels = Vec::new();
        for key in bucket.objects().into_keys().filter(|key| key.ends_with("/content")) {
            let head = client.head_object().bucket(bucket::NAME).key(key).send().await.unwrap();
            let label = head.metadata.and_then(|metadata| metadata.get("original-path").cloned());
            labels.push(label.unwrap_or_default());
        }
        labels
    });
    labels.sort();
    labels
}

/// A minute later: what was wanted is due, and nothing else is. How many objects were written anew.
fn a_minute_later(house: &TestHouse, bucket: &Bucket) -> u64 {
    bucket.take_calls();
    house.run_due_jobs(Timestamp::now().after(Duration::from_secs(60)));
    let calls = bucket.take_calls();
    let copies = calls.get("CopyObject").copied().unwrap_or(0);
    assert_eq!(calls.get("HeadObject").copied().unwrap_or(0), copies, "{calls:?}");
    assert!(calls.keys().all(|call| call == "CopyObject" || call == "HeadObject"), "{calls:?}");
    copies
}

fn wanted(house: &TestHouse) -> usize {
    queue(house).iter().filter(|job| job.kind.as_str() == KIND && !job.key.is_empty()).count()
}

async fn enter(house: &TestHouse) -> Caller {
    let attempt = auth::Attempt {
        name: house.user(),
        secret: house.password(),
        address: Ipv4Addr::LOCALHOST.into(),
        door: Door::Command,
        product: "",
        request: RequestId(Uuid::nil()),
        now: Timestamp::now(),
    };
    auth::log_in(house.backends(), attempt).await.unwrap()
}

#[test]
fn the_paths_of_all_files_follow_a_renamed_folder_and_no_others() {
    let bucket = Bucket::start_on_thread();
    let house = house(&bucket, &[]);
    for path in ["/a", "/a/in", "/a/empty", "/b"] {
        assert_eq!(house.mkcol(path).status, 201);
    }
    for path in ["/a/1", "/a/in/%C3%BC%202", "/b/3"] {
        assert_eq!(house.put(path, path).status, 201);
    }
    house.put("/a/nothing", "");
    house.put("/a/.DS_Store", "kept in the database");
    let before = ["/a/1", "/a/in/%C3%BC%202", "/b/3"];
    assert_eq!(labels(&house, &bucket), before);
    bucket.take_calls();
    assert_eq!(house.relocate("MOVE", "/a", "/b/c").status, 201);
    assert!(bucket.take_calls().is_empty(), "a MOVE asks nothing of the bucket");
    assert_eq!(labels(&house, &bucket), before);
    assert_eq!(a_minute_later(&house, &bucket), 2);
    assert_eq!(labels(&house, &bucket), ["/b/3", "/b/c/1", "/b/c/in/%C3%BC%202"]);
    assert_eq!(house.get("/b/c/in/%C3%BC%202").text(), "/a/in/%C3%BC%202");
    // What is right is left alone.
    super::want(&house, &services::files::ORIGINAL_PATHS, "");
    assert_eq!(a_minute_later(&house, &bucket), 0);
}

#[test]
fn a_file_that_was_uploaded_under_another_name_and_renamed_twice_is_written_once() {
    let bucket = Bucket::start_on_thread();
    let house = house(&bucket, &[]);
    house.put("/film.mkv.abc.partial", "film");
    house.relocate("MOVE", "/film.mkv.abc.partial", "/film.mkv");
    house.relocate("MOVE", "/film.mkv", "/Film.mkv");
    assert_eq!(wanted(&house), 1);
    assert_eq!(a_minute_later(&house, &bucket), 1);
    assert_eq!(labels(&house, &bucket), ["/Film.mkv"]);
    assert_eq!(wanted(&house), 0);
    // There and back again: nothing is to be done when its time has come.
    house.relocate("MOVE", "/Film.mkv", "/film");
    house.relocate("MOVE", "/film", "/Film.mkv");
    assert_eq!(a_minute_later(&house, &bucket), 0);
}

#[test]
fn of_copies_the_oldest_that_is_not_in_the_trash_says_the_path() {
    let bucket = Bucket::start_on_thread();
    let house = house(&bucket, &[]);
    house.mkcol("/d");
    house.put("/d/a", "shared");
    house.relocate("COPY", "/d/a", "/b");
    house.relocate("MOVE", "/b", "/c");
    assert_eq!(a_minute_later(&house, &bucket), 0);
    house.delete("/d");
    assert_eq!(a_minute_later(&house, &bucket), 0);
    // The daily round finds what nobody asked for.
    house.run_due_jobs(Timestamp::now().after(DAY + DAY / 24));
    assert_eq!(labels(&house, &bucket), ["/c"]);
    assert_eq!(house.relocate("MOVE", "/.Trash/d", "/e").status, 201);
    assert_eq!(a_minute_later(&house, &bucket), 1);
    assert_eq!(labels(&house, &bucket), ["/e/a"]);
}

#[test]
fn what_lies_in_the_trash_keeps_its_path() {
    let bucket = Bucket::start_on_thread();
    let house = house(&bucket, &[]);
    house.mkcol("/a");
    house.put("/a/x", "x");
    house.relocate("MOVE", "/a", "/b");
    house.delete("/b");
    assert_eq!(a_minute_later(&house, &bucket), 0);
    assert_eq!(labels(&house, &bucket), ["/a/x"]);
    house.relocate("MOVE", "/.Trash/b", "/b");
    assert_eq!(a_minute_later(&house, &bucket), 1);
    assert_eq!(labels(&house, &bucket), ["/b/x"]);
}

#[test]
fn a_bucket_in_trouble_is_asked_again_later() {
    let bucket = Bucket::start_on_thread();
    let house = house(&bucket, &[]);
    house.put("/a", "1");
    house.relocate("MOVE", "/a", "/b");
    bucket.fail("CopyObject", u64::MAX, Fault::ERROR);
    let soon = Timestamp::now().after(Duration::from_secs(60));
    let ran = house.run(::jobs::run_due(house.backends(), JOBS, soon)).unwrap();
    assert!(matches!(ran[0].outcome, Outcome::Failed(_)), "{ran:?}");
    assert_eq!((wanted(&house), labels(&house, &bucket)), (1, vec!["/a".to_owned()]));
    bucket.mend();
    house.run_due_jobs(soon.after(Duration::from_secs(60)));
    assert_eq!((wanted(&house), labels(&house, &bucket)), (0, vec!["/b".to_owned()]));
}

#[test]
fn bytes_that_are_missing_do_not_keep_the_others() {
    let bucket = Bucket::start_on_thread();
    let house = house(&bucket, &[]);
    house.mkcol("/a");
    house.put("/a/1", "one");
    let key = bucket.objects().into_keys().find(|key| key.ends_with("/content")).unwrap();
    house.put("/a/2", "two");
    let client = bucket.client();
    house.run(client.delete_object().bucket(bucket::NAME).key(&key).send()).unwrap();
    house.relocate("MOVE", "/a", "/b");
    house.run_due_jobs(Timestamp::now().after(Duration::from_secs(60)));
    assert_eq!(labels(&house, &bucket), ["/b/2"]);
    bucket.place(&key, b"one");
}

#[test]
fn nothing_is_written_where_the_settings_say_so() {
    let bucket = Bucket::start_on_thread();
    let house = house(&bucket, &[("s3.original_paths", "false")]);
    house.mkcol("/a");
    house.put("/a/private", "1");
    let (_, without) = house.statements(|| house.relocate("MOVE", "/a", "/b"));
    assert_eq!((labels(&house, &bucket), wanted(&house)), (vec![String::new()], 0));
    house.run_due_jobs(Timestamp::now().after(DAY * 2));
    assert_eq!(labels(&house, &bucket), [""]);
    drop(house);

    let bucket = Bucket::start_on_thread();
    let house = self::house(&bucket, &[]);
    house.mkcol("/a");
    house.put("/a/private", "1");
    let (_, with) = house.statements(|| house.relocate("MOVE", "/a", "/b"));
    assert_eq!(with, without + 1);
}

#[test]
fn a_large_folder_is_gone_through_in_pages() {
    let bucket = Bucket::start_on_thread();
    let house = house(&bucket, &[]);
    house.mkcol("/large");
    house.put("/large/zzz", "last");
    house.run(async {
        let caller = enter(&house).await;
        let (metadata, now) = (&house.backends().metadata, Timestamp::now());
        let tx = metadata.begin().await.unwrap();
        let space = caller.home.space;
        let seq = spaces::take_pen(&tx, space, 0).await.unwrap();
        let path = NodePath::root().join(NodeName::parse("large").unwrap());
        let folder = nodes::locate(&tx, caller.home.root, &path, now).await.unwrap();
        let parent = folder.node().unwrap().id;
        for number in 0..5_000 {
            let name = NodeName::parse(&format!("{number}")).unwrap();
            let (uuid, folder) = (Uuid::now_v7(), false);
            let new = NewNode { uuid, parent, name, folder, blob: None, created_at: now, modified_at: now };
            nodes::insert(&tx, &caller, space, seq, new).await.unwrap();
        }
        tx.commit().await.unwrap();
    });
    house.relocate("MOVE", "/large", "/moved");
    let (copies, statements) = house.statements(|| a_minute_later(&house, &bucket));
    assert_eq!(copies, 1);
    assert_eq!(labels(&house, &bucket), ["/moved/zzz"]);
    // Six pages of a thousand, and with each where the folder is, and the end of one run and the begin of the next.
    assert!((12..100).contains(&statements), "{statements}");
}
