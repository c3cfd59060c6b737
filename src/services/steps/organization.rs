//! Finding an organization for somebody who may know of it.

use domain::{Caller, ETagMatch, Error, Organization, OrganizationId, OrganizationRole, Result, Version};
use metadata::{Db, Tx, organizations};

/// An organization, as somebody sees it who may.
pub(crate) struct Standing {
    /// The organization.
    pub(crate) organization: Organization,
    /// What they are there, if anything.
    pub(crate) role: Option<OrganizationRole>,
    /// As what they act.
    pub(crate) acting: OrganizationRole,
}

/// An organization, for somebody who is in it or administers the house.
///
/// # Errors
/// [`NotFound`](Error::NotFound) for everybody else, whether there is one or not.
pub(crate) async fn see_organization(db: &impl Db, caller: &Caller, id: OrganizationId) -> Result<Standing> {
    let unknown = || Error::NotFound("There is no such organization, or you are not in it.".into());
    let seen = organizations::find(db, id, caller.user).await?.ok_or_else(unknown)?;
    let acting = OrganizationRole::acting(seen.role, caller.role).ok_or_else(unknown)?;
    Ok(Standing { organization: seen.organization, role: seen.role, acting })
}

/// The same for a change of it or its members, which others wait for until the end of the transaction.
///
/// # Errors
/// As for [`see_organization`]; [`Stale`](Error::Stale) when it has changed since the caller has read it.
pub(crate) async fn change_organization(
    tx: &Tx,
    caller: &Caller,
    id: OrganizationId,
    if_match: Option<&ETagMatch>,
) -> Result<Standing> {
    organizations::take_turn(tx, id).await?;
    let standing = see_organization(tx, caller, id).await?;
    // Taking the turn has counted this change already.
    Version(standing.organization.version.0 - 1).expect(if_match)?;
    Ok(standing)
}
