//! DELETE in the trash, and what is purged by itself.

use std::time::Duration;

use domain::{Timestamp, UserName};
use metadata::rules::{self, Rule};
use services::trash;

use super::super::sync::sync;
use super::super::{alter, assert_refused, fill, house_with, number, property, used_bytes, varied};
use super::{IN_TRASH, LIVE, purge_all};
use crate::support::TestHouse;

#[test]
fn what_is_deleted_there_is_gone_and_makes_room() {
    let house = house_with(&["/a", "/folder/", "/folder/inner/", "/folder/inner/b", "/folder/c", "/kept"]);
    house.put("/a", "an overwritten file holds two contents");
    for path in ["/a", "/folder"] {
        house.delete(path);
    }
    assert_eq!(house.delete("/.Trash/a").status, 204);
    assert_refused(&house.delete("/.Trash/a"), 404);
    assert_eq!(house.delete("/.Trash/folder/").status, 204);
    assert_eq!(house.list("/.Trash"), Vec::<String>::new());
    assert_eq!((used_bytes(&house), number(&house, LIVE)), (5, 1));
    assert_eq!(number(&house, "SELECT COUNT(*) FROM revisions WHERE blob_id IS NOT NULL"), 1);
    assert_eq!(house.get("/kept").text(), "/kept");
}

#[test]
fn something_in_a_deleted_folder_is_purged_by_itself() {
    let house = house_with(&["/folder/", "/folder/a", "/folder/._a", "/folder/inner/", "/folder/inner/b"]);
    house.delete("/folder");
    assert_eq!(house.delete("/.Trash/folder/a").status, 204);
    assert_refused(&house.get("/.Trash/folder/._a"), 404);
    assert_eq!(house.delete("/.Trash/folder/inner").status, 204);
    assert_eq!(house.list("/.Trash/folder"), Vec::<String>::new());
    assert_eq!((used_bytes(&house), number(&house, LIVE)), (0, 0));
    assert_eq!(house.relocate("MOVE", "/.Trash/folder", "/folder").status, 201);
    assert_eq!(house.list("/folder"), Vec::<String>::new());
}

#[test]
fn a_client_hears_of_what_was_purged_in_a_folder_that_is_back_before_much_else_is_purged() {
    let house = house_with(&["/folder/", "/folder/a", "/folder/b", "/many/"]);
    super::super::statements::fill_with_folders(&house, &["many"], 1_500);
    let (_, token) = sync(&house, "/folder/", "");
    alter(
        &house,
        "UPDATE revisions SET trashed = TRUE \
           WHERE parent_id IN (SELECT id FROM nodes WHERE name = 'many'); \
         UPDATE nodes SET trashed_ms = 1, doomed = TRUE \
           WHERE parent_id IN (SELECT id FROM nodes WHERE name = 'many')",
    );
    house.delete("/folder");
    assert_eq!(house.delete("/.Trash/folder/a").status, 204);
    assert_eq!(house.relocate("MOVE", "/.Trash/folder", "/folder").status, 201);
    assert_eq!(house.list("/folder"), ["b"]);
    for rule in Rule::ALL {
        let broken = house.run(rules::breaches(&house.backends().metadata, rule, 1)).unwrap();
        assert_eq!(broken.count, 0, "{rule:?}: {broken:?}");
    }
    let (told, token) = sync(&house, "/folder/", &token);
    assert!(told.contains(&"-/dav/folder/a".to_owned()), "{told:?}");
    purge_all(&house);
    assert_eq!(sync(&house, "/folder/", &token).0, Vec::<String>::new());
}

#[test]
fn what_was_deleted_before_its_folder_stays() {
    let house = house_with(&["/folder/", "/folder/a", "/folder/sub/", "/folder/sub/b", "/folder/c"]);
    for path in ["/folder/a", "/folder/sub", "/folder"] {
        house.delete(path);
    }
    assert_eq!(house.delete("/.Trash/folder").status, 204);
    assert_eq!(house.list("/.Trash"), ["a", "sub"]);
    assert_eq!(house.get("/.Trash/sub/b").text(), "/folder/sub/b");
    assert_eq!(house.relocate("MOVE", "/.Trash/sub", "/sub").status, 201);
    assert_eq!(house.list("/sub"), ["b"]);
}

#[test]
fn what_went_along_goes_too() {
    let house = house_with(&["/a", "/b", "/._b", "/folder/", "/folder/.DS_Store"]);
    house.put("/._a", varied(70_000));
    for path in ["/a", "/b", "/folder"] {
        house.delete(path);
    }
    for path in ["/.Trash/a", "/.Trash/b", "/.Trash/folder"] {
        assert_eq!(house.delete(path).status, 204);
    }
    assert_eq!((used_bytes(&house), number(&house, LIVE)), (0, 0));
    assert_eq!(number(&house, "SELECT COUNT(*) FROM system_files"), 0);
    assert_eq!(number(&house, "SELECT SUM(system_bytes) FROM spaces"), 0);
}

#[test]
fn a_content_that_another_file_shows_stays() {
    let house = house_with(&["/a"]);
    house.relocate("COPY", "/a", "/copy");
    house.delete("/a");
    house.delete("/.Trash/a");
    assert_eq!((house.get("/copy").text(), used_bytes(&house), number(&house, LIVE)), ("/a".into(), 2, 1));
}

#[test]
fn the_name_is_free_for_another_which_is_purged_as_well() {
    let house = house_with(&["/folder/", "/folder/a"]);
    for _ in 0..3 {
        house.delete("/folder");
        house.delete("/.Trash/folder");
        // As Finder does: an empty file first, then its content.
        house.mkcol("/folder");
        house.put("/folder/a", "");
        house.put("/folder/a", "content");
        house.delete("/folder/a");
        house.delete("/.Trash/a");
        house.put("/folder/a", "");
        house.put("/folder/a", "content");
    }
    assert_eq!((house.list("/folder"), used_bytes(&house)), (vec!["a".to_owned()], 7));
}

#[test]
fn a_file_is_purged_only_as_it_is_known() {
    let house = house_with(&["/a"]);
    house.delete("/a");
    assert_refused(&house.ask("DELETE", "/.Trash/a", &[("If-Match", "\"other\"")], ""), 412);
    let tag = property(&house, "/.Trash/a", "getetag");
    assert_eq!(house.ask("DELETE", "/.Trash/a", &[("If-Match", &tag)], "").status, 204);
}

#[test]
fn a_large_folder_is_purged_in_batches() {
    let house = house_with(&["/folder/", "/folder/a", "/kept"]);
    let below = ["wide", "deep"];
    for name in below {
        house.mkcol(&format!("/folder/{name}"));
    }
    super::super::statements::fill_with_folders(&house, &["folder", "wide"], 2_500);
    let mut path = "/folder/deep".to_owned();
    for _ in 0..30 {
        path.push_str("/d");
        fill(&house, &[&format!("{path}/"), &format!("{path}/f")]);
    }
    house.delete("/folder");
    assert_eq!(house.delete("/.Trash/folder").status, 204);
    assert_eq!(house.list("/.Trash"), Vec::<String>::new(), "it is gone at once");
    purge_all(&house);
    assert_eq!((used_bytes(&house), number(&house, LIVE)), (5, 1));
    let left = "SELECT COUNT(*) FROM nodes WHERE trashed_ms IS NULL AND parent_id IS NOT NULL";
    assert_eq!(number(&house, left), 1);
}

#[test]
fn what_lay_there_for_thirty_days_is_purged() {
    let house = house_with(&["/old", "/folder/", "/folder/a", "/young"]);
    for path in ["/old", "/folder", "/young"] {
        house.delete(path);
    }
    let expire = |house: &TestHouse, days: u64| {
        let now = Timestamp::now().after(Duration::from_secs(days * 24 * 60 * 60));
        house.run(async { while trash::purge_expired(house.backends(), now).await.unwrap() {} });
        purge_all(house);
    };
    expire(&house, 29);
    assert_eq!(house.list("/.Trash"), ["folder", "old", "young"]);
    alter(&house, "UPDATE nodes SET trashed_ms = trashed_ms + 172800000 WHERE name = 'young'");
    expire(&house, 31);
    assert_eq!((house.list("/.Trash"), used_bytes(&house)), (vec!["young".to_owned()], 6));

    let house = TestHouse::with_settings(&[("trash.days", "0")]).with_user("ann");
    fill(&house, &["/a"]);
    house.delete("/a");
    expire(&house, 100_000);
    assert_eq!(house.list("/.Trash"), ["a"]);
}

#[test]
fn a_whole_trash_is_emptied() {
    let house = house_with(&["/a", "/folder/", "/folder/b", "/kept"]).with_user("bob");
    fill(&house, &["/c"]);
    house.delete("/c");
    let ann = UserName::parse("bob").unwrap();
    let emptied = house.run(trash::empty(Timestamp::now(), house.backends(), &ann)).unwrap();
    assert_eq!((emptied, number(&house, IN_TRASH), used_bytes(&house)), (1, 0, 0));
    let nobody = UserName::parse("nobody").unwrap();
    assert!(house.run(trash::empty(Timestamp::now(), house.backends(), &nobody)).is_err());
}
