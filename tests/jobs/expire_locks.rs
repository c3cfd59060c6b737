//! The job `expire-locks`: rows of locks that are over and past their grace go, all others stay.

use domain::{GRACE, TIMEOUT_MAX, Timestamp};
use metadata::locks;

use super::execute;
use crate::support::TestHouse;

const LOCK: &str =
    "<lockinfo xmlns='DAV:'><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>";

fn rows(house: &TestHouse) -> u64 {
    // All that there are end some day; nothing is committed.
    let ever = Timestamp::from_millis(i64::MAX);
    house.run(async {
        let tx = house.backends().metadata.begin().await.unwrap();
        locks::remove_ended(&tx, ever, u32::MAX).await.unwrap()
    })
}

#[test]
fn locks_go_once_their_grace_is_over() {
    let house = TestHouse::new().with_user("ann");
    let now = Timestamp::now();
    for (path, timeout) in [("/short", "Second-60"), ("/long", "Second-14400")] {
        assert_eq!(house.ask("LOCK", path, &[("Timeout", timeout), ("Depth", "0")], LOCK).status, 201);
    }
    house.run_due_jobs(now.after(GRACE));
    assert_eq!(rows(&house), 2, "the holder may still refer to it");
    house.run_due_jobs(now.after(GRACE * 3));
    assert_eq!(rows(&house), 1);
    assert_eq!(house.put("/long", "x").status, 423);
    house.run_due_jobs(now.after(TIMEOUT_MAX + GRACE * 2));
    assert_eq!(rows(&house), 0);
    assert_eq!(house.put("/long", "x").status, 204);
}

#[test]
fn many_locks_go_in_parts() {
    let house = TestHouse::new().with_user("ann");
    assert_eq!(house.ask("LOCK", "/a", &[("Timeout", "Second-60"), ("Depth", "0")], LOCK).status, 201);
    let more = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2100) \
                INSERT INTO locks SELECT NEW_UUID(), l.space_id, l.node_id, l.user_id, l.exclusive, l.infinite, \
                l.owner_xml, l.timeout_ms, l.expires_ms FROM locks l CROSS JOIN n";
    execute(&house, more);
    let ran = house.run_due_jobs(Timestamp::now().after(GRACE * 3));
    assert_eq!(ran.iter().filter(|ran| ran.kind.as_str() == "expire-locks").count(), 3);
    assert_eq!(rows(&house), 0);
}
