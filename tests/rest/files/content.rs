//! Downloads.

use super::{id, upload};
use crate::support::TestHouse;

#[test]
fn a_file_is_sent_whole_in_part_or_not_at_all() {
    let house = TestHouse::new().with_user("ann");
    let ann = house.api("ann");
    let file = upload(&ann, "a%20b.txt", "0123456789");
    let path = format!("/files/{}/content", id(&file));
    let whole = ann.get(&path);
    assert_eq!((whole.status, whole.text().as_str()), (200, "0123456789"));
    let tag = whole.header("etag").unwrap();
    assert_eq!(Some(tag), file["content_etag"].as_str());
    assert_eq!(whole.header("content-disposition"), Some("attachment; filename*=UTF-8''a%20b.txt"));
    assert_eq!(whole.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(whole.header("content-security-policy"), Some("sandbox"));
    let ask = |headers: &[(&str, &str)]| {
        let answer = ann.ask("GET", &path, headers, "");
        (answer.status, answer.text())
    };
    assert_eq!(ask(&[("Range", "bytes=2-4")]), (206, "234".to_owned()));
    assert_eq!(ask(&[("Range", "bytes=-3")]), (206, "789".to_owned()));
    assert_eq!(ask(&[("Range", "bytes=2-4"), ("If-Range", tag)]), (206, "234".to_owned()));
    assert_eq!(ask(&[("Range", "bytes=2-4"), ("If-Range", "\"x\"")]), (200, "0123456789".to_owned()));
    let beyond = ann.ask("GET", &path, &[("Range", "bytes=10-")], "");
    assert_eq!((beyond.status, beyond.header("content-range")), (416, Some("bytes */10")));
    assert_eq!(ask(&[("If-None-Match", tag)]), (304, String::new()));
    assert_eq!(ann.ask("GET", &path, &[("If-Match", "\"x\"")], "").status, 412);
    let head = ann.ask("HEAD", &path, &[], "");
    assert_eq!((head.status, head.header("content-length"), head.body.len()), (200, Some("10"), 0));
}

#[test]
fn what_is_known_of_a_file_has_a_tag_that_changes_with_all_of_it() {
    let house = TestHouse::new().with_user("ann");
    let ann = house.api("ann");
    let path = format!("/files/{}", id(&upload(&ann, "a", "1")));
    let first = ann.get(&path);
    let tag = first.header("etag").unwrap();
    assert_eq!(ann.ask("GET", &path, &[("If-None-Match", tag)], "").status, 304);
    let json = ("Content-Type", "application/json");
    let renamed = ann.ask("PATCH", &path, &[json, ("If-Match", tag)], r#"{"name":"b"}"#);
    assert_eq!(renamed.status, 200, "{renamed:?}");
    assert_ne!(renamed.header("etag"), Some(tag));
    assert_eq!(ann.ask("PATCH", &path, &[json, ("If-Match", tag)], r#"{"name":"c"}"#).status, 412);
    assert_eq!(ann.ask("PATCH", &path, &[json, ("If-Match", tag)], r#"{"name":"b"}"#).status, 412);
    assert_eq!(ann.ask("DELETE", &path, &[("If-Match", tag)], "").status, 412);
    let now = renamed.header("etag").unwrap();
    assert_eq!(ann.ask("DELETE", &path, &[("If-Match", now)], "").status, 204);
}
