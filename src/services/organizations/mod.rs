//! Organizations: made, seen, renamed and deleted. Whoever is not in one gets the answer of one that is not there.

pub mod invitations;
pub mod members;
pub mod received;

#[cfg(test)]
mod tests;

use domain::{
    Action, Caller, Code, ETagMatch, Error, Event, Message, Organization, OrganizationId, OrganizationName,
    OrganizationRole, Page, Result, Role,
};
pub use metadata::organizations::{OrganizationOrder, OrganizationQuery, Seen};
use metadata::{Tx, again, organization_members, organizations};
use uuid::Uuid;

use crate::steps::{Standing, change_organization, once, record, see_organization, stays};
use crate::{Backends, Creators};

/// Makes an organization, of which the caller is the owner.
///
/// # Errors
/// [`Forbidden`](Error::Forbidden) for a credential that is good for files alone, and for whoever is no admin where only
/// they make organizations.
pub async fn create(caller: &Caller, backends: &Backends, name: &OrganizationName) -> Result<Seen> {
    caller.may_manage()?;
    if backends.organizations.creators == Creators::Admins && caller.role != Role::Admin {
        let sentence = "Organizations are made by the admins of this server; ask one of them for yours.";
        return Err(Error::Forbidden(Message::coded(Code::NeedsAdmin, sentence)));
    }
    let new = OrganizationId(Uuid::now_v7());
    again(|| async {
        let tx = backends.metadata.begin().await?;
        if let Some(made) = once(&tx, caller, new.0).await? {
            return see_organization(&tx, caller, OrganizationId(made)).await.map(Seen::from);
        }
        stays(&tx, caller).await?;
        organizations::insert(&tx, new, name, caller.user, caller.now).await?;
        let owner = OrganizationRole::Owner;
        organization_members::insert(&tx, new, caller.user, owner, caller.now).await?;
        let made = see_organization(&tx, caller, new).await?;
        note(&tx, caller, Action::CreateOrganization, &made.organization).await?;
        tx.commit().await?;
        Ok(made.into())
    })
    .await
}

/// An organization.
///
/// # Errors
/// [`NotFound`](Error::NotFound) when there is none, or the caller is not in it.
pub async fn get(caller: &Caller, backends: &Backends, id: OrganizationId) -> Result<Seen> {
    caller.may_see()?;
    see_organization(&backends.metadata, caller, id).await.map(Seen::from)
}

/// The organizations that the caller is in; all of the house, if an admin of the house asks for them.
///
/// # Errors
/// [`Forbidden`](Error::Forbidden) when somebody else asks for all; [`Invalid`](Error::Invalid) for a cursor of another
/// order.
pub async fn list(caller: &Caller, backends: &Backends, query: &OrganizationQuery) -> Result<Page<Seen>> {
    caller.may_see()?;
    if query.all {
        caller.is_admin()?;
    }
    organizations::list(&backends.metadata, caller.user, query).await
}

/// Gives an organization another name.
///
/// # Errors
/// [`NotFound`](Error::NotFound), [`Forbidden`](Error::Forbidden) for whoever does not administer it,
/// [`Stale`](Error::Stale).
pub async fn rename(
    caller: &Caller,
    backends: &Backends,
    id: OrganizationId,
    name: &OrganizationName,
    if_match: Option<&ETagMatch>,
) -> Result<Seen> {
    caller.may_manage()?;
    again(|| async {
        let tx = backends.metadata.begin().await?;
        let standing = change_organization(&tx, caller, id, if_match).await?;
        standing.acting.may_administer()?;
        organizations::rename(&tx, id, name).await?;
        let organization = Organization { name: name.clone(), ..standing.organization };
        note(&tx, caller, Action::ChangeOrganization, &organization).await?;
        tx.commit().await?;
        Ok(Seen { organization, role: standing.role })
    })
    .await
}

/// Deletes an organization that has no projects, with its members and whom it has invited.
///
/// # Errors
/// [`NotFound`](Error::NotFound), [`Forbidden`](Error::Forbidden) for whoever is no owner or while there are projects,
/// [`Stale`](Error::Stale).
pub async fn delete(
    caller: &Caller,
    backends: &Backends,
    id: OrganizationId,
    if_match: Option<&ETagMatch>,
) -> Result<()> {
    caller.may_manage()?;
    again(|| async {
        let tx = backends.metadata.begin().await?;
        let standing = change_organization(&tx, caller, id, if_match).await?;
        standing.acting.may_delete()?;
        match organizations::projects(&tx, id).await? {
            0 => {}
            count => {
                let projects = if count == 1 { "1 project" } else { &format!("{count} projects") };
                let text = format!(
                    "This organization has {projects}, removed ones counted too; purge them first, then delete it."
                );
                return Err(Error::Forbidden(Message::coded(Code::OrganizationHasProjects, text)));
            }
        }
        organizations::delete(&tx, id).await?;
        note(&tx, caller, Action::DeleteOrganization, &standing.organization).await?;
        tx.commit().await
    })
    .await
}

async fn note(tx: &Tx, caller: &Caller, action: Action, organization: &Organization) -> Result<()> {
    let Organization { id, name, .. } = organization;
    let event = Event::new(action, "organization", id.0, name.as_str()).in_organization(Some(*id));
    record(tx, caller, &event).await
}

impl From<Standing> for Seen {
    fn from(standing: Standing) -> Self {
        Self { organization: standing.organization, role: standing.role }
    }
}
