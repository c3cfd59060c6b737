//! Room that uploads under way set aside, so that of two that do not both fit only one begins.
//!
//! It stands twice: in the row of the upload's blob, by which it is given back whatever becomes of the upload, and added up
//! in the row of the space, where every condition of the quota counts it.

use domain::{BlobId, Result, SpaceId, Timestamp};
use sea_orm::ConnectionTrait;

use crate::error::DbResult;
use crate::nodes::unsigned;
use crate::spaces::{quota_exceeded, signed};
use crate::{Db, Metadata, Tx, blobs, statement};

/// What an upload asks for.
#[derive(Debug, Clone, Copy)]
pub struct Demand {
    /// Where.
    pub space: SpaceId,
    /// What it cannot do without, in bytes.
    pub needed_bytes: u64,
    /// What it would like to have, so that it need not ask again soon, in bytes. It gets at most half of what is
    /// left then: others want to begin as well.
    pub wanted_bytes: u64,
}

/// Registers a blob as [`blobs::register`] does, and sets room aside for it; says how many bytes.
///
/// # Errors
/// [`QuotaExceeded`](domain::Error::QuotaExceeded) when there is not as much as needed.
pub async fn register(
    metadata: &Metadata,
    id: BlobId,
    place: impl Into<blobs::Place<'_>>,
    now: Timestamp,
    demand: Demand,
) -> Result<u64> {
    let tx = metadata.begin().await?;
    let bytes = set_aside(&tx, demand).await?;
    blobs::insert(&tx, id, place.into(), now, Some((demand.space, bytes))).await?;
    tx.commit().await?;
    Ok(bytes)
}

/// Sets more room aside for a registered blob; says how many bytes more.
///
/// # Errors
/// [`QuotaExceeded`](domain::Error::QuotaExceeded) when there is not as much as needed, [`Unavailable`](domain::Error::Unavailable) when
/// the blob is no longer this server's.
pub async fn extend(metadata: &Metadata, id: BlobId, demand: Demand) -> Result<u64> {
    let tx = metadata.begin().await?;
    let bytes = set_aside(&tx, demand).await?;
    let sql = "UPDATE blobs SET space_id = $2, reserved_bytes = reserved_bytes + $3 \
               WHERE id = $1 AND NOT live AND server_id IS NOT DISTINCT FROM $4";
    let values = [id.0.into(), demand.space.0.into(), signed(bytes)?.into(), tx.own_server()];
    match tx.raw().execute_raw(statement(&tx, sql, values)).await.or_domain()?.rows_affected() {
        1 => tx.commit().await?,
        _ => return Err(blobs::given_up(id)),
    }
    Ok(bytes)
}

/// Gives back what a blob that is being forgotten had set aside. Where that is nothing, nobody is asked.
pub(crate) async fn give_back(tx: &Tx, space: Option<SpaceId>, bytes: i64) -> Result<()> {
    let Some(space) = space.filter(|_| bytes > 0) else { return Ok(()) };
    let sql = "UPDATE spaces SET reserved_bytes = reserved_bytes - $2 WHERE id = $1";
    tx.raw().execute_raw(statement(tx, sql, [space.0.into(), bytes.into()])).await.or_domain().map(drop)
}

async fn set_aside(tx: &Tx, demand: Demand) -> Result<u64> {
    let Demand { space, needed_bytes, wanted_bytes } = demand;
    let mut bytes = match wanted_bytes > needed_bytes {
        true => wanted_bytes.min(left(tx, space).await? / 2).max(needed_bytes),
        false => needed_bytes,
    };
    let sql = "UPDATE spaces SET reserved_bytes = reserved_bytes + $2 \
               WHERE id = $1 AND (quota_bytes IS NULL OR used_bytes + reserved_bytes + $2 <= quota_bytes)";
    loop {
        let room = tx.raw().execute_raw(statement(tx, sql, [space.0.into(), signed(bytes)?.into()]));
        match room.await.or_domain()?.rows_affected() {
            0 if bytes == needed_bytes => return Err(quota_exceeded(needed_bytes)),
            // Others were quicker since it was looked at what is left: then what is needed must do.
            0 => bytes = needed_bytes,
            _ => return Ok(bytes),
        }
    }
}

async fn left(tx: &Tx, space: SpaceId) -> Result<u64> {
    let sql = "SELECT quota_bytes - used_bytes - reserved_bytes AS bytes FROM spaces WHERE id = $1";
    let row = tx.raw().query_one_raw(statement(tx, sql, [space.0.into()])).await.or_domain()?;
    let bytes: Option<Option<i64>> = row.map(|row| row.try_get("", "bytes").or_domain()).transpose()?;
    // Without a limit there is always enough.
    Ok(bytes.flatten().map_or(u64::MAX, unsigned))
}
