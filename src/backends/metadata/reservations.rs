//! Room that uploads under way set aside, so that of two that do not both fit only one begins.
//!
//! It stands twice: in the row of the upload's blob, by which it is given back whatever becomes of the upload, and added up
//! in the row of the space, where every condition of the quota counts it.

use domain::{BlobId, Result, SpaceId, Timestamp};
use sea_orm::ConnectionTrait;

use crate::error::DbResult;
use crate::nodes::unsigned;
use crate::spaces::{quota_exceeded, signed};
use crate::together::{self, Step};
use crate::{Db, Metadata, blobs, statement};

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
    let place = place.into();
    let registered = |bytes| blobs::insert(metadata, id, place, now, Some((demand.space, bytes)));
    match set_aside(metadata, demand, registered).await? {
        Some(bytes) => Ok(bytes),
        None => Err(quota_exceeded(demand.needed_bytes)),
    }
}

/// Sets more room aside for a registered blob; says how many bytes more.
///
/// # Errors
/// [`QuotaExceeded`](domain::Error::QuotaExceeded) when there is not as much as needed, [`Unavailable`](domain::Error::Unavailable) when
/// the blob is no longer this server's.
pub async fn extend(metadata: &Metadata, id: BlobId, demand: Demand) -> Result<u64> {
    let sql = "UPDATE blobs SET space_id = $2, reserved_bytes = reserved_bytes + $3 \
               WHERE id = $1 AND NOT live AND server_id IS NOT DISTINCT FROM $4";
    let extended = |bytes| {
        let server = metadata.server().map(|server| server.0);
        let values = [id.0.into(), demand.space.0.into(), signed(bytes)?.into(), server.into()];
        Ok(Step::new("", sql, values).required())
    };
    match set_aside(metadata, demand, extended).await? {
        Some(bytes) => Ok(bytes),
        None if !blobs::is_received(metadata, id).await? => Err(blobs::given_up(id)),
        None => Err(quota_exceeded(demand.needed_bytes)),
    }
}

/// What gives back what a blob that is being forgotten had set aside; nothing where that is nothing.
pub(crate) fn give_back(space: Option<SpaceId>, bytes: i64) -> Option<Step> {
    let space = space.filter(|_| bytes > 0)?;
    let sql = "UPDATE spaces SET reserved_bytes = reserved_bytes - $2 WHERE id = $1";
    // PostgreSQL takes steps that must find something in their order, and all others after them.
    Some(Step::new("", sql, [space.0.into(), bytes.into()]).required())
}

/// Sets room aside, and with it does what is to be done to the row of the blob it is for; says how many bytes, if there
/// is room. Where others were quicker and there is not as much any more as seemed, what is needed must do.
async fn set_aside(
    metadata: &Metadata,
    demand: Demand,
    for_blob: impl Fn(u64) -> Result<Step>,
) -> Result<Option<u64>> {
    let sql = "UPDATE spaces SET reserved_bytes = reserved_bytes + $2 \
               WHERE id = $1 AND (quota_bytes IS NULL OR used_bytes + reserved_bytes + $2 <= quota_bytes)";
    let mut bytes = wish(metadata, demand).await?;
    loop {
        let room = Step::new("", sql, [demand.space.0.into(), signed(bytes)?.into()]).required();
        if together::change(metadata, vec![room, for_blob(bytes)?]).await? {
            return Ok(Some(bytes));
        }
        if bytes == demand.needed_bytes {
            return Ok(None);
        }
        bytes = demand.needed_bytes;
    }
}

/// How much to ask for.
async fn wish(db: &impl Db, demand: Demand) -> Result<u64> {
    let Demand { space, needed_bytes, wanted_bytes } = demand;
    Ok(match wanted_bytes > needed_bytes {
        true => wanted_bytes.min(left(db, space).await? / 2).max(needed_bytes),
        false => needed_bytes,
    })
}

async fn left(db: &impl Db, space: SpaceId) -> Result<u64> {
    let sql = "SELECT quota_bytes - used_bytes - reserved_bytes AS bytes FROM spaces WHERE id = $1";
    let row = db.raw().query_one_raw(statement(db, sql, [space.0.into()])).await.or_domain()?;
    let bytes: Option<Option<i64>> = row.map(|row| row.try_get("", "bytes").or_domain()).transpose()?;
    // Without a limit there is always enough.
    Ok(bytes.flatten().map_or(u64::MAX, unsigned))
}
