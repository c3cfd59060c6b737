//! Organizations, their members and who is invited into them, on the wire.

use domain::Error;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::Time;

/// What somebody is in an organization, from the most to the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrganizationRole {
    /// Does everything, also delete it. There is always one.
    Owner,
    /// Sees and administers all its projects, and its members but for owners.
    Admin,
    /// Makes projects in it.
    Member,
    /// Sees the organization and who is in it.
    Viewer,
}

impl From<domain::OrganizationRole> for OrganizationRole {
    fn from(role: domain::OrganizationRole) -> Self {
        match role {
            domain::OrganizationRole::Owner => Self::Owner,
            domain::OrganizationRole::Admin => Self::Admin,
            domain::OrganizationRole::Member => Self::Member,
            domain::OrganizationRole::Viewer => Self::Viewer,
        }
    }
}

impl From<OrganizationRole> for domain::OrganizationRole {
    fn from(role: OrganizationRole) -> Self {
        match role {
            OrganizationRole::Owner => Self::Owner,
            OrganizationRole::Admin => Self::Admin,
            OrganizationRole::Member => Self::Member,
            OrganizationRole::Viewer => Self::Viewer,
        }
    }
}

/// An organization to be made.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrganization {
    /// What it is called: 1 to 100 characters on one line. Several may have one name.
    #[schema(
        example = "Bakers & Sons",
        max_length = 100,
        pattern = r"^[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f\u2028\u2029]*$"
    )]
    pub name: String,
}

/// What is to change of an organization.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrganizationChange {
    /// What it is called from now on.
    #[schema(
        example = "Bakers & Daughters",
        max_length = 100,
        pattern = r"^[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f\u2028\u2029]*$"
    )]
    pub name: Option<String>,
}

/// An organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Organization {
    /// Its identity.
    pub id: Uuid,
    /// What it is called.
    #[schema(example = "Bakers & Sons")]
    pub name: String,
    /// What you are in it; null for an admin of the server who is not in it.
    #[schema(required = true)]
    pub role: Option<OrganizationRole>,
    /// Since when there is one.
    pub created_at: Time,
}

/// What organizations are listed by; `-` turns it round.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
pub enum OrganizationOrder {
    /// Their names.
    #[default]
    #[serde(rename = "name")]
    Name,
    /// Their names, from the end.
    #[serde(rename = "-name")]
    NameDescending,
    /// When they were made.
    #[serde(rename = "created_at")]
    CreatedAt,
    /// When they were made, the newest first.
    #[serde(rename = "-created_at")]
    CreatedAtDescending,
}

/// Which organizations are listed, and how.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OrganizationParams {
    /// Those whose names hold this.
    #[param(max_length = 200, pattern = r"^[^\u0000]*$")]
    pub q: Option<String>,
    /// In which order.
    #[param(inline)]
    pub order: Option<OrganizationOrder>,
    /// All of the server, and not only those that you are in: for admins of the server.
    #[param(default = false)]
    pub all: Option<bool>,
}

/// Somebody in an organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrganizationMember {
    /// Who.
    pub user_id: Uuid,
    /// What they log in with.
    #[schema(example = "ann")]
    pub user_name: String,
    /// What they are called; empty when they have not said.
    #[schema(example = "Ann Baker")]
    pub display_name: String,
    /// Their e-mail address, if one is known to be theirs.
    #[schema(required = true, example = "ann@example.org")]
    pub email: Option<String>,
    /// What they are there.
    pub role: OrganizationRole,
    /// Since when.
    pub since: Time,
}

impl From<domain::OrganizationMember> for OrganizationMember {
    fn from(member: domain::OrganizationMember) -> Self {
        Self {
            user_id: member.user.0,
            user_name: member.name.to_string(),
            display_name: member.display_name,
            email: member.email.map(|email| email.to_string()),
            role: member.role.into(),
            since: member.since.into(),
        }
    }
}

/// What a member is to be.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrganizationMembership {
    /// What they are from now on.
    pub role: OrganizationRole,
}

/// What members are listed by; `-` turns it round.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
pub enum OrganizationMemberOrder {
    /// The names they log in with.
    #[default]
    #[serde(rename = "user_name")]
    UserName,
    /// The same from the end.
    #[serde(rename = "-user_name")]
    UserNameDescending,
    /// What they are called.
    #[serde(rename = "display_name")]
    DisplayName,
    /// The same from the end.
    #[serde(rename = "-display_name")]
    DisplayNameDescending,
    /// Since when they are in it.
    #[serde(rename = "since")]
    Since,
    /// Since when they are in it, the newest first.
    #[serde(rename = "-since")]
    SinceDescending,
}

/// Which members are listed, and how.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OrganizationMemberParams {
    /// Those of whose names or e-mail address one holds this.
    #[param(max_length = 200, pattern = r"^[^\u0000]*$")]
    pub q: Option<String>,
    /// Those who are this.
    #[param(inline)]
    pub role: Option<OrganizationRole>,
    /// In which order.
    #[param(inline)]
    pub order: Option<OrganizationMemberOrder>,
}

/// Somebody to be invited.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInvitation {
    /// Where the invitation is sent.
    #[schema(example = "bob@example.org", format = Email, max_length = 254)]
    pub email: String,
    /// What they are to be there; at most what you are.
    pub role: OrganizationRole,
}

/// An invitation into an organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Invitation {
    /// Its identity.
    pub id: Uuid,
    /// Into which organization.
    pub organization_id: Uuid,
    /// To whom.
    #[schema(example = "bob@example.org")]
    pub email: String,
    /// What they are to be there.
    pub role: OrganizationRole,
    /// Who has invited them.
    pub invited_by: Uuid,
    /// Since when.
    pub created_at: Time,
    /// From when on it cannot be accepted any more.
    pub expires_at: Time,
    /// When it was accepted.
    #[schema(required = true)]
    pub accepted_at: Option<Time>,
    /// When it was taken back, declined or replaced.
    #[schema(required = true)]
    pub revoked_at: Option<Time>,
    /// What accepts it: only in the answer that makes it, and only where the server sends no mail. Pass it on.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub token: Option<String>,
}

impl TryFrom<domain::Invitation> for Invitation {
    type Error = Error;

    fn try_from(invitation: domain::Invitation) -> Result<Self, Error> {
        let domain::InvitedTo::Organization(organization, role) = invitation.to else {
            return Err(Error::internal("an invitation to the house among those into an organization"));
        };
        Ok(Self {
            id: invitation.id.0,
            organization_id: organization.0,
            email: invitation.email.to_string(),
            role: role.into(),
            invited_by: invitation.invited_by.0,
            created_at: invitation.created_at.into(),
            expires_at: invitation.expires_at.into(),
            accepted_at: invitation.accepted_at.map(Time::from),
            revoked_at: invitation.revoked_at.map(Time::from),
            token: None,
        })
    }
}

/// What invitations are listed by; `-` turns it round.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
pub enum InvitationOrder {
    /// To whom they are.
    #[serde(rename = "email")]
    Email,
    /// The same from the end.
    #[serde(rename = "-email")]
    EmailDescending,
    /// When they were made.
    #[serde(rename = "created_at")]
    CreatedAt,
    /// When they were made, the newest first.
    #[default]
    #[serde(rename = "-created_at")]
    CreatedAtDescending,
}

/// Which invitations are listed, and how.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InvitationParams {
    /// Those to an address that holds this.
    #[param(max_length = 200, pattern = r"^[^\u0000]*$")]
    pub q: Option<String>,
    /// In which order.
    #[param(inline)]
    pub order: Option<InvitationOrder>,
}

/// An invitation that waits for you to answer it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReceivedInvitation {
    /// Its identity.
    pub id: Uuid,
    /// Into which organization.
    pub organization_id: Uuid,
    /// What that is called.
    #[schema(example = "Bakers & Sons")]
    pub organization_name: String,
    /// What you are to be there.
    pub role: OrganizationRole,
    /// Since when.
    pub created_at: Time,
    /// From when on it cannot be accepted any more.
    pub expires_at: Time,
}

/// What was in the mail.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitationToken {
    /// The token of the link, or what whoever invites you has passed on.
    #[schema(example = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA")]
    pub token: String,
}
