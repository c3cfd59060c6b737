//! Invitations: somebody's address, to the house or into an organization, and what they are to be there.

use uuid::Uuid;

use crate::{Email, OrganizationId, OrganizationRole, Role, Timestamp, UserId, Version};

/// The identity of an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct InvitationId(pub Uuid);

/// What somebody is invited to, and as what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvitedTo {
    /// To an account.
    House(Role),
    /// Into an organization; where somebody has to be invited to make an account, this will do.
    Organization(OrganizationId, OrganizationRole),
}

impl InvitedTo {
    /// The organization, if it is into one.
    pub fn organization(self) -> Option<OrganizationId> {
        match self {
            Self::House(_) => None,
            Self::Organization(id, _) => Some(id),
        }
    }

    /// The role as rows and the API write it.
    pub fn role(self) -> &'static str {
        match self {
            Self::House(role) => role.as_str(),
            Self::Organization(_, role) => role.as_str(),
        }
    }
}

/// An invitation; the token that accepts it is mailed and never kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Which one.
    pub id: InvitationId,
    /// To what.
    pub to: InvitedTo,
    /// Whom.
    pub email: Email,
    /// By whom.
    pub invited_by: UserId,
    /// Since when.
    pub created_at: Timestamp,
    /// From when on it cannot be accepted any more.
    pub expires_at: Timestamp,
    /// When it was accepted.
    pub accepted_at: Option<Timestamp>,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
}

impl Invitation {
    /// Whether it can be accepted at this moment.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.accepted_at.is_none() && self.revoked_at.is_none() && now < self.expires_at
    }

    /// How often it was changed: it is accepted or taken back once.
    pub fn version(&self) -> Version {
        Version(i64::from(self.accepted_at.is_some()) + i64::from(self.revoked_at.is_some()))
    }
}
