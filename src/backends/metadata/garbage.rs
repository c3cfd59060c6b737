//! What may be removed from the store: blobs that were condemned, and bytes nobody ever registered.

use std::collections::BTreeMap;

use domain::{BlobId, Result, StoreKind, Timestamp};
use sea_orm::{ConnectionTrait, Value};

use crate::blobs::store_of;
use crate::error::DbResult;
use crate::lists::{AT_ONCE, slots};
use crate::{Db, Tx, statement};

/// A condemned blob, and since when it is that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Condemned {
    /// Which one.
    pub id: BlobId,
    /// Since when nothing refers to it.
    pub at: Timestamp,
    /// Where it lies.
    pub store: StoreKind,
}

/// The next blobs condemned before a moment, oldest first. One that something refers to after all, which must not be,
/// is not among them: its bytes are all there is.
///
/// # Errors
/// Whatever the database says.
pub async fn condemned(
    db: &impl Db,
    before: Timestamp,
    after: Option<Condemned>,
    count_max: u32,
) -> Result<Vec<Condemned>> {
    let sql = "SELECT b.id, b.condemned_ms, b.store FROM blobs b \
               WHERE b.condemned_ms < $1 AND (b.condemned_ms, b.id) > ($2, $3) AND NOT b.live \
                 AND NOT EXISTS (SELECT 1 FROM revisions r WHERE r.blob_id = b.id) \
                 AND NOT EXISTS (SELECT 1 FROM nodes n WHERE n.blob_id = b.id) \
               ORDER BY b.condemned_ms, b.id LIMIT $4";
    let (at, id) = after.map_or((i64::MIN, uuid::Uuid::nil()), |last| (last.at.millis(), last.id.0));
    let values: [Value; 4] = [before.millis().into(), at.into(), id.into(), i64::from(count_max).into()];
    let rows = db.raw().query_all_raw(statement(db, sql, values)).await.or_domain()?;
    let read = |row: &sea_orm::QueryResult| {
        let at = Timestamp::from_millis(row.try_get("", "condemned_ms").or_domain()?);
        Ok(Condemned { id: BlobId(row.try_get("", "id").or_domain()?), at, store: store_of(row)? })
    };
    rows.iter().map(read).collect()
}

/// Forgets condemned blobs, whose bytes are gone.
///
/// # Errors
/// Whatever the database says.
pub async fn forget(tx: &Tx, ids: &[BlobId]) -> Result<()> {
    for ids in ids.chunks(AT_ONCE) {
        let sql = format!(
            "DELETE FROM blobs WHERE NOT live AND condemned_ms IS NOT NULL AND id IN ({})",
            slots(ids.len(), 1)
        );
        tx.raw().execute_raw(statement(tx, &sql, values(ids))).await.or_domain()?;
    }
    Ok(())
}

/// Where those of these blobs lie that the database knows, whatever else it knows of them.
///
/// # Errors
/// Whatever the database says.
pub async fn known(db: &impl Db, ids: &[BlobId]) -> Result<BTreeMap<BlobId, StoreKind>> {
    let mut known = BTreeMap::new();
    for ids in ids.chunks(AT_ONCE) {
        let sql = format!("SELECT id, store FROM blobs WHERE id IN ({})", slots(ids.len(), 1));
        for row in db.raw().query_all_raw(statement(db, &sql, values(ids))).await.or_domain()? {
            known.insert(BlobId(row.try_get("", "id").or_domain()?), store_of(&row)?);
        }
    }
    Ok(known)
}

fn values(ids: &[BlobId]) -> impl Iterator<Item = Value> + '_ {
    ids.iter().map(|id| id.0.into())
}
