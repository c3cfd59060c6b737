//! The names of nodes, asked for by what clients make of them.

use domain::{Node, NodeId, NodeName, NumberedName, Result};
use sea_orm::{ConnectionTrait, Value};

use crate::error::DbResult;
use crate::{Db, Tx, statement};

/// The name of a node of the folder's space, if it is or was in the folder, or if nothing in the folder has that name.
///
/// # Errors
/// Whatever the database says.
pub async fn behind(db: &impl Db, folder: &Node, id: NodeId) -> Result<Option<NodeName>> {
    let sql = "SELECT n.name FROM nodes n WHERE n.id = $1 AND n.space_id = $2 AND (n.parent_id = $3 OR NOT EXISTS \
               (SELECT 1 FROM nodes other WHERE other.parent_id = $3 AND other.name = n.name \
                  AND other.trashed_ms IS NULL))";
    let values: [Value; 3] = [id.0.into(), folder.space.0.into(), folder.id.0.into()];
    let row = db.raw().query_one_raw(statement(db, sql, values)).await.or_domain()?;
    row.map(|row| row.try_get("", "name").or_domain().map(NodeName::stored)).transpose()
}

/// Whether a name in a folder was borne by another node than the one that is called `alike` there now.
///
/// # Errors
/// Whatever the database says.
pub async fn was_another(db: &impl Db, folder: NodeId, name: &NodeName, alike: &NodeName) -> Result<bool> {
    let sql = "SELECT 1 FROM revisions r WHERE r.parent_id = $1 AND r.name = $2 AND NOT r.trashed \
               AND r.node_id NOT IN (SELECT n.id FROM nodes n \
                 WHERE n.parent_id = $1 AND n.name = $3 AND n.trashed_ms IS NULL) LIMIT 1";
    let values: [Value; 3] = [folder.0.into(), name.as_str().into(), alike.as_str().into()];
    Ok(db.raw().query_one_raw(statement(db, sql, values)).await.or_domain()?.is_some())
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

/// The first of the numbered names that nothing in a folder has, in one statement that looks at as many names as are
/// taken; none if all of them are.
///
/// # Errors
/// Whatever the database says.
pub async fn free(tx: &Tx, folder: NodeId, names: &NumberedName) -> Result<Option<NodeName>> {
    let sql = "WITH RECURSIVE number (n) AS ( \
                 SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n <= $4 AND EXISTS ( \
                   SELECT 1 FROM nodes o WHERE o.parent_id = $1 AND o.trashed_ms IS NULL \
                     AND o.name = CAST($2 AS TEXT) || CAST(n AS TEXT) || CAST($3 AS TEXT))) \
               SELECT CAST(MAX(n) AS BIGINT) AS free FROM number";
    let number_max = i32::try_from(NumberedName::NUMBER_MAX).unwrap_or(i32::MAX);
    let values: [Value; 4] =
        [folder.0.into(), names.before().into(), names.after().into(), number_max.into()];
    let row = tx.raw().query_one_raw(statement(tx, sql, values)).await.or_domain()?;
    let free = row.map(|row| row.try_get::<i64>("", "free").or_domain()).transpose()?;
    let free = free.and_then(|free| u32::try_from(free).ok());
    Ok(free.filter(|free| *free <= NumberedName::NUMBER_MAX).map(|free| names.with(free)))
}
