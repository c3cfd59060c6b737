//! Spaces that are purged with everything in them.

use std::path::Path;

use domain::{Content, Role, Secret, Sha256, StoreKind, UserId, UserName};
use scratch::Database;

use super::*;
use crate::rules::{self, Rule};
use crate::users::{self, NewUser};
use crate::{Metadata, MetadataConfig, schema};

const NOW: Timestamp = Timestamp::from_millis(1_000);

async fn open(folder: &Path, database: Option<&Database>) -> Metadata {
    let config = MetadataConfig {
        url: database.map(|database| Secret::new(database.url())),
        connections: 4,
        readers: 2,
        busy_seconds: 10,
        durability: domain::Durability::default(),
    };
    let db = Metadata::open(&config, folder).await.unwrap();
    schema::migrate(&db, NOW).await.unwrap();
    db
}

/// The space of a new user with a file of this content.
async fn space_with(tx: &Tx, name: &str, blob: BlobId) -> SpaceId {
    let space = SpaceId(Uuid::new_v4());
    let new = NewUser {
        id: UserId(Uuid::new_v4()),
        name: UserName::parse(name).unwrap(),
        role: Role::User,
        display_name: String::new(),
        confirmed: true,
        approved: true,
        password_hash: None,
        space,
        root_uuid: Uuid::new_v4(),
        quota_bytes: None,
    };
    users::insert(tx, NOW, new).await.unwrap();
    for sql in [
        "INSERT INTO nodes (uuid, space_id, parent_id, name, folder, created_ms, modified_ms, created_seq, changed_seq, \
           tree_seq, blob_id) SELECT id, id, root_id, 'a', FALSE, 0, 0, 0, 0, 0, $2 FROM spaces WHERE id = $1",
        "INSERT INTO revisions (space_id, node_id, from_seq, parent_id, name, blob_id, trashed, modified_ms, by_user, at_ms) \
         SELECT n.space_id, n.id, 0, n.parent_id, n.name, $2, FALSE, 0, s.owner_id, 0 \
         FROM nodes n JOIN spaces s ON s.id = n.space_id WHERE n.space_id = $1 AND n.name = 'a'",
    ] {
        run(tx, sql, vec![space.0.into(), blob.0.into()]).await.unwrap();
    }
    run(tx, "UPDATE spaces SET used_bytes = 4 WHERE id = $1", vec![space.0.into()]).await.unwrap();
    space
}

async fn count(db: &impl Db, sql: &str) -> i64 {
    let row = db.raw().query_one_raw(statement(db, sql, [])).await.unwrap().unwrap();
    row.try_get_by_index(0).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_content_of_two_spaces_that_are_purged_at_once_is_condemned() {
    // On SQLite there is one writer.
    let Some(database) = Database::if_scaled() else { return };
    let db = std::sync::Arc::new(open(Path::new(""), Some(&database)).await);
    let blob = BlobId(Uuid::new_v4());
    blobs::register(&db, blob, StoreKind::Disk, NOW).await.unwrap();
    let tx = db.begin().await.unwrap();
    let content = Content { size_bytes: 4, sha256: Sha256([0; 32]), media_type: None };
    blobs::enliven(&tx, blob, &content).await.unwrap();
    let spaces = [space_with(&tx, "ann", blob).await, space_with(&tx, "bob", blob).await];
    tx.commit().await.unwrap();

    let first = db.begin().await.unwrap();
    assert_eq!(purge_space(&first, spaces[0], NOW, 10).await.unwrap().bytes, 4);
    let other = tokio::spawn({
        let db = std::sync::Arc::clone(&db);
        async move {
            let second = db.begin().await.unwrap();
            assert_eq!(purge_space(&second, spaces[1], NOW, 10).await.unwrap().bytes, 4);
            second.commit().await.unwrap();
        }
    });
    let waiting = "SELECT COUNT(*) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid \
                   AND a.datname = current_database() WHERE NOT l.granted";
    while !other.is_finished() && count(&*db, waiting).await == 0 {}
    first.commit().await.unwrap();
    other.await.unwrap();
    assert_eq!(blobs::find(&*db, blob).await.unwrap().unwrap().state, blobs::State::Condemned);
    assert_eq!(rules::breaches(&*db, Rule::Unreferenced, 1).await.unwrap().count, 0);
}

#[tokio::test]
async fn a_space_goes_whose_top_is_gone_already() {
    let (folder, database) = (tempfile::tempdir().unwrap(), Database::if_scaled());
    let db = open(folder.path(), database.as_ref()).await;
    let space = SpaceId(Uuid::new_v4());
    let tx = db.begin().await.unwrap();
    run(&tx, "INSERT INTO spaces (id, seq, used_bytes) VALUES ($1, 0, 0)", vec![space.0.into()])
        .await
        .unwrap();
    purge_top(&tx, space, NOW).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(count(&db, "SELECT COUNT(*) FROM spaces").await, 0);
}
