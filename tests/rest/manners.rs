//! What holds for every route: how requests are read, and how errors look.

use serde_json::{Value, json};

use crate::support::TestHouse;

#[test]
fn what_cannot_be_read_is_refused_with_the_reason() {
    let house = TestHouse::new();
    let api = house.anonymous_api();
    let json = [("Content-Type", "application/json")];
    for (headers, body, status, says) in [
        (&json[..], "", 400, "is an object"),
        (&json, r#"["ann","x"]"#, 400, "is an object"),
        (&json, "{", 400, "cannot be read"),
        (&json, r#"{"login":"ann"}"#, 400, "`password`"),
        (&json, r#"{"login":"ann","password":7}"#, 400, "`password`"),
        (&json, r#"{"login":"ann","password":"x","more":1}"#, 400, "more"),
        (&json, r#"{"login":"ann","password":"x"} {}"#, 400, "behind"),
        (&[("Content-Type", "text/plain")], "{}", 415, "application/json"),
        (&[], "{}", 415, "application/json"),
    ] {
        let refused = api.ask("POST", "/auth/log-in", headers, body);
        assert_eq!(refused.status, status, "{body}: {refused:?}");
        let problem = refused.json();
        assert!(problem["detail"].as_str().unwrap().contains(says), "{body}: {problem}");
        assert_eq!(problem["status"], json!(status));
        assert_eq!(problem["type"], json!(format!("/api/v1/errors#{}", refused.code())));
    }
    let long = format!(r#"{{"login":"{}","password":"x"}}"#, "a".repeat(2 << 20));
    assert_eq!(api.ask("POST", "/auth/log-in", &json, long).code(), "too_large");
}

#[test]
fn where_nothing_is_and_where_another_method_is_meant_is_told_apart() {
    let house = TestHouse::new();
    let api = house.anonymous_api();
    assert_eq!((api.get("/nothing").status, api.get("/nothing").code()), (404, "not_found".to_owned()));
    let refused = api.get("/auth/log-in");
    assert_eq!((refused.status, refused.code().as_str()), (405, "method_not_allowed"));
    assert_eq!(refused.header("allow"), Some("POST"));
}

#[test]
fn what_the_client_has_already_is_not_sent_again() {
    let house = TestHouse::new();
    let api = house.anonymous_api();
    let first = api.get("/errors");
    let tag = first.header("etag").unwrap();
    let again = api.ask("GET", "/errors", &[("If-None-Match", tag)], "");
    assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, Some(tag)));
    assert_eq!(api.ask("GET", "/errors", &[("If-None-Match", "\"other\"")], "").status, 200);
    let without_quotes = [("If-None-Match", tag.trim_matches('"'))];
    assert_eq!(api.ask("GET", "/errors", &without_quotes, "").status, 304, "clients lose them");
    assert!(first.json().as_array().unwrap().iter().any(|entry| entry["code"] == "not_found"));
}

#[test]
fn a_key_that_cannot_be_one_is_refused() {
    let house = TestHouse::new().with_user("ann");
    let ann = house.api("ann");
    for key in ["", "\"\"", &"k".repeat(201)] {
        let refused = ann.ask("POST", "/auth/log-out", &[("Idempotency-Key", key)], "");
        assert_eq!((refused.status, refused.code().as_str()), (400, "invalid"), "{key}");
    }
    assert_eq!(ann.post("/auth/log-out", &Value::Null).status, 204);
}
