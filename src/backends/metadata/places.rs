//! Where something is, in the words of the people whose it is: for logs and for the operator.

use std::collections::BTreeMap;
use std::fmt;

use domain::{BlobId, NodeId, Result, SpaceId};
use sea_orm::ConnectionTrait;

use crate::error::DbResult;
use crate::{Db, statement};

/// Where a node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The name of the user, or of the project, whose space it is in.
    pub owner: Option<String>,
    /// The path in that space; it begins with `…` where the way up ends elsewhere than at the top.
    pub path: String,
    /// Whether it, or a folder above it, is in the trash.
    pub is_trashed: bool,
    /// Whether this is about a content that the node had before.
    pub is_earlier: bool,
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let owner = self.owner.as_deref().unwrap_or("nobody");
        write!(out, "{} of {owner}", self.path)?;
        match (self.is_earlier, self.is_trashed) {
            (true, true) => out.write_str(" (an earlier version, in the trash)"),
            (true, false) => out.write_str(" (an earlier version)"),
            (false, true) => out.write_str(" (in the trash)"),
            (false, false) => Ok(()),
        }
    }
}

/// Where a node is; nothing if there is no such node.
///
/// # Errors
/// Whatever the database says.
pub async fn of_node(db: &impl Db, node: NodeId) -> Result<Option<Place>> {
    // Rows that are there twice end the walk, so folders that lie in each other do not prolong it.
    let sql = "WITH RECURSIVE up (id, parent_id, name, space_id, trashed) AS ( \
                 SELECT id, parent_id, name, space_id, trashed_ms IS NOT NULL FROM nodes WHERE id = $1 \
                 UNION \
                 SELECT p.id, p.parent_id, p.name, p.space_id, p.trashed_ms IS NOT NULL \
                 FROM up JOIN nodes p ON p.id = up.parent_id \
               ) \
               SELECT up.id, up.parent_id, up.name, up.trashed, COALESCE(u.name, p.name) AS owner FROM up \
               LEFT JOIN spaces s ON s.id = up.space_id LEFT JOIN users u ON u.id = s.owner_id \
               LEFT JOIN projects p ON p.space_id = up.space_id";
    let rows = db.raw().query_all_raw(statement(db, sql, [node.0.into()])).await.or_domain()?;
    let mut above: BTreeMap<i64, (Option<i64>, String)> = BTreeMap::new();
    let mut place = Place { owner: None, path: String::new(), is_trashed: false, is_earlier: false };
    for row in &rows {
        let (id, name) = (row.try_get("", "id").or_domain()?, row.try_get("", "name").or_domain()?);
        above.insert(id, (row.try_get("", "parent_id").or_domain()?, name));
        place.is_trashed |= row.try_get::<bool>("", "trashed").or_domain()?;
        if id == node.0 {
            place.owner = row.try_get("", "owner").or_domain()?;
        }
    }
    if above.is_empty() {
        return Ok(None);
    }
    let mut next = Some(node.0);
    while let Some((parent, name)) = next.and_then(|id| above.remove(&id)) {
        // The top of a space has no name.
        if parent.is_some() || !name.is_empty() {
            place.path.insert_str(0, &format!("/{name}"));
        }
        next = parent;
    }
    match next {
        Some(_) => place.path.insert(0, '…'),
        None if place.path.is_empty() => place.path.push('/'),
        None => {}
    }
    Ok(Some(place))
}

/// Where the bytes of a blob are shown, present contents first, at most so many.
///
/// # Errors
/// Whatever the database says.
pub async fn of_blob(db: &impl Db, blob: BlobId, count_max: u32) -> Result<Vec<Place>> {
    let sql = "SELECT node_id, CAST(MAX(CASE WHEN to_seq IS NULL THEN 1 ELSE 0 END) AS BIGINT) AS present FROM revisions \
               WHERE blob_id = $1 GROUP BY node_id ORDER BY present DESC, node_id LIMIT $2";
    let values = [blob.0.into(), i64::from(count_max).into()];
    let mut places = Vec::new();
    for row in db.raw().query_all_raw(statement(db, sql, values)).await.or_domain()? {
        let node = NodeId(row.try_get("", "node_id").or_domain()?);
        let present: i64 = row.try_get("", "present").or_domain()?;
        let place = of_node(db, node).await?;
        places.extend(place.map(|place| Place { is_earlier: present == 0, ..place }));
    }
    Ok(places)
}

/// The name of the user, or of the project, whose space this is.
///
/// # Errors
/// Whatever the database says.
pub async fn owner(db: &impl Db, space: SpaceId) -> Result<Option<String>> {
    let sql = "SELECT COALESCE(u.name, p.name) AS name FROM spaces s LEFT JOIN users u ON u.id = s.owner_id \
               LEFT JOIN projects p ON p.space_id = s.id WHERE s.id = $1";
    let row = db.raw().query_one_raw(statement(db, sql, [space.0.into()])).await.or_domain()?;
    row.map_or(Ok(None), |row| row.try_get("", "name").or_domain())
}
