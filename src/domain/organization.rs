//! Organizations: tenants with members and projects. Whoever is not in one does not learn that it is there.

use std::str::FromStr;

use uuid::Uuid;

use crate::{Error, Result};

/// The identity of an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OrganizationId(pub Uuid);

/// What a member is in an organization, from the least to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OrganizationRole {
    /// Sees the organization and who is in it.
    Viewer,
    /// Makes projects in it.
    Member,
    /// Sees and administers all its projects, and its members but for owners.
    Admin,
    /// Does everything, also delete it. There is always one.
    Owner,
}

impl OrganizationRole {
    /// As rows and the API write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }
}

impl FromStr for OrganizationRole {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "viewer" => Ok(Self::Viewer),
            "member" => Ok(Self::Member),
            "admin" => Ok(Self::Admin),
            "owner" => Ok(Self::Owner),
            _ => Err(Error::Invalid(
                "A role in an organization is `owner`, `admin`, `member` or `viewer`.".into(),
            )),
        }
    }
}
