//! What the database knows of blobs: registered before their first byte, live once a node shows them.

use domain::{BlobId, Content, Error, Result, ServerId, SpaceId, StoreKind, Timestamp};
use sea_orm::{ActiveValue::Set, ConnectionTrait, DbBackend, EntityTrait, QueryResult, QueryTrait, Value};
use uuid::Uuid;

use crate::error::DbResult;
use crate::lists::{AT_ONCE, slots};
use crate::nodes::unsigned;
use crate::rows::blob;
use crate::together::{self, Step};
use crate::{Db, Metadata, Tx, again, error, reservations, servers, spaces, statement};

/// Registered, and not live yet.
const PENDING: &str = "NOT live AND condemned_ms IS NULL";

/// No history refers to it. That is so of whatever is pending, unless somebody has damaged the row; then its bytes are all
/// there is, and must not be taken for those of an upload that was given up.
const UNSHOWN: &str = "NOT EXISTS (SELECT 1 FROM revisions r WHERE r.blob_id = blobs.id)";

/// Where the bytes of a blob go, and what stands with them there.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The store.
    pub store: StoreKind,
    /// The path of its file, if the store is told it.
    pub original_path: Option<&'a str>,
}

impl From<StoreKind> for Place<'static> {
    fn from(store: StoreKind) -> Self {
        Self { store, original_path: None }
    }
}

/// Registers a blob before its first byte is written into a store, so that whatever lies in the store without a live
/// row is garbage by construction.
///
/// # Errors
/// Whatever the database says.
pub async fn register(
    metadata: &Metadata,
    id: BlobId,
    place: impl Into<Place<'_>>,
    now: Timestamp,
) -> Result<()> {
    together::change(metadata, vec![insert(metadata, id, place.into(), now, None)?]).await.map(drop)
}

/// The row of a new blob, with what it has set aside.
pub(crate) fn insert(
    metadata: &Metadata,
    id: BlobId,
    place: Place<'_>,
    now: Timestamp,
    reserved: Option<(SpaceId, u64)>,
) -> Result<Step> {
    let row = blob::ActiveModel {
        id: Set(id.0),
        live: Set(false),
        size_bytes: Set(0),
        created_ms: Set(now.millis()),
        space_id: Set(reserved.map(|(space, _)| space.0)),
        reserved_bytes: Set(spaces::signed(reserved.map_or(0, |(_, bytes)| bytes))?),
        server_id: Set(metadata.server().map(|server| server.0)),
        store: Set(place.store.word().to_owned()),
        original_path: Set(place.original_path.map(str::to_owned)),
        ..Default::default()
    };
    Ok(Step::built("", blob::Entity::insert(row).build(metadata.raw().get_database_backend())))
}

/// Declares a registered blob live, in the transaction that shows it in a node. What it has set aside is no longer its
/// own: whoever took the pen has settled it.
///
/// # Errors
/// [`Unavailable`](Error::Unavailable) when it is no longer this server's: others took it for gone, and gave up what it
/// was receiving.
pub async fn enliven(tx: &Tx, id: BlobId, content: &Content) -> Result<()> {
    let sql = "UPDATE blobs SET live = TRUE, size_bytes = $2, sha256 = $3, media_type = $4, \
                 space_id = NULL, reserved_bytes = 0, server_id = NULL \
               WHERE id = $1 AND NOT live AND condemned_ms IS NULL AND server_id IS NOT DISTINCT FROM $5";
    let size = i64::try_from(content.size_bytes).map_err(Error::internal)?;
    let digest = content.sha256.0.to_vec();
    let values =
        [id.0.into(), size.into(), digest.into(), content.media_type.clone().into(), tx.own_server()];
    tx.along(Step::new("", sql, values).required()).await
}

/// What an upload hears whose blob is no longer its server's.
pub(crate) fn given_up(id: BlobId) -> Error {
    error::given_up(format_args!("blob {id} is not registered, or no longer by this server"))
}

/// What may be done with the bytes of an upload that is over.
#[derive(Debug)]
pub enum Abandoned {
    /// It never became live and never will: nobody but this server may do anything with what lies there now.
    Ours(Leftover),
    /// Nobody knows it any more: it never became live.
    Unknown,
    /// It became live.
    Shown,
}

/// A blob that never became live.
#[derive(Debug)]
pub struct Leftover {
    id: BlobId,
    /// Where its bytes lie.
    pub store: StoreKind,
    space: Option<SpaceId>,
    reserved_bytes: i64,
}

/// Takes over a blob that is registered and did not become live: from here on, whoever registered it cannot make it live
/// any more, unless that was this server. It waits for whoever is about to do so.
///
/// # Errors
/// Whatever the database says.
pub async fn abandon(metadata: &Metadata, id: BlobId) -> Result<Abandoned> {
    again(|| async move {
        let tx = metadata.begin().await?;
        // A write even where nothing changes, so that the row is waited for.
        let sql = format!(
            "UPDATE blobs SET server_id = $2 WHERE id = $1 AND {PENDING} AND {UNSHOWN} \
             RETURNING store, space_id, reserved_bytes"
        );
        let taken = tx.raw().query_one_raw(statement(&tx, &sql, [id.0.into(), tx.own_server()])).await;
        let abandoned = match taken.or_domain()? {
            Some(row) => Abandoned::Ours(leftover(id, &row)?),
            None if find(&tx, id).await?.is_some() => Abandoned::Shown,
            None => Abandoned::Unknown,
        };
        tx.commit().await?;
        Ok(abandoned)
    })
    .await
}

fn leftover(id: BlobId, row: &QueryResult) -> Result<Leftover> {
    let space: Option<Uuid> = row.try_get("", "space_id").or_domain()?;
    let reserved_bytes = row.try_get("", "reserved_bytes").or_domain()?;
    Ok(Leftover { id, store: store_of(row)?, space: space.map(SpaceId), reserved_bytes })
}

/// Forgets a blob that never became live, and gives back what it has set aside; a live one is left alone. The space comes
/// first, as in every change: two that want the rows of each other would wait for ever. Says whether there was one that has
/// set aside just this.
///
/// # Errors
/// Whatever the database says.
pub async fn forget(metadata: &Metadata, leftover: &Leftover) -> Result<bool> {
    let given_back = reservations::give_back(leftover.space, leftover.reserved_bytes);
    let sql = format!("DELETE FROM blobs WHERE id = $1 AND {PENDING} AND reserved_bytes = $2");
    let forgotten = Step::new("", sql, [leftover.id.0.into(), leftover.reserved_bytes.into()]).required();
    let steps = given_back.into_iter().chain([forgotten]).collect();
    // If it is not there, somebody else has forgotten it, with what it had.
    together::change(metadata, steps).await
}

/// Whether a blob is registered by this server and did not become live so far.
pub(crate) async fn is_received(metadata: &Metadata, id: BlobId) -> Result<bool> {
    let sql =
        format!("SELECT id FROM blobs WHERE id = $1 AND {PENDING} AND server_id IS NOT DISTINCT FROM $2");
    Ok(!ids(metadata, &sql, vec![id.0.into(), own(metadata.server())]).await?.is_empty())
}

/// Blobs registered before a moment that never became live, and that no other server receives.
///
/// # Errors
/// Whatever the database says.
pub async fn pending(metadata: &Metadata, before: Timestamp) -> Result<Vec<BlobId>> {
    let sql = format!(
        "SELECT id FROM blobs WHERE {PENDING} AND {UNSHOWN} AND created_ms < $1 \
         AND (server_id IS NULL OR server_id IS NOT DISTINCT FROM $2)"
    );
    ids(metadata, &sql, vec![before.millis().into(), own(metadata.server())]).await
}

/// Blobs that never became live and that nobody receives any more, because the server that did is gone.
///
/// # Errors
/// Whatever the database says.
pub async fn left_over(metadata: &Metadata) -> Result<Vec<BlobId>> {
    let gone = servers::given_up(metadata);
    let sql = format!("SELECT id FROM blobs WHERE {PENDING} AND {UNSHOWN} AND {gone}");
    ids(metadata, &sql, vec![own(metadata.server())]).await
}

fn own(server: Option<ServerId>) -> Value {
    server.map(|server| server.0).into()
}

impl Tx {
    /// The server this process is, as a value of a statement.
    pub(crate) fn own_server(&self) -> Value {
        own(self.server)
    }
}

/// Condemns those of these live blobs that no revision refers to any more: their bytes may be removed once whoever reads
/// them has had time to end. In the transaction that took the last reference away.
///
/// # Errors
/// Whatever the database says.
pub async fn condemn(tx: &Tx, now: Timestamp, among: &[BlobId]) -> Result<()> {
    let mut among = among.to_vec();
    among.sort_unstable_by_key(|id| id.0);
    among.dedup();
    for ids in among.chunks(AT_ONCE) {
        let listed = ids.iter().map(|id| Value::from(id.0));
        if tx.raw().get_database_backend() == DbBackend::Postgres {
            // A blob may be in two spaces. Whoever takes its reference in the other one away is waited for, in the same order
            // everywhere; only a statement that begins after that sees what they did.
            let sql = format!(
                "SELECT id FROM blobs WHERE id IN ({}) ORDER BY id FOR NO KEY UPDATE",
                slots(ids.len(), 1)
            );
            tx.raw().query_all_raw(statement(tx, &sql, listed.clone())).await.or_domain()?;
        }
        let sql = format!(
            "UPDATE blobs SET live = FALSE, condemned_ms = $1 WHERE live AND id IN ({}) \
             AND NOT EXISTS (SELECT 1 FROM revisions r WHERE r.blob_id = blobs.id)",
            slots(ids.len(), 2)
        );
        let values = [now.millis().into()].into_iter().chain(listed);
        tx.raw().execute_raw(statement(tx, &sql, values)).await.or_domain()?;
    }
    Ok(())
}

/// The next live blobs that nothing refers to, which must not be; at most so many. This looks at every live blob there
/// is, so nobody should have to wait for it.
///
/// # Errors
/// Whatever the database says.
pub async fn unreferenced(metadata: &Metadata, count_max: u32) -> Result<Vec<BlobId>> {
    let sql = format!(
        "SELECT id FROM blobs WHERE live AND {UNSHOWN} \
         AND NOT EXISTS (SELECT 1 FROM nodes n WHERE n.blob_id = blobs.id) LIMIT $1"
    );
    ids(metadata, &sql, vec![i64::from(count_max).into()]).await
}

/// What is known of one blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Registered {
    /// Which one.
    pub id: BlobId,
    /// What has become of it.
    pub state: State,
    /// Where it lies.
    pub store: StoreKind,
    /// How many bytes it has, if it is or was live.
    pub size_bytes: u64,
    /// Whether its bytes were others than they must be when they were last read.
    pub is_damaged: bool,
}

/// What has become of a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Its bytes are on their way, or it was given up.
    Pending,
    /// Something shows it, or did.
    Live,
    /// Nothing refers to it any more.
    Condemned,
}

/// The blobs that follow an id in the order of ids, whatever has become of them.
///
/// # Errors
/// Whatever the database says.
pub async fn list(db: &impl Db, after: Option<BlobId>, count_max: u32) -> Result<Vec<Registered>> {
    let (beginning, after) = match after {
        Some(after) => ("WHERE id > $2", vec![after.0.into()]),
        None => ("", Vec::new()),
    };
    let sql = format!(
        "SELECT id, live, condemned_ms, size_bytes, damaged_ms, store FROM blobs {beginning} ORDER BY id LIMIT $1"
    );
    let values = [i64::from(count_max).into()].into_iter().chain(after);
    let rows = db.raw().query_all_raw(statement(db, &sql, values)).await.or_domain()?;
    rows.iter().map(registered).collect()
}

/// How many blobs are registered, whatever has become of them.
///
/// # Errors
/// Whatever the database says.
pub async fn count(db: &impl Db) -> Result<u64> {
    let row = db.raw().query_one_raw(statement(db, "SELECT COUNT(*) AS count FROM blobs", [])).await;
    let row = row.or_domain()?.ok_or_else(|| Error::internal("a count without a row"))?;
    row.try_get("", "count").or_domain().map(unsigned)
}

/// One blob, if it is registered.
///
/// # Errors
/// Whatever the database says.
pub async fn find(db: &impl Db, id: BlobId) -> Result<Option<Registered>> {
    let sql = "SELECT id, live, condemned_ms, size_bytes, damaged_ms, store FROM blobs WHERE id = $1";
    let row = db.raw().query_one_raw(statement(db, sql, [id.0.into()])).await.or_domain()?;
    row.as_ref().map(registered).transpose()
}

fn registered(row: &QueryResult) -> Result<Registered> {
    let condemned_ms: Option<i64> = row.try_get("", "condemned_ms").or_domain()?;
    let damaged_ms: Option<i64> = row.try_get("", "damaged_ms").or_domain()?;
    let state = match (row.try_get("", "live").or_domain()?, condemned_ms) {
        (true, _) => State::Live,
        (false, Some(_)) => State::Condemned,
        (false, None) => State::Pending,
    };
    let size_bytes = unsigned(row.try_get("", "size_bytes").or_domain()?);
    Ok(Registered {
        id: BlobId(row.try_get("", "id").or_domain()?),
        state,
        store: store_of(row)?,
        size_bytes,
        is_damaged: damaged_ms.is_some(),
    })
}

/// The column `store`.
pub(crate) fn store_of(row: &QueryResult) -> Result<StoreKind> {
    StoreKind::parse(&row.try_get::<String>("", "store").or_domain()?)
}

async fn ids(metadata: &Metadata, sql: &str, values: Vec<Value>) -> Result<Vec<BlobId>> {
    let rows = metadata.raw().query_all_raw(statement(metadata, sql, values)).await.or_domain()?;
    rows.iter().map(|row| Ok(BlobId(row.try_get("", "id").or_domain()?))).collect()
}
