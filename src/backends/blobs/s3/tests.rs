//! The contract on a bucket, and what only a bucket can do.

mod faults;
mod labels;
mod reading;
mod writing;

use bucket::Bucket as Server;
use bytes::Bytes;
use domain::{BlobId, Result, Secret};
use uuid::Uuid;

use crate::config::{Encryption, S3Config};
use crate::contract::suite;
use crate::{BlobFacts, S3, Store};

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
