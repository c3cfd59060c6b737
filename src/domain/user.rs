//! People with an account.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::{Email, Error, Quota, Result, Timestamp, Version};

/// The identity of a user. It never shows in a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UserId(pub Uuid);

/// The name a user logs in with: 1 to 64 characters, letters and digits and `.`, `-`, `_`, `@`, `+`,
/// stored in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UserName(String);

impl UserName {
    /// Reads a user name.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it cannot be one.
    pub fn parse(typed: &str) -> Result<Self> {
        let name = typed.to_lowercase();
        let allowed = |letter: char| letter.is_alphanumeric() || ".-_@+".contains(letter);
        let length = name.chars().count();
        if length == 0 || length > 64 || !name.chars().all(allowed) {
            return Err(Error::Invalid(
                "A user name has 1 to 64 letters, digits, or one of `.`, `-`, `_`, `@`, `+`.".into(),
            ));
        }
        Ok(Self(name))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// What a user is in the house as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Has files.
    User,
    /// Has files, and administers people, organizations and projects.
    Admin,
}

impl Role {
    /// As rows and commands write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Admin => "admin",
        }
    }
}

impl FromStr for Role {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "user" => Ok(Self::User),
            "admin" => Ok(Self::Admin),
            _ => Err(Error::Invalid("A role is `user` or `admin`.".into())),
        }
    }
}

/// A person with an account.
#[derive(Debug, Clone)]
pub struct User {
    /// Which one.
    pub id: UserId,
    /// What they log in with.
    pub name: UserName,
    /// What they are.
    pub role: Role,
    /// Where they get mail, if an address counts as theirs.
    pub email: Option<Email>,
    /// Since when it does.
    pub email_verified_at: Option<Timestamp>,
    /// What they are called; empty where nobody has said.
    pub display_name: String,
    /// Whether they may come in, as far as admins are concerned.
    pub active: bool,
    /// Whether they have shown, where that is asked for, that they read what is sent to the address they gave.
    pub confirmed: bool,
    /// Whether an admin has let them in, where that is asked for.
    pub approved: bool,
    /// Since when they are suspended: they may only read.
    pub suspended_at: Option<Timestamp>,
    /// Since when they may not come in any more because they were suspended for so long.
    pub locked_at: Option<Timestamp>,
    /// How often the account was changed.
    pub version: Version,
    /// What their personal space may hold and holds.
    pub quota: Quota,
    /// Since when.
    pub created_at: Timestamp,
}

/// How an account stands. Of what holds of one at the same time, the first counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

impl UserState {
    /// All of them, in the order in which they count.
    pub const ALL: [Self; 6] =
        [Self::Deactivated, Self::Locked, Self::Suspended, Self::Unverified, Self::Waiting, Self::Active];

    /// As the API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deactivated => "deactivated",
            Self::Locked => "locked",
            Self::Suspended => "suspended",
            Self::Unverified => "unverified",
            Self::Waiting => "waiting",
            Self::Active => "active",
        }
    }
}

impl FromStr for UserState {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or_else(|| {
            Error::Invalid(
                "A state is `active`, `deactivated`, `suspended`, `locked`, `unverified` or `waiting`."
                    .into(),
            )
        })
    }
}

impl User {
    /// What to call them.
    pub fn called(&self) -> &str {
        match self.display_name.as_str() {
            "" => self.name.as_str(),
            name => name,
        }
    }

    /// How the account stands.
    pub fn state(&self) -> UserState {
        let holds = |state: &UserState| match state {
            UserState::Deactivated => !self.active,
            UserState::Locked => self.locked_at.is_some(),
            UserState::Suspended => self.suspended_at.is_some(),
            UserState::Unverified => !self.confirmed,
            UserState::Waiting => !self.approved,
            UserState::Active => true,
        };
        UserState::ALL.into_iter().find(holds).unwrap_or(UserState::Active)
    }
}
