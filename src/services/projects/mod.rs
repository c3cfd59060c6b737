//! Projects: made, seen, changed, removed, restored and purged. Whoever is not in one gets the answer of one that is not
//! there.

mod change;
mod create;
pub mod members;
mod purge;

#[cfg(test)]
pub(crate) mod tests;

use domain::{Action, Caller, Event, Page, Project, ProjectId, Result, Role};
pub use metadata::projects::{ProjectOrder, ProjectQuery, ProjectState};
use metadata::{Tx, projects};

use crate::Backends;
pub use crate::steps::PURGE_PROJECT as PURGE;
use crate::steps::{record, see_project};

pub use change::{ChangedProject, change, remove, restore};
pub use create::{NewProject, create};
pub use purge::{purge, purge_batch};

/// A project.
///
/// # Errors
/// [`NotFound`](domain::Error::NotFound) for whoever is not in it, and administers neither its organization nor the house.
pub async fn get(caller: &Caller, backends: &Backends, id: ProjectId) -> Result<Project> {
    caller.may_see()?;
    see_project(&backends.metadata, caller, id).await
}

/// The projects that the caller is in, or all they may see.
///
/// # Errors
/// [`Invalid`](domain::Error::Invalid) for a cursor of another order.
pub async fn list(caller: &Caller, backends: &Backends, query: &ProjectQuery) -> Result<Page<Project>> {
    caller.may_see()?;
    let is_house_admin = caller.role == Role::Admin;
    let mut page = projects::list(&backends.metadata, caller.user, is_house_admin, query).await?;
    for project in &mut page.entries {
        project.standing.is_house_admin = is_house_admin;
    }
    Ok(page)
}

async fn note(tx: &Tx, caller: &Caller, action: Action, project: &Project) -> Result<()> {
    let event = Event::new(action, "project", project.id.0, project.name.as_str());
    record(tx, caller, &event.in_organization(project.organization).in_project(project.id)).await
}
