//! Who gets in, who does not, and what each of them sees.

use domain::{Timestamp, UserName};
use services::{app_passwords, users};

use super::{assert_refused, house, house_with, seen};
use crate::support::{Answer, TestHouse, Wire};

fn ann() -> UserName {
    UserName::parse("ann").unwrap()
}

fn look(house: &TestHouse, authorization: &str) -> Answer {
    house.wire().ask("PROPFIND", "/dav/", &[("Authorization", authorization), ("Depth", "0")], "")
}

#[track_caller]
fn assert_asked_for_credentials(answer: &Answer) {
    assert_refused(answer, 401);
    let challenge = answer.header("www-authenticate").unwrap();
    assert!(challenge.starts_with("Basic realm=\""), "{challenge}");
    assert!(challenge.ends_with("charset=\"UTF-8\""), "{challenge}");
    assert_eq!(answer.header("set-cookie"), None);
}

#[test]
fn a_stranger_learns_nothing() {
    let house = house_with(&["/a.txt"]);
    let methods = "GET PUT DELETE MKCOL COPY MOVE PROPFIND PROPPATCH LOCK UNLOCK";
    for method in methods.split(' ') {
        let answers = ["/dav/a.txt", "/dav/missing.txt", "/dav/"].map(|path| {
            let answer = house.wire().ask(method, path, &[("Depth", "0")], "");
            assert_asked_for_credentials(&answer);
            answer.body
        });
        assert!(answers.iter().all(|body| *body == answers[0]), "{method} tells what is there");
    }
    assert_eq!(house.wire().ask("HEAD", "/dav/a.txt", &[], "").status, 401);
    assert_eq!(house.get("/a.txt").text(), "/a.txt");
}

#[test]
fn wrong_credentials_open_nothing() {
    let house = house();
    let right = house.password().to_owned();
    for (user, password) in [("ann", "wrong"), ("ann", ""), ("bob", &*right), ("", &*right), ("", "")] {
        assert_asked_for_credentials(&look(&house, &Wire::basic(user, password)));
    }
    for header in ["Basic", "Basic ????", "Bearer abc", &format!("Basic {right}")] {
        assert_asked_for_credentials(&look(&house, header));
    }
    assert_eq!(look(&house, &house.authorization()).status, 207);
}

#[test]
fn the_account_password_does_not_open_the_drive() {
    let house = house();
    house
        .run(users::set_password(Timestamp::now(), house.backends(), &ann(), "correct horse battery"))
        .unwrap();
    assert_asked_for_credentials(&look(&house, &Wire::basic("ann", "correct horse battery")));
}

#[test]
fn windows_may_put_its_domain_before_the_user() {
    let house = house();
    for user in ["WORKGROUP\\ann", "files.example.org\\ann", "Ann"] {
        assert_eq!(look(&house, &Wire::basic(user, house.password())).status, 207, "{user}");
    }
}

#[test]
fn a_revoked_app_password_opens_nothing_from_the_next_request_on() {
    let house = house();
    let authorization = house.authorization();
    let other =
        house.run(app_passwords::create(Timestamp::now(), house.backends(), &ann(), "other", None)).unwrap();
    let headers = [("Authorization", authorization.as_str()), ("Depth", "0")];
    let mut wire = house.wire();
    assert_eq!(wire.ask("PROPFIND", "/dav/", &headers, "").status, 207);
    house.run(app_passwords::revoke(Timestamp::now(), house.backends(), &ann(), "test")).unwrap();
    assert_asked_for_credentials(&wire.ask("PROPFIND", "/dav/", &headers, ""));
    assert_eq!(look(&house, &Wire::basic("ann", &other.secret)).status, 207, "the other one stays");
}

#[test]
fn an_expired_app_password_opens_nothing() {
    let house = house();
    let (made, end) = (Timestamp::from_millis(1000), Timestamp::from_millis(2000));
    let old = house.run(app_passwords::create(made, house.backends(), &ann(), "old", Some(end))).unwrap();
    assert_asked_for_credentials(&look(&house, &Wire::basic("ann", &old.secret)));
}

#[test]
fn somebody_disabled_is_out_at_once_and_back_in_when_enabled() {
    let house = house();
    assert_eq!(look(&house, &house.authorization()).status, 207);
    house.set_active("ann", false);
    assert_asked_for_credentials(&look(&house, &house.authorization()));
    house.set_active("ann", true);
    assert_eq!(look(&house, &house.authorization()).status, 207);
}

#[test]
fn whoever_guesses_has_to_wait_and_a_drive_in_use_stays_open() {
    let house = TestHouse::with_settings(&[("login.failures_max", "3")]).with_user("ann");
    assert_eq!(look(&house, &house.authorization()).status, 207);
    for _ in 0..3 {
        assert_asked_for_credentials(&look(&house, &Wire::basic("ann", "wrong")));
    }
    let answer = look(&house, &Wire::basic("ann", "wrong"));
    assert_refused(&answer, 429);
    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=900).contains(&wait), "{wait}");
    assert_eq!(look(&house, &house.authorization()).status, 207, "the mounted drive works on");
}

#[test]
fn a_right_app_password_waits_too_where_somebody_has_guessed() {
    let house = TestHouse::with_settings(&[("login.failures_max", "2")]).with_user("ann");
    for _ in 0..2 {
        look(&house, &Wire::basic("ann", "wrong"));
    }
    assert_refused(&look(&house, &house.authorization()), 429);
}

#[test]
fn requests_without_credentials_are_no_guesses() {
    let house = TestHouse::with_settings(&[("login.failures_max", "2")]).with_user("ann");
    let mut wire = house.wire();
    for _ in 0..10 {
        assert_eq!(wire.ask("PROPFIND", "/dav/", &[("Depth", "0")], "").status, 401);
    }
    assert_eq!(look(&house, &house.authorization()).status, 207);
}

#[test]
fn everybody_has_a_drive_of_their_own() {
    let house = house_with(&["/secret.txt", "/folder/"]);
    let ann = house.authorization();
    let house = house.with_user("bob");
    assert_eq!(house.list("/"), Vec::<String>::new());
    assert_eq!(house.get("/secret.txt").status, 404);
    assert_eq!(house.delete("/folder").status, 404);
    assert_eq!(house.relocate("COPY", "/secret.txt", "/stolen.txt").status, 404);
    assert_eq!(house.put("/secret.txt", "Bob's").status, 201);
    let hers = house.wire().ask("GET", "/dav/secret.txt", &[("Authorization", &ann)], "");
    assert_eq!(hers.text(), "/secret.txt");
}

#[test]
fn no_path_shows_who_the_user_is() {
    let house = house_with(&["/folder/", "/folder/a.txt"]);
    let answer = house.propfind("/", "1", "<D:propfind xmlns:D='DAV:'><D:allprop/></D:propfind>");
    assert_eq!(answer.texts("href"), ["/dav/", "/dav/folder/"]);
    assert!(!answer.text().contains("ann"), "{}", seen(&answer));
    assert_eq!(house.get("/ann/folder/a.txt").status, 404);
}
