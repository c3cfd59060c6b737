//! PROPFIND: what a listing says, and in which form.

use super::{asking, assert_refused, chunked, fill, house, house_with, property, seen};
use crate::support::{Answer, TestHouse};

/// Each propstat as its status and what stands in its prop.
fn propstats(answer: &Answer) -> Vec<(String, String)> {
    let text = answer.text();
    let pieces = text.split("<D:propstat><D:prop>").skip(1);
    pieces
        .map(|piece| {
            let (prop, rest) = piece.split_once("</D:prop><D:status>HTTP/1.1 ").unwrap();
            (rest[..3].to_owned(), prop.to_owned())
        })
        .collect()
}

#[test]
fn a_listing_shows_the_folder_first_and_each_member_once() {
    let house = house_with(&["/folder/", "/folder/b", "/folder/a", "/folder/inner/", "/folder/inner/deep"]);
    let hrefs = |depth: &str| house.propfind("/folder", depth, "").texts("href");
    assert_eq!(hrefs("0"), ["/dav/folder/"]);
    let mut members = hrefs("1");
    assert_eq!(members.remove(0), "/dav/folder/");
    members.sort();
    assert_eq!(members, ["/dav/folder/a", "/dav/folder/b", "/dav/folder/inner/"]);
    for depth in ["0", "1"] {
        assert_eq!(house.propfind("/folder/a", depth, "").texts("href"), ["/dav/folder/a"]);
    }
    assert_eq!(house.propfind("/folder/inner/", "1", "").texts("href").len(), 2);
}

#[test]
fn folders_are_listed_one_level_at_a_time() {
    let house = house_with(&["/folder/"]);
    let without = house.ask("PROPFIND", "/", &[], "");
    for answer in [house.propfind("/", "infinity", ""), house.propfind("/folder", "Infinity", ""), without] {
        assert_refused(&answer, 403);
        assert!(answer.text().contains("<D:propfind-finite-depth/>"), "{}", seen(&answer));
    }
    for depth in ["7", "-1", "1,noroot", "x"] {
        assert_refused(&house.propfind("/", depth, ""), 400);
    }
}

#[test]
fn what_is_not_there_has_no_properties() {
    let house = house_with(&["/a"]);
    for path in ["/missing", "/missing/", "/missing/b", "/a/b"] {
        for depth in ["0", "1"] {
            assert_refused(&house.propfind(path, depth, ""), 404);
        }
    }
}

#[test]
fn every_way_of_asking_for_everything_is_understood() {
    let house = house_with(&["/a"]);
    let allprop =
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<propfind xmlns=\"DAV:\"><allprop/></propfind>\r\n";
    let expected = house.propfind("/a", "0", allprop);
    assert_eq!(expected.status, 207);
    let depth = ("Depth", "0");
    for (headers, body) in [
        (&[depth][..], String::new()),
        (&[depth, ("Content-Length", "0")], String::new()),
        (&[depth, ("Content-Type", "text/xml")], allprop.to_owned()),
        (&[depth, ("Content-Type", "application/xml; charset=utf-8")], allprop.to_owned()),
        (&[depth, ("Content-Type", "text/plain")], format!("\u{feff}{allprop}")),
        (
            &[depth],
            allprop
                .replace("propfind xmlns", "x:propfind xmlns:x")
                .replace("/propfind", "/x:propfind")
                .replace("<allprop", "<x:allprop"),
        ),
        (&[depth, ("Transfer-Encoding", "chunked")], String::from_utf8(chunked(allprop, 20)).unwrap()),
        (&[depth, ("Transfer-Encoding", "chunked")], "0\r\n\r\n".to_owned()),
    ] {
        let answer = house.ask("PROPFIND", "/a", headers, &body);
        assert_eq!((answer.status, answer.text()), (207, expected.text()), "{headers:?} {body}");
    }
}

#[test]
fn everything_is_what_clients_show_and_nothing_more() {
    let house = house_with(&["/a.txt", "/folder/"]);
    let common = ["resourcetype", "creationdate", "getlastmodified", "getetag"];
    for path in ["/a.txt", "/folder"] {
        let answer = house.propfind(path, "0", "");
        for local in common {
            assert_eq!(answer.texts(local).len(), 1, "{local} of {path}");
        }
        // Finder takes every href for an entry; Windows reads 1,000,000 bytes of a folder.
        for local in ["lockdiscovery", "supportedlock", "quota-used-bytes"] {
            assert_eq!(answer.texts(local).len(), 0, "{local} of {path}");
        }
        assert!(propstats(&answer).iter().all(|(status, _)| status == "200"), "{}", seen(&answer));
    }
    let file = house.propfind("/a.txt", "0", "");
    assert_eq!(file.first("getcontentlength").as_deref(), Some("6"));
    assert_eq!(file.first("getcontenttype").as_deref(), Some("text/plain"));
    let included = "<D:propfind xmlns:D='DAV:'><D:allprop/><D:include><D:supportedlock/><D:quota-used-bytes/></D:include></D:propfind>";
    let folder = house.propfind("/folder", "0", included);
    for local in ["supportedlock", "quota-used-bytes", "getetag"] {
        assert_eq!(folder.texts(local).len(), 1, "{local}");
    }
}

#[test]
fn names_can_be_asked_for_without_values() {
    let house = house_with(&["/a.txt"]);
    let answer = house.propfind("/a.txt", "0", "<D:propfind xmlns:D='DAV:'><D:propname/></D:propfind>");
    let [(status, names)] = &propstats(&answer)[..] else { panic!("{}", seen(&answer)) };
    assert_eq!(status, "200");
    for local in ["resourcetype", "getetag", "getcontentlength", "lockdiscovery", "supportedlock"] {
        assert!(names.contains(&format!("<D:{local}/>")), "{local} in {names}");
    }
    assert!(!names.contains("</"), "{names}");
}

#[test]
fn what_is_unknown_comes_after_what_is_found_and_is_empty() {
    let house = house_with(&["/a.txt"]);
    let names =
        "<x xmlns='urn:x'/><D:getetag/><D:no-such/><none xmlns=''/><D:resourcetype/><D:quota-used-bytes/>";
    let stats = propstats(&house.propfind("/a.txt", "0", &asking(names)));
    let [(found, values), (missing, names)] = &stats[..] else { panic!("{stats:?}") };
    assert_eq!((found.as_str(), missing.as_str()), ("200", "404"));
    assert!(values.contains("<D:getetag>\"") && values.contains("resourcetype"), "{values}");
    for name in ["<x:x xmlns:x=\"urn:x\"/>", "<D:no-such/>", "<none/>", "<D:quota-used-bytes/>"] {
        assert!(names.contains(name), "{name} in {names}");
    }
    let stats = propstats(&house.propfind("/a.txt", "0", &asking("<D:no-such/>")));
    assert_eq!(stats, [("404".to_owned(), "<D:no-such/>".to_owned())]);
}

#[test]
fn a_property_asked_for_twice_is_answered_once() {
    let house = house_with(&["/a"]);
    let answer =
        house.propfind("/a", "0", &asking("<D:getetag/><x xmlns='urn:x'/><D:getetag/><x xmlns='urn:x'/>"));
    assert_eq!((answer.texts("getetag").len(), answer.texts("x").len()), (1, 1));
    for body in [asking(""), asking("stray text <D:getetag/>")] {
        let answer = house.propfind("/a", "0", &body);
        assert_eq!((answer.status, answer.texts("propstat").len()), (207, 1), "{}", seen(&answer));
    }
}

#[test]
fn a_folder_is_a_collection_and_a_file_is_nothing_special() {
    let house = house_with(&["/a", "/folder/"]);
    let text = house.propfind("/folder", "0", &asking("<D:resourcetype/>")).text();
    assert!(text.contains("<D:resourcetype><D:collection/></D:resourcetype>"), "{text}");
    let text = house.propfind("/a", "0", &asking("<D:resourcetype/>")).text();
    assert!(
        text.contains("<D:resourcetype></D:resourcetype>") || text.contains("<D:resourcetype/>"),
        "{text}"
    );
}

#[test]
fn every_folder_says_how_much_room_there_is() {
    let house = TestHouse::new().with_user_and_quota("ann", Some(1000));
    fill(&house, &["/folder/", "/folder/inner/"]);
    house.put("/folder/a", [b'x'; 400]);
    for path in ["/", "/folder", "/folder/inner/"] {
        assert_eq!(property(&house, path, "quota-used-bytes"), "400", "{path}");
        assert_eq!(property(&house, path, "quota-available-bytes"), "600", "{path}");
        let finder = "<D:quota-available-bytes/><D:quota-used-bytes/><D:quota/><D:quotaused/>";
        let stats = propstats(&house.propfind(path, "0", &asking(finder)));
        assert_eq!(stats.iter().map(|(status, _)| status.as_str()).collect::<Vec<_>>(), ["200", "404"]);
    }
    let listed = house.propfind("/folder", "1", &asking("<D:quota-available-bytes/>"));
    assert_eq!(listed.texts("quota-available-bytes"), ["600", "", "600"], "a, then inner");
}

#[test]
fn without_a_quota_there_is_no_number_for_the_room() {
    let house = house_with(&["/a"]);
    let stats =
        propstats(&house.propfind("/", "0", &asking("<D:quota-available-bytes/><D:quota-used-bytes/>")));
    let expected =
        [("200", "<D:quota-used-bytes>2</D:quota-used-bytes>"), ("404", "<D:quota-available-bytes/>")];
    assert_eq!(stats, expected.map(|(status, prop)| (status.to_owned(), prop.to_owned())));
}

#[test]
fn dates_are_written_as_clients_read_them() {
    let house = house_with(&["/a", "/folder/"]);
    for path in ["/", "/a", "/folder"] {
        let modified = property(&house, path, "getlastmodified");
        // "Sun, 06 Nov 1994 08:49:37 GMT"
        assert!(
            modified.len() == 29 && modified.ends_with(" GMT") && modified[3..].starts_with(", "),
            "{modified}"
        );
        let created = property(&house, path, "creationdate");
        // "1994-11-06T08:49:37Z"
        assert!(created.len() == 20 && created.ends_with('Z') && created[10..].starts_with('T'), "{created}");
    }
}

#[test]
fn the_xml_is_in_the_form_that_every_client_reads() {
    let house = house_with(&["/a&b.txt", "/folder/"]);
    for body in [String::new(), asking("<D:getetag/><x xmlns='urn:x'/><D:lockdiscovery/>")] {
        let answer = house.propfind("/", "1", &body);
        assert_eq!(answer.header("content-type"), Some("application/xml; charset=\"utf-8\""));
        let text = answer.text();
        let begin = "<?xml version=\"1.0\" encoding=\"utf-8\"?><D:multistatus xmlns:D=\"DAV:\"><D:response><D:href>/dav/</D:href>";
        assert!(text.starts_with(begin), "{text}");
        assert!(!text.contains(['\n', '\r', '\t']) && !text.contains("> <"), "no pretty printing: {text}");
        assert!(!text.contains(" xmlns=\""), "no default namespace: {text}");
        assert_eq!(answer.texts("response").len(), answer.texts("status").len().min(3));
    }
}

#[test]
fn a_tag_is_written_with_its_quotes_as_they_are() {
    let house = house();
    let put = house.put("/a", "x");
    let text = house.propfind("/a", "0", &asking("<D:getetag/>")).text();
    assert!(text.contains(&format!("<D:getetag>{}</D:getetag>", put.header("etag").unwrap())), "{text}");
}
