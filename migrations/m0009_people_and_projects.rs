//! Accounts with e-mail, sessions, organizations, projects, tasks, and the record of who did what.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend, Statement};

#[derive(DeriveMigrationName)]
pub struct Step;

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, mut column) in columns() {
            // SQLite adds one column at a time.
            manager.alter_table(Table::alter().table(table).add_column(&mut column).to_owned()).await?;
        }
        for table in accounts().into_iter().chain(organizations()).chain(projects()).chain(records()) {
            manager.create_table(table).await?;
        }
        let connection = manager.get_connection();
        for sql in INDEXES {
            connection.execute_unprepared(sql).await?;
        }
        let of_engine: &[&str] = match manager.get_database_backend() {
            DbBackend::Postgres => &[BYTEWISE, APPEND_ONLY_POSTGRES],
            _ => &[APPEND_ONLY_SQLITE],
        };
        for sql in of_engine {
            connection.execute_unprepared(sql).await?;
        }
        uncover(connection).await
    }
}

/// What is called `Projects` at the top of a drive would lie behind the folder of that name that there is from now on. It
/// gets another name, as if its owner had renamed it, and so does its companion.
async fn uncover(connection: &SchemaManagerConnection<'_>) -> Result<(), DbErr> {
    let hidden = "SELECT n.id, n.parent_id FROM nodes n JOIN spaces s ON s.root_id = n.parent_id \
                  WHERE n.name = 'Projects' AND n.trashed_ms IS NULL";
    for row in connection.query_all_raw(statement(connection, hidden, [])).await? {
        let (node, top): (i64, i64) = (row.try_get("", "id")?, row.try_get("", "parent_id")?);
        let mut name = "My Projects".to_owned();
        let mut number = 1;
        while find(connection, top, &name).await?.is_some() {
            number += 1;
            name = format!("My Projects ({number})");
        }
        rename(connection, node, top, &name).await?;
        let (companion, free) = (find(connection, top, "._Projects").await?, format!("._{name}"));
        if let (Some(companion), None) = (companion, find(connection, top, &free).await?) {
            rename(connection, companion, top, &free).await?;
        }
    }
    Ok(())
}

async fn find(connection: &SchemaManagerConnection<'_>, top: i64, name: &str) -> Result<Option<i64>, DbErr> {
    let sql = "SELECT id FROM nodes WHERE parent_id = $1 AND name = $2 AND trashed_ms IS NULL";
    let row = connection.query_one_raw(statement(connection, sql, [top.into(), name.into()])).await?;
    row.map(|row| row.try_get("", "id")).transpose()
}

async fn rename(
    connection: &SchemaManagerConnection<'_>,
    node: i64,
    top: i64,
    name: &str,
) -> Result<(), DbErr> {
    let now_ms = match connection.get_database_backend() {
        DbBackend::Postgres => "CAST(EXTRACT(EPOCH FROM now()) * 1000 AS BIGINT)",
        _ => "CAST(strftime('%s', 'now') AS INTEGER) * 1000",
    };
    let seq = "(SELECT s.seq FROM spaces s WHERE s.root_id = $1)";
    let next = "UPDATE spaces SET seq = seq + 1 WHERE root_id = $1";
    let close = format!("UPDATE revisions SET to_seq = {seq} WHERE node_id = $2 AND to_seq IS NULL");
    let change = format!("UPDATE nodes SET name = $3, changed_seq = {seq}, tree_seq = {seq} WHERE id = $2");
    let stir = format!("UPDATE nodes SET tree_seq = {seq} WHERE id = $1");
    let open = format!(
        "INSERT INTO revisions (space_id, node_id, from_seq, parent_id, name, blob_id, trashed, modified_ms, by_user, \
           at_ms) SELECT n.space_id, n.id, s.seq, n.parent_id, n.name, n.blob_id, FALSE, n.modified_ms, s.owner_id, \
           {now_ms} FROM nodes n JOIN spaces s ON s.id = n.space_id WHERE n.id = $1 AND n.system_sha256 IS NULL"
    );
    for (sql, values) in [
        (next, vec![top.into()]),
        (&close, vec![top.into(), node.into()]),
        (&change, vec![top.into(), node.into(), name.into()]),
        (&stir, vec![top.into()]),
        (&open, vec![node.into()]),
    ] {
        connection.execute_raw(statement(connection, sql, values)).await?;
    }
    Ok(())
}

fn statement(
    connection: &SchemaManagerConnection<'_>,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Statement {
    Statement::from_sql_and_values(connection.get_database_backend(), sql, values)
}

fn columns() -> Vec<(&'static str, ColumnDef)> {
    vec![
        // In lower case; two accounts never share one. Only an address that counts: one that has yet to be shown to be
        // theirs stands in `confirmations`.
        ("users", ColumnDef::new("email").text().null().take()),
        // Since when it counts.
        ("users", ColumnDef::new("email_verified_ms").big_integer().null().take()),
        ("users", ColumnDef::new("display_name").text().not_null().default("").take()),
        // Whether an admin has let them in, where that is asked for.
        ("users", ColumnDef::new("approved").boolean().not_null().default(true).take()),
        // Whether they have shown, where that is asked for, that they read what is sent to the address they gave.
        ("users", ColumnDef::new("confirmed").boolean().not_null().default(true).take()),
        // Since when they may only read, before they are locked out and deleted.
        ("users", ColumnDef::new("suspended_ms").big_integer().null().take()),
        // Since when they are locked out because they were suspended for so long, and were told of what comes next.
        ("users", ColumnDef::new("locked_ms").big_integer().null().take()),
        ("users", ColumnDef::new("warned_ms").big_integer().null().take()),
        // Since when everything of theirs is being purged.
        ("users", ColumnDef::new("doomed_ms").big_integer().null().take()),
        // How often the row was changed: what its ETag is made of.
        ("users", ColumnDef::new("version").big_integer().not_null().default(0).take()),
        // As of when the blobs of a space are garbage that is being purged with everything in it; none for one in use.
        ("spaces", ColumnDef::new("condemned_ms").big_integer().null().take()),
        ("app_passwords", ColumnDef::new("read_only").boolean().not_null().default(false).take()),
        ("app_passwords", ColumnDef::new("version").big_integer().not_null().default(0).take()),
    ]
}

fn table(name: &'static str) -> TableCreateStatement {
    Table::create().table(name).to_owned()
}

fn id() -> ColumnDef {
    ColumnDef::new("id").uuid().not_null().primary_key().take()
}

fn uuid(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).uuid().not_null().take()
}

fn uuid_or_none(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).uuid().null().take()
}

fn text(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).text().not_null().take()
}

fn text_or_none(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).text().null().take()
}

fn number(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).big_integer().not_null().take()
}

fn number_or_none(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).big_integer().null().take()
}

fn digest(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).binary_len(32).not_null().take()
}

fn truth(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).boolean().not_null().take()
}

fn refers(table: &'static str, column: &'static str, to: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create().from(table, column).to(to, "id").to_owned()
}

fn with(
    mut table: TableCreateStatement,
    columns: impl IntoIterator<Item = ColumnDef>,
) -> TableCreateStatement {
    for column in columns {
        table.col(column);
    }
    table
}

/// Who is in, and what waits to be answered by e-mail.
fn accounts() -> Vec<TableCreateStatement> {
    vec![
        with(
            table("sessions"),
            [
                id(),
                uuid("user_id"),
                number("created_ms"),
                number("used_ms"),
                number("expires_ms"),
                number_or_none("revoked_ms"),
                // Where it was begun, and by which program.
                text("address"),
                text("product"),
            ],
        )
        .foreign_key(&mut refers("sessions", "user_id", "users"))
        .take(),
        // What renews a session, each of them once: whoever comes with one that was replaced has stolen it, or was
        // stolen from.
        with(
            table("refresh_tokens"),
            [
                digest("hash").primary_key().take(),
                uuid("session_id"),
                number("issued_ms"),
                number_or_none("replaced_ms"),
            ],
        )
        .foreign_key(&mut refers("refresh_tokens", "session_id", "sessions"))
        .take(),
        with(
            table("signing_keys"),
            [
                text("id").primary_key().take(),
                ColumnDef::new("secret").binary().not_null().take(),
                number("created_ms"),
            ],
        ),
        // What somebody was sent by e-mail, to show that they got it.
        with(
            table("confirmations"),
            [
                id(),
                text("kind"),
                uuid("user_id"),
                text("email"),
                digest("token_hash").unique_key().take(),
                number("created_ms"),
                number("expires_ms"),
                number_or_none("used_ms"),
            ],
        )
        .foreign_key(&mut refers("confirmations", "user_id", "users"))
        .take(),
        // What is to be sent; a row goes once the mail has.
        with(
            table("mails"),
            [
                id(),
                text("recipient"),
                text("subject"),
                text("body_text"),
                text("body_html"),
                number("created_ms"),
            ],
        ),
    ]
}

/// Organizations.
fn organizations() -> Vec<TableCreateStatement> {
    vec![
        with(
            table("organizations"),
            [id(), text("name"), uuid("created_by"), number("created_ms"), number("version")],
        ),
        with(
            table("organization_members"),
            [uuid("organization_id"), uuid("user_id"), text("role"), number("since_ms"), number("version")],
        )
        .primary_key(Index::create().col("organization_id").col("user_id"))
        .foreign_key(&mut refers("organization_members", "organization_id", "organizations"))
        .foreign_key(&mut refers("organization_members", "user_id", "users"))
        .take(),
        // To an organization or, without one, to an account.
        with(
            table("invitations"),
            [
                id(),
                uuid_or_none("organization_id"),
                text("email"),
                text("role"),
                digest("token_hash").unique_key().take(),
                uuid("invited_by"),
                number("created_ms"),
                number("expires_ms"),
                number_or_none("accepted_ms"),
                number_or_none("revoked_ms"),
            ],
        )
        .foreign_key(&mut refers("invitations", "organization_id", "organizations"))
        .take(),
    ]
}

/// Projects and tasks.
fn projects() -> Vec<TableCreateStatement> {
    vec![
        with(
            table("projects"),
            [
                id(),
                uuid_or_none("organization_id"),
                uuid("space_id").unique_key().take(),
                text("name"),
                text("description"),
                // Who made it; they may be gone.
                uuid("creator_id"),
                truth("active"),
                number("created_ms"),
                number("changed_ms"),
                number_or_none("removed_ms"),
                number("version"),
            ],
        )
        .foreign_key(&mut refers("projects", "organization_id", "organizations"))
        .foreign_key(&mut refers("projects", "space_id", "spaces"))
        .take(),
        with(
            table("project_members"),
            [
                uuid("project_id"),
                uuid("user_id"),
                text("role"),
                // What the project is called in this member's drive: two of one name are told apart there.
                text("folder"),
                number("since_ms"),
                number("version"),
            ],
        )
        .primary_key(Index::create().col("project_id").col("user_id"))
        .foreign_key(&mut refers("project_members", "project_id", "projects"))
        .foreign_key(&mut refers("project_members", "user_id", "users"))
        .take(),
        with(
            table("tasks"),
            [
                id(),
                uuid("project_id"),
                text("title"),
                text("body"),
                text("status"),
                number("priority"),
                number_or_none("due_ms"),
                uuid_or_none("assignee_id"),
                uuid("creator_id"),
                number("created_ms"),
                number("changed_ms"),
                number("version"),
            ],
        )
        .foreign_key(&mut refers("tasks", "project_id", "projects"))
        .take(),
        with(table("task_files"), [uuid("task_id"), number("node_id"), number("since_ms")])
            .primary_key(Index::create().col("task_id").col("node_id"))
            .foreign_key(&mut refers("task_files", "task_id", "tasks"))
            // A system file that was one of a person's when it was attached goes without a trace.
            .foreign_key(refers("task_files", "node_id", "nodes").on_delete(ForeignKeyAction::Cascade))
            .take(),
    ]
}

/// What was done, once and for all.
fn records() -> Vec<TableCreateStatement> {
    vec![
        with(
            table("audit_entries"),
            [
                number("id").primary_key().auto_increment().take(),
                number("at_ms"),
                // Who; none for somebody who is not known. Their name is in no row: it goes with the account.
                uuid_or_none("user_id"),
                text("door"),
                text_or_none("address"),
                uuid_or_none("request_id"),
                text("action"),
                text("outcome"),
                uuid_or_none("organization_id"),
                uuid_or_none("project_id"),
                // What it was done to.
                text_or_none("subject_kind"),
                text_or_none("subject_id"),
                text_or_none("subject_name"),
                // What else there is to say, such as where something was moved to.
                text_or_none("detail"),
            ],
        ),
        // One row, once there is a policy: from which moment on entries are kept, whoever would remove them.
        with(table("audit_policy"), [number("id").primary_key().take(), number("kept_from_ms")]),
        // What a request with an Idempotency-Key has made, so that the same one makes it once.
        with(
            table("idempotency_keys"),
            [uuid("user_id"), text("key"), digest("fingerprint"), uuid("resource_id"), number("created_ms")],
        )
        .primary_key(Index::create().col("user_id").col("key"))
        .take(),
        // That somebody's account and everything in it is gone.
        with(
            table("receipts"),
            [
                id(),
                uuid("user_id"),
                uuid_or_none("by_user"),
                number("asked_ms"),
                number_or_none("done_ms"),
                number("files"),
                number("bytes"),
            ],
        ),
    ]
}

const INDEXES: [&str; 20] = [
    "CREATE INDEX spaces_condemned ON spaces (condemned_ms) WHERE condemned_ms IS NOT NULL",
    "CREATE UNIQUE INDEX users_by_email ON users (email) WHERE email IS NOT NULL",
    "CREATE INDEX sessions_by_user ON sessions (user_id)",
    "CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id)",
    "CREATE INDEX confirmations_by_user ON confirmations (user_id)",
    "CREATE INDEX confirmations_by_email ON confirmations (email, kind)",
    "CREATE INDEX organization_members_by_user ON organization_members (user_id)",
    "CREATE INDEX invitations_by_organization ON invitations (organization_id, created_ms)",
    "CREATE INDEX invitations_by_email ON invitations (email)",
    "CREATE INDEX projects_by_organization ON projects (organization_id, active)",
    "CREATE INDEX projects_by_creator ON projects (creator_id)",
    "CREATE UNIQUE INDEX project_members_by_folder ON project_members (user_id, folder)",
    "CREATE INDEX tasks_by_project ON tasks (project_id, status)",
    "CREATE INDEX tasks_by_assignee ON tasks (assignee_id, status)",
    "CREATE INDEX task_files_by_node ON task_files (node_id)",
    // What is done in a drive of one's own stands in the first and the last of these, and both pages are mostly at hand.
    "CREATE INDEX audit_entries_by_user ON audit_entries (user_id, at_ms) WHERE user_id IS NOT NULL",
    "CREATE INDEX audit_entries_by_organization ON audit_entries (organization_id, at_ms) \
     WHERE organization_id IS NOT NULL",
    "CREATE INDEX audit_entries_by_project ON audit_entries (project_id, at_ms) WHERE project_id IS NOT NULL",
    "CREATE INDEX audit_entries_by_time ON audit_entries (at_ms)",
    "CREATE INDEX idempotency_keys_by_time ON idempotency_keys (created_ms)",
];

/// What is listed in order, or gone through in pages, must be in the same order on both engines (see the step before).
const BYTEWISE: &str = "\
    ALTER TABLE users ALTER COLUMN email TYPE TEXT COLLATE \"C\", ALTER COLUMN display_name TYPE TEXT COLLATE \"C\"; \
    ALTER TABLE organizations ALTER COLUMN name TYPE TEXT COLLATE \"C\"; \
    ALTER TABLE invitations ALTER COLUMN email TYPE TEXT COLLATE \"C\"; \
    ALTER TABLE projects ALTER COLUMN name TYPE TEXT COLLATE \"C\"; \
    ALTER TABLE project_members ALTER COLUMN folder TYPE TEXT COLLATE \"C\"; \
    ALTER TABLE tasks ALTER COLUMN title TYPE TEXT COLLATE \"C\", ALTER COLUMN status TYPE TEXT COLLATE \"C\"";

/// An entry stays what it was written as, whoever asks. It goes when it is older than the policy on how long entries are
/// kept, with a person who is gone and whom alone it concerns, and when what arrived in a database only in part is given up.
const APPEND_ONLY_SQLITE: &str = "\
    CREATE TRIGGER audit_entries_stay BEFORE UPDATE ON audit_entries \
    BEGIN SELECT RAISE(ABORT, 'audit entries are never changed'); END; \
    CREATE TRIGGER audit_entries_come_once BEFORE INSERT ON audit_entries \
    WHEN EXISTS (SELECT 1 FROM audit_entries WHERE id = NEW.id) \
    BEGIN SELECT RAISE(ABORT, 'audit entries are never changed'); END; \
    CREATE TRIGGER audit_entries_are_kept BEFORE DELETE ON audit_entries \
    WHEN OLD.at_ms >= COALESCE((SELECT kept_from_ms FROM audit_policy), OLD.at_ms) \
      AND (OLD.user_id IS NULL OR OLD.organization_id IS NOT NULL OR OLD.project_id IS NOT NULL \
        OR EXISTS (SELECT 1 FROM users WHERE id = OLD.user_id AND doomed_ms IS NULL)) \
      AND NOT EXISTS (SELECT 1 FROM moves WHERE arriving) \
    BEGIN SELECT RAISE(ABORT, 'audit entries are kept'); END";
const APPEND_ONLY_POSTGRES: &str = "\
    CREATE FUNCTION audit_entries_stay() RETURNS trigger LANGUAGE plpgsql AS \
      $$ BEGIN RAISE EXCEPTION 'audit entries are never changed'; END $$; \
    CREATE TRIGGER audit_entries_stay BEFORE UPDATE ON audit_entries \
    FOR EACH ROW EXECUTE FUNCTION audit_entries_stay(); \
    CREATE TRIGGER audit_entries_stay_all BEFORE TRUNCATE ON audit_entries \
    FOR EACH STATEMENT EXECUTE FUNCTION audit_entries_stay(); \
    CREATE FUNCTION audit_entries_are_kept() RETURNS trigger LANGUAGE plpgsql AS \
      $$ BEGIN \
        IF OLD.at_ms >= COALESCE((SELECT kept_from_ms FROM audit_policy), OLD.at_ms) \
          AND (OLD.user_id IS NULL OR OLD.organization_id IS NOT NULL OR OLD.project_id IS NOT NULL \
            OR EXISTS (SELECT 1 FROM users WHERE id = OLD.user_id AND doomed_ms IS NULL)) \
          AND NOT EXISTS (SELECT 1 FROM moves WHERE arriving) \
        THEN RAISE EXCEPTION 'audit entries are kept'; END IF; \
        RETURN OLD; \
      END $$; \
    CREATE TRIGGER audit_entries_are_kept BEFORE DELETE ON audit_entries \
    FOR EACH ROW EXECUTE FUNCTION audit_entries_are_kept()";
