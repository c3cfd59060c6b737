//! Lists of projects, each page in one statement with what whoever asks is to each of them.

use domain::{OrganizationId, Page, PageRequest, Project, Result, UserId};

use super::{COLUMNS, TABLES, read};
use crate::Db;
use crate::listing::{Id, Listing, Order};

/// Those who administer a project see it hidden; its other members see it as long as it is not.
const SEEN: &str = "(om.role IN ('owner', 'admin') OR m.role = 'admin' OR (m.role IS NOT NULL AND p.active AND p.removed_ms IS NULL))";

/// Which projects are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProjectState {
    /// Those that are active.
    Active,
    /// Those that are inactive, and not removed.
    Inactive,
    /// Those that are removed.
    Removed,
}

/// What projects are listed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProjectOrder {
    /// Their names.
    Name,
    /// When they were made.
    Created,
    /// When they were last changed.
    Changed,
}

/// Which projects are listed, and how.
#[derive(Debug, Clone)]
pub struct ProjectQuery {
    /// Those whoever asks is a member of, and not all they may see.
    pub mine: bool,
    /// Those of this organization.
    pub organization: Option<OrganizationId>,
    /// Those in this state; none for all that are not removed.
    pub state: Option<ProjectState>,
    /// Those with this text in name or description.
    pub text: Option<String>,
    /// In which order.
    pub order: ProjectOrder,
    /// Whether it is the other way round.
    pub descending: bool,
    /// Which part.
    pub page: PageRequest,
}

/// A page of the projects that a user may see; an admin of the house may see all.
///
/// # Errors
/// [`Invalid`](domain::Error::Invalid) for a cursor of another order; whatever the database says.
pub async fn list(
    db: &impl Db,
    user: UserId,
    is_house_admin: bool,
    query: &ProjectQuery,
) -> Result<Page<Project>> {
    let order = match query.order {
        ProjectOrder::Name => Order { word: "name", column: "p.name", is_number: false },
        ProjectOrder::Created => Order { word: "created", column: "p.created_ms", is_number: true },
        ProjectOrder::Changed => Order { word: "changed", column: "p.changed_ms", is_number: true },
    };
    let mut listing = Listing::of(COLUMNS, TABLES, Id::Uuid("p.id"))
        .given(user.0)
        .only_if("p.organization_id = ?", query.organization.map(|organization| organization.0))
        .with(match query.state {
            // Written like this, SQLite finds them by their index, too.
            Some(ProjectState::Active) => "p.active = TRUE AND p.removed_ms IS NULL",
            Some(ProjectState::Inactive) => "p.active = FALSE AND p.removed_ms IS NULL",
            Some(ProjectState::Removed) => "p.removed_ms IS NOT NULL",
            None => "p.removed_ms IS NULL",
        })
        .holding("(p.name || '\n' || p.description)", query.text.as_deref());
    if query.mine {
        listing = listing.only("p.id IN (SELECT project_id FROM project_members WHERE user_id = ?)", user.0);
    }
    if !is_house_admin {
        listing = listing.with(SEEN);
    }
    listing.page(db, &order, query.descending, &query.page, read).await
}
