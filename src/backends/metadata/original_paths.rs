//! The paths of files as they stand with their bytes in a store that keeps such a thing: which of them are not right any
//! more, and what they have to be.
//!
//! A blob that several files show has the path of the oldest of them that is not in the trash.

use domain::{BlobId, NodeId, Result, StoreKind};
use sea_orm::{ConnectionTrait, QueryResult, Value};
use uuid::Uuid;

use crate::error::DbResult;
use crate::lists::{AT_ONCE, slots};
use crate::{Db, Tx, statement};

/// Of so many files that show a blob the oldest is looked for; where all of them lie in folders in the trash, the blob
/// keeps the path it has.
const SHOWING_MAX: usize = 100;

/// A file or folder, where it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Top {
    /// From the top of the drive down, with a slash before each name.
    pub path: String,
    /// Whether there may be files below it.
    pub is_folder: bool,
    /// The content of a file that has any.
    pub blob: Option<BlobId>,
}

/// A member of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Below {
    /// Which one.
    pub id: NodeId,
    /// What it is called.
    pub name: String,
    /// Whether there may be files below it.
    pub is_folder: bool,
    /// The content of a file, if the path with its bytes is not that of the file.
    pub blob: Option<BlobId>,
}

/// The path that has to stand with the bytes of a blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Which blob.
    pub blob: BlobId,
    /// The path.
    pub path: String,
}

/// The step of a walk `up (…, parent_id, path)` to the folder above, which ends in the trash or beyond the top.
const UP: &str = "p.parent_id, CASE WHEN p.parent_id IS NULL THEN up.path ELSE '/' || p.name || up.path END \
    FROM up JOIN nodes p ON p.id = up.parent_id WHERE p.trashed_ms IS NULL";

/// Where a node is; none in the trash, and for what is gone. The top of a drive has the path ``.
///
/// # Errors
/// Whatever the database says.
pub async fn top(db: &impl Db, node: NodeId) -> Result<Option<Top>> {
    let sql = format!(
        "WITH RECURSIVE up (parent_id, path) AS ( \
           SELECT parent_id, CASE WHEN parent_id IS NULL THEN '' ELSE '/' || name END FROM nodes \
           WHERE id = $1 AND trashed_ms IS NULL \
           UNION ALL SELECT {UP} \
         ) SELECT up.path, n.folder, n.blob_id FROM up JOIN nodes n ON n.id = $1 WHERE up.parent_id IS NULL"
    );
    let row = db.raw().query_one_raw(statement(db, &sql, [node.0.into()])).await.or_domain()?;
    let read = |row: QueryResult| {
        Ok(Top {
            path: row.try_get("", "path").or_domain()?,
            is_folder: row.try_get("", "folder").or_domain()?,
            blob: blob_of(&row)?,
        })
    };
    row.map(read).transpose()
}

/// The next members of a folder with this path, in the order of their names, from the one after a name on.
///
/// # Errors
/// Whatever the database says.
pub async fn below(
    db: &impl Db,
    folder: NodeId,
    path: &str,
    after: &str,
    count_max: u32,
) -> Result<Vec<Below>> {
    let sql = "SELECT n.id, n.name, n.folder, b.id AS blob_id FROM nodes n \
               LEFT JOIN blobs b ON b.id = n.blob_id AND b.live AND b.store = $5 \
                 AND (b.original_path IS NULL OR b.original_path <> CAST($2 AS TEXT) || '/' || n.name) \
               WHERE n.parent_id = $1 AND n.trashed_ms IS NULL AND n.name > $3 ORDER BY n.name LIMIT $4";
    let values: [Value; 5] = [
        folder.0.into(),
        path.into(),
        after.into(),
        i64::from(count_max).into(),
        StoreKind::S3.word().into(),
    ];
    let rows = db.raw().query_all_raw(statement(db, sql, values)).await.or_domain()?;
    let read = |row: &QueryResult| {
        Ok(Below {
            id: NodeId(row.try_get("", "id").or_domain()?),
            name: row.try_get("", "name").or_domain()?,
            is_folder: row.try_get("", "folder").or_domain()?,
            blob: blob_of(row)?,
        })
    };
    rows.iter().map(read).collect()
}

/// The next live blobs in such a store, in the order of their ids.
///
/// # Errors
/// Whatever the database says.
pub async fn blobs(db: &impl Db, after: Option<BlobId>, count_max: u32) -> Result<Vec<BlobId>> {
    let sql = "SELECT id AS blob_id FROM blobs WHERE live AND store = $1 AND id > $2 ORDER BY id LIMIT $3";
    let after = after.map_or(Uuid::nil(), |after| after.0);
    let values: [Value; 3] = [StoreKind::S3.word().into(), after.into(), i64::from(count_max).into()];
    let rows = db.raw().query_all_raw(statement(db, sql, values)).await.or_domain()?;
    rows.iter().map(|row| Ok(BlobId(row.try_get("", "blob_id").or_domain()?))).collect()
}

/// What has to stand with those of these blobs with which something else stands. What nothing shows that is not in the
/// trash is not among them.
///
/// # Errors
/// Whatever the database says.
pub async fn wrong(db: &impl Db, among: &[BlobId]) -> Result<Vec<Label>> {
    let mut wrong = Vec::new();
    for ids in among.chunks(AT_ONCE) {
        let sql = format!(
            "WITH RECURSIVE shown (blob_id, id, parent_id, name, nth) AS ( \
               SELECT blob_id, id, parent_id, name, ROW_NUMBER() OVER (PARTITION BY blob_id ORDER BY id) \
               FROM nodes WHERE trashed_ms IS NULL AND blob_id IN ({ids}) \
             ), up (blob_id, id, parent_id, path) AS ( \
               SELECT blob_id, id, parent_id, '/' || name FROM shown WHERE nth <= {SHOWING_MAX} \
               UNION ALL SELECT up.blob_id, up.id, {UP} \
             ), oldest (blob_id, id) AS ( \
               SELECT blob_id, MIN(id) FROM up WHERE parent_id IS NULL GROUP BY blob_id \
             ) SELECT up.blob_id, up.path FROM oldest \
             JOIN up ON up.id = oldest.id AND up.parent_id IS NULL JOIN blobs b ON b.id = up.blob_id \
             WHERE b.live AND b.store = $1 AND (b.original_path IS NULL OR b.original_path <> up.path)",
            ids = slots(ids.len(), 2)
        );
        let values = [Value::from(StoreKind::S3.word())].into_iter().chain(ids.iter().map(|id| id.0.into()));
        for row in db.raw().query_all_raw(statement(db, &sql, values)).await.or_domain()? {
            wrong.push(Label {
                blob: BlobId(row.try_get("", "blob_id").or_domain()?),
                path: row.try_get("", "path").or_domain()?,
            });
        }
    }
    Ok(wrong)
}

/// Notes what stands with the bytes of a blob now. Whether the bytes are still the house's there: they may have been
/// removed or moved to another store meanwhile.
///
/// # Errors
/// Whatever the database says.
pub async fn note(tx: &Tx, label: &Label) -> Result<bool> {
    let sql = "UPDATE blobs SET original_path = $2 WHERE id = $1 AND store = $3";
    let values: [Value; 3] = [label.blob.0.into(), label.path.as_str().into(), StoreKind::S3.word().into()];
    let noted = tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain()?;
    Ok(noted.rows_affected() > 0)
}

fn blob_of(row: &QueryResult) -> Result<Option<BlobId>> {
    Ok(row.try_get::<Option<Uuid>>("", "blob_id").or_domain()?.map(BlobId))
}
