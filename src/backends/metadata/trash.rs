//! The trash of a space: its entries, each under a name of its own, and what lies below those that are folders.

use std::collections::HashMap;

use domain::{
    Node, NodeFilter, NodeId, NodeName, NodeOrder, NodePath, Page, PageRequest, Removal, Result, Seq,
    SpaceId, Timestamp, VirtualFolder,
};
use sea_orm::{ConnectionTrait, QueryResult, Statement, Value};
use uuid::Uuid;

use crate::error::DbResult;
use crate::listing::{Id, Listing};
use crate::lists::slots;
use crate::members::{Member, by, name_after, properties_of_n, read_all, shown};
use crate::nodes::{self, COLUMNS, Located, read_node};
use crate::{Db, Tx, statement};

/// The entry that the second name of a path means.
const ENTRY: &str = "UNION ALL SELECT names.depth, n.id FROM names JOIN nodes top ON top.id = $1 \
    JOIN nodes n ON n.space_id = top.space_id AND n.trash_name = names.name WHERE names.depth = 2";

/// From each entry up to the root of the space, with the path so far.
const ORIGINS: &str = "above (id, parent_id, path) AS ( \
      SELECT id, parent_id, '/' || name FROM entry \
      UNION ALL \
      SELECT above.id, n.parent_id, CASE WHEN n.parent_id IS NULL THEN above.path ELSE '/' || n.name || above.path END \
      FROM above JOIN nodes n ON n.id = above.parent_id \
    )";

/// Walks a path that begins with the name of the trash, in one statement. An entry is found by the name it has there, and
/// shown with it.
///
/// # Errors
/// As for [`nodes::locate`].
pub async fn locate(db: &impl Db, root: NodeId, path: &NodePath, now: Timestamp) -> Result<Located> {
    let mut located = nodes::walk(db, root, path, ENTRY, now).await?;
    if let Some(top) = located.found.first() {
        let trash = VirtualFolder::Trash.node(&located.space, top);
        located.found.insert(1, trash);
    }
    if let (Some(entry), Some(name)) = (located.found.get_mut(2), path.names().get(1)) {
        entry.name = name.clone();
    }
    Ok(located)
}

/// How an entry came to be there.
///
/// # Errors
/// Whatever the database says.
pub async fn removal(db: &impl Db, entry: NodeId) -> Result<Option<Removal>> {
    Ok(removals(db, &[entry]).await?.remove(&entry))
}

/// The next entries in the order of the names they have there, after a given one, in one statement; with their dead
/// properties if asked.
///
/// # Errors
/// Whatever the database says.
pub async fn entries(
    db: &impl Db,
    space: SpaceId,
    after: Option<&NodeName>,
    count_max: u32,
    with_properties: bool,
) -> Result<Vec<Member>> {
    let (properties, join) = properties_of_n(with_properties);
    let sql = format!(
        "WITH RECURSIVE entry AS ( \
           SELECT id, parent_id, name FROM nodes \
           WHERE space_id = $1 AND trash_name > $2 ORDER BY trash_name LIMIT $3 \
         ), {ORIGINS} \
         SELECT {COLUMNS}, n.trash_name, n.trashed_ms, above.path{properties} FROM above \
         JOIN nodes n ON n.id = above.id LEFT JOIN blobs b ON b.id = n.blob_id {join} \
         WHERE above.parent_id IS NULL ORDER BY n.trash_name"
    );
    let values = [space.0.into(), name_after(after), i64::from(count_max).into()];
    let rows = db.raw().query_all_raw(statement(db, &sql, values)).await.or_domain()?;
    read_all(&rows, with_properties, |row| {
        let mut node = read_node(row)?;
        node.name = NodeName::stored(row.try_get("", "trash_name").or_domain()?);
        Ok(Member { removal: Some(Box::new(read_removal(row)?)), ..Member::of(node) })
    })
}

/// An entry of the trash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The node, under its own name.
    pub node: Node,
    /// The folder it was in.
    pub folder: Uuid,
    /// How it came to be there.
    pub removal: Removal,
}

/// A page of the entries without system files, in two statements.
///
/// # Errors
/// [`Invalid`](domain::Error::Invalid) for a cursor of another order; whatever the database says.
pub async fn page(
    db: &impl Db,
    space: SpaceId,
    filter: NodeFilter,
    order: NodeOrder,
    request: &PageRequest,
) -> Result<Page<Entry>> {
    let from = "nodes n JOIN nodes p ON p.id = n.parent_id LEFT JOIN blobs b ON b.id = n.blob_id";
    let columns = format!("{COLUMNS}, p.uuid AS folder_uuid");
    let read = |row: &QueryResult| Ok((read_node(row)?, row.try_get::<Uuid>("", "folder_uuid").or_domain()?));
    let entries = Listing::of(columns, from, Id::Number("n.id")).only("n.space_id = ?", space.0);
    let page = shown(entries, filter)
        .with("n.trash_name IS NOT NULL")
        .page(db, by(order.key), order.is_descending, request, read)
        .await?;
    let mut removals =
        removals(db, &page.entries.iter().map(|(node, _)| node.id).collect::<Vec<_>>()).await?;
    // What was restored between the two statements is no entry any more.
    let entries = page.entries.into_iter().filter_map(|(node, folder)| {
        removals.remove(&node.id).map(|removal| Entry { node, folder, removal })
    });
    Ok(Page { entries: entries.collect(), next: page.next, total: page.total })
}

async fn removals(db: &impl Db, entries: &[NodeId]) -> Result<HashMap<NodeId, Removal>> {
    if entries.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = format!(
        "WITH RECURSIVE entry AS ( \
           SELECT id, parent_id, name FROM nodes WHERE id IN ({}) AND trash_name IS NOT NULL \
         ), {ORIGINS} \
         SELECT n.id, above.path, n.trashed_ms FROM above JOIN nodes n ON n.id = above.id WHERE above.parent_id IS NULL",
        slots(entries.len(), 1)
    );
    let rows = db.raw().query_all_raw(statement(db, &sql, entries.iter().map(|id| id.0.into()))).await;
    let read = |row: &QueryResult| Ok((NodeId(row.try_get("", "id").or_domain()?), read_removal(row)?));
    rows.or_domain()?.iter().map(read).collect()
}

/// The name that a node has as an entry, if it is one.
///
/// # Errors
/// Whatever the database says.
pub async fn name_of(db: &impl Db, space: SpaceId, id: NodeId) -> Result<Option<NodeName>> {
    let sql = "SELECT trash_name FROM nodes WHERE id = $1 AND space_id = $2 AND trash_name IS NOT NULL";
    let row = db.raw().query_one_raw(statement(db, sql, [id.0.into(), space.0.into()])).await.or_domain()?;
    row.map(|row| row.try_get("", "trash_name").or_domain().map(NodeName::stored)).transpose()
}

/// The names of entries that have so many characters; none if there are more than `entries_max`, so that the question
/// costs little.
///
/// # Errors
/// Whatever the database says.
pub async fn names_of_length(
    db: &impl Db,
    space: SpaceId,
    chars: usize,
    entries_max: u32,
) -> Result<Vec<NodeName>> {
    let entries = "n.space_id = $1 AND n.trash_name IS NOT NULL";
    let sql = format!(
        "SELECT n.trash_name FROM nodes n WHERE {entries} AND LENGTH(n.trash_name) = $3 \
         AND (SELECT COUNT(*) FROM (SELECT 1 FROM nodes n WHERE {entries} LIMIT $2 + 1) counted) <= $2"
    );
    let chars = i32::try_from(chars).unwrap_or(i32::MAX);
    let values = [space.0.into(), i64::from(entries_max).into(), chars.into()];
    let rows = db.raw().query_all_raw(statement(db, &sql, values)).await.or_domain()?;
    rows.iter().map(|row| row.try_get("", "trash_name").or_domain().map(NodeName::stored)).collect()
}

/// What went into the trash with a node and comes back with it, the latest if that happened several times.
///
/// # Errors
/// Whatever the database says.
pub async fn companion_of(tx: &Tx, owner: NodeId) -> Result<Option<Node>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM nodes n LEFT JOIN blobs b ON b.id = n.blob_id \
         WHERE n.trashed_with = $1 AND n.id <> $1 ORDER BY n.trashed_ms DESC, n.id DESC LIMIT 1"
    );
    let row = tx.raw().query_one_raw(statement(tx, &sql, [owner.0.into()])).await.or_domain()?;
    row.map(|row| read_node(&row)).transpose()
}

fn read_removal(row: &QueryResult) -> Result<Removal> {
    let path: String = row.try_get("", "path").or_domain()?;
    let names = path.split('/').skip(1).map(|name| NodeName::stored(name.to_owned()));
    Ok(Removal {
        origin: NodePath::new(names.collect(), usize::MAX)?,
        at: Timestamp::from_millis(row.try_get("", "trashed_ms").or_domain()?),
    })
}

/// What makes an entry of a node, under the first of these names that no other has; the last, if others have them all.
pub(crate) fn enter(tx: &Tx, seq: Seq, id: NodeId, at: Timestamp, names: &[NodeName; 4]) -> Statement {
    let unless_taken = |at: usize| {
        format!(
            "WHEN NOT EXISTS (SELECT 1 FROM nodes o WHERE o.space_id = nodes.space_id AND o.trash_name = ${at}) \
             THEN CAST(${at} AS TEXT)"
        )
    };
    let sql = format!(
        "UPDATE nodes SET changed_seq = $1, tree_seq = $1, trashed_ms = $2, \
         trash_name = CASE {} ELSE CAST($7 AS TEXT) END WHERE id = $3",
        [4, 5, 6].map(unless_taken).join(" ")
    );
    let values: [Value; 3] = [seq.0.into(), at.millis().into(), id.0.into()];
    let values = values.into_iter().chain(names.iter().map(|name| name.as_str().into()));
    statement(tx, &sql, values)
}
