//! What clients make of the trash.

use percent_encoding::percent_decode_str;

use super::super::{MINI_REDIR, assert_refused, fill, house_with, used_bytes};
use crate::support::TestHouse;

const FINDER: (&str, &str) = ("User-Agent", "WebDAVFS/3.0.0 (03008000) Darwin/25.5.0 (arm64)");

fn listed(house: &TestHouse, client: (&str, &str), path: &str) -> Vec<String> {
    let answer = house.ask("PROPFIND", path, &[client, ("Depth", "1")], "");
    answer.texts("href")[1..].to_vec()
}

#[test]
fn finder_empties_it_one_thing_after_the_other() {
    let house = house_with(&["/folder/", "/folder/a", "/folder/._a", "/folder/.DS_Store", "/b", "/._b"]);
    house.delete("/folder");
    house.delete("/b");
    for folder in ["/.Trash/folder/", "/.Trash/"] {
        for href in listed(&house, FINDER, folder) {
            let path = href.strip_prefix("/dav").unwrap();
            let status = house.ask("DELETE", path, &[FINDER], "").status;
            // A companion is gone with its owner.
            assert!(status == 204 || (status == 404 && path.contains("._")), "{path}: {status}");
        }
    }
    assert_eq!((listed(&house, FINDER, "/.Trash"), used_bytes(&house)), (vec![], 0));
    assert_refused(&house.ask("DELETE", "/.Trash/", &[FINDER], ""), 403);
}

#[test]
fn windows_drags_out_what_it_is_shown() {
    let house = house_with(&["/in/", "/in/a:b.txt", "/in/Readme", "/in/readme"]);
    for path in ["/in/a:b.txt", "/in/Readme", "/in/readme"] {
        house.delete(path);
    }
    let shown = listed(&house, MINI_REDIR, "/.Trash");
    assert_eq!(shown.len(), 3, "{shown:?}");
    for href in shown {
        let name = href.rsplit('/').next().unwrap();
        let to = format!("{}in/{name}", house.url());
        let path = href.strip_prefix("/dav").unwrap();
        let answer = house.ask("MOVE", path, &[MINI_REDIR, ("Destination", &to), ("Overwrite", "F")], "");
        assert_eq!(answer.status, 201, "{href}");
    }
    assert_eq!(house.list("/in"), ["Readme", "a%3Ab.txt", "readme"]);
}

#[test]
fn windows_finds_it_in_any_case() {
    let house = house_with(&["/Report.TXT", "/folder/", "/folder/Inner.txt"]);
    house.delete("/Report.TXT");
    house.delete("/folder");
    for path in ["/.trash/report.txt", "/.TRASH/REPORT.TXT", "/.Trash/Report.TXT"] {
        assert_eq!(house.ask("GET", path, &[MINI_REDIR], "").text(), "/Report.TXT", "{path}");
    }
    assert_eq!(house.ask("GET", "/.trash/FOLDER/inner.TXT", &[MINI_REDIR], "").text(), "/folder/Inner.txt");
    assert_refused(&house.ask("DELETE", "/.TRASH", &[MINI_REDIR], ""), 403);
    // Whoever has something of that name means that.
    fill(&house, &["/.trash"]);
    assert_eq!(house.ask("GET", "/.trash", &[MINI_REDIR], "").text(), "/.trash");
}

#[test]
fn names_in_ascii_lead_to_what_they_are_shown_for() {
    let house = TestHouse::with_settings(&[("names.ascii_safe", "true")]).with_user("ann");
    fill(&house, &["/b/", "/b/%C3%BC.txt", "/b/f%C3%BC/", "/b/f%C3%BC/%C3%B6"]);
    house.delete("/b/%C3%BC.txt");
    fill(&house, &["/b/%C3%BC.txt"]);
    house.delete("/b/%C3%BC.txt");
    house.delete("/b/f%C3%BC");
    let shown = house.list("/.Trash");
    assert!(
        shown.len() == 3 && shown.iter().all(|name| percent_decode_str(name).all(|byte| byte.is_ascii()))
    );
    let folder = shown.iter().find(|name| name.starts_with("fu~")).unwrap();
    let inner = house.list(&format!("/.Trash/{folder}")).remove(0);
    assert_eq!(house.get(&format!("/.Trash/{folder}/{inner}")).text(), "/b/f%C3%BC/%C3%B6");
    for name in &shown {
        assert_eq!(
            house.relocate("MOVE", &format!("/.Trash/{name}"), &format!("/{name}")).status,
            201,
            "{name}"
        );
    }
    assert_eq!(house.list("/.Trash"), Vec::<String>::new());
    assert_eq!(house.list("/b").len(), 2, "the other of the two files found its name taken");
}
