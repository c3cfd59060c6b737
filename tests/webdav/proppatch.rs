//! PROPPATCH: what clients attach to files and want back as it was.

use super::{asking, assert_refused, chunked, house_with, property, seen, snapshot};
use crate::support::{Answer, TestHouse};

fn patch(house: &TestHouse, path: &str, instructions: &str) -> Answer {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><D:propertyupdate xmlns:D=\"DAV:\">{instructions}</D:propertyupdate>"
    );
    house.ask("PROPPATCH", path, &[("Content-Type", "text/xml")], body)
}

fn set(elements: &str) -> String {
    format!("<D:set><D:prop>{elements}</D:prop></D:set>")
}

fn remove(elements: &str) -> String {
    format!("<D:remove><D:prop>{elements}</D:prop></D:remove>")
}

/// The answer of a PROPFIND for one property, as text.
fn find(house: &TestHouse, path: &str, element: &str) -> String {
    house.propfind(path, "0", &asking(element)).text()
}

#[track_caller]
fn assert_done(answer: &Answer) {
    assert_eq!(answer.status, 207, "{}", seen(answer));
    assert_eq!(answer.texts("status"), ["HTTP/1.1 200 OK"], "{}", seen(answer));
}

#[test]
fn a_property_is_kept_changed_and_removed() {
    let house = house_with(&["/a", "/folder/"]);
    for path in ["/a", "/folder", "/folder/", "/"] {
        assert_done(&patch(&house, path, &set("<x xmlns='urn:x'>one</x><y xmlns='urn:x'/>")));
        assert_done(&patch(&house, path, &set("<x xmlns='urn:x'>two</x>")));
        assert!(find(&house, path, "<x xmlns='urn:x'/>").contains(">two</"), "{path}");
        for body in ["", "<D:propfind xmlns:D='DAV:'><D:propname/></D:propfind>"] {
            let answer = house.propfind(path, "0", body);
            assert_eq!((answer.texts("x").len(), answer.texts("y").len()), (1, 1), "{}", seen(&answer));
        }
        for _ in 0..2 {
            // What is not there is removed without complaint (RFC 4918 §14.23).
            assert_done(&patch(&house, path, &remove("<x xmlns='urn:x'/>")));
        }
        assert!(find(&house, path, "<x xmlns='urn:x'/>").contains("404 Not Found"), "{path}");
    }
}

#[test]
fn the_members_of_a_folder_are_listed_with_their_properties() {
    let house = house_with(&["/a", "/b"]);
    patch(&house, "/a", &set("<x xmlns='urn:x'>of a</x>"));
    let answer = house.propfind("/", "1", &asking("<x xmlns='urn:x'/><D:getetag/>"));
    assert_eq!(answer.texts("x"), ["", "of a", ""]);
    assert_eq!(house.propfind("/", "1", "").texts("x"), ["of a"]);
}

#[test]
fn instructions_are_carried_out_in_their_order() {
    let house = house_with(&["/a"]);
    let x = |value: &str| format!("<x xmlns='urn:x'>{value}</x>");
    assert_done(&patch(&house, "/a", &[set(&x("1")), remove(&x("")), set(&x("2"))].concat()));
    assert!(find(&house, "/a", &x("")).contains(">2</"));
    assert_done(&patch(&house, "/a", &[remove(&x("")), set(&x("3")), remove(&x(""))].concat()));
    assert!(find(&house, "/a", &x("")).contains("404 Not Found"));
    assert_done(&patch(&house, "/a", &remove(&x(""))));
}

#[test]
fn values_come_back_as_they_were_sent() {
    let house = house_with(&["/a"]);
    for (sent, asked, kept) in [
        ("<none xmlns=''>null namespace</none>", "<none xmlns=''/>", "<none>null namespace</none>"),
        ("<p:high xmlns:p='urn:x'>&#65536;𝄞</p:high>", "<high xmlns='urn:x'/>", ">\u{10000}𝄞</"),
        (
            "<m xmlns='urn:x'>one <b xmlns='urn:y' k='v'>two</b> three <c/></m>",
            "<m xmlns='urn:x'/>",
            ">one <b xmlns=\"urn:y\" k=\"v\">two</b> three <c/></m>",
        ),
        (
            "<e xmlns='urn:x'>a &lt; b &amp; c ]]&gt;</e>",
            "<e xmlns='urn:x'/>",
            ">a &lt; b &amp; c ]]&gt;</e>",
        ),
        ("<l xmlns='urn:x' xml:lang='de'>Vorrat</l>", "<l xmlns='urn:x'/>", " xml:lang=\"de\">Vorrat</l>"),
        ("<D:own>in DAV:</D:own>", "<D:own/>", ">in DAV:</D:own>"),
        ("<ü xmlns='http://example.com/a&amp;b'>x</ü>", "<ü xmlns='http://example.com/a&amp;b'/>", ">x</ü>"),
    ] {
        assert_done(&patch(&house, "/a", &set(sent)));
        let found = find(&house, "/a", asked);
        assert!(found.contains(kept) && found.contains("200 OK"), "{sent} came back in {found}");
        assert_eq!(house.propfind("/a", "0", asked_for_all()).status, 207);
    }
}

fn asked_for_all() -> &'static str {
    "<D:propfind xmlns:D='DAV:'><D:allprop/></D:propfind>"
}

#[test]
fn a_name_in_two_namespaces_is_two_properties() {
    let house = house_with(&["/a"]);
    assert_done(&patch(
        &house,
        "/a",
        &set("<x xmlns='urn:1'>one</x><x xmlns='urn:2'>two</x><x xmlns=''>none</x>"),
    ));
    for (namespace, value) in [("urn:1", "one"), ("urn:2", "two"), ("", "none")] {
        let found = find(&house, "/a", &format!("<x xmlns='{namespace}'/>"));
        assert!(found.contains(&format!(">{value}</")), "{found}");
    }
}

#[test]
fn what_the_server_knows_itself_cannot_be_set_and_then_nothing_is() {
    let house = house_with(&["/a"]);
    let before = snapshot(&house);
    for local in
        ["getetag", "getcontentlength", "resourcetype", "lockdiscovery", "quota-used-bytes", "supportedlock"]
    {
        for instruction in [set(&format!("<D:{local}>9</D:{local}>")), remove(&format!("<D:{local}/>"))] {
            let answer = patch(&house, "/a", &[set("<x xmlns='urn:x'>1</x>"), instruction].concat());
            assert_eq!(answer.status, 207);
            assert_eq!(answer.texts("status"), ["HTTP/1.1 403 Forbidden", "HTTP/1.1 424 Failed Dependency"]);
            let condition = "<D:error><D:cannot-modify-protected-property/></D:error></D:propstat>";
            assert_eq!(answer.text().matches(condition).count(), 1, "{}", seen(&answer));
        }
    }
    assert!(find(&house, "/a", "<x xmlns='urn:x'/>").contains("404 Not Found"));
    assert_eq!(snapshot(&house), before);
}

#[test]
fn a_client_may_give_something_another_name_to_be_shown() {
    let house = house_with(&["/a"]);
    assert_eq!(property(&house, "/a", "displayname"), "a");
    assert_done(&patch(&house, "/a", &set("<D:displayname>Annual report</D:displayname>")));
    assert_eq!(property(&house, "/a", "displayname"), "Annual report");
    let everything = house.propfind("/a", "0", "");
    assert_eq!(everything.texts("displayname"), ["Annual report"], "{}", seen(&everything));
    assert_eq!(house.list("/"), ["a"], "its own name stays");
    assert_done(&patch(&house, "/a", &remove("<D:displayname/>")));
    assert_eq!(property(&house, "/a", "displayname"), "a");
}

#[test]
fn properties_stay_when_the_content_is_replaced() {
    let house = house_with(&["/a"]);
    patch(&house, "/a", &set("<x xmlns='urn:x'>kept</x>"));
    house.put("/a", "new content");
    assert!(find(&house, "/a", "<x xmlns='urn:x'/>").contains(">kept</"));
    house.delete("/a");
    house.put("/a", "another file");
    assert!(find(&house, "/a", "<x xmlns='urn:x'/>").contains("404 Not Found"), "it is another file");
}

#[test]
fn nothing_is_attached_to_what_is_not_there() {
    let house = house_with(&["/a"]);
    for path in ["/missing", "/missing/b", "/a/b"] {
        assert_refused(&patch(&house, path, &set("<x xmlns='urn:x'>1</x>")), 404);
    }
    let stale = [("If-Match", "\"other\"")];
    let body = "<D:propertyupdate xmlns:D='DAV:'><D:set><D:prop><x xmlns='urn:x'>1</x></D:prop></D:set></D:propertyupdate>";
    assert_refused(&house.ask("PROPPATCH", "/a", &stale, body), 412);
    assert!(find(&house, "/a", "<x xmlns='urn:x'/>").contains("404 Not Found"));
}

#[test]
fn a_request_is_understood_in_chunks_and_with_a_depth() {
    let house = house_with(&["/a"]);
    let body = "<D:propertyupdate xmlns:D='DAV:'><D:set><D:prop><x xmlns='urn:x'>1</x></D:prop></D:set></D:propertyupdate>";
    let headers = [("Transfer-Encoding", "chunked"), ("Depth", "1")];
    assert_done(&house.ask("PROPPATCH", "/a", &headers, chunked(body, 10)));
}

#[test]
fn the_answer_names_the_resource_as_a_listing_does() {
    let house = house_with(&["/folder/", "/folder/a%26b"]);
    for (path, href) in
        [("/folder", "/dav/folder/"), ("/folder/", "/dav/folder/"), ("/folder/a%26b", "/dav/folder/a%26b")]
    {
        assert_eq!(patch(&house, path, &set("<x xmlns='urn:x'/>")).texts("href"), [href]);
    }
}
