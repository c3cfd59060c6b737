//! Accounts as admins see and change them, and the receipts of those that are gone.

use domain::Error;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{Change, Time, sent, sent_bytes};

/// What somebody is on this server as a whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SystemRole {
    /// Has files.
    #[default]
    User,
    /// Administers people, organizations and projects as well.
    Admin,
}

impl From<SystemRole> for domain::Role {
    fn from(role: SystemRole) -> Self {
        match role {
            SystemRole::User => Self::User,
            SystemRole::Admin => Self::Admin,
        }
    }
}

impl From<domain::Role> for SystemRole {
    fn from(role: domain::Role) -> Self {
        match role {
            domain::Role::User => Self::User,
            domain::Role::Admin => Self::Admin,
        }
    }
}

/// How an account stands. Of what holds of one at the same time, the first counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UserState {
    /// An admin keeps them out.
    Deactivated,
    /// They were suspended, and for so long that they may not come in any more.
    Locked,
    /// They may only read.
    Suspended,
    /// They have not shown yet that they read what is sent to the e-mail address they gave.
    Unverified,
    /// An admin has yet to let them in.
    Waiting,
    /// They may come in.
    Active,
}

impl From<domain::UserState> for UserState {
    fn from(state: domain::UserState) -> Self {
        match state {
            domain::UserState::Deactivated => Self::Deactivated,
            domain::UserState::Locked => Self::Locked,
            domain::UserState::Suspended => Self::Suspended,
            domain::UserState::Unverified => Self::Unverified,
            domain::UserState::Waiting => Self::Waiting,
            domain::UserState::Active => Self::Active,
        }
    }
}

impl From<UserState> for domain::UserState {
    fn from(state: UserState) -> Self {
        match state {
            UserState::Deactivated => Self::Deactivated,
            UserState::Locked => Self::Locked,
            UserState::Suspended => Self::Suspended,
            UserState::Unverified => Self::Unverified,
            UserState::Waiting => Self::Waiting,
            UserState::Active => Self::Active,
        }
    }
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct User {
    /// Which one.
    pub id: Uuid,
    /// What they log in with.
    #[schema(example = "ann")]
    pub name: String,
    /// What they are called; empty where nobody has said.
    #[schema(example = "Ann Smith")]
    pub display_name: String,
    /// Where they get mail, if an address counts as theirs.
    #[schema(required = true, example = "ann@example.org")]
    pub email: Option<String>,
    /// What they are.
    pub role: SystemRole,
    /// How the account stands.
    pub state: UserState,
    /// What their own files take.
    pub used_bytes: u64,
    /// What uploads under way have set aside beside that.
    pub reserved_bytes: u64,
    /// What they may take; null for no limit.
    #[schema(required = true)]
    pub quota_bytes: Option<u64>,
    /// Since when the account is there.
    pub created_at: Time,
    /// Since when they are suspended; null if they are not.
    #[schema(required = true)]
    pub suspended_at: Option<Time>,
    /// Since when they may not come in any more because of that; null if they may.
    #[schema(required = true)]
    pub locked_at: Option<Time>,
}

impl From<domain::User> for User {
    fn from(user: domain::User) -> Self {
        Self {
            state: user.state().into(),
            id: user.id.0,
            name: user.name.to_string(),
            display_name: user.display_name,
            email: user.email.map(|email| email.to_string()),
            role: user.role.into(),
            used_bytes: user.quota.used_bytes,
            reserved_bytes: user.quota.reserved_bytes,
            quota_bytes: user.quota.limit_bytes,
            created_at: user.created_at.into(),
            suspended_at: user.suspended_at.map(Time::from),
            locked_at: user.locked_at.map(Time::from),
        }
    }
}

/// Who is to get an account.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// What they will log in with: letters, digits, or one of `.`, `-`, `_`, `@`, `+`.
    #[schema(example = "bob", min_length = 1, max_length = 64, pattern = r"^[\w.@+-]*$")]
    pub name: String,
    /// What they will be called.
    #[serde(default)]
    #[schema(example = "Bob Baker", max_length = 128, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")]
    pub display_name: String,
    /// Their e-mail address, for which you vouch.
    #[serde(default)]
    #[schema(example = "bob@example.org", format = Email, max_length = 254)]
    pub email: Option<String>,
    /// What they will be.
    #[serde(default)]
    pub role: SystemRole,
    /// Their account password, of 8 to 1024 characters; without one they set it by the link of a mail.
    #[serde(default)]
    #[schema(format = Password, min_length = 8, max_length = 1024)]
    pub password: Option<String>,
    /// What their own files may take; null for no limit, left out for what this server gives everybody.
    #[serde(default, deserialize_with = "sent_bytes")]
    #[schema(value_type = Option<u64>, maximum = 9_223_372_036_854_775_807_i64)]
    pub quota_bytes: Change<u64>,
}

/// What of an account is to be another. What is left out stays.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserPatch {
    /// What they are; never your own.
    #[serde(default)]
    pub role: Option<SystemRole>,
    /// What they are called.
    #[serde(default)]
    #[schema(example = "Bob Baker", max_length = 128, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")]
    pub display_name: Option<String>,
    /// Their e-mail address, for which you vouch; null for none.
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<String>, format = Email, max_length = 254)]
    pub email: Change<String>,
    /// What their own files may take; null for no limit. What is there stays, even if it is more.
    #[serde(default, deserialize_with = "sent_bytes")]
    #[schema(value_type = Option<u64>, maximum = 9_223_372_036_854_775_807_i64)]
    pub quota_bytes: Change<u64>,
}

/// Which accounts are asked for, and in which order.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UserParams {
    /// Those who are this.
    #[param(inline)]
    pub role: Option<SystemRole>,
    /// Those that stand like this.
    #[param(inline)]
    pub state: Option<UserState>,
    /// Those who are in this organization.
    pub organization_id: Option<Uuid>,
    /// Those with this text in name, display name or e-mail address.
    #[param(max_length = 200, pattern = r"^[^\u0000]*$")]
    pub q: Option<String>,
    /// By what they are ordered: `name`, `email`, `created_at` or `used_bytes`, with `-` before it the other way round.
    #[param(default = "name", pattern = "^-?(name|email|created_at|used_bytes)$")]
    pub order: Option<String>,
}

impl UserParams {
    /// The word of the order, and whether it is the other way round.
    ///
    /// # Errors
    /// [`Invalid`](Error::Invalid) for a word that is none of these.
    pub fn order<T: Copy>(&self, words: &[(&str, T)]) -> domain::Result<(T, bool)> {
        let asked = self.order.as_deref().unwrap_or("name");
        let (word, descending) = match asked.strip_prefix('-') {
            Some(word) => (word, true),
            None => (asked, false),
        };
        let found = words.iter().find(|(known, _)| *known == word);
        let unknown = || {
            let known: Vec<_> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
            Error::Invalid(
                format!("`order` is one of {}, or one of them with `-` before it.", known.join(", ")).into(),
            )
        };
        found.map(|(_, order)| (*order, descending)).ok_or_else(unknown)
    }
}

/// That an account with everything in it is being purged, or was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Receipt {
    /// Which one.
    pub id: Uuid,
    /// Whose account; nobody has this identity any more once it is done.
    pub user_id: Uuid,
    /// Who asked for it; null where it was the command line, or the end of a suspension.
    #[schema(required = true)]
    pub by_user_id: Option<Uuid>,
    /// When.
    pub asked_at: Time,
    /// When nothing was left; null before that.
    #[schema(required = true)]
    pub done_at: Option<Time>,
    /// How many files of their own drive were purged so far, those in the trash too.
    pub purged_files: u64,
    /// How many bytes those took of quotas, with their earlier contents.
    pub purged_bytes: u64,
}

impl From<domain::Receipt> for Receipt {
    fn from(receipt: domain::Receipt) -> Self {
        Self {
            id: receipt.id.0,
            user_id: receipt.user.0,
            by_user_id: receipt.by.map(|by| by.0),
            asked_at: receipt.asked_at.into(),
            done_at: receipt.done_at.map(Time::from),
            purged_files: receipt.files,
            purged_bytes: receipt.bytes,
        }
    }
}
