//! Companions: the files `._x` in which macOS keeps more about `x`.

use domain::{Node, NodeId, NodeName, Result};
use sea_orm::{ConnectionTrait, Value};

use crate::error::DbResult;
use crate::nodes::{COLUMNS, read_node};
use crate::{Db, Tx, statement};

/// What has these names in these folders, as far as it is there, in one statement; none is sent where nothing
/// is asked.
///
/// # Errors
/// Whatever the database says.
pub async fn find(tx: &Tx, places: &[(NodeId, NodeName)]) -> Result<Vec<Node>> {
    if places.is_empty() {
        return Ok(Vec::new());
    }
    let mut values: Vec<Value> = Vec::with_capacity(places.len() * 2);
    let mut questions = Vec::with_capacity(places.len());
    for (folder, name) in places {
        values.extend([folder.0.into(), name.as_str().into()]);
        let at = values.len();
        questions.push(format!(
            "SELECT {COLUMNS} FROM nodes n LEFT JOIN blobs b ON b.id = n.blob_id \
             WHERE n.parent_id = ${} AND n.name = ${at} AND n.trashed_ms IS NULL",
            at - 1
        ));
    }
    let sql = questions.join(" UNION ALL ");
    let rows = tx.raw().query_all_raw(statement(tx, &sql, values)).await.or_domain()?;
    rows.iter().map(read_node).collect()
}
