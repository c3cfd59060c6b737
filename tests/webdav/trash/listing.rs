//! What is seen in the trash.

use super::super::{asking, assert_refused, house_with, property, seen};
use super::{OURS, origin};
use crate::support::TestHouse;

const LISTED: [&str; 4] = [
    "WebDAVFS/3.0.0 (03008000) Darwin/25.5.0 (arm64)",
    "Microsoft-WebDAV-MiniRedir/10.0.26200",
    "gvfs/1.57.2",
    "davfs2/1.7.1 neon/0.34.0",
];

fn listed_to(house: &TestHouse, agent: &str) -> Vec<String> {
    house.ask("PROPFIND", "/", &[("Depth", "1"), ("User-Agent", agent)], "").texts("href")
}

#[test]
fn what_was_deleted_is_listed_and_read_there() {
    let house = house_with(&["/a", "/folder/", "/folder/inner/", "/folder/inner/b", "/folder/c"]);
    assert_eq!(house.list("/.Trash"), Vec::<String>::new());
    house.delete("/a");
    house.delete("/folder/c");
    house.delete("/folder/");
    assert_eq!(house.list("/.Trash/"), ["a", "c", "folder"]);
    assert_eq!(house.list("/.Trash/folder"), ["inner"]);
    assert_eq!(house.list("/.Trash/folder/inner/"), ["b"]);
    assert_eq!(house.get("/.Trash/folder/inner/b").text(), "/folder/inner/b");
    let part = house.ask("GET", "/.Trash/a", &[("Range", "bytes=1-")], "");
    assert_eq!((part.status, part.text()), (206, "a".to_owned()));
    assert_eq!(house.ask("HEAD", "/.Trash/a", &[], "").header("content-length"), Some("2"));
    assert_eq!(house.get("/.Trash/folder").status, 200);
    for path in ["/.Trash/b", "/.Trash/folder/c", "/.Trash/folder/inner/b/x", "/.Trash/a/x"] {
        assert_refused(&house.get(path), 404);
        assert_eq!(house.propfind(path, "0", "").status, 404, "{path}");
    }
}

#[test]
fn two_of_one_name_are_told_apart_by_the_day_and_then_by_a_number() {
    let house = house_with(&[]);
    for text in ["1", "22", "333", "4444"] {
        house.put("/q3.pdf", text);
        house.delete("/q3.pdf");
    }
    let listed = house.list("/.Trash");
    let day = property(&house, "/.Trash/q3.pdf", "creationdate")[..10].to_owned();
    assert_eq!((listed.len(), listed[3].as_str()), (4, "q3.pdf"));
    assert!(listed.contains(&format!("q3%20{day}.pdf")), "{listed:?}");
    let numbered = listed.iter().filter(|name| name.starts_with(&format!("q3%20{day}%20%28")));
    assert_eq!(numbered.count(), 2, "{listed:?}");
    let mut contents: Vec<_> =
        listed.iter().map(|name| house.get(&format!("/.Trash/{name}")).text()).collect();
    contents.sort();
    assert_eq!(contents, ["1", "22", "333", "4444"]);
}

#[test]
fn properties_say_from_where_and_when() {
    let house = house_with(&["/Reports/", "/Reports/2026/", "/Reports/2026/q%20a.pdf", "/Reports/b", "/top"]);
    for path in ["/Reports/2026/q%20a.pdf", "/Reports/b", "/Reports", "/top"] {
        house.delete(path);
    }
    assert_eq!(origin(&house, "/.Trash/q%20a.pdf"), "/Reports/2026/q a.pdf");
    assert_eq!(origin(&house, "/.Trash/top"), "/top");
    for body in [asking(OURS), String::new()] {
        let answer = house.propfind("/.Trash", "1", &body);
        let told =
            |local| answer.texts(local).into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>();
        let origins = told("trash-origin");
        assert_eq!(origins, ["/Reports", "/Reports/b", "/Reports/2026/q a.pdf", "/top"], "{}", seen(&answer));
        let moments = told("trash-deleted-at");
        assert!(moments.iter().all(|at| at.len() == 20 && at.ends_with('Z')), "{moments:?}");
    }
    // Where something would come back to changes its name with its folder.
    house.mkcol("/x");
    house.put("/x/y", "y");
    house.delete("/x/y");
    house.relocate("MOVE", "/x", "/z");
    assert_eq!(origin(&house, "/.Trash/y"), "/z/y");
    // Nothing else has them.
    for path in ["/.Trash", "/.Trash/Reports/2026", "/z"] {
        let answer = house.propfind(path, "0", &asking(OURS));
        assert!(answer.text().contains("404 Not Found") && !answer.text().contains("200 OK"), "{path}");
    }
    let change = "<D:propertyupdate xmlns:D='DAV:'><D:set><D:prop><L:trash-origin xmlns:L='urn:larder'>/a</L:trash-origin>\
        </D:prop></D:set></D:propertyupdate>";
    assert!(house.ask("PROPPATCH", "/z", &[], change).text().contains("403 Forbidden"));
}

#[test]
fn what_went_along_is_not_listed_and_neither_is_what_is_gone_for_good() {
    let house = house_with(&["/a", "/._a", "/.DS_Store", "/folder/", "/folder/._x", "/folder/x"]);
    for path in ["/a", "/.DS_Store", "/folder"] {
        house.delete(path);
    }
    house.put("/placeholder", "");
    house.delete("/placeholder");
    assert_eq!(house.list("/.Trash"), ["a", "folder"]);
    assert_eq!(house.list("/.Trash/folder"), ["x"], "system files are hidden as everywhere");
    assert_eq!(house.get("/.Trash/folder/._x").text(), "/folder/._x");
}

#[test]
fn a_long_trash_is_listed_page_by_page() {
    let house = house_with(&["/many/"]);
    let names: Vec<String> = (0..501).map(|number| format!("{number:03}")).collect();
    super::super::statements::fill_with_folders(&house, &["many"], 501);
    super::super::alter(
        &house,
        "UPDATE nodes SET trashed_ms = 1, trash_name = SUBSTR('000' || name, LENGTH(name) + 1) \
         WHERE parent_id = (SELECT id FROM nodes WHERE name = 'many'); \
         UPDATE revisions SET trashed = TRUE WHERE parent_id = (SELECT id FROM nodes WHERE name = 'many')",
    );
    super::super::alter(
        &house,
        "UPDATE revisions SET trashed = TRUE \
         WHERE parent_id = (SELECT id FROM nodes WHERE name = 'many')",
    );
    let (listed, statements) = house.statements(|| house.list("/.Trash"));
    assert_eq!(listed, names);
    assert!(statements <= 5, "{statements}");
}

#[test]
fn the_top_folder_lists_it_for_drives_that_are_mounted() {
    let house = house_with(&["/a"]);
    for agent in LISTED {
        assert_eq!(listed_to(&house, agent), ["/dav/", "/dav/.Trash/", "/dav/a"], "{agent}");
    }
    for agent in ["rclone/v1.75.0", "Cyberduck/9.1", "curl/8.5"] {
        assert_eq!(listed_to(&house, agent), ["/dav/", "/dav/a"], "{agent}");
    }
    let house = TestHouse::with_settings(&[("trash.listed", "false")]).with_user("ann");
    assert_eq!(listed_to(&house, LISTED[0]), ["/dav/"]);
    assert_eq!(house.propfind("/.Trash", "1", "").status, 207);
}

#[test]
fn who_synchronizes_never_hears_of_it() {
    let house = house_with(&["/a", "/b"]);
    let sync = |path: &str| {
        let body = "<D:sync-collection xmlns:D='DAV:'><D:sync-token/><D:sync-level>infinite</D:sync-level>\
            <D:prop><D:getetag/></D:prop></D:sync-collection>";
        house.ask("REPORT", path, &[], body)
    };
    house.delete("/b");
    assert_eq!(sync("/").texts("href"), ["/dav/a"]);
    assert_refused(&sync("/.Trash"), 403);
    let answer =
        house.propfind("/.Trash", "0", &asking("<D:sync-token/><D:supported-report-set/><D:supportedlock/>"));
    assert!(answer.first("sync-token").is_none_or(|token| token.is_empty()), "{}", seen(&answer));
    assert!(answer.texts("lockentry").is_empty());
}

#[test]
fn nobody_sees_the_trash_of_others() {
    let house = house_with(&["/a"]);
    house.delete("/a");
    let house = house.with_user("bob");
    assert_eq!(house.list("/.Trash"), Vec::<String>::new());
    assert_refused(&house.get("/.Trash/a"), 404);
    assert_refused(&house.delete("/.Trash/a"), 404);
    assert_refused(&house.relocate("MOVE", "/.Trash/a", "/a"), 404);
}
