//! What people with a browser see at the main address.

mod accounts;

use crate::support::{Answer, TestHouse};

const MAC: &str =
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.5 Safari/605.1.15";
const WINDOWS: &str =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/138.0.0.0 Safari/537.36";
const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15";
const ANDROID: &str = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/138.0.0.0 Mobile";
const LINUX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// What browsers ask for.
const PAGE: (&str, &str) = ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");

fn visit(house: &TestHouse, headers: &[(&str, &str)]) -> Answer {
    let answer = house.wire().ask("GET", "/", &[&[PAGE], headers].concat(), "");
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/html; charset=utf-8")));
    answer
}

/// A visit to `host`, whatever the address connected to.
fn visit_as(house: &TestHouse, host: &str) -> String {
    let mut wire = house.wire();
    wire.send(format!("GET / HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\n\r\n"));
    let answer = wire.answer();
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.text()
}

#[test]
fn the_steps_for_the_visitors_system_come_first_and_all_others_can_be_unfolded() {
    let house = TestHouse::new();
    let clients =
        ["Finder", "Windows Explorer", "GNOME", "KDE", "davfs2", "rclone", "Cyberduck", "iPhone", "Android"];
    for (agent, heading, step) in [
        (MAC, "On macOS", "Connect to Server (Cmd-K)"),
        (WINDOWS, "On Windows", "net use *"),
        (IPHONE, "On iPhone and iPad", "Owlfiles"),
        (ANDROID, "On Android", "Material Files"),
        (LINUX, "On Linux", "gio mount dav://USER@"),
    ] {
        let page = visit(&house, &[("User-Agent", agent)]).text();
        let (open, folded) = page.split_once("With other programs").unwrap();
        assert!(open.contains(heading) && open.contains(step), "{agent}\n{page}");
        assert!(!folded.contains(step), "{agent}\n{page}");
        for client in clients {
            assert!(page.contains(client), "{client} is missing in\n{page}");
        }
    }
    let page = visit(&house, &[]).text();
    assert!(page.contains("Choose your program or system"), "{page}");
    assert_eq!(page.matches("<details>").count(), clients.len());
}

#[test]
fn the_address_is_the_one_the_visitor_came_to() {
    let house = TestHouse::new();
    let page = visit_as(&house, "nas.local:8080");
    for line in [
        "<code>http://nas.local:8080/dav/</code>",
        "net use * http://nas.local:8080/dav PASSWORD /user:USER",
        "server nas.local, port 8080, path /dav/",
    ] {
        assert!(page.contains(line), "{line}\nis not in\n{page}");
    }
    assert!(page.contains("not encrypted"), "{page}");
    assert!(!visit_as(&house, "localhost:8080").contains("not encrypted"));
}

#[test]
fn the_public_address_counts_more_than_the_one_a_proxy_asks() {
    let house = TestHouse::with_settings(&[("public_url", "https://files.example.org/dav/")]);
    let page = visit_as(&house, "127.0.0.1:8080");
    assert!(page.contains("<code>https://files.example.org/dav/</code>"), "{page}");
    assert!(!page.contains("127.0.0.1") && !page.contains("BasicAuthLevel"), "{page}");
}

#[test]
fn behind_a_trusted_proxy_the_address_is_the_one_the_visitor_asked_the_proxy_for() {
    let forwarded = [
        ("X-Forwarded-For", "203.0.113.7"),
        ("X-Forwarded-Host", "files.example.org"),
        ("X-Forwarded-Proto", "https"),
    ];
    let house = TestHouse::with_settings(&[("server.trusted_proxies", "127.0.0.1")]);
    let page = visit(&house, &forwarded).text();
    assert!(page.contains("<code>https://files.example.org/dav/</code>"), "{page}");
    assert!(!page.contains("not encrypted") && page.contains("davs://USER@files.example.org/dav/"), "{page}");
    let page = visit(&TestHouse::new(), &forwarded).text();
    assert!(!page.contains("files.example.org"), "{page}");
}

#[test]
fn a_drive_with_an_address_of_its_own_is_shown_there() {
    let house = TestHouse::with_settings(&[("webdav.listen", "127.0.0.1:0")]);
    assert!(visit_as(&house, "nas.local:8080").contains("<code>http://nas.local:0/</code>"));
    // Nobody comes to this one by the name of another.
    let house = TestHouse::with_settings(&[("webdav.listen", "127.0.0.2:0")]);
    assert!(visit_as(&house, "nas.local:8080").contains("<code>http://127.0.0.2:0/</code>"));
}

#[test]
fn a_host_that_is_none_is_not_repeated() {
    let house = TestHouse::new();
    for host in
        ["a.example/<script>alert(1)</script>", "$(reboot)", "ann:hidden@a.example", "'; reboot #", "<b>"]
    {
        let page = visit_as(&house, host);
        assert!(page.contains("<code>http://127.0.0.1:"), "{host}\n{page}");
        for part in ["script>alert", "reboot", "hidden", "<b>"] {
            assert!(!page.contains(part), "{host}\n{page}");
        }
    }
}

#[test]
fn the_page_knows_nobody_and_fetches_nothing() {
    let house = TestHouse::new().with_user("ann");
    let authorization = house.authorization();
    let answer = visit(&house, &[("Authorization", &authorization), ("Cookie", "a=b")]);
    let page = answer.text();
    assert!(!page.contains("ann") && !page.contains(house.password()), "{page}");
    for fetched in ["<script", "src=", "@import", "url(", "<link rel=\"stylesheet", "<form"] {
        assert!(!page.contains(fetched), "{fetched} in\n{page}");
    }
    let policy = answer.header("content-security-policy").unwrap();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-") && !policy.contains("unsafe"),
        "{policy}"
    );
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(answer.header("set-cookie").is_none() && answer.header("www-authenticate").is_none());
}

#[test]
fn programs_get_a_sentence_and_browsers_an_icon() {
    let house = TestHouse::new();
    for headers in [&[][..], &[("Accept", "*/*")], &[("User-Agent", MAC)]] {
        let answer = house.wire().ask("GET", "/", headers, "");
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/plain; charset=utf-8")));
        assert!(answer.text().contains("/dav/"));
    }
    let head = house.wire().ask("HEAD", "/", &[PAGE], "");
    assert_eq!((head.status, head.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let icon = house.wire().ask("GET", "/favicon.ico", &[], "");
    assert_eq!((icon.status, icon.header("content-type")), (200, Some("image/svg+xml")));
}
