//! A disk without room: what does not fit is refused with 507 and a reason, and everything else goes on.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use super::{varied_bytes, wait_until};
use crate::support::{TestHouse, ground};

const DISK_BYTES: usize = 8 * 1024 * 1024;

#[test]
fn an_upload_larger_than_the_disk_is_refused_and_leaves_no_trace() {
    if ground::only_alone("the disk that is too small holds the files") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let Some(_disk) = SmallDisk::mount(folder.path().join("blobs")) else { return };
    let house = TestHouse::on_folder(folder, &[]).with_user("ann");
    let old = varied_bytes(1, 100_000);
    assert_eq!(house.put("/old", &old).status, 201);
    let large = varied_bytes(2, 2 * DISK_BYTES);
    let chunked = [format!("{:x}\r\n", large.len()).as_bytes(), &large, b"\r\n0\r\n\r\n"].concat();
    for path in ["/old", "/new"] {
        let answers =
            [house.put(path, &large), house.ask("PUT", path, &[("Transfer-Encoding", "chunked")], &chunked)];
        for answer in answers {
            assert_eq!(answer.status, 507, "{answer:?}");
            assert!(answer.text().contains("disk is full; nothing was changed"), "{answer:?}");
        }
        assert!(house.get("/old").body == old);
        assert_eq!(house.list("/"), ["old"]);
        assert_eq!(house.put("/small", "still room").status, 201);
        assert_eq!(house.delete("/small").status, 204);
    }
    // All of it is there for the next one.
    assert_eq!(house.put("/half", &large[..DISK_BYTES / 2]).status, 201);
    assert!(house.get("/half").body == large[..DISK_BYTES / 2]);
}

#[test]
fn on_a_full_disk_everything_can_be_read_and_what_is_refused_has_not_happened() {
    if ground::only_alone("the disk that is full holds SQLite") {
        return;
    }
    let around = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(around.path().join("disk")) else { return };
    let house = TestHouse::on_folder(TempDir::new_in(&disk.point).unwrap(), &[]).with_user("ann");
    assert_eq!(house.put("/file", "old").status, 201);
    house.mkcol("/folder");
    let filler = disk.fill();

    // Again and again: a transaction that failed must not live on below the next one and swallow it.
    for _ in 0..3 {
        let refused = [
            house.mkcol("/other"),
            house.put("/file", "new"),
            house.put("/new", "new"),
            house.put("/empty", ""),
            house.relocate("MOVE", "/file", "/folder/moved"),
            house.relocate("COPY", "/folder", "/copy"),
            house.delete("/file"),
        ];
        for answer in refused {
            assert_eq!(answer.status, 507, "{answer:?}");
            assert!(answer.text().contains("disk is full; nothing was changed"), "{answer:?}");
        }
        assert_eq!(house.get("/file").text(), "old");
        assert_eq!(house.list("/"), ["file", "folder"]);
        assert_eq!(house.list("/folder"), [""; 0]);
    }

    fs::remove_file(filler).unwrap();
    assert_eq!(house.put("/file", "new").status, 204);
    assert_eq!(house.relocate("MOVE", "/file", "/folder/moved").status, 201);
    assert_eq!(house.get("/folder/moved").text(), "new");
    // What was acknowledged after that is there at the next start too.
    let authorization = house.authorization();
    let house = TestHouse::on_folder(house.close(), &[]);
    let headers = [("Authorization", authorization.as_str())];
    assert_eq!(house.wire().ask("GET", "/dav/folder/moved", &headers, "").text(), "new");
}

/// The bytes have room enough; what says where they belong has none.
#[test]
fn with_the_database_on_a_full_disk_of_its_own_nothing_is_taken_and_all_can_be_read() {
    if ground::only_alone("the disk that is full holds SQLite") {
        return;
    }
    let around = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(around.path().join("disk")) else { return };
    let bytes = tempfile::tempdir().unwrap();
    let folder = TempDir::new_in(&disk.point).unwrap();
    symlink(bytes.path(), folder.path().join("blobs")).unwrap();
    let house = TestHouse::on_folder(folder, &[]).with_user("ann");
    let old = varied_bytes(1, 300_000);
    assert_eq!(house.put("/file", &old).status, 201);
    let filler = disk.fill();
    for size in [10, 1_000_000] {
        let answer = house.put("/file", varied_bytes(2, size));
        assert_eq!(answer.status, 507, "{answer:?}");
        assert!(house.get("/file").body == old);
    }
    assert_eq!(house.mkcol("/folder").status, 507);
    wait_until("it says that it is not ready", || ready(&house) == 503);
    fs::remove_file(filler).unwrap();
    wait_until("it is ready", || ready(&house) == 200);
    assert_eq!(house.put("/file", "new").status, 204);
}

/// What Linux makes of a disk that has failed.
#[test]
fn while_the_disk_takes_no_writes_files_are_read_and_uploads_are_refused() {
    if ground::only_alone("the disk that takes no writes holds the files") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(folder.path().join("blobs")) else { return };
    let house = TestHouse::on_folder(folder, &[]).with_user("ann");
    let old = varied_bytes(1, 300_000);
    assert_eq!(house.put("/file", &old).status, 201);
    disk.remount("ro");
    for size in [10, 1_000_000] {
        let answer = house.put("/file", varied_bytes(2, size));
        assert_eq!(answer.status, 503, "{answer:?}");
        assert!(answer.header("retry-after").is_some(), "{answer:?}");
    }
    assert!(house.get("/file").body == old);
    assert_eq!(house.mkcol("/folder").status, 201);
    wait_until("it says that it is not ready", || ready(&house) == 503);
    disk.remount("rw");
    wait_until("it is ready", || ready(&house) == 200);
    assert_eq!(house.put("/file", "new").status, 204);
}

fn ready(house: &TestHouse) -> u16 {
    house.wire().ask("GET", "/health/ready", &[], "").status
}

/// A disk of a few megabytes.
pub struct SmallDisk {
    pub point: PathBuf,
}

impl SmallDisk {
    /// Mounts it on a folder that is made for it; nothing where that is not allowed.
    pub fn mount(point: PathBuf) -> Option<Self> {
        if fs::metadata("/proc/self").unwrap().uid() != 0 {
            println!("SKIPPED: only root can mount a small disk");
            return None;
        }
        fs::create_dir(&point).unwrap();
        let options = format!("size={DISK_BYTES},mode=0700");
        let arguments = ["-t", "tmpfs", "-o", &options, "larder-test"];
        let mounting = Command::new("mount").args(arguments).arg(&point).output();
        match mounting {
            Ok(output) if output.status.success() => Some(Self { point }),
            failed => {
                println!("SKIPPED: no small disk can be mounted here: {failed:?}");
                None
            }
        }
    }

    fn remount(&self, mode: &str) {
        let mounting =
            Command::new("mount").args(["-o", &format!("remount,{mode}")]).arg(&self.point).status();
        assert!(mounting.unwrap().success());
    }

    /// Leaves not a page free; gives the file that takes them all.
    pub fn fill(&self) -> PathBuf {
        let path = self.point.join("filler");
        let mut filler = File::create(&path).unwrap();
        while filler.write(&[1; 4096]).is_ok_and(|written| written > 0) {}
        path
    }
}

/// Declare the house after the disk it lies on, so that it is gone when the disk goes.
impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: after a failed assertion something may still be open.
        let _ = Command::new("umount").arg("-l").arg(&self.point).output();
        // A folder with a disk in it could not be removed.
        let _ = fs::remove_dir(&self.point);
        let _ = self.point.parent().map(fs::remove_dir);
    }
}
