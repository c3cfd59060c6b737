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
        for sql in [NAMED].into_iter().chain(INDEXES) {
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

/// What is in the trash already; the second of a name is told from the first by its number.
const NAMED: &str = "UPDATE nodes SET trash_name = CASE WHEN EXISTS ( \
      SELECT 1 FROM nodes o WHERE o.space_id = nodes.space_id AND o.name = nodes.name AND o.id < nodes.id \
      AND o.trashed_ms IS NOT NULL AND o.trashed_with IS NULL \
    ) THEN name || ' ~' || id ELSE name END \
    WHERE trashed_ms IS NOT NULL AND trashed_with IS NULL";

const INDEXES: [&str; 9] = [
    "CREATE INDEX nodes_in_trash ON nodes (space_id, trash_name) WHERE trash_name IS NOT NULL",
    "CREATE INDEX nodes_by_trashed_with ON nodes (trashed_with) WHERE trashed_with IS NOT NULL",
    "CREATE INDEX nodes_doomed ON nodes (id) WHERE doomed",
    "CREATE INDEX revisions_by_parent_and_name ON revisions (parent_id, name)",
    "CREATE INDEX revisions_by_moment ON revisions (space_id, at_ms)",
    "CREATE INDEX revisions_closed ON revisions (space_id, to_seq) WHERE to_seq IS NOT NULL",
    "CREATE INDEX blobs_condemned ON blobs (condemned_ms) WHERE condemned_ms IS NOT NULL",
    "CREATE INDEX blobs_by_scrub ON blobs (scrubbed_ms) WHERE live",
    "CREATE INDEX blobs_damaged ON blobs (damaged_ms) WHERE damaged_ms IS NOT NULL",
];
