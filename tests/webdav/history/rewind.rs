//! A folder, or the whole drive, brought back to how it was.

use domain::{Error, Moment};
use services::history::{self, Rewound};

use super::versions::{caller, path};
use super::{an_hour_passes, house, house_with, lock, number, text, used_bytes};
use crate::support::TestHouse;

fn rewind(house: &TestHouse, folder: &str, moment: &str, really: bool) -> Result<Rewound, Error> {
    let caller = caller(house);
    let moment = Moment::parse(moment, caller.now)?;
    house.run(history::rewind(&caller, house.backends(), &path(folder), moment, really))
}

fn paths(paths: &[domain::NodePath]) -> Vec<String> {
    paths.iter().map(ToString::to_string).collect()
}

#[test]
fn a_drive_comes_back_as_it_was_and_what_was_in_the_way_is_in_the_trash() {
    let house =
        house_with(&["/folder/", "/folder/file", "/deleted", "/changed", "/same", "/quiet/", "/quiet/x"]);
    an_hour_passes(&house);
    house.put("/folder/file", "spoilt");
    house.delete("/deleted");
    house.put("/changed", "spoilt");
    house.put("/new", "new");
    house.put("/.DS_Store", "system");
    let (before, used) = (super::super::snapshot(&house), used_bytes(&house));

    let told = rewind(&house, "/", "1h", false).unwrap();
    assert_eq!(super::super::snapshot(&house), before, "nothing was done");
    let done = rewind(&house, "/", "1h", true).unwrap();
    assert_eq!(done, told);
    assert_eq!(paths(&done.removed), ["/changed", "/folder", "/new"]);
    assert_eq!(paths(&done.restored), ["/changed", "/deleted", "/folder"]);
    let bytes = "/changed".len() + "/deleted".len() + "/folder/file".len();
    assert_eq!((done.unchanged, done.nodes, done.bytes), (2, 4, bytes as u64));
    assert_eq!(house.list("/"), ["changed", "deleted", "folder", "quiet", "same"]);
    assert_eq!(text(&house, "/folder/file").unwrap(), "/folder/file");
    assert_eq!(text(&house, "/changed").unwrap(), "/changed");
    assert_eq!(text(&house, "/.DS_Store").unwrap(), "system");
    assert_eq!(used_bytes(&house), used + bytes as u64);
    assert_eq!(house.run(metadata::spaces::drifts(&house.backends().metadata)).unwrap(), []);
    let again = rewind(&house, "/", "0m", true).unwrap();
    assert_eq!((again.removed.len(), again.restored.len(), again.unchanged), (0, 0, 5));
}

#[test]
fn one_folder_or_one_file_comes_back_alone() {
    let house = house_with(&["/a/", "/a/b/", "/a/b/x", "/a/b/y", "/gone/", "/gone/x", "/else"]);
    an_hour_passes(&house);
    house.put("/a/b/x", "spoilt");
    house.put("/a/b/new", "new");
    house.put("/else", "spoilt");
    house.delete("/gone");
    let done = rewind(&house, "/a/b", "1h", true).unwrap();
    assert_eq!((paths(&done.removed), done.unchanged), (vec!["/a/b/new".to_owned(), "/a/b/x".to_owned()], 1));
    assert_eq!(house.list("/a/b"), ["x", "y"]);
    assert_eq!(paths(&rewind(&house, "/gone", "1h", true).unwrap().restored), ["/gone"]);
    assert_eq!(text(&house, "/gone/x").unwrap(), "/gone/x");
    assert_eq!(text(&house, "/else").unwrap(), "spoilt");
    rewind(&house, "/else", "1h", true).unwrap();
    assert_eq!(text(&house, "/else").unwrap(), "/else");
    assert!(matches!(rewind(&house, "/nothing", "1h", true), Err(Error::NotFound(_))));
    assert!(matches!(rewind(&house, "/a", "9000w", true), Err(Error::NotFound(_))));
    an_hour_passes(&house);
    house.delete("/a");
    assert!(matches!(rewind(&house, "/a/b", "1h", true), Err(Error::ParentMissing(_))));
    // What was not there goes.
    house.mkcol("/late");
    assert_eq!(paths(&rewind(&house, "/late", "1h", true).unwrap().removed), ["/late"]);
}

#[test]
fn what_cannot_come_back_whole_does_not_come_back_at_all() {
    let house = house_with(&["/a", "/b"]);
    an_hour_passes(&house);
    house.put("/a", "spoilt");
    house.put("/b", "spoilt");
    lock(&house, "/b", "0");
    let before = super::super::snapshot(&house);
    assert!(matches!(rewind(&house, "/", "1h", true), Err(Error::Locked(_))));
    assert_eq!(super::super::snapshot(&house), before);

    let small = TestHouse::new().with_user_and_quota("ben", Some(25));
    small.put("/a", "0123456789");
    an_hour_passes(&small);
    small.delete("/a");
    small.put("/b", "0123456789");
    assert!(matches!(rewind(&small, "/", "1h", true), Err(Error::QuotaExceeded(_))));
    assert_eq!(small.list("/"), ["b"]);
}

#[test]
fn members_that_changed_places_change_back() {
    let house = house_with(&["/a", "/b", "/dir/", "/dir/x"]);
    an_hour_passes(&house);
    house.relocate("MOVE", "/a", "/c");
    house.relocate("MOVE", "/b", "/a");
    house.relocate("MOVE", "/c", "/b");
    house.relocate("MOVE", "/dir", "/a/");
    house.relocate("MOVE", "/b", "/dir");
    rewind(&house, "/", "1h", true).unwrap();
    assert_eq!(house.list("/"), ["a", "b", "dir"]);
    for file in ["/a", "/b", "/dir/x"] {
        assert_eq!(text(&house, file).unwrap(), file);
    }
}

#[test]
fn it_costs_as_much_for_a_large_folder_as_for_a_small_one() {
    let house = house();
    for (folder, members) in [("/small", 3), ("/large", 400)] {
        house.mkcol(folder);
        super::super::statements::fill_with_folders(&house, &[&folder[1..]], members);
    }
    an_hour_passes(&house);
    house.put("/small/new", "x");
    house.put("/large/new", "x");
    let cost = |folder: &str| {
        house.relocate("MOVE", folder, "/away");
        let (done, statements) = house.statements(|| rewind(&house, folder, "1h", true));
        assert_eq!(done.unwrap().restored.len(), 1);
        house.delete("/away");
        statements
    };
    assert_eq!(cost("/small"), cost("/large"));
}

#[test]
fn nothing_comes_back_under_a_name_that_is_the_servers_own_now() {
    let house = house_with(&["/old", "/else"]);
    super::super::alter(&house, "UPDATE revisions SET name = '.Trash' WHERE name = 'old'");
    super::super::alter(&house, "UPDATE nodes SET name = '.Trash' WHERE name = 'old'");
    an_hour_passes(&house);
    house.put("/else", "spoilt");
    super::super::alter(
        &house,
        "UPDATE spaces SET seq = seq + 1; \
         UPDATE nodes SET name = '.Trash (mine)' WHERE name = '.Trash'; \
         UPDATE revisions SET to_seq = (SELECT seq FROM spaces WHERE id = space_id) \
           WHERE name = '.Trash' AND to_seq IS NULL; \
         INSERT INTO revisions (space_id, node_id, from_seq, parent_id, name, blob_id, trashed, modified_ms, \
             by_user, at_ms) \
           SELECT space_id, node_id, to_seq, parent_id, '.Trash (mine)', blob_id, FALSE, modified_ms, by_user, \
             (SELECT MAX(at_ms) FROM revisions) FROM revisions WHERE name = '.Trash'",
    );
    rewind(&house, "/", "1h", true).unwrap();
    let names = "SELECT COUNT(*) FROM nodes WHERE name = '.Trash'";
    assert_eq!((text(&house, "/else").unwrap(), number(&house, names)), ("/else".into(), 0));
}

#[test]
fn a_system_file_stays_even_if_it_is_named() {
    let house = house_with(&["/x"]);
    an_hour_passes(&house);
    house.put("/._x", "system");
    assert!(rewind(&house, "/._x", "1h", true).is_err());
    assert_eq!(text(&house, "/._x").unwrap(), "system");
}
