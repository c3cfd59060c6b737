//! Where the file or folder with an identity is, for whoever knows that and no path.

use domain::{Node, NodeId, NodeName, NodePath, Removal, Result, Space, Timestamp, VirtualFolder};
use sea_orm::{ConnectionTrait, QueryResult};
use uuid::Uuid;

use crate::error::DbResult;
use crate::nodes::{COLUMNS, SPACE_COLUMNS, read_node, space_of};
use crate::{Db, statement};

/// Where a node is.
#[derive(Debug, Clone)]
pub struct Whereabouts {
    /// The space.
    pub space: Space,
    /// The node, under its own name.
    pub node: Node,
    /// The path that leads to it from the root of the space; what is in the trash is found there.
    pub path: NodePath,
    /// The folder it lies in, or lay in when it was removed; the root of a space lies in none.
    pub folder: Option<Node>,
    /// How it came to be in the trash, if it is an entry there.
    pub removal: Option<Removal>,
    /// Whether the folder it was removed from is in no trash itself.
    pub has_way_back: bool,
}

impl Whereabouts {
    /// Whether it is in the trash, by itself or with a folder around it.
    pub fn is_trashed(&self) -> bool {
        VirtualFolder::of(&self.path) == Some(VirtualFolder::Trash)
    }
}

/// Where the node with an identity is, in one statement; nothing if there is none, or if it was purged.
///
/// # Errors
/// Whatever the database says.
pub async fn find(db: &impl Db, uuid: Uuid) -> Result<Option<Whereabouts>> {
    let sql = format!(
        "WITH RECURSIVE up (depth, id, parent_id) AS ( \
           SELECT 0, n.id, n.parent_id FROM nodes n WHERE n.uuid = $1 \
           UNION ALL \
           SELECT up.depth + 1, n.id, n.parent_id FROM up JOIN nodes n ON n.id = up.parent_id \
         ) \
         SELECT up.depth, n.trashed_ms, n.trash_name, {COLUMNS}, {SPACE_COLUMNS} \
         FROM up JOIN nodes n ON n.id = up.id JOIN spaces s ON s.id = n.space_id \
         LEFT JOIN blobs b ON b.id = n.blob_id ORDER BY up.depth"
    );
    let rows = db.raw().query_all_raw(statement(db, &sql, [uuid.into()])).await.or_domain()?;
    let Some(first) = rows.first() else { return Ok(None) };
    let space = space_of(first)?;
    let way = rows.iter().map(Step::read).collect::<Result<Vec<_>>>()?;
    Ok(whereabouts(space, &way))
}

/// A node on the way up.
struct Step {
    node: Node,
    trashed_at: Option<Timestamp>,
    trash_name: Option<NodeName>,
}

impl Step {
    fn read(row: &QueryResult) -> Result<Self> {
        Ok(Self {
            node: read_node(row)?,
            trashed_at: row.try_get::<Option<i64>>("", "trashed_ms").or_domain()?.map(Timestamp::from_millis),
            trash_name: row.try_get::<Option<String>>("", "trash_name").or_domain()?.map(NodeName::stored),
        })
    }
}

fn whereabouts(space: Space, way: &[Step]) -> Option<Whereabouts> {
    let (node, top) = (&way.first()?.node, &way.last()?.node);
    let root: NodeId = space.root;
    if top.id != root {
        return None;
    }
    // What was removed by itself lies in the trash by itself, wherever the folder is that it was in.
    let trashed = way.iter().position(|step| step.trashed_at.is_some());
    let mut names: Vec<NodeName> = match trashed {
        // What is in the trash under no name was purged, or belongs to something else there.
        Some(at) => {
            let entry = way.get(at)?.trash_name.clone()?;
            let inside = names_up(way.get(..at)?);
            inside
                .into_iter()
                .chain([entry, NodeName::stored(VirtualFolder::Trash.name().to_owned())])
                .collect()
        }
        None => names_up(way.get(..way.len() - 1)?),
    };
    names.reverse();
    let removal = match (trashed, way.first()?.trashed_at) {
        (Some(0), Some(at)) => {
            let mut origin = names_up(way.get(..way.len() - 1)?);
            origin.reverse();
            Some(Removal { origin: path(origin)?, at })
        }
        _ => None,
    };
    Some(Whereabouts {
        node: node.clone(),
        path: path(names)?,
        folder: way.get(1).map(|step| step.node.clone()),
        has_way_back: way.iter().skip(1).all(|step| step.trashed_at.is_none()),
        removal,
        space,
    })
}

fn names_up(way: &[Step]) -> Vec<NodeName> {
    way.iter().map(|step| step.node.name.clone()).collect()
}

fn path(names: Vec<NodeName>) -> Option<NodePath> {
    NodePath::new(names, usize::MAX).ok()
}
