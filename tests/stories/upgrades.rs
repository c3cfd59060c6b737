//! Data of every version that there was, in one step to this one. `tests/upgrades/make.sh` makes such data.

use std::fs;
use std::path::Path;

use domain::Timestamp;
use larder::config::{Config, Sources};
use larder::house::{self, House};
use metadata::snapshots::Snapshot;
use sha2::{Digest, Sha256};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, Row, SqliteConnection};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::support::{TestHouse, Wire, ground};

/// The databases of before, each named by the latest step it had taken, oldest first.
pub const VERSIONS: [(&str, &str); 5] = [
    ("m0003_locks_and_properties", include_str!("../upgrades/m0003_locks_and_properties.sql")),
    ("m0004_system_files", include_str!("../upgrades/m0004_system_files.sql")),
    ("m0005_sync", include_str!("../upgrades/m0005_sync.sql")),
    ("m0007_jobs", include_str!("../upgrades/m0007_jobs.sql")),
    ("m0008_many_servers", include_str!("../upgrades/m0008_many_servers.sql")),
];

/// Everything that somebody has written into one of them.
const CONTENTS: [&str; 14] = [
    "one content",
    "first",
    "second, longer",
    "third",
    "a name that is not ASCII",
    "moved about",
    "removed first",
    "removed second",
    "removed with its folder",
    "lies below",
    "lies above",
    "of somebody else",
    // Files like any other before the fourth step.
    "what Finder keeps",
    "what macOS keeps",
];

pub fn config(data_folder: &Path) -> Config {
    let data_folder = ("test".into(), "data_folder".into(), data_folder.to_str().unwrap().into());
    Config::load(&Sources { file: None, environment: Vec::new(), command_line: vec![data_folder] }).unwrap().0
}

/// Makes a data folder as that version left it.
pub fn unpack(dump: &str, data_folder: &Path) {
    Runtime::new().unwrap().block_on(async {
        let file =
            SqliteConnectOptions::new().filename(data_folder.join("metadata.db")).create_if_missing(true);
        let mut database = SqliteConnection::connect_with(&file.foreign_keys(false)).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(dump.to_owned())).execute(&mut database).await.unwrap();
        let rows =
            sqlx::query("SELECT id, sha256 FROM blobs WHERE live").fetch_all(&mut database).await.unwrap();
        for row in rows {
            let (id, sha256): (Vec<u8>, Vec<u8>) = (row.get("id"), row.get("sha256"));
            let content = CONTENTS.iter().find(|content| Sha256::digest(content).as_slice() == sha256);
            let id = uuid::Uuid::from_slice(&id).unwrap();
            let folder = data_folder.join("blobs/files").join(id.to_string());
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("content"), content.unwrap()).unwrap();
        }
        database.close().await.unwrap();
    });
}

/// What a comment at the head of a dump says.
pub fn noted<'a>(dump: &'a str, what: &str) -> &'a str {
    let line = dump.lines().find_map(|line| line.strip_prefix("-- ")?.strip_prefix(what));
    line.unwrap_or_else(|| panic!("the dump says no {what}")).trim()
}

#[test]
fn there_is_data_of_every_version() {
    /// These came together with the one after them.
    const NEVER_LATEST: [&str; 3] = ["m0001_people", "m0002_spaces", "m0006_retention"];
    let files = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations")).unwrap();
    let files = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut steps: Vec<String> = files
        .filter_map(|file| file.strip_suffix(".rs").filter(|step| *step != "lib").map(str::to_owned))
        .collect();
    steps.sort();
    // That of today needs none.
    steps.pop();
    steps.retain(|step| !NEVER_LATEST.contains(&step.as_str()));
    assert_eq!(VERSIONS.map(|(name, _)| name).to_vec(), steps, "run tests/upgrades/make.sh");
}

#[test]
fn data_of_every_version_is_all_there_after_one_start() {
    if ground::only_alone("no version before this one knew PostgreSQL") {
        return;
    }
    for (version, dump) in VERSIONS {
        let folder = TempDir::new().unwrap();
        unpack(dump, folder.path());
        let house = TestHouse::on_folder(folder, &[]);
        let credentials = Wire::basic("ann", noted(dump, "ann"));
        let ask = |method: &str, path: &str, headers: &[(&str, &str)], body: &str| {
            let headers = [&[("Authorization", credentials.as_str())], headers].concat();
            house.wire().ask(method, &format!("/dav{path}"), &headers, body)
        };
        for (path, content) in [
            ("/plain.txt", "one content"),
            ("/versions.txt", "third"),
            ("/Reports/2026/q%C3%BC.txt", "a name that is not ASCII"),
            ("/Reports/copy.txt", "third"),
            ("/Reports/moved.txt", "moved about"),
            ("/empty.txt", ""),
            ("/overwritten.txt", "lies above"),
            ("/.DS_Store", "what Finder keeps"),
            ("/._plain.txt", "what macOS keeps"),
        ] {
            let answer = ask("GET", path, &[], "");
            assert_eq!((answer.status, answer.text().as_str()), (200, content), "{version}: {path}");
        }
        for path in ["/removed.txt", "/Gone/", "/over.txt"] {
            assert_eq!(ask("GET", path, &[], "").status, 404, "{version}: {path}");
        }
        let colour = ask("PROPFIND", "/plain.txt", &[("Depth", "0")], "");
        assert!(colour.text().contains("red"), "{version}: {colour:?}");
        // Since the sixth step it has names of its own in there, given when it was removed.
        let in_trash = match version < "m0006" {
            true => ["Gone", "overwritten.txt", "removed.txt", "removed.txt ("],
            false if version < "m0008" => {
                ["Gone", "overwritten.txt", "removed 2026-11-21.txt", "removed.txt"]
            }
            false => ["Gone", "overwritten.txt", "removed 2026-11-22.txt", "removed.txt"],
        };
        assert_eq!(trash(&house), in_trash, "{version}");
        let used = ask("PROPFIND", "/", &[("Depth", "0")], USED).first("quota-used-bytes").unwrap();
        let kept: usize = CONTENTS[..11].iter().map(|content| content.len()).sum::<usize>() + "third".len();
        let system: usize = CONTENTS[12..].iter().map(|content| content.len()).sum();
        let of_files = if version < "m0004" { system } else { 0 };
        assert_eq!(used, (kept + of_files).to_string(), "{version}");
        let token = noted(dump, "token");
        if !token.is_empty() {
            ask("PUT", "/new.txt", &[], "new");
            let told = ask("REPORT", "/", &[("Depth", "0")], &SYNC.replace("TOKEN", token));
            assert_eq!(told.texts("href"), ["/dav/new.txt"], "{version}: {told:?}");
        }
        // The house asserts in the end that everything is in order.
    }
}

#[test]
fn a_folder_that_is_called_projects_is_still_seen_after_the_upgrade() {
    if ground::only_alone("no version before this one knew PostgreSQL") {
        return;
    }
    let folder = TempDir::new().unwrap();
    let (_, dump) = VERSIONS[VERSIONS.len() - 1];
    unpack(dump, folder.path());
    Runtime::new().unwrap().block_on(async {
        let file = SqliteConnectOptions::new().filename(folder.path().join("metadata.db"));
        let mut database = SqliteConnection::connect_with(&file).await.unwrap();
        for sql in [
            "UPDATE nodes SET name = 'Projects' WHERE name = 'Reports' AND parent_id IN (SELECT root_id FROM spaces)",
            "UPDATE revisions SET name = 'Projects' WHERE name = 'Reports'",
        ] {
            assert_eq!(sqlx::query(sql).execute(&mut database).await.unwrap().rows_affected(), 1, "{sql}");
        }
        database.close().await.unwrap();
    });
    let house = TestHouse::on_folder(folder, &[]);
    let credentials = Wire::basic("ann", noted(dump, "ann"));
    let ask = |method: &str, path: &str, body: &str| {
        let headers = [("Authorization", credentials.as_str()), ("Depth", "0")];
        house.wire().ask(method, &format!("/dav{path}"), &headers, body)
    };
    let found = ask("GET", "/My%20Projects/2026/q%C3%BC.txt", "");
    assert_eq!((found.status, found.text().as_str()), (200, "a name that is not ASCII"));
    assert_eq!(ask("GET", "/Projects/2026/q%C3%BC.txt", "").status, 404);
    // Who synchronizes hears of it as of any other rename.
    let told = ask("REPORT", "/", &SYNC.replace("TOKEN", noted(dump, "token")));
    let told = told.texts("href");
    assert!(
        told.contains(&"/dav/My%20Projects/".to_owned()) && told.contains(&"/dav/Projects/".to_owned()),
        "{told:?}"
    );
}

const USED: &str = "<propfind xmlns='DAV:'><prop><quota-used-bytes/></prop></propfind>";
const SYNC: &str = "<D:sync-collection xmlns:D='DAV:'><D:sync-token>TOKEN</D:sync-token>\
                    <D:sync-level>infinite</D:sync-level><D:prop><D:getetag/></D:prop></D:sync-collection>";

/// The names in the trash; of what bears a number, without that.
fn trash(house: &TestHouse) -> Vec<String> {
    house.run(async {
        let file = SqliteConnectOptions::new().filename(house.folder().join("metadata.db"));
        let mut database = SqliteConnection::connect_with(&file).await.unwrap();
        let names = "SELECT trash_name FROM nodes WHERE trash_name IS NOT NULL ORDER BY trash_name";
        let rows = sqlx::query(names).fetch_all(&mut database).await.unwrap();
        let name = |row: &sqlx::sqlite::SqliteRow| row.get::<String, _>(0);
        rows.iter()
            .map(|row| name(row).trim_end_matches(|end: char| end.is_ascii_digit() || end == ')').to_owned())
            .collect()
    })
}

#[test]
fn the_database_of_before_is_kept_and_what_it_needs_is_held_for_a_week() {
    if ground::only_alone("the database of before an upgrade is a copy of SQLite's file") {
        return;
    }
    let folder = TempDir::new().unwrap();
    let (version, dump) = VERSIONS[2];
    unpack(dump, folder.path());
    let now = Timestamp::now();
    let runtime = Runtime::new().unwrap();
    let upgrade = runtime.block_on(house::migrate(&config(folder.path()), now)).unwrap();
    let kept = upgrade.snapshot.unwrap();
    assert_eq!((upgrade.from.as_deref(), kept.step.as_str()), (Some(version), "m0006_retention"));
    assert!(kept.file.starts_with(folder.path().join("snapshots")), "{kept:?}");
    runtime.block_on(async {
        let snapshot = Snapshot::open(&kept.file).await.unwrap();
        assert_eq!(metadata::schema::latest_step(&snapshot).await.unwrap(), version);
        assert_eq!(snapshot.totals().await.unwrap().users, 3);
        let backends = house::visit(&config(folder.path())).await.unwrap();
        let day = std::time::Duration::from_secs(24 * 3600);
        let held = async |moment| metadata::holds::any(&backends.metadata, moment).await.unwrap();
        assert!(held(now.after(6 * day)).await && !held(now.after(8 * day)).await);
        use services::upgrades::remove_old_snapshots;
        assert_eq!(remove_old_snapshots(now.after(6 * day), &backends).await.unwrap(), 0);
        assert!(kept.file.exists());
        assert_eq!(remove_old_snapshots(now.after(8 * day), &backends).await.unwrap(), 1);
        assert!(!kept.file.exists());
        backends.close().await.unwrap();
    });
    // Nothing is to be done, so nothing is kept.
    let upgrade = runtime.block_on(house::migrate(&config(folder.path()), now)).unwrap();
    assert_eq!((upgrade.steps, upgrade.snapshot), (vec![], None));
}

#[test]
fn where_the_database_of_before_cannot_be_kept_nothing_is_upgraded() {
    if ground::only_alone("the database of before an upgrade is a copy of SQLite's file") {
        return;
    }
    let folder = TempDir::new().unwrap();
    unpack(VERSIONS[2].1, folder.path());
    // Somebody's file is where the folder should be.
    fs::write(folder.path().join("snapshots"), "").unwrap();
    let runtime = Runtime::new().unwrap();
    let refused =
        runtime.block_on(House::open(Timestamp::now(), config(folder.path()))).map(drop).unwrap_err();
    let text = refused.message().user();
    assert!(text.contains("snapshots") && text.contains("Nothing was changed"), "{text}");
    runtime.block_on(async {
        let snapshot = Snapshot::open(&folder.path().join("metadata.db")).await.unwrap();
        assert_eq!(metadata::schema::latest_step(&snapshot).await.unwrap(), VERSIONS[2].0);
    });
    fs::remove_file(folder.path().join("snapshots")).unwrap();
    drop(TestHouse::on_folder(folder, &[]));
}
