//! That the databases find what lists show by an index, and do not read whole tables for it: asked of their planners, with
//! the very statements that the lists send.

use domain::{OrganizationId, PageRequest, ProjectId, Secret, TaskStatus, Timestamp, UserId};
use parking_lot::Mutex;
use scratch::Database;
use sea_orm::prelude::async_trait::async_trait;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, Statement};
use uuid::Uuid;

use crate::projects::{self, ProjectOrder, ProjectQuery, ProjectState};
use crate::tasks::{self, Assigned, TaskOrder, TaskQuery};
use crate::{Db, Metadata, MetadataConfig, schema};

/// A database that notes what it is asked.
struct Overheard<'a> {
    db: &'a Metadata,
    asked: Mutex<Vec<Statement>>,
}

impl Db for Overheard<'_> {
    fn raw(&self) -> &impl ConnectionTrait {
        self
    }
}

#[async_trait]
impl ConnectionTrait for Overheard<'_> {
    fn get_database_backend(&self) -> DbBackend {
        self.db.raw().get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.db.raw().execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.db.raw().execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.asked.lock().push(statement.clone());
        self.db.raw().query_one_raw(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.asked.lock().push(statement.clone());
        self.db.raw().query_all_raw(statement).await
    }
}

impl Overheard<'_> {
    /// How the database goes about what it was asked last.
    async fn plan(&self) -> String {
        let asked = self.asked.lock().last().cloned().unwrap();
        let (explain, column) = match asked.db_backend {
            DbBackend::Postgres => ("EXPLAIN", "QUERY PLAN"),
            _ => ("EXPLAIN QUERY PLAN", "detail"),
        };
        let statement = Statement { sql: format!("{explain} {}", asked.sql), ..asked };
        let rows = self.db.raw().query_all_raw(statement).await.unwrap();
        let lines = rows.iter().map(|row| row.try_get::<String>("", column).unwrap());
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// 100 organizations and 100 users, 2,000 projects, and 40,000 tasks.
const MANY: [&str; 6] = [
    "INSERT INTO organizations (id, name, created_by, created_ms, version) \
     SELECT UUID_OF(1000000 + n), 'o', UUID_OF(n), 0, 0 FROM numbers WHERE n < 100",
    "INSERT INTO users (id, name, role, active, created_ms) SELECT UUID_OF(n), 'u' || n, 'user', TRUE, 0 FROM numbers WHERE n < 100",
    "INSERT INTO spaces (id, seq, used_bytes) SELECT UUID_OF(2000000 + n), 0, 0 FROM numbers WHERE n < 2000",
    "INSERT INTO nodes (uuid, space_id, name, folder, created_ms, modified_ms, created_seq, changed_seq, tree_seq) \
     SELECT UUID_OF(2000000 + n), UUID_OF(2000000 + n), '', TRUE, 0, 0, 0, 0, 0 FROM numbers WHERE n < 2000",
    "INSERT INTO projects (id, organization_id, space_id, name, description, creator_id, active, created_ms, changed_ms, \
     version) SELECT UUID_OF(2000000 + n), UUID_OF(1000000 + n % 100), UUID_OF(2000000 + n), 'p', '', UUID_OF(0), \
     n % 10 > 0, n, n, 0 FROM numbers WHERE n < 2000",
    "INSERT INTO tasks (id, project_id, title, body, status, priority, assignee_id, creator_id, created_ms, changed_ms, \
     version) SELECT UUID_OF(3000000 + n), UUID_OF(2000000 + n % 2000), 't', '', \
     CASE n % 7 WHEN 0 THEN 'open' ELSE 'done' END, 0, UUID_OF((n / 2000 + n) % 100), UUID_OF(0), n, n, 0 FROM numbers",
];

fn uuid(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

/// A database as large as one in which a table that is read whole is felt.
async fn large(folder: &std::path::Path, database: Option<&Database>) -> Metadata {
    let config = MetadataConfig {
        url: database.map(|database| Secret::new(database.url())),
        connections: 2,
        readers: 1,
        busy_seconds: 60,
        durability: domain::Durability::default(),
    };
    let db = Metadata::open(&config, folder).await.unwrap();
    schema::migrate(&db, Timestamp::from_millis(0)).await.unwrap();
    let tx = db.begin().await.unwrap();
    for sql in MANY {
        // A number as a UUID, in the words of either database.
        let mut sql = sql.to_owned();
        while let Some(begin) = sql.find("UUID_OF(") {
            let argument = begin + "UUID_OF(".len();
            let mut depth = 1;
            let length = sql[argument..].find(|letter| {
                depth += i32::from(letter == '(') - i32::from(letter == ')');
                depth == 0
            });
            let end = argument + length.unwrap();
            let number = sql[argument..end].to_owned();
            let made = match db.is_shared() {
                true => format!("lpad(to_hex({number}), 32, '0')::uuid"),
                false => format!("unhex(printf('%032x', {number}))"),
            };
            sql.replace_range(begin..=end, &made);
        }
        let numbers =
            "WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < 39999)";
        let (insert, select) = sql.split_once("SELECT ").unwrap();
        tx.raw().execute_unprepared(&format!("{insert}{numbers} SELECT {select}")).await.unwrap();
    }
    let roots = "UPDATE spaces SET root_id = (SELECT id FROM nodes n WHERE n.space_id = spaces.id)";
    tx.raw().execute_unprepared(roots).await.unwrap();
    tx.commit().await.unwrap();
    db.aside().execute_unprepared("ANALYZE").await.unwrap();
    db
}

/// What a plan says where it goes by this index with these columns.
fn goes_by(plan: &str, index: &str, columns: [&str; 2]) -> bool {
    let Some(line) = plan.lines().position(|line| line.contains(index)) else { return false };
    // SQLite says `(a=? AND b=?)` on the line, PostgreSQL `Index Cond: …` on the next one.
    let said = plan.lines().skip(line).take(2).collect::<Vec<_>>().join(" ");
    columns.iter().all(|column| said.contains(column))
}

#[tokio::test]
async fn lists_of_tasks_and_projects_are_served_by_their_indexes() {
    let (folder, database) = (tempfile::tempdir().unwrap(), Database::if_scaled());
    let db = large(folder.path(), database.as_ref()).await;
    let overheard = Overheard { db: &db, asked: Mutex::default() };
    let page = PageRequest { after: None, entries: 50, with_total: false };
    let all = TaskQuery {
        project: None,
        organization: None,
        assigned: None,
        status: Some(TaskStatus::Open),
        priority: None,
        due_before: None,
        text: None,
        order: TaskOrder::Created,
        descending: false,
        page: page.clone(),
    };
    let user = UserId(uuid(7));
    let of_project = TaskQuery { project: Some(ProjectId(uuid(2_000_007))), ..all.clone() };
    let found = tasks::list(&overheard, user, true, &of_project).await.unwrap();
    assert!(!found.entries.is_empty());
    overheard.asked.lock().retain(|asked| asked.sql.contains("FROM tasks t"));
    let plan = overheard.plan().await;
    assert!(goes_by(&plan, "tasks_by_project", ["project_id", "status"]), "{plan}");

    let assigned = TaskQuery { assigned: Some(Assigned::To(user)), ..all };
    tasks::list(&overheard, user, false, &assigned).await.unwrap();
    overheard.asked.lock().retain(|asked| asked.sql.contains("FROM tasks t"));
    let plan = overheard.plan().await;
    assert!(goes_by(&plan, "tasks_by_assignee", ["assignee_id", "status"]), "{plan}");

    for state in [ProjectState::Active, ProjectState::Inactive] {
        let query = ProjectQuery {
            mine: false,
            organization: Some(OrganizationId(uuid(1_000_007))),
            state: Some(state),
            text: None,
            order: ProjectOrder::Created,
            descending: false,
            page: page.clone(),
        };
        let found = projects::list(&overheard, user, true, &query).await.unwrap();
        assert_eq!(found.entries.is_empty(), state == ProjectState::Inactive, "{found:?}");
        let plan = overheard.plan().await;
        assert!(goes_by(&plan, "projects_by_organization", ["organization_id", "active"]), "{plan}");
    }
}
