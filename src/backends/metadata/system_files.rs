//! System files: their bytes lie beside their nodes in the database, and they have no blob and no history.

use domain::{BlobId, Content, Node, NodeId, NodeName, NodeTimes, Result, Seq, SpaceId, Timestamp};
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait, Value};
use uuid::Uuid;

use crate::error::DbResult;
use crate::rows::node;
use crate::{Db, Tx, spaces, statement};

/// What a new system file is made of.
pub struct NewSystemFile<'a> {
    /// Its identity in links.
    pub uuid: Uuid,
    /// The folder it goes into.
    pub parent: NodeId,
    /// Its name, free in that folder.
    pub name: &'a NodeName,
    /// What its bytes are; they are counted already.
    pub content: &'a Content,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
    /// The moment of its content.
    pub modified_at: Timestamp,
}

/// Makes a system file under the pen.
///
/// # Errors
/// Whatever the database says.
pub async fn insert(tx: &Tx, space: SpaceId, seq: Seq, new: NewSystemFile<'_>) -> Result<NodeId> {
    let row = node::ActiveModel {
        uuid: Set(new.uuid),
        space_id: Set(space.0),
        parent_id: Set(Some(new.parent.0)),
        name: Set(new.name.as_str().to_owned()),
        folder: Set(false),
        created_ms: Set(new.created_at.millis()),
        modified_ms: Set(new.modified_at.millis()),
        created_seq: Set(seq.0),
        changed_seq: Set(seq.0),
        tree_seq: Set(seq.0),
        system_bytes: Set(Some(spaces::signed(new.content.size_bytes)?)),
        system_sha256: Set(Some(new.content.sha256.0.to_vec())),
        ..Default::default()
    };
    let id = NodeId(node::Entity::insert(row).exec(tx.raw()).await.or_domain()?.last_insert_id);
    let sql = "INSERT INTO system_files (node_id, content) VALUES ($1, $2)";
    run(tx, sql, [id.0.into(), new.bytes.into()]).await?;
    Ok(id)
}

/// Gives a system file another content, which is counted already, with its times; the old one is not counted any
/// more.
///
/// # Errors
/// Whatever the database says.
pub async fn replace(
    tx: &Tx,
    node: &Node,
    content: &Content,
    bytes: Vec<u8>,
    times: NodeTimes,
) -> Result<()> {
    spaces::uncount_system(tx, node.space, node.size_bytes()).await?;
    let facts = "UPDATE nodes SET system_bytes = $2, system_sha256 = $3, created_ms = $4, modified_ms = $5 \
                 WHERE id = $1";
    let (size, sha256) = (spaces::signed(content.size_bytes)?, content.sha256.0.to_vec());
    let created = times.created_at.unwrap_or(node.created_at).millis();
    let modified = times.modified_at.unwrap_or(node.modified_at).millis();
    run(tx, facts, [node.id.0.into(), size.into(), sha256.into(), created.into(), modified.into()]).await?;
    let sql = "UPDATE system_files SET content = $2 WHERE node_id = $1";
    run(tx, sql, [node.id.0.into(), bytes.into()]).await
}

/// The bytes of a system file, if its content is still the one that is known of it.
///
/// # Errors
/// Whatever the database says.
pub async fn read(db: &impl Db, node: &Node) -> Result<Option<Vec<u8>>> {
    let sql = "SELECT f.content FROM system_files f JOIN nodes n ON n.id = f.node_id \
               WHERE f.node_id = $1 AND n.system_sha256 = $2";
    let sha256 = node.sha256().map(|sha256| sha256.0.to_vec());
    let row = db.raw().query_one_raw(statement(db, sql, [node.id.0.into(), sha256.into()])).await;
    row.or_domain()?.map(|row| row.try_get("", "content").or_domain()).transpose()
}

/// Gives the system files among the copies that the change `seq` made their bytes, which are counted already.
///
/// # Errors
/// Whatever the database says.
pub async fn copy_all(tx: &Tx, space: SpaceId, seq: Seq) -> Result<()> {
    let sql = "INSERT INTO system_files (node_id, content) \
               SELECT n.id, f.content FROM nodes n JOIN system_files f ON f.node_id = n.copied_from \
               WHERE n.space_id = $1 AND n.created_seq = $2";
    run(tx, sql, [space.0.into(), seq.0.into()]).await
}

/// Makes an ordinary file of a system file: its bytes are in a blob now, and the next change to it opens its
/// first revision.
///
/// # Errors
/// Whatever the database says.
pub async fn release(tx: &Tx, node: &Node, blob: Option<BlobId>) -> Result<()> {
    let facts = "UPDATE nodes SET system_bytes = NULL, system_sha256 = NULL, blob_id = $2 WHERE id = $1";
    run(tx, facts, [node.id.0.into(), blob.map(|blob| blob.0).into()]).await?;
    forget(tx, node).await
}

/// Removes a system file for good, with its locks and properties.
///
/// # Errors
/// Whatever the database says.
pub async fn purge(tx: &Tx, node: &Node) -> Result<()> {
    forget(tx, node).await?;
    // Locks that are over, too: they are rows until somebody sweeps them.
    run(tx, "DELETE FROM locks WHERE node_id = $1", [node.id.0.into()]).await?;
    run(tx, "DELETE FROM properties WHERE node_id = $1", [node.id.0.into()]).await?;
    run(tx, "DELETE FROM nodes WHERE id = $1", [node.id.0.into()]).await
}

async fn forget(tx: &Tx, node: &Node) -> Result<()> {
    run(tx, "DELETE FROM system_files WHERE node_id = $1", [node.id.0.into()]).await?;
    spaces::uncount_system(tx, node.space, node.size_bytes()).await
}

async fn run<const N: usize>(tx: &Tx, sql: &str, values: [Value; N]) -> Result<()> {
    tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain().map(drop)
}
