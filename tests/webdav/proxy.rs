//! Behind a proxy: who asks, and which host they ask, is what a trusted one says.

use super::{assert_refused, fill, lock};
use crate::support::{Answer, TestHouse, Wire};

/// Ann's house behind a proxy on this machine.
fn house(settings: &[(&str, &str)]) -> TestHouse {
    let mut all = vec![("server.trusted_proxies", "127.0.0.1, 10.0.0.0/8")];
    all.extend(settings);
    TestHouse::with_settings(&all).with_user("ann")
}

fn look(house: &TestHouse, authorization: &str, client: (&str, &str)) -> u16 {
    let headers = [("Authorization", authorization), ("Depth", "0"), client];
    house.wire().ask("PROPFIND", "/dav/", &headers, "").status
}

/// A request as a proxy passes it on that names its own upstream.
fn through(house: &TestHouse, host: &str, method: &str, headers: &[(&str, &str)]) -> Answer {
    let mut wire = house.wire();
    let lines: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let authorization = house.authorization();
    wire.send(format!(
        "{method} /dav/a HTTP/1.1\r\nHost: {host}\r\nAuthorization: {authorization}\r\n{lines}\r\n"
    ));
    wire.answer()
}

#[test]
fn wrong_passwords_are_counted_for_each_client_behind_a_trusted_proxy() {
    let house = house(&[("login.failures_max", "2")]);
    let (right, wrong) = (house.authorization(), Wire::basic("ann", "wrong"));
    let guesser = ("X-Forwarded-For", "203.0.113.7");
    for status in [401, 401, 429] {
        assert_eq!(look(&house, &wrong, guesser), status);
    }
    assert_eq!(look(&house, &right, guesser), 429);
    for other in [
        ("X-Forwarded-For", "203.0.113.8"),
        ("X-Forwarded-For", "203.0.113.7, 198.51.100.1, 10.0.0.9"),
        ("Forwarded", "for=\"[2001:db8::7]:4711\";proto=https"),
        ("Depth", "0"),
    ] {
        assert_eq!(look(&house, &wrong, other), 401, "{other:?}");
    }
    // The same client by another way of writing it, with made-up ones before it.
    for same in [
        ("X-Forwarded-For", "198.51.100.1, 203.0.113.7, 10.0.0.9"),
        ("X-Forwarded-For", "nonsense, ::ffff:203.0.113.7"),
        ("Forwarded", "for=198.51.100.1, For=\"203.0.113.7:4711\""),
    ] {
        assert_eq!(look(&house, &wrong, same), 429, "{same:?}");
    }
}

#[test]
fn a_guesser_whom_nobody_trusts_cannot_pass_for_others() {
    for trusted in ["", "10.0.0.0/8, 127.0.0.2"] {
        let settings = [("login.failures_max", "2"), ("server.trusted_proxies", trusted)];
        let house = TestHouse::with_settings(&settings).with_user("ann");
        let wrong = Wire::basic("ann", "wrong");
        let said = [
            (401, ("X-Forwarded-For", "203.0.113.1")),
            (401, ("Forwarded", "for=203.0.113.2")),
            (429, ("X-Forwarded-For", "203.0.113.3")),
            (429, ("Forwarded", "for=10.0.0.1")),
        ];
        for (status, client) in said {
            assert_eq!(look(&house, &wrong, client), status, "{client:?}");
        }
    }
}

#[test]
fn a_header_a_proxy_only_passes_on_does_not_make_another_client() {
    let house = house(&[("login.failures_max", "2")]);
    let wrong = Wire::basic("ann", "wrong");
    let status = |made_up: &str| {
        let real = ("X-Forwarded-For", "203.0.113.7");
        let headers = [("Authorization", &*wrong), ("Depth", "0"), ("Forwarded", made_up), real];
        house.wire().ask("PROPFIND", "/dav/", &headers, "").status
    };
    assert_eq!(status("for=198.51.100.1"), 401);
    assert_eq!(status("for=198.51.100.2"), 401);
    assert_eq!(status("for=198.51.100.3"), 429);
}

#[test]
fn a_destination_names_the_host_the_client_asked_for() {
    let house = house(&[]);
    fill(&house, &["/a"]);
    let copy = |number: u32, host: &str, headers: &[(&str, &str)]| {
        let destination = format!("https://public.example/dav/copy{number}");
        let mut all = vec![("Destination", destination.as_str())];
        all.extend(headers);
        through(&house, host, "COPY", &all)
    };
    let standard = ("Forwarded", "for=203.0.113.7;host=public.example;proto=https");
    let usual = [
        ("X-Forwarded-For", "203.0.113.7"),
        ("X-Forwarded-Host", "public.example"),
        ("X-Forwarded-Proto", "https"),
    ];
    assert_eq!(copy(1, "public.example", &[]).status, 201);
    assert_eq!(copy(2, "127.0.0.1:8080", &usual).status, 201);
    assert_eq!(copy(3, "127.0.0.1:8080", &[standard]).status, 201);
    assert_eq!(copy(4, "127.0.0.1:8080", &usual[1..2]).status, 201);
    assert_refused(&copy(5, "127.0.0.1:8080", &[]), 502);
    assert_refused(&copy(6, "public.example", &[("X-Forwarded-Host", "other.example")]), 502);
    assert_eq!(house.list("/"), ["a", "copy1", "copy2", "copy3", "copy4"]);
}

#[test]
fn a_condition_names_the_host_the_client_asked_for() {
    let house = house(&[]);
    fill(&house, &["/a"]);
    let token = lock(&house, "/a", "0");
    let tagged = format!("<https://public.example/dav/a> (<{token}>)");
    let forwarded = ("X-Forwarded-Host", "public.example");
    let condition = ("If", tagged.as_str());
    assert_eq!(through(&house, "127.0.0.1", "DELETE", &[condition]).status, 412);
    assert_eq!(through(&house, "127.0.0.1", "DELETE", &[condition, forwarded]).status, 204);
}

#[test]
fn an_address_list_without_end_is_answered_like_any_other() {
    let house = house(&[]);
    let list = vec!["10.0.0.9"; 5_000].join(",");
    let answer = look(&house, &house.authorization(), ("X-Forwarded-For", &list));
    assert_eq!(answer, 207);
}
