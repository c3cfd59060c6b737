//! Clients that follow to the bucket: the bytes are right, and none of them shows its password there.

use std::fs;
use std::path::Path;
use std::process::Command;

use bucket::Bucket;
use tempfile::TempDir;

use super::remote::Remote;
use super::{require, run, text, varied_bytes};
use crate::support::TestHouse;

/// More than the setting `downloads.redirect_bytes_min`.
const SIZE: usize = 11_000_007;

/// A house on a bucket that has another host name, with a large file and a small one.
struct Scene {
    house: TestHouse,
    bucket: Bucket,
    folder: TempDir,
}

impl Scene {
    fn new() -> Self {
        let bucket = Bucket::start_on_thread();
        let endpoint = bucket.endpoint().replace("127.0.0.1", "localhost");
        let of_bucket = bucket.settings();
        let mut all: Vec<_> = of_bucket.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        all.extend([("s3.endpoint", endpoint.as_str()), ("webdav.redirect_agents", "rclone/,curl/")]);
        let house = TestHouse::with_settings(&all).with_user("ann");
        assert_eq!(house.put("/large.bin", varied_bytes(SIZE)).status, 201);
        assert_eq!(house.put("/small.bin", varied_bytes(1000)).status, 201);
        Self { house, bucket, folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> String {
        text(&self.folder.path().join(name)).to_owned()
    }

    fn curl(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("curl");
        command.args(["--silent", "--max-time", "60", "--write-out", "%{http_code}"]);
        command.args(["--user", &format!("{}:{}", self.house.user(), self.house.password())]);
        run(command.args(arguments).arg(format!("{}large.bin", self.house.url())))
    }
}

#[track_caller]
fn assert_whole(file: impl AsRef<Path>) {
    assert!(fs::read(file).unwrap() == varied_bytes(SIZE), "other bytes came back");
}

#[test]
fn rclone_fetches_large_files_from_the_bucket_and_keeps_its_password_to_itself() {
    if !require("rclone") {
        return;
    }
    let scene = Scene::new();
    let remote = Remote::of(&scene.house);
    remote.rclone(&["copy", "--multi-thread-streams", "0", "larder:", &scene.path("all")]);
    assert_whole(scene.path("all/large.bin"));
    assert_eq!(fs::read(scene.path("all/small.bin")).unwrap(), varied_bytes(1000));
    assert_eq!(scene.bucket.visits(), (1, 0));

    // Several streams, each of them a range of the file.
    let streams =
        ["--multi-thread-streams", "4", "--multi-thread-cutoff", "1M", "--multi-thread-chunk-size", "3M"];
    let parts = scene.path("parts");
    let copy = [["copyto"].as_slice(), &streams, &["larder:large.bin", &parts]].concat();
    remote.rclone(&copy);
    assert_whole(scene.path("parts"));
    let (visits, leaks) = scene.bucket.visits();
    assert!(visits > 2 && leaks == 0, "{visits} visits, {leaks} of them with the password");

    remote.rclone(&["check", "--download", &scene.path("all"), "larder:"]);
    let (visits, leaks) = scene.bucket.visits();
    // Under another name it is somebody else.
    remote.rclone(&["--user-agent", "other/1", "copyto", "larder:large.bin", &scene.path("other")]);
    assert_whole(scene.path("other"));
    assert_eq!((scene.bucket.visits(), leaks), ((visits, 0), 0));
}

#[test]
fn curl_follows_where_it_is_told_to() {
    if !require("curl") {
        return;
    }
    let scene = Scene::new();
    let file = scene.path("large");
    assert_eq!(scene.curl(&["--output", &file]), "302");
    assert_eq!(scene.curl(&["--location", "--output", &file]), "200");
    assert_whole(&file);
    assert_eq!(scene.curl(&["--location", "--range", "500-1499", "--output", &file]), "206");
    assert_eq!(fs::read(&file).unwrap(), &varied_bytes(SIZE)[500..1500]);
    assert_eq!(scene.bucket.visits(), (2, 0));
    assert_eq!(scene.curl(&["--user-agent", "other/1", "--output", &file]), "200");
    assert_whole(&file);
    // The bucket would notice: this is how curl is made to show its password to others.
    assert_eq!(scene.curl(&["--location-trusted", "--output", &file]), "400");
    assert_eq!(scene.bucket.visits(), (3, 1));
}
