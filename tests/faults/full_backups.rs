//! Back-ups, restores and upgrades on a disk without room: a sentence, nothing half-done, and the next run goes on.

use std::fs::{self, File};
use std::path::Path;

use domain::Timestamp;
use larder::house::House;
use metadata::snapshots::Snapshot;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::full_disk::SmallDisk;
use super::{config, varied_bytes};
use crate::stories::{VERSIONS, unpack};
use crate::support::{Drive, Machine, TestHouse, ground};

const MIB: u64 = 1 << 20;
/// Of these some fit into what room is left, and some do not.
const FILE_BYTES: usize = 200 << 10;

/// Fills a disk but for so many bytes.
fn leave(disk: &SmallDisk, bytes: u64) -> std::path::PathBuf {
    let filler = disk.fill();
    let length = filler.metadata().unwrap().len();
    File::options().write(true).open(&filler).unwrap().set_len(length - bytes).unwrap();
    filler
}

#[test]
fn a_full_disk_ends_a_back_up_or_restore_in_words_and_the_next_run_goes_on() {
    let machine = Machine::new();
    let Some(disk) = SmallDisk::mount(machine.path("disk")) else { return };
    let server = machine.serve(&[]);
    let drive = Drive::first(&server);
    for seed in 0..20 {
        drive.put(&format!("/{seed}"), varied_bytes(seed, FILE_BYTES));
    }
    let filler = leave(&disk, 2 * MIB);
    let full = machine.run(&["backup", "disk/backups"]).failed_with(1);
    assert!(full.contains("no room left in disk/backups") && full.contains("goes on"), "{full}");
    assert!(!full.contains("nothing was changed"), "{full}");
    fs::remove_file(filler).unwrap();
    let said = machine.run(&["backup", "disk/backups"]).succeeded();
    assert!(!said.contains("in 20 contents. In all"), "what was there is copied again: {said}");

    machine.run(&["backup", "backups"]).succeeded();
    fs::remove_dir_all(machine.path("disk/backups")).unwrap();
    let filler = leave(&disk, 2 * MIB);
    // Where there is a bucket, the data folder needs no room for what goes there.
    let into_folder = (!ground::is_scaled()).then_some(["--data", "disk/data"]);
    for command in into_folder.into_iter().chain([["--as-files", "disk/files"]]) {
        let arguments = [&["restore", "backups"][..], &command].concat();
        let full = machine.run(&arguments).failed_with(1);
        assert!(full.contains(&format!("no room left in {}", command[1])), "{full}");
    }
    fs::remove_file(filler).unwrap();
    fs::remove_dir_all(machine.path("disk/files")).unwrap();
    machine.run(&["restore", "backups", "--data", "disk/data"]).succeeded();
    let there = machine.serve(&["--data", "disk/data"]);
    assert!(drive.on(&there).get("/12") == varied_bytes(12, FILE_BYTES));
}

#[test]
fn without_room_for_the_database_of_before_nothing_is_upgraded() {
    if ground::only_alone("the database of before an upgrade is a copy of SQLite's file") {
        return;
    }
    let around = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(around.path().join("disk")) else { return };
    let folder = TempDir::new_in(&disk.point).unwrap();
    let (version, dump) = VERSIONS[2];
    unpack(dump, folder.path());
    // The log and its index have room, the copy has not.
    let filler = leave(&disk, 100_000);
    let runtime = Runtime::new().unwrap();
    let refused =
        runtime.block_on(House::open(Timestamp::now(), config(folder.path()))).map(drop).unwrap_err();
    let text = refused.message().user();
    assert!(text.contains("there is no room for it") && text.contains("Nothing was changed"), "{text}");
    assert_eq!(step(&runtime, folder.path()), version);
    fs::remove_file(filler).unwrap();
    drop(TestHouse::on_folder(folder, &[]));
}

fn step(runtime: &Runtime, data_folder: &Path) -> String {
    runtime.block_on(async {
        let snapshot = Snapshot::open(&data_folder.join("metadata.db")).await.unwrap();
        metadata::schema::latest_step(&snapshot).await.unwrap()
    })
}
