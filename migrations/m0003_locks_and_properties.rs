//! Write locks, and the properties clients attach to nodes.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Step;

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(locks()).await?;
        manager.create_table(properties()).await?;
        let index = |name: &'static str, column: &'static str| {
            Index::create().name(name).table("locks").col(column).to_owned()
        };
        manager.create_index(index("locks_by_node", "node_id")).await?;
        manager.create_index(index("locks_by_space", "space_id")).await
    }
}

fn locks() -> TableCreateStatement {
    Table::create()
        .table("locks")
        .col(ColumnDef::new("token").uuid().not_null().primary_key())
        .col(ColumnDef::new("space_id").uuid().not_null())
        .col(ColumnDef::new("node_id").big_integer().not_null())
        .col(ColumnDef::new("user_id").uuid().not_null())
        .col(ColumnDef::new("exclusive").boolean().not_null())
        .col(ColumnDef::new("infinite").boolean().not_null())
        .col(ColumnDef::new("owner_xml").text().not_null())
        .col(ColumnDef::new("timeout_ms").big_integer().not_null())
        .col(ColumnDef::new("expires_ms").big_integer().not_null())
        .foreign_key(ForeignKey::create().from("locks", "node_id").to("nodes", "id"))
        .to_owned()
}

fn properties() -> TableCreateStatement {
    Table::create()
        .table("properties")
        .col(ColumnDef::new("node_id").big_integer().not_null())
        .col(ColumnDef::new("namespace").text().not_null())
        .col(ColumnDef::new("local").text().not_null())
        .col(ColumnDef::new("xml").text().not_null())
        .primary_key(Index::create().col("node_id").col("namespace").col("local"))
        .foreign_key(ForeignKey::create().from("properties", "node_id").to("nodes", "id"))
        .to_owned()
}
