//! MOVE and COPY out of the trash.

use super::super::{
    alter, assert_refused, fill, holding, house_with, lock, number, property, used_bytes, varied,
};
use super::IN_TRASH;
use crate::support::{Answer, TestHouse};

fn restore(house: &TestHouse, from: &str, to: &str, overwrite: &str) -> Answer {
    let destination = format!("{}{}", house.url(), to.trim_start_matches('/'));
    house.ask("MOVE", from, &[("Destination", &destination), ("Overwrite", overwrite)], "")
}

#[test]
fn moved_to_the_top_it_goes_back_to_where_it_was() {
    let house = house_with(&["/Reports/", "/Reports/q3.pdf", "/Reports/old/", "/Reports/old/a"]);
    house.delete("/Reports/q3.pdf");
    house.delete("/Reports/old/");
    assert_eq!(house.relocate("MOVE", "/.Trash/q3.pdf", "/q3.pdf").status, 201);
    assert_eq!(house.relocate("MOVE", "/.Trash/old/", "/old/").status, 201);
    assert_eq!(house.list("/Reports"), ["old", "q3.pdf"]);
    assert_eq!(house.get("/Reports/old/a").text(), "/Reports/old/a");
    assert_eq!((house.list("/"), house.list("/.Trash")), (vec!["Reports".to_owned()], vec![]));
}

#[test]
fn it_gets_its_own_name_back_in_a_folder_that_was_renamed() {
    let house = house_with(&["/Reports/", "/Reports/q3.pdf"]);
    house.delete("/Reports/q3.pdf");
    house.put("/Reports/q3.pdf", "second");
    house.delete("/Reports/q3.pdf");
    let second = house.list("/.Trash").into_iter().find(|name| name != "q3.pdf").unwrap();
    house.relocate("MOVE", "/Reports", "/Berichte");
    assert_eq!(house.relocate("MOVE", &format!("/.Trash/{second}"), &format!("/{second}")).status, 201);
    assert_eq!(house.get("/Berichte/q3.pdf").text(), "second");
    // Now the name is taken, so it goes where it was asked to.
    assert_eq!(house.relocate("MOVE", "/.Trash/q3.pdf", "/q3.pdf").status, 201);
    assert_eq!(house.get("/q3.pdf").text(), "/Reports/q3.pdf");
}

#[test]
fn without_its_folder_it_goes_where_it_is_asked_to() {
    let house = house_with(&["/Reports/", "/Reports/a", "/Reports/b", "/Reports/c", "/else/"]);
    for path in ["/Reports/a", "/Reports/b", "/Reports/c", "/Reports"] {
        house.delete(path);
    }
    assert_eq!(house.relocate("MOVE", "/.Trash/a", "/a").status, 201);
    house.delete("/.Trash/Reports");
    assert_eq!(house.relocate("MOVE", "/.Trash/b", "/b").status, 201);
    // Another folder of the name is another folder.
    house.mkcol("/Reports");
    assert_eq!(house.relocate("MOVE", "/.Trash/c", "/c").status, 201);
    assert_eq!(house.list("/"), ["Reports", "a", "b", "c", "else"]);
    assert_eq!(house.list("/Reports"), Vec::<String>::new());
}

#[test]
fn any_other_place_is_exactly_where_it_goes() {
    let house = house_with(&["/Reports/", "/Reports/a", "/Reports/b", "/else/"]);
    house.delete("/Reports/a");
    house.delete("/Reports/b");
    assert_eq!(house.relocate("MOVE", "/.Trash/a", "/else/a").status, 201);
    assert_eq!(house.relocate("MOVE", "/.Trash/b", "/other").status, 201);
    assert_eq!(
        (house.list("/else"), house.get("/other").text()),
        (vec!["a".to_owned()], "/Reports/b".into())
    );
    assert_eq!(house.list("/Reports"), Vec::<String>::new());
    assert_eq!(number(&house, IN_TRASH), 0);
}

#[test]
fn something_in_a_deleted_folder_is_restored_by_itself() {
    let house = house_with(&["/folder/", "/folder/a", "/folder/inner/", "/folder/inner/b", "/folder/._a"]);
    house.delete("/folder");
    assert_eq!(house.relocate("MOVE", "/.Trash/folder/a", "/a").status, 201);
    assert_eq!(house.relocate("MOVE", "/.Trash/folder/inner", "/new").status, 201);
    assert_eq!(
        (house.get("/a").text(), house.get("/._a").text()),
        ("/folder/a".into(), "/folder/._a".into())
    );
    assert_eq!(house.list("/new"), ["b"]);
    assert_eq!(house.list("/.Trash/folder"), Vec::<String>::new());
    assert_eq!(house.relocate("MOVE", "/.Trash/folder", "/folder").status, 201);
    assert_eq!(house.list("/folder"), Vec::<String>::new());
}

#[test]
fn what_is_in_the_way_is_replaced_only_if_it_may_be() {
    let house = house_with(&["/a", "/folder/"]);
    house.delete("/a");
    house.put("/a", "in the way");
    assert_refused(&restore(&house, "/.Trash/a", "/a", "F"), 412);
    assert_eq!((house.get("/a").text(), house.list("/.Trash")), ("in the way".into(), vec!["a".to_owned()]));
    assert_eq!(restore(&house, "/.Trash/a", "/a", "T").status, 204);
    assert_eq!(house.get("/a").text(), "/a");
    let listed = house.list("/.Trash");
    assert_eq!(listed.len(), 1);
    assert_eq!(house.get(&format!("/.Trash/{}", listed[0])).text(), "in the way");
}

#[test]
fn its_companion_comes_back_with_it_and_takes_its_new_name() {
    let house = house_with(&["/a", "/._a", "/folder/", "/._folder", "/b"]);
    house.put("/._b", varied(70_000));
    for path in ["/a", "/folder", "/b"] {
        house.delete(path);
    }
    assert_eq!(house.relocate("MOVE", "/.Trash/a", "/renamed").status, 201);
    assert_eq!(house.get("/._renamed").text(), "/._a");
    assert_eq!(house.relocate("MOVE", "/.Trash/folder", "/folder").status, 201);
    assert_eq!(house.get("/._folder").text(), "/._folder");
    fill(&house, &["/in/", "/in/._b"]);
    assert_eq!(house.relocate("MOVE", "/.Trash/b", "/in/b").status, 201);
    assert!(house.get("/in/._b").body == varied(70_000));
    assert_eq!((number(&house, IN_TRASH), house.list("/.Trash")), (0, vec![]));
    assert_eq!(number(&house, "SELECT COUNT(*) FROM nodes WHERE trashed_ms IS NOT NULL"), 0);
}

#[test]
fn a_copy_leaves_the_entry_where_it_is() {
    let house = house_with(&["/folder/", "/folder/a", "/folder/inner/", "/folder/inner/b"]);
    house.delete("/folder");
    let used = used_bytes(&house);
    assert_eq!(house.relocate("COPY", "/.Trash/folder", "/folder").status, 201);
    assert_eq!(house.relocate("COPY", "/.Trash/folder/a", "/a").status, 201);
    assert_eq!(house.get("/folder/inner/b").text(), "/folder/inner/b");
    assert_eq!(used_bytes(&house), 2 * used + 9);
    assert_eq!(house.list("/.Trash"), ["folder"]);
}

#[test]
fn conditions_and_locks_hold_as_everywhere() {
    let house = house_with(&["/folder/", "/folder/a", "/b"]);
    house.delete("/folder/a");
    let tag = property(&house, "/.Trash/a", "getetag");
    let to = format!("{}a", house.url());
    let ask = |header: (&str, &str)| house.ask("MOVE", "/.Trash/a", &[("Destination", &to), header], "");
    assert_refused(&ask(("If-Match", "\"other\"")), 412);
    assert_refused(&ask(("If", "</dav/.Trash/a> ([\"other\"])")), 412);
    let token = lock(&house, "/folder", "0");
    assert_refused(&ask(("If-Match", &tag)), 423);
    assert_eq!(house.list("/folder"), Vec::<String>::new());
    let both = format!("</dav/.Trash/a> ([{tag}]) </dav/folder> {}", holding(&token));
    assert_eq!(ask(("If", &both)).status, 201);
    assert_eq!(house.list("/folder"), ["a"]);
}

#[test]
fn who_synchronizes_is_told_of_it() {
    let house = house_with(&["/folder/", "/folder/a", "/folder/inner/", "/folder/inner/b", "/c"]);
    let sync = |token: &str| {
        let body = format!(
            "<D:sync-collection xmlns:D='DAV:'><D:sync-token>{token}</D:sync-token><D:sync-level>infinite</D:sync-level>\
             <D:prop><D:getetag/></D:prop></D:sync-collection>"
        );
        let answer = house.ask("REPORT", "/", &[], body);
        let gone = answer.text().matches("404 Not Found").count();
        (answer.texts("href"), gone, answer.first("sync-token").unwrap())
    };
    let (_, _, token) = sync("");
    house.delete("/folder");
    let (told, gone, token) = sync(&token);
    assert_eq!((told, gone), (vec!["/dav/folder/".to_owned()], 1));
    house.relocate("MOVE", "/.Trash/folder/a", "/a");
    house.delete("/.Trash/folder/inner/b");
    house.relocate("MOVE", "/.Trash/folder", "/folder");
    let (mut told, gone, token) = sync(&token);
    told.sort();
    assert_eq!(told, ["/dav/a", "/dav/folder/", "/dav/folder/inner/"]);
    assert_eq!(gone, 0);
    house.delete("/c");
    let (.., token) = sync(&token);
    house.delete("/.Trash/c");
    assert_eq!(sync(&token).0, Vec::<String>::new(), "a purge is nothing new to anybody");
}

#[test]
fn a_restored_file_keeps_its_identity_its_properties_and_its_history() {
    let house = house_with(&["/a"]);
    house.put("/a", "second");
    let change = "<D:propertyupdate xmlns:D='DAV:'><D:set><D:prop><x xmlns='urn:x'>1</x></D:prop></D:set></D:propertyupdate>";
    assert_eq!(house.ask("PROPPATCH", "/a", &[], change).status, 207);
    let used = used_bytes(&house);
    house.delete("/a");
    house.relocate("MOVE", "/.Trash/a", "/a");
    assert_eq!((house.get("/a").text(), used_bytes(&house)), ("second".into(), used));
    assert!(house.propfind("/a", "0", "").text().contains(">1<"));
    let revisions = "SELECT COUNT(*) FROM revisions r JOIN nodes n ON n.id = r.node_id WHERE n.name = 'a'";
    assert_eq!(number(&house, revisions), 4, "made, written, deleted, restored");
}

#[test]
fn what_was_called_like_the_trash_before_there_was_one_comes_back_by_another_name() {
    let house = house_with(&["/old"]);
    house.delete("/old");
    alter(
        &house,
        "UPDATE nodes SET name = '.Trash', trash_name = '.Trash (7)' WHERE name = 'old'; \
         UPDATE revisions SET name = '.Trash' WHERE name = 'old'",
    );
    assert_eq!(restore(&house, "/.Trash/.Trash%20(7)", "/.Trash%20(7)", "F").status, 201);
    assert_eq!(house.get("/.Trash%20(7)").text(), "/old");
}
