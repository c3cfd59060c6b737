//! `larder backup` and `larder restore`: what is saved comes back.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use serde_json::json;

use super::Machine;
use crate::support::{Api, Drive, TestHouse};

/// The names of the whole snapshots in the folder `backups`.
pub fn snapshots(machine: &Machine) -> Vec<String> {
    let entries = fs::read_dir(machine.path("backups/snapshots")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
    names.sort();
    names
}

/// The ids of the blobs below a folder.
pub fn stored(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder.join("blobs/files")).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Every file below a folder by its path, with its content.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut pending = vec![folder.to_owned()];
    while let Some(current) = pending.pop() {
        for entry in fs::read_dir(current).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => pending.push(path),
                false => {
                    let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                    found.insert(name, fs::read(path).unwrap());
                }
            }
        }
    }
    found
}

#[test]
fn what_was_saved_beside_a_running_server_comes_back_in_another_folder() {
    let machine = Machine::new();
    let server = machine.serve(&[]);
    let drive = Drive::first(&server);
    drive.ask("MKCOL", "/Reports", &[], "");
    drive.put("/Reports/q%C3%BC.txt", "first");
    drive.put("/Reports/q%C3%BC.txt", "second");
    drive.put("/empty.txt", "");
    drive.put("/.DS_Store", "what Finder keeps");
    drive.put("/large", vec![b'x'; 3_000_000]);
    drive.put("/gone.txt", "removed");
    drive.delete("/gone.txt");

    let said = machine.run(&["backup", "backups"]).succeeded();
    assert!(said.contains("in 4 contents. In all: 3 files of 1 user in 4 contents"), "{said}");
    let listed = machine.run(&["restore", "backups", "--list"]).succeeded();
    let [name] = &snapshots(&machine)[..] else { panic!("{listed}") };
    assert!(listed.contains(name) && listed.contains("2.9 MiB"), "{listed}");
    // What comes later is not in it.
    drive.put("/later.txt", "later");

    let said = machine.run(&["restore", "backups", "--data", "restored"]).succeeded();
    assert!(said.contains(name) && said.contains("restored") && said.contains("revoked"), "{said}");
    let restored = machine.serve(&["--data", "restored"]);
    let there = drive.on(&restored);
    assert_eq!(there.get("/Reports/q%C3%BC.txt"), b"second");
    assert_eq!(there.get("/empty.txt"), b"");
    assert_eq!(there.get("/.DS_Store"), b"what Finder keeps");
    assert_eq!(there.get("/large"), vec![b'x'; 3_000_000]);
    assert_eq!(there.ask("GET", "/gone.txt", &[], "").status, 404);
    assert_eq!(there.ask("GET", "/later.txt", &[], "").status, 404);
    there.put("/Reports/q%C3%BC.txt", "third");
    drop(restored);
    TestHouse::assert_in_order(&machine.path("restored"));
}

#[test]
fn a_second_back_up_copies_what_is_new_and_nothing_else() {
    let machine = Machine::new();
    let server = machine.serve(&[]);
    let drive = Drive::first(&server);
    for name in ["/a", "/b", "/c"] {
        drive.put(name, name);
    }
    machine.run(&["backup", "backups"]).succeeded();
    let first = stored(&machine.path("backups"));
    let said = machine.run(&["backup", "backups"]).succeeded();
    assert!(said.starts_with("New: 0 B in 0 contents."), "{said}");
    drive.put("/d", "four");
    let said = machine.run(&["backup", "backups"]).succeeded();
    assert!(said.starts_with("New: 4 B in 1 content."), "{said}");
    assert_eq!((first.len(), stored(&machine.path("backups")).len()), (3, 4));
    assert_eq!(snapshots(&machine).len(), 3);
    // By the beginning of its name each can be had; the first has no /d.
    let first = &snapshots(&machine)[0];
    machine.run(&["restore", "backups", "--snapshot", first, "--data", "restored"]).succeeded();
    let restored = machine.serve(&["--data", "restored"]);
    assert_eq!(drive.on(&restored).ask("GET", "/d", &[], "").status, 404);
    assert_eq!(drive.on(&restored).get("/c"), b"/c");
}

#[test]
fn older_snapshots_go_and_with_them_what_only_they_need() {
    let machine = Machine::new();
    let server = machine.serve(&[]);
    let drive = Drive::first(&server);
    drive.put("/a", "kept by all");
    let keep = |number: &str| machine.run(&["backup", "backups", "--keep", number]).succeeded();
    keep("2");
    keep("2");
    let (second, before) = (snapshots(&machine)[1].clone(), stored(&machine.path("backups")));
    // A content that only a snapshot of before knows: in another back-up nobody refers to it.
    let foreign = machine.path("backups/blobs/files/01a1ff3d-f183-73a7-836b-3611dceefb96");
    fs::create_dir(&foreign).unwrap();
    fs::write(foreign.join("content"), "of a snapshot that is gone").unwrap();
    let said = keep("2");
    assert!(said.contains("Removed: 1 older snapshot, and 1 content that only older ones needed."), "{said}");
    assert_eq!(snapshots(&machine)[0], second);
    assert_eq!((snapshots(&machine).len(), stored(&machine.path("backups"))), (2, before));
    let said = keep("1");
    assert!(said.contains("Removed: 2 older snapshots"), "{said}");
    assert_eq!(snapshots(&machine).len(), 1);
    assert!(machine.run(&["backup", "backups", "--keep", "0"]).failed_with(2).contains("--keep"));
    machine.run(&["restore", "backups", "--data", "restored"]).succeeded();
}

#[test]
fn plain_files_come_out_of_a_back_up_without_its_database() {
    let machine = Machine::new();
    let server = machine.serve(&[]);
    let drive = Drive::first(&server);
    for folder in ["/Reports", "/Reports/empty"] {
        drive.ask("MKCOL", folder, &[], "");
    }
    drive.ask("PUT", "/Reports/q%C3%BC.txt", &[("X-OC-Mtime", "1500000000")], "old");
    drive.ask("PUT", "/Reports/q%C3%BC.txt", &[("X-OC-Mtime", "1600000000")], "new");
    drive.put("/empty.txt", "");
    drive.put("/gone.txt", "removed");
    drive.delete("/gone.txt");
    let api = Api::log_in(server.socket(), "larder", server.labelled("Account password").unwrap());
    for text in ["one", "two"] {
        let made = api.post("/projects", &json!({"name": "Bread"}));
        assert_eq!(made.status, 201, "{made:?}");
        let folder = if text == "one" { "Bread" } else { "Bread%20(2)" };
        drive.put(&format!("/Projects/{folder}/{text}.txt"), text);
    }
    machine.run(&["backup", "backups"]).succeeded();
    let snapshot = machine.path("backups/snapshots").join(&snapshots(&machine)[0]);
    let names = fs::read_to_string(snapshot.join("names.jsonl")).unwrap();
    let lines: Vec<serde_json::Value> =
        names.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let line = |is: &str, path: &str| {
        let line = lines.iter().find(|line| line["is"] == is && line["path"] == path);
        line.unwrap_or_else(|| panic!("{is} {path} is not in\n{names}")).clone()
    };
    assert_eq!(lines.len(), 8, "{names}");
    assert_eq!(line("version", "Reports/qü.txt")["modified"], "2017-07-14T02:40:00.000Z");
    assert!(line("file", "gone.txt")["removed"].is_string());
    let current = line("file", "Reports/qü.txt");
    let content = format!("backups/blobs/files/{}/content", current["blob"].as_str().unwrap());
    assert_eq!(fs::read(machine.path(&content)).unwrap(), b"new");
    assert_eq!((&current["user"], &current["size"]), (&"larder".into(), &3.into()));

    fs::remove_file(snapshot.join("metadata.db")).unwrap();
    let said = machine.run(&["restore", "backups", "--as-files", "plain"]).succeeded();
    assert!(said.contains("4 files, 9 B"), "{said}");
    let expected = [
        ("All projects/Bread/one.txt", "one"),
        ("All projects/Bread (2)/two.txt", "two"),
        ("larder/Reports/qü.txt", "new"),
        ("larder/empty.txt", ""),
    ];
    let expected = expected.map(|(path, content)| (path.to_owned(), content.as_bytes().to_vec()));
    assert_eq!(files(&machine.path("plain")), BTreeMap::from(expected));
    assert!(machine.path("plain/larder/Reports/empty").is_dir());
    let modified = machine.path("plain/larder/Reports/qü.txt").metadata().unwrap().modified().unwrap();
    assert_eq!(modified, UNIX_EPOCH + Duration::from_secs(1_600_000_000));
    let full = machine.run(&["restore", "backups", "--as-files", "plain"]).failed_with(1);
    assert!(full.contains("plain is not empty"), "{full}");
}

#[test]
fn data_that_is_there_is_never_restored_over() {
    let machine = Machine::new();
    let server = machine.serve(&[]);
    let drive = Drive::first(&server);
    drive.put("/a", "kept");
    machine.run(&["backup", "backups"]).succeeded();
    let running = machine.run(&["restore", "backups"]).failed_with(1);
    assert!(running.contains("A server runs on") && running.contains("--data"), "{running}");
    server.signal("TERM");
    server.ended();
    let before = files(&machine.path("larder-data"));
    let stopped = machine.run(&["restore", "backups"]).failed_with(1);
    assert!(stopped.contains("already, and nothing was changed"), "{stopped}");
    assert!(stopped.contains("mv ") || stopped.contains("Name an empty one"), "{stopped}");
    assert!(files(&machine.path("larder-data")) == before);
}

#[test]
fn a_folder_that_cannot_hold_back_ups_is_refused_in_words() {
    let machine = Machine::new();
    machine.run(&["migrate"]).succeeded();
    let refused = |folder: &str| machine.run(&["backup", folder]).failed_with(1);
    assert!(refused("larder-data").contains("lies in the data folder"));
    assert!(refused("larder-data/backups").contains("lies in the data folder"));
    assert!(refused("nowhere/backups").contains("is the disk mounted?"));
    fs::create_dir_all(machine.path("other/blobs")).unwrap();
    assert!(refused("other").contains("something else than back-ups"));
    machine.write("file", "");
    assert!(refused("file").contains("file cannot be used"));
    assert!(!machine.path("nowhere").exists() && !machine.path("larder-data/backups").exists());

    let nothing = machine.run(&["restore", "other", "--data", "restored"]).failed_with(1);
    assert!(nothing.contains("There is no back-up in other"), "{nothing}");
    machine.run(&["backup", "backups"]).succeeded();
    let unknown = machine.run(&["restore", "backups", "--snapshot", "1999", "--data", "restored"]);
    assert!(unknown.failed_with(1).contains("no snapshot 1999"));
    assert!(!machine.path("restored").exists());
    let none = machine.run(&["backup", "elsewhere", "--data", "restored"]).failed_with(1);
    assert!(none.contains("There is no Larder data in restored"), "{none}");
}

#[test]
fn two_back_ups_at_once_into_one_folder_do_not_mix() {
    let machine = Machine::new();
    machine.run(&["migrate"]).succeeded();
    machine.run(&["backup", "backups"]).succeeded();
    let lock = fs::File::open(machine.path("backups/backup.lock")).unwrap();
    lock.lock().unwrap();
    for command in [&["backup", "backups"][..], &["restore", "backups", "--list"]] {
        let busy = machine.run(command).failed_with(1);
        assert!(busy.contains("is using backups"), "{busy}");
    }
    lock.unlock().unwrap();
    machine.run(&["backup", "backups"]).succeeded();
}
