//! The contents a file has and had.

use domain::{BlobId, NodeId, Result, Seq, Sha256, Timestamp, UserName};
use sea_orm::{ConnectionTrait, QueryResult};

use crate::error::DbResult;
use crate::nodes::unsigned;
use crate::users::stored_name;
use crate::{Db, statement};

/// One content of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// When it came.
    pub from: Timestamp,
    /// When the next one came; the current content has no end.
    pub until: Option<Timestamp>,
    /// The change it came with.
    pub seq: Seq,
    /// Its blob; an empty file has none.
    pub blob: Option<BlobId>,
    /// Its length in bytes.
    pub size_bytes: u64,
    /// The digest of its bytes.
    pub sha256: Sha256,
    /// Who wrote it.
    pub by: UserName,
}

/// The contents of a file, oldest first, the current one last. Moves and new times in between are no versions.
///
/// # Errors
/// Whatever the database says.
pub async fn list(db: &impl Db, file: NodeId) -> Result<Vec<Version>> {
    let sql = "SELECT r.from_seq, r.at_ms, r.blob_id, b.created_ms AS blob_ms, b.size_bytes, b.sha256, u.name FROM revisions r \
               JOIN users u ON u.id = r.by_user LEFT JOIN blobs b ON b.id = r.blob_id \
               WHERE r.node_id = $1 ORDER BY r.from_seq, r.id";
    let rows = db.raw().query_all_raw(statement(db, sql, [file.0.into()])).await.or_domain()?;
    let mut versions: Vec<Version> = Vec::new();
    for row in &rows {
        let next = read(row)?;
        match versions.last_mut() {
            Some(last) if last.blob == next.blob => continue,
            Some(last) => last.until = Some(next.from),
            None => {}
        }
        versions.push(next);
    }
    Ok(versions)
}

fn read(row: &QueryResult) -> Result<Version> {
    let sha256: Option<Vec<u8>> = row.try_get("", "sha256").or_domain()?;
    let sha256 = sha256.and_then(|bytes| bytes.try_into().ok()).map_or(Sha256::EMPTY, Sha256);
    let name: String = row.try_get("", "name").or_domain()?;
    let blob: Option<uuid::Uuid> = row.try_get("", "blob_id").or_domain()?;
    // Of a content that is shown for want of an earlier one, the revision may be older.
    let blob_ms: Option<i64> = row.try_get("", "blob_ms").or_domain()?;
    let at_ms: i64 = row.try_get("", "at_ms").or_domain()?;
    Ok(Version {
        from: Timestamp::from_millis(at_ms.max(blob_ms.unwrap_or(i64::MIN))),
        until: None,
        seq: Seq(row.try_get("", "from_seq").or_domain()?),
        blob: blob.map(BlobId),
        size_bytes: unsigned(row.try_get::<Option<i64>>("", "size_bytes").or_domain()?.unwrap_or(0)),
        sha256,
        by: stored_name(&name)?,
    })
}
