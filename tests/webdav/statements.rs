//! How many SQL statements each method costs: as many deep down as near the top, and however much lies below.
//!
//! The numbers count everything from the first byte of a request to the last of its answer, one statement for the
//! credential included; a transaction's BEGIN and COMMIT are not counted. A change that moves one says why here.

use std::net::Ipv4Addr;
use std::thread::sleep;
use std::time::Duration;

use domain::{Caller, Door, NodeName, NodePath, RequestId, Timestamp, UserName};
use metadata::nodes::{self, NewNode};
use metadata::spaces;
use services::{app_passwords, auth};
use uuid::Uuid;

use crate::support::TestHouse;

// Each change of a file or folder has one statement that writes down who did it; system files are none of anybody's.
// MOVE and DELETE ask, by one statement, for the companion `._x` that goes along.
const TABLE: [(&str, u64); 23] = [
    ("PUT of a new file", 10),
    ("PUT of another content", 11),
    ("PUT of the same content", 13),
    ("PUT of nothing", 8),
    ("PUT into what was empty", 11),
    ("PUT of a system file", 6),
    ("GET", 2),
    ("GET of a system file", 3),
    ("MKCOL", 7),
    ("PROPFIND of a file", 3),
    ("PROPFIND Depth 0", 3),
    ("PROPFIND Depth 1", 4),
    // The node, its revision closed and the next one opened, besides what every change costs.
    ("PROPPATCH of a time", 8),
    ("COPY of a folder", 12),
    ("MOVE of a folder", 12),
    ("MOVE onto another", 17),
    ("COPY of a file", 12),
    ("MOVE of a file", 11),
    ("DELETE of a file", 10),
    ("DELETE of a folder", 11),
    // As a MOVE, with the place it goes back to and the companion that went along.
    ("MOVE out of the trash", 13),
    ("MOVE out of the trash to where it was", 14),
    ("DELETE in the trash", 17),
];

const TIME: &str = "<D:propertyupdate xmlns:D='DAV:'><D:set><D:prop><D:lastmodified>1</D:lastmodified></D:prop></D:set>\
    </D:propertyupdate>";

/// What PROPFIND reads of a folder at once.
const PAGE: u64 = 500;

#[test]
fn a_request_costs_the_same_deep_down_and_with_much_below() {
    // With them, a MOVE in a bucket costs one more.
    let house = TestHouse::with_settings(&[("s3.original_paths", "false")]).with_user("ann");
    warm(&house);
    for (depth, descendants) in [(2, 3), (12, 3), (2, 300), (12, 300)] {
        let counted = count(&house, depth, descendants);
        assert_eq!(counted, TABLE, "at depth {depth} with {descendants} descendants");
    }
}

#[test]
fn a_listing_costs_one_statement_for_each_page_of_its_entries() {
    let house = TestHouse::new().with_user("ann");
    warm(&house);
    let listing = |entries: u64| {
        let folder = format!("/{entries}");
        house.mkcol(&folder);
        fill_with_folders(&house, &[&entries.to_string()], entries);
        let (answer, statements) = house.statements(|| house.propfind(&folder, "1", ""));
        assert_eq!(answer.texts("href").len() as u64, entries + 1);
        statements
    };
    let first_page = listing(3);
    for entries in [PAGE - 1, PAGE + 1, 2 * PAGE - 1, 2 * PAGE + 1] {
        assert_eq!(listing(entries), first_page + entries / PAGE, "with {entries} entries");
    }
}

/// A hundred thousand files in a hundred folders of the folder `large`, behind the server's back.
const LARGE: [&str; 3] = [
    "INSERT INTO nodes (uuid, space_id, parent_id, name, folder, created_ms, modified_ms, created_seq, changed_seq, tree_seq) \
     WITH RECURSIVE number (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n < 99) \
     SELECT NEW_UUID(), l.space_id, l.id, 'f' || n, TRUE, 0, 0, 1, 1, 1 FROM number, nodes l WHERE l.name = 'large'",
    "INSERT INTO nodes (uuid, space_id, parent_id, name, folder, created_ms, modified_ms, created_seq, changed_seq, tree_seq) \
     WITH RECURSIVE number (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n < 999) \
     SELECT NEW_UUID(), f.space_id, f.id, CAST(n AS TEXT), FALSE, 0, 0, 1, 1, 1 \
     FROM number, nodes f JOIN nodes l ON l.id = f.parent_id WHERE l.name = 'large'",
    "INSERT INTO revisions (space_id, node_id, from_seq, parent_id, name, trashed, modified_ms, by_user, at_ms) \
     SELECT n.space_id, n.id, 1, n.parent_id, n.name, FALSE, 0, s.owner_id, 0 FROM nodes n \
     JOIN spaces s ON s.id = n.space_id WHERE n.created_seq = 1 AND n.parent_id IS NOT NULL \
     AND NOT EXISTS (SELECT 1 FROM revisions r WHERE r.node_id = n.id)",
];

#[test]
fn a_folder_with_100_000_files_is_deleted_restored_and_purged_at_the_cost_of_an_empty_one() {
    let house = TestHouse::new().with_user("ann");
    warm(&house);
    let costs = |name: &str| {
        let (path, entry) = (format!("/{name}"), format!("/.Trash/{name}"));
        let mut counted = Vec::new();
        for (method, from, to) in
            [("DELETE", &path, ""), ("MOVE", &entry, path.as_str()), ("DELETE", &path, "")]
        {
            let (answer, statements) = house.statements(|| match method {
                "MOVE" => house.relocate(method, from, to),
                _ => house.delete(from),
            });
            assert!(matches!(answer.status, 201 | 204), "{answer:?}");
            counted.push(statements);
        }
        counted
    };
    for name in ["/empty", "/large"] {
        house.mkcol(name);
    }
    LARGE.iter().for_each(|sql| super::alter(&house, sql));
    assert_eq!(super::number(&house, "SELECT COUNT(*) FROM nodes WHERE NOT folder"), 100_000);
    let empty = costs("empty");
    assert_eq!(costs("large"), empty);
    assert_eq!(house.propfind("/.Trash/large/f99", "1", "").texts("href").len(), 1001);
    // Gone with the answer; what was in it goes on being purged behind that.
    assert_eq!(house.delete("/.Trash/large").status, 204);
    assert_eq!(house.list("/.Trash"), ["empty"]);
}

#[test]
fn a_sync_costs_what_has_changed_and_not_what_there_is() {
    let house = TestHouse::new().with_user("ann");
    warm(&house);
    for folder in ["/f", "/f/a", "/f/a/b", "/f/g"] {
        house.mkcol(folder);
    }
    fill_with_folders(&house, &["f", "g"], 300);
    let sync = |token: &str, entries: usize| {
        let body = format!(
            "<D:sync-collection xmlns:D='DAV:'><D:sync-token>{token}</D:sync-token>\
             <D:sync-level>infinite</D:sync-level><D:prop><D:getetag/></D:prop></D:sync-collection>"
        );
        let (answer, statements) = house.statements(|| house.ask("REPORT", "/f", &[], body));
        assert_eq!(answer.texts("href").len(), entries, "{answer:?}");
        (answer.first("sync-token").unwrap(), statements)
    };
    // The credential, the path, and a page of each of the folders: 100 of the 300 entries at once, and none of the
    // 300 folders has anything in it.
    let (token, statements) = sync("", 303);
    assert_eq!(statements, 2 + 3 + 4 + 300);
    assert_eq!(sync(&token, 0).1, 2);
    house.put("/f/x", "1");
    let (token, statements) = sync(&token, 1);
    // In the end, whether what was gone was still known.
    assert_eq!(statements, 2 + 1 + 1);
    house.put("/f/a/b/x", "1");
    assert_eq!(sync(&token, 3).1, 2 + 3 + 1);
}

/// Runs every method on names of this depth.
fn count(house: &TestHouse, depth: usize, descendants: u64) -> Vec<(&'static str, u64)> {
    let mut above = vec![format!("{depth}-{descendants}")];
    above.resize(depth - 1, "d".to_owned());
    for end in 1..depth {
        assert_eq!(house.mkcol(&format!("/{}", above[..end].join("/"))).status, 201);
    }
    let at = |name: &str| format!("/{}/{name}", above.join("/"));
    let mut counted = Vec::new();
    let mut step = |what, status, ask: &dyn Fn() -> crate::support::Answer| {
        let (answer, statements) = house.statements(ask);
        assert_eq!(answer.status, status, "{what}: {answer:?}");
        counted.push((what, statements));
    };
    step("PUT of a new file", 201, &|| house.put(&at("file"), "first"));
    step("PUT of another content", 204, &|| house.put(&at("file"), "second"));
    step("PUT of the same content", 204, &|| house.put(&at("file"), "second"));
    step("PUT of nothing", 201, &|| house.put(&at("empty"), ""));
    step("PUT into what was empty", 204, &|| house.put(&at("empty"), "content"));
    step("PUT of a system file", 201, &|| house.put(&at(".DS_Store"), "content"));
    step("GET", 200, &|| house.get(&at("file")));
    step("GET of a system file", 200, &|| house.get(&at(".DS_Store")));
    step("MKCOL", 201, &|| house.mkcol(&at("folder")));

    let names = above.iter().map(String::as_str).chain(["folder"]).collect::<Vec<_>>();
    fill_with_folders(house, &names, descendants);
    step("PROPFIND of a file", 207, &|| house.propfind(&at("file"), "0", ""));
    step("PROPFIND Depth 0", 207, &|| house.propfind(&at("folder"), "0", ""));
    step("PROPFIND Depth 1", 207, &|| house.propfind(&at("folder"), "1", ""));
    step("PROPPATCH of a time", 207, &|| house.ask("PROPPATCH", &at("file"), &[], TIME));
    step("COPY of a folder", 201, &|| house.relocate("COPY", &at("folder"), &at("copy")));
    step("MOVE of a folder", 201, &|| house.relocate("MOVE", &at("folder"), &at("moved")));
    step("MOVE onto another", 204, &|| house.relocate("MOVE", &at("moved"), &at("copy")));
    step("COPY of a file", 201, &|| house.relocate("COPY", &at("file"), &at("other")));
    step("MOVE of a file", 201, &|| house.relocate("MOVE", &at("file"), &at("moved")));
    step("DELETE of a file", 204, &|| house.delete(&at("moved")));
    step("DELETE of a folder", 204, &|| house.delete(&at("copy")));
    let entry = house.list("/.Trash").into_iter().find(|name| name.starts_with("copy")).unwrap();
    let (entry, top) = (format!("/.Trash/{entry}"), format!("/{entry}"));
    step("MOVE out of the trash", 201, &|| house.relocate("MOVE", &entry, &at("copy")));
    assert_eq!(house.delete(&at("copy")).status, 204);
    step("MOVE out of the trash to where it was", 201, &|| house.relocate("MOVE", &entry, &top));
    assert_eq!(house.delete(&at("copy")).status, 204);
    step("DELETE in the trash", 204, &|| house.delete(&entry));
    counted
}

/// Asks once and waits until that is noted with the app password, which happens beside the request.
pub(super) fn warm(house: &TestHouse) {
    assert_eq!(house.list("/"), [""; 0]);
    let name = UserName::parse(house.user()).unwrap();
    let is_noted =
        || house.run(app_passwords::list(house.backends(), &name)).unwrap()[0].last_used_at.is_some();
    while !is_noted() {
        sleep(Duration::from_millis(10));
    }
}

/// Puts empty folders into a folder, all in one transaction: this many requests would take their time.
pub(super) fn fill_with_folders(house: &TestHouse, path: &[&str], count: u64) {
    let name = |text: &str| NodeName::parse(text).unwrap();
    let path = NodePath::new(path.iter().map(|text| name(text)).collect(), 1024).unwrap();
    house.run(async {
        let caller = enter(house).await;
        let tx = house.backends().metadata.begin().await.unwrap();
        let space = caller.home.space;
        let seq = spaces::take_pen(&tx, space, 0).await.unwrap();
        let parent =
            nodes::locate(&tx, caller.home.root, &path, caller.now).await.unwrap().node().unwrap().id;
        for number in 0..count {
            let (uuid, name) = (Uuid::now_v7(), name(&number.to_string()));
            let (created_at, modified_at) = (caller.now, caller.now);
            let new = NewNode { uuid, parent, name, folder: true, blob: None, created_at, modified_at };
            nodes::insert(&tx, &caller, space, seq, new).await.unwrap();
        }
        tx.commit().await.unwrap();
    });
}

async fn enter(house: &TestHouse) -> Caller {
    let attempt = auth::Attempt {
        name: house.user(),
        secret: house.password(),
        address: Ipv4Addr::LOCALHOST.into(),
        product: "",
        door: Door::Command,
        request: RequestId(Uuid::nil()),
        now: Timestamp::now(),
    };
    auth::log_in(house.backends(), attempt).await.unwrap()
}
