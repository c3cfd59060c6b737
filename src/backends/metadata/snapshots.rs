//! Copies of the database as it was at one moment: what back-ups are made of, and what an upgrade can be taken back
//! with.

mod before_upgrade;
mod entries;

use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use chrono::{DateTime, NaiveDateTime};
use domain::{BlobId, Error, Result, Sha256, StoreKind, Timestamp};
use sea_orm::{ConnectionTrait, DatabaseConnection, QueryResult, Value};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use uuid::Uuid;

use crate::blobs::store_of;
use crate::error::{self, DbResult};
use crate::lists::slots;
use crate::nodes::unsigned;
use crate::{Db, Metadata, moves, statement};

pub use before_upgrade::{BeforeUpgrade, FOLDER, latest, remove_old};
pub(crate) use before_upgrade::{KEPT_FOR, write_before};
pub use entries::{Entry, EntryKind, Owner};

/// How names of snapshots write a moment: every file system takes it, and their order is that of time.
const STAMP: &str = "%Y-%m-%dT%H-%M-%SZ";

/// A moment as it stands in the name of a snapshot, such as `2026-11-21T08-15-30Z`.
pub fn stamp(moment: Timestamp) -> String {
    DateTime::from_timestamp_millis(moment.millis())
        .map_or_else(String::new, |moment| moment.format(STAMP).to_string())
}

/// The moment that a name says, if it says one.
pub fn parse_stamp(stamp: &str) -> Option<Timestamp> {
    let moment = NaiveDateTime::parse_from_str(stamp, STAMP).ok()?;
    Some(Timestamp::from_millis(moment.and_utc().timestamp_millis()))
}

/// Writes the database as it is now into a new file, for its owner alone, and syncs it. Others go on reading and
/// writing meanwhile.
///
/// It is a SQLite file whatever the database is, and what is copied from another engine is compared at the end.
///
/// # Errors
/// [`OutOfSpace`](Error::OutOfSpace) when there is no room for it, [`Unavailable`](Error::Unavailable) when the file
/// cannot be made. Nothing is left of it then.
pub async fn write(metadata: &Metadata, file: &Path) -> Result<()> {
    let written = write_into(metadata, file).await;
    if written.is_err() {
        // What cannot be removed is of no harm: it has no name that anybody looks for.
        let _ = std::fs::remove_file(file);
    }
    written
}

async fn write_into(metadata: &Metadata, file: &Path) -> Result<()> {
    let unusable = |error| {
        Error::unavailable(format!("The copy of the database {} cannot be written.", file.display()), error)
    };
    let name = file.to_str().ok_or_else(|| {
        Error::Invalid(format!("The path {} is not UTF-8; use another folder.", file.display()).into())
    })?;
    // SQLite writes into an empty file, and leaves it its mode.
    let made = File::options().write(true).create_new(true).mode(0o600).open(file).map_err(unusable)?;
    if metadata.is_shared() {
        let copy = Metadata::open_new(file).await?;
        let filled = moves::fill(metadata, &copy).await;
        copy.close().await?;
        filled?;
    } else {
        let copy = statement(metadata, "VACUUM INTO $1", [name.into()]);
        metadata.raw().execute_raw(copy).await.or_domain()?;
    }
    made.sync_all().map_err(unusable)
}

/// A snapshot that is only read, in a place that may not be written to.
pub struct Snapshot {
    read: DatabaseConnection,
    /// The column that says where a blob lies, or what stands for it in a version that has none.
    store: &'static str,
}

impl Db for Snapshot {
    fn raw(&self) -> &impl ConnectionTrait {
        &self.read
    }
}

/// A content that a snapshot refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Under which key its bytes lie.
    pub id: BlobId,
    /// How many they are.
    pub size_bytes: u64,
    /// What they add up to.
    pub sha256: Sha256,
    /// Where they were when the snapshot was made.
    pub store: StoreKind,
}

/// What there is in a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    /// People with an account.
    pub users: u64,
    /// Contents, present and past.
    pub blobs: u64,
    /// What those add up to in bytes.
    pub bytes: u64,
}

impl Snapshot {
    /// Opens a snapshot.
    ///
    /// # Errors
    /// [`Unavailable`](Error::Unavailable) when the file cannot be read.
    pub async fn open(file: &Path) -> Result<Self> {
        // Immutable: nobody writes to it, so it needs no lock, log or index beside it.
        let file = SqliteConnectOptions::new().filename(file).read_only(true).immutable(true);
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(file).await;
        let read = DatabaseConnection::from(pool.map_err(error::unopened)?);
        let mut snapshot = Self { read, store: "'disk' AS store" };
        let sql = "SELECT name FROM pragma_table_info('blobs') WHERE name = 'store'";
        if snapshot.read.query_one_raw(statement(&snapshot, sql, [])).await.or_domain()?.is_some() {
            snapshot.store = "store";
        }
        Ok(snapshot)
    }

    /// Closes the file.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn close(self) -> Result<()> {
        self.read.close().await.or_domain()
    }

    /// How much there is in it.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn totals(&self) -> Result<Totals> {
        let sql = "SELECT (SELECT COUNT(*) FROM users) AS users, COUNT(*) AS blobs, \
                   CAST(COALESCE(SUM(size_bytes), 0) AS BIGINT) AS bytes FROM blobs WHERE live";
        let row = self.read.query_one_raw(statement(self, sql, [])).await.or_domain()?;
        let row = row.ok_or_else(|| Error::internal("the snapshot does not answer"))?;
        let number = |column: &str| Ok(unsigned(row.try_get::<i64>("", column).or_domain()?));
        Ok(Totals { users: number("users")?, blobs: number("blobs")?, bytes: number("bytes")? })
    }

    /// The contents it refers to whose ids follow this one, at most so many; none after the last.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn kept_after(&self, id: BlobId, count_max: u32) -> Result<Vec<Kept>> {
        let store = self.store;
        let sql = format!(
            "SELECT id, size_bytes, sha256, {store} FROM blobs WHERE live AND id > $1 ORDER BY id LIMIT $2"
        );
        let values = [id.0.into(), i64::from(count_max).into()];
        let rows = self.read.query_all_raw(statement(self, &sql, values)).await.or_domain()?;
        let read = |row| {
            let kept = kept(row)?.ok_or_else(|| Error::internal("a blob has no digest"))?;
            Ok(Kept { store: store_of(row)?, ..kept })
        };
        rows.iter().map(read).collect()
    }

    /// Which of these contents it refers to; at most 1,000 at once.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn kept_among(&self, ids: &[BlobId]) -> Result<Vec<BlobId>> {
        let sql = format!("SELECT id FROM blobs WHERE live AND id IN ({})", slots(ids.len(), 1));
        let values: Vec<Value> = ids.iter().map(|id| id.0.into()).collect();
        let rows = self.read.query_all_raw(statement(self, &sql, values)).await.or_domain()?;
        rows.iter().map(|row| Ok(BlobId(row.try_get("", "id").or_domain()?))).collect()
    }
}

/// The columns `id`, `size_bytes` and `sha256` of a blob, if there is one.
fn kept(row: &QueryResult) -> Result<Option<Kept>> {
    let Some(id) = row.try_get::<Option<Uuid>>("", "id").or_domain()? else { return Ok(None) };
    let sha256: Vec<u8> = row.try_get("", "sha256").or_domain()?;
    let sha256 = sha256.try_into().map_err(|_| Error::internal("a digest is not 32 bytes long"))?;
    let size_bytes = unsigned(row.try_get("", "size_bytes").or_domain()?);
    Ok(Some(Kept { id: BlobId(id), size_bytes, sha256: Sha256(sha256), store: StoreKind::default() }))
}
