//! Answers that are cut, and what goes on between them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use super::requests::assert_token_refused;
use super::*;
use crate::webdav::statements::fill_with_folders;

fn limit(count: &str) -> String {
    format!("{GETETAG}<D:limit><D:nresults>{count}</D:nresults></D:limit>")
}

/// Asks for so many entries at a time until all has been told.
fn follow(house: &TestHouse, path: &str, token: &str, count: usize) -> (Vec<String>, String) {
    let (mut all, mut token) = (Vec::new(), token.to_owned());
    for _ in 0..100 {
        let answer = report(house, path, body(&token, "infinite", &limit(&count.to_string())));
        let mut entries = told(&answer);
        token = token_of(&answer);
        let is_cut = entries
            .pop_if(|entry| entry.starts_with('!'))
            .map(|cut| assert_eq!(cut, format!("!/dav{path}/")));
        assert!(entries.len() <= count, "{entries:?}");
        all.extend(entries);
        if is_cut.is_none() {
            return (all, token);
        }
    }
    panic!("there is no end to {all:?}");
}

#[test]
fn an_answer_holds_as_much_as_the_client_takes_and_the_next_goes_on_from_there() {
    let house = house_with(&["/f/", "/f/a/", "/f/a/x", "/f/a/y/", "/f/a/y/z", "/f/b", "/f/c/", "/f/d"]);
    let (everything, token) = sync(&house, "/f", "");
    assert_eq!(everything.len(), 7);
    house.delete("/f/a/x");
    house.delete("/f/b");
    house.relocate("MOVE", "/f/a/y", "/f/c/y");
    let (changes, next) = sync(&house, "/f", &token);
    for count in 1..9 {
        assert_eq!(follow(&house, "/f", &token, count), (changes.clone(), next.clone()), "{count} at a time");
    }
    let (now, _) = sync(&house, "/f", "");
    for count in [1, 2, 5] {
        assert_eq!(follow(&house, "/f", "", count), (now.clone(), next.clone()), "{count} at a time");
    }
    // As much as there is, and not one more, is not cut.
    let exactly = report(&house, "/f", body("", "infinite", &limit(&now.len().to_string())));
    assert_eq!((told(&exactly), token_of(&exactly)), (now, next));
}

#[test]
fn an_answer_cut_within_the_members_goes_on_with_them() {
    let house = house_with(&["/f/", "/f/a/", "/f/a/x", "/f/b", "/f/c"]);
    let first = report(&house, "/f", body("", "1", &limit("1")));
    assert_eq!(told(&first), ["/dav/f/a/", "!/dav/f/"]);
    let second = report(&house, "/f", body(&token_of(&first), "1", &limit("1")));
    assert_eq!(told(&second), ["/dav/f/b", "!/dav/f/"]);
    let third = report(&house, "/f", body(&token_of(&second), "1", &limit("7")));
    assert_eq!(told(&third), ["/dav/f/c"]);
}

#[test]
fn what_changes_between_two_answers_is_told_in_the_end() {
    let house = house_with(&["/f/", "/f/a", "/f/b/", "/f/b/x", "/f/b/y", "/f/c", "/f/d"]);
    let first = report(&house, "/f", body("", "infinite", &limit("3")));
    assert_eq!(told(&first), ["/dav/f/a", "/dav/f/b/", "/dav/f/b/x", "!/dav/f/"]);
    house.delete("/f/a");
    house.put("/f/aa", "behind where the answer was cut");
    house.relocate("MOVE", "/f/b", "/f/e");
    house.put("/f/d", "before it");
    // The first round goes on to its end, and says that there is more.
    let second = report(&house, "/f", body(&token_of(&first), "infinite", &limit("9")));
    assert_eq!(told(&second), ["/dav/f/c", "/dav/f/d", "/dav/f/e/", "/dav/f/e/x", "/dav/f/e/y", "!/dav/f/"]);
    let third = report(&house, "/f", body(&token_of(&second), "infinite", &limit("9")));
    let again = ["-/dav/f/a", "/dav/f/aa", "-/dav/f/b/", "/dav/f/d", "/dav/f/e/", "/dav/f/e/x", "/dav/f/e/y"];
    assert_eq!(told(&third), again);
    assert_eq!(token_of(&third), property(&house, "/f", "sync-token"));
}

#[test]
fn a_folder_that_is_gone_where_an_answer_was_cut_is_told_as_gone() {
    let house = house_with(&["/f/", "/f/b/", "/f/b/x/", "/f/b/x/1", "/f/b/x/2", "/f/c"]);
    let (_, token) = sync(&house, "/f", "");
    ["/f/b/x/1", "/f/b/x/2", "/f/c"].iter().for_each(|path| drop(house.put(path, "other")));
    for (take_away, gone) in [("/f/b/x", "-/dav/f/b/x/"), ("/f/b", "-/dav/f/b/")] {
        let first = report(&house, "/f", body(&token, "infinite", &limit("3")));
        assert_eq!(told(&first), ["/dav/f/b/", "/dav/f/b/x/", "/dav/f/b/x/1", "!/dav/f/"]);
        house.relocate("MOVE", take_away, "/away");
        let second = report(&house, "/f", body(&token_of(&first), "infinite", &limit("9")));
        assert_eq!(told(&second), [gone, "/dav/f/c", "!/dav/f/"]);
        house.relocate("MOVE", "/away", take_away);
    }
    // A file in the place of the folder says the same.
    let first = report(&house, "/f", body(&token, "infinite", &limit("3")));
    house.delete("/f/b/x");
    house.put("/f/b/x", "a file");
    let second = report(&house, "/f", body(&token_of(&first), "infinite", &limit("9")));
    assert_eq!(told(&second), ["/dav/f/b/x", "/dav/f/c", "!/dav/f/"]);
}

#[test]
fn what_a_folder_lost_before_it_was_replaced_between_two_answers_is_not_forgotten() {
    let house = house_with(&["/f/", "/f/c/", "/f/c/lost"]);
    let (_, token) = sync(&house, "/f", "");
    house.delete("/f/c/lost");
    let first = report(&house, "/f", body(&token, "infinite", &limit("1")));
    assert_eq!(told(&first), ["/dav/f/c/", "!/dav/f/"]);
    house.delete("/f/c");
    let second = report(&house, "/f", body(&token_of(&first), "infinite", &limit("1")));
    assert_eq!(told(&second), ["-/dav/f/c/", "!/dav/f/"]);
    house.mkcol("/f/c");
    assert_eq!(sync(&house, "/f", &token_of(&second)).0, ["/dav/f/c/"]);
    // Or before the second answer: then it tells what of the first folder is in the second no longer.
    house.delete("/f/c");
    house.mkcol("/f/c");
    let second = report(&house, "/f", body(&token_of(&first), "infinite", &limit("1")));
    assert_eq!(told(&second)[0], "-/dav/f/c/lost");
}

#[test]
fn what_changes_while_an_answer_is_on_its_way_is_told_in_the_end() {
    let house = house_with(&["/a/", "/b/", "/c/", "/a/in/"]);
    let folders = ["a", "a/in", "b", "c"];
    folders.iter().for_each(|folder| fill_with_folders(&house, &folder.split('/').collect::<Vec<_>>(), 60));
    let is_over = AtomicBool::new(false);
    let (mut kept, mut token) = (BTreeMap::new(), String::new());
    let mut hear = || {
        let answer = report(&house, "/", body(&token, "infinite", GETETAG));
        token = token_of(&answer);
        let mut tags = answer.texts("getetag").into_iter();
        let entries = told(&answer);
        for entry in &entries {
            let href = entry.trim_start_matches('-').trim_end_matches('/');
            match entry {
                cut if cut.starts_with('!') => return false,
                gone if gone.starts_with('-') => {
                    kept.retain(|path: &String, _| path != href && !path.starts_with(&format!("{href}/")));
                }
                changed => {
                    if !changed.ends_with('/') {
                        kept.retain(|path, _| !path.starts_with(&format!("{href}/")));
                    }
                    kept.insert(href.to_owned(), tags.next().unwrap());
                }
            }
        }
        true
    };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for turn in 0..25 {
                house.relocate("MOVE", "/a/in", "/b/in");
                house.put(&format!("/b/in/{turn}"), "x");
                house.relocate("MOVE", "/b/in", "/a/in");
                house.delete("/c");
                fill(&house, &["/c/", "/c/7/", "/c/7/x"]);
                house.relocate("MOVE", "/a", "/d");
                house.delete(&format!("/d/{turn}"));
                house.put(&format!("/d/{turn}"), "a file in place of a folder");
                house.relocate("MOVE", "/d", "/a");
            }
            is_over.store(true, Ordering::Relaxed);
        });
        while !is_over.load(Ordering::Relaxed) {
            hear();
        }
    });
    while !hear() {}
    let there = snapshot(&house).into_iter().map(|(href, tag)| (href.trim_end_matches('/').to_owned(), tag));
    assert_eq!(kept, there.filter(|(href, _)| href != "/dav").collect());
}

#[test]
fn no_answer_holds_more_than_five_thousand_entries() {
    let house = house_with(&["/f/"]);
    fill_with_folders(&house, &["f"], 5_001);
    for count in ["5001", "99999999999999999999"] {
        let first = report(&house, "/f", body("", "infinite", &limit(count)));
        let entries = told(&first);
        assert_eq!((entries.len(), entries.last().unwrap().as_str()), (5_001, "!/dav/f/"));
        let second = report(&house, "/f", body(&token_of(&first), "infinite", GETETAG));
        assert_eq!(told(&second), ["/dav/f/999/"]);
    }
}

#[test]
fn of_a_place_that_has_seen_a_thousand_folders_one_learns_by_beginning_anew() {
    let house = house_with(&["/f/", "/f/a", "/f/s/", "/f/s/d/"]);
    let (_, token) = sync(&house, "/f", "");
    house.put("/f/a", "other");
    house.delete("/f/s/d");
    house.mkcol("/f/s/d");
    // As if that had happened a thousand times.
    alter(
        &house,
        "INSERT INTO nodes (uuid, space_id, parent_id, name, folder, created_ms, modified_ms, created_seq, \
           changed_seq, tree_seq, trashed_ms) \
         WITH RECURSIVE count (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count WHERE n < 1000) \
         SELECT NEW_UUID(), space_id, parent_id, name, folder, 0, 0, created_seq, changed_seq, tree_seq, 1 \
         FROM nodes, count WHERE name = 'd' AND trashed_ms IS NULL",
    );
    alter(
        &house,
        "INSERT INTO revisions (space_id, node_id, from_seq, to_seq, parent_id, name, trashed, modified_ms, by_user, \
           at_ms) \
         SELECT n.space_id, n.id, n.created_seq, n.created_seq, n.parent_id, n.name, FALSE, 0, s.owner_id, 0 \
         FROM nodes n JOIN spaces s ON s.id = n.space_id WHERE n.created_ms = 0",
    );
    // The answer ends where it would have to be looked through, and from there on nothing can be told.
    let first = report(&house, "/f", body(&token, "infinite", GETETAG));
    assert_eq!(told(&first), ["/dav/f/a", "/dav/f/s/", "!/dav/f/"]);
    assert_token_refused(&report(&house, "/f", body(&token_of(&first), "infinite", GETETAG)));
    // Among the members of one folder nothing has to be looked through.
    assert_eq!(told(&report(&house, "/f", body(&token, "1", GETETAG))), ["/dav/f/a", "/dav/f/s/"]);
    assert_eq!(sync(&house, "/f", "").0, ["/dav/f/a", "/dav/f/s/", "/dav/f/s/d/"]);
    // The house asserts in the end that what has a history has a present.
    alter(
        &house,
        "INSERT INTO revisions (space_id, node_id, from_seq, parent_id, name, trashed, modified_ms, by_user, at_ms) \
         SELECT n.space_id, n.id, n.created_seq, n.parent_id, n.name, TRUE, 0, s.owner_id, 0 \
         FROM nodes n JOIN spaces s ON s.id = n.space_id WHERE n.created_ms = 0",
    );
}
