//! davfs2: the drive mounted as a folder of this machine.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::{held, require, run, skip, status, text, varied_bytes};
use crate::support::TestHouse;

/// From Linux 6.16 on davfs2 1.6 lists no folders with its default of 16 KiB. Uploads are not delayed, so that an error
/// of the server reaches the program that closes the file.
const SETTINGS: &str = "buf_size 64\nask_auth 0\nuse_locks 1\ndelay_upload 0\n";

#[test]
fn davfs2_mounts_edits_renames_and_unmounts() {
    if !require("mount.davfs") || !require("curl") || !may_mount() {
        return;
    }
    let house = TestHouse::new().with_user("ann");
    let mount = Mount::new(&house);
    let drive = mount.point.as_path();

    fs::write(drive.join("notes.txt"), "first line\n").unwrap();
    OpenOptions::new()
        .append(true)
        .open(drive.join("notes.txt"))
        .unwrap()
        .write_all(b"second line\n")
        .unwrap();
    fs::create_dir(drive.join("new folder")).unwrap();
    fs::write(drive.join("new folder/photo.raw"), varied_bytes(1024 * 1024)).unwrap();
    fs::rename(drive.join("notes.txt"), drive.join("new folder/Notizen für später.txt")).unwrap();
    fs::rename(drive.join("new folder"), drive.join("renamed folder")).unwrap();
    fs::write(drive.join("gone.txt"), "gone").unwrap();
    fs::remove_file(drive.join("gone.txt")).unwrap();
    assert_eq!(names(drive), [".Trash", "lost+found", "renamed folder"]);
    assert_eq!(names(&drive.join("renamed folder")), ["Notizen für später.txt", "photo.raw"]);
    mount.unmount();

    assert_eq!(
        held(&house, "renamed%20folder/Notizen%20f%C3%BCr%20sp%C3%A4ter.txt"),
        "first line\nsecond line\n"
    );
    for absent in ["notes.txt", "gone.txt", "new%20folder/photo.raw"] {
        assert_eq!(status(&house, absent), "404", "{absent}");
    }

    let again = Mount::new(&house);
    let photo = fs::read(again.point.join("renamed folder/photo.raw")).unwrap();
    assert!(photo == varied_bytes(1024 * 1024), "the photo came back with other bytes");
    again.unmount();
}

#[test]
fn davfs2_restores_out_of_the_trash_and_empties_it() {
    if !require("mount.davfs") || !require("curl") || !may_mount() {
        return;
    }
    let house = TestHouse::new().with_user("ann");
    let mount = Mount::new(&house);
    let drive = mount.point.as_path();

    fs::create_dir(drive.join("folder")).unwrap();
    for name in ["folder/a", "folder/b", "c", "d"] {
        fs::write(drive.join(name), name).unwrap();
    }
    for name in ["folder/a", "folder/b", "c", "d"] {
        fs::remove_file(drive.join(name)).unwrap();
    }
    fs::remove_dir(drive.join("folder")).unwrap();
    let trash = drive.join(".Trash");
    assert_eq!(names(&trash), ["a", "b", "c", "d", "folder"]);
    assert_eq!(fs::read_to_string(trash.join("a")).unwrap(), "folder/a");
    run(Command::new("mv").args([trash.join("c"), drive.join("c")]));
    run(Command::new("mv").args([trash.join("folder"), drive.join("new")]));
    run(Command::new("mv").args([trash.join("a"), drive.join("new/a")]));
    assert_eq!(fs::read_to_string(drive.join("new/a")).unwrap(), "folder/a");
    fs::remove_file(trash.join("d")).unwrap();
    assert!(fs::rename(drive.join("c"), trash.join("c")).is_err());
    mount.unmount();

    assert_eq!(
        (house.list("/"), house.list("/new")),
        (vec!["c".to_owned(), "new".to_owned()], vec!["a".to_owned()])
    );
    assert_eq!(house.list("/.Trash"), ["b"]);
}

/// Mounting needs root and the kernel's FUSE device, which a container may lack.
fn may_mount() -> bool {
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    let has_device = Path::new("/dev/fuse").exists();
    if !is_root || !has_device {
        skip("davfs2 mounts only as root and with /dev/fuse (modprobe fuse)");
    }
    is_root && has_device
}

/// A drive mounted until it is dropped, whatever happens in between.
struct Mount {
    point: PathBuf,
    mounted: bool,
    _folder: TempDir,
}

impl Mount {
    #[track_caller]
    fn new(house: &TestHouse) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (point, secrets) = (folder.path().join("drive"), folder.path().join("secrets"));
        let settings = folder.path().join("davfs2.conf");
        fs::create_dir(&point).unwrap();
        fs::write(&settings, format!("{SETTINGS}secrets {}\n", text(&secrets))).unwrap();
        // davfs2 refuses secrets that others may read.
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&secrets).unwrap();
        writeln!(file, "{} {} {}", house.url(), house.user(), house.password()).unwrap();
        let mut command = Command::new("mount.davfs");
        command.env("PATH", "/usr/sbin:/sbin:/usr/bin:/bin");
        command.arg("-o").arg(format!("conf={}", text(&settings))).arg(house.url()).arg(&point);
        run(&mut command);
        Self { point, mounted: true, _folder: folder }
    }

    /// Returns when davfs2 has uploaded everything.
    #[track_caller]
    fn unmount(mut self) {
        run(Command::new("umount").arg(&self.point));
        self.mounted = false;
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        if self.mounted {
            // After a failed assertion: lazily, since the drive may be busy.
            let _ = Command::new("umount").args(["-i", "-l"]).arg(&self.point).status();
        }
    }
}

/// The names in a folder of the drive, sorted.
fn names(folder: &Path) -> Vec<String> {
    let entries = folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = entries.collect();
    names.sort();
    names
}
