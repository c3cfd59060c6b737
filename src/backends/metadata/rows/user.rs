//! One person with an account.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    pub role: String,
    pub active: bool,
    pub password_hash: Option<String>,
    pub created_ms: i64,
    pub email: Option<String>,
    pub email_verified_ms: Option<i64>,
    pub display_name: String,
    pub approved: bool,
    pub confirmed: bool,
    pub suspended_ms: Option<i64>,
    pub locked_ms: Option<i64>,
    pub warned_ms: Option<i64>,
    pub doomed_ms: Option<i64>,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
