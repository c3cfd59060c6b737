//! The contract on a disk, and what only a disk can do.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::pin::pin;
use std::process::Command;
use std::sync::mpsc;
use std::task::Poll;

use bytes::Bytes;
use domain::{BlobId, Durability, Error, Result, Sha256};
use sha2::Digest;
use tempfile::TempDir;
use tokio::runtime;
use uuid::Uuid;

use crate::contract::{cleared, create, random, read_on, store, suite};
use crate::{BlobFacts, Copied, Disk, Store};

fn open(folder: &Path) -> Store {
    Store::open_archive(folder).unwrap()
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder.join("blobs/files")).unwrap().next().is_none()
}

#[tokio::test]
async fn a_disk_keeps_the_contract() {
    let folder = TempDir::new().unwrap();
    suite(&open(folder.path())).await;
    assert!(is_empty(folder.path()));
}

#[tokio::test]
async fn a_disk_that_nobody_waits_for_keeps_the_contract() {
    let folder = TempDir::new().unwrap();
    let disk = Disk::open(folder.path().join("blobs"), Durability::ProcessCrash).unwrap();
    suite(&Store::Disk(disk)).await;
    assert!(is_empty(folder.path()));
}

#[tokio::test]
async fn nothing_is_written_twice() {
    let folder = TempDir::new().unwrap();
    let blobs = open(folder.path());
    let id = store(&blobs, Bytes::from_static(b"first")).await;
    assert!(matches!(blobs.create(id, BlobFacts::default()).await, Err(Error::Internal(_))));
    assert_eq!(read_on(&mut blobs.read(id, 5).await.unwrap()).await, b"first");
}

#[tokio::test]
async fn a_reader_keeps_reading_what_is_removed() {
    let folder = TempDir::new().unwrap();
    let blobs = open(folder.path());
    let bytes = random(2_000_000, 8);
    let id = store(&blobs, bytes.clone()).await;
    let mut reader = blobs.read(id, bytes.len() as u64).await.unwrap();
    blobs.remove(id).await.unwrap();
    assert!(read_on(&mut reader).await == bytes);
}

#[tokio::test]
async fn files_lie_at_their_key_in_a_folder_nobody_else_may_open() {
    let folder = TempDir::new().unwrap();
    let blobs = open(folder.path());
    let id = store(&blobs, Bytes::from_static(b"bytes")).await;
    assert_eq!(fs::read(folder.path().join("blobs").join(id.key())).unwrap(), b"bytes");
    let mode = fs::metadata(folder.path().join("blobs")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    assert_eq!(read_on(&mut open(folder.path()).read(id, 5).await.unwrap()).await, b"bytes");
}

#[tokio::test]
async fn a_file_cut_short_behind_the_house_is_an_error_and_not_zeros() {
    let folder = TempDir::new().unwrap();
    let blobs = open(folder.path());
    let id = store(&blobs, random(1_000_000, 1)).await;
    let mut reader = blobs.read(id, 1_000_000).await.unwrap();
    let file = OpenOptions::new().write(true).open(folder.path().join("blobs").join(id.key())).unwrap();
    file.set_len(600_000).unwrap();
    let error = loop {
        match reader.read(100_000).await {
            Ok(part) => assert!(!part.is_empty(), "the end came too early and nobody said so"),
            Err(error) => break error,
        }
    };
    assert!(matches!(&error, Error::Internal(message) if message.log().unwrap().contains(&id.key())));
    assert!(matches!(blobs.read(id, 1_000_000).await, Err(Error::Internal(_))));
}

#[tokio::test]
async fn a_disk_that_is_gone_is_unavailable() {
    let folder = TempDir::new().unwrap();
    let blobs = open(folder.path());
    assert!(blobs.free_bytes().await.unwrap().unwrap() > 0);
    fs::remove_dir_all(folder.path().join("blobs")).unwrap();
    assert!(matches!(blobs.check().await, Err(Error::Unavailable(_))));
    assert!(matches!(
        blobs.create(BlobId(Uuid::new_v4()), BlobFacts::default()).await,
        Err(Error::Unavailable(_))
    ));
    assert!(matches!(blobs.free_bytes().await, Err(Error::Unavailable(_))));
}

#[tokio::test]
async fn a_copy_in_another_store_is_whole_or_not_there() {
    let (here, there) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (source, target) = (open(here.path()), Store::open_archive(there.path()).unwrap());
    for size_bytes in [0, 1, 1_000_000] {
        let bytes = random(size_bytes, 6);
        let id = store(&source, bytes.clone()).await;
        let (size, sha256) = (size_bytes as u64, Sha256(sha2::Sha256::digest(&bytes).into()));
        let copied = async |sha256| target.copy_from(&source, id, size, sha256).await.unwrap();
        assert!(matches!(copied(Sha256([1; 32])).await, Copied::Damaged(Error::Internal(_))));
        assert_eq!(target.find(id).await.unwrap(), None);
        assert!(matches!(copied(sha256).await, Copied::Whole));
        assert!(matches!(target.verify(id, size, sha256).await, Copied::Whole));
        // Whatever lies there is replaced.
        fs::write(there.path().join("blobs").join(id.key()), "damaged").unwrap();
        assert!(matches!(target.verify(id, size, sha256).await, Copied::Damaged(_)));
        assert!(matches!(copied(sha256).await, Copied::Whole));
        assert!(read_on(&mut target.read(id, size).await.unwrap()).await == bytes);
        source.remove(id).await.unwrap();
        assert!(matches!(copied(sha256).await, Copied::Damaged(Error::Internal(_))));
        assert!(matches!(target.verify(id, size, sha256).await, Copied::Whole));
    }
    assert!(fs::read_dir(there.path().join("blobs/incoming")).unwrap().next().is_none());
    target.clear_incoming().await.unwrap();
    target.clear_incoming().await.unwrap();
    assert!(!there.path().join("blobs/incoming").exists());
}

#[test]
fn an_upload_whose_client_goes_away_while_it_is_synced_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    let blobs = open(folder.path());
    let one_thread =
        runtime::Builder::new_current_thread().enable_all().max_blocking_threads(1).build().unwrap();
    one_thread.block_on(async {
        let id = BlobId(Uuid::new_v4());
        let mut writer = create(&blobs, id).await;
        writer.write(random(1000, 2)).await.unwrap();
        // While the only thread that may wait is held up, finishing cannot come to its end.
        let (release, held_up) = mpsc::channel::<()>();
        tokio::task::spawn_blocking(move || held_up.recv());
        {
            let mut finish = pin!(writer.finish());
            std::future::poll_fn(|context| {
                assert!(finish.as_mut().poll(context).is_pending());
                Poll::Ready(())
            })
            .await;
        }
        release.send(()).unwrap();
        cleared(&blobs, id).await;
    });
    assert!(is_empty(folder.path()));
}

#[tokio::test]
async fn a_full_disk_is_named_and_nothing_is_left_on_it() {
    let Some(disk) = SmallDisk::mount("size=1m") else { return };
    let blobs = open(disk.0.path());
    assert!(matches!(upload(&blobs, random(4_000_000, 3)).await, Err(Error::OutOfSpace(_))));
    assert!(is_empty(disk.0.path()));
    // Full only at the end: what is left of a batch is written when the upload is finished.
    assert!(blobs.free_bytes().await.unwrap().unwrap() < 1_100_000);
    assert!(matches!(upload(&blobs, random(1_100_000, 4)).await, Err(Error::OutOfSpace(_))));
    assert!(is_empty(disk.0.path()));
    upload(&blobs, random(500_000, 5)).await.unwrap();
}

#[tokio::test]
async fn a_disk_that_takes_a_folder_and_not_its_file_is_left_clean() {
    // The root, `blobs`, `files` and the folder of the blob.
    let Some(disk) = SmallDisk::mount("size=1m,nr_inodes=4") else { return };
    let blobs = open(disk.0.path());
    assert!(matches!(
        blobs.create(BlobId(Uuid::new_v4()), BlobFacts::default()).await,
        Err(Error::OutOfSpace(_))
    ));
    assert!(is_empty(disk.0.path()));
}

async fn upload(blobs: &Store, mut bytes: Bytes) -> Result<()> {
    let mut writer = blobs.create(BlobId(Uuid::new_v4()), BlobFacts::default()).await?;
    while !bytes.is_empty() {
        writer.write(bytes.split_to(bytes.len().min(50_000))).await?;
    }
    writer.finish().await
}

/// A file system in memory; mounting one takes root.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount(options: &str) -> Option<Self> {
        let folder = TempDir::new().unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "larder-test"])
            .arg(folder.path())
            .output();
        if mount.is_ok_and(|mount| mount.status.success()) {
            return Some(Self(folder));
        }
        // Not by eprintln!, which the test runner swallows.
        writeln!(
            std::io::stderr(),
            "SKIPPED: no small disk to fill, because mounting tmpfs is not permitted here"
        )
        .unwrap();
        None
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0.path()).status();
    }
}

#[tokio::test]
async fn what_is_no_blob_is_reported_and_outlives_everything() {
    let folder = TempDir::new().unwrap();
    let blobs = open(folder.path());
    let (id, broken) = (store(&blobs, Bytes::from_static(b"bytes")).await, Uuid::new_v4());
    let root = folder.path().join("blobs");
    let beside = root.join("files").join(id.to_string()).join("notes.txt");
    let strange = [
        root.join("lost+found"),
        root.join("files/readme"),
        // A blob's name as the house never writes it, and one at which there is no folder.
        root.join("files").join(Uuid::new_v4().to_string().to_uppercase()),
        root.join("files").join(Uuid::new_v4().to_string()),
        root.join("files").join(broken.to_string()).join("other"),
        beside.clone(),
    ];
    for path in &strange {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "of somebody else").unwrap();
    }
    let first = blobs.list(None, 10).await.unwrap();
    assert_eq!(first.blobs.iter().map(|blob| (blob.id, blob.size_bytes)).collect::<Vec<_>>(), [(id, 5)]);
    assert_eq!((first.strangers.count, first.strangers.examples.len()), (5, 5));
    assert!(first.strangers.examples.contains(&"lost+found".to_owned()), "{first:?}");
    assert!(blobs.find(BlobId(broken)).await.unwrap().is_none());

    blobs.remove(id).await.unwrap();
    assert!(strange.iter().all(|path| path.exists()));
    // What lies beside a blob that is gone is somebody else's too.
    let after = blobs.list(None, 10).await.unwrap();
    assert_eq!((after.blobs, after.strangers.count), (Vec::new(), 6));
}

#[tokio::test]
async fn a_folder_that_lost_its_file_is_a_blob_without_a_byte_and_can_be_removed() {
    let folder = TempDir::new().unwrap();
    let blobs = open(folder.path());
    let id = BlobId(Uuid::new_v4());
    fs::create_dir(folder.path().join("blobs/files").join(id.to_string())).unwrap();
    let found = blobs.find(id).await.unwrap().unwrap();
    assert_eq!((found.id, found.size_bytes), (id, 0));
    assert_eq!(blobs.list(None, 10).await.unwrap().blobs, [found]);
    blobs.remove(id).await.unwrap();
    assert!(is_empty(folder.path()));
}
