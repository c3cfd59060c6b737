//! The databases a house can have, and how each is opened.

mod postgres;
mod sqlite;

use std::path::Path;

use domain::Result;
use sea_orm::DatabaseConnection;

use crate::{FILE, MetadataConfig};

/// The connections to one database: where a question goes, and where a change goes.
pub(crate) struct Connections {
    pub(crate) read: DatabaseConnection,
    pub(crate) write: DatabaseConnection,
    /// Where the database is, without what opens it.
    pub(crate) place: String,
}

/// Opens the database the settings name.
pub(crate) async fn open(config: &MetadataConfig, data_folder: &Path) -> Result<Connections> {
    match &config.url {
        None => sqlite::open(config, &data_folder.join(FILE)).await,
        Some(url) => postgres::open(config, url.expose()).await,
    }
}

/// Makes a SQLite database in an empty file, which one connection fills and nobody else uses. A fault leaves it useless.
pub(crate) async fn open_new(file: &Path) -> Result<Connections> {
    sqlite::open_new(file).await
}
