//! What a client needs to be told what has changed: how far back history goes, and the past members of a folder.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Step;

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // The change up to which revisions may have been removed: what was known before it cannot be brought up to
        // date. Nothing has been removed yet.
        let history = ColumnDef::new("history_seq").big_integer().not_null().default(0).to_owned();
        manager.alter_table(Table::alter().table("spaces").add_column(history).to_owned()).await?;
        let by_parent = Index::create()
            .name("revisions_by_parent")
            .table("revisions")
            .col("parent_id")
            .col("to_seq")
            .to_owned();
        manager.create_index(by_parent).await
    }
}
