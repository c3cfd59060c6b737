//! Work that is to be done later, and on schedule.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Step;

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(jobs()).await?;
        let due = "CREATE INDEX jobs_by_due ON jobs (kind, due_ms) WHERE NOT dead";
        manager.get_connection().execute_unprepared(due).await?;
        // Of one kind with one key there is one at a time that is not given up.
        let unique = "CREATE UNIQUE INDEX jobs_by_key ON jobs (kind, key) WHERE NOT dead";
        manager.get_connection().execute_unprepared(unique).await.map(drop)
    }
}

fn jobs() -> TableCreateStatement {
    Table::create()
        .table("jobs")
        .col(ColumnDef::new("id").big_integer().not_null().primary_key().auto_increment())
        .col(ColumnDef::new("kind").text().not_null())
        .col(ColumnDef::new("key").text().not_null())
        .col(ColumnDef::new("created_ms").big_integer().not_null())
        .col(ColumnDef::new("due_ms").big_integer().not_null())
        .col(ColumnDef::new("attempts").big_integer().not_null())
        // Whose it is while it runs, and until when, unless they say that they are still at it.
        .col(ColumnDef::new("runner").uuid().null())
        .col(ColumnDef::new("leased_ms").big_integer().null())
        // Somebody asked for it again while it ran, for this time.
        .col(ColumnDef::new("again_ms").big_integer().null())
        .col(ColumnDef::new("ended_ms").big_integer().null())
        .col(ColumnDef::new("error").text().null())
        // Given up: it waits for somebody to look at it.
        .col(ColumnDef::new("dead").boolean().not_null().default(false))
        .to_owned()
}
