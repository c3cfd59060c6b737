//! Invitations to the house and into organizations. The token that accepts one is in the mail alone; here is its SHA-256.

use domain::{
    Email, Error, Invitation, InvitationId, InvitedTo, OrganizationId, OrganizationName, Page, PageRequest,
    Result, Timestamp, UserId,
};
use sea_orm::{ConnectionTrait, QueryResult};
use uuid::Uuid;

use crate::error::DbResult;
use crate::listing::{Id, Listing, Order};
use crate::users::{stored_email, stored_role};
use crate::{Db, Tx, statement};

const COLUMNS: &str = "i.id, i.organization_id, i.email, i.role, i.invited_by, i.created_ms, i.expires_ms, \
                       i.accepted_ms, i.revoked_ms";
const RECEIVED_COLUMNS: &str = "i.id, i.organization_id, i.email, i.role, i.invited_by, i.created_ms, i.expires_ms, \
                                i.accepted_ms, i.revoked_ms, o.name AS organization_name";

/// What a new invitation is made of.
#[derive(Debug, Clone)]
pub struct NewInvitation {
    /// Its identity.
    pub id: InvitationId,
    /// To what.
    pub to: InvitedTo,
    /// Whom.
    pub email: Email,
    /// By whom.
    pub invited_by: UserId,
    /// The SHA-256 of the token that accepts it.
    pub token_hash: [u8; 32],
    /// From when on it cannot be accepted any more.
    pub expires_at: Timestamp,
}

/// What invitations are listed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvitationOrder {
    /// Whom they are to.
    Email,
    /// When they were made.
    Created,
}

/// Which invitations are listed, and how.
#[derive(Debug, Clone)]
pub struct InvitationQuery {
    /// Those into this organization; none for those to the house.
    pub organization: Option<OrganizationId>,
    /// Those alone that can be accepted at this moment.
    pub open_at: Option<Timestamp>,
    /// Those to an address that holds this.
    pub text: Option<String>,
    /// In which order.
    pub order: InvitationOrder,
    /// Whether it is the other way round.
    pub descending: bool,
    /// Which part.
    pub page: PageRequest,
}

/// Adds an invitation. Earlier ones of the same address to the same thing are revoked by it.
///
/// # Errors
/// Whatever the database says.
pub async fn insert(tx: &Tx, now: Timestamp, new: &NewInvitation) -> Result<Invitation> {
    let organization = new.to.organization().map(|organization| organization.0);
    let earlier = "UPDATE invitations SET revoked_ms = $1 \
                   WHERE email = $2 AND accepted_ms IS NULL AND revoked_ms IS NULL AND expires_ms > $1 \
                     AND COALESCE(organization_id, $3) = $4";
    let none = Uuid::nil();
    let values =
        [now.millis().into(), new.email.as_str().into(), none.into(), organization.unwrap_or(none).into()];
    tx.raw().execute_raw(statement(tx, earlier, values)).await.or_domain()?;
    let sql = "INSERT INTO invitations (id, organization_id, email, role, token_hash, invited_by, created_ms, \
                 expires_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let values = [
        new.id.0.into(),
        organization.into(),
        new.email.as_str().into(),
        new.to.role().into(),
        new.token_hash.to_vec().into(),
        new.invited_by.0.into(),
        now.millis().into(),
        new.expires_at.millis().into(),
    ];
    tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain()?;
    Ok(Invitation {
        id: new.id,
        to: new.to,
        email: new.email.clone(),
        invited_by: new.invited_by,
        created_at: now,
        expires_at: new.expires_at,
        accepted_at: None,
        revoked_at: None,
    })
}

/// An invitation, whatever became of it.
///
/// # Errors
/// Whatever the database says.
pub async fn find(db: &impl Db, id: InvitationId) -> Result<Option<Invitation>> {
    let sql = format!("SELECT {COLUMNS} FROM invitations i WHERE i.id = $1");
    let row = db.raw().query_one_raw(statement(db, &sql, [id.0.into()])).await.or_domain()?;
    row.map(|row| read(&row)).transpose()
}

/// The invitation that this token accepts, whatever became of it.
///
/// # Errors
/// Whatever the database says.
pub async fn find_by_token(db: &impl Db, token_hash: [u8; 32]) -> Result<Option<Invitation>> {
    let sql = format!("SELECT {COLUMNS} FROM invitations i WHERE i.token_hash = $1");
    let values = [token_hash.to_vec().into()];
    let row = db.raw().query_one_raw(statement(db, &sql, values)).await.or_domain()?;
    row.map(|row| read(&row)).transpose()
}

/// A page of invitations.
///
/// # Errors
/// [`Invalid`](Error::Invalid) for a cursor of another order; whatever the database says.
pub async fn list(db: &impl Db, query: &InvitationQuery) -> Result<Page<Invitation>> {
    let order = match query.order {
        InvitationOrder::Email => Order { word: "email", column: "i.email", is_number: false },
        InvitationOrder::Created => Order { word: "created", column: "i.created_ms", is_number: true },
    };
    let all = Listing::of(COLUMNS, "invitations i", Id::Uuid("i.id"))
        .only_if("i.expires_ms > ?", query.open_at.map(Timestamp::millis))
        .holding("i.email", query.text.as_deref());
    let all = match query.organization {
        Some(organization) => all.only("i.organization_id = ?", organization.0),
        None => all.with("i.organization_id IS NULL"),
    };
    let all = match query.open_at {
        Some(_) => all.with("i.accepted_ms IS NULL AND i.revoked_ms IS NULL"),
        None => all,
    };
    all.page(db, &order, query.descending, &query.page, read).await
}

/// An invitation into an organization, as whoever is invited sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The invitation.
    pub invitation: Invitation,
    /// Into which organization.
    pub organization: OrganizationId,
    /// What that is called.
    pub organization_name: OrganizationName,
}

/// Invitations into organizations with who has the address they are to.
const RECEIVED: &str = "invitations i JOIN organizations o ON o.id = i.organization_id \
                        JOIN users u ON u.email = i.email";

/// A page of the invitations into organizations that wait for this user to answer them, the newest first.
///
/// # Errors
/// [`Invalid`](Error::Invalid) for a cursor of another order; whatever the database says.
pub async fn list_received(
    db: &impl Db,
    user: UserId,
    now: Timestamp,
    page: &PageRequest,
) -> Result<Page<Received>> {
    let order = Order { word: "created_at", column: "i.created_ms", is_number: true };
    Listing::of(RECEIVED_COLUMNS, RECEIVED, Id::Uuid("i.id"))
        .only("u.id = ?", user.0)
        .only("i.expires_ms > ?", now.millis())
        .with("i.accepted_ms IS NULL AND i.revoked_ms IS NULL")
        .page(db, &order, true, page, read_received)
        .await
}

/// An invitation into an organization to the address of this user, whatever became of it.
///
/// # Errors
/// Whatever the database says.
pub async fn find_received(db: &impl Db, user: UserId, id: InvitationId) -> Result<Option<Received>> {
    let sql = format!("SELECT {RECEIVED_COLUMNS} FROM {RECEIVED} WHERE u.id = $1 AND i.id = $2");
    let row = db.raw().query_one_raw(statement(db, &sql, [user.0.into(), id.0.into()])).await.or_domain()?;
    row.map(|row| read_received(&row)).transpose()
}

/// How many invitations into an organization can be accepted at this moment.
///
/// # Errors
/// Whatever the database says.
pub async fn count_open(tx: &Tx, organization: OrganizationId, now: Timestamp) -> Result<u64> {
    let sql = "SELECT COUNT(*) AS count FROM invitations WHERE organization_id = $1 AND expires_ms > $2 \
                 AND accepted_ms IS NULL AND revoked_ms IS NULL";
    let values = [organization.0.into(), now.millis().into()];
    let row = tx.raw().query_one_raw(statement(tx, sql, values)).await.or_domain()?;
    let row = row.ok_or_else(|| Error::internal("a count has no row"))?;
    Ok(u64::try_from(row.try_get::<i64>("", "count").or_domain()?).unwrap_or(0))
}

/// Takes back the invitations into an organization by somebody who may not invite to what they did any more.
///
/// # Errors
/// Whatever the database says.
pub async fn revoke_of(tx: &Tx, organization: OrganizationId, by: UserId, now: Timestamp) -> Result<()> {
    let sql = "UPDATE invitations SET revoked_ms = $3 WHERE organization_id = $1 AND invited_by = $2 \
                 AND accepted_ms IS NULL AND revoked_ms IS NULL AND expires_ms > $3";
    let values = [organization.0.into(), by.0.into(), now.millis().into()];
    tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain().map(drop)
}

/// Takes back the invitations by somebody who is no admin of the house any more, or ends: all but those into organizations
/// in which they are a member who may give that role.
///
/// # Errors
/// Whatever the database says.
pub async fn revoke_beyond(tx: &Tx, by: UserId, now: Timestamp) -> Result<()> {
    let sql = "UPDATE invitations SET revoked_ms = $2 WHERE invited_by = $1 \
                 AND accepted_ms IS NULL AND revoked_ms IS NULL AND expires_ms > $2 \
                 AND NOT EXISTS (SELECT 1 FROM organization_members m \
                   WHERE m.organization_id = invitations.organization_id AND m.user_id = $1 \
                     AND (m.role = 'owner' OR (m.role = 'admin' AND invitations.role <> 'owner')))";
    let values = [by.0.into(), now.millis().into()];
    tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain().map(drop)
}

/// Takes an invitation back; says whether it could still be accepted.
///
/// # Errors
/// Whatever the database says.
pub async fn revoke(tx: &Tx, id: InvitationId, now: Timestamp) -> Result<bool> {
    end(tx, "UPDATE invitations SET revoked_ms = $2", id, now).await
}

/// Accepts an invitation; says whether that could be done: of two who do it at once, one can.
///
/// # Errors
/// Whatever the database says.
pub async fn accept(tx: &Tx, id: InvitationId, now: Timestamp) -> Result<bool> {
    end(tx, "UPDATE invitations SET accepted_ms = $2", id, now).await
}

/// Forgets invitations that were answered or taken back, or have expired, before a moment, at most so many; says how many.
///
/// # Errors
/// Whatever the database says.
pub async fn forget(tx: &Tx, before: Timestamp, count_max: u32) -> Result<u64> {
    let sql = "DELETE FROM invitations WHERE id IN (SELECT id FROM invitations \
                 WHERE COALESCE(accepted_ms, revoked_ms, expires_ms) < $1 LIMIT $2)";
    let values = [before.millis().into(), i64::from(count_max).into()];
    Ok(tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain()?.rows_affected())
}

async fn end(tx: &Tx, update: &str, id: InvitationId, now: Timestamp) -> Result<bool> {
    let sql =
        format!("{update} WHERE id = $1 AND accepted_ms IS NULL AND revoked_ms IS NULL AND expires_ms > $2");
    let done = tx.raw().execute_raw(statement(tx, &sql, [id.0.into(), now.millis().into()])).await;
    Ok(done.or_domain()?.rows_affected() > 0)
}

fn read_received(row: &QueryResult) -> Result<Received> {
    Ok(Received {
        invitation: read(row)?,
        organization: OrganizationId(row.try_get("", "organization_id").or_domain()?),
        organization_name: OrganizationName::stored(row.try_get("", "organization_name").or_domain()?),
    })
}

fn read(row: &QueryResult) -> Result<Invitation> {
    let text = |column: &str| row.try_get::<String>("", column).or_domain();
    let moment =
        |column: &str| Ok(row.try_get::<Option<i64>>("", column).or_domain()?.map(Timestamp::from_millis));
    let organization: Option<Uuid> = row.try_get("", "organization_id").or_domain()?;
    let role = text("role")?;
    let unknown = |_| Error::internal(format!("the database holds an invitation as {role:?}"));
    Ok(Invitation {
        id: InvitationId(row.try_get("", "id").or_domain()?),
        to: match organization {
            Some(id) => InvitedTo::Organization(OrganizationId(id), role.parse().map_err(unknown)?),
            None => InvitedTo::House(stored_role(&role)?),
        },
        email: stored_email(&text("email")?)?,
        invited_by: UserId(row.try_get("", "invited_by").or_domain()?),
        created_at: Timestamp::from_millis(row.try_get("", "created_ms").or_domain()?),
        expires_at: Timestamp::from_millis(row.try_get("", "expires_ms").or_domain()?),
        accepted_at: moment("accepted_ms")?,
        revoked_at: moment("revoked_ms")?,
    })
}
