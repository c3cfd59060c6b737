//! What the record must do, on each database.

use std::net::IpAddr;
use std::path::Path;

use domain::page::Cursor;
use domain::{Action, Door, Durability, NodeId, Powers, Role, Secret, SpaceId, Tree, UserName};
use scratch::Database;
use tempfile::TempDir;
use uuid::Uuid;

use super::*;
use crate::users::{self, NewUser};
use crate::{Metadata, MetadataConfig, schema};

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const DAY: Duration = Duration::from_secs(86_400);

/// A database with ann and ben in it, and a project of an organization.
struct House {
    db: Metadata,
    ann: Caller,
    ben: Caller,
    organization: OrganizationId,
    project: ProjectId,
    project_space: SpaceId,
    _folder: TempDir,
    _database: Option<Database>,
}

impl House {
    async fn new() -> Self {
        let (folder, database) = (TempDir::new().unwrap(), Database::if_scaled());
        let db = open(folder.path(), database.as_ref()).await;
        let (ann, ben) = (enter(&db, "ann").await, enter(&db, "ben").await);
        let (organization, project) = (OrganizationId(Uuid::new_v4()), ProjectId(Uuid::new_v4()));
        let project_space = SpaceId(Uuid::new_v4());
        let tx = db.begin().await.unwrap();
        for (sql, values) in [
            (
                "INSERT INTO organizations (id, name, created_by, created_ms, version) VALUES ($1, 'o', $2, 0, 0)",
                vec![organization.0.into(), ann.user.0.into()],
            ),
            (
                "INSERT INTO spaces (id, root_id, seq, history_seq, history_ms, used_bytes, system_bytes, reserved_bytes, \
                 restored_seq) SELECT $1, root_id, 0, 0, 0, 0, 0, 0, 0 FROM spaces WHERE id = $2",
                vec![project_space.0.into(), ann.home.space.0.into()],
            ),
            (
                "INSERT INTO projects (id, organization_id, space_id, name, description, creator_id, active, created_ms, \
                 changed_ms, version) VALUES ($1, $2, $3, 'p', '', $4, TRUE, 0, 0, 0)",
                vec![project.0.into(), organization.0.into(), project_space.0.into(), ann.user.0.into()],
            ),
        ] {
            tx.raw().execute_raw(statement(&tx, sql, values)).await.unwrap();
        }
        tx.commit().await.unwrap();
        Self { db, ann, ben, organization, project, project_space, _folder: folder, _database: database }
    }

    async fn record(&self, caller: &Caller, event: &Event) {
        let tx = self.db.begin().await.unwrap();
        record(&tx, caller, event).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn names(&self, scope: Scope, filter: &Filter) -> Vec<String> {
        let page = list(&self.db, scope, filter, &PageRequest::default()).await.unwrap();
        page.entries.into_iter().filter_map(|entry| entry.subject_name).collect()
    }

    async fn try_sql(&self, sql: &str) -> Result<()> {
        let tx = self.db.begin().await.unwrap();
        run(&tx, sql, []).await?;
        tx.commit().await
    }

    async fn alter(&self, sql: &str) {
        self.try_sql(sql).await.unwrap();
    }
}

async fn open(folder: &Path, database: Option<&Database>) -> Metadata {
    let config = MetadataConfig {
        url: database.map(|database| Secret::new(database.url())),
        connections: 4,
        readers: 2,
        busy_seconds: 10,
        durability: Durability::default(),
    };
    let db = Metadata::open(&config, folder).await.unwrap();
    schema::migrate(&db, NOW).await.unwrap();
    db
}

async fn enter(db: &Metadata, name: &str) -> Caller {
    let name = UserName::parse(name).unwrap();
    let (id, space) = (UserId(Uuid::new_v4()), SpaceId(Uuid::new_v4()));
    let new = NewUser {
        id,
        name: name.clone(),
        display_name: String::new(),
        role: Role::User,
        confirmed: true,
        approved: true,
        password_hash: None,
        space,
        root_uuid: Uuid::new_v4(),
        quota_bytes: None,
    };
    let tx = db.begin().await.unwrap();
    users::insert(&tx, NOW, new).await.unwrap();
    tx.commit().await.unwrap();
    Caller {
        user: id,
        name,
        role: Role::User,
        home: Tree { space, root: NodeId(1) },
        powers: Powers::Full,
        session: None,
        now: NOW,
        request: RequestId(Uuid::from_u128(7)),
        door: Door::Rest,
        address: Some(IpAddr::from([192, 0, 2, 1])),
        once: None,
    }
}

fn wrote(name: &str) -> Event {
    Event::new(Action::WriteFile, "file", Uuid::from_u128(9), name)
}

fn at(caller: &Caller, seconds: i64) -> Caller {
    Caller { now: Timestamp::from_millis(NOW.millis() + 1000 * seconds), ..caller.clone() }
}

#[tokio::test]
async fn an_entry_says_who_did_what_to_what_when_by_which_door_and_from_where() {
    let house = House::new().await;
    let event = Event::new(Action::MoveNode, "file", Uuid::from_u128(9), "/a").detailed("/b");
    house.record(&house.ann, &event.in_space(house.ann.home.space)).await;
    let page = list(&house.db, Scope::Everything, &Filter::default(), &PageRequest::default()).await.unwrap();
    let expected = Entry {
        id: page.entries[0].id,
        at: NOW,
        user: Some(house.ann.user),
        user_name: Some("ann".to_owned()),
        door: "rest".to_owned(),
        address: Some("192.0.2.1".to_owned()),
        request: Some(house.ann.request),
        action: "node.move".to_owned(),
        outcome: Outcome::Done,
        organization: None,
        project: None,
        subject_kind: Some("file".to_owned()),
        subject_id: Some(Uuid::from_u128(9).to_string()),
        subject_name: Some("/a".to_owned()),
        detail: Some("/b".to_owned()),
    };
    assert_eq!(page.entries, [expected]);
}

#[tokio::test]
async fn each_sees_their_part_and_the_tree_of_a_project_says_whose_it_is() {
    let house = House::new().await;
    house.record(&house.ann, &wrote("/own").in_space(house.ann.home.space)).await;
    house.record(&house.ben, &wrote("/bens")).await;
    house.record(&house.ben, &wrote("/shared").in_space(house.project_space)).await;
    let tx = house.db.begin().await.unwrap();
    record_deed(&tx, &Deed::here(NOW, Door::Job, wrote("/by itself"))).await.unwrap();
    tx.commit().await.unwrap();
    let any = Filter::default();
    assert_eq!(house.names(Scope::Of(house.ann.user), &any).await, ["/own"]);
    assert_eq!(house.names(Scope::Of(house.ben.user), &any).await, ["/shared", "/bens"]);
    assert_eq!(house.names(Scope::Organization(house.organization), &any).await, ["/shared"]);
    assert_eq!(house.names(Scope::Project(house.project), &any).await, ["/shared"]);
    assert_eq!(house.names(Scope::Organization(OrganizationId(Uuid::nil())), &any).await, [""; 0]);
    assert_eq!(house.names(Scope::Everything, &any).await, ["/by itself", "/shared", "/bens", "/own"]);
}

#[tokio::test]
async fn many_are_written_in_one_statement_and_a_name_that_was_tried_is_kept_only_if_it_is_somebodys() {
    let house = House::new().await;
    let refused = |name: &str| Deed {
        actor: Actor::Named(UserName::parse(name).unwrap()),
        ..Deed::of(&house.ann, Event::new(Action::LogInRefused, "session", "", "")).refused()
    };
    let mut deeds = vec![refused("ben"), refused("nobody")];
    let read = |number| Event::new(Action::ReadFile, "file", number, format!("/{number}"));
    deeds.extend((2..AT_ONCE).map(|number| Deed::of(&house.ann, read(number).in_space(house.project_space))));
    let before = house.db.statements();
    let tx = house.db.begin().await.unwrap();
    record_all(&tx, &deeds).await.unwrap();
    assert_eq!(house.db.statements() - before, 1);
    tx.commit().await.unwrap();
    let page = PageRequest { with_total: true, ..PageRequest::default() };
    let any = Filter::default();
    let listed = list(&house.db, Scope::Project(house.project), &any, &page).await.unwrap();
    assert_eq!(listed.total, Some(AT_ONCE as u64 - 2));
    let bens = list(&house.db, Scope::Of(house.ben.user), &any, &page).await.unwrap().entries;
    assert_eq!(
        (bens.len(), bens[0].action.as_str(), bens[0].outcome),
        (1, "account.log_in_refused", Outcome::Refused)
    );
    let refusals = Filter { outcome: Some(Outcome::Refused), ..any };
    let refusals = list(&house.db, Scope::Everything, &refusals, &page).await.unwrap().entries;
    assert_eq!(refusals.iter().filter(|entry| entry.user.is_none()).count(), 1);
}

#[tokio::test]
async fn the_record_is_gone_through_in_pages_of_one_statement_and_by_what_is_asked() {
    let house = House::new().await;
    for second in 0..5 {
        house.record(&at(&house.ann, second), &wrote(&format!("/{second}"))).await;
        // Within the same millisecond.
        house.record(&at(&house.ben, second), &Event::new(Action::ReadFile, "file", second, "/x")).await;
    }
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = PageRequest { after, entries: 3, with_total: false };
        let before = house.db.statements();
        let page = list(&house.db, Scope::Everything, &Filter::default(), &page).await.unwrap();
        assert_eq!(house.db.statements() - before, 1);
        seen.extend(page.entries.iter().map(|entry| entry.id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert!(seen.len() == 10 && seen.is_sorted_by(|one, next| one > next), "{seen:?}");

    let any = Filter::default();
    let names = async |filter: Filter| house.names(Scope::Everything, &filter).await;
    let moment = |seconds| Some(at(&house.ann, seconds).now);
    assert_eq!(names(Filter { action: Some(Action::ReadFile), ..any.clone() }).await.len(), 5);
    assert_eq!(names(Filter { user: Some(house.ann.user), ..any.clone() }).await.len(), 5);
    assert_eq!(names(Filter { subject: Some("3".to_owned()), ..any.clone() }).await, ["/x"]);
    assert_eq!(names(Filter { door: Some(Door::WebDav), ..any.clone() }).await, [""; 0]);
    let between = Filter { since: moment(1), until: moment(3), user: Some(house.ann.user), ..any.clone() };
    assert_eq!(names(between).await, ["/2", "/1"]);

    let other = Cursor { order: "name".to_owned(), key: domain::page::Key::Number(1), id: "1".to_owned() };
    let other = PageRequest { after: Some(other), ..PageRequest::default() };
    let refused = list(&house.db, Scope::Everything, &any, &other).await;
    assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
}

#[tokio::test]
async fn nothing_is_written_down_of_what_is_undone() {
    let house = House::new().await;
    let tx = house.db.begin().await.unwrap();
    record(&tx, &house.ann, &wrote("/a")).await.unwrap();
    drop(tx);
    assert_eq!(house.names(Scope::Everything, &Filter::default()).await, [""; 0]);
}

#[tokio::test]
async fn no_entry_is_changed_and_none_is_removed_before_its_time() {
    let house = House::new().await;
    house.record(&house.ann, &wrote("/old")).await;
    house.record(&at(&house.ann, 10), &wrote("/young")).await;
    for sql in [
        "UPDATE audit_entries SET action = 'file.read'",
        "UPDATE audit_entries SET user_id = NULL WHERE subject_name = '/old'",
        "DELETE FROM audit_entries",
        "DELETE FROM audit_entries WHERE subject_name = '/old'",
    ] {
        let refused = house.try_sql(sql).await;
        assert!(matches!(refused, Err(Error::Internal(_))), "{sql}: {refused:?}");
    }
    if !house.db.is_shared() {
        // It removes the row that it replaces without a word to the trigger on that.
        let replace = "REPLACE INTO audit_entries (id, at_ms, door, action, outcome) \
                       SELECT id, at_ms, door, 'file.read', outcome FROM audit_entries";
        assert!(matches!(house.try_sql(replace).await, Err(Error::Internal(_))));
    }
    let any = Filter::default();
    let tx = house.db.begin().await.unwrap();
    keep_from(&tx, at(&house.ann, 5).now, DAY).await.unwrap();
    assert_eq!(keep_from(&tx, NOW.after(DAY * 9), DAY).await.unwrap(), at(&house.ann, 5).now.after(DAY));
    keep_from(&tx, at(&house.ann, 6).now, DAY).await.unwrap();
    assert_eq!(kept_from(&tx).await.unwrap(), Some(at(&house.ann, 6).now));
    tx.commit().await.unwrap();
    let tx = house.db.begin().await.unwrap();
    assert!(forget(&tx, at(&house.ann, 20).now, 10).await.is_err());
    drop(tx);
    let tx = house.db.begin().await.unwrap();
    assert_eq!(forget(&tx, at(&house.ann, 6).now, 10).await.unwrap(), 1);
    tx.commit().await.unwrap();
    assert_eq!(house.names(Scope::Everything, &any).await, ["/young"]);
    assert!(house.try_sql("DELETE FROM audit_entries").await.is_err());
}

#[tokio::test]
async fn with_a_person_goes_what_concerns_nobody_else() {
    let house = House::new().await;
    for name in ["/a", "/b", "/c"] {
        house.record(&house.ann, &wrote(name)).await;
    }
    house.record(&house.ann, &wrote("/shared").in_space(house.project_space)).await;
    house.record(&house.ben, &wrote("/bens")).await;
    let forget = async || {
        let tx = house.db.begin().await?;
        let forgotten = forget_own(&tx, house.ann.user, 2).await?;
        tx.commit().await.map(|()| forgotten)
    };
    assert!(forget().await.is_err(), "the account is there");
    house.alter("UPDATE users SET doomed_ms = 1 WHERE name = 'ann'").await;
    assert_eq!([forget().await.unwrap(), forget().await.unwrap(), forget().await.unwrap()], [2, 1, 0]);
    assert_eq!(house.names(Scope::Everything, &Filter::default()).await, ["/bens", "/shared"]);
}

/// The table, the number it gives out, and the two indexes of what is done in a drive of one's own.
const PAGES_MAX: i64 = 4;

#[tokio::test]
async fn an_entry_writes_few_pages() {
    let house = House::new().await;
    if house.db.is_shared() {
        return;
    }
    // What was written before is in the file, so that the log begins anew.
    log_pages(&house.db, "TRUNCATE").await;
    for second in 0..50 {
        let event = wrote("/Reports/2026/q3.pdf").in_space(house.ann.home.space);
        house.record(&at(&house.ann, second), &event).await;
    }
    let pages = log_pages(&house.db, "PASSIVE").await;
    assert!(pages > 50 && pages <= 50 * PAGES_MAX + 4, "{pages} pages for 50 entries");
}

/// How many pages the write-ahead log of SQLite holds.
async fn log_pages(db: &Metadata, checkpoint: &str) -> i64 {
    let sql = format!("PRAGMA wal_checkpoint({checkpoint})");
    let row = db.aside().query_one_raw(statement(db, &sql, [])).await.unwrap().unwrap();
    row.try_get("", "log").unwrap()
}
