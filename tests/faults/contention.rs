//! What PostgreSQL undoes for the sake of others is done again, and nobody hears of it.

use std::thread;

use domain::{
    BlobId, Caller, Door, Error, OrganizationId, OrganizationName, OrganizationRole, ProjectId, ProjectName,
    ProjectRole, StoreKind, Timestamp, UserName,
};
use metadata::blobs::{self, Abandoned};
use metadata::relocations::Turn;
use metadata::reservations::{self, Demand};
use metadata::{Db, organization_members, spaces, users};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use services::projects::members::{self, Whom};
use services::projects::{self, ChangedProject, NewProject};
use services::{app_passwords, jobs, organizations};
use uuid::Uuid;

use super::{head, sent};
use crate::support::{Answer, TestHouse, database, ground, wait_until};

const LOCK: &str = "<D:lockinfo xmlns:D='DAV:'><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/>\
    </D:locktype></D:lockinfo>";

/// Fails so many commits that change a space as if writers could not be put in order. What a sequence gives out is not
/// taken back with the transaction.
const FAILING: &str = "CREATE SEQUENCE failures; \
    CREATE FUNCTION fail_first() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
      IF nextval('failures') <= 2 THEN RAISE EXCEPTION 'made up' USING ERRCODE = '40001'; END IF; RETURN NULL; \
    END $$; \
    CREATE CONSTRAINT TRIGGER fail_first AFTER UPDATE ON spaces DEFERRABLE INITIALLY DEFERRED \
      FOR EACH ROW EXECUTE FUNCTION fail_first()";

/// How many wait for a row.
const WAITING: &str = "SELECT COUNT(*) FROM pg_locks l JOIN pg_database d ON d.datname = current_database() \
    JOIN pg_stat_activity a ON a.pid = l.pid AND a.datid = d.oid WHERE NOT l.granted";

fn house() -> Option<TestHouse> {
    ground::is_scaled().then(|| TestHouse::new().with_user("ann"))
}

fn execute(house: &TestHouse, other: &DatabaseConnection, sql: &str) {
    house.run(other.execute_unprepared(sql)).unwrap();
}

fn number(house: &TestHouse, other: &DatabaseConnection, sql: &str) -> i64 {
    let asked = Statement::from_string(DbBackend::Postgres, sql);
    house.run(other.query_one_raw(asked)).unwrap().unwrap().try_get_by_index(0).unwrap()
}

fn waiting(house: &TestHouse) {
    wait_until("the house waits for a row", || house.run(database::number(house.folder(), WAITING)) > 0);
}

#[test]
fn of_two_that_wait_for_each_other_the_house_begins_again() {
    let Some(house) = house() else { return };
    assert_eq!(house.put("/a", "first").status, 201);
    let (other, look) =
        (house.run(database::connect(house.folder())), house.run(database::connect(house.folder())));
    // It looks whether it waits in vain later than the house does, so the house is the one that is undone.
    execute(
        &house,
        &other,
        "SET deadlock_timeout = '60s'; BEGIN; SELECT 1 FROM nodes WHERE name = 'a' FOR UPDATE",
    );
    let answer = thread::scope(|scope| {
        let put = scope.spawn(|| house.put("/a", "second"));
        waiting(&house);
        execute(&house, &other, "UPDATE spaces SET seq = seq");
        execute(&house, &other, "COMMIT");
        put.join().unwrap()
    });
    assert_eq!(answer.status, 204, "{answer:?}");
    assert_eq!(house.get("/a").text(), "second");
    wait_until("the deadlock is on record", || {
        number(&house, &look, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()") > 0
    });
}

#[test]
fn a_commit_that_fails_because_of_others_is_made_again_for_every_method() {
    let Some(house) = house() else { return };
    house.mkcol("/folder");
    let other = house.run(database::connect(house.folder()));
    execute(&house, &other, FAILING);
    let done = |what: &str, status: u16, ask: &dyn Fn() -> Answer| {
        execute(&house, &other, "ALTER SEQUENCE failures RESTART");
        let answer = ask();
        assert_eq!(answer.status, status, "{what}: {answer:?}");
        // It failed twice, and the third time it did not.
        assert!(number(&house, &other, "SELECT last_value FROM failures") >= 3, "{what}");
        answer
    };
    done("PUT", 201, &|| house.put("/a", "one"));
    done("PUT again", 204, &|| house.put("/a", "other"));
    done("PUT of a system file", 201, &|| house.put("/._a", "small"));
    done("MKCOL", 201, &|| house.mkcol("/folder/new"));
    done("COPY", 201, &|| house.relocate("COPY", "/a", "/b"));
    done("MOVE", 201, &|| house.relocate("MOVE", "/folder", "/moved"));
    let locked = done("LOCK", 200, &|| house.ask("LOCK", "/b", &[], LOCK));
    let token = locked.header("Lock-Token").unwrap().to_owned();
    let held = format!("({token})");
    done("LOCK again", 200, &|| house.ask("LOCK", "/b", &[("If", &held)], ""));
    done("UNLOCK", 204, &|| house.ask("UNLOCK", "/b", &[("Lock-Token", &token)], ""));
    done("DELETE", 204, &|| house.delete("/moved"));
    done("DELETE in the trash", 204, &|| house.delete("/.Trash/moved"));
    assert_eq!((house.get("/a").text(), house.get("/b").text()), ("other".to_owned(), "other".to_owned()));
}

#[test]
fn sixteen_connections_at_once_see_no_error_of_the_server() {
    let Some(house) = house() else { return };
    for folder in ["/d", "/e"] {
        assert_eq!(house.mkcol(folder).status, 201);
    }
    thread::scope(|scope| {
        for client in 0..16 {
            let house = &house;
            scope.spawn(move || {
                for round in 0..6 {
                    let (shared, own) = (format!("/d/{}", round % 3), format!("/d/own-{client}"));
                    let elsewhere = format!("/e/{}", (client + round) % 4);
                    let answers = [
                        house.put(&shared, format!("{client} {round}")),
                        house.put(&own, "own"),
                        house.ask("LOCK", &shared, &[("Timeout", "Second-1")], LOCK),
                        house.relocate("MOVE", &own, &elsewhere),
                        house.relocate("COPY", &elsewhere, &own),
                        house.delete(&shared),
                    ];
                    assert!(answers.iter().all(|answer| answer.status < 500), "{answers:?}");
                }
            });
        }
    });
}

#[test]
fn a_row_that_somebody_else_keeps_is_not_waited_for_for_ever() {
    if !ground::is_scaled() {
        return;
    }
    let house = TestHouse::with_settings(&[("metadata.busy_seconds", "1")]).with_user("ann");
    assert_eq!(house.put("/a", "first").status, 201);
    let other = house.run(database::connect(house.folder()));
    execute(&house, &other, "BEGIN; UPDATE spaces SET seq = seq");
    let answer = house.put("/a", "second");
    assert_eq!((answer.status, answer.header("Retry-After").is_some()), (503, true), "{answer:?}");
    assert_eq!(house.get("/a").text(), "first");
    execute(&house, &other, "ROLLBACK");
    assert_eq!(house.put("/a", "second").status, 204);
}

#[test]
fn what_is_set_aside_for_an_uploader_who_has_hung_up_is_given_back() {
    if !ground::is_scaled() {
        return;
    }
    let house = TestHouse::new().with_user_and_quota("ann", Some(10_000_000));
    let other = house.run(database::connect(house.folder()));
    execute(&house, &other, "BEGIN; UPDATE spaces SET seq = seq");
    let head = head(&house, "PUT", "/a", &[("Transfer-Encoding", "chunked")]);
    let uploader = sent(&house, head + "5\r\nhello\r\n0\r\n\r\n");
    waiting(&house);
    let before = house.backends().metadata.statements();
    drop(uploader);
    // The row of the upload is looked for twice, and is not there yet: PostgreSQL goes on for whoever has hung up.
    wait_until("the upload is given up", || house.backends().metadata.statements() >= before + 2);
    execute(&house, &other, "COMMIT");
    let reserved = || number(&house, &other, "SELECT CAST(SUM(reserved_bytes) AS BIGINT) FROM spaces");
    wait_until("room is set aside for nobody", || reserved() > 0);
    wait_until("it is given back", || reserved() == 0);
    assert_eq!(number(&house, &other, "SELECT COUNT(*) FROM blobs"), 0);
}

#[test]
fn whoever_forgets_an_upload_keeps_nothing_while_it_waits_for_the_space() {
    let Some(house) = house() else { return };
    let (other, db) = (house.run(database::connect(house.folder())), &house.backends().metadata);
    let (id, now) = (BlobId(Uuid::now_v7()), Timestamp::now());
    let leftover = house.run(async {
        let space = users::space_of(db, &UserName::parse(house.user()).unwrap()).await.unwrap();
        let demand = Demand { space, needed_bytes: 7, wanted_bytes: 7 };
        reservations::register(db, id, StoreKind::Disk, now, demand).await.unwrap();
        blobs::abandon(db, id).await.unwrap()
    });
    let Abandoned::Ours(leftover) = leftover else { panic!("{leftover:?}") };
    execute(&house, &other, "BEGIN; UPDATE spaces SET seq = seq");
    thread::scope(|scope| {
        let forgetting = scope.spawn(|| house.run(blobs::forget(db, &leftover)));
        waiting(&house);
        execute(&house, &other, "SELECT 1 FROM blobs FOR UPDATE NOWAIT");
        execute(&house, &other, "COMMIT");
        forgetting.join().unwrap().unwrap();
    });
    assert_eq!(number(&house, &other, "SELECT COUNT(*) FROM blobs"), 0);
}

#[test]
fn a_transaction_that_stood_still_for_too_long_can_be_tried_again() {
    let Some(house) = house() else { return };
    let (look, db) = (house.run(database::connect(house.folder())), &house.backends().metadata);
    let space = house.run(users::space_of(db, &UserName::parse(house.user()).unwrap())).unwrap();
    let tx = house.run(db.begin()).unwrap();
    house.run(spaces::take_pen_unheard(&tx, space)).unwrap();
    let hasty = "SET LOCAL idle_in_transaction_session_timeout = 50";
    house.run(tx.raw().execute_unprepared(hasty)).unwrap();
    let standing = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() \
                    AND state = 'idle in transaction'";
    wait_until("the database has undone it", || number(&house, &look, standing) == 0);
    let late = house.run(spaces::take_pen_unheard(&tx, space));
    assert!(matches!(late, Err(Error::Unavailable(_))), "{late:?}");
}

/// A house in which Ann has a project in an organization of hers, and Ben, who is staff there, asks for files.
fn with_ben() -> Option<(TestHouse, [Caller; 2], ProjectId, OrganizationId)> {
    let house = house()?.with_user("ben");
    let backends = house.backends();
    let [ann, ben] = ["ann", "ben"].map(|name| {
        house
            .run(services::users::caller(Timestamp::now(), backends, &UserName::parse(name).unwrap()))
            .unwrap()
    });
    let guides = OrganizationName::parse("Guides").unwrap();
    let organization = house.run(organizations::create(&ann, backends, &guides)).unwrap().organization.id;
    house.run(async {
        let tx = backends.metadata.begin().await.unwrap();
        let role = OrganizationRole::Member;
        organization_members::insert(&tx, organization, ben.user, role, ann.now).await.unwrap();
        tx.commit().await.unwrap();
    });
    let new = NewProject {
        organization: Some(organization),
        name: ProjectName::parse("Alps").unwrap(),
        description: String::new(),
    };
    let project = house.run(projects::create(&ann, backends, &new)).unwrap().id;
    house.run(members::put(&ann, backends, project, &Whom::Id(ben.user), ProjectRole::Staff, None)).unwrap();
    Some((house, [ann, ben], project, organization))
}

#[test]
fn whoever_is_let_go_while_they_wait_for_the_tree_of_a_project_changes_nothing_there() {
    let Some((house, [_, ben], ..)) = with_ben() else { return };
    let other = house.run(database::connect(house.folder()));
    assert_eq!(house.put("/Projects/Alps/a", "a").status, 201);
    for (method, body) in [("LOCK", LOCK), ("PUT", "b"), ("DELETE", "")] {
        let member = format!("FROM project_members WHERE user_id = '{}'", ben.user.0);
        execute(&house, &other, "CREATE TABLE IF NOT EXISTS kept AS SELECT * FROM project_members");
        // As whoever lets somebody go does.
        execute(&house, &other, &format!("BEGIN; UPDATE spaces SET seq = seq; DELETE {member}"));
        thread::scope(|scope| {
            let asking = scope.spawn(|| house.ask(method, "/Projects/Alps/a", &[], body));
            waiting(&house);
            execute(&house, &other, "COMMIT");
            assert_eq!(asking.join().unwrap().status, 404, "{method}");
        });
        assert_eq!(number(&house, &other, "SELECT COUNT(*) FROM locks"), 0, "{method}");
        execute(
            &house,
            &other,
            &format!("INSERT INTO project_members SELECT * {}", member.replace("project_members", "kept")),
        );
    }
    execute(&house, &other, "DROP TABLE kept");
    assert_eq!(house.get("/Projects/Alps/a").text(), "a");
}

#[test]
fn whoever_lets_somebody_go_waits_for_what_they_are_locking() {
    for how in ["viewer", "out of the project", "out of the organization", "account", "hidden"] {
        let Some((house, [ann, ben], project, organization)) = with_ben() else { return };
        let (other, backends) = (house.run(database::connect(house.folder())), house.backends());
        execute(
            &house,
            &other,
            &format!(
                "BEGIN; UPDATE spaces SET seq = seq; \
                 INSERT INTO locks (token, space_id, node_id, user_id, exclusive, infinite, owner_xml, timeout_ms, expires_ms) \
                 SELECT s.id, s.id, s.root_id, '{}', TRUE, FALSE, '', 1000, 9000000000000 \
                 FROM spaces s JOIN projects p ON p.space_id = s.id",
                ben.user.0
            ),
        );
        let whom = Whom::Id(ben.user);
        let let_go = async || match how {
            "viewer" => {
                members::put(&ann, backends, project, &whom, ProjectRole::Viewer, None).await.map(drop)
            }
            "out of the project" => members::remove(&ann, backends, project, &whom, None).await,
            "out of the organization" => {
                organizations::members::remove(&ann, backends, organization, ben.user, None).await
            }
            "account" => {
                let by = services::users::By::House { now: ann.now, door: Door::Command };
                services::users::delete(by, backends, ben.user, None).await.map(drop)
            }
            _ => {
                let hidden = ChangedProject { active: Some(false), ..ChangedProject::default() };
                projects::change(&ann, backends, project, &hidden, None).await.map(drop)
            }
        };
        thread::scope(|scope| {
            let going = scope.spawn(|| house.run(let_go()));
            waiting(&house);
            execute(&house, &other, "COMMIT");
            going.join().unwrap().unwrap();
        });
        assert_eq!(number(&house, &other, "SELECT COUNT(*) FROM locks"), 0, "{how}");
    }
}

#[test]
fn whoever_moves_contents_can_do_so_through_as_few_connections_as_there_may_be() {
    if !ground::is_scaled() {
        return;
    }
    let settings = [("metadata.connections", "1"), ("metadata.busy_seconds", "1")];
    let house = TestHouse::with_settings(&settings).with_user("ann");
    let db = &house.backends().metadata;
    house.run(async {
        let turn = Turn::take(db).await.unwrap();
        db.check().await.unwrap();
        assert!(Turn::take(db).await.is_err());
        turn.keep().await.unwrap();
    });
}

#[test]
fn of_two_app_passwords_that_are_made_at_once_one_gets_the_name() {
    let Some(house) = house() else { return };
    let (other, backends) = (house.run(database::connect(house.folder())), house.backends());
    let name = UserName::parse(house.user()).unwrap();
    execute(&house, &other, "BEGIN; SELECT 1 FROM users FOR UPDATE");
    let made = thread::scope(|scope| {
        let make = || house.run(app_passwords::create(Timestamp::now(), backends, &name, "phone", None));
        let both = [scope.spawn(make), scope.spawn(make)];
        wait_until("both wait", || house.run(database::number(house.folder(), WAITING)) > 1);
        execute(&house, &other, "COMMIT");
        both.map(|one| one.join().unwrap())
    });
    assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 1);
    assert!(made.iter().any(|made| matches!(made, Err(Error::Exists(_)))));
}

#[test]
fn a_column_that_an_upgrade_adds_is_no_matter_to_those_who_serve_meanwhile() {
    let Some(house) = house() else { return };
    let other = house.run(database::connect(house.folder()));
    let look = || {
        house.run(house.backends().coordination.announce_revocation());
        house.run(jobs::list(Timestamp::now(), house.backends())).unwrap();
        assert_eq!(house.propfind("/.History", "1", "").status, 207);
        assert_eq!(house.propfind("/.Trash", "1", "").status, 207);
        house.propfind("/", "1", "").status
    };
    house.put("/kept", "kept");
    assert_eq!([look(), look()], [207, 207]);
    for table in ["app_passwords", "users", "spaces", "nodes", "blobs", "locks", "revisions", "jobs"] {
        execute(&house, &other, &format!("ALTER TABLE {table} ADD COLUMN new_ms BIGINT"));
    }
    assert_eq!([look(), look()], [207, 207]);
    assert_eq!(house.put("/a", "a").status, 201);
}
