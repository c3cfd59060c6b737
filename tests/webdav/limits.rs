//! What a request cannot do to others: measures on what is kept and what is done at once.

use crate::support::TestHouse;

fn set(properties: &str) -> String {
    format!(
        "<D:propertyupdate xmlns:D='DAV:' xmlns:a='urn:a'><D:set><D:prop>{properties}</D:prop></D:set></D:propertyupdate>"
    )
}

#[test]
fn a_file_takes_so_many_properties_and_no_more() {
    let house = TestHouse::new().with_user("ann");
    house.put("/file", "x");
    let long = format!("<a:long>{}</a:long>", "x".repeat(33 * 1024));
    let many: String = (0..257).map(|number| format!("<a:p{number}/>")).collect();
    for properties in [long, many] {
        let refused = house.ask("PROPPATCH", "/file", &[], set(&properties));
        assert_eq!(refused.status, 413, "{refused:?}");
    }
    let some: String = (0..200).map(|number| format!("<a:p{number}/>")).collect();
    assert_eq!(house.ask("PROPPATCH", "/file", &[], set(&some)).status, 207);
    assert_eq!(house.ask("PROPPATCH", "/file", &[], set("<a:one-more/>")).status, 413);
    let found = house.propfind("/file", "0", "<propfind xmlns='DAV:'><propname/></propfind>").text();
    assert!(found.contains("p199") && !found.contains("one-more"), "{found}");
}

#[test]
fn names_without_measure_cannot_be_asked_for() {
    let house = TestHouse::new().with_user("ann");
    let namespace = "n".repeat(900);
    let names: String = (0..200).map(|number| format!("<x:p{number}/>")).collect();
    let body =
        format!("<D:propfind xmlns:D='DAV:' xmlns:x='{namespace}'><D:prop>{names}</D:prop></D:propfind>");
    assert_eq!(house.propfind("/", "1", &body).status, 413);
}

#[test]
fn a_listing_of_long_entries_comes_whole_in_pieces() {
    let house = TestHouse::new().with_user("ann");
    house.mkcol("/folder");
    house.put("/folder/file-000", "x");
    let value = "v".repeat(30 * 1024);
    house.ask("PROPPATCH", "/folder/file-000", &[], set(&format!("<a:value>{value}</a:value>")));
    for number in 1..40 {
        house.relocate("COPY", "/folder/file-000", &format!("/folder/file-{number:03}"));
    }
    let answer = house.propfind("/folder", "1", "");
    assert_eq!(answer.texts("href").len(), 41);
    assert!(answer.texts("value").iter().all(|found| *found == value));
}

#[test]
fn a_folder_moved_deeper_than_names_can_be_made_is_still_reachable() {
    let house = TestHouse::new().with_user("ann");
    let long = |letter: &str| letter.repeat(210);
    let mut deep = String::new();
    for letter in ["a", "b", "c", "d"] {
        deep = format!("{deep}/{}", long(letter));
        house.mkcol(&deep);
    }
    house.mkcol("/q");
    house.mkcol(&format!("/q/{}", long("e")));
    house.put(&format!("/q/{}/file", long("e")), "far down");
    assert_eq!(house.relocate("MOVE", "/q", &format!("{deep}/q")).status, 201);
    let file = format!("{deep}/q/{}/file", long("e"));
    assert_eq!(house.get(&file).text(), "far down");
    assert_eq!(house.put(&format!("{file}-2"), "farther").status, 414);
    assert_eq!(house.delete(&file).status, 204);
}

#[test]
fn a_length_that_got_lost_on_the_way_is_noticed() {
    let house = TestHouse::new().with_user("ann");
    house.put("/file", "whole");
    for body in ["", "who"] {
        let refused = house.ask("PUT", "/file", &[("X-Expected-Entity-Length", "5")], body);
        assert_eq!(refused.status, 400, "{refused:?}");
    }
    assert_eq!(house.get("/file").text(), "whole");
}

#[test]
fn two_changes_within_a_second_have_two_dates() {
    let house = TestHouse::new().with_user("ann");
    house.put("/file", "one");
    let first = house.get("/file").header("last-modified").unwrap().to_owned();
    house.put("/file", "two");
    let again = house.ask("GET", "/file", &[("If-Modified-Since", &first)], "");
    assert_eq!((again.status, again.text().as_str()), (200, "two"));
    assert_eq!(house.ask("PUT", "/file", &[("If-Unmodified-Since", &first)], "three").status, 412);
}

#[test]
fn a_new_name_below_a_locked_folder_gets_no_lock_that_excludes_it() {
    let house = TestHouse::new().with_user("ann");
    house.mkcol("/folder");
    let info = |scope: &str| {
        format!(
            "<D:lockinfo xmlns:D='DAV:'><D:lockscope><D:{scope}/></D:lockscope>\
             <D:locktype><D:write/></D:locktype></D:lockinfo>"
        )
    };
    let locked = house.ask("LOCK", "/folder", &[("Depth", "infinity")], info("shared"));
    let token = format!("<{}folder> ({})", house.url(), locked.header("lock-token").unwrap());
    let refused = house.ask("LOCK", "/folder/new", &[("If", &token)], info("exclusive"));
    assert_eq!(refused.status, 423, "{refused:?}");
    assert_eq!(house.get("/folder/new").status, 404);
    assert_eq!(house.ask("LOCK", "/folder/new", &[("If", &token)], info("shared")).status, 201);
}

#[test]
fn locks_do_not_pile_up_without_measure() {
    let house = TestHouse::new().with_user("ann");
    house.put("/file", "x");
    let shared = "<D:lockinfo xmlns:D='DAV:'><D:lockscope><D:shared/></D:lockscope>\
                  <D:locktype><D:write/></D:locktype></D:lockinfo>";
    let statuses: Vec<u16> = (0..65).map(|_| house.ask("LOCK", "/file", &[], shared).status).collect();
    assert!(statuses[..64].iter().all(|status| *status == 200) && statuses[64] == 423, "{statuses:?}");
}
