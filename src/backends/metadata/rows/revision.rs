//! How a node was from one change of its space to another.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "revisions")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub space_id: Uuid,
    pub node_id: i64,
    pub from_seq: i64,
    pub to_seq: Option<i64>,
    pub parent_id: Option<i64>,
    pub name: String,
    pub blob_id: Option<Uuid>,
    pub trashed: bool,
    pub modified_ms: i64,
    pub by_user: Uuid,
    pub at_ms: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
