//! Back-ups when something is broken: bytes at either end, or the process in the middle.

use std::fs;
use std::path::{Path, PathBuf};

use domain::Timestamp;
use sha2::{Digest, Sha256};
use tokio::runtime::Runtime;

use super::Machine;
use super::backup::{snapshots, stored};
use crate::support::{Drive, Server, TestHouse, database, ground};

/// A server with three files of 100 bytes each.
fn with_files() -> (Machine, Server, Drive) {
    let machine = Machine::new();
    let server = machine.serve(&[]);
    let drive = Drive::first(&server);
    for name in ["a", "b", "c"] {
        drive.put(&format!("/{name}"), name.repeat(100));
    }
    (machine, server, drive)
}

/// Where the bytes of the file with this one letter are in a store.
fn content_of(store: &Path, letter: &str) -> PathBuf {
    let contents =
        fs::read_dir(store.join("files")).unwrap().map(|entry| entry.unwrap().path().join("content"));
    let mut contents =
        contents.filter(|path| fs::read(path).is_ok_and(|bytes| bytes.starts_with(letter.as_bytes())));
    contents.next().unwrap()
}

#[test]
fn what_is_damaged_or_missing_in_the_house_is_named_and_the_rest_is_saved() {
    let (machine, server, drive) = with_files();
    let data = ground::store(&machine.path("larder-data"));
    fs::write(content_of(&data, "a"), "x".repeat(100)).unwrap();
    fs::remove_file(content_of(&data, "b")).unwrap();
    let outcome = machine.run(&["backup", "backups"]);
    assert_eq!(outcome.code, Some(1), "{outcome:#?}");
    assert!(
        outcome.err.contains("not saved: larder:/a (") && outcome.err.contains("other bytes"),
        "{outcome:#?}"
    );
    assert!(
        outcome.err.contains("not saved: larder:/b (") && outcome.err.contains("is missing"),
        "{outcome:#?}"
    );
    assert!(outcome.err.contains("error: 2 contents could not be saved"), "{outcome:#?}");
    assert!(outcome.out.contains("New: 100 B in 1 content."), "{outcome:#?}");
    let listed = machine.run(&["restore", "backups", "--list"]).succeeded();
    assert!(listed.contains("2 contents could not be saved"), "{listed}");

    let restored = machine.run(&["restore", "backups", "--data", "restored"]);
    assert_eq!(restored.code, Some(1), "{restored:#?}");
    assert!(restored.err.contains("damaged: larder:/a"), "{restored:#?}");
    let there = machine.serve(&["--data", "restored"]);
    assert_eq!(drive.on(&there).get("/c"), "c".repeat(100).as_bytes());
    assert_eq!(drive.on(&there).ask("GET", "/a", &[], "").status, 500);
    drop(server);
}

#[test]
fn what_is_damaged_in_the_back_up_is_not_restored_and_can_be_replaced() {
    let (machine, _server, drive) = with_files();
    machine.run(&["backup", "backups"]).succeeded();
    let damaged = content_of(&machine.path("backups/blobs"), "b");
    fs::write(&damaged, "y".repeat(100)).unwrap();
    let outcome = machine.run(&["restore", "backups", "--data", "restored"]);
    assert_eq!(outcome.code, Some(1), "{outcome:#?}");
    assert!(outcome.err.contains("damaged: larder:/b (") && !outcome.err.contains("/a"), "{outcome:#?}");
    let id = damaged.parent().unwrap().file_name().unwrap();
    assert!(!ground::store(&machine.path("restored")).join("files").join(id).exists());
    let outcome = machine.run(&["restore", "backups", "--as-files", "plain"]);
    assert_eq!(outcome.code, Some(1), "{outcome:#?}");
    assert!(outcome.err.contains("not written: larder:/b ("), "{outcome:#?}");
    assert!(machine.path("plain/larder/a").exists() && !machine.path("plain/larder/b").exists());

    // Only bytes of another length are seen without reading them.
    machine.run(&["backup", "backups"]).succeeded();
    assert!(machine.run(&["backup", "backups", "--verify"]).succeeded().contains("in 1 content. In all"));
    machine.run(&["restore", "backups", "--data", "whole"]).succeeded();
    let there = machine.serve(&["--data", "whole"]);
    assert_eq!(drive.on(&there).get("/b"), "b".repeat(100).as_bytes());
}

#[test]
fn a_snapshot_that_was_touched_or_is_of_a_newer_larder_is_refused() {
    let (machine, server, _) = with_files();
    machine.run(&["backup", "backups"]).succeeded();
    let snapshot = machine.path("backups/snapshots").join(&snapshots(&machine)[0]);
    let refused = || {
        let sentence = machine.run(&["restore", "backups", "--data", "restored"]).failed_with(1);
        assert!(!machine.path("restored").exists());
        sentence
    };
    let manifest = fs::read_to_string(snapshot.join("manifest.json")).unwrap();
    fs::write(snapshot.join("manifest.json"), manifest.replace("\"format\": 1", "\"format\": 2")).unwrap();
    assert!(refused().contains("in a form that this one does not know"));
    fs::write(snapshot.join("manifest.json"), "{").unwrap();
    assert!(refused().contains("no readable manifest"));
    let listed = machine.run(&["restore", "backups", "--list"]).succeeded();
    assert!(listed.contains("no readable manifest"), "{listed}");
    fs::write(snapshot.join("manifest.json"), manifest).unwrap();
    let database = fs::read(snapshot.join("metadata.db")).unwrap();
    fs::write(snapshot.join("metadata.db"), &database[..database.len() / 2]).unwrap();
    assert!(refused().contains("metadata.db is damaged; take another snapshot"));
    drop(server);
}

#[test]
fn a_back_up_that_dies_is_none_and_the_next_one_goes_on_where_it_ended() {
    for (step, blobs, is_shown) in [
        ("backup.copied", 0, false),
        ("blob.carried", 1, false),
        ("backup.written", 3, false),
        ("backup.shown", 3, true),
    ] {
        let (machine, _server, _) = with_files();
        let died = machine.command(&["backup", "backups"]).env("FAILPOINT", step).output().unwrap();
        assert_eq!(died.status.code(), None, "{step}: {died:?}");
        assert_eq!(snapshots(&machine).len(), usize::from(is_shown), "{step}");
        let archive = machine.path("backups");
        // Others may have been under way, of which nothing but a folder is left.
        let is_whole = |name: &String| archive.join("blobs/files").join(name).join("content").exists();
        let have = stored(&archive).iter().filter(|name| is_whole(name)).count();
        assert!(have >= blobs, "{step}: {have}");
        if !is_shown {
            let none = machine.run(&["restore", "backups", "--data", "restored"]).failed_with(1);
            assert!(none.contains("No back-up in backups has come to its end"), "{none}");
        }
        let said = machine.run(&["backup", "backups"]).succeeded();
        assert!(said.contains(&format!("in {} content", 3 - have)), "{step}: {said}");
        machine.run(&["restore", "backups", "--data", "restored"]).succeeded();
        TestHouse::assert_in_order(&machine.path("restored"));
    }
}

#[test]
fn a_removal_of_old_snapshots_that_dies_is_ended_by_the_next_run() {
    let (machine, _server, _) = with_files();
    machine.run(&["backup", "backups"]).succeeded();
    let foreign = machine.path("backups/blobs/files/01a1ff3d-f183-73a7-836b-3611dceefb96");
    fs::create_dir(&foreign).unwrap();
    fs::write(foreign.join("content"), "of a snapshot that is gone").unwrap();
    let mut command = machine.command(&["backup", "backups", "--keep", "1"]);
    let died = command.env("FAILPOINT", "backup.withdrawn").output().unwrap();
    assert_eq!(died.status.code(), None, "{died:?}");
    assert_eq!((snapshots(&machine).len(), foreign.exists()), (1, true));
    let said = machine.run(&["backup", "backups"]).succeeded();
    assert!(said.contains("and 1 content that only older ones needed"), "{said}");
    assert!(!foreign.exists());
    let left: Vec<_> = fs::read_dir(machine.path("backups/snapshots")).unwrap().collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[test]
fn a_restore_that_dies_is_no_house_yet_and_goes_on_where_it_ended() {
    for (step, is_there) in [("blob.carried", false), ("restore.carried", false), ("restore.shown", true)] {
        let (machine, server, drive) = with_files();
        machine.run(&["backup", "backups"]).succeeded();
        let mut command = machine.command(&["restore", "backups", "--data", "restored"]);
        let died = command.env("FAILPOINT", step).output().unwrap();
        assert_eq!(died.status.code(), None, "{step}: {died:?}");
        if !is_there {
            let early =
                machine.run(&["serve", "--listen", "127.0.0.1:0", "--data", "restored"]).failed_with(1);
            assert!(early.contains("has not come to its end; run `larder restore` again"), "{early}");
            let have = ground::contents(&machine.path("restored")).len();
            let said = machine.run(&["restore", "backups", "--data", "restored"]).succeeded();
            assert!(said.contains(&format!("in {} content", 3 - have)), "{step}: {said}");
        }
        let there = machine.serve(&["--data", "restored"]);
        assert_eq!(drive.on(&there).get("/b"), "b".repeat(100).as_bytes(), "{step}");
        drop((there, server));
        TestHouse::assert_in_order(&machine.path("restored"));
    }
}

#[test]
fn what_a_back_up_needs_is_held_while_it_runs_and_for_an_hour_if_it_dies() {
    let (machine, _server, _) = with_files();
    machine.run(&["backup", "backups"]).succeeded();
    assert_eq!(holds(&machine), [0; 0]);
    machine.command(&["backup", "backups"]).env("FAILPOINT", "backup.copied").output().unwrap();
    let [until] = holds(&machine)[..] else { panic!("{:?}", holds(&machine)) };
    let now = Timestamp::now().millis();
    assert!(until > now && until <= now + 3_600_000, "{until} at {now}");
    // Another one has a hold of its own.
    machine.run(&["backup", "backups"]).succeeded();
    assert_eq!(holds(&machine), [until]);
    // Of the house that was saved, not of the one that is restored.
    machine.run(&["restore", "backups", "--data", "larder-data-2"]).succeeded();
    fs::rename(machine.path("larder-data"), machine.path("before")).unwrap();
    fs::rename(machine.path("larder-data-2"), machine.path("larder-data")).unwrap();
    ground::moved(&machine.path("larder-data-2"), &machine.path("larder-data"));
    assert_eq!(holds(&machine), [0; 0]);
}

#[test]
fn a_snapshot_that_somebody_has_renamed_to_keep_it_loses_nothing() {
    let (machine, _server, drive) = with_files();
    machine.run(&["backup", "backups"]).succeeded();
    let folder = machine.path("backups/snapshots");
    fs::rename(folder.join(&snapshots(&machine)[0]), folder.join("before the move")).unwrap();
    drive.delete("/a");
    drive.delete("/.Trash/a");
    machine.run(&["backup", "backups"]).succeeded();
    let said = machine.run(&["backup", "backups", "--keep", "1"]).succeeded();
    assert!(said.contains("Removed: 1 older snapshot, and 0 contents"), "{said}");
    fs::rename(folder.join("before the move"), folder.join("2000-01-01T00-00-00Z")).unwrap();
    machine.run(&["restore", "backups", "--snapshot", "2000", "--data", "restored"]).succeeded();
}

#[test]
fn names_that_somebody_else_has_written_lead_nowhere_and_do_nothing_to_the_terminal() {
    let (machine, _server, _) = with_files();
    machine.run(&["backup", "backups"]).succeeded();
    let snapshot = machine.path("backups/snapshots").join(&snapshots(&machine)[0]);
    let names = fs::read_to_string(snapshot.join("names.jsonl")).unwrap();
    let line = |user: &str, path: &str| {
        format!(
            r#"{{"is":"file","user":"{user}","path":"{path}","blob":"01a1ff3d-f183-73a7-836b-3611dceefb96","#
        ) + r#""size":18446744073709551615,"modified":"2026-11-21T08:15:30.000Z"}"#
    };
    let long = "n".repeat(300);
    let hostile = [
        line("..", "escaped"),
        line("ann", "../../escaped"),
        line("ann", "/escaped"),
        line("ann", &long),
        line("ann", r"\u001b[2Jcleared"),
    ];
    let hostile = names.clone() + &hostile.join("\n") + "\n";
    fs::write(snapshot.join("names.jsonl"), &hostile).unwrap();
    let digest = |text: &str| hex::encode(Sha256::digest(text));
    let manifest = fs::read_to_string(snapshot.join("manifest.json")).unwrap();
    let manifest = manifest.replace(&digest(&names), &digest(&hostile));
    fs::write(snapshot.join("manifest.json"), manifest).unwrap();
    let outcome = machine.run(&["restore", "backups", "--as-files", "plain"]);
    assert!(outcome.err.contains("error: 5 files could not be written"), "{outcome:#?}");
    assert!(!outcome.err.contains('\u{1b}') && outcome.err.contains(r"\u{1b}[2Jcleared"), "{outcome:#?}");
    assert!(!machine.path("escaped").exists() && machine.path("plain/larder/c").exists());
}

/// Until when somebody has a hold.
fn holds(machine: &Machine) -> Vec<i64> {
    let folder = machine.path("larder-data");
    Runtime::new().unwrap().block_on(database::column(&folder, "SELECT until_ms FROM holds"))
}
