//! The contract on a bucket, and what only a bucket can do.

mod faults;
mod labels;
mod reading;
mod writing;

use bucket::{Bucket as Server, Outside};
use bytes::Bytes;
use domain::{BlobId, Durability, Error, Result, Secret, Sha256, StoreKind};
use sha2::Digest;
use uuid::Uuid;

use crate::config::{Encryption, S3Config};
use crate::contract::{cleared, random, read, suite};
use crate::{BlobFacts, Blobs, BlobsConfig, Copied, S3, Store};

const MIB: usize = 1 << 20;

fn config(server: &Server) -> S3Config {
    S3Config {
        endpoint: server.endpoint(),
        region: String::new(),
        bucket: bucket::NAME.to_owned(),
        prefix: String::new(),
        path_style: true,
        access_key: bucket::ACCESS_KEY.to_owned(),
        secret_key: Secret::new(bucket::SECRET_KEY),
        profile: String::new(),
        encryption: Encryption::Bucket,
        kms_key: String::new(),
        original_paths: true,
        part_bytes: 5 * MIB as u64,
        upload_memory_bytes: 40 * MIB as u64,
    }
}

async fn open(server: &Server) -> Store {
    Store::S3(S3::open(&config(server)).await)
}

fn declared(bytes: usize) -> BlobFacts {
    BlobFacts { size_bytes: Some(bytes as u64), ..BlobFacts::default() }
}

fn new_id() -> BlobId {
    BlobId(Uuid::new_v4())
}

/// Stores bytes, handed over as connections do.
async fn upload(store: &Store, facts: BlobFacts, mut bytes: Bytes) -> Result<BlobId> {
    let id = new_id();
    let mut writer = store.create(id, facts).await?;
    while !bytes.is_empty() {
        writer.write(bytes.split_to(bytes.len().min(100_000))).await?;
    }
    writer.finish().await.map(|()| id)
}

/// Nothing is in the bucket, and nothing is about to be.
#[track_caller]
fn assert_empty(server: &Server) {
    assert_eq!((server.objects().len(), server.unfinished()), (0, Vec::new()));
}

#[tokio::test]
async fn a_bucket_keeps_the_contract() {
    let server = Server::start().await;
    suite(&open(&server).await).await;
    assert_empty(&server);
}

#[tokio::test]
async fn a_share_of_a_bucket_keeps_the_contract_and_leaves_the_rest_alone() {
    let server = Server::start().await;
    server.place("elsewhere/files/readme", b"of somebody else");
    server.place("files/readme", b"of somebody else");
    let config = S3Config { prefix: "larder/".to_owned(), ..config(&server) };
    suite(&Store::S3(S3::open(&config).await)).await;
    assert_eq!(server.objects().len(), 2);
}

/// On a real server, where the environment names one.
#[tokio::test]
async fn a_bucket_elsewhere_keeps_the_contract() {
    let Some(outside) = Outside::make().await else { return };
    let server = Server::start().await;
    let config = S3Config {
        endpoint: outside.endpoint,
        bucket: outside.name,
        access_key: outside.access_key,
        secret_key: Secret::new(outside.secret_key),
        ..config(&server)
    };
    let store = Store::S3(S3::open(&config).await);
    suite(&store).await;
    for facts in [declared(18 * MIB), BlobFacts::default()] {
        let bytes = random(18 * MIB, 2);
        let id = upload(&store, facts, bytes.clone()).await.unwrap();
        store.relabel(id, "/Übersicht.pdf").await.unwrap();
        assert!(read(&store, id, 18 * MIB as u64).await.unwrap() == bytes);
        let given_up = new_id();
        let mut writer = store.create(given_up, BlobFacts::default()).await.unwrap();
        writer.write(bytes).await.unwrap();
        drop(writer);
        cleared(&store, given_up).await;
        store.discard(id).await.unwrap();
    }
    assert_eq!(store.list(None, 10).await.unwrap().blobs, []);
}

#[tokio::test]
async fn two_stores_are_there_at_once_and_what_is_not_configured_is_named() {
    let server = Server::start().await;
    let folder = tempfile::tempdir().unwrap();
    let open = async |store, s3| {
        let config = BlobsConfig { store, orphan_grace_hours: 24, durability: Durability::default(), s3 };
        Blobs::open(&config, folder.path()).await
    };
    let log = |error: Option<Error>| match error {
        Some(Error::Unavailable(message)) => message.log().unwrap().to_owned(),
        other => panic!("{other:?}"),
    };
    let bucket_alone = open(StoreKind::S3, Some(config(&server))).await.unwrap();
    assert_eq!(bucket_alone.stores().map(Store::kind).collect::<Vec<_>>(), [StoreKind::S3]);
    assert!(log(bucket_alone.at(StoreKind::Disk).err()).contains("data_folder"));
    assert!(!folder.path().join("blobs").exists(), "nobody needs that folder");

    let disk_alone = open(StoreKind::Disk, None).await.unwrap();
    assert_eq!(disk_alone.stores().map(Store::kind).collect::<Vec<_>>(), [StoreKind::Disk]);
    assert!(log(disk_alone.at(StoreKind::S3).err()).contains("s3.bucket"));
    assert!(log(open(StoreKind::S3, None).await.err()).contains("s3.bucket"));

    for (kind, other) in [(StoreKind::S3, StoreKind::Disk), (StoreKind::Disk, StoreKind::S3)] {
        let both = open(kind, Some(config(&server))).await.unwrap();
        assert_eq!(both.receiving().kind(), kind);
        assert_eq!(both.at(other).unwrap().kind(), other);
    }
}

#[tokio::test]
async fn a_copy_into_a_bucket_is_whole_or_not_there() {
    let (server, folder) = (Server::start().await, tempfile::tempdir().unwrap());
    let (disk, bucket) = (Store::open_archive(folder.path()).unwrap(), open(&server).await);
    for size in [0, 1_000, 6 * MIB] {
        let bytes = random(size, 1);
        let id = upload(&disk, BlobFacts::default(), bytes.clone()).await.unwrap();
        let sha256 = Sha256(sha2::Sha256::digest(&bytes).into());
        let copied = async |to: &Store, from: &Store, sha256| {
            to.copy_from(from, id, size as u64, sha256).await.unwrap()
        };
        assert!(matches!(copied(&bucket, &disk, Sha256([1; 32])).await, Copied::Damaged(_)));
        cleared(&bucket, id).await;
        assert!(matches!(copied(&bucket, &disk, sha256).await, Copied::Whole));
        disk.remove(id).await.unwrap();
        assert!(matches!(copied(&disk, &bucket, sha256).await, Copied::Whole));
        assert!(matches!(disk.verify(id, size as u64, sha256).await, Copied::Whole));
        assert!(matches!(bucket.verify(id, size as u64, sha256).await, Copied::Whole));
        bucket.remove(id).await.unwrap();
    }
    assert_empty(&server);
}

#[tokio::test]
async fn what_is_no_blob_is_counted_and_outlives_everything() {
    let server = Server::start().await;
    let store = open(&server).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(upload(&store, BlobFacts::default(), Bytes::from_static(b"bytes")).await.unwrap());
    }
    ids.sort();
    let strange = [
        "readme".to_owned(),
        format!("files/{}/content", Uuid::new_v4().to_string().to_uppercase()),
        format!("files/{}/notes", ids[1]),
        "files/zzz".to_owned(),
    ];
    strange.iter().for_each(|key| server.place(key, b"of somebody else"));
    for count_max in [1, 2, 3, 10] {
        let (mut found, mut count, mut after) = (Vec::new(), 0, None);
        loop {
            let page = store.list(after, count_max).await.unwrap();
            found.extend(page.blobs.iter().map(|blob| blob.id));
            count += page.strangers.count;
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!((&found, count), (&ids, strange.len() as u64), "{count_max} at a time");
    }
    for id in ids {
        store.remove(id).await.unwrap();
    }
    assert_eq!(server.objects().len(), strange.len());
}
