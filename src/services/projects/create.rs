//! Making projects.

use domain::{
    Action, Caller, Code, Error, Message, OrganizationId, OrganizationRole, Project, ProjectId, ProjectName,
    ProjectRole, Result, SpaceId,
};
use metadata::{Tx, again, project_members, projects};
use uuid::Uuid;

use crate::Backends;
use crate::steps::{once, see_organization, see_project, stays};

/// What a project is to be.
#[derive(Debug, Clone)]
pub struct NewProject {
    /// The organization it is to belong to; none for a personal one.
    pub organization: Option<OrganizationId>,
    /// What it is to be called.
    pub name: ProjectName,
    /// What it is about.
    pub description: String,
}

/// Makes a project with an empty space of its own, whose admin is who makes it.
///
/// # Errors
/// [`NotFound`](Error::NotFound) for an organization the caller may not know of; [`Forbidden`](Error::Forbidden) for one
/// they only view, or administer without being in it, and for one more project of their own than they may have.
pub async fn create(caller: &Caller, backends: &Backends, new: &NewProject) -> Result<Project> {
    caller.may_manage()?;
    let row = projects::NewProject {
        id: ProjectId(Uuid::new_v4()),
        organization: new.organization,
        space: SpaceId(Uuid::new_v4()),
        root_uuid: Uuid::new_v4(),
        name: new.name.clone(),
        description: Project::description(&new.description)?,
        creator: caller.user,
        quota_bytes: Some(backends.projects.quota_bytes).filter(|bytes| *bytes > 0),
    };
    again(|| async {
        let tx = backends.metadata.begin().await?;
        if let Some(made) = once(&tx, caller, row.id.0).await? {
            return see_project(&tx, caller, ProjectId(made)).await;
        }
        stays(&tx, caller).await?;
        match row.organization {
            Some(organization) => may_create_in(&tx, caller, organization).await?,
            None => may_create_another(&tx, caller, backends.projects.personal_max).await?,
        }
        projects::insert(&tx, caller.now, &row).await?;
        project_members::insert(&tx, caller.now, (row.id, &row.name), caller.user, ProjectRole::Admin)
            .await?;
        let project = see_project(&tx, caller, row.id).await?;
        super::note(&tx, caller, Action::CreateProject, &project).await?;
        tx.commit().await?;
        Ok(project)
    })
    .await
}

/// Refuses whoever has made as many projects of their own as they may, those counted that they removed: each has room of
/// its own. It is their turn, so that no two are counted at once.
async fn may_create_another(tx: &Tx, caller: &Caller, count_max: u32) -> Result<()> {
    if count_max == 0 {
        return Ok(());
    }
    if projects::count_personal(tx, caller.user).await? < u64::from(count_max) {
        return Ok(());
    }
    let text = format!(
        "You have made {count_max} projects outside of organizations, which is as many as you may; purge one, or make this \
         one in an organization."
    );
    Err(Error::Forbidden(Message::coded(Code::TooManyProjects, text)))
}

/// Waits for whoever changes the members of the organization, and sees whether the caller is one who may.
async fn may_create_in(tx: &Tx, caller: &Caller, organization: OrganizationId) -> Result<()> {
    projects::take_turn_in(tx, organization).await?;
    match see_organization(tx, caller, organization).await?.role {
        None => Err(Error::Forbidden(
            "Whoever makes a project is in its organization; as an admin of this server you can take yourself in.".into(),
        )),
        Some(OrganizationRole::Viewer) => Err(Error::Forbidden(
            "You may only look around in this organization; ask an admin of it to make you a member.".into(),
        )),
        Some(_) => Ok(()),
    }
}
