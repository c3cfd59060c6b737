//! What requests with an Idempotency-Key have made, so that one that comes again finds it instead of making it again.
//!
//! What was asked may have held a password, so of it a digest is kept that needs the key, and of the key another: neither is
//! guessed at by who reads the rows.

use domain::{Code, Error, Message, Once, Result, Timestamp, UserId};
use hmac::{Hmac, KeyInit, Mac};
use sea_orm::ConnectionTrait;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::error::DbResult;
use crate::{Db, Tx, statement};

/// Notes what a request makes, in the transaction that makes it; or says what the same request has made before.
///
/// # Errors
/// [`Invalid`](Error::Invalid) when the key came with another request.
pub async fn claim(
    tx: &Tx,
    user: UserId,
    once: &Once,
    resource: Uuid,
    now: Timestamp,
) -> Result<Option<Uuid>> {
    // Two of them at once: the second waits here for the first.
    let sql = "INSERT INTO idempotency_keys (user_id, key, fingerprint, resource_id, created_ms) \
               VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
    let values =
        [user.0.into(), digest(once).into(), keyed(once)?.into(), resource.into(), now.millis().into()];
    if tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain()?.rows_affected() > 0 {
        return Ok(None);
    }
    let known = find(tx, user, once).await?;
    known.map(Some).ok_or_else(|| Error::contended("an idempotency key was forgotten just now"))
}

/// What the same request has made before, if it has.
///
/// # Errors
/// [`Invalid`](Error::Invalid) when the key came with another request.
pub async fn find(db: &impl Db, user: UserId, once: &Once) -> Result<Option<Uuid>> {
    let sql = "SELECT fingerprint, resource_id FROM idempotency_keys WHERE user_id = $1 AND key = $2";
    let values = [user.0.into(), digest(once).into()];
    let row = db.raw().query_one_raw(statement(db, sql, values)).await.or_domain()?;
    let Some(row) = row else { return Ok(None) };
    match row.try_get::<Vec<u8>>("", "fingerprint").or_domain()? == keyed(once)? {
        true => Ok(Some(row.try_get("", "resource_id").or_domain()?)),
        false => Err(Error::Invalid(Message::coded(
            Code::KeyReused,
            "This Idempotency-Key came with another request before; use a new one for each.",
        ))),
    }
}

/// Corrects what was noted in the same transaction, where it turned out to be something else.
///
/// # Errors
/// Whatever the database says.
pub async fn correct(tx: &Tx, user: UserId, once: &Once, resource: Uuid) -> Result<()> {
    let sql = "UPDATE idempotency_keys SET resource_id = $3 WHERE user_id = $1 AND key = $2";
    let values = [user.0.into(), digest(once).into(), resource.into()];
    tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain().map(drop)
}

/// Forgets keys of before a moment, at most so many, and says how many.
///
/// # Errors
/// Whatever the database says.
pub async fn forget(tx: &Tx, before: Timestamp, count_max: u32) -> Result<u64> {
    let sql = "DELETE FROM idempotency_keys WHERE (user_id, key) IN ( \
                 SELECT user_id, key FROM idempotency_keys WHERE created_ms < $1 LIMIT $2)";
    let values = [before.millis().into(), i64::from(count_max).into()];
    Ok(tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain()?.rows_affected())
}

fn digest(once: &Once) -> String {
    hex::encode(Sha256::digest(&once.key))
}

/// The fingerprint under the key, as HMAC-SHA-256.
fn keyed(once: &Once) -> Result<Vec<u8>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(once.key.as_bytes()).map_err(Error::internal)?;
    mac.update(&once.fingerprint);
    Ok(mac.finalize().into_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use domain::{Role, Secret, SpaceId, UserName};
    use scratch::Database;

    use super::*;
    use crate::{Metadata, MetadataConfig, schema, users};

    const NOW: Timestamp = Timestamp::from_millis(1_000_000_000);

    async fn user(tx: &Tx) -> UserId {
        let new = users::NewUser {
            id: UserId(Uuid::new_v4()),
            name: UserName::parse("ann").unwrap(),
            role: Role::User,
            display_name: String::new(),
            confirmed: true,
            approved: true,
            password_hash: None,
            space: SpaceId(Uuid::new_v4()),
            root_uuid: Uuid::new_v4(),
            quota_bytes: None,
        };
        users::insert(tx, NOW, new).await.unwrap().id
    }

    #[tokio::test]
    async fn a_request_is_known_again_by_rows_that_tell_neither_its_key_nor_what_it_asked() {
        let (folder, database) = (tempfile::TempDir::new().unwrap(), Database::if_scaled());
        let config = MetadataConfig {
            url: database.as_ref().map(|database| Secret::new(database.url())),
            connections: 4,
            readers: 2,
            busy_seconds: 10,
            durability: domain::Durability::default(),
        };
        let db = Metadata::open(&config, folder.path()).await.unwrap();
        schema::migrate(&db, NOW).await.unwrap();
        let tx = db.begin().await.unwrap();
        let ann = user(&tx).await;
        let once =
            |key: &str, body: &[u8]| Once { key: key.to_owned(), fingerprint: Sha256::digest(body).into() };
        let (first, made, other) = (once("key-1", b"password"), Uuid::from_u128(1), Uuid::from_u128(2));
        assert_eq!(claim(&tx, ann, &first, made, NOW).await.unwrap(), None);
        assert_eq!(claim(&tx, ann, &first, other, NOW).await.unwrap(), Some(made));
        correct(&tx, ann, &first, other).await.unwrap();
        assert_eq!(claim(&tx, ann, &first, made, NOW).await.unwrap(), Some(other));
        assert_eq!(claim(&tx, ann, &once("key-2", b"password"), made, NOW).await.unwrap(), None);
        let reused = claim(&tx, ann, &once("key-1", b"another"), made, NOW).await.unwrap_err();
        assert_eq!(reused.code(), Code::KeyReused);

        let sql = "SELECT key, fingerprint FROM idempotency_keys";
        let rows = tx.raw().query_all_raw(statement(&tx, sql, [])).await.unwrap();
        let kept: Vec<(String, Vec<u8>)> = rows
            .iter()
            .map(|row| (row.try_get("", "key").unwrap(), row.try_get("", "fingerprint").unwrap()))
            .collect();
        assert!(kept.iter().all(|(key, _)| !key.contains("key-")), "{kept:?}");
        assert!(kept.iter().all(|(_, fingerprint)| *fingerprint != first.fingerprint), "{kept:?}");
        assert_ne!(kept[0].1, kept[1].1, "the same request under another key looks otherwise");
    }
}
