//! Finding a project for somebody who may know of it.

use domain::{
    Action, Caller, Error, Event, Project, ProjectId, ProjectRole, Result, Role, UserId, last_admin,
};
use metadata::{Db, Tx, project_members, projects};

use super::record;

/// A project, for somebody who may see it.
///
/// # Errors
/// [`NotFound`](Error::NotFound) for everybody else, whether there is one or not.
pub(crate) async fn see_project(db: &impl Db, caller: &Caller, id: ProjectId) -> Result<Project> {
    let unknown = || Error::NotFound("There is no such project, or you are not in it.".into());
    let mut project = projects::find(db, caller.user, id).await?.ok_or_else(unknown)?;
    project.standing.is_house_admin = caller.role == Role::Admin;
    match project.standing.sees(project.is_hidden()) {
        true => Ok(project),
        false => Err(unknown()),
    }
}

/// The same for a change of it, its members or its tasks, which others wait for until the end of the transaction.
///
/// # Errors
/// As for [`see_project`]; [`Forbidden`](Error::Forbidden) for whoever is less than `role` there.
pub(crate) async fn change_project(
    tx: &Tx,
    caller: &Caller,
    id: ProjectId,
    role: ProjectRole,
) -> Result<Project> {
    projects::take_turn(tx, id).await?;
    let project = see_project(tx, caller, id).await?;
    project.standing.at_least(role)?;
    Ok(project)
}

/// Refuses to let the only admin of a personal project be less than that. Those of an organization have its admins.
///
/// # Errors
/// [`Forbidden`](Error::Forbidden), with what to do.
pub(crate) async fn leaves_an_admin(
    tx: &Tx,
    project: &Project,
    user: UserId,
    from: Option<ProjectRole>,
    to: Option<ProjectRole>,
) -> Result<()> {
    let loses_admin = from == Some(ProjectRole::Admin) && to != Some(ProjectRole::Admin);
    let is_last = project.organization.is_none()
        && loses_admin
        && !project_members::has_other_admin(tx, project.id, user).await?;
    if is_last { Err(last_admin()) } else { Ok(()) }
}

/// Writes down what becomes of a member. Their name goes with their account, so the record says their role.
///
/// # Errors
/// Whatever the database says.
pub(crate) async fn note_member(
    tx: &Tx,
    caller: &Caller,
    action: Action,
    project: &Project,
    user: UserId,
    role: ProjectRole,
) -> Result<()> {
    let event = Event::nameless(action, "user", user.0).detailed(role.as_str());
    record(tx, caller, &event.in_organization(project.organization).in_project(project.id)).await
}
