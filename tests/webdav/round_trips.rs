//! How often a request has to wait for PostgreSQL, which may be another machine: as often deep down as near the top.
//!
//! Everything is counted that the server answers, BEGIN and COMMIT too, once each statement has been prepared.

use crate::support::{Answer, PostgresWire, TestHouse, ground};

use super::statements::warm;

/// The limits that were promised, credentials included: a password that is remembered costs nothing where Redis says what
/// was revoked. Without Redis looking it up is one trip more.
const PROPFIND_MAX: usize = 2;
const PUT_MAX: usize = 6;

/// What each method takes.
const TABLE: [(&str, usize); 20] = [
    ("PUT of a new file", 6),
    ("PUT of another content", 6),
    ("PUT of nothing", 5),
    ("GET", 1),
    ("HEAD", 1),
    ("MKCOL", 4),
    ("PROPFIND of a file", 2),
    ("PROPFIND Depth 0", 2),
    ("PROPFIND Depth 1", 3),
    ("PROPPATCH", 7),
    ("LOCK", 4),
    ("PUT under a lock", 6),
    ("UNLOCK", 4),
    ("LOCK of a free name", 5),
    ("COPY of a file", 9),
    ("MOVE of a file", 6),
    ("COPY of a folder", 9),
    ("MOVE of a folder", 7),
    ("DELETE of a file", 5),
    ("DELETE of a folder", 6),
];

const PROPERTY: &str = "<D:propertyupdate xmlns:D='DAV:'><D:set><D:prop><x xmlns='urn:x'>1</x></D:prop></D:set>\
    </D:propertyupdate>";

/// A house behind a counted wire; none where there is no PostgreSQL.
fn house(settings: &[(&str, &str)]) -> Option<(TestHouse, PostgresWire)> {
    let folder = tempfile::tempdir().unwrap();
    let url = ground::database(folder.path())?;
    let wire = PostgresWire::to(&url);
    let url = wire.url(&url);
    // One connection, so that what has been prepared once is prepared.
    let all = [&[("metadata.url", url.as_str()), ("metadata.connections", "1")], settings].concat();
    Some((TestHouse::on_folder(folder, &all), wire))
}

#[test]
fn a_request_waits_for_the_database_as_seldom_as_promised_at_any_depth() {
    let Some((house, wire)) = house(&[]) else { return };
    let house = house.with_user("ann");
    warm(&house);
    for depth in [1, 5, 40] {
        // The first time statements are prepared.
        count(&house, &wire, depth, "first");
        // On a machine that is busy Redis may be late to say that it is there, and a password is looked up meanwhile.
        let looked_up = |counted: &[(_, Vec<String>)]| {
            counted.iter().flat_map(|(_, trips)| trips).any(|trip| trip.contains("FROM app_passwords"))
        };
        let mut times =
            ["second", "third", "fourth", "fifth"].into_iter().map(|time| count(&house, &wire, depth, time));
        let counted = times.find(|counted| !looked_up(counted));
        let counted = counted.expect("passwords are remembered where Redis says what was revoked");
        let numbers: Vec<_> = counted.iter().map(|(what, trips)| (*what, trips.len())).collect();
        assert_eq!(numbers, TABLE, "at depth {depth}: {counted:#?}");
        for (what, trips) in &counted {
            let max = if what.starts_with("PUT") { PUT_MAX } else { PROPFIND_MAX };
            if what.starts_with("PUT") || what.starts_with("PROPFIND") && !what.ends_with('1') {
                assert!(trips.len() <= max, "{what} at depth {depth}: {trips:#?}");
            }
        }
    }
}

#[test]
fn an_upload_that_sets_room_aside_waits_no_longer() {
    let Some((house, wire)) = house(&[]) else { return };
    let house = house.with_user_and_quota("ann", Some(1_000_000));
    warm(&house);
    for name in ["/first", "/second"] {
        for content in ["one", "other"] {
            let (answer, trips) = wire.trips(|| house.put(name, content));
            assert!(matches!(answer.status, 201 | 204));
            if name == "/second" {
                assert!(trips.len() <= PUT_MAX, "{trips:#?}");
            }
        }
    }
}

fn count(
    house: &TestHouse,
    wire: &PostgresWire,
    depth: usize,
    time: &str,
) -> Vec<(&'static str, Vec<String>)> {
    let mut folder = String::new();
    for level in 1..depth {
        folder.push_str(&format!("/d{level}-{depth}-{time}"));
        assert_eq!(house.mkcol(&folder).status, 201);
    }
    let at = |name: &str| format!("{folder}/{name}-{depth}-{time}");
    let mut counted = Vec::new();
    let mut step = |what, status, ask: &dyn Fn() -> Answer| {
        let (answer, trips) = wire.trips(ask);
        assert_eq!(answer.status, status, "{what}: {answer:?}");
        counted.push((what, trips));
        answer
    };
    step("PUT of a new file", 201, &|| house.put(&at("file"), "first"));
    step("PUT of another content", 204, &|| house.put(&at("file"), "second"));
    step("PUT of nothing", 201, &|| house.put(&at("empty"), ""));
    step("GET", 200, &|| house.get(&at("file")));
    step("HEAD", 200, &|| house.ask("HEAD", &at("file"), &[], ""));
    step("MKCOL", 201, &|| house.mkcol(&at("folder")));
    step("PROPFIND of a file", 207, &|| house.propfind(&at("file"), "0", ""));
    step("PROPFIND Depth 0", 207, &|| house.propfind(&at("folder"), "0", ""));
    step("PROPFIND Depth 1", 207, &|| house.propfind(&at("folder"), "1", ""));
    step("PROPPATCH", 207, &|| house.ask("PROPPATCH", &at("file"), &[], PROPERTY));
    let locked = step("LOCK", 200, &|| house.ask("LOCK", &at("file"), &[], super::lockinfo("exclusive")));
    let token = locked.header("Lock-Token").unwrap().to_owned();
    let held = format!("({token})");
    step("PUT under a lock", 204, &|| house.ask("PUT", &at("file"), &[("If", &held)], "third"));
    step("UNLOCK", 204, &|| house.ask("UNLOCK", &at("file"), &[("Lock-Token", &token)], ""));
    step("LOCK of a free name", 201, &|| house.ask("LOCK", &at("free"), &[], super::lockinfo("exclusive")));
    step("COPY of a file", 201, &|| house.relocate("COPY", &at("file"), &at("copy")));
    step("MOVE of a file", 201, &|| house.relocate("MOVE", &at("file"), &at("moved")));
    step("COPY of a folder", 201, &|| house.relocate("COPY", &at("folder"), &at("copies")));
    step("MOVE of a folder", 201, &|| house.relocate("MOVE", &at("folder"), &at("elsewhere")));
    step("DELETE of a file", 204, &|| house.delete(&at("moved")));
    step("DELETE of a folder", 204, &|| house.delete(&at("elsewhere")));
    counted
}
