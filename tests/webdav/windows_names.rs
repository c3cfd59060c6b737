//! Names as the network drive of Windows is shown them and asks for them: what it cannot show, and upper and
//! lower case.

use std::collections::HashSet;

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::{
    MINI_REDIR, alter, asking, assert_refused, fill, house, house_with, lockinfo, seen, snapshot, token_of,
};
use crate::support::{Answer, TestHouse};

/// Names that Windows cannot show, and how it is shown them.
const UNSHOWABLE: [(&str, &str); 16] = [
    ("a:b.txt", "a\u{f03a}b.txt"),
    ("<x>", "\u{f03c}x\u{f03e}"),
    ("say \"hi\"", "say \u{f022}hi\u{f022}"),
    ("back\\slash", "back\u{f05c}slash"),
    ("a|b", "a\u{f07c}b"),
    ("what?", "what\u{f03f}"),
    ("*", "\u{f02a}"),
    ("Icon\r", "Icon\u{f00d}"),
    ("\u{1}\u{1f}\u{7f}", "\u{f001}\u{f01f}\u{f07f}"),
    ("dot.", "dot\u{f02e}"),
    ("space ", "space\u{f020}"),
    ("CON", "CO\u{f04e}"),
    ("nul.tar.gz", "nu\u{f06c}.tar.gz"),
    ("Com1.txt", "Co\u{f06d}1.txt"),
    ("lpt\u{b3}", "lp\u{f074}\u{b3}"),
    ("mac\u{f03a}\u{f000}", "mac\u{f02f}\u{f03a}\u{f02f}\u{f000}"),
];

fn encoded(name: &str) -> String {
    utf8_percent_encode(name, NON_ALPHANUMERIC).to_string()
}

/// Asks as Windows does.
fn windows(house: &TestHouse, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut all = vec![MINI_REDIR, ("translate", "f")];
    all.extend(headers);
    house.ask(method, path, &all, body)
}

fn windows_get(house: &TestHouse, path: &str) -> String {
    let answer = windows(house, "GET", path, &[], "");
    assert_eq!(answer.status, 200, "{path}: {}", seen(&answer));
    answer.text()
}

fn windows_move(house: &TestHouse, from: &str, to: &str) -> Answer {
    let destination = format!("{}{}", house.url(), to.trim_start_matches('/'));
    windows(house, "MOVE", from, &[("Destination", &destination), ("Overwrite", "F")], "")
}

/// The names that Windows lists, the trash aside, decoded; what it asks by is the same, encoded.
fn listed(house: &TestHouse, path: &str) -> Vec<String> {
    let answer = windows(house, "PROPFIND", path, &[("Depth", "1")], "");
    assert_eq!(answer.status, 207, "{}", seen(&answer));
    let hrefs = answer.texts("href");
    let names = hrefs[1..].iter().map(|href| href.trim_end_matches('/').rsplit('/').next().unwrap());
    let names = names.map(|name| percent_decode_str(name).decode_utf8().unwrap().into_owned());
    names.filter(|name| name != ".Trash").collect()
}

/// Puts this many empty files with names of this form into the folder `many`, behind the server's back.
fn fill_many(house: &TestHouse, sql: &'static str) {
    house.mkcol("/many");
    alter(house, sql);
}

#[test]
fn names_that_windows_cannot_show_do_not_make_their_folder_unusable() {
    let house = house_with(&["/folder/", "/folder/plain.txt"]);
    for (name, _) in UNSHOWABLE {
        assert_eq!(house.put(&format!("/folder/{}", encoded(name)), name).status, 201, "{name:?}");
    }
    let listed = listed(&house, "/folder");
    assert_eq!(listed.len(), UNSHOWABLE.len() + 1);
    for (name, shown) in UNSHOWABLE {
        assert!(listed.iter().any(|listed| listed == shown), "{name:?} is not in {listed:?}");
        let path = format!("/folder/{}", encoded(shown));
        assert_eq!(windows(&house, "PROPFIND", &path, &[("Depth", "0")], "").status, 207, "{name:?}");
        assert_eq!(windows_get(&house, &path), name);
        assert_eq!(windows_move(&house, &path, "/folder/renamed").status, 201, "{name:?}");
        assert_eq!(house.get("/folder/renamed").text(), name);
        assert_eq!(windows_move(&house, "/folder/renamed", &path).status, 201, "{name:?}");
        assert_eq!(house.get(&format!("/folder/{}", encoded(name))).text(), name, "it has its name back");
        assert_eq!(windows(&house, "DELETE", &path, &[], "").status, 204, "{name:?}");
        assert_eq!(house.get(&format!("/folder/{}", encoded(name))).status, 404, "{name:?}");
    }
    assert_eq!(house.list("/folder"), ["plain.txt"]);
}

#[test]
fn nobody_else_is_shown_other_names_or_read_otherwise() {
    let house = house_with(&["/a:b", "/CON"]);
    assert_eq!(house.list("/"), ["CON", "a%3Ab"]);
    let shown = "/a%EF%80%BAb";
    assert_eq!(house.get(shown).status, 404);
    assert_eq!(house.put(shown, "another").status, 201);
    assert_eq!(house.get("/a:b").text(), "/a:b");
    assert_eq!(listed(&house, "/"), ["CO\u{f04e}", "a\u{f03a}b", "a\u{f02f}\u{f03a}b"]);
    assert_eq!(windows_get(&house, "/a%EF%80%AF%EF%80%BAb"), "another");
}

#[test]
fn a_folder_is_walked_into_by_what_windows_was_shown() {
    let house = house_with(&["/10:30/", "/10:30/aux/", "/10:30/aux/what?.txt".replace('?', "%3F").as_str()]);
    let path = format!("/{}", encoded("10\u{f03a}30"));
    assert_eq!(listed(&house, &path), ["au\u{f078}"]);
    let answer = windows(&house, "PROPFIND", &format!("{path}/au%EF%81%B8"), &[("Depth", "1")], "");
    let itself = format!("/dav{path}/au%EF%81%B8/");
    assert_eq!(answer.texts("href"), [itself.clone(), format!("{itself}what%EF%80%BF.txt")]);
    let asked = asking("<D:displayname/>");
    let answer = windows(&house, "PROPFIND", &format!("{path}/au%EF%81%B8"), &[("Depth", "1")], &asked);
    assert_eq!(answer.texts("displayname"), ["au\u{f078}", "what\u{f03f}.txt"]);
}

#[test]
fn what_windows_makes_beside_a_shown_name_gets_the_real_characters() {
    let house = house_with(&["/a:b.txt"]);
    let copy = format!("/{}", encoded("a\u{f03a}b - Copy.txt"));
    assert_eq!(windows(&house, "PUT", &copy, &[], "x").status, 201);
    assert_eq!(windows(&house, "MKCOL", &format!("/{}", encoded("new\u{f03f}")), &[], "").status, 201);
    assert_eq!(house.list("/"), ["a%3Ab%20-%20Copy.txt", "a%3Ab.txt", "new%3F"]);
}

#[test]
fn no_name_from_windows_hides_a_path() {
    let house = house_with(&["/a/", "/a/b"]);
    let before = snapshot(&house);
    for name in ["\u{f02e}\u{f02e}", "\u{f02e}", "\u{f000}", "a/\u{f02e}\u{f02e}/a"] {
        let path = format!("/{}", encoded(name).replace("%2F", "/"));
        assert_refused(&windows(&house, "PUT", &path, &[], "x"), 400);
        assert_refused(&windows_move(&house, "/a/b", &path), 400);
    }
    assert_eq!(snapshot(&house), before);
    // The places of the slash and the NUL stand for neither.
    assert_eq!(windows(&house, "PUT", &format!("/{}", encoded("a\u{f02f}b")), &[], "x").status, 201);
    assert_eq!(house.list("/"), ["a", "a%EF%80%AFb"]);
}

#[test]
fn names_that_differ_by_case_are_shown_apart_and_each_opens_its_own() {
    let house =
        house_with(&["/f/", "/f/README.TXT", "/f/Readme.txt", "/f/readme.txt", "/f/other", "/f/Other/"]);
    fill(&house, &["/f/%C3%84", "/f/%C3%A4", "/f/con", "/f/CON"]);
    let listed = listed(&house, "/f");
    assert_eq!(
        listed,
        [
            "CO\u{f04e}",
            "Other",
            "README.TXT",
            "Readme\u{f000}.txt",
            "co\u{f06e}",
            "other\u{f000}",
            "readme\u{f000}\u{f000}.txt",
            "Ä",
            "ä\u{f000}",
        ]
    );
    let folded: HashSet<_> = listed.iter().map(|name| name.to_uppercase()).collect();
    assert_eq!(folded.len(), listed.len());
    for name in listed.iter().filter(|name| *name != "Other") {
        let real = name.replace('\u{f000}', "").replace('\u{f04e}', "N").replace('\u{f06e}', "n");
        let own = windows_get(&house, &format!("/f/{}", encoded(name)));
        assert_eq!(percent_decode_str(&own).decode_utf8().unwrap(), format!("/f/{real}"));
    }
    let shown = format!("/f/{}", encoded("readme\u{f000}\u{f000}.txt"));
    assert_eq!(windows(&house, "DELETE", &shown, &[], "").status, 204);
    assert_eq!(house.get("/f/readme.txt").status, 404);
    assert_eq!(house.get("/f/README.TXT").status, 200);
    assert_eq!(house.get("/f/Readme.txt").status, 200);
}

#[test]
fn a_name_that_was_shown_apart_never_means_its_like_in_another_case() {
    let house = house_with(&["/README", "/readme"]);
    assert_eq!(listed(&house, "/"), ["README", "readme\u{f000}"]);
    assert_eq!(house.delete("/readme").status, 204);
    let shown = format!("/{}", encoded("readme\u{f000}"));
    assert_eq!(windows(&house, "DELETE", &shown, &[], "").status, 404);
    assert_eq!(windows(&house, "GET", &shown, &[], "").status, 404);
    assert_eq!(windows(&house, "GET", "/readme", &[], "").status, 404, "it was another file");
}

#[test]
fn what_is_done_twice_does_not_hit_the_file_whose_name_differs_by_case() {
    let house = house_with(&["/README", "/readme"]);
    assert_eq!(windows(&house, "DELETE", "/README", &[], "").status, 204);
    assert_eq!(windows(&house, "PROPFIND", "/README", &[("Depth", "0")], "").status, 404);
    assert_eq!(windows(&house, "DELETE", "/README", &[], "").status, 404);
    // As Office saves: the original is set aside, and the new one takes its name.
    assert_eq!(house.put("/README", "old").status, 201);
    assert_eq!(house.put("/~WRD.tmp", "new").status, 201);
    assert_eq!(windows_move(&house, "/README", "/~WRL.tmp").status, 201);
    assert_eq!(windows_move(&house, "/~WRD.tmp", "/README").status, 201);
    assert_eq!((house.get("/README").text(), house.get("/readme").text()), ("new".into(), "/readme".into()));
}

#[test]
fn names_are_shown_apart_over_the_pages_of_a_listing() {
    let house = house();
    fill_many(
        &house,
        "WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < 599), \
           letters (letter) AS (VALUES ('A'), ('a')) \
         INSERT INTO nodes (uuid, space_id, parent_id, name, folder, created_ms, modified_ms, created_seq, \
           changed_seq, tree_seq) \
         SELECT NEW_UUID(), space_id, id, letter || n, FALSE, 0, 0, 0, 0, 0 \
         FROM nodes, numbers, letters WHERE name = 'many'",
    );
    let listed = listed(&house, "/many");
    assert_eq!(listed.len(), 1200);
    let folded: HashSet<_> = listed.iter().map(|name| name.to_uppercase()).collect();
    assert_eq!(folded.len(), 1200);
    assert!(listed.contains(&"A599".to_owned()) && listed.contains(&"a599\u{f000}".to_owned()));
}

#[test]
fn a_name_that_cannot_be_shown_apart_is_left_out_for_windows_only() {
    let house = house();
    let (upper, lower) = ("N".repeat(255), "n".repeat(255));
    fill(&house, &[&format!("/{upper}"), &format!("/{lower}"), "/other"]);
    assert_eq!(listed(&house, "/"), [upper.as_str(), "other"]);
    assert_eq!(house.list("/"), [upper, lower, "other".to_owned()]);
}

#[test]
fn windows_finds_a_path_in_any_case() {
    let house = house_with(&["/Plans/", "/Plans/%C3%9Cbersicht/", "/Plans/%C3%9Cbersicht/readme.txt"]);
    let own = "/Plans/%C3%9Cbersicht/readme.txt";
    for path in [own, "/PLANS/%C3%9CBERSICHT/README.TXT", "/plans/%C3%BCbersicht/ReadMe.txt"] {
        assert_eq!(windows_get(&house, path), own);
        let found = windows(&house, "PROPFIND", path, &[("Depth", "0")], "");
        assert_eq!(found.first("href").unwrap(), format!("/dav{path}"), "as it was asked for");
    }
    let listing = windows(&house, "PROPFIND", "/PLANS", &[("Depth", "1")], "");
    assert_eq!(listing.texts("href"), ["/dav/PLANS/", "/dav/PLANS/%C3%9Cbersicht/"]);
    assert_eq!(house.get("/PLANS").status, 404, "nobody else does");
    assert_eq!(windows(&house, "GET", "/Plans/desktop.ini", &[], "").status, 404);
}

#[test]
fn windows_makes_nothing_beside_its_like_in_another_case() {
    let house = house_with(&["/Folder/", "/Folder/readme.txt", "/Folder/other"]);
    assert_eq!(windows(&house, "PUT", "/FOLDER/README.TXT", &[], "new").status, 204);
    assert_eq!(windows(&house, "MKCOL", "/folder", &[], "").status, 405);
    assert_refused(&windows_move(&house, "/Folder/other", "/folder/ReadMe.txt"), 412);
    let onto = [("Destination", "/dav/FOLDER/README.txt"), ("Overwrite", "T")];
    assert_eq!(windows(&house, "MOVE", "/folder/OTHER", &onto, "").status, 204);
    let copy = [("Destination", "/dav/folder/new.txt")];
    assert_eq!(windows(&house, "COPY", "/folder/README.TXT", &copy, "").status, 201);
    assert_eq!(house.list("/"), ["Folder"]);
    assert_eq!(house.list("/Folder"), ["new.txt", "readme.txt"]);
    assert_eq!(house.get("/Folder/readme.txt").text(), "/Folder/other");
    let onto_itself = [("Destination", "/dav/folder/README.TXT")];
    assert_refused(&windows(&house, "COPY", "/Folder/readme.txt", &onto_itself, ""), 403);
    assert_eq!(windows(&house, "DELETE", "/FOLDER/NEW.TXT", &[], "").status, 204);
    assert_eq!(house.list("/Folder"), ["readme.txt"]);
}

#[test]
fn windows_renames_to_another_case() {
    let house = house_with(&["/folder/", "/folder/a.txt"]);
    assert_eq!(windows_move(&house, "/folder/a.txt", "/folder/A.txt").status, 201);
    assert_eq!(house.list("/folder"), ["A.txt"]);
    assert_eq!(windows_move(&house, "/FOLDER/a.TXT", "/folder/a.Txt").status, 201);
    assert_eq!(house.list("/folder"), ["a.Txt"]);
    assert_eq!(windows_move(&house, "/folder", "/Folder").status, 201);
    assert_eq!(house.get("/Folder/a.Txt").text(), "/folder/a.txt");
    // The folder is spelled in another way, and the name is not: nothing is to be done.
    assert_eq!(windows_move(&house, "/Folder/a.Txt", "/FOLDER/a.Txt").status, 204);
    assert_refused(&windows_move(&house, "/Folder/A.TXT", "/Folder/A.TXT"), 403);
    assert_eq!(house.list("/Folder"), ["a.Txt"]);
}

#[test]
fn of_several_names_in_another_case_none_is_taken_for_the_one_asked_for() {
    let house = house_with(&["/readme", "/README"]);
    assert_eq!(windows_get(&house, "/readme"), "/readme");
    assert_eq!(windows_get(&house, "/README"), "/README");
    assert_eq!(windows(&house, "GET", "/Readme", &[], "").status, 404);
    assert_eq!(windows(&house, "PUT", "/Readme", &[], "third").status, 201);
    assert_eq!(house.list("/").len(), 3);
}

#[test]
fn windows_locks_writes_and_unlocks_by_what_it_was_shown_and_in_any_case() {
    let house = house();
    let path = format!("/{}", encoded("report 10\u{f03a}30.docx"));
    assert_eq!(windows(&house, "PROPFIND", &path, &[("Depth", "0")], "").status, 404);
    assert_eq!(windows(&house, "PUT", &path, &[], "").status, 201);
    let locked = windows(&house, "LOCK", &path, &[("Timeout", "Second-3600")], &lockinfo("exclusive"));
    let token = token_of(&locked);
    assert!(
        locked.text().contains(&format!("<D:lockroot><D:href>/dav{path}</D:href></D:lockroot>")),
        "{}",
        seen(&locked)
    );
    let in_capitals = format!("/{}", encoded("REPORT 10\u{f03a}30.DOCX"));
    assert_eq!(windows(&house, "PUT", &in_capitals, &[], "x").status, 423);
    let untagged = format!("(<{token}>)");
    let tagged = format!("<{}{}> (<{token}>)", house.url(), in_capitals.trim_start_matches('/'));
    for held in [untagged, tagged] {
        assert_eq!(windows(&house, "PUT", &path, &[("If", &held)], &held).status, 204, "{held}");
        assert_eq!(house.get("/report%2010:30.docx").text(), held);
    }
    let unlock = [("Lock-Token", format!("<{token}>"))];
    let unlock = unlock.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(windows(&house, "UNLOCK", &in_capitals, &unlock, "").status, 204);
    assert_eq!(house.list("/"), ["report%2010%3A30.docx"]);
}

#[test]
fn a_name_that_is_missing_costs_windows_the_same_in_every_folder() {
    let house = house();
    fill_many(
        &house,
        "WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < 9999) \
         INSERT INTO nodes (uuid, space_id, parent_id, name, folder, created_ms, modified_ms, created_seq, \
           changed_seq, tree_seq) \
         SELECT NEW_UUID(), space_id, id, 'Name-' || n, FALSE, 0, 0, 0, 0, 0 \
         FROM nodes, numbers WHERE name = 'many'",
    );
    let ask = |path: &str, status| {
        let (answer, statements) =
            house.statements(|| windows(&house, "PROPFIND", path, &[("Depth", "0")], ""));
        assert_eq!(answer.status, status, "{path}: {}", seen(&answer));
        statements
    };
    // The note that the password is in use waited for the rows above, and a change waits for the note.
    assert_eq!(house.put("/another", "x").status, 201);
    // The credential, the path as it is spelled, what is alike, and what the method itself asks.
    assert_eq!([ask("/desktop.ini", 404), ask("/many/desktop.ini", 404)], [4, 4]);
    assert_eq!(ask("/many/NAME-9999", 207) - ask("/many/Name-9999", 207), 3);
    // One more, and the folder is larger than is searched.
    assert_eq!(house.put("/many/name-of-one-more", "x").status, 201);
    ask("/many/NAME-9999", 404);
    ask("/many/Name-9999", 207);
}
