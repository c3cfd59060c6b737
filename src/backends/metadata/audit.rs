//! The record of who did what. Entries are only ever added; the database itself refuses to change one, and to remove one
//! that is to be kept.

use std::time::Duration;

use domain::audit::{Actor, Deed, Entry, Filter, Outcome};
use domain::{
    Caller, Error, Event, OrganizationId, Page, PageRequest, ProjectId, RequestId, Result, Timestamp, UserId,
};
use sea_orm::{ConnectionTrait, QueryResult, Value};

use crate::error::DbResult;
use crate::listing::{Id, Listing, Order};
use crate::together::Step;
use crate::{Db, Tx, statement};

/// Writes down what a transaction does, in the same transaction and on PostgreSQL in the same message as its next change.
///
/// # Errors
/// Whatever the database says.
pub async fn record(tx: &Tx, caller: &Caller, event: &Event) -> Result<()> {
    record_deed(tx, &Deed::of(caller, event.clone())).await
}

/// The same of what was not done by a caller.
///
/// # Errors
/// Whatever the database says.
pub async fn record_deed(tx: &Tx, deed: &Deed) -> Result<()> {
    let (sql, values) = insert([deed]);
    tx.along(Step::new("", sql, values)).await
}

/// How many deeds go into one statement, which takes fewer values than SQLite does.
pub const AT_ONCE: usize = 500;

/// Writes down many at once, at most [`AT_ONCE`], in one statement.
///
/// # Errors
/// Whatever the database says.
pub async fn record_all(tx: &Tx, deeds: &[Deed]) -> Result<()> {
    if deeds.is_empty() {
        return Ok(());
    }
    let (sql, values) = insert(deeds);
    tx.raw().execute_raw(statement(tx, &sql, values)).await.or_domain().map(drop)
}

fn insert<'a>(deeds: impl IntoIterator<Item = &'a Deed>) -> (String, Vec<Value>) {
    let (mut rows, mut values) = (Vec::new(), Vec::new());
    for deed in deeds {
        rows.push(row(deed, &mut values));
    }
    let sql = format!(
        "INSERT INTO audit_entries (at_ms, user_id, door, address, request_id, action, outcome, organization_id, \
           project_id, subject_kind, subject_id, subject_name, detail) VALUES {}",
        rows.join(", ")
    );
    (sql, values)
}

fn row(deed: &Deed, values: &mut Vec<Value>) -> String {
    let Deed { event, .. } = deed;
    let mut place = |value: Value| {
        values.push(value);
        format!("${}", values.len())
    };
    let at = place(deed.at.millis().into());
    let user = match &deed.actor {
        Actor::User(user) => place(user.0.into()),
        Actor::Named(name) => format!("(SELECT id FROM users WHERE name = {})", place(name.as_str().into())),
        Actor::Unknown => "NULL".to_owned(),
    };
    let door = place(deed.door.as_str().into());
    let address = place(deed.address.map(|address| address.to_canonical().to_string()).into());
    let request = place(deed.request.map(|request| request.0).into());
    let (action, outcome) = (place(event.action.as_str().into()), place(deed.outcome.as_str().into()));
    let (organization, project) = match event.space {
        Some(space) => {
            let space = place(space.0.into());
            let of = |column: &str| format!("(SELECT {column} FROM projects WHERE space_id = {space})");
            (of("organization_id"), of("id"))
        }
        None => (
            place(event.organization.map(|organization| organization.0).into()),
            place(event.project.map(|project| project.0).into()),
        ),
    };
    let kind = place(event.subject.kind.into());
    let (id, name) = (place(event.subject.id.as_str().into()), place(event.subject.name.as_str().into()));
    let detail = place(event.detail.clone().into());
    let columns =
        [at, user, door, address, request, action, outcome, organization, project, kind, id, name, detail];
    format!("({})", columns.join(", "))
}

/// Whose part of the record is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// What one user did, or what was tried under their name.
    Of(UserId),
    /// What belongs to an organization.
    Organization(OrganizationId),
    /// What belongs to a project.
    Project(ProjectId),
    /// All of it.
    Everything,
}

const COLUMNS: &str = "a.id, a.at_ms, a.user_id, u.name AS user_name, a.door, a.address, a.request_id, a.action, \
                       a.outcome, a.organization_id, a.project_id, a.subject_kind, a.subject_id, a.subject_name, \
                       a.detail";
const BY_TIME: Order = Order { word: "at", column: "a.at_ms", is_number: true };

/// A page of it, the newest entries first, in one statement.
///
/// # Errors
/// [`Invalid`](Error::Invalid) for a cursor of another list; whatever the database says.
pub async fn list(db: &impl Db, scope: Scope, filter: &Filter, page: &PageRequest) -> Result<Page<Entry>> {
    let all =
        Listing::of(COLUMNS, "audit_entries a LEFT JOIN users u ON u.id = a.user_id", Id::Number("a.id"));
    let listing = match scope {
        Scope::Of(user) => all.only("a.user_id = ?", user.0),
        Scope::Organization(organization) => all.only("a.organization_id = ?", organization.0),
        Scope::Project(project) => all.only("a.project_id = ?", project.0),
        Scope::Everything => all,
    };
    listing
        .only_if("a.action = ?", filter.action.map(|action| action.as_str()))
        .only_if("a.door = ?", filter.door.map(|door| door.as_str()))
        .only_if("a.user_id = ?", filter.user.map(|user| user.0))
        .only_if("a.subject_id = ?", filter.subject.as_deref())
        .only_if("a.outcome = ?", filter.outcome.map(Outcome::as_str))
        .only_if("a.at_ms >= ?", filter.since.map(Timestamp::millis))
        .only_if("a.at_ms < ?", filter.until.map(Timestamp::millis))
        .page(db, &BY_TIME, true, page, read)
        .await
}

fn read(row: &QueryResult) -> Result<Entry> {
    fn column<T: sea_orm::TryGetable>(row: &QueryResult, name: &str) -> Result<T> {
        row.try_get("", name).or_domain()
    }
    let text = |row, name| Ok(column::<Option<String>>(row, name)?.filter(|text| !text.is_empty()));
    let outcome: String = column(row, "outcome")?;
    Ok(Entry {
        id: column(row, "id")?,
        at: Timestamp::from_millis(column(row, "at_ms")?),
        user: column::<Option<_>>(row, "user_id")?.map(UserId),
        user_name: column(row, "user_name")?,
        door: column(row, "door")?,
        address: column(row, "address")?,
        request: column::<Option<_>>(row, "request_id")?.map(RequestId),
        action: column(row, "action")?,
        outcome: Outcome::parse(&outcome)
            .ok_or_else(|| Error::internal(format!("an entry of the record has the outcome {outcome}")))?,
        organization: column::<Option<_>>(row, "organization_id")?.map(OrganizationId),
        project: column::<Option<_>>(row, "project_id")?.map(ProjectId),
        subject_kind: column(row, "subject_kind")?,
        subject_id: text(row, "subject_id")?,
        subject_name: text(row, "subject_name")?,
        detail: column(row, "detail")?,
    })
}

/// Lets entries of before a moment be removed, and no others; where others were kept before, no more than those of the
/// next `step` of time. Says which moment it is.
///
/// # Errors
/// Whatever the database says.
pub async fn keep_from(tx: &Tx, moment: Timestamp, step: Duration) -> Result<Timestamp> {
    let sql = "INSERT INTO audit_policy (id, kept_from_ms) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET \
               kept_from_ms = CASE WHEN excluded.kept_from_ms > audit_policy.kept_from_ms + $2 \
                 THEN audit_policy.kept_from_ms + $2 ELSE excluded.kept_from_ms END RETURNING kept_from_ms";
    let step_ms = i64::try_from(step.as_millis()).map_err(Error::internal)?;
    let row = tx
        .raw()
        .query_one_raw(statement(tx, sql, [moment.millis().into(), step_ms.into()]))
        .await
        .or_domain()?;
    let row = row.ok_or_else(|| Error::internal("the policy on the record has no row"))?;
    Ok(Timestamp::from_millis(row.try_get("", "kept_from_ms").or_domain()?))
}

/// The moment that [`keep_from`] has said last.
///
/// # Errors
/// Whatever the database says.
pub async fn kept_from(db: &impl Db) -> Result<Option<Timestamp>> {
    let sql = "SELECT kept_from_ms FROM audit_policy";
    let row = db.raw().query_one_raw(statement(db, sql, [])).await.or_domain()?;
    row.map(|row| Ok(Timestamp::from_millis(row.try_get("", "kept_from_ms").or_domain()?))).transpose()
}

/// Removes the oldest entries of before a moment that [`keep_from`] allows, at most so many, and says how many.
///
/// # Errors
/// Whatever the database says.
pub async fn forget(tx: &Tx, before: Timestamp, count_max: u32) -> Result<u64> {
    let sql = "DELETE FROM audit_entries WHERE id IN ( \
                 SELECT id FROM audit_entries WHERE at_ms < $1 ORDER BY at_ms LIMIT $2)";
    run(tx, sql, [before.millis().into(), i64::from(count_max).into()]).await
}

/// Removes what a user has done whose account is gone or is being purged, at most so many entries, and says how many. What
/// belongs to an organization or a project stays, and says only that somebody did it.
///
/// # Errors
/// Whatever the database says; it refuses as long as the account is there and not doomed.
pub async fn forget_own(tx: &Tx, user: UserId, count_max: u32) -> Result<u64> {
    let sql = "DELETE FROM audit_entries WHERE id IN ( \
                 SELECT id FROM audit_entries WHERE user_id = $1 AND organization_id IS NULL AND project_id IS NULL \
                 LIMIT $2)";
    run(tx, sql, [user.0.into(), i64::from(count_max).into()]).await
}

async fn run(tx: &Tx, sql: &str, values: impl IntoIterator<Item = Value>) -> Result<u64> {
    Ok(tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain()?.rows_affected())
}

#[cfg(test)]
mod tests;
