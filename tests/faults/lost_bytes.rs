//! Bytes that are missing from the store, and bytes that an ended process has left there.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use domain::{BlobId, Timestamp};
use larder::house;
use metadata::blobs::{self, State};
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::{config, varied_bytes};
use crate::crash::Line;
use crate::support::{Program, TestHouse, Wire, ground};

#[test]
fn a_file_whose_bytes_are_missing_or_cut_is_an_error_and_never_an_empty_file() {
    for length in [10, 1_000_000] {
        let house = TestHouse::new().with_user("ann");
        let content = varied_bytes(1, length);
        house.put("/file", &content);
        let stored = only_blob(house.folder());
        let aside = house.folder().join("aside");

        fs::rename(&stored, &aside).unwrap();
        fails(&house);
        // Cut by a disk check, say.
        fs::copy(&aside, &stored).unwrap();
        OpenOptions::new().write(true).open(&stored).unwrap().set_len(length as u64 / 2).unwrap();
        fails(&house);

        fs::rename(&aside, &stored).unwrap();
        assert!(house.get("/file").body == content);
    }
}

#[track_caller]
fn fails(house: &TestHouse) {
    for headers in [[("Accept", "*/*")], [("Range", "bytes=0-3")]] {
        let answer = house.ask("GET", "/file", &headers, "");
        assert_eq!(answer.status, 500, "{answer:?}");
        assert!(answer.text().contains("the log says what"), "{answer:?}");
        assert!(!answer.text().contains("blobs/"), "{answer:?}");
    }
    // The names, and everything else, are still there.
    assert_eq!(house.list("/"), ["file"]);
    assert_eq!(house.put("/other", "works").status, 201);
    assert_eq!(house.delete("/other").status, 204);
}

#[test]
fn the_log_names_the_bytes_that_are_missing() {
    let folder = tempfile::tempdir().unwrap();
    // The scrub would find it too.
    let program = Program::serve_with(folder.path(), &[("LARDER_SCRUB_DAYS", "0")]);
    let password = program.password();
    let credentials = Wire::basic("larder", &password);
    let ask = |method, body| {
        let headers = [("Authorization", credentials.as_str())];
        Wire::open(program.address).ask(method, "/dav/file", &headers, body)
    };
    assert_eq!(ask("PUT", "content").status, 201);
    let stored = only_blob(&folder.path().join("data"));
    fs::remove_file(&stored).unwrap();
    assert_eq!(ask("GET", "").status, 500);
    let log = program.log();
    let key = stored.parent().unwrap().file_name().unwrap().to_str().unwrap();
    let is_named = |line: &str| line.contains("ERROR") && line.contains(key) && line.contains("is missing");
    assert_eq!(log.lines().filter(|line| is_named(line)).count(), 1, "{log}");
}

/// What the client gets of it is never the whole length, so that it can tell.
#[test]
fn a_file_with_other_bytes_than_were_stored_is_not_given_out_as_a_whole_where_that_is_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::serve_with(folder.path(), &[("LARDER_FILES_VERIFY_DOWNLOADS", "true")]);
    let credentials = program.credentials();
    let line = Line { address: program.address, credentials };
    assert_eq!(line.ask("PUT", "/other", &[], b"well").unwrap().status, 201);
    // One is read whole before the first header goes out, the other is not.
    for (length, damaged_at) in [(10, 3), (1_000_000, 999_999), (1_000_000, 0)] {
        assert!(line.ask("PUT", "/file", &[], &varied_bytes(1, length)).unwrap().status < 300);
        let stored = ground::contents(&folder.path().join("data")).pop().unwrap();
        let mut bytes = fs::read(&stored).unwrap();
        bytes[damaged_at] ^= 1;
        fs::write(&stored, bytes).unwrap();

        match line.ask("GET", "/file", &[], b"") {
            Ok(answer) => assert!(answer.status == 500 && length == 10, "{answer:?}"),
            Err(error) => assert!(length > 10, "{error}"),
        }
        let log = program.log();
        let is_named = |line: &&str| line.contains("ERROR") && line.contains("is damaged: its");
        let named = log.lines().rfind(is_named).unwrap_or_else(|| panic!("{log}"));
        assert!(named.contains(stored.parent().unwrap().file_name().unwrap().to_str().unwrap()), "{named}");
        // Everything else is as it was, and the next content is a new one.
        assert_eq!(line.ask("GET", "/other", &[], b"").unwrap().body, b"well");
        assert_eq!(line.ask("PUT", "/file", &[], b"new").unwrap().status, 204);
        assert_eq!(line.ask("GET", "/file", &[], b"").unwrap().body, b"new");
        assert_eq!(line.ask("DELETE", "/file", &[], b"").unwrap().status, 204);
    }
}

/// Where the bytes of the only file are.
fn only_blob(data_folder: &Path) -> PathBuf {
    let [content] = <[_; 1]>::try_from(ground::contents(data_folder)).unwrap();
    content
}

#[test]
fn the_next_start_clears_away_uploads_that_ended_with_the_process() {
    if ground::only_alone("beside other servers nobody can tell at a start whose uploads are under way") {
        return;
    }
    let house = TestHouse::new().with_user("ann");
    house.put("/file", "kept");
    let folder = house.close();
    let left = [BlobId(Uuid::now_v7()), BlobId(Uuid::now_v7())];
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        let backends = house::visit(&config(folder.path())).await.unwrap();
        let now = Timestamp::now();
        for blob in left {
            blobs::register(&backends.metadata, blob, backends.blobs.receiving().kind(), now).await.unwrap();
        }
        // One process died with a megabyte written, the other before the first byte.
        let mut writer = backends.blobs.receiving().create(left[0], Default::default()).await.unwrap();
        writer.write(Bytes::from(vec![1; 1024 * 1024])).await.unwrap();
        std::mem::forget(writer);
        backends.close().await.unwrap();
    });
    drop(runtime);
    let written = ground::store(folder.path()).join(left[0].key());
    assert!(written.exists());
    let house = TestHouse::on_folder(folder, &[]);
    assert!(!written.exists() && !written.parent().unwrap().exists());
    assert_eq!(house.blobs(State::Pending), []);
    assert_eq!(house.blobs(State::Live).len(), 1);
}
