//! What WebDAV clients see at the door: every request goes over a real socket.

mod ancestors;
mod ascii_names;
mod checksums;
mod companions;
mod connections;
mod creation;
mod credentials;
mod destination;
mod devices;
mod digests;
mod finder_properties;
mod folders;
mod get;
mod grace;
mod history;
mod hostile_xml;
mod hrefs;
mod if_header;
mod large;
mod limits;
mod lock;
mod locked;
mod options;
mod paths;
mod prefixes;
mod projects;
mod propfind;
mod proppatch;
mod proxy;
mod put;
mod put_conditions;
mod quotas;
mod races;
mod rates;
mod redirects;
mod relocate;
mod remove;
mod round_trips;
mod s3;
mod statements;
mod sync;
mod system_files;
mod times;
mod traps;
mod trash;
mod unicode;
mod windows_names;
mod windows_properties;

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use crate::support::{Answer, TestHouse, database, wait_until};

/// What the network drive of Windows calls itself.
const MINI_REDIR: (&str, &str) = ("User-Agent", "Microsoft-WebDAV-MiniRedir/10.0.26200");

/// More than any test's machine takes at once.
const TEN_GIB: u64 = 10 * 1024 * 1024 * 1024;

/// Lets all contents be older, as far as the server can tell.
const A_MINUTE_PASSES: &str = "UPDATE blobs SET created_ms = created_ms - 60000";

/// A house in which Ann lives.
fn house() -> TestHouse {
    TestHouse::new().with_user("ann")
}

/// Ann's house with these files and folders in it; folders end in a slash, files hold their own path.
fn house_with(paths: &[&str]) -> TestHouse {
    let house = house();
    fill(&house, paths);
    house
}

fn fill(house: &TestHouse, paths: &[&str]) {
    for path in paths {
        let made = if path.ends_with('/') { house.mkcol(path) } else { house.put(path, path) };
        assert_eq!(made.status, 201, "{path}");
    }
}

/// Bytes of which no two stretches are alike.
fn varied(count: usize) -> Vec<u8> {
    (0..count).map(|at| (at * 7 + at / 251 + at / 65_521) as u8).collect()
}

/// A body in chunks of this size, as `Transfer-Encoding: chunked` has it.
fn chunked(body: impl AsRef<[u8]>, size: usize) -> Vec<u8> {
    let mut sent = Vec::new();
    for chunk in body.as_ref().chunks(size) {
        sent.extend(format!("{:x}\r\n", chunk.len()).bytes());
        sent.extend(chunk.iter().chain(b"\r\n"));
    }
    sent.extend(b"0\r\n\r\n");
    sent
}

/// The body of a PROPFIND for these elements.
fn asking(elements: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><D:propfind xmlns:D=\"DAV:\"><D:prop>{elements}</D:prop></D:propfind>"
    )
}

/// A property of `DAV:` of what is at the path.
fn property(house: &TestHouse, path: &str, local: &str) -> String {
    let answer = house.propfind(path, "0", &asking(&format!("<D:{local}/>")));
    answer.first(local).unwrap_or_else(|| panic!("no {local} in {}", seen(&answer)))
}

/// What Ann's files take of her quota.
fn used_bytes(house: &TestHouse) -> u64 {
    property(house, "/", "quota-used-bytes").parse().unwrap()
}

/// Everything in the drive with its entity tag: two of these are alike only if nothing has changed.
fn snapshot(house: &TestHouse) -> Vec<(String, String)> {
    let (mut found, mut folders) = (Vec::new(), vec!["/dav/".to_owned()]);
    while let Some(folder) = folders.pop() {
        let answer = house.propfind(folder.strip_prefix("/dav").unwrap(), "1", &asking("<D:getetag/>"));
        let entries: Vec<_> = answer.texts("href").into_iter().zip(answer.texts("getetag")).collect();
        folders.extend(entries[1..].iter().map(|(href, _)| href.clone()).filter(|href| href.ends_with('/')));
        found.extend(entries);
    }
    found
}

/// A number from the database, for what no door shows.
fn number(house: &TestHouse, sql: &str) -> i64 {
    house.run(database::number(house.folder(), sql))
}

/// Changes the database behind the server's back.
fn alter(house: &TestHouse, sql: &str) {
    house.run(database::alter(house.folder(), sql, []));
}

fn lockinfo(scope: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><D:lockinfo xmlns:D=\"DAV:\"><D:lockscope><D:{scope}/>\
         </D:lockscope><D:locktype><D:write/></D:locktype><D:owner><D:href>http://ann.example/</D:href></D:owner>\
         </D:lockinfo>"
    )
}

fn ask_for_lock(house: &TestHouse, path: &str, depth: &str, scope: &str) -> Answer {
    house.ask("LOCK", path, &[("Depth", depth), ("Timeout", "Second-3600")], lockinfo(scope))
}

/// Locks exclusively and gives the token.
fn lock(house: &TestHouse, path: &str, depth: &str) -> String {
    token_of(&ask_for_lock(house, path, depth, "exclusive"))
}

fn token_of(answer: &Answer) -> String {
    assert!(matches!(answer.status, 200 | 201), "{}", seen(answer));
    let token = answer.header("lock-token").unwrap();
    token.strip_prefix('<').unwrap().strip_suffix('>').unwrap().to_owned()
}

/// An `If` header that submits a token.
fn holding(token: &str) -> String {
    format!("(<{token}>)")
}

/// A connection on which this has been sent, to be read byte by byte; `path` is one of the drive.
fn begin(house: &TestHouse, method: &str, path: &str) -> TcpStream {
    let url = house.url();
    let address = url.strip_prefix("http://").unwrap().strip_suffix("/dav/").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let authorization = house.authorization();
    let head = format!(
        "{method} /dav{path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: {authorization}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

/// The head of a PUT, for tests that send its body as they please.
fn head_of_put(house: &TestHouse, path: &str, headers: &str) -> String {
    let authorization = house.authorization();
    format!("PUT /dav{path} HTTP/1.1\r\nHost: larder\r\nAuthorization: {authorization}\r\n{headers}\r\n\r\n")
}

/// Waits until the first bytes of an upload have come in.
fn await_upload(house: &TestHouse) {
    let has_begun = || number(house, "SELECT COUNT(*) FROM blobs WHERE NOT live") > 0;
    wait_until("an upload has begun", has_begun);
}

fn etag(answer: &Answer) -> &str {
    answer.header("etag").unwrap_or_else(|| panic!("no ETag in {}", seen(answer)))
}

/// A refusal says in a small `DAV:error` what is wrong: Finder reads answers into 4096 bytes.
#[track_caller]
fn assert_refused(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{}", seen(answer));
    assert!(
        answer.header("content-type").is_some_and(|kind| kind.starts_with("application/xml")),
        "{}",
        seen(answer)
    );
    assert_eq!(answer.texts("error").len(), 1, "{}", seen(answer));
    assert!(answer.first("message").is_some_and(|sentence| sentence.ends_with('.')), "{}", seen(answer));
    assert!(answer.body.len() < 4096, "{} bytes", answer.body.len());
}

/// An answer for people to read.
fn seen(answer: &Answer) -> String {
    format!("{} {:?} {}", answer.status, answer.headers, String::from_utf8_lossy(&answer.body))
}
