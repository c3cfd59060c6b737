//! What is one's own as an archive.

use std::io::Write;
use std::process::Command;

use super::ending::{make_folder, put};
use super::*;

async fn read(mut export: Export) -> Vec<u8> {
    let mut all = Vec::new();
    loop {
        let part = export.read(10_000).await.unwrap();
        if part.is_empty() {
            return all;
        }
        all.extend_from_slice(&part);
    }
}

/// What Python finds in an archive: names, dates and contents, once it has tested all of it.
fn unpacked(archive: &[u8]) -> serde_json::Value {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(archive).unwrap();
    let script = "import zipfile, json, sys\n\
        z = zipfile.ZipFile(sys.argv[1])\n\
        assert z.testzip() is None\n\
        print(json.dumps({i.filename: [list(i.date_time), i.compress_type, z.read(i).decode('utf-8', 'replace')[:2000]] for i in z.infolist()}))";
    let output = Command::new("python3").args(["-c", script]).arg(file.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test]
async fn an_export_holds_all_files_and_what_is_known_of_the_account() {
    let (house, secret) = House::with_ann().await;
    let drive = house.ann_tries(&secret).await.unwrap();
    make_folder(&house, &drive, "/b").await;
    make_folder(&house, &drive, "/b/empty").await;
    put(&house, &drive, "/b/ünï\\code.txt", b"text").await;
    put(&house, &drive, "/photo.jpg", &[b"\xff\xd8\xff\xe0".as_slice(), &[7; 300_000]].concat()).await;
    for number in 0..450 {
        put(&house, &drive, &format!("/b/{number:03}"), format!("{number}").as_bytes()).await;
    }
    organization(&house, &[(&drive, OrganizationRole::Owner)]).await;
    let ann = as_caller(&house, "ann").await;
    let archive = unpacked(&read(export(&ann, &house.backends).await.unwrap()).await);
    for number in 0..450 {
        assert_eq!(archive[format!("files/b/{number:03}")][2], format!("{number}"));
    }
    let stored = |path: &str| archive[path][1].as_i64();
    assert_eq!((stored("files/photo.jpg"), stored("files/b/449")), (Some(0), Some(8)));
    assert_eq!(archive["files/b/449"][0], serde_json::json!([2023, 11, 14, 22, 13, 20]));
    assert!(archive.get("files/b/empty/").is_some());
    assert!(archive.get("files/b/ünï\u{f05c}code.txt").is_some());
    let text = |path: &str| archive[path][2].as_str().unwrap().to_owned();
    assert!(text("account.json").contains("\"name\": \"ann\""));
    assert!(text("app-passwords.json").contains("laptop") && !text("app-passwords.json").contains(&secret));
    assert!(text("organizations.json").contains("Bakers"));
    assert!(archive.get("left-out.txt").is_none() && archive.get("projects.json").is_some());
    let deeds = text("audit.ndjson");
    let first: serde_json::Value = serde_json::from_str(deeds.lines().next().unwrap()).unwrap();
    assert_eq!(first["action"], "account.export");
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_named_and_the_rest_is_there() {
    let (house, secret) = House::with_ann().await;
    let drive = house.ann_tries(&secret).await.unwrap();
    put(&house, &drive, "/lost", b"some bytes").await;
    put(&house, &drive, "/whole", b"whole").await;
    for blob in metadata::blobs::list(&house.backends.metadata, None, 10).await.unwrap() {
        if blob.size_bytes == 10 {
            house.backends.blobs.receiving().discard(blob.id).await.unwrap();
        }
    }
    let ann = as_caller(&house, "ann").await;
    let archive = unpacked(&read(export(&ann, &house.backends).await.unwrap()).await);
    assert_eq!(archive["files/whole"][2], "whole");
    assert!(archive.get("files/lost").is_none());
    assert!(archive["left-out.txt"][2].as_str().unwrap().starts_with("files/lost is not in here"));
}

#[tokio::test]
async fn an_app_password_exports_nothing_and_who_is_suspended_does() {
    let (house, secret) = House::with_ann().await;
    let drive = house.ann_tries(&secret).await.unwrap();
    assert!(matches!(export(&drive, &house.backends).await, Err(Error::Forbidden(_))));
    let session = Some(domain::SessionId(Uuid::new_v4()));
    let suspended = Caller { powers: Powers::ReadFiles, session, ..drive };
    assert!(!read(export(&suspended, &house.backends).await.unwrap()).await.is_empty());
}

#[tokio::test]
async fn an_export_that_nobody_reads_goes_no_further() {
    let (house, secret) = House::with_ann().await;
    let drive = house.ann_tries(&secret).await.unwrap();
    put(&house, &drive, "/large", &vec![7; 900_000]).await;
    let ann = as_caller(&house, "ann").await;
    let mut export = export(&ann, &house.backends).await.unwrap();
    export.read(1000).await.unwrap();
    let work = export.work.as_ref().unwrap().abort_handle();
    drop(export);
    while !work.is_finished() {
        tokio::task::yield_now().await;
    }
}
