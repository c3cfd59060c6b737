//! A database that somebody else holds, or has taken further than this program can follow.

use std::fs;
use std::path::Path;
use std::time::Duration;

use domain::{Error, Timestamp};
use larder::house::House;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};
use tokio::runtime::Runtime;

use super::{config, head, wait_until};
use crate::support::{TestHouse, database, ground};

const LOCKINFO: &str = r#"<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>"#;
const UPDATE: &str = r#"<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><c:colour xmlns:c="urn:faults">red</c:colour></D:prop></D:set></D:propertyupdate>"#;

async fn connect(folder: &Path) -> SqliteConnection {
    let file = SqliteConnectOptions::new().filename(folder.join("metadata.db"));
    SqliteConnection::connect_with(&file).await.unwrap()
}

#[test]
fn while_another_process_holds_the_database_changes_wait_and_reading_goes_on() {
    if ground::only_alone("SQLite is held by one process at a time") {
        return;
    }
    let house = TestHouse::with_settings(&[("metadata.busy_seconds", "1")]).with_user("ann");
    house.put("/file", "old");
    house.mkcol("/folder");
    let mut other = house.run(connect(house.folder()));
    house.run(sqlx::query("BEGIN EXCLUSIVE").execute(&mut other)).unwrap();

    let refused = [
        house.put("/file", "new"),
        house.put("/empty", ""),
        house.mkcol("/other"),
        house.delete("/file"),
        house.relocate("MOVE", "/file", "/folder/file"),
        house.relocate("COPY", "/folder", "/copy"),
        house.ask("LOCK", "/file", &[], LOCKINFO),
        house.ask("PROPPATCH", "/file", &[], UPDATE),
        house.wire().ask("GET", "/health/ready", &[], ""),
    ];
    for answer in refused {
        assert_eq!(answer.status, 503, "{answer:?}");
        let wait: u32 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!(wait > 0);
        assert!(answer.text().contains("busy; try again"), "{answer:?}");
    }
    assert_eq!(house.get("/file").text(), "old");
    assert_eq!(house.list("/"), ["file", "folder"]);
    assert_eq!(house.propfind("/file", "0", "").status, 207);

    house.run(sqlx::query("ROLLBACK").execute(&mut other)).unwrap();
    wait_until("it is ready", || house.wire().ask("GET", "/health/ready", &[], "").status == 200);
    assert_eq!(house.put("/file", "new").status, 204);
    assert_eq!(house.relocate("MOVE", "/file", "/folder/file").status, 201);
    assert_eq!(house.get("/folder/file").text(), "new");
}

#[test]
fn an_upload_that_ends_while_the_database_is_held_is_cleared_away_when_it_is_free_again() {
    if ground::only_alone("SQLite is held by one process at a time") {
        return;
    }
    // With a limit it has set room aside, which is given back then.
    for quota_bytes in [None, Some(2 << 20)] {
        let house = TestHouse::with_settings(&[("metadata.busy_seconds", "1")]);
        let house = house.with_user_and_quota("ann", quota_bytes);
        house.put("/file", "old");
        let mut wire = house.wire();
        // Enough that the blob is registered and partly written before the database is taken.
        let body = vec![b'x'; 1 << 20];
        wire.send(head(&house, "PUT", "/file", &[("Content-Length", &body.len().to_string())]));
        wire.send(&body[..body.len() / 2]);
        house.run(wait_for_pending(&house));
        let mut other = house.run(connect(house.folder()));
        house.run(sqlx::query("BEGIN EXCLUSIVE").execute(&mut other)).unwrap();
        wire.send(&body[body.len() / 2..]);
        assert_eq!(wire.answer().status, 503);
        house.run(sqlx::query("ROLLBACK").execute(&mut other)).unwrap();
        assert_eq!(house.get("/file").text(), "old");
        // The house is in order when it is dropped.
    }
}

/// Waits until the blob of an upload is registered.
async fn wait_for_pending(house: &TestHouse) {
    let ever = Timestamp::from_millis(i64::MAX);
    while metadata::blobs::pending(&house.backends().metadata, ever).await.unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[test]
fn data_of_a_newer_larder_is_refused_and_left_as_it_is() {
    let house = TestHouse::new().with_user("ann");
    house.put("/file", "kept");
    let folder = house.close();
    let runtime = Runtime::new().unwrap();
    let step = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_from_the_future', 0)";
    runtime.block_on(database::alter(folder.path(), step, []));
    let before = (file(folder.path()), runtime.block_on(schema(folder.path())));

    let opened = runtime.block_on(House::open(Timestamp::now(), config(folder.path())));
    let Err(Error::Unsupported(message)) = opened.map(drop) else { panic!("it was opened") };
    assert!(message.user().contains("newer Larder") && message.user().contains("m9999_from_the_future"));
    let after = (file(folder.path()), runtime.block_on(schema(folder.path())));
    assert!(before == after, "the database was touched");

    let undo = "DELETE FROM seaql_migrations WHERE version = 'm9999_from_the_future'";
    runtime.block_on(database::alter(folder.path(), undo, []));
    // The version that made it opens it as before.
    drop(TestHouse::on_folder(folder, &[]));
}

/// The bytes of the database, where it is a file.
fn file(folder: &Path) -> Option<Vec<u8>> {
    (!ground::is_scaled()).then(|| fs::read(folder.join("metadata.db")).unwrap())
}

async fn schema(folder: &Path) -> Vec<String> {
    let sql = match ground::is_scaled() {
        false => "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name",
        true => {
            "SELECT table_name || '.' || column_name || ' ' || data_type FROM information_schema.columns \
             WHERE table_schema = 'public' ORDER BY 1"
        }
    };
    database::column(folder, sql).await
}
