//! What thins out with age and what is forgotten, to the byte.

use domain::Timestamp;
use metadata::rules::{self, Rule};
use metadata::spaces;
use services::versions;

use super::{
    an_hour_passes, assert_refused, days_pass, house, house_with, number, report_body, text, used_bytes,
};
use crate::support::{TestHouse, ground};

/// Takes every step there is, and looks between them whether all is in order.
fn thin(house: &TestHouse) {
    super::super::alter(house, "UPDATE rounds SET ended_ms = 0");
    while house.run(versions::thin(house.backends(), Timestamp::now())).unwrap() {
        in_order(house);
    }
    in_order(house);
}

fn forget(house: &TestHouse) -> u32 {
    let mut steps = 0;
    while house.run(versions::forget(house.backends(), Timestamp::now())).unwrap() {
        in_order(house);
        steps += 1;
    }
    steps
}

#[track_caller]
fn in_order(house: &TestHouse) {
    let db = &house.backends().metadata;
    assert_eq!(house.run(spaces::drifts(db)).unwrap(), []);
    assert_eq!(house.run(rules::breaches(db, Rule::Unreferenced, 5)).unwrap().count, 0);
}

#[test]
fn contents_thin_out_with_age_and_give_back_exactly_their_bytes() {
    let house = house();
    for hour in 0..60 {
        house.put("/file", format!("content {hour:02}"));
        an_hour_passes(&house);
    }
    assert_eq!(used_bytes(&house), 60 * 10);
    super::super::alter(&house, "UPDATE revisions SET at_ms = at_ms - 691200000");
    super::super::alter(&house, "UPDATE blobs SET created_ms = created_ms - 691200000");
    thin(&house);
    let left = used_bytes(&house) / 10;
    assert!((3..=5).contains(&left), "one a day of 60 hours, and the current one: {left}");
    assert_eq!(number(&house, "SELECT COUNT(*) FROM blobs WHERE condemned_ms IS NOT NULL"), 60 - left as i64);
    assert_eq!(text(&house, "/file").unwrap(), "content 59");
    // A moment shows what was kept before it, or the first that was kept.
    let at = |hours: u32| text(&house, &format!("/.History/{}h/file", hours + 8 * 24)).unwrap();
    assert_eq!(at(1), "content 59");
    assert_eq!(at(2), "content 58", "the newest of the earlier ones stays");
    assert!(at(30).as_str() <= "content 30", "{}", at(30));
    let shown: Vec<String> = (1..=60).rev().map(at).collect();
    assert!(shown.is_sorted(), "{shown:?}");
    thin(&house);
    assert_eq!(used_bytes(&house) / 10, left, "there is nothing more to be done");
}

#[test]
fn no_more_contents_are_kept_than_the_settings_say() {
    let settings = [("versions.count_max", "2"), ("versions.thinning", "")];
    let house = TestHouse::with_settings(&settings).with_user("ann");
    for content in ["1", "22", "333", "4444", "55555"] {
        house.put("/file", content);
        house.relocate("MOVE", "/file", "/moved");
        house.relocate("MOVE", "/moved", "/file");
        an_hour_passes(&house);
    }
    house.put("/two", "a");
    house.put("/two", "b");
    house.relocate("COPY", "/file", "/copy");
    thin(&house);
    assert_eq!(used_bytes(&house), 3 + 4 + 5 + 2 + 5);
    let at = |hours: u32| text(&house, &format!("/.History/{hours}h/file")).unwrap();
    assert_eq!([at(5), at(4), at(3), at(2), at(1)], ["333", "333", "333", "4444", "55555"]);
    // What lies in the trash thins out like everything else, and so does what is there twice.
    house.put("/file", "1");
    house.put("/file", "333");
    house.delete("/file");
    thin(&house);
    assert_eq!(used_bytes(&house), 5 + 1 + 3 + 2 + 5);
}

#[test]
fn a_file_with_many_contents_is_thinned_in_several_steps() {
    let house = TestHouse::with_settings(&[("versions.count_max", "1")]).with_user("ann");
    house.put("/file", "0");
    // As if by 1,500 uploads, each of one byte.
    let many = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500) ";
    let file = "FROM revisions r CROSS JOIN n WHERE r.name = 'file' AND r.to_seq IS NULL";
    let sql = format!(
        "{many} INSERT INTO blobs (id, live, size_bytes, sha256, created_ms) \
           SELECT NEW_UUID(), TRUE, 1, b.sha256, b.created_ms FROM n CROSS JOIN blobs b; \
         CREATE TEMP TABLE made AS SELECT row_number() OVER () AS i, id FROM blobs \
           WHERE id NOT IN (SELECT blob_id FROM revisions WHERE blob_id IS NOT NULL); \
         {many} INSERT INTO revisions (space_id, node_id, from_seq, to_seq, parent_id, name, blob_id, trashed, \
           modified_ms, by_user, at_ms) SELECT r.space_id, r.node_id, r.from_seq + i, r.from_seq + i + 1, r.parent_id, \
           r.name, (SELECT id FROM made WHERE made.i = n.i), FALSE, r.modified_ms, r.by_user, r.at_ms {file}; \
         UPDATE nodes SET blob_id = (SELECT id FROM made WHERE i = 1500) WHERE name = 'file'; \
         UPDATE revisions SET to_seq = from_seq + 1 WHERE name = 'file' AND to_seq IS NULL; \
         UPDATE revisions SET to_seq = NULL WHERE id = (SELECT MAX(id) FROM revisions); \
         UPDATE spaces SET seq = seq + 1500, used_bytes = used_bytes + 1500"
    );
    super::super::alter(&house, sql.leak());
    assert_eq!(used_bytes(&house), 1501);
    in_order(&house);
    thin(&house);
    assert_eq!(used_bytes(&house), 2);
    assert_eq!(number(&house, "SELECT COUNT(*) FROM revisions WHERE name = 'file'"), 3);
    // The bytes of what was made up were never there.
    super::super::alter(
        &house,
        "DELETE FROM blobs WHERE condemned_ms IS NOT NULL AND size_bytes = 1; \
         UPDATE revisions SET blob_id = NULL WHERE name = 'file'; UPDATE nodes SET blob_id = NULL WHERE name = 'file'; \
         DELETE FROM blobs; UPDATE spaces SET used_bytes = 0",
    );
    for content in ground::contents(house.folder()) {
        std::fs::remove_dir_all(content.parent().unwrap()).unwrap();
    }
}

#[test]
fn history_beyond_the_horizon_is_forgotten_to_the_byte() {
    let house = house_with(&["/file", "/kept", "/folder/", "/folder/inner"]);
    house.put("/file", "second");
    house.put("/folder/inner", "second");
    house.relocate("MOVE", "/folder", "/renamed");
    let old = house.ask("REPORT", "/", &[], report_body("")).first("sync-token").unwrap();
    house.put("/kept", "as it was when history begins");
    days_pass(&house);
    let at_horizon = house.ask("REPORT", "/", &[], report_body("")).first("sync-token").unwrap();
    assert_eq!(text(&house, "/.History/5000h/file"), None);
    assert_eq!(text(&house, "/.History/4700h/file").unwrap(), "second");
    house.put("/kept", "third");
    house.delete("/renamed");
    assert!(forget(&house) > 0);
    assert_eq!(forget(&house), 0);
    let kept = "second".len() * 2 + "as it was when history begins".len() + "third".len();
    assert_eq!(used_bytes(&house), kept as u64);
    assert_refused(&house.get("/.History/4700h/file"), 404);
    assert_eq!(text(&house, "/.History/4000h/kept").unwrap(), "as it was when history begins");
    assert_eq!(house.list("/.History/1h"), ["file", "kept", "renamed"]);
    assert_eq!(text(&house, "/.History/1h/renamed/inner").unwrap(), "second");
    assert_eq!(house.ask("REPORT", "/", &[], report_body(&old)).status, 403);
    let since = house.ask("REPORT", "/", &[], report_body(&at_horizon));
    assert_eq!(since.texts("href"), ["/dav/kept", "/dav/renamed/"], "{since:?}");
    assert_eq!(
        number(&house, "SELECT COUNT(*) FROM revisions WHERE to_seq <= (SELECT history_seq FROM spaces)"),
        0
    );
}

#[test]
fn much_history_is_forgotten_in_several_steps() {
    let house = house();
    super::super::statements::fill_with_folders(&house, &[], 10);
    for _ in 0..3 {
        // A rename back and forth of each, as 1,500 changes.
        super::super::alter(
            &house,
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50) \
             INSERT INTO revisions (space_id, node_id, from_seq, to_seq, parent_id, name, trashed, modified_ms, by_user, \
               at_ms) SELECT space_id, node_id, 2 + i, 3 + i, parent_id, name || '~' || i, FALSE, modified_ms, by_user, \
               at_ms FROM revisions r CROSS JOIN n WHERE to_seq IS NULL AND parent_id IS NOT NULL; \
             UPDATE spaces SET seq = 100",
        );
    }
    days_pass(&house);
    assert!(forget(&house) >= 2);
    assert_eq!(number(&house, "SELECT COUNT(*) FROM revisions"), 11);
}

#[test]
fn what_was_withdrawn_is_buried_once_nobody_may_ask_for_it() {
    let house = house_with(&["/kept"]);
    house.put("/begun", "");
    house.relocate("MOVE", "/begun", "/renamed");
    house.delete("/renamed");
    let nodes = || number(&house, "SELECT COUNT(*) FROM nodes");
    assert_eq!((forget(&house), nodes()), (0, 3));
    days_pass(&house);
    forget(&house);
    assert_eq!(nodes(), 2);
}

#[test]
fn history_is_kept_for_ever_where_the_settings_say_so() {
    let house = TestHouse::with_settings(&[("versions.days", "0")]).with_user("ann");
    house.put("/file", "first");
    house.put("/file", "second");
    days_pass(&house);
    days_pass(&house);
    assert_eq!(forget(&house), 0);
    assert_eq!(used_bytes(&house), 11);
}

#[test]
fn a_round_begins_anew_after_an_hour() {
    let house =
        TestHouse::with_settings(&[("versions.count_max", "1"), ("versions.thinning", "")]).with_user("ann");
    let now = Timestamp::now();
    let thin = |hours: u64| {
        house
            .run(versions::thin(house.backends(), now.after(std::time::Duration::from_secs(hours * 3600))))
            .unwrap()
    };
    assert!(!thin(2));
    for content in ["1", "2", "3"] {
        house.put("/file", content);
    }
    assert!(!thin(2));
    assert_eq!(used_bytes(&house), 3, "the round is over");
    assert!(!thin(3));
    assert_eq!(used_bytes(&house), 2);
}

#[test]
fn what_came_while_the_clock_was_ahead_is_not_forgotten_when_the_clock_is_right_again() {
    let house = house();
    for content in ["first", "second", "third"] {
        house.put("/file", content);
    }
    super::super::alter(&house, "UPDATE revisions SET at_ms = at_ms + 34560000000");
    forget(&house);
    assert_eq!(used_bytes(&house), 16);
    house.put("/file", "since");
    forget(&house);
    assert_eq!(used_bytes(&house), 21);
    // What came after it is old enough by now, so it is as well, whatever it says.
    super::super::alter(&house, "UPDATE revisions SET at_ms = at_ms - 17280000000 WHERE to_seq IS NULL");
    house.put("/file", "last");
    forget(&house);
    assert_eq!(used_bytes(&house), 9);
}
