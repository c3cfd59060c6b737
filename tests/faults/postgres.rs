//! PostgreSQL goes away and comes back, or is reached through a pooler.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::support::{Answer, Pooler, PostgresServer, TestHouse, ground};

fn house_on(url: &str) -> TestHouse {
    let settings = [("metadata.url", url), ("metadata.busy_seconds", "1"), ("metadata.connections", "6")];
    TestHouse::with_settings(&settings).with_user("ann")
}

/// What somebody does who must never hear that the server has broken.
fn is_bearable(answer: &Answer) -> bool {
    match answer.status {
        503 => answer.header("Retry-After").is_some() && answer.text().contains("database"),
        status => status < 500,
    }
}

#[test]
fn a_database_that_is_started_again_under_load_costs_nothing_but_a_wait() {
    if !ground::is_scaled() {
        return;
    }
    let mut server = PostgresServer::start();
    let house = house_on(&server.url());
    for (way, orderly) in [("fast", true), ("immediate", false)] {
        let (over, acknowledged) = (AtomicBool::new(false), Mutex::new(Vec::new()));
        thread::scope(|scope| {
            for client in 0..4 {
                let (house, over, acknowledged) = (&house, &over, &acknowledged);
                scope.spawn(move || {
                    for round in 0.. {
                        let path = format!("/{way}-{client}-{round}");
                        let put = house.put(&path, &path);
                        let read = [house.get(&path), house.propfind("/", "1", "")];
                        assert!(is_bearable(&put) && read.iter().all(is_bearable), "{put:?} {read:?}");
                        if matches!(put.status, 201 | 204) {
                            acknowledged.lock().unwrap().push(path);
                        }
                        if over.load(Ordering::Relaxed) {
                            break;
                        }
                    }
                });
            }
            let enough = |count| {
                crate::support::wait_until("some uploads are acknowledged", || {
                    acknowledged.lock().unwrap().len() >= count
                });
            };
            enough(8);
            server.stop(orderly);
            let down = house.get("/");
            assert!(down.status == 503 && is_bearable(&down), "{down:?}");
            server.start_again();
            let so_far = acknowledged.lock().unwrap().len();
            enough(so_far + 8);
            over.store(true, Ordering::Relaxed);
        });
        for path in acknowledged.into_inner().unwrap() {
            assert_eq!(house.get(&path).text(), path);
        }
    }
}

#[test]
fn whoever_comes_first_after_a_restart_notices_nothing() {
    if !ground::is_scaled() {
        return;
    }
    let mut server = PostgresServer::start();
    let house = house_on(&server.url());
    assert_eq!(house.put("/a", "a").status, 201);
    let all_connections = || {
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| assert_eq!(house.propfind("/", "1", "").status, 207));
            }
        });
    };
    for orderly in [true, false] {
        all_connections();
        server.stop(orderly);
        server.start_again();
        match orderly {
            true => assert_eq!(house.get("/a").text(), "a"),
            false => assert_eq!(house.mkcol("/b").status, 201),
        }
        all_connections();
    }
}

#[test]
fn a_house_lives_behind_a_pooler_that_gives_each_connection_one_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let Some(url) = ground::database(folder.path()) else { return };
    let pooler = Pooler::before(&url);
    let house = TestHouse::on_folder(folder, &[("metadata.url", &pooler.url(&url))])
        .with_user_and_quota("ann", Some(1_000_000));
    assert_eq!(house.mkcol("/d").status, 201);
    thread::scope(|scope| {
        for client in 0..8 {
            let house = &house;
            scope.spawn(move || {
                let (path, moved) = (format!("/d/{client}"), format!("/d/moved-{client}"));
                for content in ["one", "other"] {
                    assert!(matches!(house.put(&path, content).status, 201 | 204));
                }
                assert_eq!(house.relocate("MOVE", &path, &moved).status, 201);
                assert_eq!(house.get(&moved).text(), "other");
                assert_eq!(house.delete(&moved).status, 204);
            });
        }
    });
    assert_eq!(house.list("/d"), [""; 0]);
}
