//! What the network drive of Windows sets and reads, and how much of it fits a folder.

use super::{A_MINUTE_PASSES, alter, asking, etag, house, house_with, property, seen};
use crate::support::{Answer, TestHouse};

const WINDOWS: (&str, &str) = ("User-Agent", "Microsoft-WebDAV-MiniRedir/10.0.26200");
const OFFICE: (&str, &str) = ("User-Agent", "Microsoft Office Word 2016");
const RCLONE: (&str, &str) = ("User-Agent", "rclone/v1.75.0");

const NAMES: [&str; 4] =
    ["Win32CreationTime", "Win32LastAccessTime", "Win32LastModifiedTime", "Win32FileAttributes"];

/// As Windows 11 sends it, 443 bytes.
const PROPPATCH: &str = "<?xml version=\"1.0\" encoding=\"utf-8\" ?>\
    <D:propertyupdate xmlns:D=\"DAV:\" xmlns:Z=\"urn:schemas-microsoft-com:\"><D:set><D:prop>\
    <Z:Win32CreationTime>Tue, 22 Sep 2026 08:00:00 GMT</Z:Win32CreationTime>\
    <Z:Win32LastAccessTime>Thu, 24 Sep 2026 10:00:00 GMT</Z:Win32LastAccessTime>\
    <Z:Win32LastModifiedTime>Wed, 23 Sep 2026 09:00:00 GMT</Z:Win32LastModifiedTime>\
    <Z:Win32FileAttributes>00000020</Z:Win32FileAttributes></D:prop></D:set></D:propertyupdate>";

fn patch(house: &TestHouse, path: &str, body: &str) -> Answer {
    house.ask("PROPPATCH", path, &[WINDOWS], body)
}

/// A PROPFIND without a body, as Windows always sends it.
fn list(house: &TestHouse, agent: (&str, &str), path: &str, depth: &str) -> Answer {
    let headers =
        [agent, ("Connection", "Keep-Alive"), ("Depth", depth), ("translate", "f"), ("Content-Length", "0")];
    let answer = house.ask("PROPFIND", path, &headers, "");
    assert_eq!(answer.status, 207, "{}", seen(&answer));
    answer
}

fn four(answer: &Answer) -> [Vec<String>; 4] {
    NAMES.map(|name| answer.texts(name))
}

/// The names of the properties in each response, in their order.
fn shown(answer: &Answer) -> Vec<Vec<String>> {
    let text = answer.text();
    let props = text.split("<D:prop>").skip(1).map(|rest| rest.split_once("</D:prop>").unwrap().0);
    let name = |element: &str| element.split(['>', ' ', '/']).next().unwrap().to_owned();
    props
        .map(|prop| prop.split('<').skip(1).filter(|tag| !tag.starts_with('/')).map(name).collect())
        .collect()
}

#[test]
fn windows_sets_its_four_properties_and_the_file_stays_the_same() {
    assert_eq!(PROPPATCH.len(), 443);
    let house = house();
    let put = house.put("/a", "ten bytes!");
    let answer = patch(&house, "/a", PROPPATCH);
    assert_eq!((answer.status, answer.texts("status")), (207, vec!["HTTP/1.1 200 OK".to_owned()]));
    let got = house.get("/a");
    assert_eq!((got.text().as_str(), etag(&got)), ("ten bytes!", etag(&put)));
    assert_eq!(got.header("last-modified"), Some("Wed, 23 Sep 2026 09:00:00 GMT"));
    for (local, value) in [
        ("getcontentlength", "10"),
        ("getetag", etag(&put)),
        ("creationdate", "2026-09-22T08:00:00Z"),
        ("getlastmodified", "Wed, 23 Sep 2026 09:00:00 GMT"),
    ] {
        assert_eq!(property(&house, "/a", local), value);
    }
    let names = NAMES.map(|name| format!("<Z:{name} xmlns:Z='urn:schemas-microsoft-com:'/>")).concat();
    for agent in [WINDOWS, OFFICE, RCLONE] {
        let asked = house.ask("PROPFIND", "/a", &[agent, ("Depth", "0")], asking(&names));
        let values = [
            "Tue, 22 Sep 2026 08:00:00 GMT",
            "Thu, 24 Sep 2026 10:00:00 GMT",
            "Wed, 23 Sep 2026 09:00:00 GMT",
            "00000020",
        ];
        assert_eq!(four(&asked), values.map(|value| vec![value.to_owned()]), "{}", seen(&asked));
        assert_eq!(asked.texts("status"), ["HTTP/1.1 200 OK"]);
        assert_eq!(shown(&asked)[0].len(), 4, "exactly what is named");
    }
}

#[test]
fn what_windows_has_not_set_is_what_the_file_is() {
    let house = house();
    house.ask("PUT", "/a", &[("X-OC-Mtime", "784111777"), ("X-OC-CTime", "784111776")], "x");
    house.mkcol("/folder");
    let file = list(&house, WINDOWS, "/a", "0");
    let (made, changed) = ("Sun, 06 Nov 1994 08:49:36 GMT", "Sun, 06 Nov 1994 08:49:37 GMT");
    assert_eq!(four(&file), [made, changed, changed, "00000020"].map(|value| vec![value.to_owned()]));
    let folder = list(&house, OFFICE, "/folder", "0");
    assert_eq!(folder.texts("Win32FileAttributes"), ["00000010"]);
    for answer in [&file, &folder] {
        for local in ["resourcetype", "creationdate", "getlastmodified", "getetag", "displayname"] {
            assert_eq!(answer.texts(local).len(), 1, "{local} in {}", seen(answer));
        }
        assert!(
            answer.text().contains("<D:multistatus xmlns:D=\"DAV:\" xmlns:Z=\"urn:schemas-microsoft-com:\">")
        );
    }
    for agent in [RCLONE, ("User-Agent", "WebDAVFS/3.0.0")] {
        let answer = list(&house, agent, "/a", "0");
        assert_eq!(four(&answer), [const { Vec::<String>::new() }; 4], "{}", seen(&answer));
        assert!(!answer.text().contains("microsoft"));
    }
}

#[test]
fn attributes_are_kept_and_shown_to_everybody_who_reads_them() {
    let house = house_with(&["/folder/", "/folder/hidden", "/folder/odd", "/folder/plain"]);
    patch(&house, "/folder/hidden", &PROPPATCH.replace("00000020", "00000023"));
    patch(&house, "/folder/odd", &PROPPATCH.replace("00000020", &"x>".repeat(4000).replace('>', "&gt;")));
    patch(&house, "/folder", &PROPPATCH.replace("00000020", "00000011"));
    let listed = list(&house, WINDOWS, "/folder", "1");
    // The folder, hidden, odd, plain: what is none of Windows' is not shown to it.
    assert_eq!(listed.texts("Win32FileAttributes"), ["00000011", "00000023", "00000020", "00000020"]);
    assert_eq!(list(&house, WINDOWS, "/folder/hidden", "0").texts("Win32FileAttributes"), ["00000023"]);
    let other = list(&house, RCLONE, "/folder/hidden", "0");
    assert_eq!(
        four(&other),
        [vec![], vec!["Thu, 24 Sep 2026 10:00:00 GMT".to_owned()], vec![], vec!["00000023".into()]]
    );
}

#[test]
fn a_listing_for_windows_has_what_explorer_shows_and_nothing_else() {
    let house = house_with(&["/folder/", "/folder/a", "/folder/inner/"]);
    patch(&house, "/folder/a", PROPPATCH);
    let note = "<D:propertyupdate xmlns:D='DAV:'><D:set><D:prop><note xmlns='urn:x'>long</note></D:prop></D:set></D:propertyupdate>";
    patch(&house, "/folder/a", note);
    patch(&house, "/folder", note);
    let answer = list(&house, WINDOWS, "/folder", "1");
    let [folder, file, inner] = &shown(&answer)[..] else { panic!("{}", seen(&answer)) };
    for name in ["D:getetag", "D:displayname", "Z:Win32LastAccessTime", "Z:Win32FileAttributes", "note"] {
        assert!(folder.contains(&name.to_owned()), "{name} in {folder:?}");
    }
    let brief = [
        "D:resourcetype",
        "D:creationdate",
        "D:getlastmodified",
        "D:getcontentlength",
        "Z:Win32FileAttributes",
    ];
    assert_eq!(file, &brief);
    assert_eq!(inner, &["D:resourcetype", "D:collection", brief[1], brief[2], brief[4]]);
    assert!(answer.text().contains("<D:resourcetype/><D:creationdate>2026-09-22T08:00:00Z</D:creationdate>"));
    assert_eq!(answer.texts("note"), ["long"], "that of the folder itself");
    let asked = "<D:propfind xmlns:D='DAV:'><D:allprop/><D:include><D:getetag/><x xmlns='urn:x'/><note xmlns='urn:x'/></D:include></D:propfind>";
    let more = house.ask("PROPFIND", "/folder", &[WINDOWS, ("Depth", "1")], asked);
    assert_eq!((more.texts("getetag").len(), more.texts("note").len(), more.texts("x").len()), (3, 2, 0));
}

#[test]
fn a_folder_of_two_thousand_files_fits_what_windows_reads() {
    let house = house();
    house.mkcol("/folder");
    let first = format!("/folder/{:030}", 0);
    house.put(&first, "ten bytes!");
    assert_eq!(patch(&house, &first, PROPPATCH).status, 207);
    // Requests for the others would take a minute: each becomes a row like the first one's, with what was attached.
    for sql in [
        "WITH RECURSIVE others (number) AS (VALUES (1) UNION ALL SELECT number + 1 FROM others WHERE number < 1999) \
         INSERT INTO nodes (uuid, space_id, parent_id, name, folder, blob_id, created_ms, modified_ms, created_seq, \
           changed_seq, tree_seq) \
         SELECT NEW_UUID(), space_id, parent_id, '00000000000000000000000' || CAST(1000000 + number AS TEXT), folder, blob_id, created_ms, \
           modified_ms, created_seq, changed_seq, tree_seq FROM nodes, others WHERE name LIKE '000%'",
        "INSERT INTO properties (node_id, namespace, local, xml) \
         SELECT n.id, p.namespace, p.local, p.xml FROM nodes n, properties p \
         WHERE n.name LIKE '000%' AND n.id NOT IN (SELECT node_id FROM properties)",
        A_MINUTE_PASSES,
    ] {
        alter(&house, sql);
    }
    let answer = list(&house, WINDOWS, "/folder", "1");
    let (entries, bytes) = (answer.texts("getcontentlength"), answer.body.len());
    assert_eq!((entries.len(), answer.texts("Win32FileAttributes").len()), (2000, 2001));
    assert!(entries.iter().all(|length| length == "10"));
    assert!(bytes < 1_000_000, "{bytes} bytes");
    assert!(bytes <= 400 * 2001, "{} bytes an entry", bytes / 2001);
    let other = list(&house, RCLONE, "/folder", "1");
    assert_eq!((other.texts("getetag").len(), other.texts("Win32FileAttributes").len()), (2001, 2000));

    // As if none of them had come from Windows.
    alter(&house, "DELETE FROM properties");
    let answer = list(&house, WINDOWS, "/folder", "1");
    assert_eq!((answer.body.len(), answer.texts("Win32FileAttributes").len()), (bytes, 2001));
}
