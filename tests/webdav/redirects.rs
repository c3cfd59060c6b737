//! Large files that clients fetch from the bucket itself: who is sent there, when, and what they get.

use std::net::SocketAddr;
use std::time::Duration;

use blobs::PresignRequest;
use bucket::Bucket;
use domain::StoreKind;
use metadata::blobs::State;

use super::{alter, etag, varied};
use crate::support::{Answer, TestHouse, Wire, wait_until};

const RCLONE: (&str, &str) = ("User-Agent", "rclone/v1.75.0");
const SIZE: usize = 5_000;

/// Ann's house on a bucket, with the file `/a b.bin`. The bucket has another name than the drive, if it is told so.
fn house(bucket: &Bucket, settings: &[(&str, &str)]) -> TestHouse {
    let endpoint = elsewhere(bucket);
    let mut all: Vec<(&str, &str)> = Vec::new();
    let of_bucket = bucket.settings();
    all.extend(of_bucket.iter().map(|(key, value)| (key.as_str(), value.as_str())));
    all.extend([
        ("s3.endpoint", endpoint.as_str()),
        ("webdav.redirect_agents", "rclone/"),
        ("downloads.redirect_bytes_min", "5000"),
    ]);
    all.extend(settings);
    let house = TestHouse::with_settings(&all).with_user("ann");
    assert_eq!(house.put("/a%20b.bin", varied(SIZE)).status, 201);
    bucket.take_calls();
    house
}

fn elsewhere(bucket: &Bucket) -> String {
    bucket.endpoint().replace("127.0.0.1", "localhost")
}

fn get(house: &TestHouse, headers: &[(&str, &str)]) -> Answer {
    house.ask("GET", "/a%20b.bin", headers, "")
}

#[track_caller]
fn assert_streamed(answer: &Answer) {
    assert_eq!((answer.status, answer.header("location")), (200, None), "{answer:?}");
    assert!(answer.body == varied(SIZE));
}

/// Goes where an answer leads, as a client does: with the headers it had, and nothing more.
fn follow(address: &str, headers: &[(&str, &str)]) -> Answer {
    let (host, target) = address.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let socket: SocketAddr = host.replace("localhost", "127.0.0.1").parse().unwrap();
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let mut wire = Wire::open(socket);
    wire.send(format!("GET /{target} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n"));
    wire.answer()
}

#[test]
fn a_named_client_is_sent_to_the_bucket_for_a_large_file() {
    let bucket = Bucket::start_on_thread();
    let house = house(&bucket, &[]);
    let answer = get(&house, &[RCLONE, ("Range", "bytes=10-19")]);
    assert_eq!((answer.status, answer.body.len()), (302, 0), "{answer:?}");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    assert!(bucket.take_calls().is_empty(), "an address costs no call");

    let address = answer.header("location").unwrap();
    assert!(address.starts_with(&elsewhere(&bucket)) && address.contains("X-Amz-Expires=900"), "{address}");
    assert!(address.bytes().all(|byte| byte.is_ascii_graphic() && byte != b','), "{address}");
    let whole = follow(address, &[RCLONE]);
    assert_eq!(whole.status, 200, "{whole:?}");
    assert!(whole.body == varied(SIZE));
    assert_eq!(whole.header("content-type"), Some("application/octet-stream"));
    assert_eq!(whole.header("content-disposition"), Some("attachment; filename*=UTF-8''a%20b.bin"));
    let part = follow(address, &[RCLONE, ("Range", "bytes=10-19")]);
    assert_eq!((part.status, part.body.as_slice()), (206, &varied(SIZE)[10..20]), "{part:?}");
    // As AWS does it: whoever takes the password along gets nothing.
    let authorization = house.authorization();
    assert_eq!(follow(address, &[("Authorization", &authorization)]).status, 400);
    assert_eq!(bucket.visits(), (3, 1));
}

#[test]
fn everybody_else_gets_it_from_the_drive() {
    let bucket = Bucket::start_on_thread();
    let house = house(&bucket, &[]);
    for agent in ["curl/8.5.0", "Mozilla/5.0 rclone/v1.75.0", "WebDAVFS/3.0.0 rclone/", ""] {
        assert_streamed(&get(&house, &[("User-Agent", agent)]));
    }
    assert_streamed(&get(&house, &[]));
    let head = house.ask("HEAD", "/a%20b.bin", &[RCLONE], "");
    assert_eq!((head.status, head.header("content-length")), (200, Some("5000")), "{head:?}");
    house.put("/small.bin", varied(SIZE - 1));
    house.put("/.DS_Store", varied(SIZE));
    for path in ["/small.bin", "/.DS_Store"] {
        assert_eq!(house.ask("GET", path, &[RCLONE], "").status, 200, "{path}");
    }
    assert_eq!(bucket.visits(), (0, 0));
}

#[test]
fn nobody_is_named_by_default_and_some_cannot_be() {
    let bucket = Bucket::start_on_thread();
    let none = house(&bucket, &[("webdav.redirect_agents", "")]);
    assert_streamed(&get(&none, &[RCLONE]));
    drop(none);
    let bucket = Bucket::start_on_thread();
    let named = house(&bucket, &[("webdav.redirect_agents", "WebDAV,Microsoft,DAVx5/,d,gvfs/1.57.2")]);
    for agent in [
        "WebDAVFS/3.0.0 (03008000) Darwin/25.5.0 (arm64)",
        "WebDAVLib/1.3",
        "Microsoft-WebDAV-MiniRedir/10.0.26200",
        "DavClnt",
        "davfs2/1.7.1 neon/0.34.0",
        "DAVx5/4.5 (dav4jvm; okhttp/5.0)",
        "gvfs/1.57.2",
    ] {
        assert_streamed(&get(&named, &[("User-Agent", agent)]));
    }
}

#[test]
fn rights_and_conditions_come_first() {
    let bucket = Bucket::start_on_thread();
    let house = house(&bucket, &[]);
    alter(&house, super::A_MINUTE_PASSES);
    let head = house.ask("HEAD", "/a%20b.bin", &[], "");
    let (tag, modified) = (etag(&head).to_owned(), head.header("last-modified").unwrap().to_owned());
    assert_eq!(get(&house, &[RCLONE, ("If-None-Match", &tag)]).status, 304);
    assert_eq!(get(&house, &[RCLONE, ("If-None-Match", "\"other\"")]).status, 302);
    assert_eq!(get(&house, &[RCLONE, ("If-Match", "\"other\"")]).status, 412);
    assert_eq!(get(&house, &[RCLONE, ("If-Modified-Since", &modified)]).status, 304);
    // The bucket knows other tags and dates, and would be asked the same.
    assert_streamed(&get(&house, &[RCLONE, ("If-Match", &tag)]));
    assert_streamed(&get(&house, &[RCLONE, ("If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT")]));
    let part = get(&house, &[RCLONE, ("If-Range", &tag), ("Range", "bytes=0-9")]);
    assert_eq!((part.status, part.body.len()), (206, 10));
    assert_eq!(house.ask("GET", "/nothing", &[RCLONE], "").status, 404);
    assert_eq!(house.wire().ask("GET", "/dav/a%20b.bin", &[RCLONE], "").status, 401);
}

#[test]
fn nobody_is_sent_where_the_password_would_go_along() {
    let bucket = Bucket::start_on_thread();
    let same = house(&bucket, &[("s3.endpoint", &bucket.endpoint())]);
    assert_streamed(&get(&same, &[RCLONE]));
    drop(same);

    let bucket = Bucket::start_on_thread();
    let house = house(&bucket, &[("server.trusted_proxies", "127.0.0.1")]);
    assert_streamed(&get(&house, &[RCLONE, ("X-Forwarded-Host", "LocalHost:443")]));
    assert_streamed(&get(
        &house,
        &[RCLONE, ("X-Forwarded-Host", "drive.example"), ("X-Forwarded-Proto", "https")],
    ));
    let elsewhere =
        get(&house, &[RCLONE, ("X-Forwarded-Host", "drive.example"), ("X-Forwarded-Proto", "http")]);
    assert_eq!(elsewhere.status, 302);
}

#[test]
fn the_address_of_the_drive_counts_as_its_settings_say_it() {
    let bucket = Bucket::start_on_thread();
    let house = house(&bucket, &[("public_url", "http://localhost:8080/dav/")]);
    assert_streamed(&get(&house, &[RCLONE]));
}

#[test]
fn what_is_damaged_or_has_to_be_compared_on_the_way_comes_from_the_drive() {
    let bucket = Bucket::start_on_thread();
    let house = house(&bucket, &[]);
    alter(&house, "UPDATE blobs SET damaged_ms = 1");
    assert_streamed(&get(&house, &[RCLONE]));
    alter(&house, "UPDATE blobs SET damaged_ms = NULL");
    assert_eq!(get(&house, &[RCLONE]).status, 302);
    drop(house);
    for setting in [("files.verify_downloads", "true"), ("downloads.redirect_bytes_min", "0")] {
        let bucket = Bucket::start_on_thread();
        assert_streamed(&get(&self::house(&bucket, &[setting]), &[RCLONE]));
    }
}

#[test]
fn an_address_ends_with_its_time() {
    let bucket = Bucket::start_on_thread();
    let house = house(&bucket, &[]);
    let blob = house.blobs(State::Live)[0];
    let request = PresignRequest {
        file_name: "a".to_owned(),
        media_type: "text/plain".to_owned(),
        lifetime: Duration::from_secs(1),
    };
    let store = house.backends().blobs.at(StoreKind::S3).unwrap();
    let address = house.run(store.presign(blob, &request)).unwrap().unwrap();
    wait_until("the address is over", || follow(&address, &[]).status == 403);
}
