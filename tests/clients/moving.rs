//! What rclone has copied while bytes and database were moved is what it has copied.

use std::fs::{create_dir_all, write};
use std::path::Path;
use std::thread;

use bucket::Bucket;

use super::remote::Remote;
use super::{require, text, varied_bytes};
use crate::support::{Machine, Server, ground};

/// A house that can stand on either database and either store.
struct Scene {
    machine: Machine,
    bucket: Bucket,
}

impl Scene {
    fn flags(&self, database: &str, store: &str) -> Vec<String> {
        let mut settings = self.bucket.settings();
        settings.retain(|(key, _)| key != "blobs.store");
        settings.extend([("metadata.url".into(), database.into()), ("blobs.store".into(), store.into())]);
        settings.into_iter().flat_map(|(key, value)| ["--set".to_owned(), format!("{key}={value}")]).collect()
    }

    #[track_caller]
    fn run(&self, command: &[&str], flags: &[String]) {
        let flags = flags.iter().map(String::as_str);
        self.machine.run(&command.iter().copied().chain(flags).collect::<Vec<_>>()).succeeded();
    }

    fn serve(&self, flags: &[String]) -> Server {
        self.machine.serve(&flags.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

fn remote(server: &Server, password: &str) -> Remote {
    Remote::at(&format!("http://{}/dav/", server.socket()), "larder", password)
}

/// Files that are sent in one piece, and one that is sent in parts.
fn make_tree(root: &Path) {
    create_dir_all(root.join("folder")).unwrap();
    for number in 0..60 {
        let place = if number % 3 == 0 { root.join("folder") } else { root.to_owned() };
        write(place.join(format!("{number}.bin")), varied_bytes(number * number * 61)).unwrap();
    }
    write(root.join("large.bin"), varied_bytes(18 << 20)).unwrap();
}

#[test]
fn rclone_finds_no_difference_after_bytes_and_database_were_moved_under_it() {
    if !require("rclone") {
        return;
    }
    let scene = Scene { machine: Machine::new(), bucket: Bucket::start_on_thread() };
    let flags = scene.flags("", "disk");
    let server = scene.serve(&flags);
    let password = server.labelled("Password").unwrap().to_owned();
    let larder = remote(&server, &password);
    let trees = ["before", "meanwhile"].map(|name| (larder.path(name), format!("larder:{name}")));
    let [(before, first), (meanwhile, second)] = &trees;
    make_tree(before);
    make_tree(meanwhile);
    larder.rclone(&["copy", text(before), first]);
    let into_bucket = ["admin", "blobs", "move", "--to", "s3://larder"];
    thread::scope(|threads| {
        threads.spawn(|| larder.rclone(&["copy", text(meanwhile), second]));
        scene.run(&into_bucket, &flags);
    });
    drop(server);
    // New files went to the disk until the server was started on the bucket.
    let mut flags = scene.flags("", "s3");
    scene.run(&into_bucket, &flags);

    let spare = ground::spare();
    if let Some(spare) = &spare {
        let server = scene.serve(&flags);
        let reader = remote(&server, &password);
        thread::scope(|threads| {
            threads.spawn(|| reader.check(before, first));
            scene.run(&["admin", "metadata", "move", "--to", &spare.url()], &flags);
        });
        flags = scene.flags(&spare.url(), "s3");
    }
    let server = scene.serve(&flags);
    for (local, there) in &trees {
        remote(&server, &password).check(local, there);
    }
    drop(server);
    scene.run(&["doctor", "--deep", "--read"], &flags);
}
