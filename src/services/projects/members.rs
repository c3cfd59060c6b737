//! Who is in a project: listed, taken in, made something else, and let go.

use domain::{
    Action, Caller, ETagMatch, Error, Page, Project, ProjectId, ProjectMember, ProjectRole, Result, UserId,
};
pub use metadata::project_members::{ProjectMemberOrder, ProjectMemberQuery, Whom};
use metadata::{Db, Tx, again, project_members, projects, users};

use crate::Backends;
use crate::steps::{change_project, leaves_an_admin, note_member, see_project};

/// Who is in a project.
///
/// # Errors
/// [`NotFound`](Error::NotFound) when the caller may not know of it; [`Invalid`](Error::Invalid) for a cursor of another
/// order.
pub async fn list(
    caller: &Caller,
    backends: &Backends,
    project: ProjectId,
    query: &ProjectMemberQuery,
) -> Result<Page<ProjectMember>> {
    caller.may_see()?;
    see_project(&backends.metadata, caller, project).await?;
    project_members::list(&backends.metadata, project, query).await
}

/// Somebody in a project.
///
/// # Errors
/// [`NotFound`](Error::NotFound) when the caller may not know of it, or they are not in it.
pub async fn get(
    caller: &Caller,
    backends: &Backends,
    project: ProjectId,
    whom: &Whom,
) -> Result<ProjectMember> {
    caller.may_see()?;
    see_project(&backends.metadata, caller, project).await?;
    member(&backends.metadata, project, whom).await
}

/// Makes somebody a member with a role, or gives a member another one; says whether they are new.
///
/// # Errors
/// [`NotFound`](Error::NotFound) when the caller may not know of the project, or nobody is called that, or not in its
/// organization; [`Forbidden`](Error::Forbidden) for a change that is not the caller's to make, [`Stale`](Error::Stale).
pub async fn put(
    caller: &Caller,
    backends: &Backends,
    id: ProjectId,
    whom: &Whom,
    role: ProjectRole,
    if_match: Option<&ETagMatch>,
) -> Result<(ProjectMember, bool)> {
    caller.may_manage()?;
    again(|| async {
        let tx = backends.metadata.begin().await?;
        let project = change_project(&tx, caller, id, ProjectRole::Viewer).await?;
        let user = candidate(&tx, &project, whom).await?;
        let known = project_members::find(&tx, id, &Whom::Id(user)).await?;
        may_change(&tx, caller, &project, user, known.as_ref(), Some(role), if_match).await?;
        let action = match &known {
            Some(known) if known.role == role => return Ok((known.clone(), false)),
            Some(_) => {
                project_members::set_role(&tx, id, user, role).await?;
                Action::ChangeProjectMember
            }
            None => {
                if !users::stays(&tx, user).await? {
                    return Err(unknown(&project));
                }
                let named = (id, &project.name);
                project_members::insert(&tx, caller.now, named, user, role).await?;
                Action::AddProjectMember
            }
        };
        changed(&tx, caller, &project, action, user, role).await?;
        let member = member(&tx, id, &Whom::Id(user)).await?;
        tx.commit().await?;
        Ok((member, known.is_none()))
    })
    .await
}

/// Lets a member go, or goes. Tasks that were theirs are nobody's then.
///
/// # Errors
/// [`NotFound`](Error::NotFound) when the caller may not know of the project, or they are not in it;
/// [`Forbidden`](Error::Forbidden) for a change that is not the caller's to make, or for the last admin of a personal
/// project; [`Stale`](Error::Stale).
pub async fn remove(
    caller: &Caller,
    backends: &Backends,
    id: ProjectId,
    whom: &Whom,
    if_match: Option<&ETagMatch>,
) -> Result<()> {
    caller.may_manage()?;
    again(|| async {
        let tx = backends.metadata.begin().await?;
        let project = change_project(&tx, caller, id, ProjectRole::Viewer).await?;
        let known = member(&tx, id, whom).await?;
        let user = known.user;
        may_change(&tx, caller, &project, user, Some(&known), None, if_match).await?;
        project_members::remove(&tx, caller.now, id, user).await?;
        changed(&tx, caller, &project, Action::RemoveProjectMember, user, known.role).await?;
        tx.commit().await
    })
    .await
}

async fn member(db: &impl Db, project: ProjectId, whom: &Whom) -> Result<ProjectMember> {
    let nobody = || Error::NotFound("There is no such member in this project.".into());
    project_members::find(db, project, whom).await?.ok_or_else(nobody)
}

/// Whoever is meant, if they may be a member. Of people outside of the organization nothing is said.
async fn candidate(tx: &Tx, project: &Project, whom: &Whom) -> Result<UserId> {
    let found = project_members::find_candidate(tx, project.organization, whom).await?;
    found.ok_or_else(|| unknown(project))
}

fn unknown(project: &Project) -> Error {
    Error::NotFound(match project.organization {
        Some(_) => "There is no such user in this project's organization; invite them there first.".into(),
        None => "There is no such user.".into(),
    })
}

async fn may_change(
    tx: &Tx,
    caller: &Caller,
    project: &Project,
    user: UserId,
    known: Option<&ProjectMember>,
    to: Option<ProjectRole>,
    if_match: Option<&ETagMatch>,
) -> Result<()> {
    let from = known.map(|known| known.role);
    match user == caller.user {
        true => project.standing.may_change_self(to)?,
        false => project.standing.may_change_member(from, to)?,
    }
    match known {
        Some(known) => known.version.expect(if_match)?,
        None if if_match.is_some() => {
            return Err(Error::Stale("They are no member of this project any more.".into()));
        }
        None => {}
    }
    leaves_an_admin(tx, project, user, from, to).await
}

/// A change of its members is one of the project too.
async fn changed(
    tx: &Tx,
    caller: &Caller,
    project: &Project,
    action: Action,
    user: UserId,
    role: ProjectRole,
) -> Result<()> {
    projects::change(tx, caller.now, project.id, &projects::ProjectChange::default()).await?;
    note_member(tx, caller, action, project, user, role).await
}
