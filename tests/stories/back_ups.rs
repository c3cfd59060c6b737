//! A back-up while people work, and what they find after it has been put back.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use domain::{BlobId, Timestamp};
use larder::config::{Config, Sources};
use larder::house::{self, BackupRequest, Progress};
use metadata::snapshots::{self, Owner, Snapshot};
use serde_json::json;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::support::{Answer, Drive, Machine, TestHouse, ground};

const CLIENTS: usize = 3;
const ROUNDS: usize = 6;
const FILES: u64 = 6;

/// Each client counts up, writes the number into one file after the other, and removes every third again. Whatever moment
/// a snapshot shows, the files of a client are as they were between two of its turns, or in the middle of one; and that
/// is no turn that had ended when the back-up began, nor one that began after it.
#[test]
fn a_back_up_under_load_shows_one_moment_and_comes_back_whole() {
    let machine = Machine::new();
    let server = machine.serve(&[]);
    let drive = Drive::first(&server);
    let is_over = AtomicBool::new(false);
    let turns: Vec<AtomicU64> = (0..CLIENTS).map(|_| AtomicU64::new(0)).collect();
    let mut marks = Vec::new();
    thread::scope(|scope| {
        for (client, turn) in turns.iter().enumerate() {
            let (drive, is_over) = (&drive, &is_over);
            scope.spawn(move || {
                for number in 1.. {
                    if is_over.load(Ordering::SeqCst) {
                        return;
                    }
                    let path = format!("/{client}-{}", number % FILES);
                    drive.put(&path, format!("{number:0>2000}"));
                    if number % 3 == 0 {
                        drive.delete(&path);
                    }
                    turn.store(number, Ordering::SeqCst);
                }
            });
        }
        for _ in 0..ROUNDS {
            let before: Vec<u64> = turns.iter().map(|turn| turn.load(Ordering::SeqCst)).collect();
            machine.run(&["backup", "backups"]).succeeded();
            let after: Vec<u64> = turns.iter().map(|turn| turn.load(Ordering::SeqCst)).collect();
            marks.push((before, after));
        }
        is_over.store(true, Ordering::SeqCst);
    });
    drop(server);

    let names = fs::read_dir(machine.path("backups/snapshots")).unwrap();
    let mut names: Vec<String> = names.map(|name| name.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names.len(), ROUNDS);
    for (name, (before, after)) in names.iter().zip(&marks) {
        machine.run(&["restore", "backups", "--snapshot", name, "--data", "restored"]).succeeded();
        let restored = machine.serve(&["--data", "restored"]);
        let there = drive.on(&restored);
        for client in 0..CLIENTS {
            let seen = (0..FILES).filter_map(|file| {
                let answer = there.ask("GET", &format!("/{client}-{file}"), &[], "");
                (answer.status == 200).then(|| (file, answer.text().trim_start_matches('0').parse().unwrap()))
            });
            check(&seen.collect(), before[client], after[client]);
        }
        drop(restored);
        TestHouse::assert_in_order(&machine.path("restored"));
    }
}

/// The numbers in the files of a client at one moment between two of its turns; the turn that runs may be half done.
#[track_caller]
fn check(seen: &BTreeMap<u64, u64>, before: u64, after: u64) {
    let possible = (before..=after + 1).any(|last| {
        let at = |is_removed: bool| -> BTreeMap<u64, u64> {
            let first = last.saturating_sub(FILES - 1).max(1);
            let numbers = (first..=last).filter(|number| number % 3 != 0 || *number == last && !is_removed);
            numbers.map(|number| (number % FILES, number)).collect()
        };
        *seen == at(true) || *seen == at(false)
    });
    assert!(possible, "{seen:?} was never there between the turns {before} and {after}");
}

fn config(data_folder: &Path) -> Config {
    let own = ("data_folder".to_owned(), data_folder.to_str().unwrap().to_owned());
    let all = ground::settings(data_folder).into_iter().chain([own]);
    let command_line = all.map(|(key, value)| ("test".to_owned(), key, value)).collect();
    Config::load(&Sources { file: None, environment: Vec::new(), command_line }).unwrap().0
}

fn sync(ask: impl Fn(&str, &str, &[(&str, &str)], &str) -> Answer, token: &str) -> Answer {
    let body = format!(
        "<D:sync-collection xmlns:D='DAV:'><D:sync-token>{token}</D:sync-token>\
         <D:sync-level>infinite</D:sync-level><D:prop><D:getetag/></D:prop></D:sync-collection>"
    );
    ask("REPORT", "/", &[("Depth", "0")], &body)
}

#[test]
fn after_a_restore_whoever_synchronizes_begins_anew_and_no_lock_or_history_is_taken_for_another() {
    let house = TestHouse::new().with_user("ann");
    house.mkcol("/folder");
    house.put("/folder/a", "first");
    house.put("/folder/a", "second");
    let token = |answer: &Answer| answer.texts("sync-token").pop().unwrap();
    let here = |method: &str, path: &str, headers: &[(&str, &str)], body: &str| {
        house.ask(method, path, headers, body)
    };
    let known = token(&sync(here, ""));
    let etag_of = |answer: Answer| answer.first("getetag").unwrap();
    let lockinfo = "<D:lockinfo xmlns:D='DAV:'><D:lockscope><D:exclusive/></D:lockscope>\
                    <D:locktype><D:write/></D:locktype></D:lockinfo>";
    let locked = house.ask("LOCK", "/folder/a", &[("Timeout", "Second-3600")], lockinfo);
    assert_eq!(locked.status, 200);
    let around = tempfile::tempdir().unwrap();
    let folder = around.path().join("backups");
    let request = BackupRequest { folder: &folder, keep: 1, verify: false };
    let data = config(house.folder());
    house.run(house::back_up(&data, Timestamp::now(), request, &|_| {})).map(drop).unwrap();

    // What comes now never was.
    house.put("/folder/b", "lost");
    let lost = token(&sync(here, &known));
    let lost_etag = etag_of(house.propfind("/folder/", "0", ""));
    let authorization = house.authorization();
    drop(house);

    let target = tempfile::tempdir().unwrap();
    let runtime = Runtime::new().unwrap();
    let data = config(target.path());
    runtime.block_on(house::restore(&data, Timestamp::now(), &folder, None, &|_| {})).map(drop).unwrap();
    let house = TestHouse::on_folder(target, &[]);
    let there = |method: &str, path: &str, headers: &[(&str, &str)], body: &str| {
        let headers = [&[("Authorization", authorization.as_str())], headers].concat();
        house.wire().ask(method, &format!("/dav{path}"), &headers, body)
    };
    // Again as many changes as were lost, and more.
    for name in ["b", "c", "d"] {
        assert_eq!(there("PUT", &format!("/folder/{name}"), &[], "another").status, 201);
    }
    for old in [&known, &lost] {
        let answer = sync(there, old);
        assert_eq!(answer.status, 403, "{answer:?}");
        assert!(answer.text().contains("valid-sync-token"), "{answer:?}");
        let condition = format!("</dav/> (<{old}>)");
        assert_eq!(there("PUT", "/folder/a", &[("If", &condition)], "no").status, 412);
    }
    let anew = sync(there, "");
    assert_eq!(anew.texts("getetag").len(), 5, "{anew:?}");
    assert_eq!(sync(there, &token(&anew)).texts("getetag").len(), 0);
    let etag = etag_of(there("PROPFIND", "/folder/", &[("Depth", "0")], ""));
    assert_ne!(etag, lost_etag);
    // Nobody holds the lock of before.
    assert_eq!(there("PUT", "/folder/a", &[], "third").status, 204);
    let token = locked.header("lock-token").unwrap();
    assert_eq!(there("UNLOCK", "/folder/a", &[("Lock-Token", token)], "").status, 409);
}

#[test]
fn after_a_restore_people_log_in_anew_and_overwrite_nothing_by_what_they_knew() {
    let house = TestHouse::new().with_user("ann");
    let ann = house.api("ann");
    let made = ann.post("/projects", &json!({"name": "Bread"}));
    let path = format!("/projects/{}", made.json()["id"].as_str().unwrap());
    let around = tempfile::tempdir().unwrap();
    let folder = around.path().join("backups");
    let request = BackupRequest { folder: &folder, keep: 1, verify: false };
    let data = config(house.folder());
    house.run(house::back_up(&data, Timestamp::now(), request, &|_| {})).map(drop).unwrap();
    let lost = ann.patch(&path, &json!({"name": "Cake"}));
    drop(house);

    let target = tempfile::tempdir().unwrap();
    let data = config(target.path());
    let runtime = Runtime::new().unwrap();
    runtime.block_on(house::restore(&data, Timestamp::now(), &folder, None, &|_| {})).map(drop).unwrap();
    let house = TestHouse::on_folder(target, &[]);
    let from_before = house.anonymous_api().with_tokens(ann.tokens.clone());
    assert_eq!(from_before.get("/me").code(), "session_ended");
    let renewing = json!({"refresh_token": ann.tokens["refresh_token"]});
    assert_eq!(from_before.post("/auth/refresh", &renewing).code(), "refresh_unknown");
    let ann = house.api("ann");
    ann.patch(&path, &json!({"name": "Rolls"}));
    let headers = [("Content-Type", "application/json"), ("If-Match", lost.header("etag").unwrap())];
    assert_eq!(ann.ask("PATCH", &path, &headers, r#"{"name": "Pie"}"#).status, 412);
    assert_eq!(ann.get(&path).json()["name"], "Rolls");
}

#[test]
fn a_snapshot_is_read_in_pages_of_any_size() {
    let house = TestHouse::new().with_user("ann");
    house.mkcol("/folder");
    for name in ["a", "b", "c"] {
        for content in ["first", "second", "third"] {
            house.put(&format!("/folder/{name}"), content);
        }
    }
    house.put("/.DS_Store", "of a system");
    let project = house.api("ann").post("/projects", &json!({"name": "Bread"}));
    assert_eq!(project.status, 201, "{project:?}");
    house.put("/Projects/Bread/recipe", "flour");
    house.relocate("MOVE", "/folder/c", "/moved");
    house.relocate("COPY", "/folder/a", "/copy");
    house.delete("/folder");
    let file = house.folder().join("snapshot.db");
    house.run(async {
        snapshots::write(&house.backends().metadata, &file).await.unwrap();
        let snapshot = Snapshot::open(&file).await.unwrap();
        assert_eq!((snapshot.totals().await.unwrap().users, snapshot.totals().await.unwrap().blobs), (1, 10));
        let nodes = pages(async |number, count| snapshot.nodes_after(number, count).await.unwrap()).await;
        let paths: Vec<&str> = nodes.iter().map(|entry| entry.path.as_str()).collect();
        assert_eq!(paths, ["folder", "folder/a", "folder/b", "moved", "recipe", "copy"]);
        let removed: Vec<bool> = nodes.iter().map(|entry| entry.removed_at.is_some()).collect();
        assert_eq!(removed, [true, true, true, false, false, false]);
        let of_project = nodes.iter().filter(|entry| matches!(entry.owner, Owner::Project(..)));
        assert_eq!(of_project.map(|entry| entry.path.as_str()).collect::<Vec<_>>(), ["recipe"]);
        let versions =
            pages(async |number, count| snapshot.versions_after(number, count).await.unwrap()).await;
        assert_eq!(versions.len(), 6);
        assert_eq!(versions.iter().filter(|entry| entry.path == "moved").count(), 2);
        let all = snapshot.kept_after(BlobId(Uuid::nil()), 100).await.unwrap();
        let mut one_by_one = Vec::new();
        while let [kept] = &snapshot
            .kept_after(one_by_one.last().map_or(BlobId(Uuid::nil()), |kept: &snapshots::Kept| kept.id), 1)
            .await
            .unwrap()[..]
        {
            one_by_one.push(kept.clone());
        }
        assert_eq!(one_by_one, all);
        let ids: Vec<BlobId> = all.iter().map(|kept| kept.id).chain([BlobId(Uuid::new_v4())]).collect();
        assert_eq!(snapshot.kept_among(&ids).await.unwrap().len(), 10);
        snapshot.close().await.unwrap();
    });
}

/// What pages of one, of two and of all have in common.
async fn pages(
    page: impl AsyncFn(i64, u32) -> Option<(i64, Vec<snapshots::Entry>)>,
) -> Vec<snapshots::Entry> {
    let mut read = Vec::new();
    for count in [1, 2, 100] {
        let (mut number, mut all) = (0, Vec::new());
        while let Some((last, entries)) = page(number, count).await {
            assert!(last > number && entries.len() <= count as usize);
            number = last;
            all.extend(entries);
        }
        read.push(all);
    }
    assert!(read[0] == read[1] && read[1] == read[2], "{read:?}");
    read.remove(0)
}

/// A back-up of one file, and a house that has another one since.
fn with_newer() -> Machine {
    let machine = Machine::new();
    let server = machine.serve(&[]);
    let drive = Drive::first(&server);
    drive.put("/a", "saved");
    machine.run(&["backup", "backups"]).succeeded();
    drive.put("/b", "newer");
    server.signal("TERM");
    server.ended();
    machine
}

#[test]
fn a_database_that_somebody_else_has_open_is_not_restored_without_its_log() {
    if ground::only_alone("it is about the file that the database is") {
        return;
    }
    let machine = with_newer();
    let data = machine.path("restored");
    let other = Mutex::new(None);
    let open = || {
        let runtime = Runtime::new().unwrap();
        let connection = runtime.block_on(async {
            let file = SqliteConnectOptions::new().filename(data.join("restoring/metadata.db"));
            let mut connection = SqliteConnection::connect_with(&file).await.unwrap();
            sqlx::query("SELECT COUNT(*) FROM users").fetch_one(&mut connection).await.unwrap();
            connection
        });
        (runtime, connection)
    };
    let watch = |progress: Progress| {
        if let Progress::Begun(_) = progress {
            *other.lock().unwrap() = thread::scope(|scope| scope.spawn(open).join().ok());
        }
    };
    let backups = machine.path("backups");
    let config = config(&data);
    let restored = house::restore(&config, Timestamp::now(), &backups, None, &watch);
    let refused = Runtime::new().unwrap().block_on(restored).map(drop).unwrap_err();
    assert!(refused.message().user().contains("is not part of its database"), "{refused:?}");
    assert!(!data.join("metadata.db").exists());
    drop(other);
    machine.run(&["restore", "backups", "--data", "restored"]).succeeded();
    TestHouse::assert_in_order(&data);
}

#[test]
fn where_only_the_database_was_lost_what_is_newer_is_held_and_the_log_that_is_left_is_not_taken_over() {
    if ground::only_alone("it is about the file that the database is") {
        return;
    }
    let machine = with_newer();
    let data = machine.path("larder-data");
    fs::remove_file(data.join("metadata.db")).unwrap();
    let log = data.join("metadata.db-wal");
    fs::write(&log, "of the database that was lost").unwrap();
    let refused = machine.run(&["restore", "backups"]).failed_with(1);
    assert!(refused.contains("metadata.db-wal is not part of its database"), "{refused}");
    fs::remove_file(log).unwrap();
    machine.run(&["restore", "backups"]).succeeded();
    Runtime::new().unwrap().block_on(async {
        let backends = house::visit(&config(&data)).await.unwrap();
        let later = Timestamp::now().after(Duration::from_secs(6 * 86_400));
        assert!(metadata::holds::any(&backends.metadata, later).await.unwrap());
        backends.close().await.unwrap();
    });
}
