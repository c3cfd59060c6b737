//! One name in two Unicode forms, two names in two cases, and paths whose hrefs grow long.

use super::{asking, assert_refused, fill, holding, house, house_with, lockinfo, seen, token_of};
use crate::support::TestHouse;

const FINDER: (&str, &str) = ("User-Agent", "WebDAVFS/3.0.0 (03008000) Darwin/25.5.0 (arm64)");

fn hrefs(house: &TestHouse, path: &str) -> Vec<String> {
    house.propfind(path, "1", &asking("<D:resourcetype/>")).texts("href")
}

#[test]
fn a_folder_is_listed_below_exactly_the_path_it_was_asked_by() {
    let house = house_with(&["/%C3%BC/", "/%C3%BC/%C3%A4/", "/%C3%BC/%C3%A4/%C3%B6"]);
    for path in
        ["/u%CC%88/a%CC%88", "/u%cc%88/%c3%a4", "/%c3%bc/a%cc%88", "/%C3%BC/%C3%A4", "/%75%CC%88//%C3%A4"]
    {
        let itself = format!("/dav{path}/");
        assert_eq!(hrefs(&house, path), [itself.clone(), format!("{itself}%C3%B6")]);
        assert_eq!(hrefs(&house, &format!("{path}/")), hrefs(&house, path));
        let locked = house.ask("LOCK", path, &[("Depth", "0")], lockinfo("exclusive"));
        let root = format!("<D:lockroot><D:href>{itself}</D:href></D:lockroot>");
        assert!(locked.text().contains(&root), "{}", seen(&locked));
        let token = format!("<{}>", token_of(&locked));
        assert_eq!(house.ask("UNLOCK", "/%C3%BC/%C3%A4", &[("Lock-Token", &token)], "").status, 204);
    }
}

#[test]
fn the_root_of_a_lock_above_is_spelled_as_it_was_asked_by() {
    let house = house_with(&["/%C3%BC/", "/%C3%BC/inner/", "/%C3%BC/inner/file"]);
    let locked = house.ask("LOCK", "/%C3%BC", &[("Depth", "infinity")], lockinfo("exclusive"));
    assert_eq!(locked.status, 200);
    let discovery = asking("<D:lockdiscovery/>");
    for (path, root) in [
        ("/u%CC%88/inner/file", "/dav/u%CC%88/"),
        ("/%C3%BC/inner/", "/dav/%C3%BC/"),
        ("/%c3%bc", "/dav/%c3%bc/"),
    ] {
        let found = house.propfind(path, "0", &discovery).text();
        assert!(found.contains(&format!("<D:lockroot><D:href>{root}</D:href></D:lockroot>")), "{found}");
    }
}

#[test]
fn a_name_is_one_in_both_forms_wherever_it_stands() {
    let house = house_with(&["/u%CC%88", "/a", "/b"]);
    assert_eq!(house.list("/"), ["a", "b", "%C3%BC"]);
    let locked = house.ask("LOCK", "/u%CC%88", &[("Depth", "0")], lockinfo("exclusive"));
    let token = token_of(&locked);
    assert_eq!(house.put("/%C3%BC", "x").status, 423);
    for tag in ["/dav/%C3%BC", "/dav/u%CC%88", "/dav/%c3%bc", "/dav/%75%cc%88"] {
        let tagged = format!("<{tag}> (<{token}>)");
        assert_eq!(house.ask("PUT", "/%C3%BC", &[("If", &tagged)], tag).status, 204, "{tag}");
        let elsewhere = house.ask("PUT", "/b", &[("If", &tagged)], tag);
        assert_eq!(elsewhere.status, 204, "a condition on the name holds from elsewhere too");
    }
    assert_eq!(house.ask("UNLOCK", "/%C3%BC", &[("Lock-Token", &format!("<{token}>"))], "").status, 204);
    let kept = [("Destination", "/dav/u%CC%88"), ("Overwrite", "F")];
    for method in ["COPY", "MOVE"] {
        assert_refused(&house.ask(method, "/a", &kept, ""), 412);
    }
    assert_eq!(house.relocate("COPY", "/a", "/u%CC%88").status, 204);
    assert_eq!(house.relocate("MOVE", "/b", "/u%CC%88").status, 204);
    assert_eq!(house.list("/"), ["a", "%C3%BC"]);
    assert_eq!(house.delete("/u%CC%88").status, 204);
}

#[test]
fn a_rename_to_another_form_of_the_name_is_done_before_it_begins() {
    let house = house_with(&["/u%CC%88/", "/u%CC%88/file"]);
    for (from, to) in [("/u%CC%88", "/%C3%BC"), ("/%C3%BC", "/u%CC%88"), ("/%C3%BC/file", "/u%CC%88/file")] {
        assert_eq!(house.relocate("MOVE", from, to).status, 204, "{from} to {to}");
        assert_eq!(house.list("/%C3%BC"), ["file"]);
    }
    assert_eq!(house.list("/"), ["%C3%BC"]);
}

#[test]
fn a_rename_that_changes_only_the_case_is_a_rename() {
    let house = house_with(&["/folder/", "/folder/a.txt", "/folder/%C3%BC"]);
    for (from, to) in [
        ("/folder/a.txt", "/folder/A.txt"),
        ("/folder/%C3%BC", "/folder/U%CC%88"),
        ("/folder", "/FOLDER"),
        ("/FOLDER", "/Folder"),
    ] {
        assert_eq!(house.relocate("MOVE", from, to).status, 201, "{from} to {to}");
        assert_eq!(house.get(from).status, 404);
    }
    assert_eq!(house.list("/"), ["Folder"]);
    assert_eq!(house.list("/Folder"), ["A.txt", "%C3%9C"]);
    let token = token_of(&house.ask("LOCK", "/Folder/A.txt", &[("Depth", "0")], lockinfo("exclusive")));
    let to = ("Destination", "/dav/Folder/a.txt");
    assert_refused(&house.ask("MOVE", "/Folder/A.txt", &[to], ""), 423);
    assert_eq!(house.ask("MOVE", "/Folder/A.txt", &[to, ("If", &holding(&token))], "").status, 201);
}

#[test]
fn folders_in_two_cases_are_two_folders() {
    let house = house_with(&["/docs/", "/DOCS/", "/docs/a", "/DOCS/a"]);
    assert_eq!(house.relocate("MOVE", "/docs/a", "/DOCS/A").status, 201);
    assert_eq!(house.list("/DOCS"), ["A", "a"]);
    assert_eq!(house.relocate("MOVE", "/DOCS/A", "/DOCS/a").status, 204);
    assert_eq!(house.relocate("MOVE", "/docs", "/DOCS/docs").status, 201);
    assert_eq!(house.get("/DOCS/a").text(), "/docs/a");
    assert_eq!(
        (house.list("/"), house.list("/DOCS")),
        (vec!["DOCS".into()], vec!["a".into(), "docs".into()])
    );
}

#[test]
fn what_finder_could_not_read_is_left_out_of_its_listing() {
    let house = house();
    // 80 characters of three bytes are 720 bytes of an href.
    let long = "%E6%97%A5".repeat(80);
    let mut folder = String::new();
    for _ in 0..4 {
        folder = format!("{folder}/{long}");
        assert_eq!(house.mkcol(&folder).status, 201);
    }
    let href = |name: &str| format!("/dav{folder}/{name}");
    let fits = "f".repeat(3000 - href("").len());
    fill(&house, &[&format!("{folder}/a"), &format!("{folder}/{fits}"), &format!("{folder}/{fits}f")]);
    let headers = [FINDER, ("Depth", "1")];
    let listing = house.ask("PROPFIND", &folder, &headers, asking("<D:resourcetype/>"));
    assert_eq!(listing.texts("href"), [href(""), href("a"), href(&fits)]);
    assert_eq!(house.list(&folder), ["a".to_owned(), fits.clone(), format!("{fits}f")]);
    assert_eq!(house.ask("GET", &format!("{folder}/{fits}f"), &[FINDER], "").status, 200);
}
