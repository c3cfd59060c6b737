//! Who is in which organization, and as what.

use domain::{
    Email, Error, OrganizationId, OrganizationMember, OrganizationRole, Page, PageRequest, Result, Timestamp,
    UserId, Version,
};
use sea_orm::{ConnectionTrait, QueryResult};

use crate::error::DbResult;
use crate::listing::{Id, Listing, Order};
use crate::organizations::stored_role;
use crate::users::stored_name;
use crate::{Db, Tx, statement};

/// An address that nobody has shown to be theirs may be somebody else's.
const COLUMNS: &str = "m.user_id, m.role, m.since_ms, m.version, u.name, u.display_name, \
                       CASE WHEN u.email_verified_ms IS NOT NULL THEN u.email END AS email";

const FROM: &str = "organization_members m JOIN users u ON u.id = m.user_id";

/// What can be searched of a member, in lines.
const TEXT: &str = "(u.name || '\n' || u.display_name || '\n' || \
                    CASE WHEN u.email_verified_ms IS NOT NULL THEN COALESCE(u.email, '') ELSE '' END)";

/// What members are listed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberOrder {
    /// The names they log in with.
    Name,
    /// What they are called.
    DisplayName,
    /// Since when they are in it.
    Since,
}

/// Which members are listed, and how.
#[derive(Debug, Clone)]
pub struct MemberQuery {
    /// Those who are this.
    pub role: Option<OrganizationRole>,
    /// Those of whose names or e-mail address one holds this.
    pub text: Option<String>,
    /// In which order.
    pub order: MemberOrder,
    /// Whether it is the other way round.
    pub descending: bool,
    /// Which part.
    pub page: PageRequest,
}

/// Takes somebody in; says whether they were not in it before. Who is in it already stays what they are.
///
/// # Errors
/// Whatever the database says.
pub async fn insert(
    tx: &Tx,
    organization: OrganizationId,
    user: UserId,
    role: OrganizationRole,
    now: Timestamp,
) -> Result<bool> {
    let sql = "INSERT INTO organization_members (organization_id, user_id, role, since_ms, version) \
               VALUES ($1, $2, $3, $4, 0) ON CONFLICT DO NOTHING";
    let values = [organization.0.into(), user.0.into(), role.as_str().into(), now.millis().into()];
    let done = tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain()?;
    Ok(done.rows_affected() > 0)
}

/// Somebody in an organization.
///
/// # Errors
/// Whatever the database says.
pub async fn find(
    db: &impl Db,
    organization: OrganizationId,
    user: UserId,
) -> Result<Option<OrganizationMember>> {
    let sql = format!("SELECT {COLUMNS} FROM {FROM} WHERE m.organization_id = $1 AND m.user_id = $2");
    let values = [organization.0.into(), user.0.into()];
    let found = db.raw().query_one_raw(statement(db, &sql, values)).await.or_domain()?;
    found.map(|row| read(&row)).transpose()
}

/// A page of members.
///
/// # Errors
/// [`Invalid`](Error::Invalid) for a cursor of another order; whatever the database says.
pub async fn list(
    db: &impl Db,
    organization: OrganizationId,
    query: &MemberQuery,
) -> Result<Page<OrganizationMember>> {
    let order = match query.order {
        MemberOrder::Name => Order { word: "name", column: "u.name", is_number: false },
        MemberOrder::DisplayName => {
            Order { word: "display_name", column: "u.display_name", is_number: false }
        }
        MemberOrder::Since => Order { word: "since", column: "m.since_ms", is_number: true },
    };
    Listing::of(COLUMNS, FROM, Id::Uuid("m.user_id"))
        .only("m.organization_id = ?", organization.0)
        .only_if("m.role = ?", query.role.map(OrganizationRole::as_str))
        .holding(TEXT, query.text.as_deref())
        .page(db, &order, query.descending, &query.page, read)
        .await
}

/// How many owners an organization has beside this one who stay: whoever is being purged does not.
///
/// # Errors
/// Whatever the database says.
pub async fn other_owners(tx: &Tx, organization: OrganizationId, user: UserId) -> Result<u64> {
    let sql = "SELECT COUNT(*) AS count FROM organization_members m JOIN users u ON u.id = m.user_id \
               WHERE m.organization_id = $1 AND m.user_id <> $2 AND m.role = 'owner' AND u.doomed_ms IS NULL";
    let values = [organization.0.into(), user.0.into()];
    let row = tx.raw().query_one_raw(statement(tx, sql, values)).await.or_domain()?;
    let row = row.ok_or_else(|| Error::internal("a count has no row"))?;
    Ok(u64::try_from(row.try_get::<i64>("", "count").or_domain()?).unwrap_or(0))
}

/// Makes a member something else.
///
/// # Errors
/// Whatever the database says.
pub async fn set_role(
    tx: &Tx,
    organization: OrganizationId,
    user: UserId,
    role: OrganizationRole,
) -> Result<()> {
    let sql = "UPDATE organization_members SET role = $3, version = version + 1 \
               WHERE organization_id = $1 AND user_id = $2";
    let values = [organization.0.into(), user.0.into(), role.as_str().into()];
    tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain().map(drop)
}

/// Lets a member go: out of the organization and its projects. Tasks there are nobody's then, and files are locked no
/// more.
///
/// # Errors
/// Whatever the database says.
pub async fn remove(tx: &Tx, organization: OrganizationId, user: UserId, now: Timestamp) -> Result<()> {
    let member = [organization.0.into(), user.0.into()];
    let sql = "UPDATE tasks SET assignee_id = NULL, changed_ms = $3, version = version + 1 \
               WHERE assignee_id = $2 \
                 AND project_id IN (SELECT id FROM projects WHERE organization_id = $1)";
    let values = member.iter().cloned().chain([now.millis().into()]);
    tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain()?;
    for sql in [
        "DELETE FROM locks WHERE user_id = $2 \
           AND space_id IN (SELECT space_id FROM projects WHERE organization_id = $1)",
        "DELETE FROM project_members WHERE user_id = $2 \
           AND project_id IN (SELECT id FROM projects WHERE organization_id = $1)",
        "DELETE FROM organization_members WHERE organization_id = $1 AND user_id = $2",
    ] {
        tx.raw().execute_raw(statement(tx, sql, member.clone())).await.or_domain()?;
    }
    Ok(())
}

fn read(row: &QueryResult) -> Result<OrganizationMember> {
    let text = |column: &str| row.try_get::<String>("", column).or_domain();
    let email: Option<String> = row.try_get("", "email").or_domain()?;
    Ok(OrganizationMember {
        user: UserId(row.try_get("", "user_id").or_domain()?),
        name: stored_name(&text("name")?)?,
        display_name: text("display_name")?,
        email: email.map(|email| stored_email(&email)).transpose()?,
        role: stored_role(row)?,
        since: Timestamp::from_millis(row.try_get("", "since_ms").or_domain()?),
        version: Version(row.try_get("", "version").or_domain()?),
    })
}

fn stored_email(email: &str) -> Result<Email> {
    Email::parse(email).map_err(|_| Error::internal(format!("the database holds the address {email:?}")))
}
