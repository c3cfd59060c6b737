//! Rows, blobs and counters that do not fit each other, made by hand: the check finds and names each, the sweep removes
//! what is nobody's, the scrub finds what is not what it was, and nothing else is touched.

use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use domain::{BlobId, Content, Sha256, Timestamp};
use metadata::blobs::{self, State};
use metadata::holds;
use services::upkeep::{Aspect, Check, Rule, Scrub, Sweep, Swept, check};
use uuid::Uuid;

use super::{head, sent, varied_bytes, wait_for_uploads};
use crate::support::{TestHouse, database, ground};

const DAY: Duration = Duration::from_secs(86_400);

fn later(wait: Duration) -> Timestamp {
    Timestamp::now().after(wait)
}

fn checked(house: &TestHouse) -> Check {
    house.run(check(house.backends(), later(Duration::from_secs(3600)), |_| ())).unwrap()
}

/// What a check finds, in short, and what it says of it.
fn found(house: &TestHouse) -> Vec<(Aspect, u64, String)> {
    let found = checked(house).found.into_iter();
    found.map(|found| (found.aspect, found.count, found.examples.join("; "))).collect()
}

fn swept(house: &TestHouse, now: Timestamp) -> Swept {
    house.run(async {
        let mut sweep = Sweep::begin(now);
        while sweep.step(house.backends()).await.unwrap() {}
        sweep.swept()
    })
}

/// Reads everything and says how many blobs are damaged.
fn scrubbed(house: &TestHouse, now: Timestamp) -> u64 {
    house.run(async {
        let mut scrub = Scrub::everything(house.backends(), now).await.unwrap();
        while scrub.step(house.backends()).await.unwrap() {}
        scrub.damaged()
    })
}

/// Changes a row without regard to what others refer to.
fn sql(house: &TestHouse, statement: &str) {
    let unchecked = match ground::is_scaled() {
        false => "PRAGMA foreign_keys = OFF",
        true => "SET session_replication_role = 'replica'",
    };
    house.run(database::alter(house.folder(), &format!("{unchecked}; {statement}"), []));
}

fn bytes_of(house: &TestHouse, id: BlobId) -> PathBuf {
    ground::store(house.folder()).join(id.key())
}

/// Bytes in the store that nobody has registered.
fn stray(house: &TestHouse) -> BlobId {
    let id = BlobId(Uuid::now_v7());
    house.run(async {
        let mut writer = house.backends().blobs.receiving().create(id, Default::default()).await.unwrap();
        writer.write("of nobody".into()).await.unwrap();
        writer.finish().await.unwrap();
    });
    id
}

/// A blob nothing refers to any more, since now.
fn condemned(house: &TestHouse) -> BlobId {
    let id = stray(house);
    house.run(async {
        let metadata = &house.backends().metadata;
        blobs::register(metadata, id, house.backends().blobs.receiving().kind(), Timestamp::now())
            .await
            .unwrap();
        let tx = metadata.begin().await.unwrap();
        let content = Content { size_bytes: 9, sha256: Sha256::EMPTY, media_type: None };
        blobs::enliven(&tx, id, &content).await.unwrap();
        blobs::condemn(&tx, Timestamp::now(), &[id]).await.unwrap();
        tx.commit().await.unwrap();
    });
    id
}

/// A drive with some of everything: a folder, versions, a copy, something in the trash.
fn furnished() -> TestHouse {
    let house = TestHouse::new().with_user("ann");
    house.mkcol("/folder");
    house.put("/folder/file", varied_bytes(1, 1000));
    house.put("/folder/file", varied_bytes(2, 200_000));
    house.relocate("COPY", "/folder", "/copy");
    house.put("/gone", "in the trash");
    house.delete("/gone");
    house.put("/.DS_Store", "of the system");
    assert_eq!(found(&house), []);
    house
}

/// What damages the rows of [`furnished`], what repairs them, and what is said in between. Words in capitals stand for
/// nodes.
const DAMAGES: [(&str, &str, Aspect, &str); 14] = [
    (
        "UPDATE nodes SET parent_id = 999 WHERE id = FILE",
        "UPDATE nodes SET parent_id = FOLDER WHERE parent_id = 999",
        Aspect::Rows(Rule::Parents),
        "…/file of ann",
    ),
    (
        "UPDATE nodes SET parent_id = id WHERE id = COPY",
        "UPDATE nodes SET parent_id = ROOT WHERE id = COPY",
        Aspect::Rows(Rule::Reach),
        "…/copy of ann",
    ),
    (
        "UPDATE spaces SET root_id = COPY",
        "UPDATE spaces SET root_id = (SELECT id FROM nodes WHERE parent_id IS NULL)",
        Aspect::Rows(Rule::Tops),
        "the drive of ann",
    ),
    (
        "UPDATE revisions SET to_seq = 99 WHERE node_id = FILE AND to_seq IS NULL",
        "UPDATE revisions SET to_seq = NULL WHERE to_seq = 99",
        Aspect::Rows(Rule::Histories),
        "/folder/file of ann",
    ),
    (
        "UPDATE revisions SET name = 'other' WHERE node_id = FILE AND to_seq IS NULL",
        "UPDATE revisions SET name = 'file' WHERE name = 'other'",
        Aspect::Rows(Rule::Present),
        "/folder/file of ann",
    ),
    (
        "UPDATE nodes SET name = 'other' WHERE id = FILE",
        "UPDATE nodes SET name = 'file' WHERE name = 'other'",
        Aspect::Rows(Rule::Present),
        "/folder/other of ann",
    ),
    (
        "UPDATE revisions SET from_seq = from_seq - 1 WHERE node_id = FILE AND to_seq IS NULL",
        "UPDATE revisions SET from_seq = from_seq + 1 WHERE node_id = FILE AND to_seq IS NULL",
        Aspect::Rows(Rule::Overlaps),
        "/folder/file of ann",
    ),
    (
        "UPDATE blobs SET live = FALSE WHERE size_bytes = 12",
        "UPDATE blobs SET live = TRUE WHERE size_bytes = 12",
        Aspect::Rows(Rule::References),
        "/gone of ann (in the trash)",
    ),
    (
        "UPDATE spaces SET used_bytes = used_bytes + 7",
        "UPDATE spaces SET used_bytes = used_bytes - 7",
        Aspect::Drift,
        "ann: 401019 bytes counted, 401012 stored",
    ),
    (
        "UPDATE spaces SET system_bytes = 0",
        "UPDATE spaces SET system_bytes = 13",
        Aspect::Drift,
        "ann: 0 bytes counted, 13 stored",
    ),
    (
        "UPDATE nodes SET trash_name = 'x' WHERE id IN (FOLDER, COPY)",
        "UPDATE nodes SET trash_name = NULL WHERE id IN (FOLDER, COPY)",
        Aspect::Rows(Rule::Names),
        "/copy of ann",
    ),
    (
        "UPDATE spaces SET owner_id = NULL",
        "UPDATE spaces SET owner_id = (SELECT id FROM users)",
        Aspect::Rows(Rule::Owners),
        "the drive of nobody",
    ),
    (
        "UPDATE users SET doomed_ms = 1",
        "UPDATE users SET doomed_ms = NULL",
        Aspect::Rows(Rule::Ends),
        "the drive of ann",
    ),
    (
        "UPDATE revisions SET blob_id = NEW_UUID() WHERE node_id = FILE AND to_seq IS NOT NULL",
        "UPDATE revisions SET blob_id = (SELECT id FROM blobs WHERE size_bytes = 1000) \
         WHERE blob_id NOT IN (SELECT id FROM blobs)",
        Aspect::Database,
        "1 of revisions refer to blobs that are not there",
    ),
];

#[test]
fn rows_that_do_not_fit_are_found_and_named_by_their_path() {
    let house = furnished();
    let nodes = [
        ("FILE", "(SELECT id FROM nodes WHERE name = 'file' AND copied_from IS NULL)"),
        ("FOLDER", "(SELECT id FROM nodes WHERE name = 'folder')"),
        ("COPY", "(SELECT id FROM nodes WHERE name = 'copy')"),
        ("ROOT", "(SELECT root_id FROM spaces)"),
    ];
    let spelled_out = |sql: &str| nodes.iter().fold(sql.to_owned(), |sql, (word, id)| sql.replace(word, id));
    // PostgreSQL lets no row refer to what is not there.
    let possible = |aspect| !(ground::is_scaled() && aspect == Aspect::Database);
    for (damage, repair, aspect, name) in DAMAGES.into_iter().filter(|(_, _, aspect, _)| possible(*aspect)) {
        sql(&house, &spelled_out(damage));
        let found = found(&house);
        let hit = found.iter().find(|(of, ..)| *of == aspect);
        assert!(hit.is_some_and(|(_, _, says)| says.contains(name)), "after {damage}: {found:#?}");
        let numbers = checked(&house).numbers;
        assert!(numbers.broken_rows + numbers.drift_bytes > 0, "{numbers:?}");
        // Garbage is for the sweep; what is broken is for somebody who has looked at it.
        swept(&house, later(2 * DAY));
        sql(&house, &spelled_out(repair));
        assert_eq!(self::found(&house), [], "after {repair}");
    }
}

#[test]
fn missing_and_damaged_bytes_are_found_and_named_and_known_as_mended_again() {
    let house = furnished();
    let largest = |id: &BlobId| fs::metadata(bytes_of(&house, *id)).unwrap().len();
    let id = house.blobs(State::Live).into_iter().max_by_key(largest).unwrap();
    let (path, aside) = (bytes_of(&house, id), house.folder().join("aside"));
    let names = "/folder/file of ann and /copy/file of ann";

    fs::rename(&path, &aside).unwrap();
    let [(aspect, count, says)] = found(&house).try_into().unwrap();
    assert_eq!((aspect, count), (Aspect::Missing, 1));
    assert!(says.contains(names) && says.contains(&id.key()), "{says}");
    assert_eq!(house.get("/folder/file").status, 500);
    // What is missing is not garbage, and a file that nobody can read is still the file.
    assert_eq!(swept(&house, later(2 * DAY)), Swept::default());
    assert_eq!(scrubbed(&house, later(DAY)), 1);
    assert_eq!(checked(&house).numbers.missing, 1);

    let mut bytes = fs::read(&aside).unwrap();
    bytes[100_000] ^= 1;
    fs::write(&path, &bytes).unwrap();
    assert_eq!(scrubbed(&house, later(2 * DAY)), 1);
    let [(aspect, count, says)] = found(&house).try_into().unwrap();
    assert_eq!((aspect, count), (Aspect::Damaged, 1));
    assert!(says.contains(names), "{says}");
    assert_eq!(fs::read(&path).unwrap(), bytes, "what can be read is never removed");

    fs::write(&path, &bytes[..1000]).unwrap();
    assert_eq!(checked(&house).numbers.missing, 1);

    fs::rename(&aside, &path).unwrap();
    assert_eq!(scrubbed(&house, later(3 * DAY)), 0);
    assert_eq!(found(&house), []);
    assert!(house.get("/folder/file").body == varied_bytes(2, 200_000));
}

#[test]
fn bytes_nobody_knows_are_found_and_removed_after_the_grace() {
    let house = furnished();
    let (id, before) = (stray(&house), house.blobs(State::Live));
    let [(aspect, count, says)] = found(&house).try_into().unwrap();
    assert_eq!((aspect, count, says), (Aspect::Orphaned, 1, format!("{}, 9 bytes", id.key())));
    // A moment old, it may be a trial of the store.
    assert_eq!(house.run(check(house.backends(), Timestamp::now(), |_| ())).unwrap().numbers.orphaned, 0);

    assert_eq!(swept(&house, later(DAY / 2)), Swept::default());
    // A clock that went back takes nothing for older than it is.
    assert_eq!(swept(&house, Timestamp::now().before(30 * DAY)), Swept::default());
    assert!(bytes_of(&house, id).exists());
    assert_eq!(swept(&house, later(DAY)), Swept { unknown: 1, ..Swept::default() });
    assert!(!bytes_of(&house, id).exists());
    assert_eq!(house.blobs(State::Live), before);
    assert_eq!(swept(&house, later(DAY)), Swept::default());
}

#[test]
fn what_is_no_blob_is_named_and_left_alone() {
    let house = furnished();
    let file = ground::store(house.folder()).join("files/notes.txt");
    fs::write(&file, "of the operator").unwrap();
    let strangers = checked(&house).strangers;
    assert_eq!((strangers.count, strangers.examples), (1, vec!["files/notes.txt".to_owned()]));
    assert_eq!(swept(&house, later(100 * DAY)), Swept::default());
    fs::remove_file(file).unwrap();
}

#[test]
fn a_store_the_database_hardly_knows_is_left_to_the_operator() {
    let house = TestHouse::new().with_user("ann");
    house.put("/file", "known");
    let strays = [stray(&house), stray(&house)];
    assert_eq!(swept(&house, later(2 * DAY)), Swept { refused: 2, ..Swept::default() });
    assert!(strays.iter().all(|id| bytes_of(&house, *id).exists()));
    // With more that is known, it is garbage as usual.
    house.put("/other", "known");
    assert_eq!(swept(&house, later(2 * DAY)).unknown, 2);
}

#[test]
fn what_nothing_refers_to_waits_for_the_grace_and_for_whoever_holds_it() {
    let house = furnished();
    let ids = [condemned(&house), condemned(&house)];
    assert_eq!((found(&house), checked(&house).condemned), (vec![], 2));
    assert_eq!(swept(&house, later(DAY / 2)), Swept::default());

    let stray = stray(&house);
    let hold = |until: Option<Timestamp>| {
        house.run(async {
            let tx = house.backends().metadata.begin().await.unwrap();
            match until {
                Some(until) => holds::take(&tx, "test", until).await.unwrap(),
                None => holds::release(&tx, "test").await.unwrap(),
            }
            tx.commit().await.unwrap();
        });
    };
    hold(Some(later(10 * DAY)));
    assert_eq!(swept(&house, later(2 * DAY)), Swept::default());
    assert!(ids.iter().chain([&stray]).all(|id| bytes_of(&house, *id).exists()));
    hold(None);

    // As a process leaves it that was killed between the bytes and the row.
    fs::remove_dir_all(bytes_of(&house, ids[0]).parent().unwrap()).unwrap();
    assert_eq!(found(&house).len(), 1, "only the stray bytes are amiss");
    assert_eq!(swept(&house, later(2 * DAY)), Swept { condemned: 2, unknown: 1, ..Swept::default() });
    assert!(!ids.iter().chain([&stray]).any(|id| bytes_of(&house, *id).exists()));
    assert_eq!((found(&house), checked(&house).condemned), (vec![], 0));
}

#[test]
fn what_is_condemned_and_shown_all_the_same_keeps_its_bytes() {
    let house = furnished();
    let condemn = "UPDATE blobs SET live = FALSE, condemned_ms = 1 WHERE size_bytes = 1000";
    sql(&house, condemn);
    assert_eq!(found(&house)[0].0, Aspect::Rows(Rule::References));
    assert_eq!(swept(&house, later(2 * DAY)), Swept::default());
    sql(&house, "UPDATE blobs SET live = TRUE, condemned_ms = NULL WHERE size_bytes = 1000");
}

#[test]
fn an_upload_is_given_up_when_nothing_comes_any_more_and_never_while_it_does() {
    let house = TestHouse::with_settings(&[("blobs.orphan_grace_hours", "0")]).with_user("ann");
    let body = varied_bytes(3, 1_000_000);
    let mut wire = sent(&house, head(&house, "PUT", "/slow", &[("Content-Length", "1000000")]));
    wire.send(&body[..600_000]);
    wait_for_uploads(&house, 1);
    // However long it takes, by the clock or in truth.
    assert_eq!(swept(&house, later(30 * DAY)), Swept::default());
    assert_eq!(found(&house), []);
    wire.send(&body[600_000..]);
    assert_eq!(wire.answer().status, 201);
    assert!(house.get("/slow").body == body);

    let lost = stray(&house);
    let store = house.backends().blobs.receiving().kind();
    house.run(blobs::register(&house.backends().metadata, lost, store, Timestamp::now())).unwrap();
    assert_eq!((found(&house), checked(&house).pending), (vec![], 1));
    assert_eq!(swept(&house, later(DAY)), Swept { abandoned: 1, ..Swept::default() });
    assert!(!bytes_of(&house, lost).exists());
}

#[test]
fn beside_people_who_write_nothing_is_found_and_nothing_of_theirs_is_swept() {
    let house = TestHouse::with_settings(&[("blobs.orphan_grace_hours", "0")]).with_user("ann");
    thread::scope(|scope| {
        let writers: Vec<_> = (0..3_u64)
            .map(|writer| {
                let (authorization, mut wire) = (house.authorization(), house.wire());
                scope.spawn(move || {
                    let headers = [("Authorization", authorization.as_str())];
                    for turn in 0..60 {
                        let path = format!("/dav/{writer}-{}", turn % 3);
                        if turn % 4 == 3 {
                            assert!([204, 404].contains(&wire.ask("DELETE", &path, &headers, "").status));
                            continue;
                        }
                        let body = varied_bytes(writer << 20 | turn, 1 + (turn as usize * 7919) % 100_000);
                        assert!([201, 204].contains(&wire.ask("PUT", &path, &headers, &body).status));
                        assert!(wire.ask("GET", &path, &headers, "").body == body, "{path} lost its bytes");
                    }
                })
            })
            .collect();
        for round in 1.. {
            assert_eq!(found(&house), [], "in round {round}");
            assert_eq!(swept(&house, Timestamp::now()), Swept::default());
            assert_eq!(scrubbed(&house, later(DAY * round)), 0);
            if writers.iter().all(|writer| writer.is_finished()) {
                return;
            }
        }
    });
}
