//! Which requests are answered, and how the others are refused.

use domain::{Error, Known, NodeName, NodePath, Seq, SyncToken, Timestamp, UserName};
use services::files::{self, Changes, ChangesRequest};
use services::users;

use super::*;
use crate::webdav::{TEN_GIB, chunked};

#[track_caller]
pub(super) fn assert_token_refused(answer: &Answer) {
    assert_refused(answer, 403);
    assert!(answer.text().contains("<D:valid-sync-token/>"), "{}", seen(answer));
}

#[track_caller]
fn assert_unsupported(answer: &Answer) {
    assert_refused(answer, 403);
    assert!(answer.text().contains("<D:supported-report/>"), "{}", seen(answer));
}

#[test]
fn a_token_that_says_nothing_of_the_folder_is_refused() {
    let house = house_with(&["/f/", "/f/a", "/g/", "/g/b"]).with_user("ben");
    fill(&house, &["/f/", "/f/a"]);
    let bens = sync(&house, "/f", "").1;
    let house = house.with_user("eve");
    fill(&house, &["/f/", "/f/a", "/g/"]);
    let (_, token) = sync(&house, "/f", "");
    let (folder, seq) = token.split_once('#').unwrap();
    let future = format!("{folder}#{}", seq.parse::<u64>().unwrap() + 1);
    let part = |known: &str| format!("{folder}#{known}");
    for bad in [
        "1",
        "http://example.com/ns/sync/1234",
        folder,
        bens.as_str(),
        &sync(&house, "/", "").1,
        &sync(&house, "/g", "").1,
        &future,
        &part("1-99-61"),
        &part("3-2-61"),
        &part("-99-61"),
        &part("99999999999999999999"),
        &part("1-2-"),
        &part("1-2-zz"),
    ] {
        assert_token_refused(&report(&house, "/f", body(bad, "infinite", GETETAG)));
    }
    // Made up, but harmless: it speaks of a path that is not there.
    assert_eq!(told(&report(&house, "/f", body(&part("0-1-7a7a2f7a"), "infinite", GETETAG))), ["!/dav/f/"]);
    // Another folder under the same name.
    house.relocate("MOVE", "/f", "/h");
    house.mkcol("/f");
    assert_token_refused(&report(&house, "/f", body(&token, "infinite", GETETAG)));
    assert_eq!(sync(&house, "/h", &token).0, [""; 0]);
}

#[test]
fn a_token_older_than_the_history_that_is_kept_is_refused() {
    let house = house_with(&["/f/", "/f/a", "/f/b"]);
    let (_, old) = sync(&house, "/f", "");
    let cut = report(
        &house,
        "/f",
        body("", "1", &format!("{GETETAG}<D:limit><D:nresults>1</D:nresults></D:limit>")),
    );
    house.delete("/f/a");
    let (_, new) = sync(&house, "/f", &old);
    alter(&house, "UPDATE spaces SET history_seq = seq");
    for token in [old, token_of(&cut)] {
        assert_token_refused(&report(&house, "/f", body(&token, "1", GETETAG)));
    }
    assert_eq!(sync(&house, "/f", &new).0, [""; 0]);
    assert_eq!(sync(&house, "/f", "").0, ["/dav/f/b"]);
}

#[test]
fn what_is_forgotten_while_it_is_told_is_not_taken_for_what_never_was() {
    let house = house_with(&["/f/", "/f/a", "/f/b"]);
    let name = UserName::parse(house.user()).unwrap();
    let caller = house.run(users::caller(Timestamp::now(), house.backends(), &name)).unwrap();
    let path = NodePath::new(vec![NodeName::parse("f").unwrap()], 1024).unwrap();
    let begin = async |since: Option<Seq>| {
        let look = files::look(&caller, house.backends(), &path).await.unwrap();
        let since = since.unwrap_or(look.space().seq);
        let known = Known::Everything(since);
        let token = Some(SyncToken { folder: look.get().unwrap().uuid, known });
        let request = ChangesRequest { token, deep: true, entries_max: None, with_properties: false };
        (Changes::begin(&caller, house.backends(), &look, request).await.unwrap(), since)
    };
    let (_, since) = house.run(begin(None));
    let forget = || {
        alter(&house, "UPDATE spaces SET history_seq = seq; DELETE FROM revisions WHERE to_seq IS NOT NULL");
    };
    house.delete("/f/a");
    let (mut told, _) = house.run(begin(Some(since)));
    forget();
    assert!(matches!(house.run(told.next()), Err(Error::Forbidden(_))));
    let (_, since) = house.run(begin(None));
    house.delete("/f/b");
    house.put("/f/c", "c");
    let (mut told, _) = house.run(begin(Some(since)));
    forget();
    assert!(house.run(told.next()).unwrap().is_some());
    assert!(house.run(told.next()).unwrap().is_none());
    assert!(!told.known().1, "the client goes on from there, and is refused");
}

#[test]
fn there_is_one_report_and_it_is_about_folders() {
    let house = house_with(&["/f/", "/f/a"]);
    for other in [
        "<D:version-tree xmlns:D='DAV:'/>",
        "<D:expand-property xmlns:D='DAV:'/>",
        "<C:calendar-query xmlns:C='urn:ietf:params:xml:ns:caldav'/>",
        "<sync-collection/>",
    ] {
        for path in ["/", "/f", "/f/a"] {
            assert_unsupported(&report(&house, path, other));
        }
    }
    assert_unsupported(&report(&house, "/f/a", body("", "1", GETETAG)));
    assert_refused(&report(&house, "/f/missing", body("", "1", GETETAG)), 404);
    assert_refused(&report(&house, "/missing/x", "<D:version-tree xmlns:D='DAV:'/>"), 404);
}

#[test]
fn a_report_that_makes_no_sense_is_refused() {
    let house = house_with(&["/f/", "/f/a"]);
    let nresults = |count: &str| format!("{GETETAG}<D:limit><D:nresults>{count}</D:nresults></D:limit>");
    for sent in [
        String::new(),
        "sync".to_owned(),
        body("", "2", GETETAG),
        body("", "", GETETAG),
        body("", "1", ""),
        body("", "1", &nresults("0")),
        body("", "1", &nresults("-1")),
        body("", "1", &nresults("many")),
        body("", "1", &nresults("")),
        body("", "1", &format!("{GETETAG}<D:limit/>")),
        body("", "1", GETETAG).replace("<D:sync-token></D:sync-token>", ""),
        body("", "1", GETETAG).replace("<D:sync-level>1</D:sync-level>", ""),
    ] {
        assert_refused(&report(&house, "/f", &sent), 400);
    }
    for depth in ["1", "infinity", "x"] {
        assert_refused(&house.ask("REPORT", "/f", &[("Depth", depth)], body("", "1", GETETAG)), 400);
    }
    assert_eq!(house.ask("REPORT", "/f", &[("Depth", "0")], body("", "1", GETETAG)).status, 207);
}

#[test]
fn a_report_of_many_names_or_in_hostile_xml_is_refused() {
    let house = house_with(&["/f/", "/f/a"]);
    let before = snapshot(&house);
    let doctype =
        format!("<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>{}", body("&e;", "1", GETETAG));
    assert_refused(&report(&house, "/f", doctype), 400);
    let names: String = (0..300).map(|number| format!("<D:p{number}/>")).collect();
    assert_refused(&report(&house, "/f", body("", "1", &format!("<D:prop>{names}</D:prop>"))), 413);
    let deep = format!("<D:prop>{}{}</D:prop>", "<D:x>".repeat(40), "</D:x>".repeat(40));
    assert_refused(&report(&house, "/f", body("", "1", &deep)), 413);
    let long = body(&"x".repeat(1024 * 1024), "1", GETETAG);
    let headers = [("Transfer-Encoding", "chunked")];
    assert_refused(&house.ask("REPORT", "/f", &headers, chunked(&long, 60_000)), 413);
    let mut wire = house.wire();
    let authorization = house.authorization();
    wire.send(format!(
        "REPORT /dav/f HTTP/1.1\r\nHost: larder\r\nAuthorization: {authorization}\r\nContent-Length: {TEN_GIB}\r\n\r\n"
    ));
    assert_refused(&wire.answer(), 413);
    assert_eq!(snapshot(&house), before);
}

#[test]
fn strangers_are_told_nothing() {
    let house = house_with(&["/f/", "/f/a"]);
    let wrong = Wire::basic("ann", "wrong");
    for headers in [&[][..], &[("Authorization", wrong.as_str())]] {
        let answer = house.wire().ask("REPORT", "/dav/f", headers, body("", "1", GETETAG));
        assert_refused(&answer, 401);
    }
    // Above the drive there is nothing to tell.
    let authorization = house.authorization();
    let answer =
        house.wire().ask("REPORT", "/", &[("Authorization", &authorization)], body("", "1", GETETAG));
    assert_refused(&answer, 403);
}

#[test]
fn a_report_changes_nothing() {
    let house = house_with(&["/f/", "/f/a"]);
    let before = (snapshot(&house), property(&house, "/", "sync-token"));
    let tag = etag(&house.get("/f/a")).to_owned();
    sync(&house, "/f", "");
    assert_eq!((snapshot(&house), property(&house, "/", "sync-token")), before);
    assert_eq!(etag(&house.get("/f/a")), tag);
}

#[test]
fn a_folder_says_that_it_can_be_synchronized_and_a_file_that_it_cannot() {
    let house = house_with(&["/f/", "/f/a"]);
    let names = "<D:supported-report-set/><D:sync-token/><D:current-user-principal/><D:quota-used-bytes/>";
    let folder = house.propfind("/f", "0", &asking(names)).text();
    let report = "<D:supported-report-set><D:supported-report><D:report><D:sync-collection/></D:report>\
                  </D:supported-report></D:supported-report-set>";
    assert!(folder.contains(report), "{folder}");
    assert!(folder.contains("<D:sync-token>urn:uuid:"), "{folder}");
    let principal = "<D:current-user-principal><D:href>/dav/</D:href></D:current-user-principal>";
    assert!(folder.contains(principal) && folder.contains("<D:quota-used-bytes>4<"), "{folder}");
    let file = house.propfind("/f/a", "0", &asking(names)).text();
    assert!(file.contains("<D:supported-report-set/>"), "{file}");
    let (found, missing) = file.split_once("200 OK").unwrap();
    assert!(found.contains(principal), "{file}");
    assert!(missing.contains("<D:sync-token/>") && missing.contains("<D:quota-used-bytes/>"), "{file}");
    // Finder takes every href in a listing for an entry, and most clients have no use for the others.
    for asked in ["", "<D:propfind xmlns:D='DAV:'><D:allprop/></D:propfind>"] {
        let everything = house.propfind("/f", "1", asked).text();
        for name in ["supported-report-set", "sync-token", "current-user-principal", "quota-"] {
            assert!(!everything.contains(name), "{everything}");
        }
    }
    for name in ["supported-report-set", "sync-token", "current-user-principal"] {
        let refused = patch(&house, "/f", &format!("<D:{name}>x</D:{name}>"));
        assert_eq!(refused.texts("status"), ["HTTP/1.1 403 Forbidden"], "{}", seen(&refused));
    }
}

#[test]
fn at_an_address_of_its_own_the_drive_is_all_there_is() {
    let house = TestHouse::with_settings(&[("webdav.listen", "127.0.0.1:0")]).with_user("ann");
    fill(&house, &["/f/", "/f/a"]);
    let authorization = house.authorization();
    let headers = [("Authorization", authorization.as_str()), ("Depth", "0")];
    let answer = house.drive_wire().ask("REPORT", "/", &headers, body("", "infinite", GETETAG));
    assert_eq!(told(&answer), ["/f/", "/f/a"]);
    let asked = asking("<D:current-user-principal/>");
    let principal = house.drive_wire().ask("PROPFIND", "/f", &headers, asked);
    assert_eq!(principal.texts("href"), ["/f/", "/"]);
}
