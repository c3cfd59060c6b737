//! What Finder asks for: it reads every element of an answer, whatever its status.

use super::{house_with, seen};

/// As webdavfs sends it for Depth 1.
const LISTING: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
    <D:propfind xmlns:D=\"DAV:\">\n<D:prop xmlns:A=\"http://www.apple.com/webdav_fs/props/\">\n\
    <D:getlastmodified/>\n<D:getcontentlength/>\n<D:creationdate/>\n<D:resourcetype/>\n<A:appledoubleheader/>\n\
    </D:prop>\n</D:propfind>\n";

/// As webdavfs asks for the room on the volume.
const ROOM: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<D:propfind xmlns:D=\"DAV:\">\n<D:prop>\n\
    <D:quota-available-bytes/>\n<D:quota-used-bytes/>\n<D:quota/>\n<D:quotaused/>\n</D:prop>\n</D:propfind>\n";

const FINDER: (&str, &str) = ("User-Agent", "WebDAVFS/3.0.0 (03008000) Darwin/25.5.0 (arm64)");

#[test]
fn what_is_not_there_comes_last_and_has_no_value() {
    let house = house_with(&["/folder/", "/folder/a", "/folder/inner/"]);
    for (depth, body, entries) in [("1", LISTING, 3), ("0", ROOM, 1)] {
        let answer = house.ask("PROPFIND", "/folder", &[FINDER, ("Depth", depth)], body);
        assert_eq!((answer.status, answer.texts("href").len()), (207, entries), "{}", seen(&answer));
        let text = answer.text();
        for response in text.split("<D:response>").skip(1) {
            let (found, missing) = response.split_once("</D:propstat>").unwrap();
            assert!(found.ends_with("<D:status>HTTP/1.1 200 OK</D:status>"), "{response}");
            assert!(missing.contains("<D:status>HTTP/1.1 404 Not Found</D:status>"), "{response}");
            let (_, prop) = missing.split_once("<D:prop>").unwrap();
            let (prop, _) = prop.split_once("</D:prop>").unwrap();
            assert!(!prop.is_empty() && !prop.contains("</"), "only empty elements: {prop}");
            assert!(prop.split('>').all(|element| element.is_empty() || element.ends_with('/')), "{prop}");
        }
    }
    let listed = house.ask("PROPFIND", "/folder", &[FINDER, ("Depth", "1")], LISTING).text();
    assert!(
        listed.contains("<x:appledoubleheader xmlns:x=\"http://www.apple.com/webdav_fs/props/\"/>"),
        "{listed}"
    );
    let room = house.ask("PROPFIND", "/folder", &[FINDER, ("Depth", "0")], ROOM).text();
    assert!(room.contains("<D:quota/><D:quotaused/>"), "{room}");
}
