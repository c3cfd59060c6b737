//! Servers that start at the same moment.

use std::thread;

use super::{Cluster, is_left_out, log_in};
use crate::support::Program;

/// Starts all of them at once, and says how many of them made the first account.
fn start_at_once(cluster: &mut Cluster) -> usize {
    let places: Vec<_> = (0..3).map(|number| (cluster.place(number), cluster.variables(number))).collect();
    let started: Vec<_> = thread::scope(|scope| {
        let starting: Vec<_> = places
            .iter()
            .map(|(place, variables)| {
                scope.spawn(move || {
                    let variables: Vec<_> =
                        variables.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
                    Program::try_serve(place, &variables)
                        .unwrap_or_else(|said| panic!("{said}\n{}", log_in(place)))
                })
            })
            .collect();
        starting.into_iter().map(|starting| starting.join().unwrap()).collect()
    });
    let first = started.iter().filter(|program| program.has_password()).count();
    for (number, program) in started.into_iter().enumerate() {
        cluster.took(number, program);
    }
    first
}

#[test]
fn three_servers_that_start_on_an_empty_database_make_it_once() {
    if is_left_out() {
        return;
    }
    let mut cluster = Cluster::unstarted(3, &[]);
    cluster.sql("DROP SCHEMA public CASCADE");
    cluster.sql("CREATE SCHEMA public");
    assert_eq!(start_at_once(&mut cluster), 1, "one of them makes the first account");
    assert_eq!(cluster.line(0).ask("PUT", "/a", &[], b"a").unwrap().status, 201);
    for number in 1..3 {
        assert_eq!(cluster.line(number).ask("GET", "/a", &[], b"").unwrap().body, b"a");
    }
    assert_eq!(cluster.number("SELECT COUNT(*) FROM servers"), 3);
}

#[test]
fn three_servers_that_start_on_a_database_of_the_version_before_upgrade_it_once() {
    if is_left_out() {
        return;
    }
    let mut cluster = Cluster::new(1);
    assert_eq!(cluster.line(0).ask("PUT", "/a", &[], b"a").unwrap().status, 201);
    cluster.stop(0);
    let credentials = cluster.credentials.clone();
    // Whatever the latest step has added.
    for sql in [
        "DROP TABLE servers",
        "DROP TABLE moves",
        "ALTER TABLE blobs DROP COLUMN server_id",
        "ALTER TABLE blobs DROP COLUMN original_path",
        "DELETE FROM seaql_migrations WHERE version = 'm0008_many_servers'",
    ] {
        cluster.sql(sql);
    }
    let store = cluster.sql("SELECT store FROM blobs LIMIT 1")[0].try_get_by_index::<String>(0).unwrap();
    cluster.sql("ALTER TABLE blobs DROP COLUMN store");
    let mut three = Cluster::unstarted(3, &[]);
    std::mem::swap(&mut three.settings, &mut cluster.settings);
    assert_eq!(start_at_once(&mut three), 0, "the account was there already");
    // Contents of that version lay on the disk; these were brought elsewhere.
    three.sql(&format!("UPDATE blobs SET store = '{store}'"));
    three.credentials = credentials;
    for number in 0..3 {
        assert_eq!(three.line(number).ask("GET", "/a", &[], b"").unwrap().body, b"a");
    }
    assert_eq!(three.number("SELECT COUNT(*) FROM seaql_migrations WHERE version LIKE 'm0008%'"), 1);
}
