//! Uploads: bodies, forms, and keys that make them happen once.

use serde_json::json;

use super::{id, names, put, upload};
use crate::support::{Api, TestHouse, Wire};

const BOUNDARY: &str = "x-boundary-x";

fn form(files: &[(&str, &str)]) -> String {
    form_between(BOUNDARY, files)
}

fn form_between(boundary: &str, files: &[(&str, &str)]) -> String {
    let part = |(name, content): &(&str, &str)| {
        format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n{content}\r\n"
        )
    };
    files.iter().map(part).collect::<String>() + &format!("--{boundary}--\r\n")
}

#[test]
fn each_file_of_a_form_is_stored_or_refused_by_itself() {
    let house = TestHouse::new().with_user("ann");
    let ann = house.api("ann");
    upload(&ann, "taken", "old");
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let body = form(&[("a", "1"), ("b", "2"), ("taken", "3"), ("d", "4"), ("e", "5")]);
    let answer = ann.ask("POST", "/files?on_conflict=fail", &[("Content-Type", &kind)], body);
    assert_eq!(answer.status, 200, "{answer:?}");
    let outcomes = answer.json()["outcomes"].as_array().unwrap().clone();
    let statuses: Vec<_> = outcomes.iter().map(|outcome| outcome["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [201, 201, 409, 201, 201]);
    assert_eq!(outcomes[2]["code"], "name_taken");
    assert_eq!(names(&ann, "/folders/home/children"), ["a", "b", "d", "e", "taken"]);
    assert_eq!(house.get("/taken").text(), "old");
}

#[test]
fn what_is_sent_again_under_its_key_is_made_once() {
    let house = TestHouse::new().with_user("ann");
    let ann = house.api("ann");
    let key = ("Idempotency-Key", "k1");
    let sent = || ann.ask("POST", "/files?name=a", &[key], "1");
    let (first, second) = (sent(), sent());
    assert_eq!((first.status, second.status), (201, 201), "{second:?}");
    assert_eq!(id(&first.json()), id(&second.json()));
    let folder = || {
        let headers = [("Idempotency-Key", "k2"), ("Content-Type", "application/json")];
        ann.ask("POST", "/folders", &headers, json!({"parent": "home", "name": "f"}).to_string())
    };
    assert_eq!(id(&folder().json()), id(&folder().json()));
    assert_eq!(names(&ann, "/folders/home/children"), ["a", "f"]);
    assert_eq!(ann.ask("POST", "/files?name=b", &[key], "1").code(), "idempotency_key_reused");
}

#[test]
fn a_form_that_is_sent_again_under_its_key_is_stored_once_whatever_its_boundary() {
    let house = TestHouse::new().with_user("ann");
    let ann = house.api("ann");
    let send = |boundary: &str| {
        let kind = format!("multipart/form-data; boundary={boundary}");
        let headers = [("Idempotency-Key", "k"), ("Content-Type", kind.as_str())];
        let answer = ann.ask("POST", "/files", &headers, form_between(boundary, &[("a", "1"), ("b", "2")]));
        let outcomes = answer.json()["outcomes"].as_array().unwrap().clone();
        outcomes.iter().map(|outcome| id(&outcome["file"])).collect::<Vec<_>>()
    };
    assert_eq!(send("first"), send("a-longer-one"));
    assert_eq!(names(&ann, "/folders/home/children"), ["a", "b"]);
}

#[test]
fn a_form_in_which_no_part_begins_is_refused_early() {
    let house = TestHouse::new().with_user("ann");
    let ann = house.api("ann");
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let long = "x".repeat(1_000_000);
    for body in [
        long.clone(),
        format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{long}"),
        form(&[("a", "1")]).replace("--\r\n", &format!("\r\nX-Long: {long}")),
    ] {
        let answer = ann.ask("POST", "/files", &[("Content-Type", &kind)], body);
        assert_eq!((answer.status, answer.code().as_str()), (400, "invalid"), "{answer:?}");
    }
    let (mut parts, field) = (
        form(&[("b", &long)]),
        format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\n{long}\r\n"),
    );
    parts.insert_str(0, &field);
    let answer = ann.ask("POST", "/files", &[("Content-Type", &kind)], parts);
    assert_eq!(answer.json()["outcomes"][0]["file"]["size_bytes"], 1_000_000, "{answer:?}");
    assert_eq!(names(&ann, "/folders/home/children"), ["a", "b"]);
}

#[test]
fn each_file_of_a_form_counts_as_one_that_is_sent() {
    let settings =
        [("limits.upload_per_minute", "1"), ("limits.upload_burst", "2"), ("limits.address_factor", "0")];
    let house = TestHouse::with_settings(&settings).with_user("ann");
    let ann = house.api("ann");
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let answer =
        ann.ask("POST", "/files", &[("Content-Type", &kind)], form(&[("a", "1"), ("b", "2"), ("c", "3")]));
    assert_eq!(answer.header("ratelimit-policy"), Some(r#""upload";q=2;w=120"#));
    let outcomes = answer.json()["outcomes"].as_array().unwrap().clone();
    let statuses: Vec<_> = outcomes.iter().map(|outcome| outcome["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [201, 201, 429]);
    assert_eq!(ann.ask("POST", "/files?name=d", &[], "4").code(), "too_many_requests");
    assert_eq!(names(&ann, "/folders/home/children"), ["a", "b"]);
}

#[test]
fn bytes_that_are_not_those_announced_leave_nothing() {
    let house = TestHouse::new().with_user("ann");
    let ann = house.api("ann");
    let digest = "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:";
    for name in ["Repr-Digest", "Content-Digest"] {
        assert_eq!(ann.ask("POST", "/files?name=a", &[(name, digest)], "x").status, 400);
    }
    let legacy = "SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    assert_eq!(ann.ask("POST", "/files?name=a", &[("Digest", legacy)], "x").status, 400);
    assert_eq!(names(&ann, "/folders/home/children"), [""; 0]);
    assert_eq!(ann.ask("POST", "/files?name=a", &[("Digest", legacy)], "").status, 201);
}

#[test]
fn an_upload_that_is_cut_or_refused_leaves_nothing() {
    let house = TestHouse::new().with_user_and_quota("ann", Some(1000));
    let ann = house.api("ann");
    let authorization = format!("Bearer {}", ann.tokens["access_token"].as_str().unwrap());
    let head = |length: usize, more: &str| {
        format!(
            "POST /api/v1/files?name=a HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\n\
             Content-Length: {length}\r\n{more}\r\n"
        )
    };
    let mut cut = house.wire();
    cut.send(head(100, "") + "half of it");
    cut.hang_up();
    drop(cut);
    // Refused before the body is read: nobody is told to continue.
    let mut expecting: Wire = house.wire();
    expecting.send(head(2000, "Expect: 100-continue\r\n"));
    assert_eq!(expecting.answer().status, 507);
    let refused = put(&ann, "home", "b", "fail", "x".repeat(1001));
    assert_eq!((refused.status, refused.code().as_str()), (507, "quota_exceeded"));
    assert_eq!(names(&ann, "/folders/home/children"), [""; 0]);
    crate::support::wait_until("nothing is set aside", || quota(&ann)["reserved_bytes"] == 0);
    upload(&ann, "c", "x".repeat(400));
    assert_eq!((&quota(&ann)["used_bytes"], &quota(&ann)["available_bytes"]), (&json!(400), &json!(600)));
}

fn quota(api: &Api) -> serde_json::Value {
    api.get("/me/quota").json()
}
