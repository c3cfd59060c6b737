//! Lists of tasks: of one project, or of all that somebody sees.

use domain::{
    OrganizationId, Page, PageRequest, ProjectId, Result, Task, TaskPriority, TaskStatus, Timestamp, UserId,
};

use super::{COLUMNS, files, read};
use crate::Db;
use crate::listing::{Id, Listing, Order};

/// Tasks with their projects `p`, what the user `$1` is there, and who they are assigned to.
const TABLES: &str = "tasks t JOIN projects p ON p.id = t.project_id \
    JOIN spaces s ON s.id = p.space_id AND s.condemned_ms IS NULL \
    LEFT JOIN project_members m ON m.project_id = p.id AND m.user_id = $1 \
    LEFT JOIN organization_members om ON om.organization_id = p.organization_id AND om.user_id = $1 \
    LEFT JOIN users a ON a.id = t.assignee_id";

/// Those who are in a project, or administer its organization.
const SEEN: &str = "(m.role IS NOT NULL OR om.role IN ('owner', 'admin'))";

/// Who tasks are assigned to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assigned {
    /// To this user.
    To(UserId),
    /// To nobody.
    ToNobody,
}

/// What tasks are listed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskOrder {
    /// Until when they are to be done; those for which this does not matter come last.
    Due,
    /// How much they press.
    Priority,
    /// When they were made.
    Created,
    /// When they were last changed.
    Changed,
    /// What they are called.
    Title,
}

/// Which tasks are listed, and how.
#[derive(Debug, Clone)]
pub struct TaskQuery {
    /// Those of this project.
    pub project: Option<ProjectId>,
    /// Those of the projects of this organization.
    pub organization: Option<OrganizationId>,
    /// Those assigned so.
    pub assigned: Option<Assigned>,
    /// Those that have come so far.
    pub status: Option<TaskStatus>,
    /// Those that press so much.
    pub priority: Option<TaskPriority>,
    /// Those that are to be done before this moment.
    pub due_before: Option<Timestamp>,
    /// Those with this text in title or text.
    pub text: Option<String>,
    /// In which order.
    pub order: TaskOrder,
    /// Whether it is the other way round.
    pub descending: bool,
    /// Which part.
    pub page: PageRequest,
}

/// A page of tasks: of one project that whoever asks may see, or of all projects that are active and that they are in or
/// administer by their organization; an admin of the house may name any organization.
///
/// # Errors
/// [`Invalid`](domain::Error::Invalid) for a cursor of another order; whatever the database says.
pub async fn list(db: &impl Db, user: UserId, is_house_admin: bool, query: &TaskQuery) -> Result<Page<Task>> {
    let order = match query.order {
        TaskOrder::Due => {
            // The largest number both databases have.
            Order { word: "due", column: "COALESCE(t.due_ms, 9223372036854775807)", is_number: true }
        }
        TaskOrder::Priority => Order { word: "priority", column: "t.priority", is_number: true },
        TaskOrder::Created => Order { word: "created", column: "t.created_ms", is_number: true },
        TaskOrder::Changed => Order { word: "changed", column: "t.changed_ms", is_number: true },
        TaskOrder::Title => Order { word: "title", column: "t.title", is_number: false },
    };
    let mut listing = Listing::of(COLUMNS, TABLES, Id::Uuid("t.id"))
        .given(user.0)
        .only_if("t.project_id = ?", query.project.map(|project| project.0))
        .only_if("p.organization_id = ?", query.organization.map(|organization| organization.0))
        .only_if("t.status = ?", query.status.map(TaskStatus::as_str))
        .only_if("t.priority = ?", query.priority.map(TaskPriority::rank))
        .only_if("t.due_ms < ?", query.due_before.map(Timestamp::millis))
        .holding("(t.title || '\n' || t.body)", query.text.as_deref());
    listing = match query.assigned {
        Some(Assigned::To(assignee)) => listing.only("t.assignee_id = ?", assignee.0),
        Some(Assigned::ToNobody) => listing.with("t.assignee_id IS NULL"),
        None => listing,
    };
    if query.project.is_none() {
        listing = listing.with("p.active = TRUE AND p.removed_ms IS NULL");
        if !(is_house_admin && query.organization.is_some()) {
            listing = listing.with(SEEN);
        }
    }
    let mut page = listing.page(db, &order, query.descending, &query.page, read).await?;
    files::fill(db, &mut page.entries).await?;
    Ok(page)
}
