//! Which blobs lie in a store they are to leave, and that they lie in another one now.

use domain::{BlobId, Error, Result, Sha256, StoreKind};
use sea_orm::{ConnectionTrait, Value};

use crate::error::DbResult;
use crate::lists::{AT_ONCE, slots};
use crate::scrubs::Amount;
use crate::{Db, Metadata, Tx, statement};

/// The number is a name. It ends with the transaction, and so with the process, whatever lies between it and the database.
const ONE_AT_A_TIME: &str = "SELECT pg_try_advisory_xact_lock(7813568946115) AS taken";

/// Keeps others on the same database from moving contents; where there is only a file, nobody.
pub struct Turn(Option<Tx>);

impl Turn {
    /// # Errors
    /// [`Unavailable`](Error::Unavailable) when another process has it; whatever the database says.
    pub async fn take(metadata: &Metadata) -> Result<Self> {
        if !metadata.is_shared() {
            return Ok(Self(None));
        }
        // Beside the connections it moves contents through, of which there may be one.
        let tx = metadata.begin_whole().await?;
        let row = tx.raw().query_one_raw(statement(&tx, ONE_AT_A_TIME, [])).await.or_domain()?;
        match row.map_or(Ok(false), |row| row.try_get("", "taken")).or_domain()? {
            true => Ok(Self(Some(tx))),
            false => Err(Self::taken()),
        }
    }

    /// What somebody hears while another process has it.
    pub fn taken() -> Error {
        Error::Unavailable("Another command is moving contents; wait for its end.".into())
    }

    /// Says that it is still needed, which the database wants to hear several times a minute.
    ///
    /// # Errors
    /// Whatever the database says; others may have it then.
    pub async fn keep(&self) -> Result<()> {
        match &self.0 {
            Some(tx) => tx.raw().execute_unprepared("SELECT 1").await.or_domain().map(drop),
            None => Ok(()),
        }
    }
}

/// A live blob, and what its bytes must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Staying {
    /// Which one.
    pub id: BlobId,
    /// How many bytes it has.
    pub size_bytes: u64,
    /// What they add up to.
    pub sha256: Sha256,
}

/// How much lies in a store that something shows.
///
/// # Errors
/// Whatever the database says.
pub async fn amount(db: &impl Db, store: StoreKind) -> Result<Amount> {
    crate::scrubs::amount(db, "live AND store = $1", [store.word().into()]).await
}

/// The live blobs in a store whose ids follow this one, at most so many; none after the last.
///
/// # Errors
/// Whatever the database says.
pub async fn list(db: &impl Db, store: StoreKind, after: BlobId, count_max: u32) -> Result<Vec<Staying>> {
    let sql =
        "SELECT id, size_bytes, sha256 FROM blobs WHERE live AND store = $1 AND id > $2 ORDER BY id LIMIT $3";
    let values = [store.word().into(), after.0.into(), i64::from(count_max).into()];
    let rows = db.raw().query_all_raw(statement(db, sql, values)).await.or_domain()?;
    rows.iter()
        .map(|row| {
            let sha256: Vec<u8> = row.try_get("", "sha256").or_domain()?;
            let sha256 = sha256.try_into().map_err(|_| Error::internal("a digest is not 32 bytes long"))?;
            Ok(Staying {
                id: BlobId(row.try_get("", "id").or_domain()?),
                size_bytes: crate::nodes::unsigned(row.try_get("", "size_bytes").or_domain()?),
                sha256: Sha256(sha256),
            })
        })
        .collect()
}

/// Says of those of these blobs that are still live, and still in the one store, that they lie in the other one. What was
/// condemned meanwhile stays where it is. Gives how many they were.
///
/// # Errors
/// Whatever the database says.
pub async fn switch(tx: &Tx, ids: &[BlobId], from: StoreKind, to: StoreKind) -> Result<u64> {
    let mut switched = 0;
    for ids in ids.chunks(AT_ONCE) {
        let sql = format!(
            "UPDATE blobs SET store = $2 WHERE store = $1 AND live AND id IN ({})",
            slots(ids.len(), 3)
        );
        let stores: [Value; 2] = [from.word().into(), to.word().into()];
        let values = stores.into_iter().chain(ids.iter().map(|id| id.0.into()));
        switched += tx.raw().execute_raw(statement(tx, &sql, values)).await.or_domain()?.rows_affected();
    }
    Ok(switched)
}
