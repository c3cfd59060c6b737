//! Users and their app passwords.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Step;

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(users()).await?;
        manager.create_table(app_passwords()).await?;
        let lookup = Index::create()
            .name("app_passwords_by_lookup")
            .table("app_passwords")
            .col("user_id")
            .col("lookup")
            .unique()
            .to_owned();
        manager.create_index(lookup).await
    }
}

fn users() -> TableCreateStatement {
    Table::create()
        .table("users")
        .col(ColumnDef::new("id").uuid().not_null().primary_key())
        .col(ColumnDef::new("name").text().not_null().unique_key())
        .col(ColumnDef::new("role").text().not_null())
        .col(ColumnDef::new("active").boolean().not_null())
        .col(ColumnDef::new("password_hash").text().null())
        .col(ColumnDef::new("created_ms").big_integer().not_null())
        .to_owned()
}

fn app_passwords() -> TableCreateStatement {
    Table::create()
        .table("app_passwords")
        .col(ColumnDef::new("id").uuid().not_null().primary_key())
        .col(ColumnDef::new("user_id").uuid().not_null())
        .col(ColumnDef::new("name").text().not_null())
        // The part of the password that finds the row; the rest is the secret behind the hash.
        .col(ColumnDef::new("lookup").text().not_null())
        .col(ColumnDef::new("secret_hash").text().not_null())
        .col(ColumnDef::new("created_ms").big_integer().not_null())
        .col(ColumnDef::new("last_used_ms").big_integer().null())
        .col(ColumnDef::new("expires_ms").big_integer().null())
        .col(ColumnDef::new("revoked_ms").big_integer().null())
        .foreign_key(ForeignKey::create().from("app_passwords", "user_id").to("users", "id"))
        .to_owned()
}
