//! One file or folder.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "nodes")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub uuid: Uuid,
    pub space_id: Uuid,
    pub parent_id: Option<i64>,
    pub name: String,
    pub folder: bool,
    pub blob_id: Option<Uuid>,
    pub created_ms: i64,
    pub modified_ms: i64,
    pub created_seq: i64,
    pub changed_seq: i64,
    pub tree_seq: i64,
    pub copied_from: Option<i64>,
    pub trashed_ms: Option<i64>,
    pub system_bytes: Option<i64>,
    pub system_sha256: Option<Vec<u8>>,
    pub trashed_with: Option<i64>,
    pub trash_name: Option<String>,
    pub doomed: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
