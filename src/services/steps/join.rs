//! Joining an organization by an invitation.

use domain::{Action, Caller, Code, Error, Event, Invitation, InvitedTo, Message, Result};
use metadata::{Tx, invitations, organization_members, organizations};

use super::{record, stays};

/// Takes the caller into the organization that they are invited to. Whether it is they who are invited has been seen.
///
/// # Errors
/// [`NotFound`](Error::NotFound) for an invitation that cannot be accepted any more, or is to an account alone;
/// [`Exists`](Error::Exists) when they are in the organization already; [`Unauthenticated`](Error::Unauthenticated) when
/// their account has ended.
pub(crate) async fn join(tx: &Tx, caller: &Caller, invitation: &Invitation) -> Result<()> {
    let InvitedTo::Organization(organization, role) = invitation.to else { return Err(not_open()) };
    stays(tx, caller).await?;
    // Before the invitation, as whoever ends a membership does.
    organizations::take_turn(tx, organization).await?;
    if !invitations::accept(tx, invitation.id, caller.now).await? {
        return Err(not_open());
    }
    if !organization_members::insert(tx, organization, caller.user, role, caller.now).await? {
        let sentence = "You are in this organization already; your role there stays what it is.";
        return Err(Error::Exists(Message::coded(Code::AlreadyMember, sentence)));
    }
    let event =
        Event::nameless(Action::AcceptInvitation, "invitation", invitation.id.0).detailed(role.as_str());
    record(tx, caller, &event.in_organization(Some(organization))).await
}

/// What somebody hears who comes with an invitation that cannot be accepted, whatever the reason.
pub(crate) fn not_open() -> Error {
    Error::NotFound(
        "There is no such invitation: it has expired, or was used, taken back or replaced.".into(),
    )
}
