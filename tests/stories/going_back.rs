//! An upgrade that was a mistake: the database of before is put back.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use domain::Timestamp;
use larder::house;
use metadata::snapshots;
use services::upkeep;
use tokio::runtime::Runtime;

use super::upgrades::{VERSIONS, config, noted, unpack};
use crate::support::{Drive, Machine, Server, TestHouse, ground};

/// A folder of the version before the latest steps, upgraded, with one file written since.
fn upgraded() -> (Machine, Drive) {
    let machine = Machine::new();
    let (_, dump) = VERSIONS[2];
    fs::create_dir(machine.path("larder-data")).unwrap();
    unpack(dump, &machine.path("larder-data"));
    let server = machine.serve(&[]);
    let log = crate::support::read(&server.log);
    assert!(
        log.contains("the database of before the upgrade, at m0005_sync, is kept for a week in"),
        "{log}"
    );
    let drive = Drive::new(&server, "ann", noted(dump, "ann"));
    drive.put("/since.txt", "written after the upgrade");
    let running = machine.run(&["migrate", "--to-previous", "--yes"]).failed_with(1);
    assert!(running.contains("A server runs on"), "{running}");
    server.signal("TERM");
    server.ended();
    (machine, drive)
}

fn is_back(machine: &Machine) -> bool {
    // The column came with the sixth step.
    let database = fs::read(machine.path("larder-data/metadata.db")).unwrap();
    !database.windows(b"restored_seq".len()).any(|window| window == b"restored_seq")
}

#[test]
fn the_database_of_before_an_upgrade_comes_back_when_somebody_is_sure() {
    if ground::only_alone("the database of before an upgrade is a copy of SQLite's file") {
        return;
    }
    let (machine, drive) = upgraded();
    let asked = machine.run(&["migrate", "--to-previous"]);
    assert_eq!(asked.code, Some(1), "{asked:#?}");
    assert!(asked.out.contains("at m0005_sync. 1 change to files since then is lost."), "{asked:#?}");
    assert!(asked.err.contains("Nothing was changed; add --yes"), "{asked:#?}");
    assert!(!is_back(&machine));
    let said = machine.run(&["migrate", "--to-previous", "--yes"]).succeeded();
    assert!(said.contains("snapshots/after-") && said.contains("m0006_retention again"), "{said}");
    assert!(is_back(&machine));
    // The next start upgrades again: this is the newer program.
    let server = machine.serve(&[]);
    let there = drive.on(&server);
    assert_eq!(there.get("/versions.txt"), b"third");
    assert_eq!(there.ask("GET", "/since.txt", &[], "").status, 404);
    // What a client knew may be of the time that is gone.
    let token = noted(VERSIONS[2].1, "token");
    let body = format!(
        "<D:sync-collection xmlns:D='DAV:'><D:sync-token>{token}</D:sync-token>\
         <D:sync-level>infinite</D:sync-level><D:prop/></D:sync-collection>"
    );
    assert_eq!(there.ask("REPORT", "/", &[("Depth", "0")], body).status, 403);
    there.put("/versions.txt", "fourth");
}

#[test]
fn at_whatever_step_it_dies_there_is_one_whole_database() {
    if ground::only_alone("the database of before an upgrade is a copy of SQLite's file") {
        return;
    }
    for (step, is_done) in [("return.ready", false), ("return.kept", false), ("return.done", true)] {
        let (machine, drive) = upgraded();
        let mut command = machine.command(&["migrate", "--to-previous", "--yes"]);
        let died = command.env("FAILPOINT", step).output().unwrap();
        assert_eq!(died.status.code(), None, "{step}: {died:?}");
        assert_eq!(is_back(&machine), is_done, "{step}");
        if !is_done {
            let server = machine.serve(&[]);
            assert_eq!(drive.on(&server).get("/since.txt"), b"written after the upgrade", "{step}");
            drop(server);
            machine.run(&["migrate", "--to-previous", "--yes"]).succeeded();
            assert!(is_back(&machine), "{step}");
        }
        let server = machine.serve(&[]);
        assert_eq!(drive.on(&server).get("/plain.txt"), b"one content", "{step}");
    }
}

#[test]
fn an_upgrade_that_dies_is_none_or_done() {
    if ground::only_alone("the database of before an upgrade is a copy of SQLite's file") {
        return;
    }
    for (step, is_done) in [("migrate.copied", false), ("migrate.taken", false), ("migrate.done", true)] {
        let machine = Machine::new();
        fs::create_dir(machine.path("larder-data")).unwrap();
        unpack(VERSIONS[0].1, &machine.path("larder-data"));
        let died = machine.command(&["migrate"]).env("FAILPOINT", step).output().unwrap();
        assert_eq!(died.status.code(), None, "{step}: {died:?}");
        let said = machine.run(&["migrate"]).succeeded();
        assert_eq!(said.contains("Nothing to do"), is_done, "{step}: {said}");
        let kept = fs::read_dir(machine.path("larder-data/snapshots")).unwrap();
        assert!(kept.count() >= 1, "{step}");
        TestHouse::assert_in_order(&machine.path("larder-data"));
    }
}

#[test]
fn without_a_database_of_before_it_says_what_to_do_instead() {
    if ground::only_alone("the database of before an upgrade is a copy of SQLite's file") {
        return;
    }
    let machine = Machine::new();
    let nothing = machine.run(&["migrate", "--to-previous"]).failed_with(1);
    assert!(nothing.contains("There is no Larder data"), "{nothing}");
    machine.run(&["migrate"]).succeeded();
    let none = machine.run(&["migrate", "--to-previous", "--yes"]).failed_with(1);
    assert!(
        none.contains("no database from before an upgrade") && none.contains("Restore a back-up"),
        "{none}"
    );
    assert_eq!(machine.run(&["migrate", "--yes"]).code, Some(2));
}

#[test]
fn what_only_the_database_that_was_put_aside_knows_is_not_swept_for_a_week() {
    if ground::only_alone("the database of before an upgrade is a copy of SQLite's file") {
        return;
    }
    let machine = Machine::new();
    let data = machine.path("larder-data");
    let stop = |server: Server| {
        server.signal("TERM");
        server.ended();
    };
    let server = machine.serve(&[]);
    let drive = Drive::first(&server);
    for name in ["a", "b", "c"] {
        drive.put(&format!("/{name}"), name);
    }
    stop(server);
    fs::create_dir(data.join("snapshots")).unwrap();
    let before = format!("snapshots/before-m0009_later-{}.db", snapshots::stamp(Timestamp::now()));
    fs::copy(data.join("metadata.db"), data.join(before)).unwrap();
    let server = machine.serve(&[]);
    drive.on(&server).put("/since", "written after the upgrade");
    stop(server);
    machine.run(&["migrate", "--to-previous", "--yes"]).succeeded();
    let stored_after = |days: u32| {
        Runtime::new().unwrap().block_on(async {
            let backends = Arc::new(house::visit(&config(&data)).await.unwrap());
            let now = Timestamp::now().after(Duration::from_secs(86_400) * days);
            while upkeep::sweep(now, &backends).await.unwrap() {}
            backends.close().await.unwrap();
        });
        fs::read_dir(data.join("blobs/files")).unwrap().count()
    };
    assert_eq!((stored_after(6), stored_after(9)), (4, 3));
}
