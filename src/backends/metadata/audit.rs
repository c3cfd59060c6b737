//! The record of who did what. Entries are only ever added; the database itself refuses to change one.

use domain::{Caller, Event, Result};
use sea_orm::Value;

use crate::Tx;
use crate::together::Step;

/// Writes down what a transaction does, in the same transaction.
///
/// # Errors
/// Whatever the database says.
pub async fn record(tx: &Tx, caller: &Caller, event: &Event) -> Result<()> {
    let sql = "INSERT INTO audit_entries (at_ms, user_id, door, address, request_id, action, outcome, \
                 organization_id, project_id, subject_kind, subject_id, subject_name) \
               VALUES ($1, $2, $3, $4, $5, $6, 'done', $7, $8, $9, $10, $11)";
    let address = caller.address.map(|address| address.to_string());
    let values: [Value; 11] = [
        caller.now.millis().into(),
        caller.user.0.into(),
        caller.door.as_str().into(),
        address.into(),
        caller.request.0.into(),
        event.action.as_str().into(),
        event.organization.map(|organization| organization.0).into(),
        event.project.map(|project| project.0).into(),
        event.subject.kind.into(),
        event.subject.id.as_str().into(),
        event.subject.name.as_str().into(),
    ];
    tx.along(Step::new("", sql, values)).await
}
