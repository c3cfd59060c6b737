//! The Windows network drive: the WebClient service's mini-redirector, as it mounts, lists and copies in.

use super::readers::{all_taken, entry, property, windows};
use super::script::{Letterhead, Line, Replay, Step};
use super::state::{holds, revisions};
use super::{house, varied};
use crate::support::{Answer, TestHouse, Wire};

const AGENT: Line = Line::Is("User-Agent", "Microsoft-WebDAV-MiniRedir/10.0.26200");

pub const MINI_REDIRECTOR: Letterhead = &[
    Line::Is("Connection", "Keep-Alive"),
    AGENT,
    Line::Own,
    Line::Is("translate", "f"),
    Line::Length,
    Line::Host,
    Line::Login,
];

/// What LOCK, UNLOCK, PROPPATCH and the PUT of content go with.
const WRITES: Letterhead = &[
    Line::Is("Cache-Control", "no-cache"),
    Line::Is("Connection", "Keep-Alive"),
    Line::Is("Pragma", "no-cache"),
    AGENT,
    Line::Own,
    Line::Is("translate", "f"),
    Line::Length,
    Line::Host,
    Line::Login,
];

/// HEAD alone comes without `translate`.
const HEADS: Letterhead = &[Line::Is("Connection", "Keep-Alive"), AGENT, Line::Host, Line::Login];

pub const LOCKINFO: &str = "<?xml version=\"1.0\" encoding=\"utf-8\" ?><D:lockinfo xmlns:D=\"DAV:\"><D:lockscope>\
    <D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype><D:owner><D:href>DESKTOP-1\\ann</D:href></D:owner>\
    </D:lockinfo>";

/// Three moments that a file on the disk of the PC carries.
pub const CREATED: &str = "Sat, 16 Feb 2019 18:24:58 GMT";
pub const READ: &str = "Fri, 25 Sep 2026 10:11:12 GMT";
pub const MODIFIED: &str = "Tue, 03 Mar 2020 07:08:09 GMT";

/// The attributes and times of a file, as Windows sets them after it has copied it.
pub fn win32_properties(attributes: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\" ?><D:propertyupdate xmlns:D=\"DAV:\" \
         xmlns:Z=\"urn:schemas-microsoft-com:\"><D:set><D:prop><Z:Win32CreationTime>{CREATED}</Z:Win32CreationTime>\
         <Z:Win32LastAccessTime>{READ}</Z:Win32LastAccessTime><Z:Win32LastModifiedTime>{MODIFIED}\
         </Z:Win32LastModifiedTime><Z:Win32FileAttributes>{attributes}</Z:Win32FileAttributes></D:prop></D:set>\
         </D:propertyupdate>"
    )
}

pub fn mapped(house: &TestHouse) -> Replay<'_> {
    Replay::new(house, MINI_REDIRECTOR)
}

/// A PROPFIND without a body, which asks for everything.
pub fn propfind<'r, 'h>(pc: &'r mut Replay<'h>, target: &str, depth: &str) -> Step<'r, 'h> {
    pc.ask("PROPFIND", target).with("Depth", depth).body("")
}

/// LOCK, UNLOCK, PROPPATCH and the PUT of content.
pub fn write<'r, 'h>(pc: &'r mut Replay<'h>, method: &'static str, target: &str) -> Step<'r, 'h> {
    pc.ask(method, target).on(WRITES)
}

pub fn ask_for_lock<'r, 'h>(pc: &'r mut Replay<'h>, target: &str) -> Step<'r, 'h> {
    let step = write(pc, "LOCK", target).with("Content-Type", "text/xml; charset=\"utf-8\"");
    step.with("Timeout", "Second-3600").body(LOCKINFO)
}

/// Locks without a Depth, which means infinity; Windows takes the token from the header.
#[track_caller]
pub fn lock(pc: &mut Replay<'_>, target: &str) -> String {
    let answer = ask_for_lock(pc, target).gets(200);
    assert!(answer.text().contains("<D:depth>infinity</D:depth>"), "{}", answer.text());
    assert!(answer.text().contains("<D:timeout>Second-3600</D:timeout>"), "{}", answer.text());
    assert!(answer.text().contains("DESKTOP-1\\ann"), "the owner comes back: {}", answer.text());
    answer.header("lock-token").unwrap().trim_matches(['<', '>']).to_owned()
}

#[track_caller]
pub fn unlock(pc: &mut Replay<'_>, target: &str, token: &str) {
    write(pc, "UNLOCK", target).with("Lock-Token", format!("<{token}>")).gets(204);
}

#[track_caller]
pub fn set_properties(pc: &mut Replay<'_>, target: &str, token: Option<&str>, attributes: &str) {
    let mut step = write(pc, "PROPPATCH", target).with("Content-Type", "text/xml; charset=\"utf-8\"");
    if let Some(token) = token {
        step = step.with("If", format!("(<{token}>)"));
    }
    all_taken(&step.body(win32_properties(attributes)).gets(207), 4);
}

pub fn put_content<'r, 'h>(
    pc: &'r mut Replay<'h>,
    target: &str,
    token: &str,
    content: &[u8],
) -> Step<'r, 'h> {
    write(pc, "PUT", target).with("If", format!("(<{token}>)")).body(content)
}

#[track_caller]
pub fn head(pc: &mut Replay<'_>, target: &str, status: u16) -> Answer {
    pc.ask("HEAD", target).on(HEADS).gets(status)
}

#[test]
fn the_bodies_are_as_long_as_those_of_windows() {
    assert_eq!((win32_properties("00000020").len(), LOCKINFO.len()), (443, 204));
}

#[test]
fn a_drive_letter_is_mapped_by_walking_down_to_it() {
    let house = house();
    house.mkcol("/Reports");
    house.mkcol("/Reports/2026");
    let mut pc = mapped(&house);
    for target in ["/", "/dav", "/dav/Reports/2026"] {
        let answer = pc.ask("OPTIONS", target).without_login().gets(200);
        assert_eq!(answer.header("ms-author-via"), Some("DAV"));
        assert!(answer.header("dav").unwrap().starts_with("1, 2"), "{answer:?}");
        assert_eq!(answer.header("content-length"), Some("0"));
    }
    // Nothing is readable without a log-in, or Windows never logs in.
    for target in ["/", "/dav", "/dav/Reports"] {
        propfind(&mut pc, target, "0").without_login().gets(401);
    }
    for target in ["/", "/dav", "/dav/Reports", "/dav/Reports/2026", "/dav/", "/dav/Reports/"] {
        let answer = propfind(&mut pc, target, "0").gets(207);
        assert!(answer.text().contains("<D:resourcetype><D:collection/></D:resourcetype>"), "{target}");
        assert_eq!(answer.texts("response").len(), 1, "{target}");
    }
    assert_eq!(windows(&propfind(&mut pc, "/", "1").gets(207), "/")[0].entry, entry("dav/", 0));
}

#[test]
fn the_pc_or_the_domain_stands_before_the_name() {
    let house = house();
    let mut pc = mapped(&house);
    for name in ["DESKTOP-1\\ann", "CORP\\ann", "ann"] {
        pc.log_in_with(Wire::basic(name, house.password()));
        propfind(&mut pc, "/dav", "0").gets(207);
    }
}

#[test]
fn a_folder_is_listed_and_what_explorer_looks_for_is_not_there() {
    let house = house();
    house.mkcol("/Reports");
    house.put("/Reports/Jahresbericht%20%28Entwurf%29%20R%26D.docx", varied(100));
    house.mkcol("/Reports/Old");
    let mut pc = mapped(&house);
    for target in ["/dav/Reports", "/dav/Reports/"] {
        let mut seen = windows(&propfind(&mut pc, target, "1").gets(207), target);
        seen.sort_by_key(|shown| shown.entry.bytes);
        assert_eq!((&seen[0].entry, seen[0].attributes.as_str()), (&entry("Old/", 0), "00000010"));
        let report = entry("Jahresbericht (Entwurf) R&D.docx", 100);
        assert_eq!((&seen[1].entry, seen[1].attributes.as_str()), (&report, "00000020"));
        assert_eq!(seen.len(), 2);
    }
    for probe in ["desktop.ini", "folder.jpg", "folder.gif", "Thumbs.db", "AutoRun.inf"] {
        let missing = propfind(&mut pc, &format!("/dav/Reports/{probe}"), "0").gets(404);
        assert_eq!(
            missing.header("cache-control"),
            Some("no-store"),
            "Windows would remember it for a minute"
        );
    }
}

/// `FileAttributesLimitInBytes`: a folder is readable up to a million bytes of answer.
#[test]
fn a_folder_of_two_thousand_files_can_be_opened() {
    const FILES: usize = 120;
    let house = house();
    let mut pc = mapped(&house);
    let plain = ("/Reports", "Minutes-of-the-meeting", 400);
    for (folder, name, bytes_max) in [plain, ("/Shared%20documents", "Report%20of%20September%20", 499)] {
        house.mkcol(folder);
        for number in 1000..1000 + FILES {
            house.put(&format!("{folder}/{name}{number}.docx"), "");
        }
        let answer = propfind(&mut pc, &format!("/dav{folder}"), "1").gets(207);
        assert_eq!(windows(&answer, &format!("/dav{folder}")).len(), FILES);
        let text = answer.text();
        let entries = text.strip_suffix("</D:multistatus>").unwrap().split("<D:response>").skip(2);
        let longest = entries.map(|entry| "<D:response>".len() + entry.len()).max().unwrap();
        assert!(longest <= bytes_max, "{longest} bytes for an entry: {}", &text[..2000]);
    }
}

#[test]
fn a_file_is_opened_by_reading_all_of_it() {
    let house = house();
    let content = varied(200_000);
    house.put("/film.avi", &content);
    let mut pc = mapped(&house);
    let seen = propfind(&mut pc, "/dav/film.avi", "0").gets(207);
    assert_eq!(property(&seen, "getcontentlength"), "200000");
    let read = pc.ask("GET", "/dav/film.avi").gets(200);
    assert!(read.body == content);
    assert_eq!(read.header("last-modified").unwrap(), property(&seen, "getlastmodified"));
}

/// As recorded with Windows 10: nine requests, the properties before and after the content.
#[test]
fn a_file_copied_in_is_one_file_with_its_own_times() {
    let house = house();
    let mut pc = mapped(&house);
    let (file, content) = ("/dav/Novo%20Documento%20de%20Texto.txt", varied(5000));
    propfind(&mut pc, file, "0").gets(404);
    pc.ask("PUT", file).body("").gets(201);
    let token = lock(&mut pc, file);
    set_properties(&mut pc, file, Some(&token), "00000020");
    // A request of another kind is at first sent without credentials.
    pc.ask("HEAD", file).on(HEADS).without_login().gets(401);
    assert_eq!(head(&mut pc, file, 200).header("content-length"), Some("0"));
    let put = put_content(&mut pc, file, &token, &content).gets(204);
    set_properties(&mut pc, file, Some(&token), "00000020");
    unlock(&mut pc, file, &token);

    let read = pc.ask("GET", file).gets(200);
    assert!(read.body == content, "PROPPATCH must not touch the content");
    assert_eq!(read.header("etag"), put.header("etag"));
    assert_eq!(read.header("last-modified"), Some(MODIFIED));
    shows_its_times(&mut pc, file, "00000020");
    holds(&house, &[("Novo Documento de Texto.txt", 5000, 1)]);
}

/// As measured with Windows 11, build 26200.
#[test]
fn windows_11_copies_a_file_in_with_five_requests() {
    let house = house();
    let mut pc = mapped(&house);
    propfind(&mut pc, "/dav/photo.jpg", "0").gets(404);
    pc.ask("PUT", "/dav/photo.jpg").body("").gets(201);
    let token = lock(&mut pc, "/dav/photo.jpg");
    put_content(&mut pc, "/dav/photo.jpg", &token, &varied(70_000)).gets(204);
    assert_eq!(revisions(&house, "photo.jpg"), 1);
    set_properties(&mut pc, "/dav/photo.jpg", Some(&token), "00000022");
    unlock(&mut pc, "/dav/photo.jpg", &token);
    shows_its_times(&mut pc, "/dav/photo.jpg", "00000022");
    assert!(pc.ask("GET", "/dav/photo.jpg").gets(200).body == varied(70_000));
    holds(&house, &[("photo.jpg", 70_000, 1)]);
}

/// What Explorer shows in its window of properties.
#[track_caller]
pub fn shows_its_times(pc: &mut Replay<'_>, target: &str, attributes: &str) {
    let seen = propfind(pc, target, "0").gets(207);
    assert_eq!(property(&seen, "Win32CreationTime"), CREATED);
    assert_eq!(property(&seen, "Win32LastAccessTime"), READ);
    assert_eq!(property(&seen, "Win32LastModifiedTime"), MODIFIED);
    assert_eq!(property(&seen, "Win32FileAttributes"), attributes);
    assert_eq!(property(&seen, "getlastmodified"), MODIFIED);
    assert_eq!(property(&seen, "creationdate"), "2019-02-16T18:24:58Z");
}

#[test]
fn what_others_put_there_has_attributes_too() {
    let house = house();
    house.put("/a", "content");
    house.mkcol("/folder");
    let mut pc = mapped(&house);
    for (target, attributes) in [("/dav/a", "00000020"), ("/dav/folder", "00000010")] {
        let seen = propfind(&mut pc, target, "0").gets(207);
        assert_eq!(property(&seen, "Win32FileAttributes"), attributes, "{target}");
        assert_eq!(property(&seen, "Win32LastModifiedTime"), property(&seen, "getlastmodified"), "{target}");
    }
}
