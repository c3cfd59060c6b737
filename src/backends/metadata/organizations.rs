//! Organizations.

use domain::{
    Error, Organization, OrganizationId, OrganizationName, OrganizationRole, Page, PageRequest, Result,
    Timestamp, UserId, Version,
};
use sea_orm::{ConnectionTrait, QueryResult};

use crate::error::DbResult;
use crate::listing::{Id, Listing, Order};
use crate::{Db, Tx, statement};

const COLUMNS: &str = "o.id, o.name, o.created_ms, o.version, m.role";

/// Organizations with what somebody is there.
const FROM: &str =
    "organizations o LEFT JOIN organization_members m ON m.organization_id = o.id AND m.user_id = $1";

/// What organizations are listed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrganizationOrder {
    /// Their names.
    Name,
    /// When they were made.
    Created,
}

/// Which organizations are listed, and how.
#[derive(Debug, Clone)]
pub struct OrganizationQuery {
    /// All of the house, and not only those that the user is in.
    pub all: bool,
    /// Those whose names hold this.
    pub text: Option<String>,
    /// In which order.
    pub order: OrganizationOrder,
    /// Whether it is the other way round.
    pub descending: bool,
    /// Which part.
    pub page: PageRequest,
}

/// An organization, and what the user who asks is there, if anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The organization.
    pub organization: Organization,
    /// What they are.
    pub role: Option<OrganizationRole>,
}

/// Makes an organization that has no members yet.
///
/// # Errors
/// Whatever the database says.
pub async fn insert(
    tx: &Tx,
    id: OrganizationId,
    name: &OrganizationName,
    creator: UserId,
    now: Timestamp,
) -> Result<()> {
    let sql =
        "INSERT INTO organizations (id, name, created_by, created_ms, version) VALUES ($1, $2, $3, $4, 0)";
    let values = [id.0.into(), name.as_str().into(), creator.0.into(), now.millis().into()];
    tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain().map(drop)
}

/// An organization, and what this user is there.
///
/// # Errors
/// Whatever the database says.
pub async fn find(db: &impl Db, id: OrganizationId, user: UserId) -> Result<Option<Seen>> {
    let sql = format!("SELECT {COLUMNS} FROM {FROM} WHERE o.id = $2");
    let found =
        db.raw().query_one_raw(statement(db, &sql, [user.0.into(), id.0.into()])).await.or_domain()?;
    found.map(|row| read(&row)).transpose()
}

/// A page of organizations, with what this user is in each.
///
/// # Errors
/// [`Invalid`](Error::Invalid) for a cursor of another order; whatever the database says.
pub async fn list(db: &impl Db, user: UserId, query: &OrganizationQuery) -> Result<Page<Seen>> {
    let mut listing =
        Listing::of(COLUMNS, FROM, Id::Uuid("o.id")).given(user.0).holding("o.name", query.text.as_deref());
    if !query.all {
        listing = listing.with("m.user_id IS NOT NULL");
    }
    let order = match query.order {
        OrganizationOrder::Name => Order { word: "name", column: "o.name", is_number: false },
        OrganizationOrder::Created => Order { word: "created_at", column: "o.created_ms", is_number: true },
    };
    listing.page(db, &order, query.descending, &query.page, read).await
}

/// Waits for whoever else changes an organization or its members, until the end of the transaction, and counts the
/// change. Nothing happens where there is no such organization.
///
/// # Errors
/// Whatever the database says.
pub async fn take_turn(tx: &Tx, id: OrganizationId) -> Result<()> {
    let sql = "UPDATE organizations SET version = version + 1 WHERE id = $1";
    tx.raw().execute_raw(statement(tx, sql, [id.0.into()])).await.or_domain().map(drop)
}

/// Gives an organization another name.
///
/// # Errors
/// Whatever the database says.
pub async fn rename(tx: &Tx, id: OrganizationId, name: &OrganizationName) -> Result<()> {
    let sql = "UPDATE organizations SET name = $2 WHERE id = $1";
    let values = [id.0.into(), name.as_str().into()];
    tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain().map(drop)
}

/// How many projects an organization has, those that were removed and are not purged yet with them.
///
/// # Errors
/// Whatever the database says.
pub async fn projects(db: &impl Db, id: OrganizationId) -> Result<u64> {
    let sql = "SELECT COUNT(*) AS count FROM projects WHERE organization_id = $1";
    let row = db.raw().query_one_raw(statement(db, sql, [id.0.into()])).await.or_domain()?;
    let row = row.ok_or_else(|| Error::internal("a count has no row"))?;
    Ok(u64::try_from(row.try_get::<i64>("", "count").or_domain()?).unwrap_or(0))
}

/// Forgets an organization that has no projects, with its members and whom it has invited.
///
/// # Errors
/// Whatever the database says.
pub async fn delete(tx: &Tx, id: OrganizationId) -> Result<()> {
    for sql in [
        "DELETE FROM invitations WHERE organization_id = $1",
        "DELETE FROM organization_members WHERE organization_id = $1",
        "DELETE FROM organizations WHERE id = $1",
    ] {
        tx.raw().execute_raw(statement(tx, sql, [id.0.into()])).await.or_domain()?;
    }
    Ok(())
}

/// Forgets the organizations that have neither members nor projects, since an account ended.
///
/// # Errors
/// Whatever the database says.
pub async fn forget_empty(tx: &Tx) -> Result<()> {
    let empty = "SELECT g.id FROM organizations g \
                 WHERE NOT EXISTS (SELECT 1 FROM organization_members m WHERE m.organization_id = g.id) \
                   AND NOT EXISTS (SELECT 1 FROM projects p WHERE p.organization_id = g.id)";
    for sql in [
        format!("DELETE FROM invitations WHERE organization_id IN ({empty})"),
        format!("DELETE FROM organizations WHERE id IN ({empty})"),
    ] {
        tx.raw().execute_raw(statement(tx, &sql, [])).await.or_domain()?;
    }
    Ok(())
}

fn read(row: &QueryResult) -> Result<Seen> {
    let organization = Organization {
        id: OrganizationId(row.try_get("", "id").or_domain()?),
        name: OrganizationName::stored(row.try_get("", "name").or_domain()?),
        created_at: Timestamp::from_millis(row.try_get("", "created_ms").or_domain()?),
        version: Version(row.try_get("", "version").or_domain()?),
    };
    let is_member = row.try_get::<Option<String>>("", "role").or_domain()?.is_some();
    let role = if is_member { Some(stored_role(row)?) } else { None };
    Ok(Seen { organization, role })
}

/// A role from a row: what is wrong with it is the house's fault, not the caller's.
pub(crate) fn stored_role(row: &QueryResult) -> Result<OrganizationRole> {
    let role: String = row.try_get("", "role").or_domain()?;
    role.parse().map_err(|_| Error::internal(format!("the database holds the role {role:?}")))
}
