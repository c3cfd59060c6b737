//! The names of things in listings, and asking for them by these names.

use percent_encoding::percent_decode_str;

use super::{asking, house, house_with, seen};

#[test]
fn every_name_comes_back_percent_encoded_and_opens_its_file() {
    let house = house();
    for (name, shown) in [
        ("a&b", "a%26b"),
        ("it's", "it%27s"),
        ("1<2>0", "1%3C2%3E0"),
        ("a b", "a%20b"),
        ("(1),[2]{3}", "%281%29%2C%5B2%5D%7B3%7D"),
        ("100%", "100%25"),
        ("%41", "%2541"),
        ("what?#1", "what%3F%231"),
        ("a+b;c=d@e:f!$*", "a%2Bb%3Bc%3Dd%40e%3Af%21%24%2A"),
        ("\"quoted\"\\|^`", "%22quoted%22%5C%7C%5E%60"),
        ("-._~", "-._~"),
        ("...", "..."),
        (" .trailing. ", "%20.trailing.%20"),
        ("ünï", "%C3%BCn%C3%AF"),
        ("日本", "%E6%97%A5%E6%9C%AC"),
        ("🦀", "%F0%9F%A6%80"),
        ("Icon\r", "Icon%0D"),
        ("a\nb\tc", "a%0Ab%09c"),
        ("\u{1}\u{1b}\u{7f}", "%01%1B%7F"),
        ("]]>&amp;", "%5D%5D%3E%26amp%3B"),
    ] {
        let path = format!("/{shown}");
        assert_eq!(house.put(&path, name).status, 201, "{name:?}");
        assert_eq!(house.list("/"), [shown], "{name:?}");
        assert_eq!(percent_decode_str(&house.list("/")[0]).decode_utf8().unwrap(), name);
        assert_eq!(house.get(&path).text(), name);
        let everything = house.propfind("/", "1", "");
        assert_eq!(
            everything.texts("href"),
            ["/dav/".to_owned(), format!("/dav{path}")],
            "{}",
            seen(&everything)
        );
        assert_eq!(house.delete(&path).status, 204, "{name:?}");
    }
}

#[test]
fn a_name_asked_for_in_another_legal_spelling_is_found() {
    let house = house();
    house.put("/%C3%BC%20(a)%2C'b'%26c", "x");
    for path in ["/%c3%bc%20%28a%29,%27b%27&c", "/%C3%BC%20(%61),'b'%26%63"] {
        assert_eq!(house.get(path).text(), "x", "{path}");
        let answer = house.propfind(path, "0", "");
        assert_eq!(answer.status, 207, "{path}");
        // A reader that trips over a bare `&` would not get this far.
        assert_eq!(answer.texts("response").len(), 1, "{}", seen(&answer));
        let href = answer.first("href").unwrap();
        assert_eq!(percent_decode_str(&href).decode_utf8().unwrap(), "/dav/ü (a),'b'&c", "{path}");
    }
}

#[test]
fn a_folder_with_a_bare_ampersand_in_its_path_is_listed_in_well_formed_xml() {
    let house = house_with(&["/r%26d/", "/r%26d/a"]);
    let answer = house.propfind("/r&d/", "1", &asking("<D:getetag/>"));
    assert_eq!(answer.status, 207);
    let text = answer.text();
    assert!(!text.contains("r&d"), "{text}");
    assert_eq!(answer.texts("response").len(), 2, "{text}");
}

#[test]
fn both_forms_of_a_folders_path_get_the_same_answer() {
    let house = house_with(&["/folder/", "/folder/a", "/folder/inner/"]);
    let body = asking("<D:getetag/>");
    let plain = house.propfind("/folder", "1", &body);
    assert_eq!(plain.texts("href"), ["/dav/folder/", "/dav/folder/a", "/dav/folder/inner/"]);
    assert_eq!(house.propfind("/folder/", "1", &body).text(), plain.text());
    let top = house.propfind("", "0", &body);
    assert_eq!(top.texts("href"), ["/dav/"]);
    assert_eq!(house.propfind("/", "0", &body).text(), top.text());
}

#[test]
fn finder_gets_its_own_spelling_back_for_the_folder_it_asked_for() {
    let house = house_with(&["/%C3%BC/", "/%C3%BC/%C3%A4"]);
    let hrefs = |path: &str| house.propfind(path, "1", "").texts("href");
    assert_eq!(hrefs("/u%CC%88/"), ["/dav/u%CC%88/", "/dav/u%CC%88/%C3%A4"]);
    assert_eq!(hrefs("/%C3%BC/"), ["/dav/%C3%BC/", "/dav/%C3%BC/%C3%A4"]);
    assert_eq!(hrefs("/u%CC%88/a%CC%88"), ["/dav/u%CC%88/a%CC%88"]);
}

#[test]
fn two_spellings_of_a_name_are_one_file() {
    let house = house();
    assert_eq!(house.put("/%C3%BC", "one").status, 201);
    assert_eq!(house.put("/u%CC%88", "two").status, 204);
    assert_eq!(house.list("/"), ["%C3%BC"]);
    assert_eq!(house.mkcol("/u%CC%88").status, 405);
}

#[test]
fn a_name_that_xml_cannot_hold_does_not_break_the_listing() {
    let house = house();
    for name in ["%01%02", "%0B", "%EF%BF%BF", "%EF%BF%BE", "%ED%9F%BF", "%1Fa%3C"] {
        assert_eq!(house.put(&format!("/{name}"), "x").status, 201, "{name}");
    }
    let answer = house.propfind("/", "1", "");
    assert_eq!(answer.texts("displayname").len(), 7);
    let legal = |letter: char| matches!(letter, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    assert!(answer.text().chars().all(legal), "{}", seen(&answer));
}

#[test]
fn a_folder_of_1200_entries_is_listed_whole_and_small() {
    let house = house_with(&["/many/"]);
    let authorization = house.authorization();
    let mut wire = house.wire();
    let mut expected: Vec<_> = (0..1200).map(|number| format!("/dav/many/file-{number:04}.txt")).collect();
    for path in &expected {
        assert_eq!(wire.ask("PUT", path, &[("Authorization", &authorization)], "").status, 201);
    }
    expected.insert(0, "/dav/many/".to_owned());
    let answer = house.propfind("/many", "1", "");
    assert_eq!(answer.texts("href"), expected, "in the order of their names");
    // Windows reads a folder up to 1,000,000 bytes: 2,000 entries of this size.
    assert!(
        answer.body.len() / expected.len() < 500,
        "{} bytes an entry",
        answer.body.len() / expected.len()
    );
    let few = house.propfind("/many", "1", &asking("<D:resourcetype/><x xmlns='urn:x'/>"));
    assert_eq!(few.texts("href"), expected);
}
