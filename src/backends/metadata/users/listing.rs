//! Accounts as admins look for them. Whoever is being purged is in none of these answers any more.

use domain::{OrganizationId, Page, PageRequest, Result, Role, User, UserId, UserState};
use sea_orm::ConnectionTrait;

use super::{COLUMNS, TABLES, read};
use crate::error::DbResult;
use crate::listing::{Id, Listing, Order};
use crate::{Db, statement};

/// What is looked through for a text, by the database without an index: as often as an admin types one.
const TEXT: &str = "(u.name || '\n' || u.display_name || '\n' || COALESCE(u.email, ''))";

/// What accounts are listed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserOrder {
    /// The names they log in with.
    Name,
    /// Their e-mail addresses, those without one first.
    Email,
    /// When they were made.
    Created,
    /// What they store.
    Used,
}

/// Which accounts are listed, and how.
#[derive(Debug, Clone)]
pub struct UserQuery {
    /// Those who are this.
    pub role: Option<Role>,
    /// Those that stand like this.
    pub state: Option<UserState>,
    /// Those who are in this organization.
    pub organization: Option<OrganizationId>,
    /// Those with this text in name, display name or e-mail address.
    pub text: Option<String>,
    /// In which order.
    pub order: UserOrder,
    /// Whether it is the other way round.
    pub descending: bool,
    /// Which part.
    pub page: PageRequest,
}

/// A page of accounts, in one statement.
///
/// # Errors
/// [`Invalid`](domain::Error::Invalid) for a cursor of another order; whatever the database says.
pub async fn page(db: &impl Db, query: &UserQuery) -> Result<Page<User>> {
    let order = match query.order {
        UserOrder::Name => Order { word: "name", column: "u.name", is_number: false },
        UserOrder::Email => Order { word: "email", column: "COALESCE(u.email, '')", is_number: false },
        UserOrder::Created => Order { word: "created_at", column: "u.created_ms", is_number: true },
        UserOrder::Used => Order { word: "used_bytes", column: "s.used_bytes", is_number: true },
    };
    let mut listing = Listing::of(COLUMNS, TABLES, Id::Uuid("u.id"))
        .with("u.doomed_ms IS NULL")
        .only_if("u.role = ?", query.role.map(Role::as_str))
        .only_if(
            "EXISTS (SELECT 1 FROM organization_members m WHERE m.user_id = u.id AND m.organization_id = ?)",
            query.organization.map(|organization| organization.0),
        )
        .holding(TEXT, query.text.as_deref());
    if let Some(state) = query.state {
        // Of what holds at the same time, the first counts.
        for earlier in UserState::ALL.into_iter().take_while(|earlier| *earlier != state) {
            listing = listing.with(&format!("NOT {}", holds(earlier)));
        }
        listing = listing.with(holds(state));
    }
    listing.page(db, &order, query.descending, &query.page, read).await
}

/// What [`User::state`] asks of each state.
fn holds(state: UserState) -> &'static str {
    match state {
        UserState::Deactivated => "(NOT u.active)",
        UserState::Locked => "(u.locked_ms IS NOT NULL)",
        UserState::Suspended => "(u.suspended_ms IS NOT NULL)",
        UserState::Unverified => "(NOT u.confirmed)",
        UserState::Waiting => "(NOT u.approved)",
        UserState::Active => "(1 = 1)",
    }
}

/// Whose identity this is.
///
/// # Errors
/// Whatever the database says.
pub async fn by_id(db: &impl Db, id: UserId) -> Result<Option<User>> {
    let sql = format!("SELECT {COLUMNS} FROM {TABLES} WHERE u.id = $1 AND u.doomed_ms IS NULL");
    let row = db.raw().query_one_raw(statement(db, &sql, [id.0.into()])).await.or_domain()?;
    row.map(|row| read(&row)).transpose()
}
