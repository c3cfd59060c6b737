//! What stands beside the bytes, and addresses at which others may read them.

use std::time::Duration;

use bucket::Bucket as Server;

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
