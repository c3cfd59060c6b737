//! One blob, registered or live.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "blobs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub live: bool,
    pub size_bytes: i64,
    pub sha256: Option<Vec<u8>>,
    pub media_type: Option<String>,
    pub created_ms: i64,
    pub space_id: Option<Uuid>,
    pub reserved_bytes: i64,
    pub condemned_ms: Option<i64>,
    pub scrubbed_ms: Option<i64>,
    pub damaged_ms: Option<i64>,
    pub server_id: Option<Uuid>,
    pub store: String,
    pub original_path: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
