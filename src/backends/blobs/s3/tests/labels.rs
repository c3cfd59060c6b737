//! What stands beside the bytes, and addresses at which others may read them.

use std::time::Duration;

use bucket::Bucket as Server;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;
use crate::PresignRequest;
use crate::contract::{random, read};

async fn labels(server: &Server, id: BlobId) -> (Option<String>, Option<String>) {
    let head = server.client().head_object().bucket(bucket::NAME).key(id.key()).send().await.unwrap();
    let path = head.metadata.and_then(|metadata| metadata.get("original-path").cloned());
    (path, head.content_type)
}

#[tokio::test]
async fn the_path_stands_with_the_bytes_and_can_be_written_anew() {
    let server = Server::start().await;
    let store = open(&server).await;
    for size in [1_000, 6 * MIB] {
        let facts = BlobFacts {
            original_path: Some("/Bücher/a b.pdf".to_owned()),
            media_type: Some("application/pdf".to_owned()),
            size_bytes: Some(size as u64),
        };
        let bytes = random(size, 1);
        let id = upload(&store, facts, bytes.clone()).await.unwrap();
        let (path, media_type) = labels(&server, id).await;
        assert_eq!(path.unwrap(), "/B%C3%BCcher/a%20b.pdf");
        assert_eq!(media_type.unwrap(), "application/pdf");
        assert!(store.relabel(id, "/elsewhere.pdf").await.unwrap());
        let (path, media_type) = labels(&server, id).await;
        assert_eq!((path.unwrap(), media_type.unwrap()), ("/elsewhere.pdf".into(), "application/pdf".into()));
        assert!(read(&store, id, size as u64).await.unwrap() == bytes);
        store.remove(id).await.unwrap();
        assert!(store.relabel(id, "/nowhere.pdf").await.is_err());
        assert_empty(&server);
    }
}

#[tokio::test]
async fn an_address_opens_a_blob_for_whoever_brings_no_other_credentials() {
    let server = Server::start().await;
    let store = open(&server).await;
    let id = upload(&store, BlobFacts::default(), Bytes::from_static(b"the bytes")).await.unwrap();
    let request = PresignRequest {
        file_name: "a.txt".to_owned(),
        media_type: "text/plain".to_owned(),
        lifetime: Duration::from_secs(60),
    };
    let address = store.presign(id, &request).await.unwrap().unwrap();
    let plain = ask(&address, "").await;
    assert!(plain.starts_with("HTTP/1.1 200") && plain.ends_with("the bytes"), "{plain}");
    assert!(plain.contains("attachment; filename*=UTF-8''a.txt"), "{plain}");
    let both = ask(&address, "Authorization: Basic YW5uOnNlY3JldA==\r\n").await;
    assert!(both.starts_with("HTTP/1.1 400") && both.contains("Only one auth mechanism"), "{both}");
}

/// What is answered to a GET, word for word.
async fn ask(address: &str, headers: &str) -> String {
    let (host, path) = address.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).await.unwrap();
    let request = format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn an_address_is_made_without_asking_the_store() {
    let server = Server::start().await;
    let store = open(&server).await;
    let request = PresignRequest {
        file_name: "Übersicht \"1\".pdf".to_owned(),
        media_type: "application/pdf".to_owned(),
        lifetime: Duration::from_secs(900),
    };
    let id = new_id();
    let address = store.presign(id, &request).await.unwrap().unwrap();
    assert_eq!(server.take_calls().len(), 0);
    assert!(
        address.starts_with(&format!("{}/{}/{}?", server.endpoint(), bucket::NAME, id.key())),
        "{address}"
    );
    for part in ["X-Amz-Expires=900", "X-Amz-Signature=", "response-content-type=application%2Fpdf"] {
        assert!(address.contains(part), "{address}");
    }
    assert!(address.contains("%25C3%259Cbersicht%2520%25221%2522.pdf"), "{address}");
    assert!(!address.contains(bucket::SECRET_KEY));
}
