//! Spaces, the blobs in them, their nodes, and the history of every node.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Step;

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(spaces()).await?;
        manager.create_table(blobs()).await?;
        manager.create_table(nodes()).await?;
        manager.create_table(revisions()).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        // Names are unique among what is not in the trash; both databases know partial indexes.
        let unique = "CREATE UNIQUE INDEX nodes_by_parent_and_name ON nodes (parent_id, name) \
                      WHERE trashed_ms IS NULL";
        manager.get_connection().execute_unprepared(unique).await?;
        let pending = "CREATE INDEX blobs_pending ON blobs (created_ms) WHERE NOT live";
        manager.get_connection().execute_unprepared(pending).await?;
        Ok(())
    }
}

fn spaces() -> TableCreateStatement {
    Table::create()
        .table("spaces")
        .col(ColumnDef::new("id").uuid().not_null().primary_key())
        // The user whose personal space this is.
        .col(ColumnDef::new("owner_id").uuid().null().unique_key())
        .col(ColumnDef::new("root_id").big_integer().null())
        .col(ColumnDef::new("seq").big_integer().not_null())
        .col(ColumnDef::new("used_bytes").big_integer().not_null())
        .col(ColumnDef::new("quota_bytes").big_integer().null())
        .foreign_key(ForeignKey::create().from("spaces", "owner_id").to("users", "id"))
        .to_owned()
}

fn blobs() -> TableCreateStatement {
    Table::create()
        .table("blobs")
        .col(ColumnDef::new("id").uuid().not_null().primary_key())
        // Registered before the first byte; live from the transaction on that shows it in a node.
        .col(ColumnDef::new("live").boolean().not_null())
        .col(ColumnDef::new("size_bytes").big_integer().not_null())
        .col(ColumnDef::new("sha256").binary_len(32).null())
        .col(ColumnDef::new("media_type").text().null())
        .col(ColumnDef::new("created_ms").big_integer().not_null())
        .to_owned()
}

fn nodes() -> TableCreateStatement {
    Table::create()
        .table("nodes")
        // Small, positive and for life: sync clients know a node by it.
        .col(ColumnDef::new("id").big_integer().not_null().primary_key().auto_increment())
        .col(ColumnDef::new("uuid").uuid().not_null().unique_key())
        .col(ColumnDef::new("space_id").uuid().not_null())
        .col(ColumnDef::new("parent_id").big_integer().null())
        .col(ColumnDef::new("name").text().not_null())
        .col(ColumnDef::new("folder").boolean().not_null())
        .col(ColumnDef::new("blob_id").uuid().null())
        .col(ColumnDef::new("created_ms").big_integer().not_null())
        .col(ColumnDef::new("modified_ms").big_integer().not_null())
        // The change that made it, the latest one to it, and the latest one to it or below it.
        .col(ColumnDef::new("created_seq").big_integer().not_null())
        .col(ColumnDef::new("changed_seq").big_integer().not_null())
        .col(ColumnDef::new("tree_seq").big_integer().not_null())
        // What it was copied from; while a copy is made, this is how copies find their parents.
        .col(ColumnDef::new("copied_from").big_integer().null())
        .col(ColumnDef::new("trashed_ms").big_integer().null())
        .foreign_key(ForeignKey::create().from("nodes", "space_id").to("spaces", "id"))
        .foreign_key(ForeignKey::create().from("nodes", "parent_id").to("nodes", "id"))
        .foreign_key(ForeignKey::create().from("nodes", "blob_id").to("blobs", "id"))
        .to_owned()
}

fn revisions() -> TableCreateStatement {
    Table::create()
        .table("revisions")
        .col(ColumnDef::new("id").big_integer().not_null().primary_key().auto_increment())
        .col(ColumnDef::new("space_id").uuid().not_null())
        .col(ColumnDef::new("node_id").big_integer().not_null())
        .col(ColumnDef::new("from_seq").big_integer().not_null())
        .col(ColumnDef::new("to_seq").big_integer().null())
        .col(ColumnDef::new("parent_id").big_integer().null())
        .col(ColumnDef::new("name").text().not_null())
        .col(ColumnDef::new("blob_id").uuid().null())
        .col(ColumnDef::new("trashed").boolean().not_null())
        .col(ColumnDef::new("modified_ms").big_integer().not_null())
        .col(ColumnDef::new("by_user").uuid().not_null())
        .col(ColumnDef::new("at_ms").big_integer().not_null())
        .foreign_key(ForeignKey::create().from("revisions", "node_id").to("nodes", "id"))
        .foreign_key(ForeignKey::create().from("revisions", "blob_id").to("blobs", "id"))
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    let index = |name: &'static str, table: &'static str, columns: &[&'static str]| {
        let mut index = Index::create().name(name).table(table).to_owned();
        columns.iter().for_each(|column| {
            index.col(*column);
        });
        index
    };
    vec![
        index("nodes_by_blob", "nodes", &["blob_id"]),
        index("nodes_by_copy", "nodes", &["space_id", "created_seq", "copied_from"]),
        index("revisions_by_node", "revisions", &["node_id", "from_seq"]),
        index("revisions_by_space", "revisions", &["space_id", "from_seq"]),
        index("revisions_by_blob", "revisions", &["blob_id"]),
    ]
}
