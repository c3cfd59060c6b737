//! What a folder holds, a page at a time.

use domain::{
    DeadProperty, Node, NodeFilter, NodeId, NodeKey, NodeName, NodeOrder, Page, PageRequest, PropertyName,
    Quota, Removal, Result,
};
use sea_orm::{ConnectionTrait, QueryResult, Value};

use crate::error::DbResult;
use crate::listing::{Id, Listing, Order};
use crate::nodes::{COLUMNS, read_node};
use crate::{Db, statement};

/// A member of a folder.
#[derive(Debug, Clone)]
pub struct Member {
    /// The node.
    pub node: Node,
    /// Its dead properties, if they were asked for.
    pub properties: Vec<DeadProperty>,
    /// How it came to be in the trash, if it is an entry there.
    pub removal: Option<Box<Removal>>,
    /// What the space it is the top of may hold and holds, if that is another one than its folder is in.
    pub quota: Option<Quota>,
}

impl Member {
    /// Somewhere else than in the trash, in the space of its folder, with no properties.
    pub fn of(node: Node) -> Self {
        Self { node, properties: Vec::new(), removal: None, quota: None }
    }
}

/// The next members of a folder in the order of their names, after a given one, in one statement; with their dead
/// properties if asked.
///
/// # Errors
/// Whatever the database says.
pub async fn list(
    db: &impl Db,
    folder: NodeId,
    after: Option<&NodeName>,
    count_max: u32,
    with_properties: bool,
) -> Result<Vec<Member>> {
    let (properties, join) = properties_of_n(with_properties);
    let sql = format!(
        "SELECT {COLUMNS}{properties} FROM ( \
           SELECT * FROM nodes WHERE parent_id = $1 AND trashed_ms IS NULL AND name > $2 \
           ORDER BY name LIMIT $3 \
         ) n LEFT JOIN blobs b ON b.id = n.blob_id {join} ORDER BY n.name"
    );
    let values = vec![folder.0.into(), name_after(after), i64::from(count_max).into()];
    let rows = db.raw().query_all_raw(statement(db, &sql, values)).await.or_domain()?;
    read_all(&rows, with_properties, |row| read_node(row).map(Member::of))
}

/// A page of the members of a folder, without its system files.
///
/// # Errors
/// [`Invalid`](domain::Error::Invalid) for a cursor of another order; whatever the database says.
pub async fn page(
    db: &impl Db,
    folder: NodeId,
    filter: NodeFilter,
    order: NodeOrder,
    request: &PageRequest,
) -> Result<Page<Node>> {
    let from = "nodes n LEFT JOIN blobs b ON b.id = n.blob_id";
    let members = Listing::of(COLUMNS, from, Id::Number("n.id")).only("n.parent_id = ?", folder.0);
    shown(members, filter)
        .with("n.trashed_ms IS NULL")
        .page(db, by(order.key), order.is_descending, request, read_node)
        .await
}

/// Those of the nodes `n` that people are shown.
pub(crate) fn shown(nodes: Listing, filter: NodeFilter) -> Listing {
    let nodes = nodes.with("n.system_sha256 IS NULL");
    match filter {
        NodeFilter::All => nodes,
        NodeFilter::Files => nodes.with("NOT n.folder"),
        NodeFilter::Folders => nodes.with("n.folder"),
    }
}

/// How nodes `n` with blobs `b` are sorted.
pub(crate) fn by(key: NodeKey) -> &'static Order {
    match key {
        NodeKey::Name => &Order { word: "name", column: "n.name", is_number: false },
        NodeKey::Modified => &Order { word: "modified", column: "n.modified_ms", is_number: true },
        NodeKey::Size => &Order { word: "size", column: "COALESCE(b.size_bytes, 0)", is_number: true },
        NodeKey::Removed => &Order { word: "removed", column: "COALESCE(n.trashed_ms, 0)", is_number: true },
    }
}

/// What a statement that lists nodes `n` needs for their dead properties: further columns, and a join.
pub(crate) fn properties_of_n(wanted: bool) -> (&'static str, &'static str) {
    match wanted {
        true => (", p.namespace, p.local, p.xml", "LEFT JOIN properties p ON p.node_id = n.id"),
        false => ("", ""),
    }
}

/// What every name that is to come is greater than: no name is empty, so all of them come after the empty one.
pub(crate) fn name_after(after: Option<&NodeName>) -> Value {
    after.map_or("", NodeName::as_str).into()
}

/// Reads a page, of which each member is one row, or one for each of its dead properties.
pub(crate) fn read_all(
    rows: &[QueryResult],
    with_properties: bool,
    read: impl Fn(&QueryResult) -> Result<Member>,
) -> Result<Vec<Member>> {
    let mut members: Vec<Member> = Vec::with_capacity(rows.len());
    for row in rows {
        let id = NodeId(row.try_get("", "id").or_domain()?);
        if members.last().is_none_or(|last| last.node.id != id) {
            members.push(read(row)?);
        }
        if let (true, Some(member)) = (with_properties, members.last_mut()) {
            member.properties.extend(read_property(row)?);
        }
    }
    Ok(members)
}

pub(crate) fn read_property(row: &QueryResult) -> Result<Option<DeadProperty>> {
    let text = |column: &str| row.try_get::<Option<String>>("", column).or_domain();
    let (Some(namespace), Some(local), Some(xml)) = (text("namespace")?, text("local")?, text("xml")?) else {
        return Ok(None);
    };
    Ok(Some(DeadProperty { name: PropertyName { namespace, local }, xml }))
}
