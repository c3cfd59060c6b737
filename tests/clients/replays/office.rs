//! Microsoft Office: opening a document by its address, and saving one on a mapped drive.

use super::house;
use super::readers::{all_taken, property};
use super::script::{Letterhead, Line, Replay, Step};
use super::state::{Held, held, holds};
use super::varied;
use super::windows::{self, lock, mapped, propfind, put_content, set_properties, unlock};
use crate::support::TestHouse;

const PROTOCOL_DISCOVERY: Letterhead = &[
    Line::Is("User-Agent", "Microsoft Office Protocol Discovery"),
    Line::Is("Connection", "Keep-Alive"),
    Line::Host,
];
const EXISTENCE_DISCOVERY: Letterhead = &[
    Line::Is("User-Agent", "Microsoft Office Existence Discovery"),
    Line::Is("Connection", "Keep-Alive"),
    Line::Login,
    Line::Host,
];
const WORD: Letterhead = &[
    Line::Own,
    Line::Login,
    Line::Is("User-Agent", "Microsoft Office Word 2014"),
    Line::Is("X-Office-Major-Version", "16"),
    Line::Is("X-MS-CookieUri-Requested", "t"),
    Line::Is("X-FeatureVersion", "1"),
    Line::Is("translate", "f"),
    Line::Is("X-IDCRL_ACCEPTED", "t"),
    Line::Length,
    Line::Host,
];
/// Office 2011 for the Mac.
const MAC_OFFICE: Letterhead = &[
    Line::Is("From", "127.0.0.1"),
    Line::Is("User-Agent", "Microsoft Office"),
    Line::Is("Accept", "*/*"),
    Line::Is("Accept-Language", "en"),
    Line::Is("Translate", "f"),
    Line::Is("Brief", "t"),
    Line::Own,
    Line::Login,
    Line::Length,
    Line::Is("Connection", "Keep-Alive"),
    Line::Host,
];

const MAC_OFFICE_ASKS: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?><D:propfind xmlns:D=\"DAV:\"><D:prop>\
    <D:resourcetype/><D:getetag/><D:getcontentlength/><D:getmodifiedby/><D:creationdate/><D:getlastmodified/>\
    <D:lockdiscovery/><D:supportedlock/></D:prop></D:propfind>";

const FILE: &str = "/dav/Reports/Jahresbericht.docx";

fn word<'r, 'h>(office: &'r mut Replay<'h>, method: &'static str) -> Step<'r, 'h> {
    office.ask(method, FILE)
}

#[track_caller]
fn open_for_editing(office: &mut Replay<'_>) -> String {
    let step = word(office, "LOCK").with("Content-Type", "text/xml; charset=\"utf-8\"");
    let answer = step.with("Timeout", "Second-180").body(windows::LOCKINFO).gets(200);
    // A lock of less than three minutes would end before Office refreshes it.
    assert!(answer.text().contains("<D:timeout>Second-180</D:timeout>"), "{}", answer.text());
    answer.header("lock-token").unwrap().trim_matches(['<', '>']).to_owned()
}

fn house_with_document() -> TestHouse {
    let house = house();
    house.mkcol("/Reports");
    house.put("/Reports/Jahresbericht.docx", "first words");
    house
}

#[test]
fn a_document_is_opened_by_its_address_edited_and_saved() {
    let house = house_with_document();
    let mut office = Replay::new(&house, WORD);
    for target in ["/dav/Reports/", FILE] {
        let options = office.ask("OPTIONS", target).on(PROTOCOL_DISCOVERY).without_login().gets(200);
        assert_eq!(options.header("ms-author-via"), Some("DAV"));
    }
    // Anonymous until the first 401; the first log-in is an empty Bearer.
    office.ask("HEAD", FILE).on(EXISTENCE_DISCOVERY).without_login().gets(401);
    for target in ["/dav/Reports/", FILE] {
        office.ask("HEAD", target).on(EXISTENCE_DISCOVERY).gets(200);
    }
    word(&mut office, "GET").without_login().with("Authorization", "Bearer").gets(401);
    let token = open_for_editing(&mut office);
    assert_eq!(word(&mut office, "GET").gets(200).text(), "first words");
    for _ in 0..2 {
        let step = word(&mut office, "LOCK").with("Timeout", "Second-180").with("If", format!("(<{token}>)"));
        assert!(step.body("").gets(200).text().contains(&token));
    }
    let saved = word(&mut office, "PUT").with("If", format!("(<{token}>)")).body("second words").gets(204);
    let head = office.ask("HEAD", FILE).on(EXISTENCE_DISCOVERY).gets(200);
    assert_eq!((head.header("etag"), head.header("content-length")), (saved.header("etag"), Some("12")));
    // Office sets the times of a file it has locked itself without its token, and gives up where that fails.
    let step = word(&mut office, "PROPPATCH").with("Content-Type", "text/xml; charset=\"utf-8\"");
    all_taken(&step.body(windows::win32_properties("00002002")).gets(207), 4);
    assert_eq!(word(&mut office, "GET").gets(200).text(), "second words");
    word(&mut office, "UNLOCK").with("Lock-Token", format!("<{token}>")).gets(204);
    let expected = Held::with(&[("Reports/", 0, 0), ("Reports/Jahresbericht.docx", 12, 2)]);
    assert_eq!(held(&house), expected.store(2, 23));
}

#[test]
fn a_document_open_elsewhere_is_opened_for_reading() {
    let house = house_with_document();
    let mut first = Replay::new(&house, WORD);
    let token = open_for_editing(&mut first);
    let mut second = Replay::new(&house, WORD);
    let lock = |office: &mut Replay<'_>, status| {
        let step = word(office, "LOCK").with("Content-Type", "text/xml; charset=\"utf-8\"");
        step.with("Timeout", "Second-180").body(windows::LOCKINFO).gets(status)
    };
    // It waits for the other by asking again and again.
    for _ in 0..3 {
        lock(&mut second, 423);
    }
    assert_eq!(word(&mut second, "GET").gets(200).text(), "first words");
    word(&mut second, "PUT").body("lost").gets(423);
    word(&mut first, "UNLOCK").with("Lock-Token", format!("<{token}>")).gets(204);
    let answer = lock(&mut second, 200);
    let token = answer.header("lock-token").unwrap().to_owned();
    word(&mut second, "UNLOCK").with("Lock-Token", token).gets(204);
    holds(&house, &[("Reports/", 0, 0), ("Reports/Jahresbericht.docx", 11, 1)]);
}

#[test]
fn a_document_can_be_created_by_locking_its_name() {
    let house = house();
    house.mkcol("/Reports");
    let mut office = Replay::new(&house, WORD);
    office.ask("HEAD", FILE).on(EXISTENCE_DISCOVERY).gets(404);
    let step = word(&mut office, "LOCK").with("Content-Type", "text/xml; charset=\"utf-8\"");
    let created = step.with("Timeout", "Second-180").body(windows::LOCKINFO).gets(201);
    let token = created.header("lock-token").unwrap().trim_matches(['<', '>']).to_owned();
    word(&mut office, "PUT").with("If", format!("(<{token}>)")).body("words").gets(204);
    word(&mut office, "UNLOCK").with("Lock-Token", format!("<{token}>")).gets(204);
    holds(&house, &[("Reports/", 0, 0), ("Reports/Jahresbericht.docx", 5, 1)]);
}

#[test]
fn office_for_the_mac_finds_the_lock_it_asks_for() {
    let house = house_with_document();
    let mut office = Replay::new(&house, WORD);
    let token = open_for_editing(&mut office);
    let step = office.ask("PROPFIND", FILE).on(MAC_OFFICE).with("Depth", "0");
    let answer = step.with("Content-Type", "text/xml; charset=utf-8").body(MAC_OFFICE_ASKS).gets(207);
    assert!(answer.text().contains(&token), "{}", answer.text());
    assert!(
        answer.text().contains("<D:supportedlock><D:lockentry><D:lockscope><D:exclusive/>"),
        "{}",
        answer.text()
    );
    assert_eq!(property(&answer, "getcontentlength"), "11");
    word(&mut office, "UNLOCK").with("Lock-Token", format!("<{token}>")).gets(204);
}

/// Writes a file with the sequence that every new file on a mapped drive takes.
fn create(pc: &mut Replay<'_>, target: &str, content: &[u8], attributes: &str) {
    propfind(pc, target, "0").gets(404);
    pc.ask("PUT", target).body("").gets(201);
    let token = lock(pc, target);
    windows::head(pc, target, 200);
    put_content(pc, target, &token, content).gets(204);
    set_properties(pc, target, Some(&token), attributes);
    unlock(pc, target, &token);
    propfind(pc, target, "0").gets(207);
}

#[test]
fn word_on_a_mapped_drive_saves_by_exchanging_files() {
    let house = house_with_document();
    let mut pc = mapped(&house);
    let (owner, temporary, backup) =
        ("/dav/Reports/~%24hresbericht.docx", "/dav/Reports/~WRD0000.tmp", "/dav/Reports/~WRL0003.tmp");
    propfind(&mut pc, FILE, "0").gets(207);
    let token = lock(&mut pc, FILE);
    assert_eq!(pc.ask("GET", FILE).gets(200).text(), "first words");
    // Who has the document open, for others who want it.
    create(&mut pc, owner, &varied(162), "00000022");
    create(&mut pc, temporary, b"second words", "00000020");
    unlock(&mut pc, FILE, &token);
    for (from, to) in [(FILE, backup), (temporary, FILE)] {
        propfind(&mut pc, to, "0").gets(404);
        let to = pc.url(to);
        pc.ask("MOVE", from).with("Destination", to).with("Overwrite", "F").body("").gets(201);
    }
    let token = lock(&mut pc, FILE);
    pc.ask("DELETE", backup).gets(204);
    unlock(&mut pc, FILE, &token);
    assert!(pc.ask("GET", owner).gets(200).body == varied(162));
    assert_eq!(pc.ask("GET", FILE).gets(200).text(), "second words");
    let expected = Held::with(&[("Reports/", 0, 0), ("Reports/Jahresbericht.docx", 12, 1)]);
    let expected = expected.trash(&["~WRL0003.tmp"]).store(2, 23);
    assert_eq!(
        held(&house),
        expected,
        "the owner file is nobody else's, and the earlier document is in the trash"
    );
    pc.ask("DELETE", owner).gets(204);
    propfind(&mut pc, owner, "0").gets(404);
    assert_eq!(held(&house), expected);
}

#[test]
fn excel_on_a_mapped_drive_saves_over_its_locked_workbook() {
    let house = house_with_document();
    let mut pc = mapped(&house);
    let temporary = "/dav/Reports/A1B2C3D4";
    let token = lock(&mut pc, FILE);
    create(&mut pc, temporary, b"second words", "00000020");
    let to = pc.url(FILE);
    let step = pc.ask("MOVE", temporary).with("Destination", &to).with("Overwrite", "T");
    step.body("").gets(423);
    // The token of what is replaced goes along, by its path.
    let step = pc.ask("MOVE", temporary).with("Destination", &to).with("Overwrite", "T");
    step.with("If", format!("<{to}> (<{token}>)")).body("").gets(204);
    assert_eq!(pc.ask("GET", FILE).gets(200).text(), "second words");
    let expected = Held::with(&[("Reports/", 0, 0), ("Reports/Jahresbericht.docx", 12, 1)]);
    assert_eq!(held(&house), expected.trash(&["Jahresbericht.docx"]).store(2, 23));
}
