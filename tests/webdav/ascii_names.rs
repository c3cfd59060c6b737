//! With `names.ascii_safe`: names in ASCII, in listings and in requests.

use super::{MINI_REDIR, fill, house, lockinfo, number, property, seen, token_of};
use crate::support::TestHouse;

const ASCII_SAFE: (&str, &str) = ("names.ascii_safe", "true");

fn ascii_house(paths: &[&str]) -> TestHouse {
    let house = TestHouse::with_settings(&[ASCII_SAFE]).with_user("ann");
    fill(&house, paths);
    house
}

/// The name that the one member of the folder is listed by.
fn only(house: &TestHouse, folder: &str) -> String {
    let listed = house.list(folder);
    assert_eq!(listed.len(), 1, "{listed:?}");
    listed[0].clone()
}

#[test]
fn a_listing_shows_ascii_and_both_names_open_the_file() {
    let house = ascii_house(&["/M%C3%BCller%20%C3%9Cbersicht.pdf", "/plain%20(1).txt", "/report~final"]);
    let listed = house.list("/");
    let shown = &listed[0];
    let id = shown.strip_prefix("Muller%20Ubersicht~").and_then(|end| end.strip_suffix(".pdf"));
    assert!(id.is_some_and(|id| id.bytes().all(|digit| digit.is_ascii_alphanumeric())), "{shown}");
    assert_eq!(listed[1..], ["plain%20%281%29.txt", "report~final"], "as they are");
    let original = "/M%C3%BCller%20%C3%9Cbersicht.pdf";
    for path in [original, "/Mu%CC%88ller%20U%CC%88bersicht.pdf", &format!("/{shown}")] {
        assert_eq!(house.get(path).text(), original);
        assert_eq!(house.ask("HEAD", path, &[], "").status, 200);
        let found = house.propfind(path, "0", "");
        assert_eq!(found.texts("href"), [format!("/dav{path}")], "as it was asked for");
    }
    assert_eq!(property(&house, original, "displayname"), shown.replace("%20", " "));
    assert_eq!(house.get("/report~final").text(), "/report~final");
}

#[test]
fn the_stored_name_is_the_original_one() {
    let house = ascii_house(&["/%C3%BC/", "/%C3%BC/%E6%97%A5.txt"]);
    let folder = only(&house, "/");
    assert_eq!(house.put(&format!("/{folder}/{}", only(&house, &format!("/{folder}"))), "new").status, 204);
    assert_eq!(house.put(&format!("/{folder}/%C3%A4"), "x").status, 201);
    assert_eq!(house.put("/%C3%BC/%E6%97%A5.txt", "newer").status, 204);
    let house = TestHouse::on_folder(house.close(), &[]).with_user("bob");
    assert_eq!(number(&house, "SELECT COUNT(*) FROM nodes WHERE name IN ('ü', '日.txt', 'ä')"), 3);
    assert_eq!(number(&house, "SELECT COUNT(*) FROM nodes WHERE name LIKE '%~%'"), 0);
}

#[test]
fn everything_can_be_done_by_the_name_shown() {
    let house = ascii_house(&["/f/", "/f/%C3%BC.txt", "/g/"]);
    let shown = only(&house, "/f");
    let path = format!("/f/{shown}");
    let locked = house.ask("LOCK", &path, &[("Depth", "0")], lockinfo("exclusive"));
    let token = token_of(&locked);
    assert!(locked.text().contains(&format!("<D:lockroot><D:href>/dav{path}</D:href>")), "{}", seen(&locked));
    assert_eq!(house.put("/f/%C3%BC.txt", "x").status, 423);
    for (at, tag) in [("/f/%C3%BC.txt", path.as_str()), (path.as_str(), "/f/%C3%BC.txt"), (&path, &path)] {
        let tagged = format!("</dav{tag}> (<{token}>)");
        assert_eq!(house.ask("PUT", at, &[("If", &tagged)], tag).status, 204, "{at} {tag}");
    }
    assert_eq!(house.ask("UNLOCK", &path, &[("Lock-Token", &format!("<{token}>"))], "").status, 204);

    assert_eq!(house.relocate("MOVE", &path, "/f/renamed").status, 201);
    assert_eq!(house.get(&path).status, 404, "it is called otherwise now");
    assert_eq!(house.relocate("MOVE", "/f/renamed", "/f/%C3%BC.txt").status, 201);
    assert_eq!(only(&house, "/f"), shown, "a node keeps its number");
    assert_eq!(house.relocate("MOVE", &path, "/f/%C3%BC.txt").status, 204, "it is called so already");

    // What goes elsewhere under the name it was shown by keeps its own.
    assert_eq!(house.relocate("COPY", &path, &format!("/g/{shown}")).status, 201);
    assert_eq!(house.get("/g/%C3%BC.txt").text(), path);
    assert_ne!(only(&house, "/g"), shown);
    // Where that is taken by another file, it does not take its place.
    assert_eq!(house.relocate("MOVE", &path, &format!("/g/{shown}")).status, 201);
    assert_eq!((house.list("/g").len(), house.list("/f").len()), (2, 0));
    assert_eq!(house.delete(&format!("/g/{shown}")).status, 204);
    assert_eq!(house.get("/g/%C3%BC.txt").text(), path);
}

#[test]
fn a_name_shown_before_still_means_the_file_that_took_its_place() {
    let house = ascii_house(&["/%C3%BC.txt"]);
    let shown = format!("/{}", only(&house, "/"));
    // As some clients save: the old one is deleted, the new one moved to its name.
    house.put("/new.tmp", "new");
    assert_eq!(house.delete(&shown).status, 204);
    assert_eq!(house.relocate("MOVE", "/new.tmp", &shown).status, 201);
    assert_eq!(house.get(&shown).text(), "new");
    assert_eq!(house.get("/%C3%BC.txt").text(), "new");
}

#[test]
fn what_is_really_called_so_comes_first() {
    let house = ascii_house(&["/%C3%BC.txt"]);
    let shown = format!("/{}", only(&house, "/"));
    house.put("/real", "real");
    let set_aside = "/%C3%BC-aside.txt";
    assert_eq!(house.relocate("MOVE", "/%C3%BC.txt", set_aside).status, 201);
    assert_eq!(house.relocate("MOVE", "/real", &shown).status, 201);
    assert_eq!(house.relocate("MOVE", set_aside, "/%C3%BC.txt").status, 201);
    assert_eq!(house.get(&shown).text(), "real");
    assert_eq!(house.get("/%C3%BC.txt").text(), "/%C3%BC.txt");
}

#[test]
fn a_number_opens_nothing_by_itself() {
    let house = ascii_house(&["/%C3%BC.txt", "/f/"]).with_user("bob");
    fill(&house, &["/%C3%A4.txt", "/f/"]);
    let shown = house.list("/").into_iter().find(|name| name.contains('~')).unwrap();
    let (stem, id) = shown.trim_end_matches(".txt").split_once('~').unwrap();
    assert_eq!(stem, "a");
    let number = i64::from_str_radix(id, 36).unwrap();
    for path in [format!("/b~{id}.txt"), format!("/a~{id}"), format!("/a~0{id}.txt"), format!("/A~{id}.txt")]
    {
        assert_eq!(house.get(&path).status, 404, "{path}");
    }
    assert_eq!(house.get(&format!("/f/{shown}")).status, 404, "it is not in that folder");
    // Of what others have not even the name can be guessed.
    for other in 0..number {
        let mut digits = String::new();
        let mut rest = other;
        while rest > 0 || digits.is_empty() {
            digits.insert(0, char::from_digit((rest % 36) as u32, 36).unwrap());
            rest /= 36;
        }
        assert_eq!(house.put(&format!("/f/u~{digits}.txt"), "x").status, 201);
    }
    let stored = house.list("/f");
    assert!(stored.iter().all(|name| name.starts_with("u~")), "{stored:?}");
    assert_eq!(stored.len() as i64, number);
}

#[test]
fn a_path_of_shown_names_costs_two_statements_for_each_and_any_other_none() {
    let house =
        ascii_house(&["/%C3%BC/", "/%C3%BC/%C3%A4/", "/%C3%BC/%C3%A4/%C3%B6", "/a/", "/a/b/", "/a/b/c"]);
    let mut shown = String::new();
    for _ in 0..3 {
        let name = house.list(&shown).pop().unwrap();
        shown = format!("{shown}/{name}");
    }
    let cost = |path: &str| {
        let (answer, statements) = house.statements(|| house.get(path));
        assert_eq!(answer.status, 200, "{path}");
        statements
    };
    cost("/a/b/c");
    assert_eq!(cost("/%C3%BC/%C3%A4/%C3%B6"), cost("/a/b/c"));
    assert_eq!(cost(&shown), cost("/a/b/c") + 2 * 3);
}

#[test]
fn a_name_shown_in_one_folder_never_means_another_file_in_the_next() {
    let house = ascii_house(&["/a/", "/b/", "/a/%C3%BC.txt", "/b/%C3%BC.txt"]);
    let shown = only(&house, "/a");
    let path = format!("/b/{shown}");
    assert_eq!(house.get(&path).status, 404);
    // Whoever mirrors the one folder to the other makes a file, and does not replace the one that is there.
    assert_eq!(house.put(&path, "mirrored").status, 201);
    assert_eq!(
        (house.get(&path).text(), house.get("/b/%C3%BC.txt").text()),
        ("mirrored".into(), "/b/%C3%BC.txt".into())
    );
    assert_eq!(house.delete(&path).status, 204);
    assert_eq!(house.get("/b/%C3%BC.txt").status, 200);
}

#[test]
fn windows_is_shown_ascii_that_it_can_show_and_finds_it_in_any_case() {
    let house = ascii_house(&["/%C3%BC:%F0%9F%91%91.txt", "/a:b"]);
    let listing = house.ask("PROPFIND", "/", &[MINI_REDIR, ("Depth", "1")], "");
    let hrefs = listing.texts("href");
    assert_eq!(hrefs[1..3], ["/dav/.Trash/", "/dav/a%EF%80%BAb"]);
    assert!(hrefs[3].starts_with("/dav/u__crown_~") && hrefs[3].ends_with(".txt"), "{hrefs:?}");
    let shown = hrefs[3].strip_prefix("/dav").unwrap();
    for path in [shown.to_owned(), shown.to_uppercase(), "/%C3%9C:%F0%9F%91%91.TXT".to_owned()] {
        let answer = house.ask("GET", &path, &[MINI_REDIR], "");
        assert_eq!(answer.text(), "/%C3%BC:%F0%9F%91%91.txt", "{path}");
    }
    let to = format!("{}{}", house.url(), shown.to_uppercase().trim_start_matches('/'));
    let answer = house.ask("MOVE", shown, &[MINI_REDIR, ("Destination", &to)], "");
    assert_eq!(answer.status, 204, "{}", seen(&answer));
}

#[test]
fn without_the_setting_such_a_name_is_one_like_any_other() {
    let house = house();
    fill(&house, &["/%C3%BC.txt", "/u~1.txt", "/u~2.txt"]);
    assert_eq!(house.list("/"), ["u~1.txt", "u~2.txt", "%C3%BC.txt"]);
    assert_eq!(house.get("/u~2.txt").text(), "/u~2.txt");
}
