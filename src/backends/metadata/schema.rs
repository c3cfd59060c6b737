//! The version of the database, and the way to the newest one.

use std::collections::BTreeSet;

use domain::{Error, Result, Timestamp};
use migrations::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::error::DbResult;
use crate::snapshots::{self, BeforeUpgrade};
use crate::{Db, Metadata, Tx, holds, moves};

/// How the database stands to this program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Version {
    /// Every step has been taken.
    Current,
    /// These steps are missing, oldest first; all of them for an empty database.
    Behind(Vec<String>),
    /// A newer Larder has taken these steps, which this one does not know.
    Newer(Vec<String>),
}

/// What bringing the database up to date took.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Upgrade {
    /// The latest step it had taken before; none if it was empty.
    pub from: Option<String>,
    /// The steps, oldest first; none where nothing was to be done.
    pub steps: Vec<String>,
    /// The database of before; none if it was empty.
    pub snapshot: Option<BeforeUpgrade>,
}

/// Waits for whoever else is taking steps, until the end of the transaction. The number is a name.
const ONE_AT_A_TIME: &str = "SELECT pg_advisory_xact_lock(7813568946113)";

/// Compares the database with this program; changes nothing.
///
/// # Errors
/// [`Unavailable`](Error::Unavailable) when the database does not answer.
pub async fn version(db: &impl Db) -> Result<Version> {
    let known: Vec<String> = Migrator::migrations().iter().map(|step| step.name().to_owned()).collect();
    let taken = taken(db).await?;
    let unknown: Vec<String> = taken.iter().filter(|step| !known.contains(step)).cloned().collect();
    if !unknown.is_empty() {
        return Ok(Version::Newer(unknown));
    }
    let missing: Vec<String> = known.into_iter().filter(|step| !taken.contains(step)).collect();
    Ok(if missing.is_empty() { Version::Current } else { Version::Behind(missing) })
}

/// Takes every missing step in one transaction; a newer database is refused, untouched. Before that a database that is
/// not empty is copied, so that the upgrade can be taken back, and what it refers to is held for as long.
///
/// # Errors
/// [`Unsupported`](Error::Unsupported) for a newer database, [`Unavailable`](Error::Unavailable) when the copy cannot
/// be written; whatever the database says otherwise. Nothing has changed then.
pub async fn migrate(metadata: &Metadata, now: Timestamp) -> Result<Upgrade> {
    moves::refuse_moved(metadata).await?;
    let steps = match version(metadata).await? {
        Version::Current => return Ok(Upgrade::default()),
        Version::Newer(steps) => return Err(newer(&steps)),
        Version::Behind(steps) => steps,
    };
    let from = taken(metadata).await?.last().cloned();
    let snapshot = match (&from, steps.first()) {
        // What others may write to meanwhile is no file that could be put back: see docs/decisions/0024-postgresql.md.
        (Some(_), Some(step)) if !metadata.is_shared() => {
            Some(snapshots::write_before(metadata, step, now).await?)
        }
        _ => None,
    };
    failpoint::reach("migrate.copied");
    let tx = metadata.begin_whole().await?;
    if !take_steps(&tx).await? {
        return Ok(Upgrade::default());
    }
    if let Some(snapshot) = &snapshot {
        holds::take(&tx, &snapshot.hold(), snapshot.held_until()).await?;
    }
    failpoint::reach("migrate.taken");
    tx.commit().await?;
    failpoint::reach("migrate.done");
    Ok(Upgrade { from, steps, snapshot })
}

/// Takes every missing step of a database that nobody will want back: one that is empty, or a copy.
///
/// # Errors
/// As for [`migrate`].
pub async fn migrate_unkept(metadata: &Metadata) -> Result<()> {
    refuse_newer(metadata).await?;
    let tx = metadata.begin_whole().await?;
    take_steps(&tx).await?;
    tx.commit().await
}

/// Takes the missing steps, and says whether there were any.
async fn take_steps(tx: &Tx) -> Result<bool> {
    if tx.raw.get_database_backend() == DbBackend::Postgres {
        // Of servers that start at the same time one takes the steps, and the others find them taken.
        tx.raw.execute_unprepared(ONE_AT_A_TIME).await.or_domain()?;
    }
    if version(tx).await? == Version::Current {
        return Ok(false);
    }
    Migrator::up(tx.raw.whole()?, None).await.or_domain()?;
    Ok(true)
}

/// Refuses every database but one at the newest version this program knows; changes nothing.
///
/// # Errors
/// [`Unsupported`](Error::Unsupported) for an older or newer database; whatever the database says otherwise.
pub async fn require_current(metadata: &Metadata) -> Result<()> {
    moves::refuse_moved(metadata).await?;
    match version(metadata).await? {
        Version::Current => Ok(()),
        Version::Behind(_) => Err(Error::Unsupported(
            "The database is older than this program; `larder migrate` brings it up to date.".into(),
        )),
        Version::Newer(steps) => Err(newer(&steps)),
    }
}

/// Refuses a database that this program does not know all steps of; changes nothing.
///
/// # Errors
/// [`Unsupported`](Error::Unsupported) for a newer database; whatever the database says otherwise.
pub async fn refuse_newer(db: &impl Db) -> Result<()> {
    match version(db).await? {
        Version::Newer(steps) => Err(newer(&steps)),
        Version::Current | Version::Behind(_) => Ok(()),
    }
}

fn newer(steps: &[String]) -> Error {
    Error::Unsupported(
        format!(
            "This data belongs to a newer Larder (it has taken the step {}); nothing was changed. \
             Start it with the version that made it, or a later one.",
            steps.join(", ")
        )
        .into(),
    )
}

/// The latest step a database has taken.
///
/// # Errors
/// [`NotFound`](Error::NotFound) when it is empty; whatever the database says otherwise.
pub async fn latest_step(db: &impl Db) -> Result<String> {
    let last = taken(db).await?.last().cloned();
    last.ok_or_else(|| Error::NotFound("There is nothing in this database.".into()))
}

/// The table that says which steps were taken.
pub(crate) const STEPS: &str = "seaql_migrations";

/// The steps the database has taken, oldest first.
pub(crate) async fn taken(db: &impl Db) -> Result<BTreeSet<String>> {
    steps(db.raw()).await
}

/// The same for whoever has a connection.
pub(crate) async fn steps(raw: &impl ConnectionTrait) -> Result<BTreeSet<String>> {
    let ask = |sql: &str| Statement::from_string(raw.get_database_backend(), sql);
    let begun = ask(match raw.get_database_backend() {
        DbBackend::Postgres => {
            "SELECT 1 FROM information_schema.tables \
             WHERE table_schema = current_schema() AND table_name = 'seaql_migrations'"
        }
        _ => "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'seaql_migrations'",
    });
    if raw.query_one_raw(begun).await.or_domain()?.is_none() {
        return Ok(BTreeSet::new());
    }
    let rows = raw.query_all_raw(ask("SELECT version FROM seaql_migrations")).await.or_domain()?;
    rows.iter().map(|row| row.try_get("", "version").or_domain()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MetadataConfig;

    /// The step before names at the top of a drive were the server's own.
    const BEFORE: u32 = 5;
    /// The one before the folder of projects was.
    const BEFORE_PROJECTS: u32 = 8;

    async fn number(metadata: &Metadata, sql: &str) -> i64 {
        let asked = Statement::from_string(metadata.raw().get_database_backend(), sql);
        metadata.raw().query_one_raw(asked).await.unwrap().unwrap().try_get_by_index(0).unwrap()
    }

    #[tokio::test]
    async fn what_has_a_name_of_the_servers_own_is_renamed_by_a_change_like_any_other() {
        // On PostgreSQL nothing was ever of that version.
        if scratch::is_scaled() {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let config = MetadataConfig {
            url: None,
            connections: 4,
            readers: 1,
            busy_seconds: 5,
            durability: domain::Durability::default(),
        };
        let metadata = Metadata::open(&config, folder.path()).await.unwrap();
        let tx = metadata.begin().await.unwrap();
        Migrator::up(tx.raw.whole().unwrap(), Some(BEFORE)).await.unwrap();
        let node = |id: i64, parent: &str, name: &str, trashed: &str| {
            format!(
                "INSERT INTO nodes (id, uuid, space_id, parent_id, name, folder, created_ms, modified_ms, created_seq, \
                   changed_seq, tree_seq, trashed_ms) \
                 VALUES ({id}, x'{id:02}', x'AA', {parent}, '{name}', TRUE, 0, 0, 7, 7, 7, {trashed})"
            )
        };
        for sql in [
            "PRAGMA defer_foreign_keys = ON".to_owned(),
            "INSERT INTO users (id, name, role, active, created_ms) VALUES (x'BB', 'ann', 'user', TRUE, 0)".to_owned(),
            "INSERT INTO spaces (id, owner_id, root_id, seq, used_bytes) VALUES (x'AA', x'BB', 1, 7, 0)".to_owned(),
            node(1, "NULL", "", "NULL"),
            node(2, "1", ".Trash", "NULL"),
            node(3, "1", ".History", "NULL"),
            node(4, "1", ".History (mine)", "NULL"),
            node(5, "2", ".Trash", "NULL"),
            node(6, "1", "gone", "1"),
            node(7, "1", "gone", "2"),
            "INSERT INTO revisions (space_id, node_id, from_seq, parent_id, name, trashed, modified_ms, by_user, at_ms) \
             SELECT space_id, id, 7, parent_id, name, trashed_ms IS NOT NULL, 0, x'BB', 0 FROM nodes"
                .to_owned(),
        ] {
            tx.raw.execute_unprepared(&sql).await.unwrap();
        }
        tx.commit().await.unwrap();
        migrate(&metadata, Timestamp::from_millis(0)).await.unwrap();
        for (sql, expected) in [
            ("SELECT COUNT(*) FROM nodes WHERE id = 2 AND name = '.Trash (mine)' AND tree_seq = 8", 1),
            ("SELECT COUNT(*) FROM nodes WHERE id = 3 AND name = '.History (mine, 3)'", 1),
            ("SELECT COUNT(*) FROM nodes WHERE id = 5 AND name = '.Trash'", 1),
            ("SELECT tree_seq FROM nodes WHERE id = 1", 8),
            ("SELECT seq FROM spaces", 8),
            ("SELECT COUNT(*) FROM revisions WHERE node_id IN (2, 3) AND to_seq = 8", 2),
            (
                "SELECT COUNT(*) FROM revisions r JOIN nodes n ON n.id = r.node_id AND n.name = r.name WHERE to_seq IS NULL",
                7,
            ),
            ("SELECT COUNT(DISTINCT trash_name) FROM nodes", 2),
        ] {
            assert_eq!(number(&metadata, sql).await, expected, "{sql}");
        }
    }

    /// The drives of Ann, who has such a folder, and of Ben, who has one and two of the names it could get.
    fn called_projects(is_postgres: bool) -> Vec<String> {
        let [ann, ben] = [1_u8, 2].map(|number| match is_postgres {
            true => format!("'00000000-0000-0000-0000-0000000000{number:02}'"),
            false => format!("x'000000000000000000000000000000{number:02}'"),
        });
        let node = |id: i64, space: &str, parent: &str, name: &str, trashed: &str| {
            let uuid = if is_postgres { "gen_random_uuid()" } else { "randomblob(16)" };
            let system = if name.starts_with("._") { "1" } else { "NULL" };
            let sha256 = match (name.starts_with("._"), is_postgres) {
                (true, true) => "'\\xAA'",
                (true, false) => "x'AA'",
                _ => "NULL",
            };
            format!(
                "INSERT INTO nodes (id, uuid, space_id, parent_id, name, folder, created_ms, modified_ms, created_seq, \
                   changed_seq, tree_seq, trashed_ms, system_bytes, system_sha256) \
                 VALUES ({id}, {uuid}, {space}, {parent}, '{name}', {}, 0, 0, 7, 7, 7, {trashed}, {system}, {sha256})",
                !name.starts_with("._")
            )
        };
        let mut statements: Vec<String> = [(&ann, "ann"), (&ben, "ben")]
            .map(|(id, name)| {
                [
                    format!(
                        "INSERT INTO users (id, name, role, active, created_ms) VALUES ({id}, '{name}', 'user', TRUE, 0)"
                    ),
                    format!("INSERT INTO spaces (id, owner_id, seq, used_bytes) VALUES ({id}, {id}, 7, 0)"),
                ]
            })
            .concat();
        statements.extend([
            node(101, &ann, "NULL", "", "NULL"),
            node(102, &ann, "101", "Projects", "NULL"),
            node(103, &ann, "102", "Projects", "NULL"),
            node(104, &ann, "101", "._Projects", "NULL"),
            node(105, &ann, "101", "Projects", "1"),
            node(201, &ben, "NULL", "", "NULL"),
            node(202, &ben, "201", "Projects", "NULL"),
            node(203, &ben, "201", "My Projects", "NULL"),
            node(204, &ben, "201", "My Projects (2)", "NULL"),
            "UPDATE spaces SET root_id = (SELECT id FROM nodes n WHERE n.space_id = spaces.id AND n.parent_id IS NULL)"
                .to_owned(),
            "INSERT INTO revisions (space_id, node_id, from_seq, parent_id, name, trashed, modified_ms, by_user, at_ms) \
             SELECT space_id, id, 7, parent_id, name, trashed_ms IS NOT NULL, 0, space_id, 0 FROM nodes \
             WHERE system_sha256 IS NULL"
                .to_owned(),
        ]);
        statements
    }

    #[tokio::test]
    async fn what_is_called_as_the_folder_of_projects_is_renamed_by_a_change_like_any_other() {
        let (folder, database) = (tempfile::tempdir().unwrap(), scratch::Database::if_scaled());
        let config = MetadataConfig {
            url: database.as_ref().map(|database| domain::Secret::new(database.url())),
            connections: 4,
            readers: 1,
            busy_seconds: 5,
            durability: domain::Durability::default(),
        };
        let metadata = Metadata::open(&config, folder.path()).await.unwrap();
        let tx = metadata.begin_whole().await.unwrap();
        Migrator::up(tx.raw.whole().unwrap(), Some(BEFORE_PROJECTS)).await.unwrap();
        let is_postgres = tx.raw().get_database_backend() == DbBackend::Postgres;
        for sql in called_projects(is_postgres) {
            tx.raw.execute_unprepared(&sql).await.unwrap();
        }
        tx.commit().await.unwrap();
        migrate(&metadata, Timestamp::from_millis(0)).await.unwrap();
        let of = |id: i64| {
            format!("SELECT COUNT(*) FROM nodes n JOIN spaces s ON s.id = n.space_id WHERE n.id = {id}")
        };
        for (sql, expected) in [
            (format!("{} AND n.name = 'My Projects' AND n.tree_seq = 8", of(102)), 1),
            (format!("{} AND n.name = 'Projects' AND n.tree_seq = 7", of(103)), 1),
            (format!("{} AND n.name = '._My Projects'", of(104)), 1),
            (format!("{} AND n.name = 'Projects' AND n.trashed_ms = 1", of(105)), 1),
            (format!("{} AND n.name = 'My Projects (3)' AND n.changed_seq = 8", of(202)), 1),
            (
                "SELECT COUNT(*) FROM nodes n JOIN spaces s ON s.root_id = n.id AND s.seq = n.tree_seq"
                    .to_owned(),
                2,
            ),
            ("SELECT COUNT(*) FROM revisions WHERE to_seq = 8 AND name = 'Projects'".to_owned(), 2),
            (
                "SELECT COUNT(*) FROM revisions r JOIN nodes n ON n.id = r.node_id AND n.name = r.name \
                 WHERE r.to_seq IS NULL"
                    .to_owned(),
                8,
            ),
        ] {
            assert_eq!(number(&metadata, &sql).await, expected, "{sql}");
        }
    }
}
