//! Dead properties of nodes.

use domain::{DeadProperty, NodeId, PropertyChange, PropertyName, Result};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, sea_query::OnConflict};

use crate::error::DbResult;
use crate::rows::property;
use crate::{Db, Tx};

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
