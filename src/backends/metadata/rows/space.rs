//! One tree of files.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "spaces")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub owner_id: Option<Uuid>,
    pub root_id: Option<i64>,
    pub seq: i64,
    pub history_seq: i64,
    pub history_ms: i64,
    pub used_bytes: i64,
    pub quota_bytes: Option<i64>,
    pub system_bytes: i64,
    pub reserved_bytes: i64,
    pub restored_seq: i64,
    pub condemned_ms: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
