//! From the disk into a bucket and back while people work: every file is what it was.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use bucket::Bucket;
use domain::Timestamp;
use larder::config::{Config, Sources};
use larder::house::{self, Destination, MovedBlobs};
use services::upkeep::{Sweep, Swept};

use crate::support::{Drive, Machine, Outcome, TestHouse, ground, wait_until};

/// Flags with which new files go to a store while both can be read.
fn flags(bucket: &Bucket, store: &str) -> Vec<String> {
    let settings = bucket.settings().into_iter().filter(|(key, _)| key != "blobs.store");
    let all = settings.chain([("blobs.store".to_owned(), store.to_owned())]);
    all.flat_map(|(key, value)| ["--set".to_owned(), format!("{key}={value}")]).collect()
}

fn run_move(machine: &Machine, flags: &[String], to: &str, step: &str) -> Outcome {
    let flags = flags.iter().map(String::as_str);
    let arguments: Vec<&str> = ["admin", "blobs", "move", "--to", to].into_iter().chain(flags).collect();
    let mut command = machine.command(&arguments);
    if !step.is_empty() {
        command.env("FAILPOINT", step);
    }
    Outcome::of(command)
}

fn content(path: &str, number: usize) -> Vec<u8> {
    path.bytes().cycle().take(100 + number * 997).collect()
}

#[test]
fn every_file_is_what_it_was_after_a_move_into_a_bucket_and_back_while_people_work() {
    let (machine, bucket) = (Machine::new(), Bucket::start_on_thread());
    let to_disk = flags(&bucket, "disk");
    let to_bucket = flags(&bucket, "s3");
    let serve = |flags: &[String]| machine.serve(&flags.iter().map(String::as_str).collect::<Vec<_>>());
    let mut server = serve(&to_disk);
    let mut drive = Drive::first(&server);
    let written = Mutex::new(Vec::new());
    for (turn, settings, place) in [
        (0, &to_disk, "s3://larder"),
        (1, &to_bucket, "s3://larder"),
        (2, &to_bucket, "disk"),
        (3, &to_disk, "disk"),
    ] {
        if turn > 0 {
            drop(server);
            server = serve(settings);
            drive = drive.on(&server);
        }
        for number in 0..15 {
            let path = format!("/{turn}-{number}");
            drive.put(&path, content(&path, number));
            written.lock().unwrap().push((path, number));
        }
        let is_over = AtomicBool::new(false);
        let said = thread::scope(|scope| {
            scope.spawn(|| {
                for number in 0..200 {
                    let path = format!("/{turn}-meanwhile-{number}");
                    drive.put(&path, content(&path, number % 20));
                    let mut written = written.lock().unwrap_or_else(PoisonError::into_inner);
                    let (old, size) = written[number % written.len()].clone();
                    assert_eq!(drive.get(&old), content(&old, size));
                    written.push((path, number % 20));
                    if is_over.load(Ordering::Relaxed) {
                        break;
                    }
                }
            });
            let moved = run_move(&machine, settings, place, "");
            is_over.store(true, Ordering::Relaxed);
            moved.succeeded()
        });
        let keeps_coming = (place == "disk") == (settings == &to_bucket);
        assert_eq!(said.contains("New files still go to the old place"), keeps_coming, "{turn}: {said}");
        for (path, number) in written.lock().unwrap().iter() {
            assert_eq!(drive.get(path), content(path, *number), "{turn}: {path}");
        }
    }
    drop(server);
    assert!(!machine.path("larder-data/blobs/incoming").exists());
    let flags: Vec<&str> = to_disk.iter().map(String::as_str).collect();
    machine.run(&[&["admin", "user", "list"], &flags[..]].concat()).succeeded();
}

#[test]
fn a_move_that_dies_goes_on_with_the_next_run() {
    for step in ["relocation.copied", "relocation.switched"] {
        let (machine, bucket) = (Machine::new(), Bucket::start_on_thread());
        let flags = flags(&bucket, "disk");
        let server = machine.serve(&flags.iter().map(String::as_str).collect::<Vec<_>>());
        let drive = Drive::first(&server);
        for number in 0..5 {
            drive.put(&format!("/{number}"), content("x", number));
        }
        let died = run_move(&machine, &flags, "s3://larder/", step);
        assert_eq!(died.code, None, "{step}: {died:#?}");
        for number in 0..5 {
            assert_eq!(drive.get(&format!("/{number}")), content("x", number), "{step}");
        }
        let said = run_move(&machine, &flags, "s3://larder/", "").succeeded();
        let expected = if step == "relocation.copied" { "in 5 contents" } else { "in 0 contents" };
        assert!(said.contains(expected), "{step}: {said}");
        for number in 0..5 {
            assert_eq!(drive.get(&format!("/{number}")), content("x", number), "{step}");
        }
    }
}

#[test]
fn of_two_moves_at_once_one_is_refused() {
    let (machine, bucket) = (Machine::new(), Bucket::start_on_thread());
    let flags = flags(&bucket, "disk");
    let server = machine.serve(&flags.iter().map(String::as_str).collect::<Vec<_>>());
    let drive = Drive::first(&server);
    drive.put("/slow", vec![b'x'; 1000]);
    drive.put("/slower", vec![b'y'; 1000]);
    let arguments = ["admin", "blobs", "move", "--to", "s3://larder/", "--limit", "10"];
    let arguments: Vec<&str> = arguments.into_iter().chain(flags.iter().map(String::as_str)).collect();
    let mut first = machine.command(&arguments).spawn().unwrap();
    wait_until("the first one is at it", || !bucket.objects().is_empty());
    let second = run_move(&machine, &flags, "s3://larder/", "").failed_with(1);
    assert!(second.contains("Another command is moving contents"), "{second}");
    first.kill().unwrap();
    first.wait().unwrap();
    wait_until("the database has noticed", || run_move(&machine, &flags, "s3://larder/", "").code == Some(0));
    assert_eq!(drive.get("/slow"), vec![b'x'; 1000]);
}

#[test]
fn a_place_that_the_settings_do_not_name_is_refused_with_what_to_set() {
    let (machine, bucket) = (Machine::new(), Bucket::start_on_thread());
    let server = machine.serve(&[]);
    drop(server);
    let settings = flags(&bucket, "disk");
    let other = run_move(&machine, &settings, "s3://another/one", "").failed_with(1);
    assert!(other.contains("The settings name s3://larder/"), "{other}");
    let wrong = run_move(&machine, &settings, "ftp://larder", "");
    assert!(wrong.code == Some(2) && wrong.err.contains("write s3://bucket/prefix, or disk"), "{wrong:#?}");
    if !ground::is_scaled() {
        let none = run_move(&machine, &[], "s3://larder/files", "").failed_with(1);
        assert!(none.contains("set s3.bucket") || none.contains("Set s3.bucket = \"larder\""), "{none}");
    }
}

fn config(folder: &Path, settings: &[(String, String)]) -> Config {
    let folder_setting = ("data_folder".to_owned(), folder.to_str().unwrap().to_owned());
    let all = ground::settings(folder).into_iter().chain([folder_setting]).chain(settings.iter().cloned());
    let command_line = all.map(|(key, value)| ("test".to_owned(), key, value)).collect();
    Config::load(&Sources { file: None, environment: Vec::new(), command_line }).unwrap().0
}

fn swept(house: &TestHouse, days: u64) -> Swept {
    house.run(async {
        let mut sweep = Sweep::begin(Timestamp::now().after(Duration::from_secs(days * 86_400)));
        while sweep.step(house.backends()).await.unwrap() {}
        sweep.swept()
    })
}

#[test]
fn the_bytes_in_the_old_place_stay_for_the_grace_and_then_go() {
    let bucket = Bucket::start_on_thread();
    let settings: Vec<(String, String)> =
        bucket.settings().into_iter().filter(|(key, _)| key != "blobs.store").collect();
    let settings: Vec<(String, String)> =
        settings.into_iter().chain([("blobs.store".to_owned(), "disk".to_owned())]).collect();
    let borrowed: Vec<(&str, &str)> =
        settings.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let house = TestHouse::with_settings(&borrowed).with_user("ann");
    for number in 0..5 {
        house.put(&format!("/{number}"), content("y", number));
    }
    let lies = |number: usize| {
        let files = house.folder().join("blobs/files");
        assert_eq!(std::fs::read_dir(files).unwrap().count(), number);
    };
    lies(5);
    let config = config(house.folder(), &settings);
    let destination = Destination::Bucket("larder".to_owned(), String::new());
    let moved = house.run(house::move_blobs(&config, &destination, None, &|_| {})).unwrap();
    assert!(
        matches!(moved, MovedBlobs { blobs: 5, lost: 0, left: 0, still_receives: true, .. }),
        "{moved:?}"
    );
    assert_eq!(swept(&house, 1), Swept::default());
    lies(5);
    // All of what lies there was moved, and none of it is unknown.
    assert_eq!(swept(&house, 3), Swept { moved: 5, ..Swept::default() });
    lies(0);
    assert_eq!(bucket.objects().len(), 5);
    for number in 0..5 {
        assert_eq!(house.get(&format!("/{number}")).body, content("y", number));
    }
}
