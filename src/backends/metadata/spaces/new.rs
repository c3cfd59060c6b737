//! A new space, with its top folder.

use domain::{Error, NodeId, Result, SpaceId, Timestamp, Tree, UserId};
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait};
use uuid::Uuid;

use crate::error::DbResult;
use crate::rows::{node, revision, space};
use crate::{Db, Tx, statement};

/// What a new space is made of.
pub struct NewSpace {
    /// Its identity.
    pub id: SpaceId,
    /// Whose personal space it is; none for that of a project.
    pub owner: Option<UserId>,
    /// The identity of its top folder in links.
    pub root_uuid: Uuid,
    /// Who makes it.
    pub by: UserId,
    /// What it may hold in bytes; none for no limit.
    pub quota_bytes: Option<u64>,
}

/// Makes an empty space with its top folder.
///
/// # Errors
/// [`Invalid`](Error::Invalid) for a larger quota than a database can count.
pub(crate) async fn insert(tx: &Tx, now: Timestamp, new: NewSpace) -> Result<Tree> {
    let row = space::ActiveModel {
        id: Set(new.id.0),
        owner_id: Set(new.owner.map(|owner| owner.0)),
        // The root folder refers to the space and the space to its root: one of them comes second.
        root_id: Set(None),
        seq: Set(0),
        history_seq: Set(0),
        history_ms: Set(0),
        used_bytes: Set(0),
        quota_bytes: Set(limit(new.quota_bytes)?),
        system_bytes: Set(0),
        reserved_bytes: Set(0),
        restored_seq: Set(0),
        condemned_ms: Set(None),
    };
    space::Entity::insert(row).exec_without_returning(tx.raw()).await.or_domain()?;
    let root = insert_root(tx, now, &new).await?;
    let sql = "UPDATE spaces SET root_id = $2 WHERE id = $1";
    tx.raw().execute_raw(statement(tx, sql, [new.id.0.into(), root.0.into()])).await.or_domain()?;
    Ok(Tree { space: new.id, root })
}

async fn insert_root(tx: &Tx, now: Timestamp, new: &NewSpace) -> Result<NodeId> {
    let root = node::ActiveModel {
        uuid: Set(new.root_uuid),
        space_id: Set(new.id.0),
        name: Set(String::new()),
        folder: Set(true),
        created_ms: Set(now.millis()),
        modified_ms: Set(now.millis()),
        created_seq: Set(0),
        changed_seq: Set(0),
        tree_seq: Set(0),
        ..Default::default()
    };
    let id = node::Entity::insert(root).exec(tx.raw()).await.or_domain()?.last_insert_id;
    let first = revision::ActiveModel {
        space_id: Set(new.id.0),
        node_id: Set(id),
        from_seq: Set(0),
        name: Set(String::new()),
        trashed: Set(false),
        modified_ms: Set(now.millis()),
        by_user: Set(new.by.0),
        at_ms: Set(now.millis()),
        ..Default::default()
    };
    revision::Entity::insert(first).exec_without_returning(tx.raw()).await.or_domain()?;
    Ok(NodeId(id))
}

/// A quota as a row has it.
///
/// # Errors
/// [`Invalid`](Error::Invalid) for more bytes than a database can count.
pub(crate) fn limit(bytes: Option<u64>) -> Result<Option<i64>> {
    let too_much = |_| Error::Invalid("A quota can be at most 9223372036854775807 bytes.".into());
    bytes.map(i64::try_from).transpose().map_err(too_much)
}
