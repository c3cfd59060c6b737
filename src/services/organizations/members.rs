//! Who is in an organization: listed, made something else, and let go. There is always an owner.

use domain::{
    Action, Caller, Code, ETagMatch, Error, Event, Message, OrganizationId, OrganizationMember,
    OrganizationRole, Page, Result, Role, UserId,
};
pub use metadata::organization_members::{MemberOrder, MemberQuery};
use metadata::{Db, Tx, again, invitations, organization_members, users};

use crate::Backends;
use crate::steps::{Standing, change_organization, record, see_organization};

/// Who is in an organization.
///
/// # Errors
/// [`NotFound`](Error::NotFound) when the caller is not; [`Invalid`](Error::Invalid) for a cursor of another order.
pub async fn list(
    caller: &Caller,
    backends: &Backends,
    organization: OrganizationId,
    query: &MemberQuery,
) -> Result<Page<OrganizationMember>> {
    caller.may_see()?;
    see_organization(&backends.metadata, caller, organization).await?;
    organization_members::list(&backends.metadata, organization, query).await
}

/// Somebody in an organization.
///
/// # Errors
/// [`NotFound`](Error::NotFound) when the caller or they are not in it.
pub async fn get(
    caller: &Caller,
    backends: &Backends,
    organization: OrganizationId,
    user: UserId,
) -> Result<OrganizationMember> {
    caller.may_see()?;
    see_organization(&backends.metadata, caller, organization).await?;
    member(&backends.metadata, organization, user).await
}

/// Makes a member something else; an admin of the house also takes somebody in, whom everybody else has to invite.
///
/// # Errors
/// As for [`change_role`]; [`Stale`](Error::Stale) also for somebody who is no member any more.
pub async fn put(
    caller: &Caller,
    backends: &Backends,
    organization: OrganizationId,
    user: UserId,
    role: OrganizationRole,
    if_match: Option<&ETagMatch>,
) -> Result<OrganizationMember> {
    caller.may_manage()?;
    again(|| async {
        let tx = backends.metadata.begin().await?;
        let standing = change_organization(&tx, caller, organization, None).await?;
        let is_new = organization_members::find(&tx, organization, user).await?.is_none();
        if is_new && if_match.is_some() {
            return Err(Error::Stale("They are no member of this organization any more.".into()));
        }
        if is_new && caller.role == Role::Admin {
            if !users::stays(&tx, user).await? {
                return Err(nobody());
            }
            organization_members::insert(&tx, organization, user, role, caller.now).await?;
            note(&tx, caller, Action::ChangeOrganizationMember, organization, user, role).await?;
        } else {
            set_role(&tx, caller, &standing, user, role, if_match).await?;
        }
        let member = member(&tx, organization, user).await?;
        tx.commit().await?;
        Ok(member)
    })
    .await
}

/// Makes a member something else. Who becomes less takes back whom they have invited and who has not answered.
///
/// # Errors
/// [`NotFound`](Error::NotFound) when the caller or they are not in it, [`Forbidden`](Error::Forbidden) when the caller
/// may not make them that or there would be no owner any more, [`Stale`](Error::Stale).
pub async fn change_role(
    caller: &Caller,
    backends: &Backends,
    organization: OrganizationId,
    user: UserId,
    role: OrganizationRole,
    if_match: Option<&ETagMatch>,
) -> Result<OrganizationMember> {
    caller.may_manage()?;
    again(|| async {
        let tx = backends.metadata.begin().await?;
        let standing = change_organization(&tx, caller, organization, None).await?;
        set_role(&tx, caller, &standing, user, role, if_match).await?;
        let changed = member(&tx, organization, user).await?;
        tx.commit().await?;
        Ok(changed)
    })
    .await
}

/// Lets a member go, or goes. Their memberships in its projects end with it, tasks there that were theirs are nobody's, and
/// whom they have invited is not invited any more.
///
/// # Errors
/// [`NotFound`](Error::NotFound) when the caller or they are not in it, [`Forbidden`](Error::Forbidden) when the caller
/// may not do that or there would be no owner any more, [`Stale`](Error::Stale).
pub async fn remove(
    caller: &Caller,
    backends: &Backends,
    organization: OrganizationId,
    user: UserId,
    if_match: Option<&ETagMatch>,
) -> Result<()> {
    caller.may_manage()?;
    again(|| async {
        let tx = backends.metadata.begin().await?;
        let standing = change_organization(&tx, caller, organization, None).await?;
        let found = member(&tx, organization, user).await?;
        if user != caller.user {
            standing.acting.may_remove(found.role)?;
        }
        found.version.expect(if_match)?;
        leaves_an_owner(&tx, organization, &found).await?;
        invitations::revoke_of(&tx, organization, user, caller.now).await?;
        organization_members::remove(&tx, organization, user, caller.now).await?;
        note(&tx, caller, Action::RemoveOrganizationMember, organization, user, found.role).await?;
        tx.commit().await
    })
    .await
}

async fn set_role(
    tx: &Tx,
    caller: &Caller,
    standing: &Standing,
    user: UserId,
    role: OrganizationRole,
    if_match: Option<&ETagMatch>,
) -> Result<()> {
    let organization = standing.organization.id;
    let found = member(tx, organization, user).await?;
    standing.acting.may_change(found.role, role)?;
    found.version.expect(if_match)?;
    if role < OrganizationRole::Owner {
        leaves_an_owner(tx, organization, &found).await?;
    }
    if role < found.role {
        invitations::revoke_of(tx, organization, user, caller.now).await?;
    }
    organization_members::set_role(tx, organization, user, role).await?;
    note(tx, caller, Action::ChangeOrganizationMember, organization, user, role).await
}

async fn member(db: &impl Db, organization: OrganizationId, user: UserId) -> Result<OrganizationMember> {
    organization_members::find(db, organization, user).await?.ok_or_else(nobody)
}

fn nobody() -> Error {
    Error::NotFound("There is no such member in this organization; invite them first.".into())
}

/// Refuses to let go of the only owner.
async fn leaves_an_owner(tx: &Tx, organization: OrganizationId, member: &OrganizationMember) -> Result<()> {
    let is_owner = member.role == OrganizationRole::Owner;
    if is_owner && organization_members::other_owners(tx, organization, member.user).await? == 0 {
        return Err(Error::Forbidden(Message::coded(
            Code::LastOwner,
            "An organization always has an owner; make somebody else one first, or delete it.",
        )));
    }
    Ok(())
}

/// The record says what they are or were; their name goes with their account.
async fn note(
    tx: &Tx,
    caller: &Caller,
    action: Action,
    organization: OrganizationId,
    user: UserId,
    role: OrganizationRole,
) -> Result<()> {
    let event =
        Event::nameless(action, "user", user.0).detailed(role.as_str()).in_organization(Some(organization));
    record(tx, caller, &event).await
}
