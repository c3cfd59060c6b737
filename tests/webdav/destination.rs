//! Destinations of MOVE and COPY in all the forms that clients write them.

use super::{assert_refused, house_with, lock, snapshot};
use crate::support::{Answer, TestHouse};

fn sent_to(house: &TestHouse, method: &str, destination: &str) -> Answer {
    house.ask(method, "/a", &[("Destination", destination)], "")
}

/// The host and port the house is asked by.
fn host(house: &TestHouse) -> String {
    house.url().trim_start_matches("http://").trim_end_matches("/dav/").to_owned()
}

#[test]
fn a_destination_is_understood_however_it_is_written() {
    let house = house_with(&["/a"]);
    let host = host(&house);
    let name = host.split(':').next().unwrap();
    for (number, written) in [
        "/dav/{}".to_owned(),
        format!("http://{host}/dav/{{}}"),
        format!("https://{host}/dav/{{}}"),
        format!("HTTP://{host}/dav/{{}}"),
        format!("webdav://{host}/dav/{{}}"),
        format!("webdavs://{name}/dav/{{}}"),
        format!("dav://{name}:443/dav/{{}}"),
        format!("davs://ann@{host}/dav/{{}}"),
        format!("http://ann:secret@{host}/dav/{{}}"),
        format!("<http://{host}/dav/{{}}>"),
        "/dav/{}/".to_owned(),
        "/dav//{}".to_owned(),
        "/dav/%62{}".to_owned(),
        "/dav/%c3%BC(','){}".to_owned(),
    ]
    .iter()
    .enumerate()
    {
        let destination = written.replace("{}", &format!("b{number}"));
        assert_eq!(sent_to(&house, "COPY", &destination).status, 201, "{destination}");
    }
    assert_eq!(house.list("/").len(), 15);
    assert!(house.list("/").contains(&"%C3%BC%28%27%2C%27%29b13".to_owned()));
}

#[test]
fn a_destination_on_another_server_is_refused() {
    let house = house_with(&["/a"]);
    let host = host(&house);
    let before = snapshot(&house);
    for method in ["COPY", "MOVE"] {
        for destination in [
            "http://other.example/dav/b",
            "https://127.0.0.2/dav/b",
            "/b",
            "/",
            "/davx/b",
            &format!("http://{host}/b"),
            &format!("http://{host}"),
            &format!("ftp://{host}/dav/b"),
        ] {
            assert_refused(&sent_to(&house, method, destination), 502);
        }
    }
    assert_eq!(snapshot(&house), before);
}

#[test]
fn a_destination_that_is_none_is_refused() {
    let house = house_with(&["/a", "/folder/"]);
    let before = snapshot(&house);
    for method in ["COPY", "MOVE"] {
        assert_refused(&house.ask(method, "/a", &[], ""), 400);
        for destination in [
            "/dav/../b",
            "/dav/folder/%2e%2e/b",
            "/dav/a%2Fb",
            "/dav/%00",
            "/dav/%ff",
            "/dav/%",
            "/dav/b#c",
            "/dav/b?c",
        ] {
            assert_refused(&sent_to(&house, method, destination), 400);
        }
        assert_refused(&sent_to(&house, method, &format!("/dav/{}", "n".repeat(256))), 414);
        assert_refused(&sent_to(&house, method, &"/dav/12345".repeat(150)), 414);
    }
    assert_eq!(snapshot(&house), before);
}

#[test]
fn a_destination_is_decoded_once() {
    let house = house_with(&["/a"]);
    assert_eq!(sent_to(&house, "COPY", "/dav/100%25%2B1+1").status, 201);
    assert_eq!(sent_to(&house, "COPY", "/dav/%252F").status, 201);
    assert_eq!(house.list("/"), ["%252F", "100%25%2B1%2B1", "a"]);
}

#[test]
fn a_locked_source_can_move_with_its_own_token_named_by_its_url() {
    let house = house_with(&["/a", "/folder/"]);
    let token = lock(&house, "/a", "0");
    let tagged = format!("<http://{}/dav/a> (<{token}>)", host(&house));
    let headers = [("Destination", "/dav/folder/b"), ("If", &tagged)];
    assert_eq!(house.ask("MOVE", "/a", &headers, "").status, 201);
    assert_eq!(house.get("/folder/b").text(), "/a");
}
