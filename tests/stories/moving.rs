//! From SQLite to PostgreSQL while people work, and nothing that was acknowledged is left behind.

use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use domain::{Durability, Secret, Timestamp};
use metadata::{Metadata, MetadataConfig, moves, schema};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use tokio::runtime::Runtime;

use crate::support::{Drive, Machine, Server, ground};

/// On SQLite, whatever this run is on.
const FILE: [&str; 2] = ["--set", "metadata.url="];

fn serve(machine: &Machine, url: &str) -> Server {
    machine.serve(&["--set", &format!("metadata.url={url}")])
}

fn run_move(machine: &Machine, url: &str, step: &str) -> crate::support::Outcome {
    let mut command = machine.command(&["admin", "metadata", "move", "--to", url, FILE[0], FILE[1]]);
    if !step.is_empty() {
        command.env("FAILPOINT", step);
    }
    crate::support::Outcome::of(command)
}

#[test]
fn every_acknowledged_change_is_in_the_new_database_and_the_old_one_takes_no_more() {
    let Some(spare) = ground::spare() else { return };
    let machine = Machine::new();
    let server = machine.serve(&FILE);
    let drive = Drive::first(&server);
    drive.put("/before", "before");
    let (acknowledged, is_over) = (Mutex::new(vec!["/before".to_owned()]), AtomicBool::new(false));
    let said = thread::scope(|scope| {
        for writer in 0..3 {
            let (drive, acknowledged, is_over) = (&drive, &acknowledged, &is_over);
            scope.spawn(move || {
                for number in 0.. {
                    let path = format!("/{writer}-{number}");
                    match drive.ask("PUT", &path, &[], &path) {
                        answer if answer.status == 201 => {
                            acknowledged.lock().unwrap_or_else(PoisonError::into_inner).push(path)
                        }
                        answer => assert_eq!(answer.status, 503, "{answer:?}"),
                    }
                    if is_over.load(Ordering::Relaxed) {
                        break;
                    }
                    assert_eq!(drive.get("/before"), b"before");
                }
            });
        }
        crate::support::wait_until("some are there", || acknowledged.lock().unwrap().len() > 10);
        let moved = run_move(&machine, &spare.url(), "");
        is_over.store(true, Ordering::Relaxed);
        moved.succeeded()
    });
    assert!(said.contains("Moved: ") && said.contains("set metadata.url"), "{said}");
    // The server that runs knows it too, however long it has had the old one open.
    let refused = drive.ask("PUT", "/late", &[], "late");
    assert_eq!(refused.status, 503);
    assert!(
        refused.header("retry-after").is_some() && refused.text().contains("metadata.url"),
        "{refused:?}"
    );
    assert_eq!(drive.ask("DELETE", "/before", &[], "").status, 503);
    assert!(server.get("/health/ready").starts_with("HTTP/1.1 503"), "{}", server.get("/health/ready"));
    drop(server);
    let old = machine.run(&["serve", "--listen", "127.0.0.1:0", FILE[0], FILE[1]]).failed_with(1);
    assert!(old.contains("moved to postgres://") && old.contains("Set metadata.url"), "{old}");
    let again = run_move(&machine, &spare.url(), "").failed_with(1);
    assert!(again.contains("moved to postgres://"), "{again}");
    let doctor = machine.run(&["doctor", FILE[0], FILE[1]]);
    assert!(doctor.code == Some(1) && doctor.out.contains("moved to postgres://"), "{doctor:#?}");

    let server = serve(&machine, &spare.url());
    let drive = drive.on(&server);
    for path in acknowledged.into_inner().unwrap().iter().skip(1) {
        assert_eq!(drive.get(path), path.as_bytes());
    }
    assert_eq!(drive.ask("GET", "/late", &[], "").status, 404);
    drive.put("/after", "after");
    drop(server);
    let url = format!("metadata.url={}", spare.url());
    machine.run(&["doctor", "--deep", "--set", &url]).succeeded();
}

#[test]
fn while_a_move_lasts_changes_are_refused_at_once_and_reading_goes_on() {
    let machine = Machine::new();
    let server = machine.serve(&FILE);
    let drive = Drive::first(&server);
    drive.put("/a", "a");
    let mover = File::create(machine.path("larder-data/moving.lock")).unwrap();
    // One that died has left it, and nobody holds it.
    drive.put("/b", "b");
    mover.lock().unwrap();
    let refused = drive.ask("PUT", "/c", &[], "c");
    assert_eq!(refused.status, 503);
    assert!(
        refused.text().contains("is being moved") && refused.header("retry-after").is_some(),
        "{refused:?}"
    );
    assert_eq!(drive.get("/a"), b"a");
    drop(mover);
    drive.put("/c", "c");
}

#[test]
fn a_move_that_dies_leaves_one_database_in_use_and_is_ended_by_the_next_run() {
    for (step, has_left) in
        [("transfer.copied", false), ("move.arrived", false), ("move.left", true), ("move.done", true)]
    {
        let Some(spare) = ground::spare() else { return };
        let machine = Machine::new();
        let server = machine.serve(&FILE);
        let drive = Drive::first(&server);
        drive.put("/a", "a");
        let died = run_move(&machine, &spare.url(), step);
        assert_eq!(died.code, None, "{step}: {died:#?}");
        let expected = if has_left { 503 } else { 201 };
        assert_eq!(drive.ask("PUT", "/b", &[], "b").status, expected, "{step}");
        let url = format!("metadata.url={}", spare.url());
        if ["move.arrived", "move.left"].contains(&step) {
            let early = ["serve", "--listen", "127.0.0.1:0", "--data", "elsewhere", "--set", &url];
            let early = machine.run(&early).failed_with(1);
            assert!(early.contains("run the same command again"), "{step}: {early}");
        }
        let again = run_move(&machine, &spare.url(), "");
        match step {
            "move.left" => assert!(again.succeeded().contains("its last step is done now"), "{step}"),
            "move.done" => assert!(again.failed_with(1).contains("moved to postgres://"), "{step}"),
            _ => assert!(again.succeeded().contains("Moved: "), "{step}"),
        }
        drop(server);
        let server = serve(&machine, &spare.url());
        let drive = drive.on(&server);
        assert_eq!(drive.get("/a"), b"a", "{step}");
        assert_eq!(drive.ask("GET", "/b", &[], "").status, if has_left { 404 } else { 200 }, "{step}");
    }
}

#[test]
fn what_arrived_from_another_house_is_not_taken_for_ones_own() {
    let Some(spare) = ground::spare() else { return };
    let (machine, other) = (Machine::new(), Machine::new());
    for (machine, step) in [(&machine, "move.left"), (&other, "move.arrived")] {
        let server = machine.serve(&FILE);
        Drive::first(&server).put("/a", "a");
        drop(server);
        assert_eq!(run_move(machine, &spare.url(), step).code, None, "{step}");
    }
    let again = run_move(&machine, &spare.url(), "").failed_with(1);
    assert!(again.contains("moved to postgres://"), "{again}");
    assert!(run_move(&other, &spare.url(), "").succeeded().contains("Moved: "));
}

#[test]
fn what_cannot_be_moved_is_refused_and_nothing_has_changed() {
    let Some(spare) = ground::spare() else { return };
    let machine = Machine::new();
    let nothing = run_move(&machine, &spare.url(), "").failed_with(1);
    assert!(nothing.contains("There is no Larder data"), "{nothing}");
    let server = machine.serve(&FILE);
    let drive = Drive::first(&server);
    for (to, says) in [
        ("sqlite:///tmp/x", "begins with postgres://"),
        ("postgres://larder:hush@127.0.0.1:1/none", "cannot be opened"),
    ] {
        let refused = run_move(&machine, to, "");
        assert!(refused.err.contains(says) && !refused.err.contains("hush"), "{refused:#?}");
    }
    let url = format!("metadata.url={}", spare.url());
    let command = ["admin", "metadata", "move", "--to", &spare.url(), "--set", &url];
    let shared = machine.run(&command).failed_with(1);
    assert!(shared.contains("Leave metadata.url out"), "{shared}");
    drop(serve(&Machine::new(), &spare.url()));
    let full = run_move(&machine, &spare.url(), "").failed_with(1);
    assert!(full.contains("There is data in the other database already"), "{full}");
    let other = ground::spare().unwrap();
    Runtime::new().unwrap().block_on(async {
        let database = sea_orm::Database::connect(other.url()).await.unwrap();
        database.execute_unprepared("CREATE TABLE invoices (id BIGINT PRIMARY KEY)").await.unwrap();
        database.close().await.unwrap();
    });
    let foreign = run_move(&machine, &other.url(), "").failed_with(1);
    assert!(foreign.contains("something else in the other database"), "{foreign}");
    drive.put("/a", "a");
}

#[test]
fn a_back_up_of_one_engine_is_restored_on_the_other_and_goes_on_where_it_died() {
    let Some(spare) = ground::spare() else { return };
    let machine = Machine::new();
    let url = format!("metadata.url={}", spare.url());
    let server = machine.serve(&FILE);
    let drive = Drive::first(&server);
    drive.put("/a", "a".repeat(1000));
    drive.put("/b", "b");
    drive.delete("/b");
    machine.run(&["backup", "backups", FILE[0], FILE[1]]).succeeded();
    for (step, early) in [
        ("restore.carried", "has not come to its end; run `larder restore` again"),
        ("restore.arrived", "run the same command again"),
    ] {
        let restore = ["restore", "backups", "--data", "restored", "--set", &url];
        let died = machine.command(&restore).env("FAILPOINT", step).output().unwrap();
        assert_eq!(died.status.code(), None, "{step}: {died:?}");
        let serve = ["serve", "--listen", "127.0.0.1:0", "--data", "restored", "--set", &url];
        let refused = machine.run(&serve).failed_with(1);
        assert!(refused.contains(early), "{step}: {refused}");
    }
    machine.run(&["restore", "backups", "--data", "restored", "--set", &url]).succeeded();
    drop(server);
    let server = machine.serve(&["--data", "restored", "--set", &url]);
    let drive = drive.on(&server);
    assert_eq!(drive.get("/a"), "a".repeat(1000).as_bytes());
    drive.put("/c", "c");
    let twice = machine.run(&["restore", "backups", "--data", "elsewhere", "--set", &url]).failed_with(1);
    assert!(twice.contains("There is data in the other database already"), "{twice}");

    machine.run(&["backup", "backups-2", "--data", "restored", "--set", &url]).succeeded();
    drop(server);
    machine.run(&["restore", "backups-2", "--data", "home", FILE[0], FILE[1]]).succeeded();
    let server = machine.serve(&["--data", "home", FILE[0], FILE[1]]);
    let drive = drive.on(&server);
    assert_eq!((drive.get("/a").len(), drive.get("/c")), (1000, b"c".to_vec()));
    let back = machine.run(&["migrate", "--to-previous", "--data", "restored", "--set", &url]).failed_with(1);
    assert!(back.contains("pg_dump"), "{back}");
}

fn config(url: Option<String>) -> MetadataConfig {
    MetadataConfig {
        url: url.map(Secret::new),
        connections: 4,
        readers: 2,
        busy_seconds: 5,
        durability: Durability::default(),
    }
}

/// Each table with the names of its columns and whether they may be empty.
async fn tables(database: &DatabaseConnection) -> Vec<(String, Vec<(String, String, bool)>)> {
    let ask = async |sql: &str| {
        database.query_all_raw(Statement::from_string(database.get_database_backend(), sql)).await.unwrap()
    };
    let named = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' \
                 AND name <> 'seaql_migrations' AND name <> 'moves' ORDER BY name";
    let mut tables = Vec::new();
    for row in ask(named).await {
        let table: String = row.try_get("", "name").unwrap();
        let columns =
            ask(&format!("SELECT name, type, \"notnull\" AS full FROM pragma_table_info('{table}')")).await;
        let column = |row: &sea_orm::QueryResult| {
            let text = |name: &str| row.try_get::<String>("", name).unwrap();
            (text("name"), text("type").to_lowercase(), row.try_get::<i64>("", "full").unwrap() == 0)
        };
        tables.push((table, columns.iter().map(column).collect()));
    }
    tables
}

/// A row in which each value says its number, so that it refers to the row of that number in every other table.
fn row(columns: &[(String, String, bool)], number: u32) -> String {
    let value = |(_, declared, may_be_empty): &(String, String, bool)| match declared.as_str() {
        _ if *may_be_empty && number.is_multiple_of(3) => "NULL".to_owned(),
        "uuid_text" => format!("x'{number:032x}'"),
        "boolean" => (number % 2).to_string(),
        "text" => format!("'{number} \u{e4}\u{1f34e}'"),
        declared if declared.starts_with("blob") => format!("x'{number:064x}'"),
        "integer" => number.to_string(),
        other => panic!("{other}"),
    };
    columns.iter().map(value).collect::<Vec<_>>().join(", ")
}

/// Everything in a database, table by table.
async fn contents(folder: &Path) -> Vec<String> {
    let database =
        sea_orm::Database::connect(format!("sqlite://{}", folder.join("metadata.db").display())).await;
    let database = database.unwrap();
    let mut all = Vec::new();
    for (table, columns) in tables(&database).await {
        let quoted: Vec<String> = columns.iter().map(|(name, ..)| format!("quote(\"{name}\")")).collect();
        let sql = format!("SELECT {} AS line FROM {table} ORDER BY line", quoted.join(" || ',' || "));
        let rows = database.query_all_raw(Statement::from_string(database.get_database_backend(), sql)).await;
        all.extend(
            rows.unwrap()
                .iter()
                .map(|row| format!("{table}: {}", row.try_get::<String>("", "line").unwrap())),
        );
    }
    let numbers = Statement::from_string(
        database.get_database_backend(),
        "SELECT name || ' ' || seq AS line FROM sqlite_sequence ORDER BY name",
    );
    let numbers = database.query_all_raw(numbers).await.unwrap();
    all.extend(numbers.iter().map(|row| row.try_get::<String>("", "line").unwrap()));
    database.close().await.unwrap();
    all
}

#[test]
fn each_column_of_each_table_arrives_on_the_other_engine_and_comes_back() {
    const ROWS: u32 = 1_300;
    let Some(spare) = ground::spare() else { return };
    let (from, back) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    Runtime::new().unwrap().block_on(async {
        let source = Metadata::open(&config(None), from.path()).await.unwrap();
        schema::migrate(&source, Timestamp::now()).await.unwrap();
        let file = format!("sqlite://{}", from.path().join("metadata.db").display());
        let database = sea_orm::Database::connect(file).await.unwrap();
        database.execute_unprepared("PRAGMA foreign_keys = OFF").await.unwrap();
        for (table, columns) in tables(&database).await {
            let rows: Vec<String> = (1..=ROWS).map(|number| format!("({})", row(&columns, number))).collect();
            database
                .execute_unprepared(&format!("INSERT INTO {table} VALUES {}", rows.join(", ")))
                .await
                .unwrap();
        }
        // The last numbers were given out, and their rows are gone.
        database
            .execute_unprepared("UPDATE sqlite_sequence SET seq = 5000 WHERE name = 'nodes'")
            .await
            .unwrap();
        database.close().await.unwrap();
        let other = Metadata::open(&config(Some(spare.url())), from.path()).await.unwrap();
        let now = Timestamp::now();
        moves::bring(&source, &other, now).await.unwrap().confirm(&other).await.unwrap();
        let full = moves::bring(&source, &other, now).await.err().unwrap().to_string();
        assert!(full.contains("There is data in the other database already"), "{full}");
        let home = Metadata::open(&config(None), back.path()).await.unwrap();
        moves::bring(&other, &home, now).await.unwrap().confirm(&home).await.unwrap();
        for metadata in [source, other, home] {
            metadata.close().await.unwrap();
        }
        let (before, after) = (contents(from.path()).await, contents(back.path()).await);
        assert!(before.len() > ROWS as usize * 10 && before.contains(&"nodes 5000".to_owned()));
        assert!(before == after, "{:?}", before.iter().zip(&after).find(|(one, other)| one != other));
    });
}
