//! What is kept, for how long, and on whose account: the trash as a place, contents nobody refers to any more, and room
//! that is set aside for uploads under way.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Step;

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, mut column) in columns() {
            // SQLite adds one column at a time.
            manager.alter_table(Table::alter().table(table).add_column(&mut column).to_owned()).await?;
        }
        manager.create_table(holds()).await?;
        manager.create_table(rounds()).await?;
        for sql in SET_ASIDE.into_iter().chain(NAMED).chain([RESTORED]).chain(INDEXES) {
            manager.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }
}

fn columns() -> Vec<(&'static str, ColumnDef)> {
    let number = |name: &'static str| ColumnDef::new(name).big_integer().null().take();
    let counter = |name: &'static str| ColumnDef::new(name).big_integer().not_null().default(0).take();
    vec![
        // The name of an entry of the trash in there; nothing else has one.
        ("nodes", ColumnDef::new("trash_name").text().null().take()),
        // It is to be purged, with what is below it.
        ("nodes", ColumnDef::new("doomed").boolean().not_null().default(false).take()),
        // What uploads under way have set aside, beside what is used.
        ("spaces", counter("reserved_bytes")),
        // The moment before which history may have been forgotten, as history_seq is the change.
        ("spaces", counter("history_ms")),
        // The change from which it counts on since it was put back from a copy: what a client knew of it before may
        // be of a time that never was.
        ("spaces", counter("restored_seq")),
        // Of a blob that is not live yet: how much of that is its own, and in which space.
        ("blobs", ColumnDef::new("space_id").uuid().null().take()),
        ("blobs", counter("reserved_bytes")),
        // Since when nothing refers to it; it was live before and is not any more.
        ("blobs", number("condemned_ms")),
        // When its bytes were last read and compared with their digest, and since when they are known to be others.
        ("blobs", number("scrubbed_ms")),
        ("blobs", number("damaged_ms")),
    ]
}

fn holds() -> TableCreateStatement {
    Table::create()
        .table("holds")
        .col(ColumnDef::new("name").text().not_null().primary_key())
        .col(ColumnDef::new("until_ms").big_integer().not_null())
        .to_owned()
}

/// How far work has come that goes through all nodes in pieces, and when it last came to the end.
fn rounds() -> TableCreateStatement {
    Table::create()
        .table("rounds")
        .col(ColumnDef::new("name").text().not_null().primary_key())
        .col(ColumnDef::new("node_id").big_integer().not_null())
        .col(ColumnDef::new("ended_ms").big_integer().not_null())
        .to_owned()
}

/// The top of a drive has these names for the server's own from now on. What was called so is called something else, by a
/// change like any other, so that clients that synchronize hear of it.
const SET_ASIDE: [&str; 5] = [
    "UPDATE spaces SET seq = seq + 1 WHERE root_id IN ( \
       SELECT parent_id FROM nodes WHERE name IN ('.Trash', '.History') AND trashed_ms IS NULL)",
    "UPDATE revisions SET to_seq = (SELECT seq FROM spaces s WHERE s.id = revisions.space_id) \
     WHERE to_seq IS NULL AND node_id IN ( \
       SELECT n.id FROM nodes n JOIN spaces s ON s.root_id = n.parent_id \
       WHERE n.name IN ('.Trash', '.History') AND n.trashed_ms IS NULL)",
    "UPDATE nodes SET tree_seq = (SELECT seq FROM spaces s WHERE s.root_id = nodes.id) WHERE id IN ( \
       SELECT n.parent_id FROM nodes n JOIN spaces s ON s.root_id = n.parent_id \
       WHERE n.name IN ('.Trash', '.History') AND n.trashed_ms IS NULL)",
    "UPDATE nodes SET name = CASE WHEN EXISTS ( \
        SELECT 1 FROM nodes o WHERE o.parent_id = nodes.parent_id AND o.name = nodes.name || ' (mine)' \
        AND o.trashed_ms IS NULL \
      ) THEN name || ' (mine, ' || id || ')' ELSE name || ' (mine)' END, \
      changed_seq = (SELECT seq FROM spaces s WHERE s.id = nodes.space_id), \
      tree_seq = (SELECT seq FROM spaces s WHERE s.id = nodes.space_id) \
      WHERE name IN ('.Trash', '.History') AND trashed_ms IS NULL \
      AND parent_id IN (SELECT root_id FROM spaces)",
    "INSERT INTO revisions (space_id, node_id, from_seq, parent_id, name, blob_id, trashed, modified_ms, by_user, at_ms) \
     SELECT n.space_id, n.id, n.changed_seq, n.parent_id, n.name, n.blob_id, FALSE, n.modified_ms, l.by_user, l.at_ms \
     FROM nodes n JOIN spaces s ON s.root_id = n.parent_id AND s.seq = n.changed_seq \
     JOIN revisions l ON l.node_id = n.id AND l.to_seq = n.changed_seq \
     WHERE (n.name LIKE '.Trash (mine%' OR n.name LIKE '.History (mine%') AND n.trashed_ms IS NULL",
];

/// What is in the trash already; the second of a name is told from the first by its number. For as long as that takes
/// there is an index: each asks for the others of its name.
const NAMED: [&str; 3] = [
    "CREATE INDEX nodes_named ON nodes (space_id, name, id) WHERE trashed_ms IS NOT NULL AND trashed_with IS NULL",
    "UPDATE nodes SET trash_name = CASE WHEN EXISTS ( \
      SELECT 1 FROM nodes o WHERE o.space_id = nodes.space_id AND o.name = nodes.name AND o.id < nodes.id \
      AND o.trashed_ms IS NOT NULL AND o.trashed_with IS NULL \
    ) THEN SUBSTR(name, 1, 50) || ' (' || id || ')' ELSE name END \
    WHERE trashed_ms IS NOT NULL AND trashed_with IS NULL",
    "DROP INDEX nodes_named",
];

/// Nothing has removed history so far: only a database put back from a copy has another number here.
const RESTORED: &str = "UPDATE spaces SET restored_seq = history_seq, history_seq = 0 WHERE history_seq <> 0";

const INDEXES: [&str; 10] = [
    "CREATE INDEX nodes_in_trash ON nodes (space_id, trash_name) WHERE trash_name IS NOT NULL",
    "CREATE INDEX nodes_by_removal ON nodes (trashed_ms) WHERE trash_name IS NOT NULL",
    "CREATE INDEX nodes_by_trashed_with ON nodes (trashed_with) WHERE trashed_with IS NOT NULL",
    "CREATE INDEX nodes_doomed ON nodes (space_id) WHERE doomed",
    "CREATE INDEX revisions_by_parent_and_name ON revisions (parent_id, name)",
    "CREATE INDEX revisions_by_moment ON revisions (space_id, at_ms)",
    "CREATE INDEX revisions_closed ON revisions (space_id, to_seq) WHERE to_seq IS NOT NULL",
    "CREATE INDEX blobs_condemned ON blobs (condemned_ms) WHERE condemned_ms IS NOT NULL",
    "CREATE INDEX blobs_by_scrub ON blobs (COALESCE(scrubbed_ms, created_ms)) WHERE live",
    "CREATE INDEX blobs_damaged ON blobs (damaged_ms) WHERE damaged_ms IS NOT NULL",
];
