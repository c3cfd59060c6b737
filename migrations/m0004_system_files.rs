//! System files, whose bytes are in the database; and what goes into the trash along with something else.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Step;

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column at a time.
        let mut columns = [
            // What the bytes are, of a system file only: listings need this and never the bytes.
            ColumnDef::new("system_bytes").big_integer().null().take(),
            ColumnDef::new("system_sha256").binary_len(32).null().take(),
            // In the trash: the node it went there with and comes back with. Its own number says that it was
            // an empty beginning of something, which nobody wants back.
            ColumnDef::new("trashed_with").big_integer().null().take(),
        ];
        for column in &mut columns {
            manager.alter_table(Table::alter().table("nodes").add_column(column).to_owned()).await?;
        }
        // What the system files of a space add up to, beside the quota.
        let counter = ColumnDef::new("system_bytes").big_integer().not_null().default(0).take();
        manager.alter_table(Table::alter().table("spaces").add_column(counter).to_owned()).await?;
        manager.create_table(system_files()).await?;
        // Deleting a row asks who refers to it, and the index of names leaves out what is in the trash.
        let by_parent = "CREATE INDEX nodes_by_parent ON nodes (parent_id, trashed_ms)";
        manager.get_connection().execute_unprepared(by_parent).await?;
        let withdrawn = "CREATE INDEX nodes_withdrawn ON nodes (parent_id, name) WHERE trashed_with = id";
        manager.get_connection().execute_unprepared(withdrawn).await.map(drop)
    }
}

fn system_files() -> TableCreateStatement {
    Table::create()
        .table("system_files")
        .col(ColumnDef::new("node_id").big_integer().not_null().primary_key())
        .col(ColumnDef::new("content").blob().not_null())
        .foreign_key(ForeignKey::create().from("system_files", "node_id").to("nodes", "id"))
        .to_owned()
}
