//! Dead properties of nodes.

use domain::{DeadProperty, Error, NodeId, PropertyChange, PropertyName, Result};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    sea_query::OnConflict,
};

use crate::error::DbResult;
use crate::nodes::unsigned;
use crate::rows::property;
use crate::{Db, Tx, statement};

/// The dead properties of a node, in the order of their names.
///
/// # Errors
/// Whatever the database says.
pub async fn list(db: &impl Db, node: NodeId) -> Result<Vec<DeadProperty>> {
    let rows = property::Entity::find()
        .filter(property::Column::NodeId.eq(node.0))
        .order_by_asc(property::Column::Namespace)
        .order_by_asc(property::Column::Local)
        .all(db.raw())
        .await
        .or_domain()?;
    let read = |row: property::Model| DeadProperty {
        name: PropertyName { namespace: row.namespace, local: row.local },
        xml: row.xml,
    };
    Ok(rows.into_iter().map(read).collect())
}

/// Attaches to one node what is attached to another.
///
/// # Errors
/// Whatever the database says.
pub async fn copy(tx: &Tx, from: NodeId, to: NodeId) -> Result<()> {
    let sql = "INSERT INTO properties (node_id, namespace, local, xml) \
               SELECT $2, namespace, local, xml FROM properties WHERE node_id = $1";
    tx.raw().execute_raw(statement(tx, sql, [from.0.into(), to.0.into()])).await.or_domain().map(drop)
}

/// How much is attached to a node: the number of its properties and the bytes of their XML.
///
/// # Errors
/// Whatever the database says.
pub async fn weight(db: &impl Db, node: NodeId) -> Result<(u64, u64)> {
    let sql = "SELECT COUNT(*) AS properties, CAST(COALESCE(SUM(OCTET_LENGTH(xml)), 0) AS BIGINT) AS bytes \
               FROM properties WHERE node_id = $1";
    let row = db.raw().query_one_raw(statement(db, sql, [node.0.into()])).await.or_domain()?;
    let row = row.ok_or_else(|| Error::internal("a sum without a row"))?;
    let number = |column: &str| row.try_get("", column).or_domain().map(unsigned);
    Ok((number("properties")?, number("bytes")?))
}

/// Carries out changes in their order.
///
/// # Errors
/// Whatever the database says.
pub async fn apply(tx: &Tx, node: NodeId, changes: &[PropertyChange]) -> Result<()> {
    for change in changes {
        match change {
            PropertyChange::Set(property) => set(tx, node, property).await?,
            PropertyChange::Remove(name) => {
                let key = (node.0, name.namespace.clone(), name.local.clone());
                property::Entity::delete_by_id(key).exec(tx.raw()).await.or_domain()?;
            }
        }
    }
    Ok(())
}

async fn set(tx: &Tx, node: NodeId, property: &DeadProperty) -> Result<()> {
    use property::Column::{Local, Namespace, NodeId, Xml};
    let row = property::ActiveModel {
        node_id: Set(node.0),
        namespace: Set(property.name.namespace.clone()),
        local: Set(property.name.local.clone()),
        xml: Set(property.xml.clone()),
    };
    let over = OnConflict::columns([NodeId, Namespace, Local]).update_column(Xml).to_owned();
    property::Entity::insert(row)
        .on_conflict(over)
        .exec_without_returning(tx.raw())
        .await
        .or_domain()
        .map(drop)
}
