//! The names of nodes, asked for by what clients make of them.

use domain::{NodeId, NodeName, Result, SpaceId};
use sea_orm::{ConnectionTrait, Value};

use crate::error::DbResult;
use crate::{Db, statement};

/// The names of nodes of a space, each asked for by its number and the name it may have been shown under; in
/// the trash or not. What is really called so in the same folder comes first, and its neighbour is left out.
/// Each name comes with the place its node has in the list.
///
/// # Errors
/// Whatever the database says.
pub async fn behind(
    db: &impl Db,
    space: SpaceId,
    shown: &[(NodeId, &NodeName)],
) -> Result<Vec<(usize, NodeName)>> {
    let mut values: Vec<Value> = vec![space.0.into()];
    let mut asked = Vec::with_capacity(shown.len());
    for (place, (id, name)) in shown.iter().enumerate() {
        let (first, second) = (values.len() + 1, values.len() + 2);
        asked.push(format!("({place}, CAST(${first} AS BIGINT), CAST(${second} AS TEXT))"));
        values.extend([id.0.into(), name.as_str().into()]);
    }
    let sql = format!(
        "WITH asked (place, id, name) AS (VALUES {}) \
         SELECT asked.place, n.name FROM asked JOIN nodes n ON n.id = asked.id \
         WHERE n.space_id = $1 AND NOT EXISTS (SELECT 1 FROM nodes other \
           WHERE other.parent_id = n.parent_id AND other.name = asked.name AND other.trashed_ms IS NULL)",
        asked.join(", ")
    );
    let rows = db.raw().query_all_raw(statement(db, &sql, values)).await.or_domain()?;
    let read = |row: &sea_orm::QueryResult| {
        let place: i32 = row.try_get("", "place").or_domain()?;
        let name = NodeName::stored(row.try_get("", "name").or_domain()?);
        Ok((usize::try_from(place).unwrap_or(usize::MAX), name))
    };
    rows.iter().map(read).collect()
}

/// The names of the members of a folder that have so many characters; none if the folder has more members than
/// `members_max`, so that the question costs little in any folder.
///
/// # Errors
/// Whatever the database says.
pub async fn of_length(
    db: &impl Db,
    folder: NodeId,
    chars: usize,
    members_max: u32,
) -> Result<Vec<NodeName>> {
    let members = "n.parent_id = $1 AND n.trashed_ms IS NULL";
    let sql = format!(
        "SELECT n.name FROM (SELECT COUNT(*) AS members FROM ( \
           SELECT 1 FROM nodes n WHERE {members} LIMIT $2 + 1) counted) folder \
         CROSS JOIN nodes n WHERE folder.members <= $2 AND {members} AND LENGTH(n.name) = $3"
    );
    let chars = i32::try_from(chars).unwrap_or(i32::MAX);
    let values: Vec<Value> = vec![folder.0.into(), i64::from(members_max).into(), chars.into()];
    let rows = db.raw().query_all_raw(statement(db, &sql, values)).await.or_domain()?;
    rows.iter().map(|row| row.try_get("", "name").or_domain().map(NodeName::stored)).collect()
}
