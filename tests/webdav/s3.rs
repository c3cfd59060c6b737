//! A house whose files lie in a bucket: what each method asks of it, and what becomes of a request when it is in trouble.

use std::time::Duration;

use bucket::{Bucket, Fault};
use domain::Timestamp;

use crate::support::{Answer, TestHouse, wait_until};

const MIB: usize = 1 << 20;

fn house(bucket: &Bucket) -> TestHouse {
    let settings = bucket.settings();
    let settings: Vec<_> = settings.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    TestHouse::with_settings(&settings).with_user("ann")
}

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at / 7 + at / 1_000) as u8).collect()
}

#[track_caller]
fn asked(bucket: &Bucket, expected: &[(&str, u64)]) {
    let expected: Vec<_> = expected.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
    assert_eq!(bucket.take_calls().into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn each_method_asks_the_bucket_for_no_more_than_it_must() {
    let bucket = Bucket::start_on_thread();
    let house = house(&bucket);
    let (small, large) = (bytes(1_000), bytes(17 * MIB));
    assert_eq!(house.put("/small", &small).status, 201);
    asked(&bucket, &[("PutObject", 1)]);
    assert_eq!(house.put("/large", &large).status, 201);
    asked(&bucket, &[("CompleteMultipartUpload", 1), ("CreateMultipartUpload", 1), ("UploadPart", 3)]);

    assert!(house.get("/small").body == small);
    asked(&bucket, &[("GetObject", 1)]);
    assert!(house.get("/large").body == large);
    asked(&bucket, &[("GetObject", 1)]);
    for (range, part) in [
        ("bytes=5-9", 5..10),
        ("bytes=9000000-9099999", 9_000_000..9_100_000),
        ("bytes=-10", 17 * MIB - 10..17 * MIB),
    ] {
        let answer = house.ask("GET", "/large", &[("Range", range)], "");
        assert_eq!(answer.status, 206);
        assert!(answer.body == large[part], "{range}");
        asked(&bucket, &[("GetObject", 1)]);
    }
    let etag = house.ask("HEAD", "/small", &[], "").header("etag").unwrap().to_owned();
    assert_eq!(house.ask("GET", "/small", &[("If-None-Match", &etag)], "").status, 304);

    assert_eq!(house.propfind("/", "1", "").status, 207);
    assert_eq!(house.relocate("COPY", "/large", "/copy").status, 201);
    assert_eq!(house.relocate("MOVE", "/large", "/moved").status, 201);
    assert_eq!(house.delete("/moved").status, 204);
    asked(&bucket, &[]);
    assert!(house.get("/copy").body == large);
    assert!(!house.folder().join("blobs").exists());
}

#[track_caller]
fn is_told_to_come_back(answer: &Answer) {
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(answer.header("retry-after").is_some(), "{answer:?}");
}

#[test]
fn while_the_bucket_is_in_trouble_clients_are_told_to_come_back_and_nothing_is_left_behind() {
    let bucket = Bucket::start_on_thread();
    let house = house(&bucket);
    for path in ["/small", "/large"] {
        let old = bytes(if path == "/small" { 1_000 } else { 6 * MIB });
        let new = bytes(if path == "/small" { 2_000 } else { 10 * MIB });
        assert_eq!(house.put(path, &old).status, 201);
        let objects = bucket.objects();
        bucket.fail("*", 10_000, Fault::ERROR);
        is_told_to_come_back(&house.put(path, &new));
        is_told_to_come_back(&house.get(path));
        is_told_to_come_back(&house.ask("GET", path, &[("Range", "bytes=100-200")], ""));
        assert_eq!(house.propfind("/", "1", "").status, 207);
        // Or a proxy would send nobody, not even those who only list.
        assert_eq!(house.wire().ask("GET", "/health/ready", &[], "").status, 200);
        bucket.mend();
        assert!(house.get(path).body == old);
        wait_until("nothing is left of what was refused", || {
            bucket.objects() == objects && bucket.unfinished().is_empty()
        });
        assert_eq!(house.put(path, &new).status, 204);
        assert!(house.get(path).body == new);
    }
}

#[test]
fn trouble_in_the_middle_of_an_upload_and_a_lost_answer_are_nobodys_concern() {
    let bucket = Bucket::start_on_thread();
    let house = house(&bucket);
    let large = bytes(18 * MIB);
    for (operation, fault) in [
        ("UploadPart", Fault::ERROR),
        ("UploadPart", Fault::AnswerLost),
        ("CompleteMultipartUpload", Fault::AnswerLost),
        ("CompleteMultipartUpload", Fault::SLOW_DOWN),
    ] {
        bucket.fail(operation, 2, fault);
        let answer = house.put("/large", &large);
        assert!(matches!(answer.status, 201 | 204), "{operation} {fault:?}: {answer:?}");
    }
    bucket.fail("GetObject", 2, Fault::CutAfter(5_000_000));
    assert!(house.get("/large").body == large);
}

#[test]
fn an_object_that_is_gone_is_a_fault_and_not_an_empty_file() {
    let bucket = Bucket::start_on_thread();
    let house = house(&bucket);
    for size in [1_000, 200_000] {
        assert_eq!(house.put("/a", bytes(size)).status / 100, 2);
        bucket.fail("GetObject", 1, Fault::Refused(404, "NoSuchKey"));
        assert_eq!(house.get("/a").status, 500);
        assert!(house.get("/a").body == bytes(size));
    }
}

#[test]
fn what_a_server_that_died_has_begun_is_ended_by_the_sweep() {
    let bucket = Bucket::start_on_thread();
    let house = house(&bucket);
    for name in ["/a", "/b", "/c"] {
        assert_eq!(house.put(name, "kept").status, 201);
    }
    let unknown = "files/0196f8a0-0000-7000-8000-000000000001/content";
    bucket.place(unknown, b"nobody knows it");
    house.run(bucket.begin_upload("files/0196f8a0-0000-7000-8000-000000000002/content"));
    house.run_due_jobs(Timestamp::now());
    assert_eq!((bucket.objects().len(), bucket.unfinished().len()), (4, 1));
    let later = Timestamp::now().after(Duration::from_secs(3 * 86_400));
    let hold = async |until| {
        let tx = house.backends().metadata.begin().await.unwrap();
        metadata::holds::take(&tx, "on the move", until).await.unwrap();
        tx.commit().await.unwrap();
    };
    house.run(hold(later.after(Duration::from_secs(1))));
    house.run_due_jobs(later);
    assert_eq!(
        (bucket.objects().len(), bucket.unfinished().len()),
        (4, 1),
        "somebody may be moving it there"
    );
    house.run(hold(later));
    house.run_due_jobs(later.after(Duration::from_secs(86_400)));
    assert_eq!((bucket.objects().len(), bucket.unfinished().len()), (3, 0));
    assert!(!bucket.objects().contains_key(unknown));
}

#[test]
fn what_lies_on_the_disk_stays_there_when_new_files_go_into_a_bucket() {
    let bucket = Bucket::start_on_thread();
    let alone = TestHouse::with_settings(&[("blobs.store", "disk")]).with_user("ann");
    assert_eq!(alone.put("/old", "on the disk").status, 201);
    let (user, password) = (alone.user().to_owned(), alone.password().to_owned());
    let settings = bucket.settings();
    let settings: Vec<_> = settings.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let both = TestHouse::on_folder(alone.close(), &settings);
    let authorization = crate::support::Wire::basic(&user, &password);
    let ask = |method: &str, path: &str, body: &str| {
        both.wire().ask(method, path, &[("Authorization", authorization.as_str())], body)
    };
    assert_eq!(ask("PUT", "/dav/new", "in the bucket").status, 201);
    assert_eq!(bucket.objects().len(), 1);
    assert_eq!(ask("GET", "/dav/old", "").body, b"on the disk");
    assert_eq!(ask("GET", "/dav/new", "").body, b"in the bucket");
    assert_eq!(ask("PUT", "/dav/old", "moves with its next content").status, 204);
    assert_eq!(bucket.objects().len(), 2);
    // The drop of the house compares both stores with the database.
}
