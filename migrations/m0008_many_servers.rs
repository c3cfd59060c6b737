//! More than one server, and more than one store: who is there, who receives what, and where a blob lies.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub struct Step;

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(servers()).await?;
        manager.create_table(moves()).await?;
        // SQLite adds one column at a time.
        for mut column in columns() {
            let table = Table::alter().table("blobs").add_column(&mut column).to_owned();
            manager.alter_table(table).await?;
        }
        if manager.get_database_backend() == DbBackend::Postgres {
            manager.get_connection().execute_unprepared(BYTEWISE).await?;
        }
        Ok(())
    }
}

/// The processes that serve, and when each was last seen.
fn servers() -> TableCreateStatement {
    Table::create()
        .table("servers")
        .col(ColumnDef::new("id").uuid().not_null().primary_key())
        .col(ColumnDef::new("name").text().not_null())
        .col(ColumnDef::new("version").text().not_null())
        .col(ColumnDef::new("started_ms").big_integer().not_null())
        // Since when it was seen again and again without a gap: only such a one may say of others that they are gone.
        .col(ColumnDef::new("steady_ms").big_integer().not_null())
        .col(ColumnDef::new("seen_ms").big_integer().not_null())
        .to_owned()
}

/// That everything here was moved to another database, or has come from one and is not to be used before the move is
/// over.
fn moves() -> TableCreateStatement {
    Table::create()
        .table("moves")
        .col(ColumnDef::new("id").uuid().not_null().primary_key())
        .col(ColumnDef::new("arriving").boolean().not_null())
        // Where the other one is.
        .col(ColumnDef::new("place").text().not_null())
        .col(ColumnDef::new("moved_ms").big_integer().not_null())
        .to_owned()
}

fn columns() -> Vec<ColumnDef> {
    vec![
        // Of a blob that is not live yet: the server that receives it.
        ColumnDef::new("server_id").uuid().null().take(),
        // Where its bytes are.
        ColumnDef::new("store").text().not_null().default("disk").take(),
        // The path that stands with its bytes in the store, where the store keeps such a thing.
        ColumnDef::new("original_path").text().null().take(),
    ]
}

/// SQLite orders text by its bytes, PostgreSQL by the language it was set up for: what is listed in order, or gone
/// through in pages, must be in the same order everywhere.
const BYTEWISE: &str = "\
    ALTER TABLE nodes ALTER COLUMN name TYPE TEXT COLLATE \"C\", ALTER COLUMN trash_name TYPE TEXT COLLATE \"C\"; \
    ALTER TABLE revisions ALTER COLUMN name TYPE TEXT COLLATE \"C\"; \
    ALTER TABLE users ALTER COLUMN name TYPE TEXT COLLATE \"C\"; \
    ALTER TABLE app_passwords ALTER COLUMN name TYPE TEXT COLLATE \"C\"; \
    ALTER TABLE properties ALTER COLUMN namespace TYPE TEXT COLLATE \"C\", \
      ALTER COLUMN local TYPE TEXT COLLATE \"C\"; \
    ALTER TABLE jobs ALTER COLUMN kind TYPE TEXT COLLATE \"C\", ALTER COLUMN key TYPE TEXT COLLATE \"C\"";
