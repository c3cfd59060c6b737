//! Moving the database away from SQLite, beside running servers.

use domain::{Error, Result, Secret, Timestamp};
use metadata::moves::{self, Outcome};
use metadata::{Metadata, MetadataConfig, Transferred};

use super::folder;
use crate::config::Config;

/// What moving the database did.
pub struct MovedMetadata {
    /// Where it was, and where it is.
    pub places: (String, String),
    /// Whether an earlier run had done all but the last step.
    pub was_ended: bool,
}

/// Moves everything the database knows to PostgreSQL. Servers that run refuse changes meanwhile and afterwards, until
/// they are started on the other one.
///
/// # Errors
/// [`NotFound`](Error::NotFound) when there is no data, [`Invalid`](Error::Invalid) when the settings name a PostgreSQL
/// database already; as for [`moves::carry`]. The house is then as it was.
pub async fn move_metadata(
    config: &Config,
    now: Timestamp,
    to: Secret,
    watch: &(dyn Fn(Transferred) + Sync),
) -> Result<MovedMetadata> {
    folder::require_data(&config.data_folder)?;
    if config.metadata.url.is_some() {
        return Err(Error::Invalid(
            "The settings name a PostgreSQL database already, and this moves from SQLite in the data folder. Leave \
             metadata.url out until the move is done."
                .into(),
        ));
    }
    let other = MetadataConfig { url: Some(to), ..config.metadata.clone() };
    let target = Metadata::open(&other, &config.data_folder).await?;
    let source = Metadata::open(&config.metadata, &config.data_folder).await?;
    let moved = moves::carry(&source, &target, now, watch).await;
    let places = (source.place().to_owned(), target.place().to_owned());
    let closed = (source.close().await, target.close().await);
    let was_ended = moved? == Outcome::Ended;
    if let Err(error) = closed.0.and(closed.1) {
        tracing::debug!(%error, "a database could not be closed");
    }
    Ok(MovedMetadata { places, was_ended })
}
