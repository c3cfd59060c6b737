//! Organizations, their members and invitations into them.

use serde_json::{Value, json};

use crate::support::{Answer, Api, TestHouse};

const NOWHERE: &str = "/organizations/00000000-0000-4000-8000-000000000000";

fn id(of: &Value) -> &str {
    of["id"].as_str().unwrap()
}

fn user_id(api: &Api) -> &str {
    api.tokens["user_id"].as_str().unwrap()
}

fn make(api: &Api, name: &str) -> String {
    let made = api.post("/organizations", &json!({"name": name}));
    assert_eq!(made.status, 201, "{made:?}");
    format!("/organizations/{}", id(&made.json()))
}

/// Takes somebody in, as an invitation without mail does.
fn join(organization: &str, owner: &Api, who: &Api, email: &str, role: &str) {
    let sent = json!({"email": email, "role": role});
    let invited = owner.post(&format!("{organization}/invitations"), &sent);
    assert_eq!(invited.status, 201, "{invited:?}");
    let token = json!({"token": invited.json()["token"]});
    let joined = who.post("/invitations/accept", &token);
    assert_eq!((joined.status, joined.json()["role"].as_str()), (200, Some(role)), "{joined:?}");
}

#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, answer.code().as_str()), (status, code), "{answer:?}");
}

#[test]
fn an_organization_is_made_read_renamed_and_deleted() {
    let house = TestHouse::new().with_user("ann");
    let ann = house.api("ann");
    let made = ann.post("/organizations", &json!({"name": " Bakers & Sons "}));
    assert_eq!(made.status, 201, "{made:?}");
    let organization = made.json();
    assert_eq!((&organization["name"], &organization["role"]), (&json!("Bakers & Sons"), &json!("owner")));
    let path = format!("/organizations/{}", id(&organization));
    assert_eq!(made.header("location"), Some(format!("/api/v1{path}").as_str()));

    let read = ann.get(&path);
    assert_eq!((read.status, read.json()), (200, organization));
    assert_eq!(read.header("etag"), made.header("etag"));
    let tag = read.header("etag").unwrap();
    assert_eq!(ann.ask("GET", &path, &[("If-None-Match", tag)], "").status, 304);

    let renamed = ann.patch(&path, &json!({"name": "Cooks"}));
    assert_eq!((renamed.status, &renamed.json()["name"]), (200, &json!("Cooks")));
    assert_eq!(ann.patch(&path, &json!({})).json()["name"], "Cooks");
    let stale = [("If-Match", tag), ("Content-Type", "application/json")];
    refused(&ann.ask("PATCH", &path, &stale, r#"{"name":"x"}"#), 412, "stale");
    refused(&ann.ask("DELETE", &path, &[("If-Match", tag)], ""), 412, "stale");
    assert_eq!(ann.delete(&path).status, 204);
    refused(&ann.get(&path), 404, "not_found");
}

#[test]
fn what_is_no_name_no_role_and_no_address_is_refused() {
    let house = TestHouse::new().with_user("ann");
    let ann = house.api("ann");
    for name in [json!(""), json!(" "), json!("a\nb"), json!("n".repeat(101)), json!(7), Value::Null] {
        refused(&ann.post("/organizations", &json!({"name": name})), 400, "invalid");
    }
    refused(&ann.post("/organizations", &json!({"name": "x", "owner": "y"})), 400, "invalid");
    let path = make(&ann, "Bakers");
    let me = format!("{path}/members/{}", user_id(&ann));
    refused(&ann.put(&me, &json!({"role": "boss"})), 400, "invalid");
    refused(&ann.get("/organizations/bakers"), 404, "not_found");
    refused(&ann.get(&format!("{path}/members/ann")), 404, "not_found");
    for sent in [json!({"email": "x", "role": "member"}), json!({"email": "x@example.org", "role": "boss"})] {
        refused(&ann.post(&format!("{path}/invitations"), &sent), 400, "invalid");
    }
    refused(&ann.get("/organizations?order=size"), 400, "invalid");
    refused(&ann.get("/organizations?limit=0"), 400, "invalid");
}

#[test]
fn members_join_are_listed_changed_and_leave() {
    let house = TestHouse::new().with_user("ann").with_user("bob").with_user("cleo");
    let (ann, bob, cleo) = (house.api("ann"), house.api("bob"), house.api("cleo"));
    let path = make(&ann, "Bakers");
    join(&path, &ann, &bob, "bob@example.org", "admin");
    join(&path, &bob, &cleo, "cleo@example.org", "viewer");
    let members = format!("{path}/members");
    let listed = cleo.get(&format!("{members}?order=-user_name&limit=2&total=true")).json();
    let names: Vec<_> =
        listed["entries"].as_array().unwrap().iter().map(|entry| &entry["user_name"]).collect();
    assert!(names == ["cleo", "bob"] && listed["total"] == 3, "{listed}");
    let next = listed["next"].as_str().unwrap();
    let last = cleo.get(&format!("{members}?order=-user_name&limit=2&cursor={next}")).json();
    assert_eq!((last["entries"].as_array().unwrap().len(), &last["next"]), (1, &Value::Null));
    let found = cleo.get(&format!("{members}?q=BO&role=admin")).json();
    assert_eq!(found["entries"][0]["user_id"], user_id(&bob));

    let of_cleo = format!("{members}/{}", user_id(&cleo));
    refused(&cleo.patch(&of_cleo, &json!({"role": "member"})), 403, "forbidden");
    let read = bob.get(&of_cleo);
    assert_eq!(bob.patch(&of_cleo, &json!({"role": "member"})).json()["role"], "member");
    let tag = read.header("etag").unwrap();
    refused(&bob.ask("DELETE", &of_cleo, &[("If-Match", tag)], ""), 412, "stale");
    refused(&bob.put(&of_cleo, &json!({"role": "owner"})), 403, "forbidden");
    assert_eq!(bob.delete(&of_cleo).status, 204);
    refused(&cleo.get(&path), 404, "not_found");
    assert_eq!(cleo.get("/organizations").json()["entries"], json!([]));

    refused(&ann.post(&format!("{path}/leave"), &Value::Null), 403, "last_owner");
    assert_eq!(bob.post(&format!("{path}/leave"), &Value::Null).status, 204);
    refused(&bob.get(&members), 404, "not_found");
}

#[test]
fn a_stranger_gets_the_same_answers_as_where_nothing_is() {
    let house = TestHouse::new().with_user("ann").with_user("eve");
    let (ann, eve) = (house.api("ann"), house.api("eve"));
    let path = make(&ann, "Bakers");
    let sent = json!({"email": "bob@example.org", "role": "viewer"});
    let invitation = ann.post(&format!("{path}/invitations"), &sent).json();
    let before = ann.get(&path).body;
    let member = format!("members/{}", user_id(&ann));
    let invitation = format!("invitations/{}", id(&invitation));
    for (method, below, body) in [
        ("GET", "", Value::Null),
        ("PATCH", "", json!({"name": "Thieves"})),
        ("PATCH", "", json!({})),
        ("DELETE", "", Value::Null),
        ("GET", "members", Value::Null),
        ("GET", member.as_str(), Value::Null),
        ("PUT", member.as_str(), json!({"role": "viewer"})),
        ("PATCH", member.as_str(), json!({"role": "viewer"})),
        ("DELETE", member.as_str(), Value::Null),
        ("POST", "leave", Value::Null),
        ("GET", "invitations", Value::Null),
        ("POST", "invitations", sent.clone()),
        ("GET", invitation.as_str(), Value::Null),
        ("DELETE", invitation.as_str(), Value::Null),
    ] {
        let below = if below.is_empty() { String::new() } else { format!("/{below}") };
        let there = eve.send(method, &format!("{path}{below}"), &body);
        let nowhere = eve.send(method, &format!("{NOWHERE}{below}"), &body);
        refused(&there, 404, "not_found");
        assert_eq!((there.status, there.body), (nowhere.status, nowhere.body), "{method} {below}");
        refused(
            &house.anonymous_api().send(method, &format!("{path}{below}"), &body),
            401,
            "unauthenticated",
        );
    }
    assert_eq!(ann.get(&path).body, before);
}

#[test]
fn invitations_are_listed_and_taken_back_and_hold_once() {
    let house = TestHouse::new().with_user("ann").with_user("bob").with_user("eve");
    let (ann, bob, eve) = (house.api("ann"), house.api("bob"), house.api("eve"));
    let path = make(&ann, "Bakers");
    let invitations = format!("{path}/invitations");
    let invite = |email: &str| ann.post(&invitations, &json!({"email": email, "role": "member"})).json();
    let (first, second) = (invite("Bob@Example.org"), invite("cleo@example.org"));
    assert_eq!(first["email"], "bob@example.org");
    let listed = ann.get(&format!("{invitations}?order=email&total=true")).json();
    assert_eq!((&listed["entries"][0]["id"], &listed["total"]), (&first["id"], &json!(2)));
    assert!(listed["entries"][0].get("token").is_none(), "a token is read once");

    let of_second = format!("{invitations}/{}", id(&second));
    assert_eq!(ann.delete(&of_second).status, 204);
    assert!(ann.get(&of_second).json()["revoked_at"].is_string());
    let token = |invitation: &Value| json!({"token": invitation["token"]});
    refused(&eve.post("/invitations/accept", &token(&second)), 400, "link_unknown");
    assert_eq!(bob.post("/invitations/accept", &token(&first)).status, 200);
    refused(&eve.post("/invitations/accept", &token(&first)), 400, "link_unknown");
    refused(&bob.get(&invitations), 403, "forbidden");
    assert_eq!(eve.get("/invitations").json()["entries"], json!([]));
    let of_first = format!("/invitations/{}", id(&first));
    refused(&eve.post(&format!("{of_first}/accept"), &Value::Null), 404, "not_found");
    refused(&eve.post(&format!("{of_first}/decline"), &Value::Null), 404, "not_found");
}

#[test]
fn a_creating_request_that_comes_again_creates_once() {
    let house = TestHouse::new().with_user("ann");
    let ann = house.api("ann");
    let headers = [("Content-Type", "application/json"), ("Idempotency-Key", "k")];
    let make = |body: &str| ann.ask("POST", "/organizations", &headers, body);
    let first = make(r#"{"name":"Bakers"}"#);
    let again = make(r#"{"name":"Bakers"}"#);
    assert_eq!((again.status, &again.body), (201, &first.body));
    refused(&make(r#"{"name":"Cooks"}"#), 400, "idempotency_key_reused");
    assert_eq!(ann.get("/organizations").json()["entries"].as_array().unwrap().len(), 1);
}
