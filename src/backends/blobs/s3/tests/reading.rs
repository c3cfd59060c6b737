//! What a download asks of the store, and that it goes on where a connection was lost.

use bucket::{Bucket as Server, Fault};
use domain::Error;

use super::*;
use crate::contract::{random, read, read_on};

#[tokio::test]
async fn a_download_is_one_get_and_going_elsewhere_before_it_is_none() {
    let server = Server::start().await;
    let store = open(&server).await;
    let bytes = random(3_000_000, 1);
    let id = upload(&store, BlobFacts::default(), bytes.clone()).await.unwrap();
    server.take_calls();
    let mut reader = store.read(id, 3_000_000).await.unwrap();
    reader.seek(2_000_000);
    reader.seek(1_000_000);
    assert_eq!(server.take_calls().len(), 0);
    assert_eq!(read_on(&mut reader).await, bytes.slice(1_000_000..));
    assert_eq!(server.take_calls().into_iter().collect::<Vec<_>>(), [("GetObject".to_owned(), 1)]);
}

#[tokio::test]
async fn only_what_is_wanted_is_fetched_and_more_if_it_is_wanted_after_all() {
    let server = Server::start().await;
    let store = open(&server).await;
    let bytes = random(1_000_000, 2);
    let id = upload(&store, BlobFacts::default(), bytes.clone()).await.unwrap();
    // Of whatever lies behind the range, nothing could be sent.
    server.fail("GetObject", 1, Fault::CutAfter(1_000));
    let mut reader = store.read(id, 1_000_000).await.unwrap();
    reader.seek(500);
    reader.expect_until(1_500);
    let mut found = Vec::new();
    while found.len() < 1_000 {
        found.extend_from_slice(&reader.read(1_000).await.unwrap());
    }
    assert_eq!(found, bytes.slice(500..1_500));
    assert_eq!(server.calls("GetObject"), 1);
    assert_eq!(read_on(&mut reader).await, bytes.slice(1_500..));
    assert_eq!(server.calls("GetObject"), 2);
}

#[tokio::test]
async fn a_connection_lost_in_the_middle_is_gone_on_with_where_it_was() {
    let server = Server::start().await;
    let store = open(&server).await;
    let bytes = random(2_000_000, 3);
    let id = upload(&store, BlobFacts::default(), bytes.clone()).await.unwrap();
    server.fail("GetObject", 4, Fault::CutAfter(300_001));
    assert!(read(&store, id, 2_000_000).await.unwrap() == bytes);
    assert_eq!(server.calls("GetObject"), 5);
    // A store that never gets further is none.
    server.fail("GetObject", 1_000, Fault::CutAfter(0));
    assert!(matches!(read(&store, id, 2_000_000).await, Err(Error::Unavailable(_))));
}
