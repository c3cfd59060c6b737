//! The folder above the drive, which Windows and GNOME walk through on their way.

use super::{asking, assert_refused, house_with, seen, snapshot};
use crate::support::{Answer, TestHouse};

/// Asks in Ann's name for a path of the address itself.
fn ask(house: &TestHouse, method: &str, path: &str, depth: &str) -> Answer {
    let authorization = house.authorization();
    house.wire().ask(method, path, &[("Authorization", &authorization), ("Depth", depth)], "")
}

#[test]
fn the_way_to_the_drive_begins_at_the_top() {
    let house = house_with(&["/a"]);
    let answer = ask(&house, "PROPFIND", "/", "0");
    assert_eq!((answer.status, answer.texts("href")), (207, vec!["/".to_owned()]));
    assert!(answer.text().contains("<D:resourcetype><D:collection/></D:resourcetype>"), "{}", seen(&answer));
    assert_eq!(ask(&house, "PROPFIND", "/", "1").texts("href"), ["/", "/dav/"]);
    for path in ["/dav", "/dav/"] {
        assert_eq!(ask(&house, "PROPFIND", path, "0").texts("href"), ["/dav/"], "{path}");
    }
}

#[test]
fn the_top_says_that_this_is_webdav_and_asks_for_credentials() {
    let house = house_with(&[]);
    let anonymous = house.wire().ask("OPTIONS", "/", &[], "");
    assert_eq!((anonymous.status, anonymous.header("dav")), (200, Some("1, 2, 3")));
    assert_eq!(anonymous.header("ms-author-via"), Some("DAV"));
    let listed = house.wire().ask("PROPFIND", "/", &[("Depth", "0")], "");
    assert_refused(&listed, 401);
    assert!(listed.header("www-authenticate").is_some());
}

#[test]
fn nothing_can_be_changed_above_the_drive() {
    let house = house_with(&["/a"]);
    let before = snapshot(&house);
    for method in ["PUT", "DELETE", "MKCOL", "MOVE", "COPY", "PROPPATCH", "LOCK", "UNLOCK"] {
        assert_refused(&ask(&house, method, "/", "infinity"), 403);
    }
    assert_eq!(snapshot(&house), before);
}

#[test]
fn the_top_of_the_drive_is_asked_about_like_any_folder() {
    let house = house_with(&["/a"]);
    for path in ["", "/"] {
        let answer = house.propfind(path, "0", &asking("<D:resourcetype/><D:getetag/><D:creationdate/>"));
        assert_eq!((answer.status, answer.texts("status").len()), (207, 1), "{}", seen(&answer));
    }
}

#[test]
fn what_only_leads_to_the_drive_cannot_be_synchronized() {
    let house = house_with(&[]);
    let names = asking("<D:sync-token/><D:supported-report-set/>");
    let authorization = house.authorization();
    let headers = [("Authorization", authorization.as_str()), ("Depth", "1")];
    let text = house.wire().ask("PROPFIND", "/", &headers, &names).text();
    let (above, drive) = text.split_once("<D:href>/dav/</D:href>").unwrap();
    assert!(above.contains("<D:supported-report-set/>") && above.contains("<D:sync-token/>"), "{text}");
    assert!(drive.contains("<D:sync-collection/>") && drive.contains("<D:sync-token>urn:uuid:"), "{text}");
}
