//! curl: uploads and downloads as scripts make them.

use std::fs::{self, File};
use std::process::{Command, Stdio};

use super::{CODE_ONLY, curl, held, require, run, status, text, varied_bytes};
use crate::support::TestHouse;

#[test]
fn curl_uploads_and_downloads_a_file() {
    if !require("curl") {
        return;
    }
    let house = TestHouse::new().with_user("ann");
    let folder = tempfile::tempdir().unwrap();
    let (sent, received) = (folder.path().join("sent"), folder.path().join("received"));
    fs::write(&sent, varied_bytes(3_000_001)).unwrap();
    let url = format!("{}report.bin", house.url());
    let upload = || run(curl(&house).args(CODE_ONLY).args(["--upload-file", text(&sent), &url]));

    assert_eq!(upload(), "201");
    run(curl(&house).args(["--output", text(&received), &url]));
    assert!(fs::read(&received).unwrap() == varied_bytes(3_000_001), "other bytes came back");
    assert_eq!(upload(), "204", "an overwrite makes nothing new");
}

#[test]
fn curl_downloads_ranges_and_resumes() {
    if !require("curl") {
        return;
    }
    let house = TestHouse::new().with_user("ann");
    let folder = tempfile::tempdir().unwrap();
    let (sent, received) = (folder.path().join("sent"), folder.path().join("received"));
    let content = varied_bytes(100_000);
    fs::write(&sent, &content).unwrap();
    let url = format!("{}ranged.bin", house.url());
    run(curl(&house).args(["--upload-file", text(&sent), &url]));

    for (range, expected) in
        [("0-9", &content[..10]), ("500-1499", &content[500..1500]), ("-7", &content[99_993..])]
    {
        let code = run(curl(&house).args([
            "--write-out",
            "%{http_code}",
            "--output",
            text(&received),
            "--range",
            range,
            &url,
        ]));
        assert_eq!(code, "206", "{range}");
        assert!(fs::read(&received).unwrap() == expected, "{range} came back with other bytes");
    }

    fs::write(&received, &content[..40_000]).unwrap();
    run(curl(&house).args(["--continue-at", "-", "--output", text(&received), &url]));
    assert!(fs::read(&received).unwrap() == content, "the resumed download has other bytes");
}

#[test]
fn curl_uploads_from_a_pipe_of_unknown_length() {
    if !require("curl") {
        return;
    }
    let house = TestHouse::new().with_user("ann");
    let folder = tempfile::tempdir().unwrap();
    let sent = folder.path().join("sent");
    fs::write(&sent, "piped ".repeat(200_000)).unwrap();
    let mut command = curl(&house);
    command.args(CODE_ONLY).args(["--upload-file", "-"]).arg(format!("{}piped.txt", house.url()));
    let output = command.stdin(Stdio::from(File::open(&sent).unwrap())).output().unwrap();

    assert_eq!(String::from_utf8_lossy(&output.stdout), "201", "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(held(&house, "piped.txt"), "piped ".repeat(200_000));
}

#[test]
fn curl_sees_length_and_etag_in_the_head_and_is_spared_what_it_has() {
    if !require("curl") {
        return;
    }
    let house = TestHouse::new().with_user("ann");
    let folder = tempfile::tempdir().unwrap();
    let (sent, etag) = (folder.path().join("sent"), folder.path().join("etag"));
    fs::write(&sent, "headed").unwrap();
    let url = format!("{}headed.txt", house.url());
    run(curl(&house).args(["--upload-file", text(&sent), &url]));

    let head = run(curl(&house).args(["--head", &url])).to_ascii_lowercase();
    assert!(head.starts_with("http/1.1 200") && head.contains("\r\ncontent-length: 6\r\n"), "{head}");
    assert!(head.contains("\r\netag: \"") && head.contains("\r\nlast-modified: "), "{head}");

    run(curl(&house).args(["--etag-save", text(&etag), "--output", "/dev/null", &url]));
    let compare = ["--etag-compare", text(&etag), &url];
    assert_eq!(run(curl(&house).args(CODE_ONLY).args(compare)), "304");
}

#[test]
fn curl_without_the_password_gets_nothing() {
    if !require("curl") {
        return;
    }
    let house = TestHouse::new().with_user("ann");
    assert_eq!(status(&house, "nothing.txt"), "404");
    let mut stranger = Command::new("curl");
    stranger.args(["--silent", "--max-time", "60"]).args(CODE_ONLY);
    assert_eq!(run(stranger.args(["--user", "ann:wrong"]).arg(format!("{}nothing.txt", house.url()))), "401");
}
