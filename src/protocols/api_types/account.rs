//! Signing up, and the links that are sent by mail.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Time;
use crate::user::SystemRole;

/// Who wants an account.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignUp {
    /// What they will log in with: letters, digits and `.`, `-`, `_`, `+`.
    #[schema(example = "ann", min_length = 1, max_length = 64, pattern = r"^[\w.+-]*$")]
    pub user_name: String,
    /// Their address.
    #[schema(example = "ann@example.org", format = Email, max_length = 254)]
    pub email: String,
    /// The account password, of 8 to 1024 characters; a server may ask for more than 8.
    #[schema(example = "correct horse battery staple", format = Password, min_length = 8, max_length = 1024)]
    pub password: String,
    /// What they are called.
    #[serde(default)]
    #[schema(example = "Ann Lee", max_length = 128, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")]
    pub display_name: Option<String>,
    /// The token of an invitation.
    #[serde(default)]
    pub invitation: Option<String>,
}

/// What has to happen before somebody can log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NextStep {
    /// They open the link that was sent to their address.
    VerifyEmail,
    /// An admin lets them in.
    Approval,
    /// Nothing.
    LogIn,
}

/// How far an account is.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SignedUp {
    /// What comes next.
    pub next: NextStep,
}

/// The token of a link that was sent by mail.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkToken {
    /// The token.
    #[schema(example = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA")]
    pub token: String,
}

/// An address that a link is to be sent to.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkWanted {
    /// The address.
    #[schema(example = "ann@example.org", format = Email, max_length = 254)]
    pub email: String,
}

/// A new password, for who has the token of a link.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    /// The token.
    #[schema(example = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA")]
    pub token: String,
    /// The password, of 8 to 1024 characters; a server may ask for more than 8.
    #[schema(example = "correct horse battery staple", format = Password, min_length = 8, max_length = 1024)]
    pub password: String,
}

/// Somebody who has signed up and waits until an admin lets them in.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct WaitingUser {
    /// Who.
    pub id: Uuid,
    /// The name they will log in with.
    #[schema(example = "ann")]
    pub user_name: String,
    /// What they are called; empty where they have not said.
    #[schema(example = "Ann Lee")]
    pub display_name: String,
    /// Their address, if one counts as theirs.
    #[schema(required = true, example = "ann@example.org")]
    pub email: Option<String>,
    /// Since when.
    pub created_at: Time,
}

impl From<domain::User> for WaitingUser {
    fn from(user: domain::User) -> Self {
        Self {
            id: user.id.0,
            user_name: user.name.as_str().to_owned(),
            display_name: user.display_name,
            email: user.email.map(|email| email.as_str().to_owned()),
            created_at: user.created_at.into(),
        }
    }
}

/// Who is to be invited to make an account.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InviteToHouse {
    /// Their address.
    #[schema(example = "bob@example.org", format = Email, max_length = 254)]
    pub email: String,
    /// What they will be.
    #[serde(default)]
    pub role: Option<SystemRole>,
}

/// An invitation to make an account.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct HouseInvitation {
    /// Which one.
    pub id: Uuid,
    /// Whom.
    #[schema(example = "bob@example.org")]
    pub email: String,
    /// What they will be.
    #[schema(example = "user")]
    pub role: String,
    /// By whom.
    pub invited_by: Uuid,
    /// Since when.
    pub created_at: Time,
    /// Until when it can be accepted.
    pub expires_at: Time,
    /// When it was accepted.
    #[schema(required = true)]
    pub accepted_at: Option<Time>,
    /// When it was taken back.
    #[schema(required = true)]
    pub revoked_at: Option<Time>,
}

impl From<domain::Invitation> for HouseInvitation {
    fn from(invitation: domain::Invitation) -> Self {
        Self {
            id: invitation.id.0,
            email: invitation.email.as_str().to_owned(),
            role: invitation.to.role().to_owned(),
            invited_by: invitation.invited_by.0,
            created_at: invitation.created_at.into(),
            expires_at: invitation.expires_at.into(),
            accepted_at: invitation.accepted_at.map(Time),
            revoked_at: invitation.revoked_at.map(Time),
        }
    }
}
