//! Files and folders: where a path leads, and the changes to single nodes.
//!
//! No row stores a path. A path is walked by one recursive statement whatever its depth, and renaming,
//! moving or trashing a folder of any size changes one row.

use domain::{
    Blob, BlobId, Caller, Content, Error, GRACE, Lock, Node, NodeId, NodeKind, NodeName, NodePath, NodeTimes,
    Quota, Result, Seq, Sha256, Space, SpaceId, Standing, StoreKind, Timestamp,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryResult,
    QueryTrait, Statement, UpdateMany, Value, sea_query::Expr,
};
use uuid::Uuid;

use crate::error::DbResult;
use crate::locks::LockRow;
use crate::rows::node;
use crate::together::Step;
use crate::{Db, Tx, statement};

/// The columns of a node `n` with its blob `b`, as [`NodeRow`] reads them.
pub(crate) const COLUMNS: &str = "n.id, n.uuid, n.space_id, n.parent_id, n.name, n.folder, n.created_ms, \
    n.modified_ms, n.tree_seq, n.system_bytes, n.system_sha256, b.id AS blob_id, b.size_bytes, b.sha256, \
    b.media_type, b.created_ms AS blob_created_ms, b.store AS blob_store";

/// The columns of the space `s` of a node `n`, as [`space_of`] reads them beside those of the node.
pub(crate) const SPACE_COLUMNS: &str =
    "s.root_id, s.seq, s.history_seq, s.restored_seq, s.used_bytes, s.reserved_bytes, s.quota_bytes";

#[derive(FromQueryResult)]
struct NodeRow {
    id: i64,
    uuid: Uuid,
    space_id: Uuid,
    parent_id: Option<i64>,
    name: String,
    folder: bool,
    created_ms: i64,
    modified_ms: i64,
    tree_seq: i64,
    system_bytes: Option<i64>,
    system_sha256: Option<Vec<u8>>,
    blob_id: Option<Uuid>,
    size_bytes: Option<i64>,
    sha256: Option<Vec<u8>>,
    media_type: Option<String>,
    blob_created_ms: Option<i64>,
    blob_store: Option<String>,
}

/// How far a path leads, and what stands along it.
#[derive(Debug, Clone)]
pub struct Located {
    /// The space it was walked in.
    pub space: Space,
    /// The nodes found, from the root of the space down.
    pub found: Vec<Node>,
    /// How many names the path has.
    pub depth: usize,
    /// The locks on the nodes found that have not expired.
    pub locks: Vec<Lock>,
    /// Those that have, and may still be referred to for the time of [`GRACE`].
    pub lapsed: Vec<Lock>,
}

impl Located {
    /// What is at the path, if anything.
    pub fn node(&self) -> Option<&Node> {
        self.found.get(self.depth)
    }

    /// The folder the last name of the path is in, or would be in; the root is in none.
    pub fn parent(&self) -> Option<&Node> {
        self.found.get(self.depth.checked_sub(1)?).filter(|node| node.is_folder())
    }

    /// The same place as if nothing was there.
    pub fn vacant(mut self) -> Self {
        if let Some(node) = self.found.get(self.depth) {
            self.locks.retain(|lock| lock.node != node.id);
        }
        self.lapsed.clear();
        self.found.truncate(self.depth);
        self
    }

    /// The numbers of the folders above the path, from the root down.
    pub fn ancestors(&self) -> Vec<NodeId> {
        self.found.iter().take(self.depth).map(|node| node.id).collect()
    }

    /// How things stand at the path.
    pub fn standing(&self) -> Standing<'_> {
        let on_target = |lock: &&Lock| self.node().is_some_and(|node| node.id == lock.node);
        Standing {
            node: self.node(),
            parent: self.parent(),
            locks: self.locks.iter().collect(),
            lapsed: self.lapsed.iter().filter(on_target).collect(),
        }
    }
}

/// Walks a path from the root of a space, in one statement.
///
/// # Errors
/// [`NotFound`](Error::NotFound) when there is no such space; whatever the database says.
pub async fn locate(db: &impl Db, root: NodeId, path: &NodePath, now: Timestamp) -> Result<Located> {
    walk(db, root, path, "", now).await
}

/// The walk of [`locate`], which may also begin `elsewhere`: at what a question, with `names (depth, name)` at hand,
/// says beside the root.
pub(crate) async fn walk(
    db: &impl Db,
    root: NodeId,
    path: &NodePath,
    elsewhere: &str,
    now: Timestamp,
) -> Result<Located> {
    let mut values: Vec<Value> = vec![root.0.into(), now.before(GRACE).millis().into()];
    let mut names = String::new();
    for (index, name) in path.names().iter().enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        names.push_str(&format!("{comma}({}, CAST(${} AS TEXT))", index + 1, index + 3));
        values.push(name.as_str().into());
    }
    let steps =
        if names.is_empty() { "SELECT 0, '' WHERE 1 = 0".to_owned() } else { format!("VALUES {names}") };
    let sql = format!(
        "WITH RECURSIVE names (depth, name) AS ({steps}), walk (depth, id) AS ( \
           SELECT 0, id FROM nodes WHERE id = $1 {elsewhere} \
           UNION ALL \
           SELECT walk.depth + 1, n.id FROM walk \
           JOIN names ON names.depth = walk.depth + 1 \
           JOIN nodes n ON n.parent_id = walk.id AND n.name = names.name AND n.trashed_ms IS NULL \
         ) \
         SELECT walk.depth, {COLUMNS}, {SPACE_COLUMNS}, {lock} \
         FROM walk JOIN nodes n ON n.id = walk.id JOIN spaces s ON s.id = n.space_id \
         LEFT JOIN blobs b ON b.id = n.blob_id \
         LEFT JOIN locks l ON l.node_id = n.id AND l.expires_ms > $2 \
         ORDER BY walk.depth",
        lock = LockRow::COLUMNS,
    );
    let rows = db.raw().query_all_raw(statement(db, &sql, values)).await.or_domain()?;
    let Some(first) = rows.first() else {
        return Err(Error::NotFound("There is no such space.".into()));
    };
    let mut located = Located {
        space: space_of(first)?,
        found: Vec::new(),
        depth: path.depth(),
        locks: Vec::new(),
        lapsed: Vec::new(),
    };
    for row in &rows {
        let node = read_node(row)?;
        if located.found.last().is_none_or(|last| last.id != node.id) {
            located.found.push(node);
        }
        match LockRow::read(row)? {
            Some(lock) if lock.has_lapsed(now) => located.lapsed.push(lock),
            lock => located.locks.extend(lock),
        }
    }
    Ok(located)
}

pub(crate) fn space_of(row: &QueryResult) -> Result<Space> {
    let number = |column: &str| row.try_get::<i64>("", column).or_domain();
    let limit: Option<i64> = row.try_get("", "quota_bytes").or_domain()?;
    Ok(Space {
        id: SpaceId(row.try_get("", "space_id").or_domain()?),
        root: NodeId(number("root_id")?),
        seq: Seq(number("seq")?),
        history: Seq(number("history_seq")?),
        restored: Seq(number("restored_seq")?),
        quota: Quota {
            used_bytes: unsigned(number("used_bytes")?),
            reserved_bytes: unsigned(number("reserved_bytes")?),
            limit_bytes: limit.map(unsigned),
        },
    })
}

/// What a new node is made of.
pub struct NewNode {
    /// Its identity in links.
    pub uuid: Uuid,
    /// The folder it goes into.
    pub parent: NodeId,
    /// Its name, free in that folder.
    pub name: NodeName,
    /// Whether it is a folder.
    pub folder: bool,
    /// The content of a file that has any.
    pub blob: Option<BlobId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// The moment of its content.
    pub modified_at: Timestamp,
}

/// Makes a node under the pen of `seq`; its first revision is opened with it.
///
/// # Errors
/// Whatever the database says.
pub async fn insert(tx: &Tx, caller: &Caller, space: SpaceId, seq: Seq, new: NewNode) -> Result<NodeId> {
    let row = node::ActiveModel {
        uuid: Set(new.uuid),
        space_id: Set(space.0),
        parent_id: Set(Some(new.parent.0)),
        name: Set(new.name.as_str().to_owned()),
        folder: Set(new.folder),
        blob_id: Set(new.blob.map(|blob| blob.0)),
        created_ms: Set(new.created_at.millis()),
        modified_ms: Set(new.modified_at.millis()),
        created_seq: Set(seq.0),
        changed_seq: Set(seq.0),
        tree_seq: Set(seq.0),
        ..Default::default()
    };
    let made = node::Entity::insert(row).build(tx.raw().get_database_backend());
    crate::revisions::begin(tx, caller, seq, made).await
}

/// What changes about a node.
pub enum Change<'a> {
    /// It has this content now, and these are its moments; an empty file has no blob.
    Content(Option<BlobId>, NodeTimes),
    /// Its content is the same, and these are its moments.
    Touched(NodeTimes),
    /// It is called this now, in this folder, and if it was in the trash it is back.
    Place(NodeId, &'a NodeName),
    /// It lies in the trash from this moment, an entry under the first of these names that no other has there.
    Trashed(Timestamp, &'a [NodeName; 4]),
    /// It lies in the trash from this moment, and comes back only with this other node. One that is there
    /// with itself is nothing anybody could want back.
    TrashedWith(Timestamp, NodeId),
}

/// Changes a node under the pen of `seq`: its revision is closed and the next one opened, unless it is a
/// system file, which has none.
///
/// # Errors
/// Whatever the database says.
pub async fn change(tx: &Tx, caller: &Caller, seq: Seq, id: NodeId, change: Change<'_>) -> Result<()> {
    let changed = update(tx, seq, id, change);
    crate::revisions::go_on(tx, caller, seq, id, changed).await
}

/// What changes the row of a node; its history is for whoever sends it.
pub(crate) fn update(tx: &Tx, seq: Seq, id: NodeId, change: Change<'_>) -> Statement {
    use node::Column::{
        BlobId as Blob, ChangedSeq, Id, Name, ParentId, TrashName, TrashedMs, TrashedWith, TreeSeq,
    };
    let update = node::Entity::update_many()
        .col_expr(ChangedSeq, Expr::value(seq.0))
        .col_expr(TreeSeq, Expr::value(seq.0))
        .filter(Id.eq(id.0));
    let update = match change {
        Change::Content(blob, times) => {
            set_times(update.col_expr(Blob, Expr::value(blob.map(|blob| blob.0))), times)
        }
        Change::Touched(times) => set_times(update, times),
        Change::Place(parent, name) => update
            .col_expr(ParentId, Expr::value(parent.0))
            .col_expr(Name, Expr::value(name.as_str()))
            .col_expr(TrashedMs, Expr::value(None::<i64>))
            .col_expr(TrashedWith, Expr::value(None::<i64>))
            .col_expr(TrashName, Expr::value(None::<String>)),
        Change::Trashed(at, names) => return crate::trash::enter(tx, seq, id, at, names),
        Change::TrashedWith(at, other) => {
            update.col_expr(TrashedMs, Expr::value(at.millis())).col_expr(TrashedWith, Expr::value(other.0))
        }
    };
    update.build(tx.raw().get_database_backend())
}

fn set_times(mut update: UpdateMany<node::Entity>, times: NodeTimes) -> UpdateMany<node::Entity> {
    use node::Column::{CreatedMs, ModifiedMs};
    for (column, at) in [(CreatedMs, times.created_at), (ModifiedMs, times.modified_at)] {
        if let Some(at) = at {
            update = update.col_expr(column, Expr::value(at.millis()));
        }
    }
    update
}

/// Gives a node another identity, so that something else can have the one it had.
///
/// # Errors
/// Whatever the database says.
pub async fn identify(tx: &Tx, id: NodeId, uuid: Uuid) -> Result<()> {
    let sql = "UPDATE nodes SET uuid = $2 WHERE id = $1";
    tx.raw().execute_raw(statement(tx, sql, [id.0.into(), uuid.into()])).await.or_domain().map(drop)
}

/// Notes on these folders that something below them, or about them, changed.
///
/// # Errors
/// Whatever the database says.
pub async fn stir(tx: &Tx, seq: Seq, nodes: impl IntoIterator<Item = NodeId>) -> Result<()> {
    let stirred = node::Entity::update_many()
        .col_expr(node::Column::TreeSeq, Expr::value(seq.0))
        .filter(node::Column::Id.is_in(nodes.into_iter().map(|id| id.0)))
        .build(tx.raw().get_database_backend());
    tx.along(Step::built("", stirred)).await
}

pub(crate) fn read_node(row: &QueryResult) -> Result<Node> {
    let row = NodeRow::from_query_result(row, "").or_domain()?;
    let blob = match (row.blob_id, row.size_bytes, row.sha256, row.blob_created_ms) {
        (Some(id), Some(size), Some(sha256), Some(created_ms)) => Some(Blob {
            id: BlobId(id),
            content: content(size, sha256, row.media_type)?,
            created_at: Timestamp::from_millis(created_ms),
            store: StoreKind::parse(row.blob_store.as_deref().unwrap_or_default())?,
        }),
        _ => None,
    };
    let kind = match (row.folder, row.system_bytes, row.system_sha256) {
        (true, ..) => NodeKind::Folder,
        (false, Some(size), Some(sha256)) => NodeKind::System(content(size, sha256, None)?),
        (false, ..) => NodeKind::File(blob),
    };
    Ok(Node {
        id: NodeId(row.id),
        uuid: row.uuid,
        space: SpaceId(row.space_id),
        parent: row.parent_id.map(NodeId),
        name: NodeName::stored(row.name),
        kind,
        tree_seq: Seq(row.tree_seq),
        created_at: Timestamp::from_millis(row.created_ms),
        modified_at: Timestamp::from_millis(row.modified_ms),
    })
}

fn content(size: i64, sha256: Vec<u8>, media_type: Option<String>) -> Result<Content> {
    let sha256 = sha256.try_into().map_err(|_| Error::internal("a digest is not 32 bytes long"))?;
    Ok(Content { size_bytes: unsigned(size), sha256: Sha256(sha256), media_type })
}

/// Databases know no unsigned numbers; these columns never hold a negative one.
pub(crate) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
