//! Contents that clients fetch from the bucket itself, because they asked for that.

use std::net::SocketAddr;

use bucket::Bucket;
use serde_json::json;

use super::{id, upload};
use crate::support::{Answer, Api, TestHouse, Wire};

const SIZE: usize = 5_000;

/// Ann's house on a bucket that has another name than the server.
fn house(bucket: &Bucket) -> TestHouse {
    let endpoint = bucket.endpoint().replace("127.0.0.1", "localhost");
    let of_bucket = bucket.settings();
    let mut settings: Vec<(&str, &str)> =
        of_bucket.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    settings.extend([("s3.endpoint", endpoint.as_str()), ("downloads.redirect_bytes_min", "5000")]);
    TestHouse::with_settings(&settings).with_user("ann")
}

fn content() -> Vec<u8> {
    (0..SIZE).map(|number| (number % 251) as u8).collect()
}

/// Goes where an answer leads, without any credential.
fn follow(answer: &Answer, headers: &str) -> Answer {
    let address = answer.header("location").unwrap().strip_prefix("http://").unwrap();
    let (host, target) = address.split_once('/').unwrap();
    let socket: SocketAddr = host.replace("localhost", "127.0.0.1").parse().unwrap();
    let mut wire = Wire::open(socket);
    wire.send(format!("GET /{target} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n"));
    wire.answer()
}

#[track_caller]
fn streamed(answer: &Answer) {
    assert_eq!((answer.status, answer.header("location")), (200, None), "{answer:?}");
    assert!(answer.body == content());
}

#[test]
fn whoever_asks_for_it_is_sent_to_the_bucket_for_a_large_file_they_may_read() {
    let bucket = Bucket::start_on_thread();
    let house = house(&bucket).with_user("eve");
    let (ann, eve) = (house.api("ann"), house.api("eve"));
    let file = upload(&ann, "a%20b.bin", content());
    let path = format!("/files/{}/content", id(&file));
    let asked = format!("{path}?redirect=true");
    let sent = ann.get(&asked);
    assert_eq!(
        (sent.status, sent.body.len(), sent.header("cache-control")),
        (302, 0, Some("no-store")),
        "{sent:?}"
    );
    assert_eq!(sent.header("referrer-policy"), Some("no-referrer"));
    let whole = follow(&sent, "");
    assert!(whole.status == 200 && whole.body == content(), "{}", whole.status);
    assert_eq!(whole.header("content-disposition"), Some("attachment; filename*=UTF-8''a%20b.bin"));
    let part = follow(&sent, "Range: bytes=10-19\r\n");
    assert_eq!((part.status, part.body.as_slice()), (206, &content()[10..20]), "{part:?}");

    // A browser that opens the address takes no credential along, so it is asked for none by itself.
    assert_eq!(ann.ask("GET", &path, &[("Sec-Fetch-Mode", "navigate")], "").status, 302);
    streamed(&ann.get(&path));
    streamed(&ann.get(&format!("{path}?redirect=false")));
    streamed(&ann.ask("GET", &format!("{path}?redirect=false"), &[("Sec-Fetch-Mode", "navigate")], ""));
    assert_eq!(ann.ask("HEAD", &asked, &[], "").status, 200);
    let tag = file["content_etag"].as_str().unwrap();
    assert_eq!(ann.ask("GET", &asked, &[("If-None-Match", tag)], "").status, 304);
    assert_eq!(ann.ask("GET", &asked, &[("If-Match", "\"x\"")], "").status, 412);
    assert_eq!(ann.ask("GET", &asked, &[("Range", "bytes=1-2"), ("If-Range", tag)], "").status, 206);

    for stranger in [&eve, &house.anonymous_api()] {
        let refused = stranger.get(&asked);
        assert!(matches!(refused.status, 401 | 404) && refused.header("location").is_none(), "{refused:?}");
    }
    let small = upload(&ann, "small", "1");
    assert_eq!(ann.get(&format!("/files/{}/content?redirect=true", id(&small))).text(), "1");
    assert_eq!(ann.delete(&format!("/files/{}", id(&file))).status, 204);
    assert_eq!(ann.get(&asked).status, 404);
}

#[test]
fn a_file_of_a_project_is_fetched_from_the_bucket_by_its_members_alone() {
    let bucket = Bucket::start_on_thread();
    let house = house(&bucket).with_user("bob").with_user("eve");
    let (ann, bob, eve) = (house.api("ann"), house.api("bob"), house.api("eve"));
    let project = ann.post("/projects", &json!({"name": "Film"})).json();
    let (root, project) = (project["root_folder_id"].as_str().unwrap(), id(&project));
    let member = format!("/projects/{project}/members/bob");
    assert_eq!(ann.put(&member, &json!({"role": "viewer"})).status, 201);
    let made = super::put(&ann, root, "scene", "fail", content()).json();
    let asked = format!("/files/{}/content?redirect=true", id(&made));
    let statuses = |people: [&Api; 3]| people.map(|api| api.get(&asked).status);
    assert_eq!(statuses([&ann, &bob, &eve]), [302, 302, 404]);
    assert!(follow(&bob.get(&asked), "").body == content());
    assert_eq!(ann.delete(&member).status, 204);
    assert_eq!(statuses([&ann, &bob, &eve]), [302, 404, 404]);
}

#[test]
fn where_the_store_is_a_disk_everything_comes_from_here() {
    if crate::support::ground::is_scaled() {
        return;
    }
    let house = TestHouse::with_settings(&[("downloads.redirect_bytes_min", "1")]).with_user("ann");
    let ann = house.api("ann");
    let file = upload(&ann, "a", content());
    streamed(&ann.get(&format!("/files/{}/content?redirect=true", id(&file))));
}
