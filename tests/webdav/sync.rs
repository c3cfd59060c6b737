//! REPORT sync-collection (RFC 6578): what a client is told of the changes in a folder.

mod partial;
mod requests;

use super::{
    alter, ask_for_lock, asking, assert_refused, etag, fill, holding, house_with, lock, property, seen,
    snapshot,
};
use crate::support::{Answer, TestHouse, Wire};

const GETETAG: &str = "<D:prop><D:getetag/></D:prop>";

/// The body of a report from a token on; what else is in it comes last.
fn body(token: &str, level: &str, rest: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><D:sync-collection xmlns:D=\"DAV:\">\
         <D:sync-token>{token}</D:sync-token><D:sync-level>{level}</D:sync-level>{rest}</D:sync-collection>"
    )
}

fn report(house: &TestHouse, path: &str, body: impl AsRef<str>) -> Answer {
    house.ask("REPORT", path, &[], body.as_ref())
}

/// What has changed below a folder since a token, and the next token.
#[track_caller]
pub(super) fn sync(house: &TestHouse, path: &str, token: &str) -> (Vec<String>, String) {
    let answer = report(house, path, body(token, "infinite", GETETAG));
    (told(&answer), token_of(&answer))
}

/// Each response as its href, behind a `-` if it is gone, and behind a `!` if the answer is cut there.
#[track_caller]
fn told(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 207, "{}", seen(answer));
    let text = answer.text();
    let entry = |response: &str| {
        let (href, rest) = response.strip_prefix("<D:href>").unwrap().split_once("</D:href>").unwrap();
        let mark = match rest {
            rest if rest.starts_with("<D:propstat>") && !rest.contains("</D:propstat><D:status>") => "",
            "<D:status>HTTP/1.1 404 Not Found</D:status>" => "-",
            "<D:status>HTTP/1.1 507 Insufficient Storage</D:status>\
             <D:error><D:number-of-matches-within-limits/></D:error>" => "!",
            rest => panic!("{rest}"),
        };
        format!("{mark}{href}")
    };
    let responses = text.split("<D:response>").skip(1);
    responses.map(|response| entry(response.split_once("</D:response>").unwrap().0)).collect()
}

#[track_caller]
fn token_of(answer: &Answer) -> String {
    let tokens = answer.texts("sync-token");
    assert!(answer.text().ends_with("</D:sync-token></D:multistatus>"), "{}", seen(answer));
    assert_eq!(tokens.len(), 1, "{}", seen(answer));
    tokens[0].clone()
}

fn patch(house: &TestHouse, path: &str, element: &str) -> Answer {
    let body = format!(
        "<D:propertyupdate xmlns:D=\"DAV:\"><D:set><D:prop>{element}</D:prop></D:set></D:propertyupdate>"
    );
    house.ask("PROPPATCH", path, &[], body)
}

#[test]
fn who_knows_nothing_is_told_of_everything_a_folder_before_what_is_in_it() {
    let house = house_with(&["/f/", "/f/b", "/f/a/", "/f/a/x", "/f/a/deep/", "/f/a/deep/y", "/other"]);
    house.delete("/f/b");
    house.put("/f/c%20d", "x");
    let answer = report(&house, "/f", body("", "infinite", GETETAG));
    let below = ["/dav/f/a/", "/dav/f/a/deep/", "/dav/f/a/deep/y", "/dav/f/a/x", "/dav/f/c%20d"];
    assert_eq!(told(&answer), below);
    for (href, tag) in answer.texts("href").iter().zip(answer.texts("getetag")) {
        assert_eq!(tag, property(&house, href.strip_prefix("/dav").unwrap(), "getetag"), "{href}");
    }
    assert_eq!(told(&report(&house, "/", body("", "1", GETETAG))), ["/dav/f/", "/dav/other"]);
}

#[test]
fn where_nothing_has_changed_nothing_is_told() {
    let house = house_with(&["/f/", "/f/a", "/f/g/", "/g/"]);
    let (_, token) = sync(&house, "/f", "");
    assert_eq!(token, property(&house, "/f", "sync-token"));
    assert_eq!(sync(&house, "/f", &token), (vec![], token.clone()));
    // Changes elsewhere, and locks, which change nothing of what they lie on.
    fill(&house, &["/g/x", "/y"]);
    lock(&house, "/f/a", "0");
    let (told, next) = sync(&house, "/f", &token);
    assert_eq!(told, [""; 0]);
    assert_eq!(next, property(&house, "/f", "sync-token"));
    for token in [token, next] {
        assert_eq!(sync(&house, "/f", &token).0, [""; 0]);
    }
}

#[test]
fn each_change_is_told_once_and_nothing_else_is() {
    let house = house_with(&["/f/", "/f/a", "/f/d/", "/f/d/x", "/f/e/", "/f/e/y", "/out/", "/in/", "/in/z"]);
    let mut token = sync(&house, "/f", "").1;
    let mut after = |answer: Answer, expected: &[&str]| {
        assert!(matches!(answer.status, 200 | 201 | 204 | 207), "{}", seen(&answer));
        let (told, next) = sync(&house, "/f", &token);
        let below = told.iter().map(|entry| entry.replacen("/dav/f/", "", 1)).collect::<Vec<_>>();
        assert_eq!(below, expected);
        assert_eq!(sync(&house, "/f", &next).0, [""; 0]);
        token = next;
    };
    after(house.put("/f/b", "new"), &["b"]);
    after(house.put("/f/b", "other"), &["b"]);
    after(house.put("/f/d/x", "x"), &["d/", "d/x"]);
    after(patch(&house, "/f/d/x", "<p xmlns='urn:x'>1</p>"), &["d/", "d/x"]);
    after(patch(&house, "/f/d", "<p xmlns='urn:x'>1</p>"), &["d/"]);
    after(house.mkcol("/f/d/new"), &["d/", "d/new/"]);
    let locked = ask_for_lock(&house, "/f/locked", "0", "exclusive");
    let token_of_lock = super::token_of(&locked);
    after(locked, &["locked"]);
    after(house.ask("DELETE", "/f/locked", &[("If", &holding(&token_of_lock))], ""), &["-locked"]);
    after(house.relocate("MOVE", "/f/b", "/f/c"), &["-b", "c"]);
    after(house.relocate("MOVE", "/f/d", "/f/e/d"), &["-d/", "e/", "e/d/", "e/d/new/", "e/d/x"]);
    after(house.relocate("MOVE", "/f/e/d/x", "/f/a"), &["a", "e/", "e/d/", "-e/d/x"]);
    after(house.relocate("COPY", "/f/e", "/f/copy"), &["copy/", "copy/d/", "copy/d/new/", "copy/y"]);
    after(house.relocate("MOVE", "/f/copy", "/out/copy"), &["-copy/"]);
    after(house.relocate("MOVE", "/in", "/f/in"), &["in/", "in/z"]);
    after(house.delete("/f/e/d/new"), &["e/", "e/d/", "-e/d/new/"]);
    after(house.delete("/f/e"), &["-e/"]);
}

#[test]
fn what_came_and_went_in_between_is_told_as_gone() {
    // RFC 6578 §3.5.2: whoever put it there may believe it to be there.
    let house = house_with(&["/f/", "/f/d/"]);
    let (_, token) = sync(&house, "/f", "");
    fill(&house, &["/f/d/x", "/f/new/", "/f/new/y"]);
    house.delete("/f/d/x");
    house.relocate("MOVE", "/f/new", "/gone");
    assert_eq!(sync(&house, "/f", &token).0, ["/dav/f/d/", "-/dav/f/d/x", "-/dav/f/new/"]);
}

#[test]
fn what_never_was_in_the_folder_is_not_told_as_gone() {
    let house = house_with(&["/f/", "/g/", "/g/h/"]);
    let (_, token) = sync(&house, "/f", "");
    fill(&house, &["/g/x", "/g/h/y"]);
    house.delete("/g/x");
    house.delete("/g/h/y");
    house.relocate("MOVE", "/g", "/f/g");
    assert_eq!(sync(&house, "/f", &token).0, ["/dav/f/g/", "/dav/f/g/h/"]);
}

#[test]
fn a_name_that_is_taken_again_is_told_as_changed_only() {
    let house = house_with(&["/f/", "/f/file", "/f/folder/", "/f/folder/x", "/f/other", "/g"]);
    let (_, token) = sync(&house, "/f", "");
    house.delete("/f/file");
    house.put("/f/file", "again");
    house.relocate("MOVE", "/g", "/f/other");
    let (told, token) = (sync(&house, "/f", &token).0, sync(&house, "/f", &token).1);
    assert_eq!(told, ["/dav/f/file", "/dav/f/other"]);
    // A file where a folder was, and a folder where a file was.
    house.delete("/f/folder");
    house.put("/f/folder", "a file");
    house.delete("/f/file");
    fill(&house, &["/f/file/", "/f/file/x"]);
    assert_eq!(sync(&house, "/f", &token).0, ["/dav/f/file/", "/dav/f/file/x", "/dav/f/folder"]);
}

#[test]
fn of_a_folder_that_took_the_place_of_another_one_learns_what_is_in_it_no_longer() {
    let both = ["/f/", "/f/d/", "/f/d/both", "/f/d/old", "/f/d/s/", "/f/d/s/t/", "/f/d/s/t/old", "/f/d/s/u/"];
    let anew = ["/f/d/", "/f/d/both", "/f/d/new", "/f/d/s/", "/f/d/s/t/"];
    let expected = ["d/", "d/both", "d/new", "-d/old", "d/s/", "d/s/t/", "-d/s/t/old", "-d/s/u/"];
    let ways: [fn(&TestHouse); 4] = [
        |house| {
            house.delete("/f/d");
        },
        |house| {
            house.relocate("MOVE", "/f/d", "/elsewhere");
            house.delete("/elsewhere/s/t/old");
        },
        |house| {
            // One more in between, with something of its own in it.
            house.delete("/f/d");
            fill(house, &["/f/d/", "/f/d/s/"]);
            house.delete("/f/d");
        },
        |house| {
            // Some of it was gone already.
            house.delete("/f/d/old");
            house.delete("/f/d/s/t");
            house.delete("/f/d");
        },
    ];
    for take_away in ways {
        let house = house_with(&both);
        let (_, token) = sync(&house, "/f", "");
        take_away(&house);
        fill(&house, &anew);
        let told = sync(&house, "/f", &token).0;
        let below = told.iter().map(|entry| entry.replacen("/dav/f/", "", 1)).collect::<Vec<_>>();
        assert_eq!(below, expected);
    }
}

#[test]
fn a_folder_moved_onto_another_or_away_and_back_is_told_the_same_way() {
    let house = house_with(&["/f/", "/f/d/", "/f/d/old", "/f/e/", "/f/e/new"]);
    let (_, token) = sync(&house, "/f", "");
    assert_eq!(house.relocate("MOVE", "/f/e", "/f/d").status, 204);
    let (told, token) = (sync(&house, "/f", &token).0, sync(&house, "/f", &token).1);
    assert_eq!(told, ["/dav/f/d/", "/dav/f/d/new", "-/dav/f/d/old", "-/dav/f/e/"]);
    house.relocate("MOVE", "/f/d", "/away");
    fill(&house, &["/away/x"]);
    house.delete("/away/new");
    house.relocate("MOVE", "/away", "/f/d");
    assert_eq!(sync(&house, "/f", &token).0, ["/dav/f/d/", "-/dav/f/d/new", "/dav/f/d/x"]);
}

#[test]
fn of_one_level_only_the_members_are_told() {
    let house = house_with(&["/f/", "/f/a", "/f/b", "/f/d/", "/f/d/x", "/f/e/"]);
    let first = report(&house, "/f", body("", "1", GETETAG));
    assert_eq!(told(&first), ["/dav/f/a", "/dav/f/b", "/dav/f/d/", "/dav/f/e/"]);
    house.delete("/f/a");
    house.put("/f/d/x", "other");
    house.delete("/f/e");
    fill(&house, &["/f/e/", "/f/e/y"]);
    let next = report(&house, "/f", body(&token_of(&first), "1", GETETAG));
    // A folder's entity tag changes with what is in it.
    assert_eq!(told(&next), ["-/dav/f/a", "/dav/f/d/", "/dav/f/e/"]);
    // Older clients say the level by Depth (RFC 6578 appendix A).
    let without = "<D:sync-collection xmlns:D='DAV:'><D:sync-token/><D:prop/></D:sync-collection>";
    for (depth, count) in [("1", 3), ("infinity", 5)] {
        let answer = house.ask("REPORT", "/f", &[("Depth", depth)], without);
        assert_eq!(told(&answer).len(), count, "{}", seen(&answer));
    }
}

#[test]
fn an_entry_shows_what_a_listing_would() {
    let house = house_with(&["/f/", "/f/d/", "/f/d/e/", "/f/d/e/x", "/f/y"]);
    patch(&house, "/f/d/e/x", "<p xmlns='urn:x'>kept</p>");
    patch(&house, "/f/d/e/x", "<D:displayname>Shown</D:displayname>");
    for (path, depth) in [("/f", "infinity"), ("/f/d", "infinity"), ("/f/d/e/x", "0"), ("/f/y", "0")] {
        ask_for_lock(&house, path, depth, "shared");
    }
    ask_for_lock(&house, "/f/d/e", "0", "shared");
    let names = "<p xmlns='urn:x'/><q xmlns='urn:x'/><D:resourcetype/><D:getetag/><D:getcontentlength/>\
                 <D:displayname/><D:lockdiscovery/><D:sync-token/><D:quota-used-bytes/><D:supported-report-set/>";
    let answer = report(&house, "/f", body("", "infinite", &format!("<D:prop>{names}</D:prop>")));
    let entry = |answer: &Answer, href: &str| {
        let text = answer.text();
        let begin = text.find(&format!("<D:response><D:href>{href}</D:href>")).unwrap();
        let entry = text[begin..].split_once("</D:response>").unwrap().0;
        // How long the locks are still for may have gone down meanwhile.
        let parts = entry.split("<D:timeout>").map(|part| part.trim_start_matches(|c| c != '<').to_owned());
        parts.collect::<Vec<_>>()
    };
    for href in ["/dav/f/d/", "/dav/f/d/e/", "/dav/f/d/e/x", "/dav/f/y"] {
        let path = href.strip_prefix("/dav").unwrap();
        let listed = house.propfind(path, "0", &asking(names));
        assert_eq!(entry(&answer, href), entry(&listed, href));
    }
    assert_eq!(answer.texts("lockroot").len(), 2 + 3 + 3 + 2);
}

#[test]
fn names_are_spelled_as_in_a_listing_whatever_the_form_of_the_request() {
    let house = house_with(&["/%C3%BC/", "/%C3%BC/a%20%26%3C%C3%A9%3E/", "/%C3%BC/a%20%26%3C%C3%A9%3E/x"]);
    // The path as macOS spells it, decomposed.
    let (told, token) = sync(&house, "/u%CC%88", "");
    assert_eq!(told, ["/dav/u%CC%88/a%20%26%3C%C3%A9%3E/", "/dav/u%CC%88/a%20%26%3C%C3%A9%3E/x"]);
    house.delete("/%C3%BC/a%20%26%3Ce%CC%81%3E");
    assert_eq!(sync(&house, "/%c3%bc/", &token).0, ["-/dav/%c3%bc/a%20%26%3C%C3%A9%3E/"]);
}

#[test]
fn a_folder_that_has_moved_goes_on_from_where_it_was() {
    let house = house_with(&["/f/", "/f/a", "/f/b"]);
    let (_, token) = sync(&house, "/f", "");
    house.relocate("MOVE", "/f", "/moved");
    house.delete("/moved/a");
    assert_eq!(sync(&house, "/moved", &token).0, ["-/dav/moved/a"]);
}

#[test]
fn a_request_can_be_made_on_condition_that_a_folder_is_as_one_knows_it() {
    // RFC 6578 §5
    let house = house_with(&["/f/", "/f/a", "/g/"]);
    let (_, token) = sync(&house, "/f", "");
    let put =
        |path: &str, token: &str| house.ask("PUT", path, &[("If", &format!("</dav/f/> (<{token}>)"))], "x");
    assert_refused(&put("/f/b", &property(&house, "/g", "sync-token")), 412);
    assert_refused(&put("/f/b", &token.replace('#', "#1-")), 412);
    fill(&house, &["/g/elsewhere"]);
    assert_eq!(put("/f/b", &token).status, 201);
    assert_refused(&put("/f/c", &token), 412);
    let (_, token) = sync(&house, "/f", &token);
    let headers = [("If", format!("</dav/f/> (Not <{token}>) </dav/f> (<{token}>)"))];
    assert_eq!(house.ask("MKCOL", "/f/d", &[("If", &headers[0].1)], "").status, 201);
    assert_eq!(house.ask("DELETE", "/f", &[("If", &holding(&token))], "").status, 412);
    let (_, token) = sync(&house, "/f", &token);
    assert_eq!(house.ask("DELETE", "/f", &[("If", &holding(&token))], "").status, 204);
}
