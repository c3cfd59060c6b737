//! Changing projects: what they are called, whether others see them, and whether they are there.

use domain::{Action, Caller, ETagMatch, Project, ProjectId, ProjectName, ProjectRole, Result};
use metadata::projects::ProjectChange;
use metadata::{again, project_members, projects};

use crate::Backends;
use crate::steps::{change_project, see_project};

/// What of a project is to be different; none for what is to stay.
#[derive(Debug, Clone, Default)]
pub struct ChangedProject {
    /// What it is to be called.
    pub name: Option<ProjectName>,
    /// What it is about.
    pub description: Option<String>,
    /// Whether others than its admins are to see it.
    pub active: Option<bool>,
    /// What it may store in bytes; none in it for no limit.
    pub quota_bytes: Option<Option<u64>>,
}

/// Changes a project. Where it is called something else, so it is in the drives of its members.
///
/// # Errors
/// [`NotFound`](domain::Error::NotFound), [`Forbidden`](domain::Error::Forbidden) for whoever is no admin of it, or may not
/// set its quota, [`Invalid`](domain::Error::Invalid), [`Stale`](domain::Error::Stale).
pub async fn change(
    caller: &Caller,
    backends: &Backends,
    id: ProjectId,
    changed: &ChangedProject,
    if_match: Option<&ETagMatch>,
) -> Result<Project> {
    caller.may_manage()?;
    let change = ProjectChange {
        name: changed.name.clone(),
        description: changed.description.as_deref().map(Project::description).transpose()?,
        active: changed.active,
        removed_at: None,
    };
    again(|| async {
        let tx = backends.metadata.begin().await?;
        let project = change_project(&tx, caller, id, ProjectRole::Admin).await?;
        project.version.expect(if_match)?;
        projects::change(&tx, caller.now, id, &change).await?;
        if let Some(quota_bytes) = changed.quota_bytes {
            project.standing.may_set_quota()?;
            projects::set_quota(&tx, project.tree.space, quota_bytes).await?;
        }
        if let Some(name) = changed.name.as_ref().filter(|name| **name != project.name) {
            project_members::rename_folders(&tx, id, name).await?;
        }
        let project = see_project(&tx, caller, id).await?;
        super::note(&tx, caller, Action::ChangeProject, &project).await?;
        tx.commit().await?;
        Ok(project)
    })
    .await
}

/// Removes a project: it can be restored, and nobody but those who administer it sees it any more.
///
/// # Errors
/// [`NotFound`](domain::Error::NotFound), [`Forbidden`](domain::Error::Forbidden) for whoever is no admin of it,
/// [`Stale`](domain::Error::Stale).
pub async fn remove(
    caller: &Caller,
    backends: &Backends,
    id: ProjectId,
    if_match: Option<&ETagMatch>,
) -> Result<()> {
    set_removed(caller, backends, id, true, if_match).await.map(drop)
}

/// Brings a project back that was removed; it is as active as it was.
///
/// # Errors
/// As for [`remove`].
pub async fn restore(
    caller: &Caller,
    backends: &Backends,
    id: ProjectId,
    if_match: Option<&ETagMatch>,
) -> Result<Project> {
    set_removed(caller, backends, id, false, if_match).await
}

async fn set_removed(
    caller: &Caller,
    backends: &Backends,
    id: ProjectId,
    removed: bool,
    if_match: Option<&ETagMatch>,
) -> Result<Project> {
    caller.may_manage()?;
    let action = if removed { Action::RemoveProject } else { Action::RestoreProject };
    again(|| async {
        let tx = backends.metadata.begin().await?;
        let project = change_project(&tx, caller, id, ProjectRole::Admin).await?;
        project.version.expect(if_match)?;
        // Asked twice, it happened with the first time.
        if project.removed_at.is_some() == removed {
            return Ok(project);
        }
        let change = ProjectChange { removed_at: Some(removed.then_some(caller.now)), ..Default::default() };
        projects::change(&tx, caller.now, id, &change).await?;
        super::note(&tx, caller, action, &project).await?;
        let project = see_project(&tx, caller, id).await?;
        tx.commit().await?;
        Ok(project)
    })
    .await
}
