//! What an upload asks of the store, and how much memory it takes.

use std::sync::Arc;
use std::time::Duration;

use bucket::Bucket as Server;
use domain::Error;
use futures_util::future::join_all;

use super::*;
use crate::contract::{cleared, create, random, read};
use crate::s3::budget::Budget;

#[tokio::test]
async fn a_small_blob_is_one_put_and_a_large_one_is_one_upload_in_parts() {
    let server = Server::start().await;
    let store = open(&server).await;
    for size in [0, 1, 100_000, 5 * MIB] {
        for facts in [declared(size), BlobFacts::default()] {
            let bytes = random(size, 1);
            server.take_calls();
            let id = upload(&store, facts, bytes.clone()).await.unwrap();
            assert_eq!(server.take_calls().into_iter().collect::<Vec<_>>(), [("PutObject".to_owned(), 1)]);
            assert!(read(&store, id, size as u64).await.unwrap() == bytes);
        }
    }
    for (size, parts) in [(5 * MIB + 1, 2), (10 * MIB, 2), (18 * MIB, 4)] {
        for facts in [declared(size), BlobFacts::default()] {
            let bytes = random(size, 2);
            server.take_calls();
            let id = upload(&store, facts, bytes.clone()).await.unwrap();
            let expected =
                [("CompleteMultipartUpload", 1), ("CreateMultipartUpload", 1), ("UploadPart", parts)];
            let expected: Vec<_> =
                expected.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
            assert_eq!(server.take_calls().into_iter().collect::<Vec<_>>(), expected);
            assert!(read(&store, id, size as u64).await.unwrap() == bytes);
        }
    }
    assert_eq!(server.unfinished(), [""; 0]);
}

#[tokio::test]
async fn only_on_an_open_way_are_bytes_summed_up_for_the_signature_as_well() {
    let server = Server::start().await;
    // This machine too, by an address that does not say so.
    let open_way =
        S3Config { endpoint: server.endpoint().replace("127.0.0.1", "0.0.0.0"), ..config(&server) };
    for (config, summed) in [(config(&server), 0), (open_way, 1 + 3)] {
        let store = Store::S3(S3::open(&config).await);
        for size in [1000, 12 * MIB] {
            let bytes = random(size, 1);
            let id = upload(&store, declared(size), bytes.clone()).await.unwrap();
            assert!(read(&store, id, size as u64).await.unwrap() == bytes);
        }
        assert_eq!(server.summed(), summed);
    }
}

#[tokio::test]
async fn an_upload_that_is_given_up_leaves_nothing_in_the_bucket() {
    let server = Server::start().await;
    let store = open(&server).await;
    for size in [10, 12 * MIB] {
        let id = new_id();
        let mut writer = create(&store, id).await;
        writer.write(random(size, 3)).await.unwrap();
        writer.abort().await;
        assert_empty(&server);
        let mut writer = create(&store, id).await;
        writer.write(random(size, 3)).await.unwrap();
        drop(writer);
        cleared(&store, id).await;
        assert_empty(&server);
    }
    // Fewer bytes than were announced.
    for size in [10, 12 * MIB] {
        assert!(matches!(upload(&store, declared(size + 1), random(size, 4)).await, Err(Error::Internal(_))));
        assert_empty(&server);
    }
}

/// A store whose uploads share so much memory, which is not waited for for long.
async fn tight(server: &Server, bytes: usize, fill_max: Duration, wait_max: Duration) -> Store {
    let Store::S3(mut s3) = open(server).await else { panic!("it is a bucket") };
    Arc::get_mut(&mut s3.0).unwrap().budget = Budget::new(bytes as u64, fill_max, wait_max);
    Store::S3(s3)
}

const LONG: Duration = Duration::from_secs(600);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_uploads_with_little_memory_all_come_to_their_end() {
    let server = Server::start().await;
    let store = tight(&server, 6 * MIB, LONG, LONG).await;
    let size = 11 * MIB;
    let bytes = random(size, 5);
    let uploads = (0..24).map(|number| {
        // Of some the length is known, and of some it is not.
        let facts = if number % 3 == 0 { declared(size) } else { BlobFacts::default() };
        upload(&store, facts, bytes.clone())
    });
    for id in join_all(uploads).await {
        assert!(read(&store, id.unwrap(), size as u64).await.unwrap() == bytes);
    }
    let Store::S3(s3) = &store else { return };
    assert!(s3.0.budget.try_take(6 * MIB as u64).is_some(), "all of the memory is free again");
}

#[tokio::test]
async fn clients_that_stand_still_do_not_keep_others_from_uploading() {
    let server = Server::start().await;
    let store = tight(&server, 10 * MIB, Duration::ZERO, LONG).await;
    let mut still = Vec::new();
    for facts in [declared(20 * MIB), BlobFacts::default()] {
        let mut writer = store.create(new_id(), facts).await.unwrap();
        writer.write(random(200_000, 6)).await.unwrap();
        still.push(writer);
    }
    // All memory is held. Small ones need none, and what has a length is passed on.
    upload(&store, BlobFacts::default(), random(60_000, 7)).await.unwrap();
    upload(&store, declared(12 * MIB), random(12 * MIB, 7)).await.unwrap();
    // One without a length has to wait, until those who hold the memory and fill it slowly give way.
    let other = upload(&store, BlobFacts::default(), random(12 * MIB, 8));
    let mut unknown = still.pop().unwrap();
    let slow = async {
        loop {
            tokio::time::sleep(Duration::from_millis(5)).await;
            if let Err(error) = unknown.write(Bytes::from_static(b"slow")).await {
                break error;
            }
        }
    };
    let (other, error) = tokio::join!(other, slow);
    other.unwrap();
    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
    let mut known = still.pop().unwrap();
    let rest = 20 * MIB - 200_000;
    known.write(random(rest, 9)).await.unwrap();
    known.finish().await.unwrap();
}

#[tokio::test]
async fn whoever_waits_too_long_for_memory_is_told_to_come_back() {
    let server = Server::start().await;
    let store = tight(&server, 5 * MIB, LONG, Duration::from_millis(20)).await;
    let mut holder = create(&store, new_id()).await;
    holder.write(random(200_000, 10)).await.unwrap();
    let error = upload(&store, BlobFacts::default(), random(200_000, 11)).await.unwrap_err();
    assert!(
        matches!(&error, Error::Unavailable(message) if message.user().contains("too many")),
        "{error:?}"
    );
    holder.finish().await.unwrap();
    assert_eq!(server.objects().len(), 1);
}
