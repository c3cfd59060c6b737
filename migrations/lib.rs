//! The history of the database: one file per step, never changed once released.

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::prelude::*;

mod m0001_people;
mod m0002_spaces;
mod m0003_locks_and_properties;
mod m0004_system_files;
mod m0005_sync;
mod m0006_retention;
mod m0007_jobs;
mod m0008_many_servers;
mod m0009_people_and_projects;

/// Every step, oldest first.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_people::Step),
            Box::new(m0002_spaces::Step),
            Box::new(m0003_locks_and_properties::Step),
            Box::new(m0004_system_files::Step),
            Box::new(m0005_sync::Step),
            Box::new(m0006_retention::Step),
            Box::new(m0007_jobs::Step),
            Box::new(m0008_many_servers::Step),
            Box::new(m0009_people_and_projects::Step),
        ]
    }
}
