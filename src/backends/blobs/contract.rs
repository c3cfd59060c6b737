//! What every store of blobs must do; run against each of them.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use domain::{BlobId, Error, Result, Timestamp};
use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};
use uuid::Uuid;

use crate::{BlobFacts, BlobReader, BlobWriter, Listing, Store};

/// Runs the whole contract; it leaves the store as it was.
pub async fn suite(blobs: &Store) {
    blobs.check().await.unwrap();
    bytes_come_back_exactly(blobs).await;
    any_part_can_be_read_in_any_order(blobs).await;
    a_dropped_upload_leaves_nothing(blobs).await;
    an_aborted_upload_leaves_nothing(blobs).await;
    what_is_removed_is_gone_and_may_be_removed_again(blobs).await;
    two_uploads_at_once_do_not_mix(blobs).await;
    what_is_missing_or_of_another_size_is_an_error(blobs).await;
    everything_that_is_there_is_listed_once_and_in_order(blobs).await;
    a_blob_is_found_as_long_as_it_is_there(blobs).await;
}

/// The same bytes for the same seed.
pub fn random(size_bytes: usize, seed: u64) -> Bytes {
    let mut bytes = vec![0; size_bytes];
    StdRng::seed_from_u64(seed).fill_bytes(&mut bytes);
    bytes.into()
}

/// Stores a blob, handed over in frames of odd sizes.
pub async fn store(blobs: &Store, mut bytes: Bytes) -> BlobId {
    let mut sizes = StdRng::seed_from_u64(1);
    let id = BlobId(Uuid::new_v4());
    let mut writer = create(blobs, id).await;
    while !bytes.is_empty() {
        let frame = bytes.split_to(sizes.random_range(0..100_000).min(bytes.len()));
        writer.write(frame).await.unwrap();
    }
    writer.finish().await.unwrap();
    id
}

/// Reads on to the end, in parts of odd sizes.
pub async fn read_on(reader: &mut BlobReader) -> Vec<u8> {
    let (mut sizes, mut all) = (StdRng::seed_from_u64(2), Vec::new());
    loop {
        let bytes_max = sizes.random_range(1..300_000);
        let part = reader.read(bytes_max).await.unwrap();
        assert!(part.len() <= bytes_max);
        match part.is_empty() {
            true => return all,
            false => all.extend_from_slice(&part),
        }
    }
}

/// Begins a blob of which nothing is known beforehand.
pub async fn create(blobs: &Store, id: BlobId) -> BlobWriter {
    blobs.create(id, BlobFacts::default()).await.unwrap()
}

/// What becomes of reading a blob to its end: some stores find out at its beginning what is wrong with it, others later.
pub async fn read(blobs: &Store, id: BlobId, size_bytes: u64) -> Result<Vec<u8>> {
    let mut reader = blobs.read(id, size_bytes).await?;
    let mut all = Vec::new();
    loop {
        let part = reader.read(100_000).await?;
        match part.is_empty() {
            true => return Ok(all),
            false => all.extend_from_slice(&part),
        }
    }
}

/// Waits until a dropped writer has been cleared away.
pub async fn cleared(blobs: &Store, id: BlobId) {
    for _ in 0..1000 {
        let unfinished = blobs.unfinished().await.unwrap().unwrap_or_default();
        if blobs.find(id).await.unwrap().is_none() && unfinished.iter().all(|one| one.id != id) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("{id} was left behind");
}

async fn bytes_come_back_exactly(blobs: &Store) {
    // 64 and 256 KiB are where the disk's chunks and batches end.
    for size_bytes in [0, 1, 65_535, 65_536, 65_537, 262_144, 262_145, 10 * 1024 * 1024] {
        let bytes = random(size_bytes, 3);
        let id = store(blobs, bytes.clone()).await;
        let mut reader = blobs.read(id, size_bytes as u64).await.unwrap();
        assert!(read_on(&mut reader).await == bytes, "{size_bytes} bytes came back changed");
        blobs.remove(id).await.unwrap();
    }
}

async fn any_part_can_be_read_in_any_order(blobs: &Store) {
    let bytes = random(1_000_000, 4);
    let id = store(blobs, bytes.clone()).await;
    let mut reader = blobs.read(id, bytes.len() as u64).await.unwrap();
    let mut places = StdRng::seed_from_u64(5);
    for _ in 0..200 {
        let mut offset = places.random_range(0..bytes.len());
        reader.seek(offset as u64);
        for _ in 0..3 {
            let part = reader.read(10).await.unwrap();
            assert_eq!(part, bytes.slice(offset..offset + part.len()));
            offset += part.len();
        }
    }
    reader.seek(999_990);
    assert_eq!(read_on(&mut reader).await, bytes.slice(999_990..));
    reader.seek(5_000_000);
    assert!(read_on(&mut reader).await.is_empty());
    blobs.remove(id).await.unwrap();
}

async fn a_dropped_upload_leaves_nothing(blobs: &Store) {
    for size_bytes in [0, 10, 1_000_000] {
        let id = BlobId(Uuid::new_v4());
        let mut writer = create(blobs, id).await;
        writer.write(random(size_bytes, 6)).await.unwrap();
        drop(writer);
        cleared(blobs, id).await;
    }
}

async fn an_aborted_upload_leaves_nothing(blobs: &Store) {
    for size_bytes in [0, 10, 1_000_000] {
        let id = BlobId(Uuid::new_v4());
        let mut writer = create(blobs, id).await;
        writer.write(random(size_bytes, 7)).await.unwrap();
        writer.abort().await;
        assert_eq!(blobs.find(id).await.unwrap(), None);
        create(blobs, id).await.abort().await;
    }
}

async fn what_is_removed_is_gone_and_may_be_removed_again(blobs: &Store) {
    let id = store(blobs, random(200_000, 8)).await;
    blobs.remove(id).await.unwrap();
    blobs.remove(id).await.unwrap();
    blobs.discard(id).await.unwrap();
    assert!(matches!(read(blobs, id, 200_000).await, Err(Error::Internal(_))));
}

async fn two_uploads_at_once_do_not_mix(blobs: &Store) {
    let (one, other) = (random(3_000_000, 9), random(3_000_000, 10));
    let (one_id, other_id) = tokio::join!(store(blobs, one.clone()), store(blobs, other.clone()));
    for (id, bytes) in [(one_id, one), (other_id, other)] {
        assert!(read_on(&mut blobs.read(id, bytes.len() as u64).await.unwrap()).await == bytes);
        blobs.remove(id).await.unwrap();
    }
}

async fn what_is_missing_or_of_another_size_is_an_error(blobs: &Store) {
    let id = store(blobs, Bytes::from_static(b"four")).await;
    for size_bytes in [3, 5] {
        assert!(matches!(read(blobs, id, size_bytes).await, Err(Error::Internal(_))));
    }
    blobs.remove(id).await.unwrap();
    let error = read(blobs, id, 4).await.unwrap_err();
    assert!(matches!(&error, Error::Internal(message) if message.log().unwrap().contains(&id.key())));
}

async fn everything_that_is_there_is_listed_once_and_in_order(blobs: &Store) {
    assert_eq!(blobs.list(None, 10).await.unwrap(), Listing::default());
    let mut expected = BTreeMap::new();
    for size_bytes in 1..=7 {
        expected.insert(store(blobs, random(size_bytes, 11)).await, size_bytes as u64);
    }
    for count_max in [1, 2, 3, 7, 100] {
        let (mut listed, mut after) = (Vec::new(), None);
        loop {
            let page = blobs.list(after, count_max).await.unwrap();
            assert!(page.blobs.len() <= count_max && page.strangers.count == 0);
            listed.extend(page.blobs.iter().map(|blob| (blob.id, blob.size_bytes)));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(listed, expected.clone().into_iter().collect::<Vec<_>>(), "{count_max} at a time");
    }
    for id in expected.into_keys() {
        blobs.remove(id).await.unwrap();
    }
    assert_eq!(blobs.list(None, 10).await.unwrap(), Listing::default());
}

async fn a_blob_is_found_as_long_as_it_is_there(blobs: &Store) {
    let before = Timestamp::now();
    let id = store(blobs, random(1000, 12)).await;
    let found = blobs.find(id).await.unwrap().unwrap();
    assert_eq!((found.id, found.size_bytes), (id, 1000));
    // The clock of the store may be coarser than the machine's, or another's.
    assert!(found.modified_at.until(before).as_secs() < 60 && before.until(found.modified_at).as_secs() < 60);
    let listed = blobs.list(None, 10).await.unwrap().blobs;
    assert_eq!(listed.iter().map(|blob| (blob.id, blob.size_bytes)).collect::<Vec<_>>(), [(id, 1000)]);
    // A store may say it to the second in one place and finer in another.
    assert_eq!(listed[0].modified_at.seconds(), found.modified_at.seconds());
    blobs.remove(id).await.unwrap();
    assert_eq!(blobs.find(id).await.unwrap(), None);
}
