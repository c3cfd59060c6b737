//! The databases a house can have, and how each is opened.

mod postgres;
mod sqlite;

use std::path::Path;

use domain::Result;
use sea_orm::DatabaseConnection;

use crate::MetadataConfig;

/// The connections to one database: where a question goes, and where a change goes.
pub(crate) struct Connections {
    pub(crate) read: DatabaseConnection,
    pub(crate) write: DatabaseConnection,
}

/// Opens the database the settings name.
pub(crate) async fn open(config: &MetadataConfig, data_folder: &Path) -> Result<Connections> {
    match &config.url {
        None => sqlite::open(config, data_folder).await,
        Some(url) => postgres::open(config, url.expose()).await,
    }
}
