//! A store in trouble: it is asked again, believed when it is there after all, and named when it is not.

use bucket::{Bucket as Server, Fault};
use domain::Error;

use super::*;
use crate::contract::{random, read};

const LARGE: usize = 12 * MIB;

#[tokio::test]
async fn a_store_in_passing_trouble_is_asked_again() {
    let server = Server::start().await;
    let store = open(&server).await;
    let operations = [
        "PutObject",
        "CreateMultipartUpload",
        "UploadPart",
        "CompleteMultipartUpload",
        "GetObject",
        "HeadObject",
    ];
    for fault in [Fault::ERROR, Fault::SLOW_DOWN, Fault::Refused(429, "TooManyRequests")] {
        operations.iter().for_each(|operation| server.fail(operation, 2, fault));
        for size in [1_000, LARGE] {
            let bytes = random(size, 1);
            let id = upload(&store, BlobFacts::default(), bytes.clone()).await.unwrap();
            assert!(store.find(id).await.unwrap().is_some());
            assert!(read(&store, id, size as u64).await.unwrap() == bytes, "{fault:?}");
        }
        server.mend();
    }
    assert_eq!(server.unfinished(), [""; 0]);
}

#[tokio::test]
async fn what_was_done_counts_though_its_answer_was_lost() {
    let server = Server::start().await;
    let store = open(&server).await;
    for (operation, size) in
        [("PutObject", 1_000), ("UploadPart", LARGE), ("CompleteMultipartUpload", LARGE), ("PutObject", 0)]
    {
        // More often than it is asked again.
        for times in [1, 100] {
            server.fail(operation, times, Fault::AnswerLost);
            let bytes = random(size, 2);
            let stored = upload(&store, BlobFacts::default(), bytes.clone()).await;
            server.mend();
            match stored {
                Ok(id) => assert!(read(&store, id, size as u64).await.unwrap() == bytes),
                // A part cannot be looked at.
                Err(error) => assert!(
                    operation == "UploadPart" && times > 1 && matches!(error, Error::Unavailable(_)),
                    "{operation} {times}: {error:?}"
                ),
            }
        }
    }
    assert_eq!((server.objects().len(), server.unfinished()), (7, Vec::new()));
}

#[tokio::test]
async fn what_cannot_be_stored_is_unavailable_and_leaves_nothing() {
    let server = Server::start().await;
    let store = open(&server).await;
    for (operation, size) in [
        ("PutObject", 1_000),
        ("CreateMultipartUpload", LARGE),
        ("UploadPart", LARGE),
        ("CompleteMultipartUpload", LARGE),
    ] {
        for facts in [declared(size), BlobFacts::default()] {
            server.fail(operation, 1_000, Fault::ERROR);
            let error = upload(&store, facts, random(size, 3)).await.unwrap_err();
            assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
            server.mend();
            assert_empty(&server);
        }
    }
}

#[tokio::test]
async fn a_right_that_is_missing_is_named_in_the_log_and_a_full_store_is_full() {
    let server = Server::start().await;
    let store = open(&server).await;
    let id = upload(&store, BlobFacts::default(), random(1_000, 4)).await.unwrap();
    server.fail("*", 1_000, Fault::FORBIDDEN);
    let put = upload(&store, BlobFacts::default(), random(1_000, 4)).await.unwrap_err();
    let get = read(&store, id, 1_000).await.unwrap_err();
    let list = store.list(None, 10).await.unwrap_err();
    let delete = store.remove(id).await.unwrap_err();
    let rights =
        [(put, "s3:PutObject"), (get, "s3:GetObject"), (list, "s3:ListBucket"), (delete, "s3:DeleteObject")];
    for (error, right) in rights {
        let Error::Unavailable(message) = &error else { panic!("{error:?}") };
        assert!(message.log().unwrap().contains(right), "{error:?}");
        assert!(!message.user().contains("s3"), "{error:?}");
    }
    server.mend();
    server.fail("PutObject", 1_000, Fault::Refused(507, "XMinioStorageFull"));
    let full = upload(&store, BlobFacts::default(), random(1_000, 4)).await.unwrap_err();
    assert!(matches!(full, Error::OutOfSpace(_)), "{full:?}");
}

#[tokio::test]
async fn a_store_that_is_not_there_is_unavailable() {
    let server = Server::start().await;
    let store = open(&server).await;
    drop(server);
    assert!(matches!(store.check().await, Err(Error::Unavailable(_))));
    assert!(matches!(upload(&store, BlobFacts::default(), random(9, 5)).await, Err(Error::Unavailable(_))));
    assert!(matches!(read(&store, new_id(), 9).await, Err(Error::Unavailable(_))));
    assert!(matches!(store.list(None, 9).await, Err(Error::Unavailable(_))));
    assert!(matches!(store.unfinished().await, Err(Error::Unavailable(_))));
}

#[tokio::test]
async fn unfinished_uploads_are_found_and_ended_where_the_store_can_say_which_there_are() {
    let server = Server::start().await;
    let store = open(&server).await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        let id = new_id();
        server.begin_upload(&id.key()).await;
        ids.push(id);
    }
    ids.sort();
    let found = store.unfinished().await.unwrap().unwrap();
    assert_eq!(found.iter().map(|one| one.id).collect::<Vec<_>>(), ids);
    store.discard(ids[3]).await.unwrap();
    assert_eq!(server.unfinished().len(), 4);
    for one in &found {
        store.end_unfinished(one).await.unwrap();
    }
    assert_empty(&server);
    server.lists_unfinished(false);
    assert_eq!(store.unfinished().await.unwrap(), None);
    store.discard(ids[0]).await.unwrap();
}

#[tokio::test]
async fn a_bucket_out_of_reach_is_not_taken_for_one_whose_blobs_are_damaged() {
    let (server, folder) = (Server::start().await, tempfile::tempdir().unwrap());
    let (store, disk) = (open(&server).await, Store::open_archive(folder.path()).unwrap());
    let bytes = random(1_000, 3);
    let sha256 = Sha256(sha2::Sha256::digest(&bytes).into());
    let id = upload(&store, BlobFacts::default(), bytes).await.unwrap();
    server.fail("GetObject", 1_000, Fault::ERROR);
    let copied = disk.copy_from(&store, id, 1_000, sha256).await;
    assert!(matches!(copied, Err(Error::Unavailable(_))), "{copied:?}");
    server.mend();
    assert!(matches!(disk.copy_from(&store, id, 1_000, sha256).await, Ok(Copied::Whole)));
    store.remove(id).await.unwrap();
    let copied = disk.copy_from(&store, id, 1_000, sha256).await;
    assert!(matches!(copied, Ok(Copied::Damaged(_))), "{copied:?}");
}
